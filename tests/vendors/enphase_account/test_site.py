"""A system of the account in Home Assistant, as its owner sees and steers it."""

from datetime import datetime
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

from custom_components.energy_site.const import DOMAIN
from homeassistant.core import Context, Event, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util import dt as dt_util
from simulator.enphase_account import UNAVAILABLE, AccountHome, AccountServer, Ending, Setting, paths
from tests.common import entity_id, number, pass_time, state
from tests.houses import FrozenClock
from tests.steering import Handle, act, start

from .homes import SITE

RESERVE, MODE, CHARGE = ("number", "backup_reserve"), ("select", "operating_mode"), ("switch", "charge_from_grid")
HOUR = 3600

FLOWS = ("solar", "load", "grid_import", "grid_export", "battery_charge", "battery_discharge")

# Everything that a home with two batteries has, with the units in which its values are shown.
SITE_SENSORS = {
    **{f"{flow}_power": "W" for flow in FLOWS if flow not in ("solar", "load")},
    **{f"{flow}_power": "W" for flow in ("solar", "load", "grid", "battery")},
    **{f"{flow}_energy": "kWh" for flow in FLOWS},
    **{f"{flow}_energy_today": "kWh" for flow in FLOWS},
    "battery_level": "%",
    "battery_available_energy": "kWh",
    "battery_capacity": "kWh",
    "battery_health": "%",
    "backup_time_left": "min",
    "shutdown_level": "%",
    "outages_this_year": None,
    "sign_ins": None,
}
UNIT_SENSORS = {
    "level": "%",
    "available_energy": "kWh",
    "capacity": "kWh",
    "health": "%",
    "cycles": None,
    "state": None,
    "last_reported": None,
}
OTHERS = {
    ("number", "backup_reserve"),
    ("number", "shutdown_level"),
    ("select", "operating_mode"),
    ("switch", "charge_from_grid"),
    ("switch", "discharge_to_grid"),
    ("switch", "restrict_discharge"),
    ("switch", "power_match"),
    ("switch", "storm_guard"),
    ("binary_sensor", "storm_alert"),
    ("binary_sensor", "problem"),
    ("binary_sensor", "grid_connected"),
    ("binary_sensor", "cloud_connected"),
    ("event", "setting"),
    ("event", "storm"),
    ("event", "outage"),
}

# A control, a value that isn't in force, and where the home has what is in force.
SETTINGS: list[tuple[tuple[str, str], Any, str, Any]] = [
    (RESERVE, 35, "reserve", 35),
    (("number", "shutdown_level"), 15, "shutdown_level", 15),
    (MODE, "savings", "profile", "cost_savings"),
    (MODE, "optimized", "profile", "ai_optimisation"),
    (MODE, "backup", "profile", "backup_only"),
    (CHARGE, True, "charge_from_grid", True),
    (("switch", "storm_guard"), False, "storm_guard", False),
    (("switch", "discharge_to_grid"), True, "discharge_to_grid", True),
    (("switch", "restrict_discharge"), True, "restrict_discharge", True),
    (("switch", "power_match"), False, "power_match", False),
]


@pytest.fixture
def events(hass: HomeAssistant) -> list[Event[Any]]:
    """Return every change of a state."""
    found: list[Event[Any]] = async_capture_events(hass, "state_changed")
    return found


def told(hass: HomeAssistant, events: list[Event[Any]], key: str) -> list[dict[str, Any]]:
    """Return what an event entity told, in the order in which it was told."""
    name = entity_id(hass, "event", SITE, key)
    found, last = [], None
    for event in events:
        new = event.data["new_state"]
        if event.data["entity_id"] != name or new is None or new.state in ("unknown", "unavailable", last):
            continue
        last = new.state
        if event.data["old_state"] is not None and event.data["old_state"].state != "unavailable":
            found.append({**new.attributes, "context": new.context})
    return found


def changes(hass: HomeAssistant, events: list[Event[Any]]) -> list[tuple[str, str, Any, str]]:
    """Return what the setting event told: which kind of event, of which setting, to what, and by whom."""
    return [(each["event_type"], each["setting"], each["to"], each["by"]) for each in told(hass, events, "setting")]


