"""Records the energy of days in counters."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, tzinfo

from ....site.energy.days import DailyCounters
from ....site.history.intervals import day_of
from ....site.model import CounterKind
from ..client.models.energy_history import EnergyFlows, EnergyHistory, sum_flows


def start_of(start: datetime, zone: tzinfo) -> datetime:
    """Return when a row begins: its own offset from UTC decides, otherwise the site's clocks."""
    return (start if start.tzinfo is not None else start.replace(tzinfo=zone)).astimezone(UTC)


def days_of(history: EnergyHistory, zone: tzinfo, *, daily: bool) -> dict[date, EnergyFlows]:
    """Return the energy of each day of the site; a row that is listed twice counts once.

    A `daily` row is stamped at midnight, or at one o'clock after a change of the clocks, and its
    own clock decides which day it is.
    """
    rows = {start_of(row.start, zone): row for row in history.rows}
    days: defaultdict[date, list[EnergyFlows]] = defaultdict(list)
    for start, row in rows.items():
        days[row.start.date() if daily else day_of(start, zone)].append(row.flows)
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
    """Return the first day of which a counter may lack energy: the last one that it knows any of."""
    found = today
    for kind in kinds:
        counter = counters.of(kind)
        last = max([*([counter.through] if counter.through else []), *counter.days], default=today)
        found = min(found, last)
    return found
