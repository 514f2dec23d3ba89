"""A request that was let in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
import json
from typing import Any

from simulator.iq_gateway.reply import Json, Reply

from .accounts import Account
from .errors import envelope
from .home import AccountHome
from .sessions import Session
from .world import World

type Handler = Callable[[Ask], Json | Reply]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A request of a session at `now` (epoch s); `names` are the path's parts."""

    names: Mapping[str, str]
    path: str
    query: Mapping[str, str]
    body: bytes
    now: float
    world: World
    account: Account
    session: Session

    @property
    def home(self) -> AccountHome:
        """The home the path names; the door saw that it is the account's."""
        return self.world.homes[int(self.names["site_id"])]

    @property
    def reads_only(self) -> bool:
        """Whether the account may only read the home."""
        return self.home.site_id in self.account.reads_only

    def content(self) -> dict[str, Any]:
        """Return the body, a JSON object.

        Raises:
            RefusedError: It is none.
        """
        try:
            content = json.loads(self.body)
        except ValueError:
            content = None
        if not isinstance(content, dict):
            raise envelope(400, self.path, self.now, "The body is no JSON object")
        return content
