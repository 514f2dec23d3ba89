"""Which path means what."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
import re


@dataclass(frozen=True, slots=True)
class Route[G, H]:
    """A method and a path's template, the group it belongs to, and who answers."""

    method: str
    template: str
    group: G
    handler: H


@dataclass(frozen=True, slots=True, kw_only=True)
class Match[G, H]:
    """A route that fits, and what its template's names stand for."""

    route: Route[G, H]
    names: Mapping[str, str]


class Routes[G, H]:
    """Routes in the order they are tried."""

    def __init__(self, routes: Iterable[Route[G, H]]) -> None:
        """Try `routes` one after the other."""
        self._routes = [(each, re.compile(_pattern(each.template))) for each in routes]

    def match(self, method: str, path: str) -> tuple[Match[G, H] | None, str]:
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
