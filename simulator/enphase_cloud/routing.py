"""Which path means what."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
import re

from simulator.iq_gateway.reply import Json, Reply

from .asking import Ask
from .plans import Group

type Handler = Callable[[Ask], Json | Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path's template, the group it belongs to, and who answers."""

    method: str
    template: str
    group: Group
    handler: Handler


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A route that fits, and what its template's names stand for."""

    route: Route
    names: Mapping[str, str]


class Routes:
    """Routes in the order they are tried."""

    def __init__(self, routes: Iterable[Route]) -> None:
        """Try `routes` one after the other."""
        self._routes = [(each, re.compile(_pattern(each.template))) for each in routes]

    def match(self, method: str, path: str) -> tuple[Match | None, str]:
        """Return the route that fits, and the template of the path, which may know other methods only.

        The template is empty where the path is unknown.
        """
        template = ""
        for route, pattern in self._routes:
            found = pattern.fullmatch(path)
            if found is None:
                continue
            if route.method == method:
                return Match(route=route, names=found.groupdict()), route.template
            template = template or route.template
        return None, template


def _pattern(template: str) -> str:
    return re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(template))
