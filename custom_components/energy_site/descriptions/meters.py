"""The power quality at the grid, and the meters beyond the usual ones."""

from collections.abc import Callable
from dataclasses import dataclass

from homeassistant.components.sensor import SensorDeviceClass

from ..site.meters import Energy, Meter, Meters, Quality
from .entity_description import SiteEntityDescription
from .sensor_description import enum, measurement

# Meters whose values aren't among the site's flows.
_OTHERS = ("backfeed", "load_panel", "ev_charger", "third_party_solar")

_KINDS = ("production", "grid", "load", "storage", *_OTHERS)
_STATUS = ("normal", "not_metering", "check_wiring")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measure:
    """A quantity measured at the grid, in total and by phase."""

    key: str
    device_class: SensorDeviceClass
    precision: int
    value: Callable[[Quality], float | None]


_QUALITIES = (
    _Measure(
        key="grid_voltage",
        device_class=SensorDeviceClass.VOLTAGE,
        precision=1,
        value=lambda quality: quality.voltage,
    ),
    _Measure(
        key="grid_current",
        device_class=SensorDeviceClass.CURRENT,
        precision=2,
        value=lambda quality: quality.current,
    ),
    _Measure(
        key="grid_frequency",
        device_class=SensorDeviceClass.FREQUENCY,
        precision=2,
        value=lambda quality: quality.frequency,
    ),
    _Measure(
        key="power_factor",
        device_class=SensorDeviceClass.POWER_FACTOR,
        precision=2,
        value=lambda quality: quality.power_factor,
    ),
    _Measure(
        key="apparent_power",
        device_class=SensorDeviceClass.APPARENT_POWER,
        precision=0,
        value=lambda quality: quality.apparent_power,
    ),
    _Measure(
        key="reactive_power",
        device_class=SensorDeviceClass.REACTIVE_POWER,
        precision=0,
        value=lambda quality: quality.reactive_power,
    ),
)

type _Way = Callable[[Energy], float | None]


def _delivered(energy: Energy) -> float | None:
    return energy.delivered


def _received(energy: Energy) -> float | None:
    return energy.received


# What each meter counts in a direction, by the keys of the whole site's energy.
_COUNTED: tuple[tuple[str, str, _Way], ...] = (
    ("solar_energy", "production", _delivered),
    ("grid_import_energy", "grid", _delivered),
    ("grid_export_energy", "grid", _received),
    ("battery_charge_energy", "storage", _received),
    ("battery_discharge_energy", "storage", _delivered),
    ("load_energy", "load", _delivered),
    *((f"{kind}_meter_delivered", kind, _delivered) for kind in _OTHERS),
    *((f"{kind}_meter_received", kind, _received) for kind in _OTHERS),
)


def _at_grid(meters: Meters) -> Meter | None:
    return meters.by_kind.get("grid") or meters.by_kind.get("load") or meters.by_kind.get("production")


def _whole(measure: _Measure) -> SiteEntityDescription[Meters]:
    return SiteEntityDescription(
        part=Meters,
        description=measurement(measure.key, measure.device_class, precision=measure.precision, enabled=False),
        value_fn=lambda meters: measure.value(meter.quality) if (meter := _at_grid(meters)) is not None else None,
    )


def _phase(measure: _Measure, phase: int) -> SiteEntityDescription[Meters]:
    key = f"{measure.key}_l{phase + 1}"
    return SiteEntityDescription(
        part=Meters,
        description=measurement(key, measure.device_class, precision=measure.precision, enabled=False),
        value_fn=lambda meters: (
            measure.value(meter.phases[phase])
            if (meter := _at_grid(meters)) is not None and len(meter.phases) > phase
            else None
        ),
    )


def _phase_energy(key: str, kind: str, way: _Way, phase: int) -> SiteEntityDescription[Meters]:
    return SiteEntityDescription(
        part=Meters,
        description=measurement(f"{key}_l{phase + 1}", SensorDeviceClass.ENERGY, precision=1, enabled=False),
        value_fn=lambda meters: (
            way(meter.phase_energy[phase])
            if (meter := meters.by_kind.get(kind)) is not None and len(meter.phase_energy) > phase
            else None
        ),
    )


def _netted(key: str, way: _Way) -> SiteEntityDescription[Meters]:
    return SiteEntityDescription(
        part=Meters,
        description=measurement(f"{key}_netted", SensorDeviceClass.ENERGY, precision=1, enabled=False),
        value_fn=lambda meters: (
            way(meter.netted)
            if (meter := meters.by_kind.get("grid")) is not None and meter.netted is not None
            else None
        ),
    )


def _other(
    kind: str, what: str, device_class: SensorDeviceClass, value: Callable[[Meter], float | None]
) -> SiteEntityDescription[Meters]:
    precision = 1 if device_class is SensorDeviceClass.ENERGY else 0
    return SiteEntityDescription(
        part=Meters,
        description=measurement(f"{kind}_meter_{what}", device_class, precision=precision),
        value_fn=lambda meters: value(meter) if (meter := meters.by_kind.get(kind)) is not None else None,
    )


def _status(kind: str) -> SiteEntityDescription[Meters]:
    return SiteEntityDescription(
        part=Meters,
        description=enum(f"{kind}_meter_status", _STATUS, enabled=False, diagnostic=True),
        value_fn=lambda meters: meter.status if (meter := meters.by_kind.get(kind)) is not None else None,
    )


METER_DESCRIPTIONS = (
    *(_whole(measure) for measure in _QUALITIES),
    *(_phase(measure, phase) for measure in _QUALITIES for phase in range(3)),
    *(_other(kind, "power", SensorDeviceClass.POWER, lambda meter: meter.power) for kind in _OTHERS),
    *(_other(kind, "delivered", SensorDeviceClass.ENERGY, lambda meter: meter.delivered) for kind in _OTHERS),
    *(_other(kind, "received", SensorDeviceClass.ENERGY, lambda meter: meter.received) for kind in _OTHERS),
    *(_status(kind) for kind in _KINDS),
    *(_phase_energy(*counted, phase) for counted in _COUNTED for phase in range(3)),
    _netted("grid_import_energy", _delivered),
    _netted("grid_export_energy", _received),
)