def allow(home: AccountHome) -> None:
    """Let the owner have accepted Enphase's statement, and have saved a window."""
    home.accept_disclaimer()
    home.save_window("rbd")


# -- what is shown -------------------------------------------------------------------


@pytest.mark.usefixtures("entity_registry_enabled_by_default")
async def test_a_home_has_these_entities(
    hass: HomeAssistant, home: AccountHome, entity_registry: er.EntityRegistry, entry: MockConfigEntry
) -> None:
    batteries = [home.battery_serial(index) for index in range(2)]
    expected = {("sensor", f"{SITE}_{key}"): unit for key, unit in SITE_SENSORS.items()}
    expected |= {("sensor", f"{SITE}_{each}_{key}"): unit for each in batteries for key, unit in UNIT_SENSORS.items()}
    found = {
        (each.domain, each.unique_id): (each.unit_of_measurement, hass.states.get(each.entity_id))
        for each in er.async_entries_for_config_entry(entity_registry, entry.entry_id)
    }
    assert {key: found[key][0] for key in expected} == expected
    assert {(platform, f"{SITE}_{key}") for platform, key in OTHERS} <= found.keys()
    for key, (_, shown) in found.items():
        assert shown is not None, key
        assert shown.state != "unavailable", key
        if key[0] != "event":
            assert shown.state != "unknown", key


async def test_its_parts_are_devices_of_enphase(
    hass: HomeAssistant, home: AccountHome, device_registry: dr.DeviceRegistry, entry: MockConfigEntry
) -> None:
    devices = dr.async_entries_for_config_entry(device_registry, entry.entry_id)
    assert {device.manufacturer for device in devices} == {"Enphase"}
    batteries = {home.battery_serial(index) for index in range(2)}
    assert batteries <= {device.serial_number for device in devices}
    hub = next(device for device in devices if (DOMAIN, SITE) in device.identifiers)
    assert hub.sw_version == home.firmware
    assert {device.via_device_id for device in devices if device.serial_number in batteries} == {hub.id}


@pytest.mark.usefixtures("entity_registry_enabled_by_default")
async def test_its_values_are_those_of_the_house(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    service: AccountServer,
    home: AccountHome,
    entry: MockConfigEntry,
) -> None:
    await pass_time(hass, freezer, 900, step=60)
    battery = home.house.battery
    assert battery is not None
    assert number(hass, SITE, "battery_level") == pytest.approx(battery.level, abs=1.5)
    assert number(hass, SITE, "battery_available_energy") == pytest.approx(battery.available_wh, rel=0.03)
    assert number(hass, SITE, "battery_capacity") == 10_000
    # As others are not yet told of the last ones.
    assert number(hass, SITE, "requests") == pytest.approx(len(service.log), abs=2)
    # The bucket that is under way isn't believed, and a gateway reports every few minutes.
    horizon = home.horizon(home.house.time)
    means = [home.archive.energy("solar", end - 300, end) * 12 for end in range(horizon - 2400, horizon + 1, 300)]
    assert number(hass, SITE, "solar_power") == pytest.approx(sum(means) / len(means), rel=0.05)


@pytest.mark.parametrize("flow", FLOWS)
async def test_its_energy_is_that_of_the_house(
    hass: HomeAssistant, home: AccountHome, entry: MockConfigEntry, flow: Any
) -> None:
    start = home.archive.start
    total = number(hass, SITE, f"{flow}_energy")
    assert total is not None
    assert any(
        home.archive.energy(flow, start, end) == pytest.approx(total, abs=1)
        for end in range(home.horizon(home.house.time) - 1800, home.horizon(home.house.time) + 1, 300)
    )


async def test_what_the_app_changes_is_shown_with_the_next_poll(
    hass: HomeAssistant, home: AccountHome, handle: Handle, events: list[Event[Any]]
) -> None:
    home.change_in_app(Setting.RESERVE, 55)
    home.change_in_app(Setting.POWER_MATCH, False)
    await handle.wait(320, step=10)
    assert handle.shown(*RESERVE) == "55.0"
    assert handle.shown("switch", "power_match") == "off"
    assert sorted(changes(hass, events)) == [
        ("changed", "backup_reserve", 55.0, "elsewhere"),
        ("changed", "power_match", False, "elsewhere"),
    ]


