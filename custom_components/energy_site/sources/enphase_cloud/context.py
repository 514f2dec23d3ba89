"""How a system is asked."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo

from ...clients.enphase_cloud.endpoint import Window
from ...clients.enphase_cloud.v4 import EnphaseV4Client


@dataclass(slots=True, kw_only=True)
class Context:
    """By which client a system is asked, what day it is where it stands, and what it consists of."""

    client: EnphaseV4Client
    system_id: int
    clock: Callable[[], datetime]
    zone: tzinfo = UTC
    batteries: tuple[str, ...] = ()
    chargers: tuple[str, ...] = ()
    gateways: tuple[str, ...] = ()

    @property
    def today(self) -> date:
        """The day where the system stands."""
        return self.clock().astimezone(self.zone).date()

    @property
    def window(self) -> Window:
        """Today's intervals."""
        return Window(start_date=self.today)
