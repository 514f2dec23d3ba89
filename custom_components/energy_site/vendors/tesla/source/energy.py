"""Records the energy of days in counters."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, tzinfo

from ....site.energy.days import DailyCounters
from ....site.history.intervals import DAY, day_of
from ....site.model import CounterKind
from ..client.models.energy_history import EnergyFlows, EnergyHistory, EnergyRow, sum_flows


def rows_of(history: EnergyHistory, zone: tzinfo) -> dict[datetime, EnergyRow]:
    """Return the rows by when they begin: their own offset from UTC decides, otherwise the site's clocks.

    A row that is listed twice counts once. Without offsets, the second row of an hour that comes
    twice is that of the later hour.
    """
    rows: dict[datetime, EnergyRow] = {}
    for row in history.rows:
        start = row.start if row.has_offset else row.start.replace(tzinfo=zone)
        if not row.has_offset and start.astimezone(UTC) in rows:
            start = start.replace(fold=1)
        rows[start.astimezone(UTC)] = row
    return rows


def days_of(history: EnergyHistory, zone: tzinfo, *, daily: bool) -> dict[date, EnergyFlows]:
    """Return the energy of each day of the site.

    A `daily` row is stamped at midnight, or at one o'clock after a change of the clocks. If its
    own clock shows that, it decides which day it is; otherwise, the site's clock does.
    """
    days: defaultdict[date, list[EnergyFlows]] = defaultdict(list)
    for start, row in rows_of(history, zone).items():
        begins = daily and row.start.hour <= 1
        days[row.start.date() if begins else day_of(start, zone)].append(row.flows)
    return {day: sum_flows(listed) for day, listed in days.items()}


def record(counters: DailyCounters, days: dict[date, EnergyFlows], kinds: Iterable[CounterKind], today: date) -> None:
    """Record days, of which those after `today` are ignored; a counter that is new starts at 0 today."""
    for kind in kinds:
        counter = counters.of(kind)
        counter.begin(today)
        for day, flows in sorted(days.items()):
            if day <= today and (wh := energy(flows, kind)) is not None:
                counter.note(day, wh)


def energy(flows: EnergyFlows, kind: CounterKind) -> float | None:
    """Return the Wh of a kind."""
    wh: float | None = getattr(flows, kind.value)
    return wh


def first_missing(counters: DailyCounters, kinds: Iterable[CounterKind], today: date) -> date:
    """Return the first day of which a counter may lack energy: the one before the first that is missing, or today.

    A gateway that lost its internet had only uploaded a part of that day.
    """
    found = today
    for kind in kinds:
        counter = counters.of(kind)
        day = counter.through + DAY if counter.through is not None else today
        while day < found and day in counter.days:
            day += DAY
        found = min(found, day - DAY if day < today else day)
    return found
