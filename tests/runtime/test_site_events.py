"""What the events tell of settings and of the grid, and the device triggers over them."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import probatio
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockUser,
    async_capture_events,
    async_get_device_automations,
    async_mock_service,
)

from custom_components.energy_site.const import DOMAIN
from custom_components.energy_site.device_trigger import TRIGGER_SCHEMA
from homeassistant.components.automation.const import DOMAIN as AUTOMATION
from homeassistant.components.device_automation import DeviceAutomationType
from homeassistant.const import EVENT_STATE_CHANGED, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import Context, Event, HomeAssistant, ServiceCall, State
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
from simulator.iq_gateway import GatewayServer, Mutate
from simulator.iq_gateway.faults import Unheeded
from tests.common import gateway_entry, tick
from tests.steering import Handle, act, settle, start

TARIFF = "/admin/lib/tariff"
SETTING = ("event", "setting")
OUTAGE = ("event", "outage")
RESERVE = ("number", "backup_reserve")
MODE = ("select", "operating_mode")
GRID = ("switch", "grid_enabled")

type ReportedEnd = Callable[[], list[State]]


@pytest.fixture
def handle(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> Handle:
    """Return the controls of the site."""
    return Handle(hass, freezer, gateway.serial)


def told_of(hass: HomeAssistant, entity: str) -> ReportedEnd:
    """Return what returns all that an event entity tells from now on, and not what it merely shows again."""
    changes: list[Event[Any]] = async_capture_events(hass, EVENT_STATE_CHANGED)
    before = hass.states.get(entity)
    seen = {before.state} if before is not None else set()

    def told() -> list[State]:
        found: list[State] = []
        times = {*seen, STATE_UNAVAILABLE, STATE_UNKNOWN}
        for change in changes:
            new: State | None = change.data["new_state"]
            if change.data["entity_id"] == entity and new is not None and new.state not in times:
                times.add(new.state)
                found.append(new)
        return found

    return told


@pytest.fixture
def settings(hass: HomeAssistant, handle: Handle) -> ReportedEnd:
    """Return what returns all that was told of settings."""
    return told_of(hass, handle.entity(*SETTING))


@pytest.fixture
def outages(hass: HomeAssistant, handle: Handle) -> ReportedEnd:
    """Return what returns all that was told of the grid."""
    return told_of(hass, handle.entity(*OUTAGE))


def about(found: State) -> dict[str, Any]:
    """Return what an event tells of a setting."""
    keys = ("event_type", "setting", "name", "from", "to", "by")
    return {key: found.attributes.get(key) for key in keys}


def kinds(found: list[State]) -> list[str]:
    """Return the kinds of some events."""
    return [each.attributes["event_type"] for each in found]


# -- settings -----------------------------------------------------------------------


async def test_nothing_is_told_before_something_happens(hass: HomeAssistant, handle: Handle) -> None:
    assert [handle.shown(*event) for event in (SETTING, OUTAGE)] == [STATE_UNKNOWN, STATE_UNKNOWN]
    assert set(handle.attribute("event_types", *SETTING)) == {
        "accepted",
        "changed",
        "failed",
        "pending",
        "reverted",
        "superseded",
    }


async def test_a_change_is_told_with_who_made_it(
    handle: Handle, settings: ReportedEnd, hass_admin_user: MockUser
) -> None:
    context = Context(user_id=hass_admin_user.id)
    await handle.set(*RESERVE, value=35, context=context)
    (told,) = settings()
    assert about(told) == {
        "event_type": "changed",
        "setting": "backup_reserve",
        "name": "Backup reserve",
        "from": 20,
        "to": 35,
        "by": "home_assistant",
    }
    assert told.context.user_id == hass_admin_user.id
    assert told.context.id == context.id


async def test_a_change_in_the_vendors_app_is_told_as_made_elsewhere(
    handle: Handle, gateway: GatewayServer, settings: ReportedEnd, hass_admin_user: MockUser
) -> None:
    await handle.set(*RESERVE, value=35, context=Context(user_id=hass_admin_user.id))
    await handle.wait(900, step=30)
    gateway.state.tariff.local.reserve = 70
    gateway.state.tariff.govern()
    await handle.wait(180, step=30)
    told = settings()[-1]
    assert about(told) == {
        "event_type": "changed",
        "setting": "backup_reserve",
        "name": "Backup reserve",
        "from": 35,
        "to": 70,
        "by": "elsewhere",
    }
    assert told.context.user_id is None


async def test_a_setting_that_is_taken_back_is_told_as_such(
    handle: Handle, gateway: GatewayServer, settings: ReportedEnd
) -> None:
    await handle.set(*RESERVE, value=35)
    gateway.state.tariff.local.reserve = 10
    gateway.state.tariff.govern()
    await handle.wait(180, step=30)
    told = settings()
    assert kinds(told) == ["changed", "reverted"]
    assert [about(told[1])[key] for key in ("from", "to", "by")] == [35, 10, "elsewhere"]


async def test_a_failure_is_told_with_its_reason(handle: Handle, gateway: GatewayServer, settings: ReportedEnd) -> None:
    gateway.faults.add(Unheeded(), TARIFF, methods=["PUT"])
    with pytest.raises(HomeAssistantError):
        await handle.set(*RESERVE, value=35)
    (told,) = settings()
    assert about(told) == {
        "event_type": "failed",
        "setting": "backup_reserve",
        "name": "Backup reserve",
        "from": 20,
        "to": 20,
        "by": "home_assistant",
    }
    assert (told.attributes["wanted"], told.attributes["reason"]) == (35, "ignored")


async def test_a_wish_that_gave_way_is_told_as_superseded(
    handle: Handle, gateway: GatewayServer, settings: ReportedEnd
) -> None:
    gateway.state.tariff.delay = 8.0
    first = await handle.begin(*RESERVE, value=30)
    await handle.wait(2)
    second = await handle.begin(*RESERVE, value=50)
    await handle.finish(first)
    await handle.finish(second)
    told = settings()
    assert [(about(each)["event_type"], about(each)["to"]) for each in told] == [("superseded", 30), ("changed", 50)]


async def test_a_reload_tells_nothing_again(
    hass: HomeAssistant, entry: MockConfigEntry, handle: Handle, settings: ReportedEnd
) -> None:
    await handle.set(*RESERVE, value=35)
    shown = handle.shown(*SETTING)
    await hass.config_entries.async_reload(entry.entry_id)
    await settle(hass)
    await handle.wait(180, step=30)
    assert handle.shown(*SETTING) == shown
    assert kinds(settings()) == ["changed"]


async def test_a_change_while_the_entry_was_not_loaded_is_told_afterwards(
    hass: HomeAssistant, entry: MockConfigEntry, handle: Handle, gateway: GatewayServer, settings: ReportedEnd
) -> None:
    await handle.wait(120, step=30)
    await hass.config_entries.async_unload(entry.entry_id)
    gateway.state.tariff.local.reserve = 70
    gateway.state.tariff.govern()
    await start(hass, entry)
    await handle.wait(180, step=30)
    (told,) = settings()
    assert [about(told)[key] for key in ("from", "to", "by")] == [20, 70, "elsewhere"]


async def test_what_an_override_restores_is_nobodys_doing(
    hass: HomeAssistant, handle: Handle, settings: ReportedEnd, hass_admin_user: MockUser
) -> None:
    await act(
        hass,
        handle.freezer,
        DOMAIN,
        "set_mode_until",
        {"reserve": 50, "duration": {"minutes": 10}},
        context=Context(user_id=hass_admin_user.id),
    )
    await handle.wait(660, step=10)
    began, ended = settings()
    assert (about(began)["to"], began.context.user_id) == (50, hass_admin_user.id)
    assert (about(ended)["to"], about(ended)["by"]) == (20, "home_assistant")
    assert ended.context.user_id is None


@pytest.mark.parametrize("preset", ["standard"])
async def test_a_site_without_settings_and_switch_has_no_events(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    assert not hass.states.async_all("event")


# -- outages ------------------------------------------------------------------------


async def test_an_outage_is_told_with_its_duration(
    handle: Handle, gateway: GatewayServer, outages: ReportedEnd
) -> None:
    await handle.wait(300, step=10)
    gateway.house.switches.grid_available = False
    await handle.wait(600, step=10)
    assert kinds(outages()) == ["grid_lost"]
    assert outages()[0].attributes.get("duration") is None
    gateway.house.switches.grid_available = True
    await handle.wait(120, step=10)
    lost, restored = outages()
    assert kinds([lost, restored]) == ["grid_lost", "grid_restored"]
    assert restored.attributes["duration"] == pytest.approx(600, abs=30)


async def test_an_outage_is_noticed_with_the_next_look_at_the_meters(
    hass: HomeAssistant, handle: Handle, gateway: GatewayServer, outages: ReportedEnd
) -> None:
    # By now the relay, which never changes, is asked once a minute only.
    await handle.wait(600, step=10)
    gateway.stats.reset()
    gateway.house.switches.grid_available = False
    gateway.faults.add(Mutate(_island), "/ivp/meters/readings")
    await tick(hass, handle.freezer, 11)
    assert kinds(outages()) == ["grid_lost"]
    assert gateway.stats.requests["/ivp/ensemble/relay"] == 1


def _island(meters: list[dict[str, Any]]) -> None:
    """Raise the frequency, as batteries do to keep surplus solar power off."""
    for meter in meters:
        meter["freq"] += 1.0


async def test_an_outage_goes_on_through_a_restart(
    hass: HomeAssistant, entry: MockConfigEntry, handle: Handle, gateway: GatewayServer, outages: ReportedEnd
) -> None:
    await handle.wait(60, step=10)
    gateway.house.switches.grid_available = False
    await handle.wait(120, step=10)
    await hass.config_entries.async_reload(entry.entry_id)
    await settle(hass)
    await handle.wait(480, step=10)
    assert kinds(outages()) == ["grid_lost"]
    gateway.house.switches.grid_available = True
    await handle.wait(120, step=10)
    assert kinds(outages()) == ["grid_lost", "grid_restored"]
    assert outages()[1].attributes["duration"] == pytest.approx(600, abs=30)


async def test_an_outage_that_ends_home_assistant_is_not_told_again(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    entry: MockConfigEntry,
    handle: Handle,
    gateway: GatewayServer,
    outages: ReportedEnd,
) -> None:
    await handle.wait(600, step=10)
    gateway.house.switches.grid_available = False
    await handle.wait(120, step=10)
    assert kinds(outages()) == ["grid_lost"]
    # What wasn't stored by now is lost.
    name = f"{DOMAIN}.{entry.entry_id}"
    stored = deepcopy(hass_storage[name])
    await hass.config_entries.async_unload(entry.entry_id)
    hass_storage[name] = stored
    await start(hass, entry)
    await handle.wait(120, step=10)
    assert kinds(outages()) == ["grid_lost"]


async def test_a_grid_that_came_back_or_went_while_nobody_looked_is_told_at_the_start(
    hass: HomeAssistant, entry: MockConfigEntry, handle: Handle, gateway: GatewayServer, outages: ReportedEnd
) -> None:
    await handle.wait(60, step=10)
    for available, kind in ((False, "grid_lost"), (True, "grid_restored")):
        await hass.config_entries.async_unload(entry.entry_id)
        gateway.house.switches.grid_available = available
        await handle.wait(300, step=60)
        await start(hass, entry)
        await handle.wait(60, step=10)
        assert kinds(outages())[-1] == kind
    assert outages()[1].attributes["duration"] == pytest.approx(360, abs=30)


@pytest.mark.usefixtures("entity_registry_enabled_by_default")
async def test_a_house_that_leaves_the_grid_on_purpose_has_no_outage(
    handle: Handle, gateway: GatewayServer, outages: ReportedEnd
) -> None:
    await handle.wait(60, step=10)
    await handle.set(*GRID, value=False)
    await handle.wait(300, step=10)
    await handle.set(*GRID, value=True)
    await handle.wait(300, step=10)
    assert outages() == []


async def test_a_house_that_somebody_took_off_the_grid_elsewhere_has_no_outage(
    handle: Handle, gateway: GatewayServer, outages: ReportedEnd
) -> None:
    await handle.wait(60, step=10)
    gateway.state.relay.command("open", gateway.clock.now())
    await handle.wait(120, step=5)
    assert gateway.house.switches.relay_closed is False
    gateway.state.relay.command("closed", gateway.clock.now())
    await handle.wait(120, step=5)
    assert outages() == []


@pytest.mark.usefixtures("entity_registry_enabled_by_default")
@pytest.mark.parametrize("elsewhere", [False, True])
async def test_a_restart_off_the_grid_on_purpose_is_no_outage(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    handle: Handle,
    gateway: GatewayServer,
    outages: ReportedEnd,
    elsewhere: bool,
) -> None:
    await handle.wait(60, step=10)
    if not elsewhere:
        await handle.set(*GRID, value=False)
    await hass.config_entries.async_unload(entry.entry_id)
    if elsewhere:
        gateway.state.relay.command("open", gateway.clock.now())
    await handle.wait(120, step=10)
    await start(hass, entry)
    await handle.wait(120, step=10)
    assert gateway.house.switches.relay_closed is False
    assert outages() == []


# -- device triggers ------------------------------------------------------------------


def hub(hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry) -> str:
    """Return the id of the site's own device."""
    device = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, gateway.serial), entry.entry_id)
    assert device is not None
    return device.id


