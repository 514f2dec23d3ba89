"""What happens when a site is set up, unloaded and removed."""

from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
from simulator.enphase_account import AccountServer
from simulator.iq_gateway import GatewayServer, Hang, HttpStatus, Reset
from tests.common import gateway_entry, number, set_up, state, status, tick


async def test_a_home_shows_its_flows_and_counters(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry
) -> None:
    assert status(entry) is ConfigEntryState.LOADED
    flow, truth = gateway.house.flow, gateway.house.truth
    for name in ("solar", "grid", "battery", "load"):
        assert number(hass, gateway.serial, f"{name}_power") == pytest.approx(getattr(flow, name), abs=2), name
    for name in ("solar", "grid_import", "grid_export", "battery_charge", "battery_discharge"):
        assert number(hass, gateway.serial, f"{name}_energy") == pytest.approx(getattr(truth, name), abs=5), name
    assert number(hass, gateway.serial, "battery_level") == pytest.approx(gateway.house.battery_level or 0, abs=1)
    connected = state(hass, "binary_sensor", gateway.serial, "grid_connected")
    assert connected is not None
    assert connected.state == "on"


async def test_set_up_keeps_one_session_and_one_connection(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry
) -> None:
    assert gateway.stats.total > 15
    assert gateway.stats.sessions == 1
    assert gateway.stats.max_in_flight == 1
    assert gateway.connections == 1


async def test_every_device_is_registered_below_the_gateway(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry
) -> None:
    registry = dr.async_get(hass)
    devices = dr.async_entries_for_config_entry(registry, entry.entry_id)
    hub = registry.async_get_device_by_identifier((DOMAIN, gateway.serial), entry.entry_id)
    assert hub is not None
    assert hub.sw_version == gateway.state.firmware
    others = [device for device in devices if device is not hub]
    assert all(device.via_device_id == hub.id for device in others)
    models = [device.model for device in others]
    assert models.count("IQ Battery") == 2
    assert models.count("IQ System Controller") == 1
    names = {device.name for device in others}
    assert "Load circuit Water heater" in names
    assert sum("Inverter" in (name or "") for name in names) == 25


async def test_an_unreachable_gateway_is_tried_again(
    hass: HomeAssistant, gateway: GatewayServer, freezer: FrozenDateTimeFactory
) -> None:
    await gateway.unplug()
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    assert status(entry) is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == "cannot_connect"
    await gateway.plug_in()
    await tick(hass, freezer, 60)
    assert status(entry) is ConfigEntryState.LOADED
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_gateway_that_falls_silent_during_set_up_is_tried_again(
    hass: HomeAssistant, gateway: GatewayServer
) -> None:
    gateway.faults.add(Reset(), "/ivp/ensemble/power")
    gateway.faults.add(Reset(), "/ivp/meters")
    gateway.faults.add(Reset(), "/ivp/meters/readings")
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    assert status(entry) is ConfigEntryState.LOADED
    assert state(hass, "sensor", gateway.serial, "battery_level") is not None
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_refused_token_asks_for_another(hass: HomeAssistant, gateway: GatewayServer) -> None:
    entry = gateway_entry(gateway)
    gateway.revoke_tokens()
    await set_up(hass, entry)
    assert status(entry) is ConfigEntryState.SETUP_ERROR
    [flow] = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == SOURCE_REAUTH


async def test_a_gateway_that_forbids_everything_asks_for_another_token(
    hass: HomeAssistant, gateway: GatewayServer
) -> None:
    entry = gateway_entry(gateway)
    gateway.revoke_tokens()
    gateway.faults.add(HttpStatus(404), "/auth/check_jwt")
    await set_up(hass, entry)
    assert status(entry) is ConfigEntryState.SETUP_ERROR
    [flow] = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == SOURCE_REAUTH


async def test_a_remembered_password_renews_a_refused_token(
    hass: HomeAssistant, gateway: GatewayServer, account: AccountServer
) -> None:
    entry = gateway_entry(gateway, data={"username": "owner@example.com", "password": "right"})
    old = entry.data["token"]
    gateway.revoke_tokens()
    await set_up(hass, entry)
    assert status(entry) is ConfigEntryState.LOADED
    assert account.logins == 1
    assert entry.data["token"] != old
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_remembered_password_that_is_wrong_now_signs_in_once(
    hass: HomeAssistant, gateway: GatewayServer, account: AccountServer
) -> None:
    entry = gateway_entry(gateway, data={"username": "owner@example.com", "password": "changed"})
    gateway.revoke_tokens()
    await set_up(hass, entry)
    assert status(entry) is ConfigEntryState.SETUP_ERROR
    assert account.failed_logins == 1