@pytest.mark.parametrize("seen_at", ["set-up", "later"])
async def test_a_profile_with_a_new_name_is_shown_and_not_offered(
    hass: HomeAssistant, home: AccountHome, entry: MockConfigEntry, handle: Handle, seen_at: str
) -> None:
    home.set_behaviour(changed={"profile": "moon_mode"})
    if seen_at == "set-up":
        await hass.config_entries.async_reload(entry.entry_id)
    await handle.wait(400, step=10)
    assert handle.shown(*MODE) == "moon_mode"
    with pytest.raises(ServiceValidationError) as refused:
        await handle.set(*MODE, value="moon_mode")
    assert refused.value.translation_key == "control_not_an_option"
    assert home.settings.written == []
    home.set_behaviour(changed={})
    await handle.wait(400, step=10)
    assert handle.shown(*MODE) == "self_consumption"
    assert "moon_mode" not in handle.attribute("options", *MODE)


async def test_the_newest_problem_is_shown_with_what_to_do(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, home: AccountHome, handle: Handle
) -> None:
    now = home.house.time
    home.happenings.begin("ct_imbalance", at=now - 7200, serial=home.serial, recommended="Nothing.")
    event = home.happenings.begin(
        "envoy_not_reporting", at=now, serial=home.serial, recommended="Check the gateway's connection."
    )
    await handle.wait(1000, step=20)
    assert handle.shown("binary_sensor", "problem") == "on"
    assert handle.attribute("event", "binary_sensor", "problem") == "envoy_not_reporting"
    assert handle.attribute("recommended_action", "binary_sensor", "problem") == "Check the gateway's connection."
    since = handle.attribute("since", "binary_sensor", "problem")
    assert since.timestamp() == int(now)
    home.happenings.clear(event, now + 60)
    await handle.wait(1000, step=20)
    assert handle.attribute("event", "binary_sensor", "problem") == "ct_imbalance"


# -- storms ---------------------------------------------------------------------------


async def test_a_storm_is_told_with_its_start_and_end_and_rules_the_profile(
    hass: HomeAssistant, home: AccountHome, handle: Handle, events: list[Event[Any]]
) -> None:
    storm = home.begin_storm(2 * HOUR)
    await handle.wait(700, step=10)
    assert handle.shown("binary_sensor", "storm_alert") == "on"
    starts, ends = (handle.attribute(each, "binary_sensor", "storm_alert") for each in ("starts_at", "ends_at"))
    assert (starts.timestamp(), ends.timestamp()) == pytest.approx((storm.start, storm.end), abs=1)
    assert handle.shown("calendar", "storms_and_outages") == "on"
    assert handle.attribute("message", "calendar", "storms_and_outages") == "Storm"
    planned = dt_util.parse_datetime(handle.attribute("start_time", "calendar", "storms_and_outages"))
    assert planned == dt_util.as_local(starts).replace(microsecond=0, tzinfo=None)
    with pytest.raises(ServiceValidationError) as held:
        await handle.set(*RESERVE, value=40)
    assert held.value.translation_key == "control_not_now_storm"
    home.end_storm()
    await handle.wait(1300, step=10)
    assert handle.shown("binary_sensor", "storm_alert") == "off"
    assert handle.attribute("starts_at", "binary_sensor", "storm_alert") is None
    assert handle.attribute("start_time", "calendar", "storms_and_outages") is None
    assert [each["event_type"] for each in told(hass, events, "storm")] == ["storm_started", "storm_ended"]
    # What a storm does to the profile and the reserve is nobody's change.
    assert changes(hass, events) == []
    assert handle.shown(*RESERVE) == "20.0"


# -- outages --------------------------------------------------------------------------


