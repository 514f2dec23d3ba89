"""A gateway is replaced: its site goes on with all of its past."""

from collections.abc import AsyncIterator
from dataclasses import replace

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from custom_components.energy_site.vendors.iq_gateway.const import CONF_FINGERPRINT
from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr, entity_registry as er
from simulator.clock import Clock
from simulator.house import House
from simulator.house.config import EnergyTotals
from simulator.iq_gateway import GatewayServer
from tests.common import gateway_entry, number, pass_time, set_up, status, step

from ...houses import FrozenClock

# Its batteries are called as before: the simulator names them by these last six digits.
NEW_SERIAL = "482699345678"
COUNTERS = ("solar_energy", "grid_import_energy", "grid_export_energy", "battery_charge_energy", "load_energy")


@pytest.fixture
async def successor(gateway: GatewayServer, entry: MockConfigEntry) -> AsyncIterator[GatewayServer]:
    """Serve another gateway with the same inverters and batteries, whose own registers begin lower."""
    clock: Clock = FrozenClock()
    totals = EnergyTotals.plausible(solar=9_000, load=8_000, battery=2_000)
    house = House(replace(gateway.house.config, starting_totals=totals), start=clock.now())
    async with GatewayServer(house, replace(gateway.config, serial=NEW_SERIAL), clock=clock) as server:
        yield server


def ids(hass: HomeAssistant, entry: MockConfigEntry, serial: str) -> dict[str, str]:
    """Return the entities by what their unique ids say beside the gateway's serial number."""
    found = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    assert all(entity.unique_id.startswith(f"{serial}_") for entity in found)
    return {f"{entity.domain} {entity.unique_id.removeprefix(serial)}": entity.entity_id for entity in found}


async def replace_by(hass: HomeAssistant, entry: MockConfigEntry, gateway: GatewayServer) -> ConfigFlowResult:
    """Go on with another gateway, as far as the confirmation."""
    result = await step(hass, await entry.start_reconfigure_flow(hass), {"host": gateway.host})
    assert result["errors"] == {"host": "another_gateway"}
    result = await step(hass, result, {"host": gateway.host, "replaced": True})
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "replaced"
    return result


async def test_the_site_goes_on_with_the_new_gateway(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    gateway: GatewayServer,
    successor: GatewayServer,
    entry: MockConfigEntry,
) -> None:
    hass.config_entries.async_update_entry(entry, options={"power": 20}, title=f"IQ Gateway {gateway.serial[-4:]}")
    await hass.async_block_till_done(wait_background_tasks=True)
    before = ids(hass, entry, gateway.serial)
    devices = {device.id for device in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)}
    counted = {key: number(hass, gateway.serial, key) for key in COUNTERS}
    assert all(counted.values())
    await gateway.unplug()

    result = await replace_by(hass, entry, successor)
    assert result["description_placeholders"] == {
        "old_host": gateway.host,
        "old_serial": gateway.serial,
        "new_host": successor.host,
        "new_serial": NEW_SERIAL,
    }
    assert entry.unique_id == gateway.serial
    result = await step(hass, result, {})
    assert result["step_id"] == "iq_gateway_auth"
    assert successor.stats.bearer == 0
    result = await step(hass, result, {"next_step_id": "iq_gateway_token"})
    result = await step(hass, result, {"token": successor.token()})
    assert result["reason"] == "gateway_replaced"
    await hass.async_block_till_done(wait_background_tasks=True)

    assert status(entry) is ConfigEntryState.LOADED
    assert entry.unique_id == NEW_SERIAL
    assert entry.title == f"IQ Gateway {NEW_SERIAL[-4:]}"
    assert entry.options["power"] == 20
    assert entry.data["host"] == successor.host
    assert entry.data[CONF_FINGERPRINT] == successor.fingerprint.hex()
    assert ids(hass, entry, NEW_SERIAL) == before
    after = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    assert {device.id for device in after} == devices
    hub = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, NEW_SERIAL), entry.entry_id)
    assert hub is not None
    assert hub.serial_number == NEW_SERIAL
    assert gateway.serial not in str([device.identifiers for device in after])

    # The new registers are far lower, and no counter falls, jumps or stands still for that.
    start = {key: number(hass, NEW_SERIAL, key) for key in COUNTERS}
    assert start == pytest.approx(counted, abs=30)
    sun = successor.house.truth.solar
    await pass_time(hass, freezer, 1800, step=60)
    grown = number(hass, NEW_SERIAL, "solar_energy")
    assert grown is not None
    assert counted["solar_energy"] is not None
    assert successor.house.truth.solar - sun > 300
    assert grown - counted["solar_energy"] == pytest.approx(successor.house.truth.solar - sun, abs=100)
    assert number(hass, NEW_SERIAL, "rejected_samples") == 0


async def test_a_token_of_the_old_gateway_is_refused_and_nothing_is_changed(
    hass: HomeAssistant, gateway: GatewayServer, successor: GatewayServer, entry: MockConfigEntry
) -> None:
    before, data = ids(hass, entry, gateway.serial), dict(entry.data)
    result = await step(hass, await replace_by(hass, entry, successor), {})
    result = await step(hass, result, {"next_step_id": "iq_gateway_token"})
    result = await step(hass, result, {"token": gateway.token()})
    assert result["errors"] == {"token": "token_of_another_gateway"}
    assert ids(hass, entry, gateway.serial) == before
    assert entry.data == data
    assert status(entry) is ConfigEntryState.LOADED


async def test_a_new_gateway_that_is_set_up_already_has_to_be_deleted_first(
    hass: HomeAssistant, gateway: GatewayServer, successor: GatewayServer, entry: MockConfigEntry
) -> None:
    other = gateway_entry(successor)
    await set_up(hass, other)
    result = await step(hass, await entry.start_reconfigure_flow(hass), {"host": successor.host})
    result = await step(hass, result, {"host": successor.host, "replaced": True})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "replacement_is_set_up"
    assert entry.unique_id == gateway.serial
    await hass.config_entries.async_unload(other.entry_id)


async def test_it_was_replaced_means_nothing_at_the_address_of_the_same_gateway(
    hass: HomeAssistant, gateway: GatewayServer, successor: GatewayServer, entry: MockConfigEntry
) -> None:
    result = await step(hass, await entry.start_reconfigure_flow(hass), {"host": successor.host})
    result = await step(hass, result, {"host": gateway.host, "replaced": True})
    assert result["reason"] == "reconfigure_successful"
    assert entry.unique_id == gateway.serial
