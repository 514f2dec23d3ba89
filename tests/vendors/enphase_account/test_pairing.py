"""A gateway on the network and the account of its owner, both at once."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

from custom_components.energy_site.const import DOMAIN
from custom_components.energy_site.repairs import async_create_fix_flow
from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.core import Event, HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
from simulator.enphase_account import AccountHome, AccountServer, Ending, HomeDetails, Setting, paths
from simulator.house import House
from simulator.iq_gateway import GatewayServer
from simulator.presets import PRESETS
from tests.account_service import account_service
from tests.common import gateway_entry, number, pass_time, set_up, start_flow, state, step
from tests.houses import MORNING, FrozenClock
from tests.steering import Handle

from .homes import EMAIL, HOME, PASSWORD, SITE, account_entry

FIRMWARE = "D8.3.6086"


@pytest.fixture
async def gateway(socket_enabled: None, freezer: FrozenDateTimeFactory) -> AsyncIterator[GatewayServer]:
    """Serve the gateway of the home, which follows the cloud and ignores what is set locally."""
    freezer.move_to(MORNING)
    preset = PRESETS["home"]()
    house = House(preset.house, start=MORNING.timestamp())
    config = replace(preset.gateway, firmware=FIRMWARE)
    async with GatewayServer(house, config, clock=FrozenClock()) as server:
        yield server


@pytest.fixture
async def service(gateway: GatewayServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AccountServer]:
    """Serve the account of the gateway's owner."""
    home = AccountHome(gateway.house, HomeDetails(site_id=HOME, name="Sunny Home"), gateway=gateway)
    async with account_service(monkeypatch, [gateway], homes=[home]) as server:
        server.add_account(EMAIL, PASSWORD, system_id=HOME)
        gateway.set_cloud_profile()
        yield server


@pytest.fixture
def home(service: AccountServer) -> AccountHome:
    """Return the home as the account's services know it."""
    return service.world.homes[HOME]


@pytest.fixture
async def local(hass: HomeAssistant, gateway: GatewayServer, service: AccountServer) -> AsyncIterator[MockConfigEntry]:
    """Return the gateway's entry."""
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    yield entry
    await hass.async_block_till_done(wait_background_tasks=True)
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.fixture
def readings() -> str:
    """Return whether the account shows what the gateway shows; a test that wants another choice parametrizes this."""
    return "auto"


@pytest.fixture
async def remote(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, local: MockConfigEntry, service: AccountServer, readings: str
) -> AsyncIterator[MockConfigEntry]:
    """Return the entry of the account."""
    entry = account_entry(options={"readings": readings})
    await set_up(hass, entry)
    # With readings, what is polled first takes more than the requests of a minute.
    await pass_time(hass, freezer, 70 if readings == "auto" else 240)
    yield entry
    await hass.async_block_till_done(wait_background_tasks=True)
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.fixture
def at_gateway(hass: HomeAssistant, freezer: FrozenDateTimeFactory, gateway: GatewayServer) -> Handle:
    """Return the controls of the gateway's entry."""
    return Handle(hass, freezer, gateway.serial)


