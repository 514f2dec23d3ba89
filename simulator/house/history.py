"""Days of a house's life in one go."""

from dataclasses import dataclass

from .config import HouseConfig
from .energy import Truth
from .flows import Flow
from .house import House

_RESOLUTION = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRow:
    """A span of time: counters (Wh) at its end, mean powers (W) over it.

    `start` and `end` are seconds since the epoch; the level is percent.
    """

    start: float
    end: float
    truth: Truth
    mean: Flow
    battery_level: float | None
    inverters: tuple[float, ...]
    """Lifetime Wh of each inverter at the end, in the order of the house."""


def record(house: House, until: float, *, step: float = 3600.0, resolution: float = _RESOLUTION) -> list[HistoryRow]:
    """Advance `house` until `until` (epoch s) and return a row each `step` s."""
    rows: list[HistoryRow] = []
    while house.time < until:
        start, before = house.time, house.truth
        end = min(until, (start // step + 1) * step)
        house.advance(end, step=resolution)
        rows.append(
            HistoryRow(
                start=start,
                end=end,
                truth=house.truth,
                mean=_mean(before, house.truth, end - start),
                battery_level=house.battery_level,
                inverters=tuple(each.energy_wh for each in house.inverters),
            )
        )
    return rows


def history(config: HouseConfig, start: float, end: float, *, step: float = 3600.0) -> list[HistoryRow]:
    """Return the life of a house of `config` from `start` to `end` (epoch s)."""
    return record(House(config, start=start), end, step=step)


def _mean(before: Truth, after: Truth, seconds: float) -> Flow:
    hours = seconds / 3600

    def watts(name: str) -> float:
        return float((getattr(after, name) - getattr(before, name)) / hours)

    return Flow(
        solar=watts("solar"),
        grid=watts("grid_import") - watts("grid_export"),
        battery=watts("battery_discharge") - watts("battery_charge"),
        load=watts("load"),
        generator=watts("generator"),
    )
