"""A home that is reached through its owner's account and through the cloud's API, without a gateway's entry."""

from collections.abc import AsyncIterator
from dataclasses import replace

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.energy_site.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
from simulator.enphase_account import AccountHome, HomeDetails, Setting
from simulator.enphase_cloud import Application, CloudServer, CloudSystem
from simulator.enphase_cloud.plans import LEGACY_WATT
from simulator.iq_gateway import GatewayServer
from simulator.iq_gateway.faults import HttpStatus
from tests.account_service import account_service
from tests.common import entity_id, gateway_entry, number, pass_time, set_up

from ..clouds import SITE, SYSTEM_ID, cloud_entry
from ..steering import act, wait
from ..vendors.enphase_account.homes import EMAIL, HOME, PASSWORD, SITE as ACCOUNT, account_entry
from .ways import OWN, READINGS, bring_back, devices, end, events_of, fix, hub, issue, names, told

# What the account has nothing of.
INVERTERS = "sensor.inverters_reporting"
SHARED = READINGS - {INVERTERS}
# What the cloud isn't asked for beside the account.
LEFT = {
    *("latest_telemetry", "telemetry", "battery", "consumption_meter", "energy_import_telemetry"),
    *("energy_export_telemetry", "consumption_lifetime", "energy_import_lifetime", "energy_export_lifetime"),
    *("battery_lifetime", "grid_status", "storm_guard"),
}


def asked(cloud: CloudServer) -> set[str]:
    """Return the last parts of the paths that were requested."""
    return {path.rpartition("/")[2] for path in cloud.stats.requests}


@pytest.fixture
async def home(both: GatewayServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AccountHome]:
    """Return the home as the services of its owner's account know it."""
    home = AccountHome(both.house, HomeDetails(site_id=HOME), gateway=both)
    async with account_service(monkeypatch, [both], homes=[home]) as service:
        service.add_account(EMAIL, PASSWORD, system_id=HOME)
        yield home


@pytest.fixture
async def account(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, home: AccountHome
) -> AsyncIterator[MockConfigEntry]:
    """Return the account's entry, which has told everything."""
    entry = account_entry()
    await set_up(hass, entry)
    # What is polled first takes more than the requests of a minute.
    await wait(hass, freezer, 300, step=20)
    yield entry
    await hass.async_block_till_done(wait_background_tasks=True)
    if hass.config_entries.async_get_entry(entry.entry_id) is not None:
        await hass.config_entries.async_unload(entry.entry_id)


@pytest.fixture
async def remote(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    account: MockConfigEntry,
    cloud: CloudServer,
    application: Application,
) -> AsyncIterator[MockConfigEntry]:
    """Return the entry of the same home in the cloud."""
    entry = await cloud_entry(hass, cloud, application)
    await set_up(hass, entry)
    await wait(hass, freezer, 60, step=20)
    yield entry
    await hass.async_block_till_done(wait_background_tasks=True)
    await hass.config_entries.async_unload(entry.entry_id)


async def test_nothing_is_shown_a_second_time(
    hass: HomeAssistant,
    account: MockConfigEntry,
    remote: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
) -> None:
    assert names(hass, account) >= SHARED
    assert names(hass, account) & names(hass, remote) == OWN
    assert {"sensor.quota_used", "sensor.history_imported", "select.NC1_mode", INVERTERS} <= names(hass, remote)
    assert not [each for each in hass.states.async_entity_ids() if each.endswith("_2")]
    assert (remote.runtime_data.ways.others, account.runtime_data.ways.others) == ((account,), ())
    await async_setup_component(hass, "config", {})
    client, here = await hass_ws_client(hass), hub(hass, account).id
    await client.send_json_auto_id({"type": "config/device_registry/list_linked_devices", "device_id": here})
    assert (await client.receive_json())["result"] == {"linked_devices": [hub(hass, remote).id]}
    # Each of both batteries is one device, with what the cloud alone has of it.
    batteries = [each for each in devices(hass, account) if each.id != hub(hass, account).id]
    assert not {each.serial_number for each in batteries} & {each.serial_number for each in devices(hass, remote)}
    shown = {device.serial_number: er.async_entries_for_device(er.async_get(hass), device.id) for device in batteries}
    assert [{each.config_entry_id for each in entities} for entities in shown.values()] == [
        {account.entry_id, remote.entry_id}
    ] * 2


