"""The house's past as Home Assistant's long-term statistics: pure, without input or output."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby, pairwise
from zoneinfo import ZoneInfo

from simulator.house import HistoryRow, Truth

HOUR = 3600.0
_KILO = 1000.0

ENERGIES = tuple(Truth.__slots__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """A clock hour (UTC) of the house, and when it began, epoch s.

    `before` is the row at whose end the hour begins, `last` the one that ends it.
    """

    start: float
    before: HistoryRow
    rows: Sequence[HistoryRow]

    @property
    def last(self) -> HistoryRow:
        """The row that ends the hour."""
        return self.rows[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean:
    """What something was over an hour."""

    start: float
    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """A counter at the end of an hour: as shown, and what Home Assistant has added up."""

    start: float
    state: float
    sum: float


def hours_of(rows: Sequence[HistoryRow]) -> list[Hour]:
    """Return the whole hours of a life, from its second row on."""
    hours: list[Hour] = []
    for start, members in groupby(pairwise(rows), lambda pair: pair[1].start // HOUR * HOUR):
        pairs = list(members)
        hour = Hour(start=start, before=pairs[0][0], rows=[after for _, after in pairs])
        if hour.before.end <= start and hour.last.end >= start + HOUR:
            hours.append(hour)
    return hours


def means(hours: Iterable[Hour], value: Callable[[HistoryRow], float]) -> list[Mean]:
    """Return an hourly mean of what `value` reads from a row."""
    found: list[Mean] = []
    for hour in hours:
        values = [value(row) for row in hour.rows]
        found.append(Mean(start=hour.start, mean=sum(values) / len(values), low=min(values), high=max(values)))
    return found


def inverter_means(hours: Iterable[Hour], index: int) -> list[Mean]:
    """Return the hourly mean power of one inverter, W."""

    def powers(hour: Hour) -> list[float]:
        rows = [hour.before, *hour.rows]
        return [
            (after.inverters[index] - before.inverters[index]) * HOUR / (after.end - after.start)
            for before, after in pairwise(rows)
        ]

    found: list[Mean] = []
    for hour in hours:
        values = powers(hour)
        found.append(Mean(start=hour.start, mean=sum(values) / len(values), low=min(values), high=max(values)))
    return found


def counts(hours: Iterable[Hour], name: str, *, now: Truth, shown: float, first_shown: float) -> list[Count]:
    """Return a counter's past in kWh, so that it meets what Home Assistant shows.

    `now` are the house's counters while Home Assistant shows `shown`. Home Assistant adds up from the first value
    that it saw, `first_shown`: there its sum is nought, so the past has sums below that.
    """
    present = getattr(now, name) / _KILO
    found: list[Count] = []
    for hour in hours:
        state = shown - (present - getattr(hour.last.truth, name) / _KILO)
        found.append(Count(start=hour.start, state=state, sum=state - first_shown))
    return found


def counts_of_day(
    hours: Iterable[Hour], name: str, *, timezone: str, now: Truth, shown: float, first_shown: float
) -> list[Count]:
    """Return the past of a counter that begins anew at each local midnight, kWh."""
    zone = ZoneInfo(timezone)
    present = getattr(now, name) / _KILO
    found: list[Count] = []
    day, midnight = None, 0.0
    for hour in hours:
        counter = getattr(hour.last.truth, name) / _KILO
        today = datetime.fromtimestamp(hour.start, UTC).astimezone(zone).date()
        if today != day:
            day, midnight = today, getattr(hour.before.truth, name) / _KILO
        found.append(Count(start=hour.start, state=counter - midnight, sum=shown - first_shown - (present - counter)))
    return found