async def listed(hass: HomeAssistant, device: str) -> list[dict[str, Any]]:
    """Return our triggers of a device."""
    found = await async_get_device_automations(hass, DeviceAutomationType.TRIGGER, device)
    return [dict(each) for each in found if each["domain"] == DOMAIN]


@pytest.fixture
async def ran(hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry) -> list[ServiceCall]:
    """Return the runs of automations over all triggers of the site."""
    calls: list[ServiceCall] = async_mock_service(hass, "test", "automation")
    template = "{{ trigger.type }} {{ trigger.duration }} {{ trigger.entity_id }}"
    automations = [
        {"alias": each["type"], "trigger": each, "action": {"action": "test.automation", "data": {"what": template}}}
        for each in await listed(hass, hub(hass, gateway, entry))
    ]
    assert await async_setup_component(hass, AUTOMATION, {AUTOMATION: automations})
    await settle(hass)
    return calls


async def test_a_site_offers_triggers_for_the_grid(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, handle: Handle
) -> None:
    found = await listed(hass, hub(hass, gateway, entry))
    assert [each["type"] for each in found] == ["grid_lost", "grid_restored"]
    outage = er.async_get(hass).async_get(handle.entity(*OUTAGE))
    assert outage is not None
    assert {each["entity_id"] for each in found} == {outage.id}
    for device in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id):
        if device.id != hub(hass, gateway, entry):
            assert await listed(hass, device.id) == []