async def test_it_does_not_depend_on_which_entry_is_loaded_first(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, account: MockConfigEntry, remote: MockConfigEntry
) -> None:
    before = names(hass, account), names(hass, remote)
    for each in (account, remote):
        await hass.config_entries.async_unload(each.entry_id)
    for each in (remote, account):
        await hass.config_entries.async_setup(each.entry_id)
        await wait(hass, freezer, 300, step=20)
    assert (names(hass, account), names(hass, remote)) == before


async def test_what_is_not_shown_is_not_requested_either(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    account: MockConfigEntry,
    remote: MockConfigEntry,
    cloud: CloudServer,
) -> None:
    await wait(hass, freezer, 6 * 3600, step=300)
    beside, requests = asked(cloud), cloud.stats.total
    assert not beside & LEFT
    assert {"battery_settings", "load_control", "inverters_summary_by_envoy_or_site"} <= beside
    hass.config_entries.async_update_entry(remote, options={"readings": "always"})
    await hass.config_entries.async_reload(remote.entry_id)
    await wait(hass, freezer, 6 * 3600, step=300)
    assert asked(cloud) - beside == LEFT
    assert cloud.stats.total - requests > 2 * requests


async def test_an_account_that_comes_later_takes_over_and_the_past_is_kept(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    home: AccountHome,
    cloud: CloudServer,
    application: Application,
) -> None:
    entry = await cloud_entry(hass, cloud, application)
    await set_up(hass, entry)
    power, registry = entity_id(hass, "sensor", SITE, "solar_power"), er.async_get(hass)
    assert power is not None
    registry.async_update_entity(power, new_entity_id="sensor.roof", name="Roof", labels={"energy"})
    account = account_entry()
    await set_up(hass, account)
    await wait(hass, freezer, 300, step=20)
    assert names(hass, entry) & names(hass, account) == OWN
    assert hass.states.get("sensor.roof") is None
    found = issue(hass, "shown_by_gateway", entry)
    assert found is not None
    assert found.translation_placeholders is not None
    assert found.translation_placeholders["gateway"] == account.title
    hass.config_entries.async_update_entry(entry, options={"readings": "always"})
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert issue(hass, "shown_by_gateway", entry) is None
    back = registry.async_get("sensor.roof")
    assert back is not None
    assert (back.unique_id, back.name, back.labels) == (f"{SITE}_solar_power", "Roof", {"energy"})
    for each in (entry, account):
        await hass.config_entries.async_unload(each.entry_id)


async def test_an_account_whose_gateways_become_known_later_takes_over_then(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    account: MockConfigEntry,
    remote: MockConfigEntry,
) -> None:
    device, registry = hub(hass, account), dr.async_get(hass)
    known = device.identifiers
    registry.async_update_device(device.id, new_identifiers={(DOMAIN, ACCOUNT)})
    remote.runtime_data.ways._learn()
    assert not remote.runtime_data.ways.others
    registry.async_update_device(device.id, new_identifiers=known)
    await pass_time(hass, freezer, 30)
    assert remote.runtime_data.ways.others == (account,)


async def test_a_cloud_that_learns_its_gateways_late_leaves_to_the_account_from_then_on(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    account: MockConfigEntry,
    cloud: CloudServer,
    application: Application,
) -> None:
    fault = cloud.faults.add(HttpStatus(500), path=f"/api/v4/systems/{SYSTEM_ID}/devices")
    entry = await cloud_entry(hass, cloud, application)
    await set_up(hass, entry)
    await wait(hass, freezer, 60, step=20)
    assert names(hass, entry) & SHARED
    assert not entry.runtime_data.ways.others
    fault.remove()
    await wait(hass, freezer, 26 * 3600, step=600)
    assert names(hass, account) & names(hass, entry) == OWN
    await hass.config_entries.async_unload(entry.entry_id)


async def test_without_a_gateway_in_common_nothing_is_guessed(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    account: MockConfigEntry,
    cloud: CloudServer,
    application: Application,
    system: CloudSystem,
) -> None:
    system.hardware = replace(system.hardware, serial="482512999999")
    entry = await cloud_entry(hass, cloud, application)
    await set_up(hass, entry)
    await wait(hass, freezer, 60, step=20)
    assert names(hass, entry) >= READINGS
    assert not entry.runtime_data.ways.others
    await hass.config_entries.async_unload(entry.entry_id)


