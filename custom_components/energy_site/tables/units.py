"""Values of single devices: inverters, batteries, controllers, generator."""

from collections.abc import Callable

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
    UnitOfTemperature,
)

from ..devices import AC_BATTERY, BATTERY, COLLAR, COMBINER, GENERATOR, INVERTER, RELAY, SYSTEM_CONTROLLER
from ..site.model import BatteryUnit, Controller
from .rows import UnitRow

_UNITS = {
    SensorDeviceClass.APPARENT_POWER: UnitOfApparentPower.VOLT_AMPERE,
    SensorDeviceClass.BATTERY: UnitOfRatio.PERCENTAGE,
    SensorDeviceClass.CURRENT: UnitOfElectricCurrent.AMPERE,
    SensorDeviceClass.ENERGY: UnitOfEnergy.WATT_HOUR,
    SensorDeviceClass.ENERGY_STORAGE: UnitOfEnergy.WATT_HOUR,
    SensorDeviceClass.FREQUENCY: UnitOfFrequency.HERTZ,
    SensorDeviceClass.POWER: UnitOfPower.WATT,
    SensorDeviceClass.TEMPERATURE: UnitOfTemperature.CELSIUS,
    SensorDeviceClass.VOLTAGE: UnitOfElectricPotential.VOLT,
}
_COUNTED = {SensorDeviceClass.ENERGY: SensorStateClass.TOTAL_INCREASING}
_LARGE = (SensorDeviceClass.ENERGY, SensorDeviceClass.ENERGY_STORAGE)


def _measured(
    key: str,
    device_class: SensorDeviceClass,
    *,
    precision: int = 0,
    enabled: bool = True,
    diagnostic: bool = False,
    kilo: bool = True,
) -> SensorEntityDescription:
    return SensorEntityDescription(
        key=key,
        translation_key=key,
        device_class=device_class,
        state_class=_COUNTED.get(device_class, SensorStateClass.MEASUREMENT),
        native_unit_of_measurement=_UNITS[device_class],
        suggested_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR if kilo and device_class in _LARGE else None,
        suggested_display_precision=precision,
        entity_category=EntityCategory.DIAGNOSTIC if diagnostic else None,
        entity_registry_enabled_default=enabled,
    )


_LAST_REPORTED = SensorEntityDescription(
    key="last_reported",
    translation_key="last_reported",
    device_class=SensorDeviceClass.TIMESTAMP,
    entity_category=EntityCategory.DIAGNOSTIC,
    entity_registry_enabled_default=False,
)

INVERTER_ROWS = (
    UnitRow(
        family=INVERTER,
        description=_measured("power", SensorDeviceClass.POWER),
        value_fn=lambda unit: unit.power,
        always=True,
    ),
    UnitRow(
        family=INVERTER,
        description=_measured("energy", SensorDeviceClass.ENERGY, precision=1, enabled=False),
        value_fn=lambda unit: unit.energy,
    ),
    UnitRow(
        family=INVERTER,
        description=_measured("energy_today", SensorDeviceClass.ENERGY, enabled=False, kilo=False),
        value_fn=lambda unit: unit.energy_today,
    ),
    UnitRow(
        family=INVERTER,
        description=_measured("dc_voltage", SensorDeviceClass.VOLTAGE, precision=1, enabled=False),
        value_fn=lambda unit: unit.dc_voltage,
    ),
    UnitRow(
        family=INVERTER,
        description=_measured("dc_current", SensorDeviceClass.CURRENT, precision=2, enabled=False),
        value_fn=lambda unit: unit.dc_current,
    ),
    UnitRow(
        family=INVERTER,
        description=_measured("ac_voltage", SensorDeviceClass.VOLTAGE, precision=1, enabled=False),
        value_fn=lambda unit: unit.ac_voltage,
    ),
    UnitRow(
        family=INVERTER,
        description=_measured("ac_current", SensorDeviceClass.CURRENT, precision=2, enabled=False),
        value_fn=lambda unit: unit.ac_current,
    ),
    UnitRow(
        family=INVERTER,
        description=_measured("ac_frequency", SensorDeviceClass.FREQUENCY, precision=2, enabled=False),
        value_fn=lambda unit: unit.ac_frequency,
    ),
    UnitRow(
        family=INVERTER,
        description=_measured("temperature", SensorDeviceClass.TEMPERATURE, enabled=False, diagnostic=True),
        value_fn=lambda unit: unit.temperature,
    ),
    UnitRow(family=INVERTER, description=_LAST_REPORTED, value_fn=lambda unit: unit.last_reported),
)

