"""The feeds of an IQ Gateway, and their intervals depending on the site.

The order matters during setup: feeds that decide about others are polled first.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ....sources.feed import Feed, Pace
from ..client import endpoints
from ..client.endpoints import Endpoint
from ..client.models.devices import DeviceData, InventoryDevice, InverterReport
from ..client.models.ensemble import (
    BatteryPower,
    DryContact,
    EnsembleInventory,
    GeneratorState,
    Relay,
    SecondaryControl,
)
from ..client.models.export_limit import DynamicExportSettings, ExportSettings, SolarLimit
from ..client.models.meters import GridChannel, MeterConfig, MeterReading
from ..client.models.production import EnergySums, PdmEnergy, ProductionSummary
from ..client.models.settings import BatterySchedule, DryContactSettings, GeneratorConfig, GeneratorModePayload, Tariff
from ..client.models.status import Home, LiveData
from .capabilities import Capabilities


def _never(_answer: object) -> bool:
    """Return `False`, as any answer has data."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayFeed[T](Feed):
    """A feed with the endpoint it requests.

    `pace` returns how often to poll it on a site with this hardware, `empty` whether an answer says
    that the site has none of it.
    """

    ask: Endpoint[T]
    pace: Callable[[Capabilities], Pace]
    empty: Callable[[T], bool] = _never


def _feed[T](
    ask: Endpoint[T],
    key: str,
    pace: Callable[[Capabilities], Pace] | Pace,
    *,
    cost: float,
    essential: bool = False,
    max_backoff_factor: int = 1,
    empty: Callable[[T], bool] = _never,
) -> GatewayFeed[T]:
    return GatewayFeed(
        key=key,
        endpoint=ask.path,
        cost=cost,
        essential=essential,
        max_backoff_factor=max_backoff_factor,
        ask=ask,
        pace=_fixed(pace) if isinstance(pace, Pace) else pace,
        empty=empty,
    )


def _fixed(pace: Pace) -> Callable[[Capabilities], Pace]:
    return lambda _: pace


def _nothing(answer: tuple[object, ...]) -> bool:
    return not answer


