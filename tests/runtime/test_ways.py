"""One home from several ways: nothing is shown twice, nothing is lost, and nothing returns silently."""

from dataclasses import replace
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.energy_site.const import CONF_SHOW_ALL, DOMAIN
from custom_components.energy_site.runtime.ways import Ways
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
from simulator.enphase_account import AccountHome, HomeDetails
from simulator.enphase_cloud import Application, CloudServer, CloudSystem
from simulator.enphase_cloud.plans import LEGACY_WATT
from simulator.iq_gateway import GatewayServer
from simulator.iq_gateway.faults import HttpStatus, Mutate
from simulator.presets import PRESETS
from tests.account_service import account_service
from tests.common import entity_id, gateway_entry, number, open_settings, pass_time, set_up

from ..clouds import SITE, SYSTEM_ID, cloud_entry
from ..houses import FrozenClock
from ..steering import wait
from ..vendors.enphase_account.homes import EMAIL, HOME, PASSWORD, account_entry
from .ways import OWN, READINGS, bring_back, devices, end, events_of, fix, hub, issue, names, told


async def test_nothing_is_shown_a_second_time(
    hass: HomeAssistant, local: MockConfigEntry, remote: MockConfigEntry
) -> None:
    shown = names(hass, remote)
    assert names(hass, local) >= READINGS
    assert shown & names(hass, local) <= OWN
    assert {"switch.storm_guard", "binary_sensor.storm_alert", "event.storm", "sensor.system_status"} <= shown
    assert not [each for each in hass.states.async_entity_ids() if each.endswith("_2")]
    assert [device.id for device in devices(hass, remote)] == [hub(hass, remote).id]
    assert remote.runtime_data.ways.others == (local,)
    assert not local.runtime_data.ways.others


async def test_what_is_not_shown_is_not_requested_either(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, remote: MockConfigEntry, cloud: CloudServer
) -> None:
    for key in ("latest_telemetry", "battery_telemetry", "energy_import", "consumption_lifetime", "inverters"):
        assert remote.runtime_data.source.states[key].answered_at is None
    await wait(hass, freezer, 6 * 3600, step=300)
    for key in ("latest_telemetry", "battery_telemetry", "energy_import", "consumption_lifetime", "inverters"):
        assert remote.runtime_data.source.states[key].answered_at is None
    assert remote.runtime_data.source.states["storm_guard"].answered_at is not None


