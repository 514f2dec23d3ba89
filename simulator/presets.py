"""Homes worth showing: a house and the gateway in it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from .house import (
    ArrayConfig,
    BatteryConfig,
    EnergyTotals,
    GeneratorConfig,
    HouseConfig,
    LoadCircuit,
    LoadConfig,
    PhaseCount,
    Place,
)
from .iq_gateway import BatteryModel, Controller, GatewayConfig, Measurement
from .iq_gateway.config import COMBINER_UNUSED

MWH = 1_000_000.0
PLACES: Mapping[str, Place] = {
    "Utrecht": Place(latitude=52.09, longitude=5.12, timezone="Europe/Amsterdam"),
    "London": Place(latitude=51.51, longitude=-0.13, timezone="Europe/London"),
    "Berlin": Place(latitude=52.52, longitude=13.40, timezone="Europe/Berlin"),
    "Lyon": Place(latitude=45.76, longitude=4.84, timezone="Europe/Paris"),
    "Austin": Place(latitude=30.27, longitude=-97.74, timezone="America/Chicago"),
    "San Diego": Place(latitude=32.72, longitude=-117.16, timezone="America/Los_Angeles"),
    "Boston": Place(latitude=42.36, longitude=-71.06, timezone="America/New_York"),
    "Brisbane": Place(latitude=-27.47, longitude=153.03, timezone="Australia/Brisbane"),
}
THREE_CTS = (Measurement.PRODUCTION, Measurement.NET_CONSUMPTION, Measurement.STORAGE)
_CIRCUITS = (
    LoadCircuit(contact="NC1", name="Water heater", watts=2200, duty=0.15),
    LoadCircuit(contact="NC2", name="Pool pump", watts=900, duty=0.3),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A house and the hardware its gateway has."""

    house: HouseConfig
    gateway: GatewayConfig


def _american(config: HouseConfig) -> HouseConfig:
    return replace(
        config,
        place=PLACES["Austin"],
        phases=PhaseCount.SPLIT,
        grid_voltage=120.0,
        grid_frequency=60.0,
        cloudiness=0.4,
    )


def home() -> Preset:
    """A split-phase home: 25 inverters, 3 CTs, 2 batteries, a system controller."""
    house = HouseConfig(
        arrays=(
            ArrayConfig(inverters=15, tilt=25, azimuth=190),
            ArrayConfig(inverters=10, tilt=25, azimuth=100),
        ),
        battery=BatteryConfig(units=2, level=55, reserve=20),
        load=LoadConfig(people=4, scale=1.2, circuits=_CIRCUITS),
        starting_totals=EnergyTotals.plausible(solar=28 * MWH, load=31 * MWH, battery=5 * MWH),
    )
    gateway = GatewayConfig(cts=THREE_CTS, controller=Controller.SYSTEM_CONTROLLER, currency="USD")
    return Preset(house=_american(house), gateway=gateway)


def single_phase() -> Preset:
    """A European single-phase home with one battery and no controller."""
    return Preset(
        house=HouseConfig(
            arrays=(ArrayConfig(inverters=12),),
            battery=BatteryConfig(units=1, backup_power=False),
            starting_totals=EnergyTotals.plausible(solar=11 * MWH, load=9 * MWH, battery=2 * MWH),
        ),
        gateway=GatewayConfig(serial="482512000101"),
    )


def three_phase() -> Preset:
    """A three-phase home with a Q-relay and three batteries."""
    return Preset(
        house=HouseConfig(
            place=PLACES["Berlin"],
            phases=PhaseCount.THREE,
            arrays=(
                ArrayConfig(inverters=12, azimuth=90),
                ArrayConfig(inverters=12, azimuth=270),
            ),
            battery=BatteryConfig(units=3, backup_power=False),
            load=LoadConfig(people=3, vehicle_watts=11_000),
            starting_totals=EnergyTotals.plausible(solar=22 * MWH, load=24 * MWH, battery=4 * MWH),
        ),
        gateway=GatewayConfig(serial="482512000303", cts=THREE_CTS, q_relay=True),
    )


def standard() -> Preset:
    """Inverters only: hardware without meters."""
    return Preset(
        house=HouseConfig(
            arrays=(ArrayConfig(inverters=24),),
            starting_totals=EnergyTotals.plausible(solar=6 * MWH, load=5 * MWH),
        ),
        gateway=GatewayConfig(serial="482512000024", part_number="800-00656-r06", metered=False, cts=()),
    )


def metered_without_cts() -> Preset:
    """Metered hardware whose CTs were never fitted."""
    preset = standard()
    return replace(
        preset,
        gateway=replace(preset.gateway, serial="482512000025", metered=True),
    )


def large() -> Preset:
    """A commercial roof of 600 inverters on three phases."""
    return Preset(
        house=HouseConfig(
            phases=PhaseCount.THREE,
            arrays=(
                ArrayConfig(inverters=300, tilt=10, azimuth=90),
                ArrayConfig(inverters=300, tilt=10, azimuth=270),
            ),
            load=LoadConfig(base_watts=18_000, people=60),
            starting_totals=EnergyTotals.plausible(solar=900 * MWH, load=700 * MWH),
        ),
        gateway=GatewayConfig(serial="482512000600"),
    )


def collar() -> Preset:
    """A split-phase home behind a meter collar, with two batteries and a combiner."""
    preset = home()
    return Preset(
        house=replace(preset.house, seed=5, load=LoadConfig(people=4)),
        gateway=replace(
            preset.gateway,
            serial="482512000825",
            firmware="D8.3.1598",
            controller=Controller.COLLAR,
            cts=(*THREE_CTS, Measurement.BACKFEED),
            disabled_cts=COMBINER_UNUSED,
        ),
    )


def ac_battery() -> Preset:
    """A single-phase home with two of the old AC Batteries."""
    return Preset(
        house=HouseConfig(
            place=PLACES["London"],
            arrays=(ArrayConfig(inverters=8, panel_watts=320, inverter_watts=243),),
            battery=BatteryConfig(
                units=2,
                capacity_wh=1240,
                charge_watts=260,
                discharge_watts=260,
                reserve=0,
                backup_power=False,
            ),
            starting_totals=EnergyTotals.plausible(solar=12 * MWH, load=20 * MWH, battery=0.4 * MWH),
        ),
        gateway=GatewayConfig(serial="482512000011", battery_model=BatteryModel.AC_BATTERY, currency="GBP"),
    )


def generator() -> Preset:
    """A split-phase home with a system controller, a generator and no battery."""
    preset = home()
    return Preset(
        house=replace(preset.house, battery=None, generator=GeneratorConfig(watts=22_000)),
        gateway=replace(
            preset.gateway,
            serial="482512000022",
            cts=(Measurement.PRODUCTION, Measurement.NET_CONSUMPTION),
        ),
    )


PRESETS: Mapping[str, Callable[[], Preset]] = {
    "home": home,
    "single_phase": single_phase,
    "three_phase": three_phase,
    "standard": standard,
    "metered_without_cts": metered_without_cts,
    "large": large,
    "collar": collar,
    "ac_battery": ac_battery,
    "generator": generator,
}
