"""Grid import and export derived from all other meters."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from ..history.intervals import Interval, clip, merged
from ..model import CounterKind

GRID = (CounterKind.GRID_IMPORT, CounterKind.GRID_EXPORT)

type ReportedEnd = Mapping[CounterKind, Iterable[Interval]]


def derived(kind: CounterKind, reported: ReportedEnd, *, with_battery: bool, step: timedelta) -> list[Interval]:
    """Return one direction of the grid in intervals of `step`, for which all other energy is known.

    `reported` is the energy of solar and load, and of the battery if the load is the house's
    consumption; otherwise the load is production and grid together. If the other direction is
    reported, this one follows exactly; otherwise one of them is the balance, and the other is zero.
    """
    # Production and grid together are negative while a battery feeds the grid.
    energy = {each: _by_step(reported[each], step, signed=each is CounterKind.LOAD) for each in reported}
    signs = {CounterKind.LOAD: 1, CounterKind.SOLAR: -1}
    if with_battery:
        signs |= {CounterKind.BATTERY_CHARGE: 1, CounterKind.BATTERY_DISCHARGE: -1}
    terms = [(energy.get(each, {}), sign) for each, sign in signs.items()]
    direction = 1 if kind is CounterKind.GRID_IMPORT else -1
    other = energy.get(GRID[GRID[0] is kind], {})
    return [
        Interval(
            start=start,
            end=start + step,
            wh=max(direction * sum(sign * term[start] for term, sign in terms) + other.get(start, 0.0), 0.0),
        )
        for start in sorted(set.intersection(*(set(term) for term, _ in terms)))
    ]


def _by_step(intervals: Iterable[Interval], step: timedelta, *, signed: bool) -> dict[datetime, float]:
    """Return the Wh of each step that the intervals cover completely, by its start."""
    covered: defaultdict[datetime, timedelta] = defaultdict(timedelta)
    energy: defaultdict[datetime, float] = defaultdict(float)
    for each in merged(intervals, signed=signed):
        start = datetime.fromtimestamp(each.start.timestamp() // step.total_seconds() * step.total_seconds(), UTC)
        while start < each.end:
            for part in clip([each], start, start + step):
                covered[start] += part.end - part.start
                energy[start] += part.wh
            start += step
    return {start: wh for start, wh in energy.items() if covered[start] == step}
