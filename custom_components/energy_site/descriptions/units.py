"""Values of single devices: inverters, batteries, controllers, generator."""

from collections.abc import Callable
from dataclasses import replace

from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription

from ..site.chargers import ChargerFault, ChargerState, ChargerUnit
from ..site.heat_pumps import HeatPumpMode, HeatPumpUnit
from ..site.model import BatteryUnit, Controller, Inverter
from .entity_description import DeviceEntityDescription
from .families import (
    AC_BATTERY,
    BATTERY,
    CHARGER,
    COLLAR,
    COMBINER,
    GATEWAY,
    GENERATOR,
    HEAT_PUMP,
    INVERTER,
    METER,
    RELAY,
    SYSTEM_CONTROLLER,
)
from .sensor_description import counter, enum, measurement, percentage, timestamp

_INVERTER_VALUES: tuple[tuple[SensorEntityDescription, Callable[[Inverter], object]], ...] = (
    (measurement("energy", SensorDeviceClass.ENERGY, precision=1, enabled=False), lambda unit: unit.energy),
    (
        measurement("energy_today", SensorDeviceClass.ENERGY, enabled=False, kilo=False),
        lambda unit: unit.energy_today,
    ),
    (measurement("dc_voltage", SensorDeviceClass.VOLTAGE, precision=1, enabled=False), lambda unit: unit.dc_voltage),
    (measurement("dc_current", SensorDeviceClass.CURRENT, precision=2, enabled=False), lambda unit: unit.dc_current),
    (measurement("ac_voltage", SensorDeviceClass.VOLTAGE, precision=1, enabled=False), lambda unit: unit.ac_voltage),
    (measurement("ac_current", SensorDeviceClass.CURRENT, precision=2, enabled=False), lambda unit: unit.ac_current),
    (
        measurement("ac_frequency", SensorDeviceClass.FREQUENCY, precision=2, enabled=False),
        lambda unit: unit.ac_frequency,
    ),
    (
        measurement("temperature", SensorDeviceClass.TEMPERATURE, enabled=False, diagnostic=True),
        lambda unit: unit.temperature,
    ),
    (
        measurement("max_reported", SensorDeviceClass.POWER, enabled=False, diagnostic=True),
        lambda unit: unit.max_power,
    ),
    (timestamp("last_reported"), lambda unit: unit.last_reported),
)
INVERTER_DESCRIPTIONS = (
    DeviceEntityDescription(
        family=INVERTER,
        description=measurement("power", SensorDeviceClass.POWER),
        value_fn=lambda unit: unit.power,
        always=True,
    ),
    *(
        DeviceEntityDescription(family=INVERTER, description=description, value_fn=value)
        for description, value in _INVERTER_VALUES
    ),
)

# From 0 to 5, for whoever looks for the reason of lost reports.
_RADIO_VALUES: tuple[tuple[SensorEntityDescription, Callable[[BatteryUnit | Controller], object]], ...] = (
    (counter("comm_level_sub_ghz", enabled=False, grows=False), lambda unit: unit.radio and unit.radio.sub_ghz),
    (counter("comm_level_2_4_ghz", enabled=False, grows=False), lambda unit: unit.radio and unit.radio.ghz_2_4),
)

_BATTERY_VALUES: tuple[tuple[SensorEntityDescription, Callable[[BatteryUnit], object]], ...] = (
    (measurement("level", SensorDeviceClass.BATTERY), lambda unit: unit.level),
    (measurement("power", SensorDeviceClass.POWER), lambda unit: unit.power),
    (
        measurement("apparent_power", SensorDeviceClass.APPARENT_POWER, enabled=False),
        lambda unit: unit.apparent_power,
    ),
    (
        measurement("available_energy", SensorDeviceClass.ENERGY_STORAGE, precision=2),
        lambda unit: unit.available_energy,
    ),
    (
        measurement("capacity", SensorDeviceClass.ENERGY_STORAGE, precision=2, enabled=False, diagnostic=True),
        lambda unit: unit.capacity,
    ),
    (
        percentage("health"),
        lambda unit: unit.health,
    ),
    (counter("cycles"), lambda unit: unit.cycles),
    (
        measurement("temperature", SensorDeviceClass.TEMPERATURE, diagnostic=True),
        lambda unit: unit.temperature,
    ),
    (
        measurement("max_cell_temperature", SensorDeviceClass.TEMPERATURE, enabled=False, diagnostic=True),
        lambda unit: unit.max_cell_temperature,
    ),
    (measurement("charged_energy", SensorDeviceClass.ENERGY, precision=1), lambda unit: unit.charged_energy),
    (
        measurement("discharged_energy", SensorDeviceClass.ENERGY, precision=1),
        lambda unit: unit.discharged_energy,
    ),
    (
        enum("state", ("charging", "discharging", "idle")),
        lambda unit: unit.state,
    ),
    (timestamp("last_reported"), lambda unit: unit.last_reported),
)
BATTERY_DESCRIPTIONS = tuple(
    DeviceEntityDescription(family=family, description=description, value_fn=value)
    for family in (BATTERY, AC_BATTERY)
    for description, value in _BATTERY_VALUES
) + tuple(
    DeviceEntityDescription(family=BATTERY, description=description, value_fn=value)
    for description, value in _RADIO_VALUES
)

