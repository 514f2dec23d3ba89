"""The energy of a day: by intervals while it lasts, as a whole once it is over."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from ....site.energy.days import DailyCounters
from ....site.history.intervals import DAY, day_of
from ....site.model import CounterKind
from ..client.models.energy import Buckets, LifetimeEnergy, Today

type Series = tuple[float | None, ...]

# No home moves more than this many W for the length of an interval or a day.
_MOST_POWER = 200_000.0

_HOUR = 3600.0
_HOURS_OF_DAY = 25.0

# What is measured as a whole, and the parts that make it where it isn't. The first of them has to be there; the others
# are missing where a site has no battery or no solar power.
_NAMES: Mapping[CounterKind, tuple[str, tuple[str, ...]]] = {
    CounterKind.SOLAR: ("production", ("solar_home", "solar_battery", "solar_grid")),
    CounterKind.LOAD: ("consumption", ("grid_home", "solar_home", "battery_home")),
    CounterKind.GRID_IMPORT: ("import", ("grid_home", "grid_battery")),
    CounterKind.GRID_EXPORT: ("export", ("solar_grid", "battery_grid")),
    CounterKind.BATTERY_CHARGE: ("charge", ("solar_battery", "grid_battery")),
    CounterKind.BATTERY_DISCHARGE: ("discharge", ("battery_home", "battery_grid")),
    CounterKind.GENERATOR: ("generator", ()),
}
BATTERY = (CounterKind.BATTERY_CHARGE, CounterKind.BATTERY_DISCHARGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Believed:
    """The intervals of a day that won't change any more: Wh by kind, one value an interval."""

    starts_at: datetime
    seconds: float
    energy: Mapping[CounterKind, Series]
    count: int

    @property
    def ends_at(self) -> datetime:
        """When the last of them ended."""
        return self.starts_at + timedelta(seconds=self.count * self.seconds)

    def power(self, kind: CounterKind) -> float | None:
        """Return the mean power in W of the last interval, `None` if it is unknown."""
        series = self.energy.get(kind, ())
        if not 0 < self.count <= len(series) or (wh := series[self.count - 1]) is None:
            return None
        return wh * _HOUR / self.seconds


def believed(today: Today, now: datetime) -> Believed | None:
    """Return what can be believed of today: an interval that has just ended is filled up until the next one has."""
    buckets = today.buckets
    if buckets is None:
        return None
    until = min(now, today.reported_at) if today.reported_at is not None else now
    ended = int((until - buckets.starts_at).total_seconds() // buckets.seconds)
    longest = max(len(series) for series in buckets.flows.values())
    return Believed(
        starts_at=buckets.starts_at,
        seconds=buckets.seconds,
        energy=_energy(buckets),
        count=min(max(ended - 1, 0), longest),
    )


def record_today(counters: DailyCounters, today: Believed, kinds: Iterable[CounterKind], zone: tzinfo) -> None:
    """Record the energy so far of the days that the intervals began in."""
    for kind in kinds:
        days: defaultdict[date, float] = defaultdict(float)
        for number, wh in enumerate(today.energy.get(kind, ())[: today.count]):
            start = today.starts_at + timedelta(seconds=number * today.seconds)
            days[day_of(start, zone)] += wh or 0.0
        for day, energy in days.items():
            counters.of(kind).note(day, energy)


def record_life(counters: DailyCounters, life: LifetimeEnergy, kinds: Iterable[CounterKind], last: date) -> None:
    """Record the days up to the `last` one that is complete; a kind that isn't told by days begins after it at 0."""
    for kind in kinds:
        series = _flow(life.flows, kind, _MOST_POWER * _HOURS_OF_DAY)
        days = _days(series, life.start_date, last) if series is not None and life.start_date is not None else {}
        if days:
            counters.of(kind).life(days.items())
        else:
            counters.of(kind).begin(last + DAY)


def last_day(life: LifetimeEnergy, now: datetime, zone: tzinfo) -> date:
    """Return the last day that is complete: the one before that of the last report."""
    reported_at = min(life.reported_at, now) if life.reported_at is not None else now
    return day_of(reported_at, zone) - DAY


def kinds_of(flows: Mapping[str, Series], *, battery: bool) -> frozenset[CounterKind]:
    """Return what a system counts: zeros for ever don't make a generator, nor flows a battery."""
    found = set()
    for kind in _NAMES:
        series = _flow(flows, kind, float("inf"))
        if series is None or (kind in BATTERY and not battery):
            continue
        if kind is not CounterKind.GENERATOR or any(series):
            found.add(kind)
    return frozenset(found)


def _energy(buckets: Buckets) -> dict[CounterKind, Series]:
    most = _MOST_POWER * buckets.seconds / _HOUR
    return {kind: series for kind in _NAMES if (series := _flow(buckets.flows, kind, most)) is not None}


def _flow(flows: Mapping[str, Series], kind: CounterKind, most: float) -> Series | None:
    """Return the energy of a kind, summed from its parts where the whole is missing or stays empty."""
    name, parts = _NAMES[kind]
    whole, sent = flows.get(name), [flows[part] for part in parts if part in flows]
    is_whole = bool(parts) and parts[0] in flows
    summed = tuple(_sum(values) for values in zip(*sent, strict=False)) if is_whole else None
    chosen = whole if whole is not None and (any(whole) or summed is None or not any(summed)) else summed
    if chosen is None:
        return None
    return tuple(wh if wh is not None and wh <= most else None for wh in chosen)


def _days(series: Series, start: date, last: date) -> dict[date, float]:
    first = start.toordinal()
    return {
        date.fromordinal(first + number): wh
        for number, wh in enumerate(series[: max(last.toordinal() - first + 1, 0)])
        if wh is not None
    }


def _sum(values: tuple[float | None, ...]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None