async def test_triggers_run_an_automation_once_each(
    handle: Handle, gateway: GatewayServer, ran: list[ServiceCall]
) -> None:
    await handle.wait(60, step=10)
    assert ran == []
    gateway.house.switches.grid_available = False
    await handle.wait(120, step=10)
    outage = handle.entity(*OUTAGE)
    assert [call.data["what"] for call in ran] == [f"grid_lost None {outage}"]
    gateway.house.switches.grid_available = True
    await handle.wait(120, step=10)
    duration = handle.attribute("duration", *OUTAGE)
    assert duration == pytest.approx(120, abs=20)
    assert [call.data["what"] for call in ran[1:]] == [f"grid_restored {duration} {outage}"]


async def test_a_reload_triggers_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, handle: Handle, gateway: GatewayServer, ran: list[ServiceCall]
) -> None:
    await handle.wait(60, step=10)
    gateway.house.switches.grid_available = False
    await handle.wait(60, step=10)
    assert len(ran) == 1
    await hass.config_entries.async_reload(entry.entry_id)
    await settle(hass)
    await handle.wait(60, step=10)
    assert len(ran) == 1


async def test_what_happened_while_the_entry_was_not_loaded_triggers_at_its_start(
    hass: HomeAssistant, entry: MockConfigEntry, handle: Handle, gateway: GatewayServer, ran: list[ServiceCall]
) -> None:
    await handle.wait(60, step=10)
    await hass.config_entries.async_unload(entry.entry_id)
    gateway.house.switches.grid_available = False
    await start(hass, entry)
    await handle.wait(30, step=10)
    assert [call.data["what"].split()[0] for call in ran] == ["grid_lost"]


