"""Descriptions of sensors by what they measure, which determines class, unit and statistics."""

from collections.abc import Iterable

from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription, SensorStateClass
from homeassistant.const import (
    EntityCategory,
    UnitOfApparentPower,
    UnitOfElectricCurrent,
    UnitOfElectricPotential,
    UnitOfEnergy,
    UnitOfFrequency,
    UnitOfPower,
    UnitOfRatio,
    UnitOfReactivePower,
    UnitOfTemperature,
    UnitOfTime,
)

_UNITS = {
    SensorDeviceClass.APPARENT_POWER: UnitOfApparentPower.VOLT_AMPERE,
    SensorDeviceClass.BATTERY: UnitOfRatio.PERCENTAGE,
    SensorDeviceClass.CURRENT: UnitOfElectricCurrent.AMPERE,
    SensorDeviceClass.DURATION: UnitOfTime.SECONDS,
    SensorDeviceClass.ENERGY: UnitOfEnergy.WATT_HOUR,
    SensorDeviceClass.ENERGY_STORAGE: UnitOfEnergy.WATT_HOUR,
    SensorDeviceClass.FREQUENCY: UnitOfFrequency.HERTZ,
    SensorDeviceClass.POWER: UnitOfPower.WATT,
    SensorDeviceClass.REACTIVE_POWER: UnitOfReactivePower.VOLT_AMPERE_REACTIVE,
    SensorDeviceClass.TEMPERATURE: UnitOfTemperature.CELSIUS,
    SensorDeviceClass.VOLTAGE: UnitOfElectricPotential.VOLT,
}
_LARGE = (SensorDeviceClass.ENERGY, SensorDeviceClass.ENERGY_STORAGE)

PERCENT = UnitOfRatio.PERCENTAGE


def measurement(
    key: str,
    device_class: SensorDeviceClass,
    *,
    precision: int = 0,
    enabled: bool = True,
    diagnostic: bool = False,
    kilo: bool = True,
) -> SensorEntityDescription:
    """Describe a physical quantity; energy is shown in `kilo` units unless it is small."""
    return SensorEntityDescription(
        key=key,
        translation_key=key,
        device_class=device_class,
        # Counters are protected against decreases, so a decrease is the end of a day.
        state_class=SensorStateClass.TOTAL_INCREASING
        if device_class is SensorDeviceClass.ENERGY
        else SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=_UNITS.get(device_class),
        suggested_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR if kilo and device_class in _LARGE else None,
        suggested_display_precision=precision,
        entity_category=_category(diagnostic=diagnostic),
        entity_registry_enabled_default=enabled,
    )


def minutes(key: str) -> SensorEntityDescription:
    """Describe a time that is left."""
    return SensorEntityDescription(
        key=key,
        translation_key=key,
        device_class=SensorDeviceClass.DURATION,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfTime.MINUTES,
        suggested_display_precision=0,
    )


def price(key: str) -> SensorEntityDescription:
    """Describe a price; its unit is that of the site's currency."""
    return SensorEntityDescription(
        key=key, translation_key=key, state_class=SensorStateClass.MEASUREMENT, suggested_display_precision=4
    )


def percentage(key: str, *, enabled: bool = True, precision: int = 0, measures: bool = True) -> SensorEntityDescription:
    """Describe a diagnostic percentage; one that is set rather than measured has no statistics."""
    return SensorEntityDescription(
        key=key,
        translation_key=key,
        state_class=SensorStateClass.MEASUREMENT if measures else None,
        native_unit_of_measurement=PERCENT,
        suggested_display_precision=precision,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=enabled,
    )


def counter(key: str, *, enabled: bool = True, grows: bool = True) -> SensorEntityDescription:
    """Describe a diagnostic count."""
    return SensorEntityDescription(
        key=key,
        translation_key=key,
        state_class=SensorStateClass.TOTAL_INCREASING if grows else SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=enabled,
    )


def timestamp(key: str, *, enabled: bool = False) -> SensorEntityDescription:
    """Describe a diagnostic point in time."""
    return SensorEntityDescription(
        key=key,
        translation_key=key,
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=enabled,
    )


def enum(
    key: str, options: Iterable[str], *, enabled: bool = True, diagnostic: bool = False
) -> SensorEntityDescription:
    """Describe one of several states."""
    return SensorEntityDescription(
        key=key,
        translation_key=key,
        device_class=SensorDeviceClass.ENUM,
        options=list(options),
        entity_category=_category(diagnostic=diagnostic),
        entity_registry_enabled_default=enabled,
    )


def _category(*, diagnostic: bool) -> EntityCategory | None:
    return EntityCategory.DIAGNOSTIC if diagnostic else None