async def test_an_outage_and_a_storm_are_told_once(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    home: AccountHome,
    account: MockConfigEntry,
    remote: MockConfigEntry,
    both: GatewayServer,
    system: CloudSystem,
) -> None:
    events = async_capture_events(hass, "state_changed")
    both.house.switches.grid_available = False
    home.begin_storm(7200)
    system.settings.storm_alert = True
    await wait(hass, freezer, 4 * 3600, step=300)
    both.house.switches.grid_available = True
    system.settings.storm_alert = False
    await wait(hass, freezer, 4 * 3600, step=300)
    assert told(events, "outage") == ["grid_lost", "grid_restored"]
    assert told(events, "storm") == ["storm_started", "storm_ended"]
    assert entity_id(hass, "calendar", SITE, "storms_and_outages") is None
    found = await events_of(hass, entity_id(hass, "calendar", ACCOUNT, "storms_and_outages"))
    assert sorted(each["summary"] for each in found) == ["Outage", "Storm"]


async def test_a_change_of_a_setting_is_told_once_by_the_account_also_what_only_the_cloud_has(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    account: MockConfigEntry,
    remote: MockConfigEntry,
    home: AccountHome,
    both: GatewayServer,
    system: CloudSystem,
) -> None:
    await wait(hass, freezer, 120, step=10)
    events = async_capture_events(hass, "state_changed")
    home.change_in_app(Setting.RESERVE, 35)
    system.settings.set_contact("NC1", {"soc_low": 40}, both.clock.now())
    await wait(hass, freezer, 26 * 3600, step=600)
    teller = entity_id(hass, "event", ACCOUNT, "setting")
    shown = [each.data["new_state"].attributes for each in events if each.data["entity_id"] == teller]
    assert {"backup_reserve", "level_low"} <= {each["setting"] for each in shown}
    assert told(events, "setting").count("changed") == len([each for each in shown if each["event_type"] == "changed"])


async def test_an_override_of_both_entries_is_made_once(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    home: AccountHome,
    account: MockConfigEntry,
    remote: MockConfigEntry,
    cloud: CloudServer,
) -> None:
    target = {"device_id": [hub(hass, remote).id, hub(hass, account).id]}
    wanted = {"reserve": 60, "duration": {"hours": 1}, **target}
    path = "/api/v4/systems/config/{system_id}/battery_settings"
    before = cloud.stats.count(path=path)
    answer = await act(hass, freezer, DOMAIN, "set_mode_until", wanted, within=600)
    assert answer is not None
    assert set(answer) == {"until", "before"}, "one home answers"
    assert home.settings.in_force.reserve == 60
    assert cloud.stats.count(path=path) == before


@pytest.mark.parametrize("how", ["removed", "disabled"])
async def test_without_the_accounts_entry_a_repair_offers_to_show_all_until_it_is_back(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, account: MockConfigEntry, remote: MockConfigEntry, how: str
) -> None:
    before = names(hass, remote)
    await end(hass, account, how)
    await pass_time(hass, freezer, 30)
    # Also after a restart, nothing is shown that nobody asked for.
    await hass.config_entries.async_reload(remote.entry_id)
    await pass_time(hass, freezer, 30)
    assert names(hass, remote) == before
    found = issue(hass, "gateway_gone", remote)
    assert found is not None
    assert found.translation_placeholders == {"name": remote.title, "other": account.title}
    await fix(hass, "gateway_gone", remote)
    assert names(hass, remote) >= before | READINGS
    assert number(hass, SITE, "solar_power") is not None
    assert issue(hass, "gateway_gone", remote) is None
    account = await bring_back(hass, account, how)
    await wait(hass, freezer, 300, step=20)
    assert names(hass, account) >= SHARED
    assert names(hass, account) & names(hass, remote) == OWN
    assert issue(hass, "gateway_gone", remote) is None
    await hass.config_entries.async_unload(account.entry_id)