async def test_a_setting_triggers_nothing(handle: Handle, ran: list[ServiceCall]) -> None:
    await handle.set(*MODE, value="savings")
    assert ran == []


@pytest.mark.parametrize("wrong", [{"type": "changed"}, {"type": None}, {"entity_id": "not an id"}])
async def test_a_trigger_that_cannot_be_is_refused(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, wrong: dict[str, Any]
) -> None:
    good = (await listed(hass, hub(hass, gateway, entry)))[0]
    good.pop("metadata")
    assert TRIGGER_SCHEMA(good)["type"] == "grid_lost"
    with pytest.raises(probatio.Invalid):
        TRIGGER_SCHEMA({**good, **wrong})


async def test_an_automation_whose_event_was_deleted_waits_and_harms_nobody(
    hass: HomeAssistant,
    gateway: GatewayServer,
    entry: MockConfigEntry,
    handle: Handle,
    caplog: pytest.LogCaptureFixture,
) -> None:
    calls: list[ServiceCall] = async_mock_service(hass, "test", "automation")
    trigger = (await listed(hass, hub(hass, gateway, entry)))[0]
    er.async_get(hass).async_remove(handle.entity(*OUTAGE))
    await settle(hass)
    config = {"alias": "orphan", "trigger": trigger, "action": {"action": "test.automation"}}
    assert await async_setup_component(hass, AUTOMATION, {AUTOMATION: [config]})
    await settle(hass)
    gateway.house.switches.grid_available = False
    await handle.wait(60, step=10)
    assert calls == []
    assert "Traceback" not in caplog.text


async def test_an_entry_without_a_past_tells_no_outage_at_its_first_start(
    hass: HomeAssistant, gateway: GatewayServer, freezer: FrozenDateTimeFactory
) -> None:
    gateway.house.switches.grid_available = False
    entry = gateway_entry(gateway)
    await start(hass, entry)
    handle = Handle(hass, freezer, gateway.serial)
    await handle.wait(60, step=10)
    assert handle.shown(*OUTAGE) == STATE_UNKNOWN
    await hass.config_entries.async_unload(entry.entry_id)
