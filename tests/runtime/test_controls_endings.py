"""What a person is told of a setting is true, also where that is that nobody knows yet."""

from collections.abc import AsyncIterator
from dataclasses import replace

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser, async_capture_events

from custom_components.energy_site.const import DOMAIN
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Context, HomeAssistant, State
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from simulator.enphase_cloud import Application, CloudServer, CloudSystem, WriteBehaviour
from simulator.house import StorageMode
from simulator.iq_gateway import GatewayServer, HttpStatus
from simulator.iq_gateway.faults import Complaint
from tests.common import gateway_entry, set_up, state

from ..clouds import SITE, cloud_entry
from ..steering import Handle, act, settle, start

TARIFF = "/admin/lib/tariff"
RESERVE = ("number", "backup_reserve")
MODE = ("select", "operating_mode")
CHARGE = ("switch", "charge_from_grid")
GRID = ("switch", "grid_enabled")


@pytest.fixture
def handle(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> Handle:
    """Return the controls of a gateway's site."""
    return Handle(hass, freezer, gateway.serial)


@pytest.fixture
async def remote(hass: HomeAssistant, cloud: CloudServer, application: Application) -> AsyncIterator[MockConfigEntry]:
    """Return the entry of a system in the cloud."""
    found = await cloud_entry(hass, cloud, application)
    await set_up(hass, found)
    yield found
    await hass.config_entries.async_unload(found.entry_id)
    await settle(hass)


@pytest.fixture
def far(hass: HomeAssistant, remote: MockConfigEntry, freezer: FrozenDateTimeFactory) -> Handle:
    """Return the controls of a system in the cloud."""
    return Handle(hass, freezer, SITE)


def told(handle: Handle) -> State:
    """Return the last that was told of a setting."""
    found = handle.hass.states.get(handle.entity("event", "setting"))
    assert found is not None
    return found


def ending(handle: Handle) -> tuple[str, object, object]:
    """Return its kind, the value it ended with and who did it."""
    attributes = told(handle).attributes
    return attributes["event_type"], attributes["to"], attributes["by"]


# -- on the network -----------------------------------------------------------------


async def test_a_mode_that_nothing_but_its_file_tells_is_accepted(handle: Handle, gateway: GatewayServer) -> None:
    gateway.state.tariff.unheeded = True
    await handle.set(*MODE, value="savings")
    assert ending(handle) == ("accepted", "savings", "home_assistant")
    assert handle.attribute("pending", *MODE) is None


@pytest.mark.usefixtures("entity_registry_enabled_by_default")
async def test_a_switch_on_its_way_stays_pending_after_the_action_and_is_told_when_it_has_moved(
    handle: Handle, gateway: GatewayServer
) -> None:
    gateway.state.relay.extra = 60.0
    await handle.set(*GRID, value=False)
    assert (handle.shown(*GRID), handle.attribute("pending", *GRID)) == ("on", False)
    assert ending(handle) == ("pending", False, "home_assistant")
    await handle.wait(60, step=5)
    assert (handle.shown(*GRID), handle.attribute("pending", *GRID)) == ("off", None)
    assert ending(handle) == ("changed", False, "home_assistant")


async def test_what_was_refused_and_is_in_force_all_the_same_is_told_as_such(
    handle: Handle, gateway: GatewayServer
) -> None:
    gateway.faults.add(Complaint(400), TARIFF, methods=["PUT"])
    await handle.set(*RESERVE, value=35)
    assert ending(handle) == ("changed", 35, "home_assistant")
    assert told(handle).attributes["despite"] == "refused"


async def test_what_moved_along_is_not_said_to_be_asked_for(hass: HomeAssistant, handle: Handle) -> None:
    heard = async_capture_events(hass, EVENT_STATE_CHANGED)
    await handle.set(*MODE, value="backup")
    await handle.wait(60, step=10)
    events = [each.data["new_state"] for each in heard if each.data["entity_id"] == handle.entity("event", "setting")]
    assert {(each.attributes["setting"], each.attributes["to"], each.attributes["by"]) for each in events} == {
        ("operating_mode", "backup", "home_assistant"),
        ("backup_reserve", 100, "moved_along"),
    }


async def test_the_last_of_two_who_ask_is_named_as_the_one_who_did_it(
    handle: Handle, gateway: GatewayServer, hass_admin_user: MockUser
) -> None:
    gateway.state.tariff.delay = 8.0
    first = await handle.begin(*RESERVE, value=30)
    await handle.wait(2)
    second = await handle.begin(*RESERVE, value=50, context=Context(user_id=hass_admin_user.id))
    await handle.finish(first)
    await handle.finish(second)
    assert ending(handle) == ("changed", 50, "home_assistant")
    assert told(handle).context.user_id == hass_admin_user.id


async def test_a_gateway_that_names_no_mode_keeps_its_reserve(
    hass: HomeAssistant, gateway: GatewayServer, freezer: FrozenDateTimeFactory
) -> None:
    gateway.state.tariff.names_mode = False
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    handle = Handle(hass, freezer, gateway.serial)
    await handle.set(*RESERVE, value=35)
    assert float(handle.shown(*RESERVE)) == 35
    assert state(hass, "select", gateway.serial, "operating_mode") is None
    await hass.config_entries.async_unload(entry.entry_id)


async def test_what_somebody_changed_right_before_the_end_of_a_setting_for_a_time_stays(
    hass: HomeAssistant, handle: Handle, gateway: GatewayServer
) -> None:
    data = {"mode": "backup", "duration": {"minutes": 25}}
    await act(hass, handle.freezer, DOMAIN, "set_mode_until", data)
    await handle.wait(1440, step=30)
    gateway.state.tariff.change(mode=StorageMode.SAVINGS)
    await handle.wait(180, step=10)
    assert gateway.state.tariff.local.mode is StorageMode.SAVINGS


async def test_a_setting_for_a_time_outlasts_some_trouble_at_its_end_and_is_taken_back(
    hass: HomeAssistant, handle: Handle, gateway: GatewayServer
) -> None:
    await act(hass, handle.freezer, DOMAIN, "set_mode_until", {"reserve": 60, "duration": {"minutes": 30}})
    fault = gateway.faults.add(HttpStatus(400), TARIFF, methods=["PUT"])
    await handle.wait(7200, step=60)
    assert (float(handle.shown(*RESERVE)), gateway.state.tariff.local.reserve) == (60, 60)
    assert handle.attribute("read_only_because", *RESERVE) is None
    fault.remove()
    await handle.wait(600, step=30)
    assert (float(handle.shown(*RESERVE)), gateway.state.tariff.local.reserve) == (20, 20)


async def test_a_setting_for_a_time_is_taken_back_although_its_control_is_read_only_by_then(
    hass: HomeAssistant, handle: Handle, gateway: GatewayServer
) -> None:
    await act(hass, handle.freezer, DOMAIN, "set_mode_until", {"reserve": 60, "duration": {"hours": 4}})
    fault = gateway.faults.add(HttpStatus(400), TARIFF, methods=["PUT"])
    for _ in range(2):
        with pytest.raises(HomeAssistantError):
            await handle.set(*RESERVE, value=70)
        await handle.wait(3600, step=300)
    assert handle.attribute("read_only_because", *RESERVE) == "refused"
    fault.remove()
    await handle.wait(7800, step=60)
    assert (float(handle.shown(*RESERVE)), gateway.state.tariff.local.reserve) == (20, 20)
    assert handle.attribute("read_only_because", *RESERVE) is None


# -- in the cloud -------------------------------------------------------------------


async def test_what_the_cloud_took_and_is_slow_to_do_is_pending_until_it_is_in_force(
    far: Handle, system: CloudSystem
) -> None:
    system.settings.writes = WriteBehaviour.LATE
    await far.set(*RESERVE, value=45, within=200)
    assert (float(far.shown(*RESERVE)), far.attribute("pending", *RESERVE)) == (20, 45)
    assert ending(far) == ("pending", 45, "home_assistant")
    await far.wait(780, step=10)
    assert (float(far.shown(*RESERVE)), far.attribute("pending", *RESERVE)) == (45, None)
    assert ending(far) == ("changed", 45, "home_assistant")


async def test_what_the_cloud_took_and_never_does_is_told_after_a_quarter_of_an_hour(
    hass: HomeAssistant, far: Handle, remote: MockConfigEntry, system: CloudSystem
) -> None:
    system.settings.writes = WriteBehaviour.IGNORE
    await far.set(*RESERVE, value=45, within=200)
    await far.wait(900, step=10)
    assert far.attribute("pending", *RESERVE) is None
    assert ending(far) == ("failed", 20, "home_assistant")
    assert told(far).attributes["reason"] == "ignored"
    assert ir.async_get(hass).async_get_issue(DOMAIN, f"setting_ignored_{remote.entry_id}") is not None


async def test_what_is_pending_survives_a_restart_and_is_not_sent_again(
    hass: HomeAssistant, far: Handle, remote: MockConfigEntry, cloud: CloudServer, system: CloudSystem
) -> None:
    system.settings.writes = WriteBehaviour.LATE
    await far.set(*RESERVE, value=45, within=200)
    await hass.config_entries.async_unload(remote.entry_id)
    await settle(hass)
    await start(hass, remote)
    assert far.attribute("pending", *RESERVE) == 45
    await far.wait(780, step=10)
    assert ending(far) == ("changed", 45, "home_assistant")
    assert [request.method for request in cloud.requests].count("PUT") == 1


async def test_charging_from_the_grid_that_the_cloud_ignores_twice_is_read_only(
    hass: HomeAssistant, far: Handle, remote: MockConfigEntry, cloud: CloudServer, freezer: FrozenDateTimeFactory
) -> None:
    for _ in range(2):
        assert far.attribute("read_only_because", *CHARGE) is None
        with pytest.raises(HomeAssistantError) as ignored:
            await far.set(*CHARGE, value=True, within=200)
        assert ignored.value.translation_key == "control_ignored"
    assert far.attribute("read_only_because", *CHARGE) == "ignored"
    requests = len(cloud.requests)
    with pytest.raises(ServiceValidationError) as refused:
        await far.set(*CHARGE, value=True)
    assert refused.value.translation_key == "control_not_now_ignored"
    assert len(cloud.requests) == requests
    await hass.config_entries.async_reload(remote.entry_id)
    await settle(hass)
    assert far.attribute("read_only_because", *CHARGE) == "ignored"
    freezer.tick(31 * 86_400)
    await far.wait(60, step=10)
    assert far.attribute("read_only_because", *CHARGE) is None


async def test_another_plan_is_a_reason_to_try_again(hass: HomeAssistant, far: Handle, remote: MockConfigEntry) -> None:
    for _ in range(2):
        with pytest.raises(HomeAssistantError):
            await far.set(*CHARGE, value=True, within=200)
    hass.config_entries.async_update_entry(remote, data={**remote.data, "plan": "partner"})
    await hass.config_entries.async_reload(remote.entry_id)
    await settle(hass)
    assert far.attribute("read_only_because", *CHARGE) is None


async def test_a_system_that_refuses_twice_says_so_beforehand(far: Handle, system: CloudSystem) -> None:
    system.settings.writes = WriteBehaviour.REFUSE
    for _ in range(2):
        with pytest.raises(HomeAssistantError) as refused:
            await far.set(*RESERVE, value=45, within=200)
        assert refused.value.translation_key == "control_refused"
        await far.wait(3600, step=300)
    assert far.attribute("read_only_because", *RESERVE) == "refused"


async def test_a_setting_for_a_time_ends_only_once_what_was_before_is_back(
    hass: HomeAssistant, far: Handle, remote: MockConfigEntry, system: CloudSystem
) -> None:
    await act(hass, far.freezer, DOMAIN, "set_mode_until", {"mode": "backup", "duration": {"minutes": 30}}, within=200)
    system.settings.writes = WriteBehaviour.LATE
    await far.wait(2100, step=10)
    assert remote.runtime_data.overrides.current is not None
    await far.wait(900, step=10)
    assert system.house.battery is not None
    assert system.house.battery.settings.mode is StorageMode.SELF_CONSUMPTION
    assert remote.runtime_data.overrides.current is None


async def test_a_circuits_mode_is_set_without_undoing_the_level_that_somebody_else_chose(
    hass: HomeAssistant, far: Handle, system: CloudSystem
) -> None:
    contact = system.settings.contacts["NC1"]
    system.settings.contacts["NC1"] = replace(contact, soc_low=65)
    await far.set("select", "NC1", "mode", value="always_on", within=200)
    assert (system.settings.contacts["NC1"].mode, system.settings.contacts["NC1"].soc_low) == (
        "Manual_always_powered",
        65,
    )
