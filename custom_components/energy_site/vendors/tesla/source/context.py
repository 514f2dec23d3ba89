"""What the feeds of a site are polled with."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo

from ....api.errors import ApiConnectionError
from ....site.history.intervals import day_of
from ....site.quota.demand import Purpose
from ....sources.budget import with_purpose
from ..client.claims import TokenClaims
from ..client.client import TeslaClient
from ..client.errors import SiteUnavailableError
from ..client.oauth import WRITE_SCOPE


@contextmanager
def writing() -> Iterator[None]:
    """Send the change that the user waits for."""
    try:
        with with_purpose(Purpose.WRITE):
            yield
    except SiteUnavailableError as err:
        # Tesla had no answer from the site, so nothing was refused.
        raise ApiConnectionError(err.endpoint, "no answer from the site") from err


@dataclass(slots=True, kw_only=True)
class Context:
    """The client and the site, whose days begin in `zone`.

    `claims` returns what the owner's current token grants. `since` is the first day of
    which the counters lack the energy, and `installed` the day when the site was installed.
    `storm_watch_told` is whether the site ever told whether Storm Watch is on, `written` when
    settings were written.
    """

    client: TeslaClient
    site_id: int
    clock: Callable[[], datetime]
    zone: tzinfo
    claims: Callable[[], TokenClaims]
    since: date | None = None
    installed: date | None = None
    storm_watch_told: bool = False
    written: dict[str, datetime] = field(default_factory=dict)

    @property
    def today(self) -> date:
        """The site's date."""
        return day_of(self.clock(), self.zone)

    @property
    def may_write(self) -> bool:
        """Whether the owner allowed changes, also if the token doesn't say so."""
        return self.claims().allows(WRITE_SCOPE) is not False