@pytest.mark.parametrize("restarts", [0, 2])
@pytest.mark.parametrize("minutes", [12, 90])
async def test_an_outage_is_told_once_whatever_happens_meanwhile(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    home: AccountHome,
    entry: MockConfigEntry,
    handle: Handle,
    events: list[Event[Any]],
    minutes: int,
    restarts: int,
) -> None:
    async def restart() -> None:
        await hass.config_entries.async_unload(entry.entry_id)
        await start(hass, entry)

    home.start_outage()
    await handle.wait(minutes * 30, step=20)
    for _ in range(restarts):
        await restart()
    await handle.wait(minutes * 30, step=20)
    assert handle.shown("binary_sensor", "grid_connected") == "off"
    assert handle.shown("sensor", "grid_state") == "off_grid"
    assert handle.shown("calendar", "storms_and_outages") == "on"
    home.end_outage()
    await handle.wait(200, step=20)
    for _ in range(restarts):
        await restart()
    # The list of outages comes a day later at the latest.
    await handle.wait(26 * HOUR, step=780)
    for _ in range(restarts):
        await restart()
    await handle.wait(HOUR, step=300)
    assert handle.shown("binary_sensor", "grid_connected") == "on"
    told_of = told(hass, events, "outage")
    assert [each["event_type"] for each in told_of] == ["grid_lost", "grid_restored"]
    assert told_of[-1]["duration"] == pytest.approx(minutes * 60, abs=700)
    assert handle.shown("sensor", "outages_this_year") == "1"
    last = home.outages.all[-1]
    assert state_time(hass, "last_outage_start") == pytest.approx(last.start, abs=1)
    assert number(hass, SITE, "last_outage_duration") == pytest.approx((last.end - last.start) / 60, abs=0.1)


async def test_an_outage_while_home_assistant_was_off_is_told_by_the_list(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    home: AccountHome,
    entry: MockConfigEntry,
    handle: Handle,
    events: list[Event[Any]],
) -> None:
    await hass.config_entries.async_unload(entry.entry_id)
    home.start_outage()
    await handle.wait(HOUR, step=600)
    home.advance(FrozenClock().now())
    home.end_outage()
    await handle.wait(HOUR, step=600)
    await start(hass, entry)
    await handle.wait(26 * HOUR, step=780)
    assert [each["event_type"] for each in told(hass, events, "outage")] == ["grid_restored"]
    assert handle.shown("sensor", "outages_this_year") == "1"


def state_time(hass: HomeAssistant, key: str) -> float:
    """Return the time that a sensor shows."""
    found = state(hass, "sensor", SITE, key)
    assert found is not None
    return datetime.fromisoformat(found.state).timestamp()


# -- settings -------------------------------------------------------------------------


