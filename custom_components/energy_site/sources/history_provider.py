"""The interfaces of a history's provider and its store."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Protocol

from ..site.history.cursor import FlowGroup
from ..site.history.intervals import Interval
from ..site.history.rows import StatisticsRow
from ..site.history.series import Series
from ..site.model import CounterKind
from ..site.tariff.past_prices import PastPrices

type Allowance = Callable[[], int]
"""Returns how many requests may be spent now."""


class NoHistoryError(Exception):
    """The site does not have this history, and will not have it soon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetime:
    """Energy in Wh for each of the site's days; days that were not reported are left out.

    `reported` is when the site last reported: that day and later ones are incomplete. `first` is
    the first day for which only intervals are available.
    """

    days: Mapping[CounterKind, Mapping[date, float]]
    reported: datetime | None
    first: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervals:
    """Intervals of some days by kind of energy. `reported` is when the site last reported, if known."""

    found: Mapping[CounterKind, Sequence[Interval]]
    reported: datetime | None


class HistoryProvider(Protocol):
    """The history of one system.

    Each method raises an `ApiError`, or `NoHistoryError` if there is no such history.
    """

    zone: tzinfo
    """The time zone that defines the site's days."""
    groups: Sequence[FlowGroup]
    """The flows that are requested together; each group fails independently.

    They may change at any time, and there are none while it is unknown what the site has.
    """

    def cost(self, group: FlowGroup, first_day: date, days: int) -> int:
        """Return the number of requests needed for the intervals of some days."""

    def daily_cost(self, group: FlowGroup) -> int:
        """Return the number of requests needed once a day is complete."""
        return self.lifetime_cost(group)

    def lifetime_cost(self, group: FlowGroup, first_day: date | None = None) -> int:  # noqa: ARG002 - most need one.
        """Return the number of requests needed for the energy of each day, from `first_day` on if it is given."""
        return 1

    def life_cost(self) -> int:
        """Return the number of requests that the daily energy of the whole life is worth at once.

        With 0, it waits until there are requests to spare.
        """
        return 0

    def prices(self) -> PastPrices | None:
        """Return what the energy of the grid cost and earned until now, `None` if the site doesn't say."""
        return None

    async def lifetime(self, group: FlowGroup, first_day: date | None = None) -> Lifetime:
        """Return the energy of each day, for the whole lifetime or from `first_day` on."""

    async def intervals(self, group: FlowGroup, first_day: date, days: int) -> Intervals:
        """Return the intervals of up to `group.days` days; dates for which the source has no data are left out."""


class StatisticsStore(Protocol):
    """The statistics store: for each series, the energy in kWh or the cost of each hour, and the running sum."""

    def available(self) -> bool:
        """Whether statistics can be stored at all."""

    async def rows(self, series: Series, start: datetime, end: datetime) -> tuple[list[StatisticsRow], float]:
        """Return the rows from `start` to `end`, and the sum just before them."""

    async def last(self, series: Series) -> datetime | None:
        """Return the last hour stored, `None` if there is none."""

    async def unit(self, series: Series) -> str | None:
        """Return the unit or currency in which a series is stored, `None` if there is none."""

    async def mend(self, series: Series) -> None:
        """Recalculate the sums from the hours."""

    def write(self, series: Series, rows: Sequence[StatisticsRow]) -> None:
        """Write rows, replacing those of the same hours."""

    def shift(self, series: Series, since: datetime, amount: float) -> None:
        """Add `amount` to all sums from `since` on."""
