"""Which entity gets which part of the house's past."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from simulator.house import HistoryRow, House, Truth

from .past import ENERGIES, Count, Hour, Mean, counts, counts_of_day, hours_of, inverter_means, means

_TODAY = "_today"

# Site-wide sensors that measure: their keys, and where a row has their value in the unit that they show.
MEASURED: Mapping[str, Callable[[HistoryRow], float]] = {
    "solar_power": lambda row: row.mean.solar,
    "grid_power": lambda row: row.mean.grid,
    "battery_power": lambda row: row.mean.battery,
    "load_power": lambda row: row.mean.load,
    "generator_power": lambda row: row.mean.generator,
    "grid_import_power": lambda row: max(row.mean.grid, 0.0),
    "grid_export_power": lambda row: max(-row.mean.grid, 0.0),
    "battery_charge_power": lambda row: max(-row.mean.battery, 0.0),
    "battery_discharge_power": lambda row: max(row.mean.battery, 0.0),
    "battery_level": lambda row: row.battery_level or 0.0,
}
# Site-wide sensors that count: their keys, and the house's counter.
COUNTED: Mapping[str, str] = {f"{name}_energy": name for name in ENERGIES}
COUNTED_TODAY: Mapping[str, str] = {f"{name}_energy{_TODAY}": name for name in ENERGIES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What Home Assistant showed of a counter: at first, and at the moment the past is joined to."""

    first: float
    now: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The past of one entity, which `key` tells as the end of its unique id does."""

    key: str
    points: Sequence[Mean | Count]


def series(rows: Sequence[HistoryRow], house: House, shown: Mapping[str, Shown]) -> Iterator[Series]:
    """Return the past of everything, what matters most first; counters only where `shown` has their key."""
    hours = hours_of(rows)
    yield from _counters(hours, house, house.truth, shown)
    for key, value in MEASURED.items():
        yield Series(key=key, points=means(hours, value))
    if battery := house.battery:
        full = battery.capacity / 1000
        stored = means(hours, lambda row: (row.battery_level or 0.0) / 100 * full)
        yield Series(key="battery_available_energy", points=stored)
    for index, inverter in enumerate(house.inverters):
        yield Series(key=f"{inverter.serial}_power", points=inverter_means(hours, index))


def _counters(hours: Sequence[Hour], house: House, now: Truth, shown: Mapping[str, Shown]) -> Iterator[Series]:
    for key, name in COUNTED.items():
        if value := shown.get(key):
            points = counts(hours, name, now=now, shown=value.now, first_shown=value.first)
            yield Series(key=key, points=points)
    timezone = house.config.place.timezone
    for key, name in COUNTED_TODAY.items():
        if value := shown.get(key):
            points = counts_of_day(hours, name, timezone=timezone, now=now, shown=value.now, first_shown=value.first)
            yield Series(key=key, points=points)


def as_imported(point: Mean | Count) -> dict[str, float | str]:
    """Return a point as `recorder/import_statistics` takes it."""
    start = datetime.fromtimestamp(point.start, UTC).isoformat()
    if isinstance(point, Mean):
        return {"start": start, "mean": point.mean, "min": point.low, "max": point.high}
    return {"start": start, "state": point.state, "sum": point.sum}
