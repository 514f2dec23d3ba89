"""Conditions, one by one: when they hold, and when they don't."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.condition import CONDITIONS
from custom_components.energy_site.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import condition, device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
from simulator.iq_gateway import GatewayServer

from .automations import Conditions
from .steering import Handle, settle

W = {"unit_of_measurement": "W", "device_class": "power"}


@pytest.fixture
def conditions() -> Iterator[Conditions]:
    """Return conditions that end with the test."""
    made = Conditions()
    yield made
    made.unload()


@pytest.fixture
async def device(hass: HomeAssistant) -> str:
    """Return the device of a site that isn't loaded."""
    assert await async_setup_component(hass, "homeassistant", {})
    entry = MockConfigEntry(domain=DOMAIN, unique_id="S", title="Site")
    entry.add_to_hass(hass)
    registry = dr.async_get(hass)
    return registry.async_get_or_create(config_entry_id=entry.entry_id, identifiers={(DOMAIN, "S")}).id


def register(hass: HomeAssistant, device: str, domain: str, key: str, platform: str = DOMAIN, **more: Any) -> str:
    """Register an entity of the device."""
    entry = hass.config_entries.async_entries(DOMAIN)[0]
    return (
        er.async_get(hass)
        .async_get_or_create(
            domain, platform, f"S_{key}", config_entry=entry, device_id=device, translation_key=key, **more
        )
        .entity_id
    )


STATES = [
    ("is_on_grid", "binary_sensor", "grid_connected", {"on"}, {"off"}),
    ("is_off_grid", "binary_sensor", "grid_connected", {"off"}, {"on"}),
    ("is_storm_watch", "binary_sensor", "storm_alert", {"on"}, {"off"}),
    ("is_charging", "binary_sensor", "battery_charging", {"on"}, {"off"}),
    ("is_live", "switch", "live_power", {"on"}, {"off"}),
    ("is_exporting", "sensor", "grid_export_power", {51, 3000}, {0, 50}),
    ("is_exporting", "sensor", "grid_power", {-51, -3000}, {0, -50, 51, 3000}),
    ("is_charging", "sensor", "battery_charge_power", {51}, {0, 50}),
    ("is_charging", "sensor", "battery_power", {-51}, {-50, 0, 51}),
    ("is_discharging", "sensor", "battery_discharge_power", {51}, {0, 50}),
    ("is_discharging", "sensor", "battery_power", {51}, {50, 0, -51}),
]


@pytest.mark.parametrize(("key", "domain", "entity", "holding", "others"), STATES)
async def test_it_holds_while_the_entity_shows_it(
    hass: HomeAssistant,
    device: str,
    conditions: Conditions,
    key: str,
    domain: str,
    entity: str,
    holding: set[object],
    others: set[object],
) -> None:
    entity_id = register(hass, device, domain, entity)
    await conditions.add(hass, "device", key, {"device_id": device})
    await conditions.add(hass, "entity", key, {"entity_id": entity_id})
    for states, expected in ((holding, True), ({*others, "unknown", "unavailable"}, False)):
        for shown in states:
            hass.states.async_set(entity_id, str(shown), W if domain == "sensor" else {})
            assert conditions.holds("device") is expected, shown
            assert conditions.holds("entity") is expected, shown


async def test_kilowatts_are_converted(hass: HomeAssistant, device: str, conditions: Conditions) -> None:
    entity_id = register(hass, device, "sensor", "grid_export_power")
    await conditions.add(hass, "exporting", "is_exporting", {"device_id": device})
    hass.states.async_set(entity_id, "0.049", {"unit_of_measurement": "kW"})
    assert conditions.holds("exporting") is False
    hass.states.async_set(entity_id, "0.051", {"unit_of_measurement": "kW"})
    assert conditions.holds("exporting") is True
    hass.states.async_set(entity_id, "51", {"unit_of_measurement": "EUR"})
    assert conditions.holds("exporting") is False


async def test_a_battery_that_shows_whether_it_charges_is_not_asked_for_its_power(
    hass: HomeAssistant, device: str, conditions: Conditions
) -> None:
    charging = register(hass, device, "binary_sensor", "battery_charging")
    power = register(hass, device, "sensor", "battery_power")
    await conditions.add(hass, "charging", "is_charging", {"device_id": device}, behavior="all")
    hass.states.async_set(charging, "on")
    hass.states.async_set(power, "0", W)
    assert conditions.holds("charging") is True