@pytest.mark.parametrize(("control", "value", "field", "in_force"), SETTINGS, ids=str)
async def test_a_setting_is_set_confirmed_and_told_as_home_assistants(
    hass: HomeAssistant,
    home: AccountHome,
    handle: Handle,
    events: list[Event[Any]],
    control: tuple[str, str],
    value: Any,
    field: str,
    in_force: Any,
) -> None:
    allow(home)
    home.set_endings(apply_after=10, shown_after=5)
    await handle.wait(700, step=10)
    context = Context()
    await handle.set(*control, value=value, within=60, context=context)
    assert getattr(home.settings.in_force, field) == in_force
    shown = {True: "on", False: "off"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    assert handle.shown(*control) in (shown, f"{shown}.0")
    assert handle.attribute("pending", *control) is None
    ours = [each for each in told(hass, events, "setting") if each["by"] == "home_assistant"]
    assert [(each["event_type"], each["setting"], each["to"]) for each in ours] == [("changed", control[1], value)]
    assert ours[0]["context"].id == context.id
    assert not [each for each in changes(hass, events) if each[3] == "elsewhere"]


@pytest.mark.parametrize(("control", "value", "field", "in_force"), SETTINGS, ids=str)
async def test_a_setting_that_takes_minutes_is_pending_until_it_is_in_force(
    hass: HomeAssistant,
    home: AccountHome,
    handle: Handle,
    events: list[Event[Any]],
    control: tuple[str, str],
    value: Any,
    field: str,
    in_force: Any,
) -> None:
    allow(home)
    home.set_endings(apply_after=400, shown_after=5)
    await handle.wait(700, step=10)
    before = handle.shown(*control)
    await handle.set(*control, value=value, within=90)
    assert handle.shown(*control) == before
    assert handle.attribute("pending", *control) == value
    # Nothing is told before it is known.
    assert changes(hass, events) == []
    await handle.wait(500, step=10)
    assert handle.shown(*control) != before
    assert handle.attribute("pending", *control) is None
    assert ("changed", control[1], value, "home_assistant") in changes(hass, events)
    assert not [each for each in changes(hass, events) if each[3] == "elsewhere"]


async def test_a_wish_that_never_comes_into_force_is_told_as_failed(
    hass: HomeAssistant, home: AccountHome, handle: Handle, events: list[Event[Any]]
) -> None:
    home.set_ending(Setting.RESERVE, Ending.DROP, apply_after=200)
    await handle.set(*RESERVE, value=40, within=90)
    assert handle.attribute("pending", *RESERVE) == 40
    await handle.wait(1300, step=10)
    assert handle.attribute("pending", *RESERVE) is None
    assert handle.shown(*RESERVE) == "20.0"
    (failed,) = [each for each in told(hass, events, "setting") if each["event_type"] == "failed"]
    assert (failed["wanted"], failed["by"]) == (40, "home_assistant")


@pytest.mark.parametrize(
    ("ending", "more", "key"),
    [
        (Ending.IGNORE, {}, "control_ignored"),
        (Ending.DROP, {"apply_after": 5, "shown_after": 10}, "control_dropped"),
        (Ending.MOVE, {"value": 25, "apply_after": 5, "shown_after": 0}, "control_moved"),
        (Ending.REFUSE, {}, "control_refused_because"),
        (Ending.REFUSE, {"words": ""}, "control_refused"),
    ],
)
async def test_what_becomes_of_a_setting_is_said(
    home: AccountHome, handle: Handle, ending: Ending, more: dict[str, Any], key: str
) -> None:
    home.set_ending(Setting.RESERVE, ending, **more)
    with pytest.raises(HomeAssistantError) as failed:
        await handle.set(*RESERVE, value=40, within=90)
    assert failed.value.translation_key == key
    assert float(handle.shown(*RESERVE)) == home.settings.in_force.reserve


async def test_what_a_profile_brings_along_is_nobodys_change(
    hass: HomeAssistant, home: AccountHome, handle: Handle, events: list[Event[Any]]
) -> None:
    allow(home)
    home.remember("cost_savings", reserve=30, charge_from_grid=True)
    await handle.wait(700, step=10)
    await handle.set(*MODE, value="savings", within=90)
    await handle.wait(1200, step=10)
    assert (handle.shown(*MODE), handle.shown(*RESERVE), handle.shown(*CHARGE)) == ("savings", "30.0", "on")
    assert ("changed", "operating_mode", "savings", "home_assistant") in changes(hass, events)
    assert {
        ("changed", "backup_reserve", 30.0, "moved_along"),
        ("changed", "charge_from_grid", True, "moved_along"),
    } <= {*changes(hass, events)}
    assert not [each for each in changes(hass, events) if each[3] == "elsewhere"]


@pytest.mark.parametrize("value", [3, 101])
async def test_a_reserve_out_of_bounds_is_not_sent(
    hass: HomeAssistant, home: AccountHome, handle: Handle, value: float
) -> None:
    with pytest.raises(ServiceValidationError):
        await handle.set(*RESERVE, value=value)
    assert home.settings.written == []


async def test_a_reserve_in_full_backup_is_refused_with_the_reason(home: AccountHome, handle: Handle) -> None:
    home.change_in_app(Setting.PROFILE, "backup_only")
    await handle.wait(400, step=10)
    with pytest.raises(ServiceValidationError) as refused:
        await handle.set(*RESERVE, value=40)
    assert refused.value.translation_key == "control_not_now_full_backup"
    assert home.settings.written == []


@pytest.mark.parametrize(
    ("lock", "control"),
    [
        ("cfg_locked", CHARGE),
        ("dtg_locked", ("switch", "discharge_to_grid")),
        ("rbd_locked", ("switch", "restrict_discharge")),
    ],
)
async def test_what_is_locked_is_shown_and_refused_with_the_reason(
    home: AccountHome, handle: Handle, lock: str, control: tuple[str, str]
) -> None:
    home.set_behaviour(**{lock: True})
    allow(home)
    await handle.wait(700, step=10)
    shown = handle.shown(*control)
    assert shown in ("on", "off")
    with pytest.raises(ServiceValidationError) as refused:
        await handle.set(*control, value=shown == "off")
    assert refused.value.translation_key == "control_not_now_locked"
    assert home.settings.written == []


async def test_restricting_the_discharge_needs_a_window_and_says_how_to_make_one(
    home: AccountHome, handle: Handle
) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await handle.set("switch", "restrict_discharge", value=True)
    assert refused.value.translation_key == "control_not_now_no_window"
    assert home.settings.written == []


async def test_a_host_who_may_only_read_sees_everything_and_is_told_why_nothing_is_set(
    service: AccountServer, home: AccountHome, owner: Any, handle: Handle
) -> None:
    owner.reads_only = frozenset({home.site_id})
    await handle.wait(400, step=10)
    assert handle.shown(*RESERVE) == "20.0"
    logins = service.logins
    with pytest.raises(HomeAssistantError) as refused:
        await handle.set(*RESERVE, value=40, within=90)
    assert refused.value.translation_key in ("control_refused", "control_refused_because", "control_not_now_not_owner")
    assert service.logins == logins


# -- for a time -----------------------------------------------------------------------


async def test_a_mode_that_is_set_for_a_time_is_restored_with_what_it_brought_along(
    home: AccountHome, handle: Handle
) -> None:
    allow(home)
    home.remember("cost_savings", reserve=30, charge_from_grid=True)
    await handle.wait(700, step=10)
    before = home.settings.in_force
    answer = await act(
        handle.hass,
        handle.freezer,
        DOMAIN,
        "set_mode_until",
        {"mode": "savings", "reserve": 60, "duration": {"hours": 1}},
        within=300,
    )
    assert answer is not None
    assert (home.settings.in_force.profile, home.settings.in_force.reserve) == ("cost_savings", 60)
    await handle.wait(HOUR + 1800, step=10)
    now = home.settings.in_force
    assert (now.profile, now.reserve, now.charge_from_grid) == (
        before.profile,
        before.reserve,
        before.charge_from_grid,
    )
    assert (handle.shown(*MODE), handle.shown(*RESERVE)) == ("self_consumption", "20.0")


async def test_a_mode_that_is_set_for_a_time_is_restored_after_a_restart(
    hass: HomeAssistant, home: AccountHome, handle: Handle, entry: MockConfigEntry
) -> None:
    data = {"mode": "backup", "duration": {"hours": 1}}
    await act(hass, handle.freezer, DOMAIN, "set_mode_until", data, within=300)
    assert home.settings.in_force.profile == "backup_only"
    await hass.config_entries.async_unload(entry.entry_id)
    await handle.wait(2 * HOUR, step=600)
    await start(hass, entry)
    await handle.wait(900, step=10)
    assert (home.settings.in_force.profile, home.settings.in_force.reserve) == ("self-consumption", 20)


async def test_a_wish_that_is_pending_survives_a_restart_and_is_not_written_again(
    hass: HomeAssistant, home: AccountHome, handle: Handle, entry: MockConfigEntry, events: list[Event[Any]]
) -> None:
    home.set_ending(Setting.RESERVE, apply_after=600, shown_after=5)
    await handle.set(*RESERVE, value=40, within=90)
    await hass.config_entries.async_unload(entry.entry_id)
    await start(hass, entry)
    await handle.wait(900, step=10)
    assert handle.shown(*RESERVE) == "40.0"
    assert len(home.settings.written) == 1
    assert not [each for each in changes(hass, events) if each[3] == "elsewhere"]


async def test_a_wish_that_is_pending_survives_a_restart_while_the_settings_cannot_be_read(
    hass: HomeAssistant,
    home: AccountHome,
    service: AccountServer,
    handle: Handle,
    entry: MockConfigEntry,
    events: list[Event[Any]],
) -> None:
    home.set_ending(Setting.RESERVE, apply_after=600, shown_after=5)
    await handle.set(*RESERVE, value=40, within=90)
    await hass.config_entries.async_unload(entry.entry_id)
    service.faults.add(UNAVAILABLE, home.path(paths.BATTERY_SETTINGS))
    await start(hass, entry)
    await handle.wait(60, step=5)
    service.faults.clear()
    await handle.wait(240, step=10)
    assert handle.attribute("pending", *RESERVE) == 40
    await handle.wait(900, step=10)
    assert (handle.shown(*RESERVE), handle.attribute("pending", *RESERVE)) == ("40.0", None)
    assert len(home.settings.written) == 1
    assert changes(hass, events) == [("changed", "backup_reserve", 40, "home_assistant")]
