"""What the feeds of a site are polled with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from ....site.history.intervals import day_of
from ..client.claims import TokenClaims
from ..client.client import TeslaClient
from ..client.oauth import WRITE_SCOPE


@dataclass(slots=True, kw_only=True)
class Context:
    """The client and the site, whose days begin in `zone`.

    `claims` returns what the owner's current token grants. `since` is the first day of
    which the counters lack the energy, and `installed` the day when the site was installed.
    """

    client: TeslaClient
    site_id: int
    clock: Callable[[], datetime]
    zone: tzinfo
    claims: Callable[[], TokenClaims]
    since: date | None = None
    installed: date | None = None

    @property
    def today(self) -> date:
        """The site's date."""
        return day_of(self.clock(), self.zone)

    @property
    def may_write(self) -> bool:
        """Whether the owner allowed changes, also if the token doesn't say so."""
        return self.claims().allows(WRITE_SCOPE) is not False
