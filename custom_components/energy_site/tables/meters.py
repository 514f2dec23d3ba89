"""The grid's quality, and the meters beyond the usual ones."""

from collections.abc import Callable

from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription, SensorStateClass
from homeassistant.const import (
    EntityCategory,
    UnitOfElectricCurrent,
    UnitOfElectricPotential,
    UnitOfEnergy,
    UnitOfFrequency,
    UnitOfPower,
)

from ..site.model import Meter, Meters, Quality
from .rows import SiteRow

# Meters whose values do not stand among the site's flows.
_OTHERS = ("backfeed", "load_panel", "ev_charger", "third_party_solar")

_KINDS = ("production", "grid", "load", "storage", *_OTHERS)

_QUALITIES: tuple[tuple[SensorEntityDescription, Callable[[Quality], float | None]], ...] = (
    (
        SensorEntityDescription(
            key="grid_voltage",
            device_class=SensorDeviceClass.VOLTAGE,
            native_unit_of_measurement=UnitOfElectricPotential.VOLT,
            suggested_display_precision=1,
        ),
        lambda quality: quality.voltage,
    ),
    (
        SensorEntityDescription(
            key="grid_current",
            device_class=SensorDeviceClass.CURRENT,
            native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
            suggested_display_precision=2,
        ),
        lambda quality: quality.current,
    ),
    (
        SensorEntityDescription(
            key="grid_frequency",
            device_class=SensorDeviceClass.FREQUENCY,
            native_unit_of_measurement=UnitOfFrequency.HERTZ,
            suggested_display_precision=2,
        ),
        lambda quality: quality.frequency,
    ),
    (
        SensorEntityDescription(
            key="power_factor",
            device_class=SensorDeviceClass.POWER_FACTOR,
            suggested_display_precision=2,
        ),
        lambda quality: quality.power_factor,
    ),
)


def _grid(meters: Meters) -> Meter | None:
    return meters.by_kind.get("grid") or meters.by_kind.get("load") or meters.by_kind.get("production")


def _described(template: SensorEntityDescription, key: str) -> SensorEntityDescription:
    return SensorEntityDescription(
        key=key,
        translation_key=key,
        device_class=template.device_class,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=template.native_unit_of_measurement,
        suggested_display_precision=template.suggested_display_precision,
        entity_registry_enabled_default=False,
    )


def _whole(template: SensorEntityDescription, value: Callable[[Quality], float | None]) -> SiteRow[Meters]:
    return SiteRow(
        part=Meters,
        description=_described(template, template.key),
        value_fn=lambda meters: value(meter.quality) if (meter := _grid(meters)) is not None else None,
    )


def _phase(template: SensorEntityDescription, value: Callable[[Quality], float | None], phase: int) -> SiteRow[Meters]:
    return SiteRow(
        part=Meters,
        description=_described(template, f"{template.key}_l{phase + 1}"),
        value_fn=lambda meters: (
            value(meter.phases[phase]) if (meter := _grid(meters)) is not None and len(meter.phases) > phase else None
        ),
    )


def _power(kind: str) -> SiteRow[Meters]:
    key = f"{kind}_meter_power"
    return SiteRow(
        part=Meters,
        description=SensorEntityDescription(
            key=key,
            translation_key=key,
            device_class=SensorDeviceClass.POWER,
            state_class=SensorStateClass.MEASUREMENT,
            native_unit_of_measurement=UnitOfPower.WATT,
            suggested_display_precision=0,
        ),
        value_fn=lambda meters: meter.power if (meter := meters.by_kind.get(kind)) is not None else None,
    )


def _energy(kind: str, direction: str, value: Callable[[Meter], float | None]) -> SiteRow[Meters]:
    key = f"{kind}_meter_{direction}"
    return SiteRow(
        part=Meters,
        description=SensorEntityDescription(
            key=key,
            translation_key=key,
            device_class=SensorDeviceClass.ENERGY,
            state_class=SensorStateClass.TOTAL_INCREASING,
            native_unit_of_measurement=UnitOfEnergy.WATT_HOUR,
            suggested_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
            suggested_display_precision=1,
        ),
        value_fn=lambda meters: value(meter) if (meter := meters.by_kind.get(kind)) is not None else None,
    )


def _status(kind: str) -> SiteRow[Meters]:
    key = f"{kind}_meter_status"
    return SiteRow(
        part=Meters,
        description=SensorEntityDescription(
            key=key,
            translation_key=key,
            device_class=SensorDeviceClass.ENUM,
            options=["normal", "not_metering", "check_wiring"],
            entity_category=EntityCategory.DIAGNOSTIC,
            entity_registry_enabled_default=False,
        ),
        value_fn=lambda meters: meter.status if (meter := meters.by_kind.get(kind)) is not None else None,
    )


METER_ROWS = (
    *(_whole(*quality) for quality in _QUALITIES),
    *(_phase(*quality, phase) for quality in _QUALITIES for phase in range(3)),
    *(_power(kind) for kind in _OTHERS),
    *(_energy(kind, "delivered", lambda meter: meter.delivered) for kind in _OTHERS),
    *(_energy(kind, "received", lambda meter: meter.received) for kind in _OTHERS),
    *(_status(kind) for kind in _KINDS),
)