async def test_another_gateway_at_the_address_gets_no_token(hass: HomeAssistant, gateway: GatewayServer) -> None:
    entry = gateway_entry(gateway)
    other = MockConfigEntry(domain=DOMAIN, title="IQ Gateway", unique_id="111111111111", data=dict(entry.data))
    await set_up(hass, other)
    assert other.state is ConfigEntryState.SETUP_RETRY
    assert gateway.stats.bearer == 0
    issue = ir.async_get(hass).async_get_issue(DOMAIN, f"another_gateway_{other.entry_id}")
    assert issue is not None


async def test_an_unloaded_site_is_silent(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    assert await hass.config_entries.async_unload(entry.entry_id)
    gateway.stats.reset()
    await tick(hass, freezer, 600)
    assert gateway.stats.total == 0
    power = state(hass, "sensor", gateway.serial, "solar_power")
    assert power is not None
    assert power.state == STATE_UNAVAILABLE


async def test_the_books_survive_a_restart(
    hass: HomeAssistant,
    gateway: GatewayServer,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    hass_storage: dict[str, Any],
) -> None:
    for _ in range(6):
        await tick(hass, freezer, 60)
    before = number(hass, gateway.serial, "load_energy_today")
    assert before is not None
    assert before > 0
    await hass.config_entries.async_unload(entry.entry_id)
    assert f"{DOMAIN}.{entry.entry_id}" in hass_storage
    freezer.tick(timedelta(minutes=30))
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    after = number(hass, gateway.serial, "load_energy_today")
    assert after is not None
    assert after > before


async def test_the_books_are_written_when_home_assistant_ends(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, hass_storage: dict[str, Any]
) -> None:
    key = f"{DOMAIN}.{entry.entry_id}"
    assert key not in hass_storage
    hass.bus.async_fire("homeassistant_final_write")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert hass_storage[key]["data"]["books"]["counters"]["solar"]["total"] > 0


async def test_a_restart_asks_nothing_that_the_gateway_lacks(
    hass: HomeAssistant, gateway: GatewayServer, freezer: FrozenDateTimeFactory
) -> None:
    gateway.faults.add(HttpStatus(404), "/ivp/pdm/device_data")
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    await hass.config_entries.async_unload(entry.entry_id)
    gateway.stats.reset()
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert gateway.stats.requests["/ivp/pdm/device_data"] <= 1
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_removed_site_leaves_no_books(
    hass: HomeAssistant, gateway: GatewayServer, hass_storage: dict[str, Any]
) -> None:
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    await hass.config_entries.async_unload(entry.entry_id)
    assert f"{DOMAIN}.{entry.entry_id}" in hass_storage
    await hass.config_entries.async_remove(entry.entry_id)
    assert f"{DOMAIN}.{entry.entry_id}" not in hass_storage


@pytest.mark.parametrize("preset", ["standard", "three_phase", "collar", "ac_battery", "generator", "single_phase"])
@pytest.mark.usefixtures("entity_registry_enabled_by_default")
async def test_every_kind_of_house_sets_up_without_a_complaint(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    assert status(entry) is ConfigEntryState.LOADED
    assert number(hass, gateway.serial, "solar_power") == pytest.approx(gateway.house.flow.solar, rel=0.1, abs=10)
    loud = [
        record.getMessage()
        for when in ("setup", "call")
        for record in caplog.get_records(when)
        if record.levelname in ("WARNING", "ERROR") and DOMAIN in f"{record.name}{record.getMessage()}"
    ]
    assert [text for text in loud if "has not been tested" not in text] == []


@pytest.mark.parametrize("preset", ["large"])
async def test_six_hundred_inverters_are_all_there(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry
) -> None:
    registry = er.async_get(hass)
    powers = [
        found
        for found in er.async_entries_for_config_entry(registry, entry.entry_id)
        if found.unique_id.endswith("_power")
        and found.unique_id.count("_") == 2
        and found.unique_id.split("_")[1].isdigit()
    ]
    assert len(powers) == 600


async def test_a_slow_script_does_not_keep_home_assistant_waiting(hass: HomeAssistant, gateway: GatewayServer) -> None:
    for path in ("/home", "/inventory", "/production.json"):
        gateway.faults.add(Hang(), path)
    entry = gateway_entry(gateway)
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert status(entry) is ConfigEntryState.LOADED
    assert number(hass, gateway.serial, "solar_power") is not None
    await hass.config_entries.async_unload(entry.entry_id)