METERS: GatewayFeed[tuple[MeterConfig, ...]] = _feed(
    endpoints.METERS, "meters", Pace.SETTINGS, cost=0.14, essential=True, empty=_nothing
)
METER_READINGS: GatewayFeed[tuple[MeterReading, ...]] = _feed(
    endpoints.METER_READINGS,
    "meter_readings",
    lambda site: Pace.POWER if site.any_meter else Pace.RARE,
    cost=0.16,
    essential=True,
    empty=_nothing,
)
ENSEMBLE_INVENTORY: GatewayFeed[EnsembleInventory] = _feed(
    endpoints.ENSEMBLE_INVENTORY,
    "ensemble_inventory",
    # With a collar, or a controller with older firmware, only this shows that the grid is gone.
    lambda site: Pace.GRID if site.collar or (site.controller and site.no_relay) else Pace.INVERTERS,
    cost=0.10,
    essential=True,
    max_backoff_factor=4,
    empty=lambda answer: not (answer.batteries or answer.controllers or answer.collars or answer.combiners),
)
SECONDARY_CONTROL: GatewayFeed[SecondaryControl] = _feed(
    endpoints.SECONDARY_CONTROL,
    "secondary_control",
    # The level changes by a percent in minutes, and each battery reports its own along with its power.
    lambda site: Pace.DEVICES if site.any_battery else Pace.RARE,
    cost=0.11,
    essential=True,
    max_backoff_factor=2,
    empty=lambda answer: not answer.max_energy and not answer.encharge_capacity,
)
BATTERY_POWER: GatewayFeed[tuple[BatteryPower, ...]] = _feed(
    endpoints.BATTERY_POWER,
    "battery_power",
    # A storage meter reports the power of all batteries with the other meters.
    lambda site: Pace.DEVICES if site.storage_meter else Pace.BATTERY,
    cost=0.09,
    essential=True,
    max_backoff_factor=4,
    empty=_nothing,
)
INVERTERS: GatewayFeed[tuple[InverterReport, ...]] = _feed(
    endpoints.INVERTERS,
    "inverters",
    # The device data has the same and more if it includes every inverter.
    lambda site: Pace.SETTINGS if site.whole_device_data else Pace.INVERTERS,
    cost=0.12,
    essential=True,
)
DEVICE_DATA: GatewayFeed[DeviceData] = _feed(endpoints.DEVICE_DATA, "device_data", Pace.INVERTERS, cost=0.13)
ENERGY: GatewayFeed[PdmEnergy] = _feed(
    endpoints.ENERGY,
    "energy",
    # With a meter, it only shows the production before the day's first reading.
    lambda site: Pace.SETTINGS if site.production_meter else Pace.INVERTERS,
    cost=0.11,
)
PRODUCTION: GatewayFeed[EnergySums] = _feed(
    endpoints.PRODUCTION,
    "production",
    lambda site: Pace.RARE if site.production_meter else Pace.INVERTERS,
    cost=0.13,
)
RELAY: GatewayFeed[Relay] = _feed(
    endpoints.RELAY,
    "relay",
    lambda site: Pace.GRID if site.controller else Pace.RARE,
    cost=0.10,
    max_backoff_factor=4,
    empty=lambda answer: answer.mains_oper_state is None,
)
DRY_CONTACTS: GatewayFeed[tuple[DryContact, ...]] = _feed(
    endpoints.DRY_CONTACTS,
    "dry_contacts",
    lambda site: Pace.DEVICES if site.circuits else Pace.RARE,
    cost=0.10,
    max_backoff_factor=5,
    empty=_nothing,
)
DRY_CONTACT_SETTINGS: GatewayFeed[tuple[DryContactSettings, ...]] = _feed(
    endpoints.DRY_CONTACT_SETTINGS,
    "dry_contact_settings",
    lambda site: Pace.SETTINGS if site.circuits else Pace.RARE,
    cost=0.10,
    empty=_nothing,
)
GENERATOR: GatewayFeed[GeneratorState] = _feed(
    endpoints.GENERATOR,
    "generator",
    lambda site: Pace.DEVICES if site.generator else Pace.RARE,
    cost=0.10,
    empty=lambda answer: not answer.present,
)
GENERATOR_CONFIG: GatewayFeed[GeneratorConfig] = _feed(
    endpoints.GENERATOR_CONFIG, "generator_config", Pace.RARE, cost=0.10
)
GENERATOR_MODE: GatewayFeed[GeneratorModePayload] = _feed(
    endpoints.GENERATOR_MODE,
    "generator_mode",
    lambda site: Pace.SETTINGS if site.generator else Pace.RARE,
    cost=0.10,
    empty=lambda answer: answer.command is None,
)
SCHEDULE: GatewayFeed[BatterySchedule] = _feed(
    endpoints.SCHEDULE,
    "schedule",
    lambda site: Pace.INVERTERS if site.any_battery else Pace.RARE,
    cost=0.10,
    empty=lambda answer: answer.mode is None,
)
TARIFF: GatewayFeed[Tariff] = _feed(
    endpoints.TARIFF,
    "tariff",
    lambda site: Pace.SETTINGS if site.any_battery else Pace.RARE,
    cost=0.16,
)
EXPORT_SETTINGS: GatewayFeed[ExportSettings] = _feed(
    endpoints.EXPORT_SETTINGS,
    "export_settings",
    lambda site: Pace.SETTINGS if site.export_limit else Pace.RARE,
    cost=0.10,
    empty=lambda answer: answer.pel is None,
)
DYNAMIC_EXPORT_LIMIT: GatewayFeed[DynamicExportSettings] = _feed(
    endpoints.DYNAMIC_EXPORT_LIMIT,
    "dynamic_export_limit",
    # What sets it may also take a change back, which has to be seen in time.
    lambda site: Pace.INVERTERS if site.export_limit else Pace.RARE,
    cost=0.10,
    empty=lambda answer: answer.enable is None,
)
SOLAR_LIMIT: GatewayFeed[SolarLimit] = _feed(
    endpoints.SOLAR_LIMIT,
    "solar_limit",
    lambda site: Pace.SETTINGS if site.export_limit else Pace.RARE,
    cost=0.10,
    empty=lambda answer: answer.enable is None,
)
LIVE_DATA: GatewayFeed[LiveData] = _feed(
    endpoints.LIVE_DATA,
    "live_data",
    # Only this shows the power of a generator.
    lambda site: Pace.DEVICES if site.generator else Pace.RARE,
    cost=0.10,
)
GRID_READING: GatewayFeed[tuple[GridChannel, ...]] = _feed(
    endpoints.GRID_READING, "grid_reading", Pace.RARE, cost=0.10, empty=_nothing
)
PRODUCTION_SUMMARY: GatewayFeed[ProductionSummary] = _feed(
    endpoints.PRODUCTION_SUMMARY,
    "production_summary",
    # It is a slow script, so it is only polled if the fast lists leave out some devices.
    lambda site: (
        Pace.INVERTERS
        if site.unlisted_ac_batteries or (site.partial_inverter_list and not site.production_meter)
        else Pace.RARE
    ),
    cost=1.8,
)
HOME: GatewayFeed[Home] = _feed(endpoints.HOME, "home", Pace.RARE, cost=7.7)
INVENTORY: GatewayFeed[tuple[InventoryDevice, ...]] = _feed(
    endpoints.INVENTORY, "inventory", Pace.RARE, cost=3.5, empty=_nothing
)

ALL: tuple[GatewayFeed[Any], ...] = (
    METERS,
    METER_READINGS,
    ENSEMBLE_INVENTORY,
    SECONDARY_CONTROL,
    BATTERY_POWER,
    INVERTERS,
    ENERGY,
    DEVICE_DATA,
    PRODUCTION,
    RELAY,
    DRY_CONTACT_SETTINGS,
    DRY_CONTACTS,
    GENERATOR,
    GENERATOR_CONFIG,
    GENERATOR_MODE,
    SCHEDULE,
    TARIFF,
    EXPORT_SETTINGS,
    DYNAMIC_EXPORT_LIMIT,
    SOLAR_LIMIT,
    LIVE_DATA,
    GRID_READING,
    PRODUCTION_SUMMARY,
    HOME,
    INVENTORY,
)
