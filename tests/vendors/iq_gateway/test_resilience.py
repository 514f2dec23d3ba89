"""What a bad hour of the gateway, the network or an account costs: as little as can be."""

from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, issue_registry as ir
from homeassistant.setup import async_setup_component
from simulator.enphase_account import AccountServer
from simulator.iq_gateway import Empty, GatewayServer, HttpStatus, Mutate, Reset
from tests.common import entity_id, gateway_entry, number, pass_time, set_up, state, tick

READINGS = "/ivp/meters/readings"
DAY = 86_400


@pytest.mark.parametrize("fault", [HttpStatus(404), HttpStatus(403), Empty()])
async def test_an_endpoint_that_is_denied_for_some_minutes_is_back_right_after(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory, fault: Any
) -> None:
    gateway.faults.add(fault, READINGS)
    await pass_time(hass, freezer, 300, step=30)
    found = state(hass, "sensor", gateway.serial, "solar_power")
    assert found is not None
    assert found.state == STATE_UNAVAILABLE
    gateway.faults.clear()
    await pass_time(hass, freezer, 90, step=30)
    assert number(hass, gateway.serial, "solar_power") == pytest.approx(gateway.house.flow.solar, abs=2)


async def test_everything_denied_for_a_minute_is_back_right_after(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    gateway.faults.add(HttpStatus(404))
    await pass_time(hass, freezer, 60, step=30)
    gateway.faults.clear()
    await pass_time(hass, freezer, 300, step=30)
    for key in ("solar_power", "battery_level", "load_energy", "battery_available_energy"):
        found = state(hass, "sensor", gateway.serial, key)
        assert found is not None
        assert found.state not in (STATE_UNAVAILABLE, STATE_UNKNOWN), key


async def test_the_most_asked_endpoint_fails_alone_too(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    gateway.faults.add(Reset(), READINGS)
    await pass_time(hass, freezer, 600, step=30)
    for key in ("battery_level", "battery_available_energy", "grid_state"):
        found = state(hass, "sensor", gateway.serial, key)
        assert found is not None
        assert found.state not in (STATE_UNAVAILABLE, STATE_UNKNOWN), key
    assert entry.runtime_data.source.outage is None


async def test_house_energy_waits_while_the_battery_is_not_counted(
    hass: HomeAssistant, gateway: GatewayServer, freezer: FrozenDateTimeFactory
) -> None:
    def without_storage(payload: Any) -> None:
        payload[:] = [meter for meter in payload if meter["measurementType"] != "storage"]

    gateway.faults.add(Mutate(without_storage), "/ivp/meters")
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    await pass_time(hass, freezer, 120, step=30)
    before = number(hass, gateway.serial, "load_energy")
    assert before is not None
    fault = gateway.faults.add(HttpStatus(500), "/ivp/ensemble/power")
    await pass_time(hass, freezer, 1200, step=30)
    found = state(hass, "sensor", gateway.serial, "load_energy")
    assert found is not None
    assert found.state == STATE_UNAVAILABLE
    fault.remove()
    await pass_time(hass, freezer, 180, step=30)
    after = number(hass, gateway.serial, "load_energy")
    assert after is not None
    assert after >= before
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_changed_password_is_tried_once_and_asked_for(
    hass: HomeAssistant, gateway: GatewayServer, account: AccountServer, freezer: FrozenDateTimeFactory
) -> None:
    entry = gateway_entry(
        gateway,
        data={"token": gateway.token(lifetime=20 * DAY), "username": "owner@example.com", "password": "changed"},
    )
    await set_up(hass, entry)
    for _ in range(24):
        await tick(hass, freezer, 3601)
    assert account.failed_logins == 1
    [flow] = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == SOURCE_REAUTH
    assert number(hass, gateway.serial, "load_power") is not None
    await hass.config_entries.async_unload(entry.entry_id)


async def test_an_installers_token_renews_itself_a_few_times_a_day(
    hass: HomeAssistant, gateway: GatewayServer, account: AccountServer, freezer: FrozenDateTimeFactory
) -> None:
    account.add_account("installer@example.com", "right", role="installer")
    entry = gateway_entry(
        gateway,
        data={
            "token": gateway.token(role="installer", lifetime=43_200),
            "username": "installer@example.com",
            "password": "right",
        },
    )
    await set_up(hass, entry)
    for _ in range(24):
        await tick(hass, freezer, 3601)
    assert 2 <= account.logins <= 4
    assert ir.async_get(hass).async_get_issue(DOMAIN, f"token_expiring_{entry.entry_id}") is None
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_removed_site_leaves_no_repairs(hass: HomeAssistant, gateway: GatewayServer) -> None:
    entry = gateway_entry(gateway, data={"token": gateway.token(lifetime=10 * DAY)})
    await set_up(hass, entry)
    assert ir.async_get(hass).async_get_issue(DOMAIN, f"token_expiring_{entry.entry_id}") is not None
    await hass.config_entries.async_remove(entry.entry_id)
    assert not [issue for domain, issue in ir.async_get(hass).issues if domain == DOMAIN]


async def test_an_inverter_that_was_removed_while_nobody_looked_disappears(
    hass: HomeAssistant, gateway: GatewayServer, freezer: FrozenDateTimeFactory
) -> None:
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    await hass.config_entries.async_unload(entry.entry_id)
    removed = gateway.house.inverters[2].serial
    gateway.house.remove_inverter(removed)
    freezer.tick(timedelta(minutes=10))
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    identifier = (DOMAIN, f"{gateway.serial}_{removed}")
    registry = dr.async_get(hass)
    assert registry.async_get_device_by_identifier(identifier, entry.entry_id) is not None
    await pass_time(hass, freezer, 5400, step=60)
    assert registry.async_get_device_by_identifier(identifier, entry.entry_id) is None
    assert len(dr.async_entries_for_config_entry(registry, entry.entry_id)) > 24
    await hass.config_entries.async_unload(entry.entry_id)


async def test_asking_for_a_value_now_starts_no_slow_script(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry
) -> None:
    await async_setup_component(hass, "homeassistant", {})
    gateway.stats.reset()
    await hass.services.async_call(
        "homeassistant",
        "update_entity",
        {"entity_id": entity_id(hass, "sensor", gateway.serial, "token_expires")},
        blocking=True,
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not {"/home", "/inventory", "/production.json"} & set(gateway.stats.requests)
    assert gateway.stats.requests[READINGS] == 1


@pytest.mark.parametrize("zone", ["../../etc/passwd", "/etc/localtime", "Nowhere/City", "x\0y", "z" * 5000])
async def test_an_odd_time_zone_is_ignored_without_a_word(
    hass: HomeAssistant, gateway: GatewayServer, caplog: pytest.LogCaptureFixture, zone: str
) -> None:
    def move(payload: Any) -> None:
        payload["timezone"] = zone

    gateway.faults.add(Mutate(move), "/home")
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    assert entry.runtime_data.source.states["home"].failures == 0
    assert "Unexpected error" not in caplog.text
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_token_that_ends_after_a_reload_is_renewed_too(
    hass: HomeAssistant, gateway: GatewayServer, account: AccountServer, freezer: FrozenDateTimeFactory
) -> None:
    entry = gateway_entry(gateway, data={"username": "owner@example.com", "password": "right"})
    await set_up(hass, entry)
    for logins in (1, 2):
        gateway.revoke_tokens()
        await pass_time(hass, freezer, 60)
        assert account.logins == logins
        assert number(hass, gateway.serial, "solar_power") is not None
        await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
    await hass.config_entries.async_unload(entry.entry_id)
