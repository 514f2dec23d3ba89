"""A request to v4 or v2 that was let in, and how its parameters are read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
import json
from typing import Any

from simulator.iq_gateway.reply import Json, Reply

from .access import Application
from .errors import NOT_YOURS, v4, v4_no_system
from .system import CloudSystem
from .world import Policy, World

type Handler = Callable[[Ask], Json | Reply]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A request: `systems` are those it may see, `names` the path's parts, `now` is epoch s."""

    method: str
    path: str
    names: Mapping[str, str]
    query: Mapping[str, str]
    lists: Mapping[str, list[str]]
    body: bytes
    headers: Mapping[str, str]
    now: float
    world: World
    application: Application
    systems: tuple[CloudSystem, ...]

    @property
    def policy(self) -> Policy:
        """How the cloud is told to behave."""
        return self.world.policy

    @property
    def system(self) -> CloudSystem:
        """The system of v4 the path names: unknown is a 404, somebody else's a 403."""
        return self.find(self.names["system_id"])

    def find(self, identifier: str) -> CloudSystem:
        """Return a system by its number, as `system` does."""
        for each in self.systems:
            if str(each.system_id) == identifier:
                return each
        if identifier.isdecimal() and int(identifier) in self.world.systems:
            raise v4(403, NOT_YOURS)
        raise v4_no_system(identifier, self.path)

    def number(self, name: str, default: int | None = None) -> int | None:
        """Return a whole number of the query; nonsense is a 422."""
        text = self.query.get(name)
        if not text:
            return default
        try:
            return int(text)
        except ValueError:
            raise v4(422, f"Failed to parse {name} {text}") from None

    def paging(self, size: int = 10, most: int = 100) -> tuple[int, int]:
        """Return page (from 1) and size."""
        page = self.number("page", 1) or 1
        return max(1, page), min(most, max(1, self.number("size", size) or size))

    def day(self, name: str) -> date | None:
        """Return a date of the query, `YYYY-MM-DD`."""
        text = self.query.get(name)
        return parse_day(text) if text else None

    def json(self) -> dict[str, Any]:
        """Return the body, an object."""
        try:
            body = json.loads(self.body)
        except ValueError:
            raise v4(400, "Malformed JSON body") from None
        if not isinstance(body, dict):
            raise v4(400, "Malformed JSON body")
        return body


def parse_day(text: str) -> date:
    """Return a date; anything else is v4's 422."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise v4(422, f"Failed to parse date {text}") from None
