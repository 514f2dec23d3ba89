"""Energy by the day since the beginning, as v4 and v2 tell it."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from simulator.cloud.archive import Kind
from simulator.cloud.days import span

from .system import CloudSystem

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRange:
    """The days of an answer, both included; none where `first` is after `last`."""

    first: date
    last: date

    @property
    def edges(self) -> list[date]:
        """All days and the one after, none where there is no day."""
        return [*span(self.first, self.last), self.last + _DAY] if self.first <= self.last else []


def day_range(system: CloudSystem, start: date | None, end: date | None, now: float) -> DayRange:
    """Return the days asked for: by default all until yesterday.

    A range that starts today holds today. Days to come are left out.
    """
    today = system.days.day(now)
    first = start or system.operational_day
    last = end or max(first, today - _DAY)
    return DayRange(first=first, last=min(last, today))


def by_day(system: CloudSystem, kind: Kind, days: DayRange, now: float) -> list[int]:
    """Return Wh of each day; days before the first and after the last report are zero."""
    horizon = system.horizon(now)
    edges = [system.days.midnight(day) for day in days.edges]
    counters = [system.archive.counter(kind, min(edge, horizon)) for edge in edges]
    return corrected(system, kind, days, [after - before for before, after in pairwise(counters)])


def corrected(system: CloudSystem, kind: Kind, days: DayRange, told: list[int]) -> list[int]:
    """Take off what was corrected, from the oldest days on."""
    left = system.corrections.get(kind, 0) if days.first <= system.operational_day else 0
    for number, wh in enumerate(told):
        taken = min(left, wh)
        told[number], left = wh - taken, left - taken
    return told


def meter_since(system: CloudSystem) -> date | None:
    """Return the first full day of the production meter, None without a meter."""
    if system.production_meter is None:
        return None
    return system.site.meter_since or system.operational_day


def by_micro_and_meter(system: CloudSystem, days: DayRange, now: float) -> tuple[list[int], list[int]]:
    """Return production as inverters and as the meter told it; the meter knows nothing of before it."""
    micro = by_day(system, "solar", days, now)
    since = meter_since(system)
    meter = [
        energy if since is not None and day >= since else 0
        for day, energy in zip(span(days.first, days.last), micro, strict=False)
    ]
    return micro, meter