_CONTROLLER_VALUES: tuple[tuple[SensorEntityDescription, Callable[[Controller], object]], ...] = (
    (
        measurement("temperature", SensorDeviceClass.TEMPERATURE, diagnostic=True),
        lambda unit: unit.temperature,
    ),
    (
        measurement("frequency", SensorDeviceClass.FREQUENCY, precision=2, enabled=False),
        lambda unit: unit.frequency,
    ),
    (timestamp("last_reported"), lambda unit: unit.last_reported),
)


def _phase_voltage(phase: int) -> tuple[SensorEntityDescription, Callable[[Controller], object]]:
    return (
        measurement(f"voltage_l{phase + 1}", SensorDeviceClass.VOLTAGE, precision=1, enabled=False),
        lambda unit: unit.voltages[phase] if len(unit.voltages) > phase else None,
    )


CONTROLLER_DESCRIPTIONS = (
    *(
        DeviceEntityDescription(family=family, description=description, value_fn=value)
        for family in (SYSTEM_CONTROLLER, COLLAR, COMBINER, RELAY)
        for description, value in (*_CONTROLLER_VALUES, *(_phase_voltage(phase) for phase in range(3)))
    ),
    *(
        DeviceEntityDescription(family=family, description=description, value_fn=value)
        for family in (SYSTEM_CONTROLLER, COLLAR, COMBINER)
        for description, value in _RADIO_VALUES
    ),
    DeviceEntityDescription(
        family=GATEWAY, description=timestamp("last_reported"), value_fn=lambda unit: unit.last_reported
    ),
)

METER_UNIT_DESCRIPTIONS = (
    DeviceEntityDescription(
        family=METER,
        description=measurement("odometer", SensorDeviceClass.ENERGY, precision=1, enabled=False, diagnostic=True),
        value_fn=lambda unit: unit.odometer,
    ),
    DeviceEntityDescription(
        family=METER, description=timestamp("last_reported"), value_fn=lambda unit: unit.last_reported
    ),
)

GENERATOR_DESCRIPTIONS = (
    DeviceEntityDescription(
        family=GENERATOR,
        description=percentage("start_level", measures=False),
        value_fn=lambda unit: unit.start_level,
    ),
    DeviceEntityDescription(
        family=GENERATOR,
        description=percentage("stop_level", measures=False),
        value_fn=lambda unit: unit.stop_level,
    ),
    DeviceEntityDescription(
        family=GENERATOR,
        description=measurement("rated_power", SensorDeviceClass.POWER, enabled=False, diagnostic=True),
        value_fn=lambda unit: unit.rated_power,
    ),
)

_CHARGER_VALUES: tuple[tuple[SensorEntityDescription, Callable[[ChargerUnit], object]], ...] = (
    (measurement("power", SensorDeviceClass.POWER), lambda unit: unit.power),
    (replace(enum("state", ChargerState), translation_key="charger_state"), lambda unit: unit.state),
    (enum("fault", ChargerFault, enabled=False, diagnostic=True), lambda unit: unit.fault),
    (timestamp("session_start"), lambda unit: unit.session_start),
    (
        # Each session begins at zero, so that the difference of two means nothing.
        replace(measurement("session_energy", SensorDeviceClass.ENERGY, precision=2), state_class=None),
        lambda unit: unit.session_energy,
    ),
    (measurement("energy", SensorDeviceClass.ENERGY, precision=1), lambda unit: unit.energy),
)
CHARGER_DESCRIPTIONS = tuple(
    DeviceEntityDescription(family=CHARGER, description=description, value_fn=value)
    for description, value in _CHARGER_VALUES
)

_HEAT_PUMP_VALUES: tuple[tuple[SensorEntityDescription, Callable[[HeatPumpUnit], object]], ...] = (
    (replace(enum("mode", HeatPumpMode), translation_key="heat_pump_mode"), lambda unit: unit.mode),
    (measurement("power", SensorDeviceClass.POWER), lambda unit: unit.power),
    (measurement("energy", SensorDeviceClass.ENERGY, precision=1), lambda unit: unit.energy),
    (timestamp("last_reported"), lambda unit: unit.last_reported),
)
HEAT_PUMP_DESCRIPTIONS = tuple(
    DeviceEntityDescription(family=HEAT_PUMP, description=description, value_fn=value)
    for description, value in _HEAT_PUMP_VALUES
)