async def test_of_three_ways_the_second_takes_over_from_the_first_and_gives_back(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    both: GatewayServer,
    account: MockConfigEntry,
    remote: MockConfigEntry,
) -> None:
    local = gateway_entry(both)
    await set_up(hass, local)
    await wait(hass, freezer, 120, step=20)
    everything, before = set(names(hass, local)), {each.entry_id: names(hass, each) for each in (account, remote)}
    assert not names(hass, account) & everything - OWN
    assert not names(hass, remote) & (everything | names(hass, account)) - OWN
    await hass.config_entries.async_remove(local.entry_id)
    await wait(hass, freezer, 60, step=20)
    for each in (account, remote):
        found = issue(hass, "gateway_gone", each)
        assert found is not None
        assert found.translation_placeholders == {"name": each.title, "other": local.title}
        assert names(hass, each) == before[each.entry_id]
    await fix(hass, "gateway_gone", account)
    await wait(hass, freezer, 300, step=20)
    assert names(hass, account) >= SHARED
    # The inverters that the gateway showed are still nowhere.
    await fix(hass, "gateway_gone", remote)
    await wait(hass, freezer, 60, step=20)
    assert INVERTERS in names(hass, remote)
    assert names(hass, account) & names(hass, remote) == OWN
    local = gateway_entry(both)
    await set_up(hass, local)
    await wait(hass, freezer, 120, step=20)
    assert names(hass, local) == everything
    assert {each.entry_id: names(hass, each) for each in (account, remote)} == before
    assert not [each for each in (account, remote) if issue(hass, "gateway_gone", each)]
    await hass.config_entries.async_unload(local.entry_id)


async def test_of_three_ways_the_third_shows_what_only_the_second_had_beside_the_first(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    both: GatewayServer,
    account: MockConfigEntry,
    remote: MockConfigEntry,
) -> None:
    local = gateway_entry(both)
    await set_up(hass, local)
    await wait(hass, freezer, 120, step=20)
    assert "switch.storm_guard" in names(hass, account)
    await hass.config_entries.async_remove(account.entry_id)
    await wait(hass, freezer, 300, step=20)
    # Power and energy are there, so nothing has to be decided.
    assert issue(hass, "gateway_gone", remote) is None
    assert {"switch.storm_guard", "binary_sensor.storm_alert", "event.storm"} <= names(hass, remote)
    assert names(hass, local) & names(hass, remote) == OWN
    await hass.config_entries.async_unload(local.entry_id)


async def test_what_the_account_never_shows_is_shown_by_the_cloud(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    home: AccountHome,
    cloud: CloudServer,
    application: Application,
) -> None:
    account = account_entry(options={"readings": "never"})
    await set_up(hass, account)
    entry = await cloud_entry(hass, cloud, application)
    await set_up(hass, entry)
    await wait(hass, freezer, 300, step=20)
    assert names(hass, entry) >= READINGS
    assert names(hass, account) & names(hass, entry) == OWN
    assert "switch.storm_guard" in names(hass, account)
    for each in (entry, account):
        await hass.config_entries.async_unload(each.entry_id)


async def test_the_cloud_shows_what_the_account_no_longer_shows_until_it_does_again(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, account: MockConfigEntry, remote: MockConfigEntry
) -> None:
    before = names(hass, account), names(hass, remote)
    for readings, shows, left in (("never", remote, account), ("auto", account, remote)):
        hass.config_entries.async_update_entry(account, options={"readings": readings})
        await hass.config_entries.async_reload(account.entry_id)
        await wait(hass, freezer, 4 * 3600, step=300)
        assert names(hass, shows) >= SHARED
        assert not names(hass, left) & SHARED
        assert names(hass, account) & names(hass, remote) == OWN
    assert (names(hass, account), names(hass, remote)) == before


@pytest.mark.parametrize("plan", [LEGACY_WATT])
async def test_the_old_api_adds_nothing_that_the_account_shows(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    account: MockConfigEntry,
    cloud: CloudServer,
    application: Application,
) -> None:
    data = {"source": "enlighten", "api_key": application.key, "user_id": cloud.add_legacy_user()}
    entry = MockConfigEntry(
        domain=DOMAIN, title="Old", unique_id=f"enlighten_{SYSTEM_ID}", data={**data, "system_id": str(SYSTEM_ID)}
    )
    await set_up(hass, entry)
    await wait(hass, freezer, 60, step=20)
    assert names(hass, account) & names(hass, entry) == OWN
    assert not entry.runtime_data.source.is_wanted("consumption_stats")
    await hass.config_entries.async_unload(entry.entry_id)