async def test_only_our_entities_count(hass: HomeAssistant, device: str, conditions: Conditions) -> None:
    foreign = register(hass, device, "binary_sensor", "grid_connected", platform="other")
    sibling = register(hass, device, "binary_sensor", "cloud_connected")
    for each in (foreign, sibling):
        hass.states.async_set(each, "on", {"device_class": "connectivity"})
    await conditions.add(hass, "on_grid", "is_on_grid", {"device_id": device, "entity_id": [foreign, sibling]})
    assert conditions.holds("on_grid") is False


async def test_it_may_have_to_last(
    hass: HomeAssistant, device: str, conditions: Conditions, freezer: FrozenDateTimeFactory
) -> None:
    grid = register(hass, device, "binary_sensor", "grid_connected")
    power = register(hass, device, "sensor", "grid_export_power")
    last = {"for": {"minutes": 5}}
    await conditions.add(hass, "off_grid", "is_off_grid", {"device_id": device}, **last)
    await conditions.add(hass, "exporting", "is_exporting", {"device_id": device}, **last)
    hass.states.async_set(grid, "off")
    hass.states.async_set(power, "1000", W)
    await hass.async_block_till_done()
    for watts in (1100, 1200, 1300):
        freezer.tick(timedelta(minutes=1))
        hass.states.async_set(power, str(watts), W)
        await hass.async_block_till_done()
    assert (conditions.holds("off_grid"), conditions.holds("exporting")) == (False, False)
    freezer.tick(timedelta(minutes=3))
    assert (conditions.holds("off_grid"), conditions.holds("exporting")) == (True, True)
    hass.states.async_set(power, "10", W)
    await hass.async_block_till_done()
    hass.states.async_set(power, "1000", W)
    await hass.async_block_till_done()
    assert conditions.holds("exporting") is False


@pytest.mark.parametrize(
    ("mode", "holds"), [("savings", True), (["backup", "savings"], True), ("backup", False), (["optimized"], False)]
)
async def test_the_operating_mode_is_one_of_some(
    hass: HomeAssistant, device: str, conditions: Conditions, mode: object, holds: bool
) -> None:
    select = register(hass, device, "select", "operating_mode")
    hass.states.async_set(select, "savings")
    await conditions.add(hass, "mode", "is_operating_mode", {"device_id": device}, mode=mode)
    assert conditions.holds("mode") is holds


@pytest.mark.parametrize("options", [{}, {"mode": []}, {"mode": "party"}])
async def test_a_mode_that_there_is_not_is_told_when_the_automation_is_saved(
    hass: HomeAssistant, device: str, options: dict[str, Any]
) -> None:
    config = {"condition": f"{DOMAIN}.is_operating_mode", "target": {"device_id": device}, "options": options}
    with pytest.raises(probatio.Invalid):
        await condition.async_validate_condition_config(hass, config)


@pytest.mark.parametrize("key", CONDITIONS)
async def test_every_condition_needs_a_target(hass: HomeAssistant, device: str, key: str) -> None:
    with pytest.raises(probatio.Invalid):
        await condition.async_validate_condition_config(hass, {"condition": f"{DOMAIN}.{key}", "options": {}})


@pytest.fixture
async def handle(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> AsyncIterator[Handle]:
    """Return the controls of a site."""
    yield Handle(hass, freezer, gateway.serial)
    await hass.config_entries.async_unload(entry.entry_id)
    await settle(hass)


async def test_live_power_is_live_while_its_values_arrive(
    hass: HomeAssistant, gateway: GatewayServer, handle: Handle, conditions: Conditions
) -> None:
    await conditions.add(hass, "live", "is_live", {"entity_id": handle.entity("switch", "live_power")})
    assert conditions.holds("live") is False
    await handle.set("switch", "live_power", value=True)
    await handle.wait(5)
    assert conditions.holds("live") is True
    gateway.break_connections(600)
    await handle.wait(30)
    assert conditions.holds("live") is False
