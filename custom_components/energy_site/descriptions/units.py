"""Values of single devices: inverters, batteries, controllers, generator."""

from collections.abc import Callable

from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription

from ..site.model import BatteryUnit, Controller, Inverter
from .descriptions import choice, measured, moment, share
from .families import (
    AC_BATTERY,
    BATTERY,
    COLLAR,
    COMBINER,
    GATEWAY,
    GENERATOR,
    INVERTER,
    METER,
    RELAY,
    SYSTEM_CONTROLLER,
)
from .rows import UnitRow

_INVERTER_VALUES: tuple[tuple[SensorEntityDescription, Callable[[Inverter], object]], ...] = (
    (measured("energy", SensorDeviceClass.ENERGY, precision=1, enabled=False), lambda unit: unit.energy),
    (
        measured("energy_today", SensorDeviceClass.ENERGY, enabled=False, kilo=False),
        lambda unit: unit.energy_today,
    ),
    (measured("dc_voltage", SensorDeviceClass.VOLTAGE, precision=1, enabled=False), lambda unit: unit.dc_voltage),
    (measured("dc_current", SensorDeviceClass.CURRENT, precision=2, enabled=False), lambda unit: unit.dc_current),
    (measured("ac_voltage", SensorDeviceClass.VOLTAGE, precision=1, enabled=False), lambda unit: unit.ac_voltage),
    (measured("ac_current", SensorDeviceClass.CURRENT, precision=2, enabled=False), lambda unit: unit.ac_current),
    (
        measured("ac_frequency", SensorDeviceClass.FREQUENCY, precision=2, enabled=False),
        lambda unit: unit.ac_frequency,
    ),
    (
        measured("temperature", SensorDeviceClass.TEMPERATURE, enabled=False, diagnostic=True),
        lambda unit: unit.temperature,
    ),
    (moment("last_reported"), lambda unit: unit.last_reported),
)
INVERTER_ROWS = (
    UnitRow(
        family=INVERTER,
        description=measured("power", SensorDeviceClass.POWER),
        value_fn=lambda unit: unit.power,
        always=True,
    ),
    *(UnitRow(family=INVERTER, description=description, value_fn=value) for description, value in _INVERTER_VALUES),
)

_BATTERY_VALUES: tuple[tuple[SensorEntityDescription, Callable[[BatteryUnit], object]], ...] = (
    (measured("level", SensorDeviceClass.BATTERY), lambda unit: unit.level),
    (measured("power", SensorDeviceClass.POWER), lambda unit: unit.power),
    (
        measured("apparent_power", SensorDeviceClass.APPARENT_POWER, enabled=False),
        lambda unit: unit.apparent_power,
    ),
    (
        measured("available_energy", SensorDeviceClass.ENERGY_STORAGE, precision=2),
        lambda unit: unit.available_energy,
    ),
    (
        measured("capacity", SensorDeviceClass.ENERGY_STORAGE, precision=2, enabled=False, diagnostic=True),
        lambda unit: unit.capacity,
    ),
    (
        share("health"),
        lambda unit: unit.health,
    ),
    (
        measured("temperature", SensorDeviceClass.TEMPERATURE, diagnostic=True),
        lambda unit: unit.temperature,
    ),
    (
        measured("max_cell_temperature", SensorDeviceClass.TEMPERATURE, enabled=False, diagnostic=True),
        lambda unit: unit.max_cell_temperature,
    ),
    (measured("charged_energy", SensorDeviceClass.ENERGY, precision=1), lambda unit: unit.charged_energy),
    (
        measured("discharged_energy", SensorDeviceClass.ENERGY, precision=1),
        lambda unit: unit.discharged_energy,
    ),
    (
        choice("state", ("charging", "discharging", "idle")),
        lambda unit: unit.state,
    ),
    (moment("last_reported"), lambda unit: unit.last_reported),
)
BATTERY_ROWS = tuple(
    UnitRow(family=family, description=description, value_fn=value)
    for family in (BATTERY, AC_BATTERY)
    for description, value in _BATTERY_VALUES
)

_CONTROLLER_VALUES: tuple[tuple[SensorEntityDescription, Callable[[Controller], object]], ...] = (
    (
        measured("temperature", SensorDeviceClass.TEMPERATURE, diagnostic=True),
        lambda unit: unit.temperature,
    ),
    (
        measured("frequency", SensorDeviceClass.FREQUENCY, precision=2, enabled=False),
        lambda unit: unit.frequency,
    ),
    (moment("last_reported"), lambda unit: unit.last_reported),
)


def _phase_voltage(phase: int) -> tuple[SensorEntityDescription, Callable[[Controller], object]]:
    return (
        measured(f"voltage_l{phase + 1}", SensorDeviceClass.VOLTAGE, precision=1, enabled=False),
        lambda unit: unit.voltages[phase] if len(unit.voltages) > phase else None,
    )


CONTROLLER_ROWS = (
    *(
        UnitRow(family=family, description=description, value_fn=value)
        for family in (SYSTEM_CONTROLLER, COLLAR, COMBINER, RELAY)
        for description, value in (*_CONTROLLER_VALUES, *(_phase_voltage(phase) for phase in range(3)))
    ),
    UnitRow(family=GATEWAY, description=moment("last_reported"), value_fn=lambda unit: unit.last_reported),
)

METER_UNIT_ROWS = (
    UnitRow(
        family=METER,
        description=measured("odometer", SensorDeviceClass.ENERGY, precision=1, enabled=False, diagnostic=True),
        value_fn=lambda unit: unit.odometer,
    ),
    UnitRow(family=METER, description=moment("last_reported"), value_fn=lambda unit: unit.last_reported),
)

GENERATOR_ROWS = (
    UnitRow(
        family=GENERATOR,
        description=share("start_level", measures=False),
        value_fn=lambda unit: unit.start_level,
    ),
    UnitRow(
        family=GENERATOR,
        description=share("stop_level", measures=False),
        value_fn=lambda unit: unit.stop_level,
    ),
    UnitRow(
        family=GENERATOR,
        description=measured("rated_power", SensorDeviceClass.POWER, enabled=False, diagnostic=True),
        value_fn=lambda unit: unit.rated_power,
    ),
)