_BATTERY_VALUES: tuple[tuple[SensorEntityDescription, Callable[[BatteryUnit], object]], ...] = (
    (_measured("level", SensorDeviceClass.BATTERY), lambda unit: unit.level),
    (_measured("power", SensorDeviceClass.POWER), lambda unit: unit.power),
    (
        _measured("apparent_power", SensorDeviceClass.APPARENT_POWER, enabled=False),
        lambda unit: unit.apparent_power,
    ),
    (
        _measured("available_energy", SensorDeviceClass.ENERGY_STORAGE, precision=2),
        lambda unit: unit.available_energy,
    ),
    (
        _measured("capacity", SensorDeviceClass.ENERGY_STORAGE, precision=2, enabled=False, diagnostic=True),
        lambda unit: unit.capacity,
    ),
    (
        SensorEntityDescription(
            key="health",
            translation_key="health",
            native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
            state_class=SensorStateClass.MEASUREMENT,
            suggested_display_precision=0,
            entity_category=EntityCategory.DIAGNOSTIC,
        ),
        lambda unit: unit.health,
    ),
    (
        _measured("temperature", SensorDeviceClass.TEMPERATURE, diagnostic=True),
        lambda unit: unit.temperature,
    ),
    (
        _measured("max_cell_temperature", SensorDeviceClass.TEMPERATURE, enabled=False, diagnostic=True),
        lambda unit: unit.max_cell_temperature,
    ),
    (_measured("charged_energy", SensorDeviceClass.ENERGY, precision=1), lambda unit: unit.charged_energy),
    (
        _measured("discharged_energy", SensorDeviceClass.ENERGY, precision=1),
        lambda unit: unit.discharged_energy,
    ),
    (
        SensorEntityDescription(
            key="state",
            translation_key="state",
            device_class=SensorDeviceClass.ENUM,
            options=["charging", "discharging", "idle"],
        ),
        lambda unit: unit.state,
    ),
    (_LAST_REPORTED, lambda unit: unit.last_reported),
)
BATTERY_ROWS = tuple(
    UnitRow(family=family, description=description, value_fn=value)
    for family in (BATTERY, AC_BATTERY)
    for description, value in _BATTERY_VALUES
)

_CONTROLLER_VALUES: tuple[tuple[SensorEntityDescription, Callable[[Controller], object]], ...] = (
    (
        _measured("temperature", SensorDeviceClass.TEMPERATURE, diagnostic=True),
        lambda unit: unit.temperature,
    ),
    (
        _measured("frequency", SensorDeviceClass.FREQUENCY, precision=2, enabled=False),
        lambda unit: unit.frequency,
    ),
    (_LAST_REPORTED, lambda unit: unit.last_reported),
)


def _phase_voltage(phase: int) -> tuple[SensorEntityDescription, Callable[[Controller], object]]:
    return (
        _measured(f"voltage_l{phase + 1}", SensorDeviceClass.VOLTAGE, precision=1, enabled=False),
        lambda unit: unit.voltages[phase] if len(unit.voltages) > phase else None,
    )


CONTROLLER_ROWS = tuple(
    UnitRow(family=family, description=description, value_fn=value)
    for family in (SYSTEM_CONTROLLER, COLLAR, COMBINER, RELAY)
    for description, value in (*_CONTROLLER_VALUES, *(_phase_voltage(phase) for phase in range(3)))
)

GENERATOR_ROWS = (
    UnitRow(
        family=GENERATOR,
        description=SensorEntityDescription(
            key="start_level",
            translation_key="start_level",
            native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
            entity_category=EntityCategory.DIAGNOSTIC,
        ),
        value_fn=lambda unit: unit.start_level,
    ),
    UnitRow(
        family=GENERATOR,
        description=SensorEntityDescription(
            key="stop_level",
            translation_key="stop_level",
            native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
            entity_category=EntityCategory.DIAGNOSTIC,
        ),
        value_fn=lambda unit: unit.stop_level,
    ),
    UnitRow(
        family=GENERATOR,
        description=_measured("rated_power", SensorDeviceClass.POWER, enabled=False, diagnostic=True),
        value_fn=lambda unit: unit.rated_power,
    ),
)