@pytest.fixture
def at_account(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> Handle:
    """Return the controls of the account's entry."""
    return Handle(hass, freezer, SITE)


def reads(service: AccountServer, home: AccountHome) -> int:
    """Return how often the settings were read."""
    return service.requests[home.path(paths.BATTERY_SETTINGS)]


def by_setting(events: list[Event[Any]], entity: str) -> dict[str, list[str]]:
    """Return who made the changes that a setting event told, by setting."""
    found: dict[str, list[str]] = {}
    for event in events:
        new = event.data["new_state"]
        if event.data["entity_id"] == entity and new is not None and new.attributes.get("event_type") == "changed":
            found.setdefault(new.attributes["setting"], []).append(new.attributes["by"])
    return found


async def test_alone_a_repair_of_the_gateway_leads_to_the_account(
    hass: HomeAssistant, local: MockConfigEntry, service: AccountServer, issue_registry: ir.IssueRegistry
) -> None:
    issue = issue_registry.async_get_issue(DOMAIN, f"governed_remotely_{local.entry_id}")
    assert issue is not None
    flow = await async_create_fix_flow(hass, issue.issue_id, issue.data)
    flow.hass = hass
    await flow.async_step_confirm({})
    await hass.async_block_till_done()
    (found,) = hass.config_entries.flow.async_progress()
    assert found["step_id"] == "enphase_account"


async def test_a_control_of_the_gateway_is_set_through_the_account_and_confirmed_by_the_gateway(
    hass: HomeAssistant, gateway: GatewayServer, home: AccountHome, remote: MockConfigEntry, at_gateway: Handle
) -> None:
    await at_gateway.set("number", "backup_reserve", value=45, within=40)
    assert home.settings.in_force.reserve == 45
    assert at_gateway.shown("number", "backup_reserve") == "45.0"
    # The cloud itself shows it only with the gateway's next report.
    assert home.settings.shown.reserve != 45


async def test_its_repair_is_gone_with_the_account(
    local: MockConfigEntry,
    remote: MockConfigEntry,
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    issue_registry: ir.IssueRegistry,
) -> None:
    await pass_time(hass, freezer, 1000, step=100)
    assert issue_registry.async_get_issue(DOMAIN, f"governed_remotely_{local.entry_id}") is None


@pytest.mark.parametrize("readings", ["always"])
async def test_a_control_of_the_account_shows_and_ends_by_what_the_gateway_has(
    hass: HomeAssistant, home: AccountHome, remote: MockConfigEntry, at_account: Handle, at_gateway: Handle
) -> None:
    events = async_capture_events(hass, "state_changed")
    await at_account.set("number", "backup_reserve", value=40, within=40)
    assert at_account.shown("number", "backup_reserve") == "40.0"
    assert home.settings.shown.reserve != 40
    await at_account.wait(30, step=5)
    told = [
        event.data["new_state"].attributes
        for event in events
        if event.data["entity_id"].startswith("event.")
        and event.data["new_state"].attributes.get("event_type") == "changed"
    ]
    assert [each["by"] for each in told if each["setting"] == "backup_reserve"] == ["home_assistant"] * len(told)


@pytest.mark.parametrize("readings", ["always"])
@pytest.mark.parametrize("chosen_at", ["gateway", "account"])
async def test_what_a_profile_brings_is_nobody_elses_change_in_either_entry(
    hass: HomeAssistant,
    home: AccountHome,
    remote: MockConfigEntry,
    at_account: Handle,
    at_gateway: Handle,
    chosen_at: str,
) -> None:
    home.accept_disclaimer()
    await at_account.wait(690, step=30)
    home.remember("cost_savings", reserve=35, charge_from_grid=True)
    events = async_capture_events(hass, "state_changed")
    chosen = at_gateway if chosen_at == "gateway" else at_account
    await chosen.set("select", "operating_mode", value="savings", within=100)
    await at_gateway.wait(1200, step=30)
    for each in (at_gateway, at_account):
        shown = each.shown("select", "operating_mode"), each.shown("number", "backup_reserve")
        assert (*shown, each.shown("switch", "charge_from_grid")) == ("savings", "35.0", "on")
        assert by_setting(events, each.entity("event", "setting")) == {
            "operating_mode": ["home_assistant"],
            "backup_reserve": ["moved_along"],
            "charge_from_grid": ["moved_along"],
        }


@pytest.mark.parametrize("readings", ["always"])
async def test_a_change_in_the_app_after_a_change_here_is_somebody_elses_in_both_entries(
    hass: HomeAssistant, home: AccountHome, remote: MockConfigEntry, at_account: Handle, at_gateway: Handle
) -> None:
    await at_account.set("number", "backup_reserve", value=40, within=40)
    # A minute's requests are used up.
    await at_gateway.wait(90, step=10)
    await at_gateway.set("number", "backup_reserve", value=30, within=90)
    await at_gateway.wait(1200, step=30)
    events = async_capture_events(hass, "state_changed")
    home.change_in_app(Setting.RESERVE, 40)
    await at_gateway.wait(1200, step=30)
    for each in (at_gateway, at_account):
        assert by_setting(events, each.entity("event", "setting")) == {"backup_reserve": ["elsewhere"]}


async def test_a_change_that_the_gateway_does_not_follow_yet_is_pending_and_told_when_it_comes(
    hass: HomeAssistant, home: AccountHome, remote: MockConfigEntry, at_gateway: Handle
) -> None:
    home.set_ending(Setting.RESERVE, Ending.ACCEPT, apply_after=400, shown_after=None)
    await at_gateway.set("number", "backup_reserve", value=35, within=90)
    assert at_gateway.shown("number", "backup_reserve") != "35.0"
    assert at_gateway.attribute("pending", "number", "backup_reserve") == 35
    await at_gateway.wait(480, step=10)
    assert at_gateway.shown("number", "backup_reserve") == "35.0"
    assert at_gateway.attribute("pending", "number", "backup_reserve") is None


async def test_a_change_that_is_ignored_is_reported(
    hass: HomeAssistant, home: AccountHome, remote: MockConfigEntry, at_gateway: Handle
) -> None:
    home.set_ending(Setting.RESERVE, Ending.IGNORE)
    with pytest.raises(HomeAssistantError) as ignored:
        await at_gateway.set("number", "backup_reserve", value=45)
    assert ignored.value.translation_key == "control_ignored"


async def test_what_the_gateway_shows_is_neither_read_nor_shown_a_second_time(
    hass: HomeAssistant,
    service: AccountServer,
    home: AccountHome,
    remote: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    await pass_time(hass, freezer, 1200, step=60)
    for path in (paths.TODAY, paths.LATEST_POWER, paths.LIFETIME, paths.OFF_GRID):
        assert service.requests[home.path(path)] == 0
    keys = {
        entity.unique_id.removeprefix(f"{SITE}_")
        for entity in er.async_entries_for_config_entry(er.async_get(hass), remote.entry_id)
    }
    assert not keys & {"solar_power", "solar_energy", "battery_level", "battery_available_energy", "grid_state"}
    assert not keys & {"backup_reserve", "operating_mode", "charge_from_grid", "outage", "setting"}
    assert {"storm_guard", "storm_alert", "outages_this_year", "storm"} <= keys
    assert state(hass, "binary_sensor", SITE, "storm_alert") is not None


async def test_what_the_account_alone_knows_of_a_battery_belongs_to_the_gateways_device(
    hass: HomeAssistant, gateway: GatewayServer, remote: MockConfigEntry, local: MockConfigEntry
) -> None:
    entities, devices = er.async_get(hass), dr.async_get(hass)
    cycles = [
        entity
        for entity in er.async_entries_for_config_entry(entities, remote.entry_id)
        if entity.translation_key == "cycles"
    ]
    assert len(cycles) == 2
    for entity in cycles:
        device = devices.async_get(entity.device_id or "")
        assert device is not None
        assert device.config_entry_id == local.entry_id
    assert [each.config_entry_id for each in dr.async_entries_for_config_entry(devices, remote.entry_id)] == [
        remote.entry_id
    ]


async def test_an_outage_that_the_gateway_saw_is_listed_soon_after_it(
    hass: HomeAssistant, home: AccountHome, remote: MockConfigEntry, at_gateway: Handle
) -> None:
    before = number(hass, SITE, "outages_this_year")
    assert before is not None
    home.start_outage()
    await at_gateway.wait(600, step=30)
    home.end_outage()
    await at_gateway.wait(2700, step=30)
    assert number(hass, SITE, "outages_this_year") == before + 1


@pytest.mark.parametrize(("choice", "shown"), [("always", True), ("never", False), ("auto", False)])
async def test_the_option_decides_whether_readings_are_shown_twice(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    local: MockConfigEntry,
    service: AccountServer,
    choice: str,
    shown: bool,
) -> None:
    entry = account_entry(options={"readings": choice})
    await set_up(hass, entry)
    await pass_time(hass, freezer, 120)
    assert (state(hass, "sensor", SITE, "battery_level") is not None) is shown
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_gateway_that_is_only_down_changes_nothing(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    local: MockConfigEntry,
    remote: MockConfigEntry,
    gateway: GatewayServer,
) -> None:
    await hass.config_entries.async_unload(local.entry_id)
    await hass.config_entries.async_reload(remote.entry_id)
    await pass_time(hass, freezer, 120)
    assert state(hass, "sensor", SITE, "battery_level") is None
    assert state(hass, "number", SITE, "backup_reserve") is None
    assert state(hass, "switch", SITE, "storm_guard") is not None


async def test_a_gateway_gets_its_token_from_the_account_without_a_password(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, gateway: GatewayServer, service: AccountServer
) -> None:
    entry = account_entry()
    await set_up(hass, entry)
    await pass_time(hass, freezer, 120)
    result = await step(hass, await start_flow(hass), {"host": gateway.host})
    assert "iq_gateway_account" in result["menu_options"]
    logins = service.logins
    result = await step(hass, result, {"next_step_id": "iq_gateway_account"})
    assert result["type"] is FlowResultType.CREATE_ENTRY, result
    await hass.async_block_till_done(wait_background_tasks=True)
    assert service.logins == logins
    found = result["result"]
    assert "password" not in found.data
    for each in (found, entry):
        await hass.config_entries.async_unload(each.entry_id)


async def test_a_token_that_ends_is_renewed_by_the_account(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    gateway: GatewayServer,
    local: MockConfigEntry,
    remote: MockConfigEntry,
) -> None:
    token = local.data["token"]
    gateway.revoke_tokens()
    await pass_time(hass, freezer, 400, step=20)
    assert local.data["token"] != token
    assert not [
        flow for flow in hass.config_entries.flow.async_progress() if flow["context"]["source"] == SOURCE_REAUTH
    ]
    shown = state(hass, "sensor", gateway.serial, "solar_power")
    assert shown is not None
    assert shown.state != "unavailable"
