"""Who tells a site's past, and where it is stored."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Protocol

from ..site.history.cursor import FlowGroup
from ..site.history.intervals import Interval
from ..site.history.rows import StatisticsRow
from ..site.model import CounterKind

type Allowance = Callable[[], int]
"""How many requests may be spent now."""


class NoHistoryError(Exception):
    """The site does not have this, nor will it have it soon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetime:
    """Wh by the site's days. A day that was not reported is not there.

    `reported` is when the site reported last: of the day that this is in, and of
    those after it, not all is told. `first` is the first day where only intervals tell any.
    """

    days: Mapping[CounterKind, Mapping[date, float]]
    reported: datetime | None
    first: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervals:
    """Intervals of some days, by what flowed. `reported` is when the site reported last, where that is told."""

    found: Mapping[CounterKind, Sequence[Interval]]
    reported: datetime | None


class HistoryProvider(Protocol):
    """The past of one system.

    Each method raises an `ApiError`, or `NoHistoryError` where there is nothing to be had.
    """

    zone: tzinfo
    """Where the site's days begin."""
    groups: Sequence[FlowGroup]
    """What is asked for together; each group fails alone."""

    def cost(self, group: FlowGroup, first_day: date, days: int) -> int:
        """Return the requests that some days' intervals take."""

    def daily_cost(self, group: FlowGroup) -> int:
        """Return the requests that a day takes once it is complete."""
        return self.lifetime_cost(group)

    def lifetime_cost(self, group: FlowGroup) -> int:  # noqa: ARG002 - what asks one question a group ignores.
        """Return the requests that the energy of each day takes."""
        return 1

    async def lifetime(self, group: FlowGroup, first_day: date | None = None) -> Lifetime:
        """Return the energy of each day, of a whole life or from a day on."""

    async def intervals(self, group: FlowGroup, first_day: date, days: int) -> Intervals:
        """Return the intervals of up to `group.days` days; none of dates that the source says nothing about."""


class StatisticsStore(Protocol):
    """Where the past is kept: for each flow the hours' energy and its running sum, in kWh."""

    def available(self) -> bool:
        """Whether anything can be kept at all."""

    async def rows(self, kind: CounterKind, start: datetime, end: datetime) -> tuple[list[StatisticsRow], float]:
        """Return the rows from `start` to `end`, and the sum ahead of them."""

    async def last(self, kind: CounterKind) -> datetime | None:
        """Return the last hour there is."""

    async def mend(self, kind: CounterKind) -> None:
        """Make the sums what the hours add up to."""

    def write(self, kind: CounterKind, rows: Sequence[StatisticsRow]) -> None:
        """Write rows, in place of those of the same hours."""

    def shift(self, kind: CounterKind, since: datetime, kwh: float) -> None:
        """Move all sums from an hour on."""
