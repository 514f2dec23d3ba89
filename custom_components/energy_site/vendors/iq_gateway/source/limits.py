"""The limits of a site's hardware, to check the values of its meters."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from math import isfinite

from ....site.energy.counter import DEFAULT_LIMIT
from ..client.models.devices import DeviceType, InverterReport
from ..client.models.ensemble import BatteryPower, Encharge

# The largest microinverter delivers 640 W, the largest battery unit stores 10 kWh and delivers 7
# kW. Twice the size covers the peak of a datasheet.
INVERTER_LIMIT = 1500.0
_UNIT_LIMIT = 15_000.0
AC_BATTERY_LIMIT = 600.0

# Inverters use about 5 W each at night, and a current transformer is off by some W.
_NIGHT_USE = 10.0
_NIGHT_OFFSET = 100.0
_UNKNOWN_NIGHT_USE = -500.0

# The highest load of an ordinary home. More is accepted once the register counts it.
_DEFAULT_LOAD = 15_000.0

_SMALLEST_SOLAR = 1000.0
_SMALLEST_SITE = 2000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits in W, all positive but `night`.

    Nothing on the site exceeds `site`, and no register runs faster than `counted`. The inverters
    produce up to `solar` and use down to `night`, the batteries charge and discharge up to
    `battery`, the grid and the house use up to `load`; what exceeds one of the last three has to be
    confirmed by the meter's register. Values of the same moment may differ by `tolerance`.
    """

    site: float
    counted: float
    solar: float
    night: float
    battery: float
    load: float
    tolerance: float

    @classmethod
    def restore_from(cls, data: object) -> Limits | None:
        """Return the limits from the data of `asdict`, `None` if it cannot be read."""
        if not isinstance(data, Mapping):
            return None
        found = {each.name: data.get(each.name) for each in fields(cls)}
        numbers = {name: float(value) for name, value in found.items() if isinstance(value, int | float)}
        if len(numbers) < len(found) or not all(map(isfinite, numbers.values())):
            return None
        return cls(**numbers)


_LARGEST_SITE = 1_000_000.0
UNKNOWN_SITE = Limits(
    site=_LARGEST_SITE,
    counted=DEFAULT_LIMIT,
    solar=_LARGEST_SITE,
    night=_UNKNOWN_NIGHT_USE,
    battery=_LARGEST_SITE,
    load=_DEFAULT_LOAD,
    tolerance=0.05 * _SMALLEST_SITE,
)


def limits(
    reports: tuple[InverterReport, ...],
    batteries: tuple[Encharge, ...],
    powers: tuple[BatteryPower, ...],
    *,
    whole_list: bool,
) -> Limits:
    """Return the limits from the inverters' peaks, if their list is complete, and the batteries' sizes."""
    inverters = [report for report in reports if report.device_type == DeviceType.INVERTER]
    peaks = sum(min(report.max_watts or 0.0, INVERTER_LIMIT) for report in inverters)
    rated = unit_limits(batteries)
    battery = sum(rated.get(serial, _UNIT_LIMIT) for serial in {*rated, *(power.serial for power in powers)})
    battery += AC_BATTERY_LIMIT * sum(report.device_type == DeviceType.AC_BATTERY for report in reports)
    site = max(DEFAULT_LIMIT, 2 * peaks)
    known = bool(inverters) and whole_list
    return Limits(
        site=site,
        counted=site,
        solar=max(2 * peaks, _SMALLEST_SOLAR) if known else site,
        night=-(_NIGHT_USE * len(inverters) + _NIGHT_OFFSET) if known else _UNKNOWN_NIGHT_USE,
        battery=battery or site,
        load=min(max(_DEFAULT_LOAD, 1.25 * (peaks + battery)), site),
        tolerance=0.05 * max(peaks, battery / 2, _SMALLEST_SITE),
    )


def unit_limits(batteries: Iterable[Encharge]) -> dict[str, float]:
    """Return the maximum power of each battery unit in W, by serial number."""
    return {
        unit.serial: min(max(2 * unit.capacity, _SMALLEST_SOLAR), _UNIT_LIMIT) if unit.capacity else _UNIT_LIMIT
        for unit in batteries
    }