async def test_home_assistant_links_the_devices_of_one_home(
    hass: HomeAssistant, local: MockConfigEntry, remote: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    await async_setup_component(hass, "config", {})
    client = await hass_ws_client(hass)
    here, there = hub(hass, local), hub(hass, remote)
    assert (DOMAIN, SITE) in there.identifiers
    await client.send_json_auto_id({"type": "config/device_registry/list_linked_devices", "device_id": here.id})
    assert (await client.receive_json())["result"] == {"linked_devices": [there.id]}


@pytest.mark.parametrize("readings", ["always"])
async def test_with_always_everything_is_shown_twice_and_its_devices_are_linked(
    hass: HomeAssistant, local: MockConfigEntry, remote: MockConfigEntry
) -> None:
    assert names(hass, remote) >= READINGS
    registry = dr.async_get(hass)
    for device in devices(hass, local):
        twins = registry.async_get_devices(identifiers=device.identifiers)
        if device.serial_number and device.serial_number in {each.serial_number for each in devices(hass, remote)}:
            assert len(twins) == 2, device.name
    assert len(devices(hass, remote)) > 25


async def test_never_hides_the_readings_without_a_gateway_as_well(
    hass: HomeAssistant, cloud: CloudServer, application: Application
) -> None:
    entry = await cloud_entry(hass, cloud, application, options={"readings": "never"})
    await set_up(hass, entry)
    assert not READINGS & names(hass, entry)
    assert {"number.backup_reserve", "switch.storm_guard"} <= names(hass, entry)
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_gateway_that_comes_later_takes_over_and_the_past_is_kept(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    both: GatewayServer,
    cloud: CloudServer,
    application: Application,
) -> None:
    entry = await cloud_entry(hass, cloud, application)
    await set_up(hass, entry)
    power, registry = entity_id(hass, "sensor", SITE, "solar_power"), er.async_get(hass)
    assert power is not None
    registry.async_update_entity(power, new_entity_id="sensor.roof", name="Roof", labels={"energy"})
    assert len(devices(hass, entry)) > 25
    local = gateway_entry(both)
    await set_up(hass, local)
    await pass_time(hass, freezer, 30)
    assert names(hass, entry) & names(hass, local) <= OWN
    assert hass.states.get("sensor.roof") is None
    assert [device.id for device in devices(hass, entry)] == [hub(hass, entry).id]
    found = issue(hass, "shown_by_gateway", entry)
    assert found is not None
    assert found.translation_placeholders is not None
    assert found.translation_placeholders["gateway"] == local.title
    assert int(found.translation_placeholders["count"]) > 25
    hass.config_entries.async_update_entry(entry, options={"readings": "always"})
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert issue(hass, "shown_by_gateway", entry) is None
    back = registry.async_get("sensor.roof")
    assert back is not None
    assert (back.unique_id, back.name, back.labels) == (f"{SITE}_solar_power", "Roof", {"energy"})
    assert number(hass, SITE, "solar_power") is not None
    for each in (entry, local):
        await hass.config_entries.async_unload(each.entry_id)


async def test_a_gateway_that_is_only_unavailable_changes_nothing(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, local: MockConfigEntry, remote: MockConfigEntry
) -> None:
    before = names(hass, remote)
    await hass.config_entries.async_unload(local.entry_id)
    await pass_time(hass, freezer, 30)
    await hass.config_entries.async_reload(remote.entry_id)
    await pass_time(hass, freezer, 30)
    assert names(hass, remote) == before
    assert issue(hass, "gateway_gone", remote) is None


@pytest.mark.parametrize("how", ["removed", "disabled"])
async def test_without_the_gateways_entry_a_repair_offers_to_show_all(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, local: MockConfigEntry, remote: MockConfigEntry, how: str
) -> None:
    before = names(hass, remote)
    await end(hass, local, how)
    await pass_time(hass, freezer, 30)
    assert not remote.runtime_data.ways.others
    # Also after a restart, nothing is shown that nobody asked for.
    await hass.config_entries.async_reload(remote.entry_id)
    await pass_time(hass, freezer, 30)
    assert names(hass, remote) == before
    await fix(hass, "gateway_gone", remote)
    assert names(hass, remote) >= before | READINGS
    assert number(hass, SITE, "solar_power") is not None
    assert issue(hass, "gateway_gone", remote) is None


async def test_a_repair_that_is_confirmed_while_the_entry_loads_is_heeded_the_next_time(
    hass: HomeAssistant, local: MockConfigEntry, remote: MockConfigEntry
) -> None:
    loading = Ways(hass, remote, remote.runtime_data.source)
    loading.restore(remote.runtime_data.ways.as_dict())
    confirmed = {**remote.options, CONF_SHOW_ALL: True}
    hass.config_entries.async_update_entry(remote, options=confirmed)
    loading.hand_over(frozenset())
    assert remote.options == confirmed
    again = Ways(hass, remote, remote.runtime_data.source)
    again.restore(loading.as_dict())
    again.hand_over(frozenset())
    assert CONF_SHOW_ALL not in remote.options


@pytest.mark.parametrize("how", ["removed", "disabled"])
async def test_a_gateway_that_returns_after_the_repair_takes_over_again(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    both: GatewayServer,
    local: MockConfigEntry,
    remote: MockConfigEntry,
    how: str,
) -> None:
    before, options = names(hass, remote), dict(remote.options)
    await end(hass, local, how)
    await pass_time(hass, freezer, 30)
    await fix(hass, "gateway_gone", remote)
    # Also after a restart, all of it is shown.
    await hass.config_entries.async_reload(remote.entry_id)
    await pass_time(hass, freezer, 30)
    assert names(hass, remote) >= before | READINGS
    local = await bring_back(hass, local, how)
    await pass_time(hass, freezer, 30)
    assert names(hass, local) & names(hass, remote) <= OWN
    assert {**remote.options, "readings": "auto"} == {**options, "readings": "auto"}
    await hass.config_entries.async_unload(local.entry_id)


async def test_the_repair_closes_once_the_gateway_is_back(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, local: MockConfigEntry, remote: MockConfigEntry
) -> None:
    before = names(hass, remote)
    await hass.config_entries.async_set_disabled_by(local.entry_id, ConfigEntryDisabler.USER)
    await pass_time(hass, freezer, 30)
    assert issue(hass, "gateway_gone", remote) is not None
    await hass.config_entries.async_set_disabled_by(local.entry_id, None)
    await pass_time(hass, freezer, 30)
    assert issue(hass, "gateway_gone", remote) is None
    assert names(hass, remote) == before


async def test_what_an_unmetered_gateway_lacks_is_shown_by_the_cloud(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    cloud: CloudServer,
    application: Application,
    system: CloudSystem,
) -> None:
    config = replace(PRESETS["home"]().gateway, cts=())
    async with GatewayServer(system.house, config, clock=FrozenClock()) as gateway:
        local, entry = gateway_entry(gateway), await cloud_entry(hass, cloud, application)
        await set_up(hass, local)
        await set_up(hass, entry)
        assert "sensor.solar_power" in names(hass, local)
        assert "sensor.solar_power" not in names(hass, entry)
        assert "sensor.grid_power" not in names(hass, local)
        assert number(hass, SITE, "grid_power") is not None
        assert number(hass, SITE, "grid_import_energy") is not None
        await wait(hass, freezer, 30 * 3600, step=900)
        assert number(hass, SITE, "grid_power") is not None
        for each in (entry, local):
            await hass.config_entries.async_unload(each.entry_id)


async def test_an_outage_is_told_once(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    both: GatewayServer,
    local: MockConfigEntry,
    remote: MockConfigEntry,
) -> None:
    await wait(hass, freezer, 120, step=10)
    events = async_capture_events(hass, "state_changed")
    both.house.switches.grid_available = False
    await wait(hass, freezer, 2 * 3600, step=60)
    both.house.switches.grid_available = True
    await wait(hass, freezer, 2 * 3600, step=60)
    assert told(events, "outage") == ["grid_lost", "grid_restored"]


async def test_a_change_is_told_once_and_where_the_homes_changes_are_told(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    local: MockConfigEntry,
    remote: MockConfigEntry,
    system: CloudSystem,
) -> None:
    await wait(hass, freezer, 120, step=10)
    events = async_capture_events(hass, "state_changed")
    assert system.house.battery is not None
    system.house.battery.settings.reserve = 35
    system.settings.storm_guard = not system.settings.storm_guard
    await wait(hass, freezer, 13 * 3600, step=300)
    assert told(events, "setting") == ["changed", "changed"]
    shown = [
        event.data["new_state"].attributes
        for event in events
        if event.data["entity_id"] == entity_id(hass, "event", local.unique_id or "", "setting")
    ]
    assert {each["setting"] for each in shown} == {"backup_reserve", "storm_guard"}


async def test_a_setting_that_a_cloud_learns_of_late_is_told_where_the_homes_changes_are_told(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    local: MockConfigEntry,
    cloud: CloudServer,
    application: Application,
) -> None:
    event = entity_id(hass, "event", local.unique_id or "", "setting")
    assert event is not None
    er.async_get(hass).async_remove(event)
    paths = [f"/api/v4/systems/config/{SYSTEM_ID}/{name}" for name in ("battery_settings", "load_control")]
    fault = cloud.faults.add(HttpStatus(500), path=paths)
    entry = await cloud_entry(hass, cloud, application)
    await set_up(hass, entry)
    await hass.config_entries.async_reload(local.entry_id)
    await wait(hass, freezer, 60, step=10)
    assert "event.setting" in names(hass, local)
    fault.remove()
    await wait(hass, freezer, 26 * 3600, step=600)
    assert "select.NC1_mode" in names(hass, entry) | names(hass, local)
    assert "event.setting" not in names(hass, entry)
    await hass.config_entries.async_unload(entry.entry_id)


async def test_the_homes_calendar_has_the_clouds_storms_also_after_its_own_entry_was_loaded_again(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    local: MockConfigEntry,
    remote: MockConfigEntry,
    system: CloudSystem,
) -> None:
    system.settings.storm_alert = True
    await wait(hass, freezer, 13 * 3600, step=300)
    for _ in range(2):
        found = await events_of(hass, entity_id(hass, "calendar", local.unique_id or "", "storms_and_outages"))
        assert [each["summary"] for each in found] == ["Storm"]
        await hass.config_entries.async_reload(local.entry_id)
        await wait(hass, freezer, 60, step=10)


async def test_the_option_is_offered_by_every_cloud(hass: HomeAssistant, remote: MockConfigEntry) -> None:
    form = await open_settings(hass, remote)
    assert form["step_id"] == "readings"
    done = await hass.config_entries.options.async_configure(form["flow_id"], {"readings": "always"})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert names(hass, remote) >= READINGS


def with_another_gateway(payload: dict[str, Any]) -> None:
    """List a second gateway, which has no entry."""
    (gateway,) = payload["devices"]["gateways"]
    payload["devices"]["gateways"].append(gateway | {"id": 99, "serial_number": "482512999999"})


async def test_of_several_gateways_one_shows_its_own_devices_and_the_cloud_the_whole(
    hass: HomeAssistant, local: MockConfigEntry, cloud: CloudServer, application: Application
) -> None:
    cloud.faults.add(Mutate(with_another_gateway), path=f"/api/v4/systems/{SYSTEM_ID}/devices")
    entry = await cloud_entry(hass, cloud, application)
    await set_up(hass, entry)
    assert names(hass, entry) >= READINGS
    units = {each for each in names(hass, entry) if any(map(str.isdigit, each))}
    assert not units & names(hass, local)
    twins = dr.async_get(hass).async_get_devices(identifiers=hub(hass, local).identifiers)
    assert len(twins) == 2
    await hass.config_entries.async_unload(entry.entry_id)


async def test_of_three_ways_each_shows_what_those_before_it_lack(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    both: GatewayServer,
    local: MockConfigEntry,
    cloud: CloudServer,
    application: Application,
    system: CloudSystem,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home = AccountHome(both.house, HomeDetails(site_id=HOME), gateway=both)
    async with account_service(monkeypatch, [both], homes=[home]) as service:
        service.add_account(EMAIL, PASSWORD, system_id=HOME)
        account, entry = account_entry(), await cloud_entry(hass, cloud, application)
        await set_up(hass, account)
        await set_up(hass, entry)
        await wait(hass, freezer, 300, step=20)
        assert not names(hass, account) & names(hass, local) - OWN
        assert not names(hass, entry) & (names(hass, local) | names(hass, account)) - OWN
        assert "sensor.quota_used" in names(hass, entry)
        events = async_capture_events(hass, "state_changed")
        home.begin_storm(7200)
        system.settings.storm_alert = True
        await wait(hass, freezer, 4 * 3600, step=300)
        system.settings.storm_alert = False
        await wait(hass, freezer, 4 * 3600, step=300)
        assert told(events, "storm") == ["storm_started", "storm_ended"]
        found = await events_of(hass, entity_id(hass, "calendar", local.unique_id or "", "storms_and_outages"))
        assert [each["summary"] for each in found] == ["Storm"]
        for each in (entry, account):
            await hass.config_entries.async_unload(each.entry_id)


async def test_a_home_without_meters_is_not_polled_for_ever_for_what_it_lacks(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    cloud: CloudServer,
    application: Application,
    system: CloudSystem,
) -> None:
    config = replace(PRESETS["home"]().gateway, cts=())
    system.hardware = config
    async with GatewayServer(system.house, config, clock=FrozenClock()) as gateway:
        local, entry = gateway_entry(gateway), await cloud_entry(hass, cloud, application)
        await set_up(hass, local)
        await set_up(hass, entry)
        assert entry.runtime_data.source.is_wanted("latest_telemetry")
        await wait(hass, freezer, 30 * 3600, step=900)
        assert not entry.runtime_data.source.is_wanted("latest_telemetry")
        for each in (entry, local):
            await hass.config_entries.async_unload(each.entry_id)


@pytest.mark.parametrize("plan", [LEGACY_WATT])
async def test_the_old_api_adds_nothing_that_the_gateway_shows(
    hass: HomeAssistant, local: MockConfigEntry, cloud: CloudServer, application: Application
) -> None:
    data = {"source": "enlighten", "api_key": application.key, "user_id": cloud.add_legacy_user()}
    entry = MockConfigEntry(
        domain=DOMAIN, title="Old", unique_id=f"enlighten_{SYSTEM_ID}", data={**data, "system_id": str(SYSTEM_ID)}
    )
    await set_up(hass, entry)
    assert not names(hass, entry) & names(hass, local) - OWN
    assert "sensor.system_status" in names(hass, entry)
    assert not entry.runtime_data.source.is_wanted("consumption_stats")
    assert entry.runtime_data.source.is_wanted("summary")
    await hass.config_entries.async_unload(entry.entry_id)
