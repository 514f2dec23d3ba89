"""The kinds of devices in a site."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..site import model
from ..site.chargers import Chargers, ChargerUnit
from ..site.circuits import Generator, LoadCircuit, LoadCircuits
from ..site.heat_pumps import HeatPumps, HeatPumpUnit
from ..site.meters import Meters, MeterUnit
from ..site.model import Battery, BatteryUnit, Controller, ControllerKind, GridStatus, Inverter, Inverters, Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Family[P: Part, U]:
    """One kind of device: where the units are listed, and their data for the device registry.

    `whole` returns whether a list is complete, so that a missing unit may be gone. Devices that
    stand `alone` exist even without an entity.
    """

    kind: str
    part: type[P]
    units: Callable[[P], Mapping[str, U]]
    describe: Callable[[U], model.DeviceInfo | None]
    whole: Callable[[P], bool] = bool
    has_serial: bool = True
    alone: bool = False


def _of_kind(kind: ControllerKind, *, alone: bool = False) -> Family[GridStatus, Controller]:
    return Family(
        kind=kind,
        part=GridStatus,
        units=lambda part: {serial: unit for serial, unit in part.controllers.items() if unit.kind is kind},
        describe=lambda unit: unit.device,
        alone=alone,
    )


INVERTER: Family[Inverters, Inverter] = Family(
    kind="inverter",
    part=Inverters,
    units=lambda part: part.units,
    describe=lambda unit: unit.device,
    whole=lambda part: part.complete,
)
BATTERY: Family[Battery, BatteryUnit] = Family(
    kind="battery", part=Battery, units=lambda part: part.units, describe=lambda unit: unit.device
)
AC_BATTERY: Family[Battery, BatteryUnit] = Family(
    kind="ac_battery", part=Battery, units=lambda part: part.ac_units, describe=lambda unit: unit.device
)
SYSTEM_CONTROLLER = _of_kind(ControllerKind.SYSTEM_CONTROLLER)
COLLAR = _of_kind(ControllerKind.COLLAR)
COMBINER = _of_kind(ControllerKind.COMBINER)
GATEWAY = _of_kind(ControllerKind.GATEWAY, alone=True)
RELAY = _of_kind(ControllerKind.RELAY)
METER: Family[Meters, MeterUnit] = Family(
    kind="meter", part=Meters, units=lambda part: part.units, describe=lambda unit: unit.device
)
CIRCUIT: Family[LoadCircuits, LoadCircuit] = Family(
    kind="load_circuit", part=LoadCircuits, units=lambda part: part.circuits, describe=lambda _: None, has_serial=False
)
CHARGER: Family[Chargers, ChargerUnit] = Family(
    kind="ev_charger", part=Chargers, units=lambda part: part.units, describe=lambda unit: unit.device
)
HEAT_PUMP: Family[HeatPumps, HeatPumpUnit] = Family(
    kind="heat_pump", part=HeatPumps, units=lambda part: part.units, describe=lambda unit: unit.device
)
GENERATOR: Family[Generator, Generator] = Family(
    kind="generator",
    part=Generator,
    units=lambda part: {"generator": part},
    describe=lambda _: None,
    has_serial=False,
)

FAMILIES: tuple[Family[Any, Any], ...] = (
    INVERTER,
    BATTERY,
    AC_BATTERY,
    SYSTEM_CONTROLLER,
    COLLAR,
    COMBINER,
    GATEWAY,
    RELAY,
    METER,
    CIRCUIT,
    CHARGER,
    HEAT_PUMP,
    GENERATOR,
)
