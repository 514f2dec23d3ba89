"""The EV chargers and heat pumps of a system in the cloud, on the free plan where that is enough."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, issue_registry as ir
from simulator.enphase_cloud import (
    KILOWATT,
    WATT,
    Application,
    ChargeSession,
    CloudServer,
    CloudSystem,
    EvCharger,
    HeatPump,
    Plan,
)
from simulator.iq_gateway import HttpStatus
from simulator.iq_gateway.faults import Mutate
from tests.common import entity_id, number, pass_time, set_up, state

from ...clouds import SITE, SYSTEM_ID, cloud_entry, usual_system
from ...houses import MORNING

CHARGER, OTHER = "202212345678", "202212345679"
NOW = int(MORNING.timestamp())
_V4 = f"/api/v4/systems/{SYSTEM_ID}"
LATEST = f"{_V4}/latest_telemetry"
DEVICES = f"{_V4}/devices"


@pytest.fixture
def plan() -> Plan:
    """Return the free plan."""
    return WATT


@pytest.fixture
def charger() -> EvCharger:
    """Return a charger that charged yesterday morning, and from two hours ago until an hour ago."""
    return EvCharger(
        mode="PLUGGED_OUT",
        sessions=[
            ChargeSession(start=NOW - 86_400, end=NOW - 86_400 + 7_200, energy=14_830),
            ChargeSession(start=NOW - 7_200, end=NOW - 3_600, energy=9_000),
        ],
    )


@pytest.fixture
def system(freezer: FrozenDateTimeFactory, charger: EvCharger) -> CloudSystem:
    """Return a home with a charger and a heat pump."""
    freezer.move_to(MORNING)
    system = usual_system(MORNING.timestamp())
    system.chargers, system.heat_pumps = (charger,), (HeatPump(),)
    return system


@pytest.fixture
async def entry(
    hass: HomeAssistant, cloud: CloudServer, application: Application, freezer: FrozenDateTimeFactory
) -> AsyncIterator[MockConfigEntry]:
    """Return an entry that has asked for everything once."""
    found = await cloud_entry(hass, cloud, application)
    await set_up(hass, found)
    # No more than ten requests a minute.
    await pass_time(hass, freezer, 1800, step=300)
    yield found
    await hass.async_block_till_done(wait_background_tasks=True)
    await hass.config_entries.async_unload(found.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


def shown(hass: HomeAssistant, platform: str, key: str, serial: str = CHARGER) -> str | None:
    """Return a state of a device."""
    found = state(hass, platform, SITE, serial, key)
    return None if found is None else found.state


def asked(cloud: CloudServer, part: str) -> int:
    """Return how many requests had this in their path."""
    return sum(part in each.path for each in cloud.requests)


async def test_a_charger_is_a_device_with_all_that_the_free_plan_tells(
    hass: HomeAssistant, entry: MockConfigEntry, device_registry: dr.DeviceRegistry
) -> None:
    assert shown(hass, "sensor", "state") == "unplugged"
    assert shown(hass, "binary_sensor", "connected") == "off"
    assert number(hass, SITE, CHARGER, "power") == 0
    assert number(hass, SITE, CHARGER, "energy") == pytest.approx(23_830, abs=2)
    assert number(hass, SITE, CHARGER, "session_energy") == pytest.approx(9_000, abs=1)
    [device] = [
        each
        for each in dr.async_entries_for_config_entry(device_registry, entry.entry_id)
        if each.serial_number == CHARGER
    ]
    assert (device.name, device.model, device.model_id) == (
        f"EV charger {CHARGER}",
        "IQ EV Charger",
        "865-02030-r09",
    )
    energy = state(hass, "sensor", SITE, CHARGER, "energy")
    assert energy is not None
    assert energy.attributes["state_class"] == "total_increasing"
    assert energy.attributes["device_class"] == "energy"


@pytest.mark.parametrize(
    ("word", "expected", "connected"),
    [
        ("PLUGGED_OUT", "unplugged", "off"),
        ("IDLE", "idle", "on"),
        ("CHARGING", "charging", "on"),
        ("FAULTED", "fault", "unknown"),
        ("plugged out", "unplugged", "off"),
        ("SOMETHING_NEW", "unknown", "unknown"),
    ],
)
async def test_each_word_of_the_service_is_a_state(
    hass: HomeAssistant,
    charger: EvCharger,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    word: str,
    expected: str,
    connected: str,
) -> None:
    charger.mode = word
    await pass_time(hass, freezer, 3 * 3600, step=900)
    assert shown(hass, "sensor", "state") == expected
    assert shown(hass, "binary_sensor", "connected") == connected


async def test_the_end_of_a_charge_brings_its_energy_without_waiting_for_the_next_day(
    hass: HomeAssistant,
    charger: EvCharger,
    entry: MockConfigEntry,
    cloud: CloudServer,
    freezer: FrozenDateTimeFactory,
) -> None:
    before = number(hass, SITE, CHARGER, "energy")
    assert before is not None
    charger.sessions.append(ChargeSession(start=NOW + 3600, end=NOW + 5 * 3600, energy=30_000))
    await pass_time(hass, freezer, 3 * 3600, step=300)
    assert shown(hass, "sensor", "state") == "charging"
    assert number(hass, SITE, CHARGER, "power") == pytest.approx(30_000 / 4, abs=1)
    assert shown(hass, "sensor", "session_energy") not in (None, "9.0")
    await pass_time(hass, freezer, 6 * 3600, step=300)
    assert shown(hass, "sensor", "state") == "unplugged"
    assert number(hass, SITE, CHARGER, "energy") == pytest.approx(before + 30_000, abs=2)
    assert number(hass, SITE, CHARGER, "session_energy") == pytest.approx(30_000, abs=1)
    assert asked(cloud, "/ev_charger/") <= 9


async def test_lifetime_energy_never_falls_and_survives_a_restart(
    hass: HomeAssistant, charger: EvCharger, entry: MockConfigEntry, cloud: CloudServer, freezer: FrozenDateTimeFactory
) -> None:
    before = number(hass, SITE, CHARGER, "energy")
    assert before is not None
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert number(hass, SITE, CHARGER, "energy") == before
    charger.sessions.clear()
    await pass_time(hass, freezer, 2 * 86_400, step=1800)
    assert number(hass, SITE, CHARGER, "energy") == before


async def test_the_newest_of_many_sessions_is_shown_whichever_end_the_list_begins_with(
    hass: HomeAssistant,
    charger: EvCharger,
    cloud: CloudServer,
    application: Application,
    freezer: FrozenDateTimeFactory,
) -> None:
    charger.sessions = [
        ChargeSession(start=NOW - number * 7200, end=NOW - number * 7200 + 3600, energy=1000 + number)
        for number in range(250, 0, -1)
    ]
    entry = await cloud_entry(hass, cloud, application)
    await set_up(hass, entry)
    await pass_time(hass, freezer, 3600, step=300)
    assert number(hass, SITE, CHARGER, "session_energy") == pytest.approx(1001, abs=1)
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_a_home_without_a_charger_asks_nothing_about_chargers(
    hass: HomeAssistant,
    system: CloudSystem,
    cloud: CloudServer,
    application: Application,
    freezer: FrozenDateTimeFactory,
) -> None:
    system.chargers = system.heat_pumps = ()
    entry = await cloud_entry(hass, cloud, application)
    await set_up(hass, entry)
    await pass_time(hass, freezer, 86_400, step=1800)
    assert not [each.path for each in cloud.requests if "ev_charger" in each.path or "/hp_" in each.path]
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_a_charger_that_is_installed_later_is_found_by_the_values_that_are_read_anyway(
    hass: HomeAssistant, system: CloudSystem, charger: EvCharger, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    system.chargers = (charger, EvCharger(serial=OTHER, mode="IDLE"))
    await pass_time(hass, freezer, 4 * 3600, step=600)
    assert shown(hass, "sensor", "state", OTHER) == "idle"
    assert number(hass, SITE, OTHER, "energy") == 0


def _with_nonsense(payload: dict[str, Any]) -> dict[str, Any]:
    chargers = payload["devices"]["ev_chargers"]
    bad: list[Any] = [None, 3, {}, {"serial_number": None}, {"serial_number": {"a": 1}, "status": []}]
    return {**payload, "devices": {**payload["devices"], "ev_chargers": [*bad, *chargers]}}


def _latest_with_nonsense(payload: dict[str, Any]) -> dict[str, Any]:
    bad: list[Any] = [None, "x", {}, {"id": [], "power": "many"}, {"id": 1, "power": 1e9, "operational_mode": 7}]
    evse = [{**each, "power": {"W": 3}} for each in payload["devices"]["evse"]]
    return {**payload, "devices": {**payload["devices"], "evse": [*bad, *evse], "heat-pump": "none"}}


async def test_one_bad_charger_in_a_list_costs_only_itself(
    hass: HomeAssistant, cloud: CloudServer, application: Application, freezer: FrozenDateTimeFactory
) -> None:
    cloud.faults.add(Mutate(_with_nonsense), DEVICES)
    cloud.faults.add(Mutate(_latest_with_nonsense), LATEST)
    entry = await cloud_entry(hass, cloud, application)
    await set_up(hass, entry)
    await pass_time(hass, freezer, 1800, step=300)
    assert shown(hass, "sensor", "state") == "unplugged"
    assert entity_id(hass, "sensor", SITE, CHARGER, "power") is None
    assert number(hass, SITE, CHARGER, "energy") == pytest.approx(23_830, abs=2)
    assert number(hass, SITE, "solar_power") is not None
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_a_charger_that_the_service_does_not_know_leaves_the_other_alone(
    hass: HomeAssistant,
    system: CloudSystem,
    charger: EvCharger,
    cloud: CloudServer,
    application: Application,
    freezer: FrozenDateTimeFactory,
) -> None:
    system.chargers = (EvCharger(serial=OTHER, mode="IDLE"), charger)
    for name in ("sessions", "telemetry", "lifetime"):
        cloud.faults.add(HttpStatus(400), f"{_V4}/ev_charger/{OTHER}/{name}")
    entry = await cloud_entry(hass, cloud, application)
    await set_up(hass, entry)
    await pass_time(hass, freezer, 1800, step=60)
    assert number(hass, SITE, CHARGER, "energy") == pytest.approx(23_830, abs=2)
    assert shown(hass, "sensor", "state", OTHER) == "idle"
    assert entity_id(hass, "sensor", SITE, OTHER, "energy") is None
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.parametrize("status", [400, 403, 404])
async def test_endpoints_that_are_not_there_are_asked_once_a_week_and_are_no_problem(
    hass: HomeAssistant,
    cloud: CloudServer,
    application: Application,
    freezer: FrozenDateTimeFactory,
    issue_registry: ir.IssueRegistry,
    status: int,
) -> None:
    for name in ("sessions", "telemetry", "lifetime"):
        cloud.faults.add(HttpStatus(status), f"{_V4}/ev_charger/{CHARGER}/{name}")
    entry = await cloud_entry(hass, cloud, application)
    await set_up(hass, entry)
    await pass_time(hass, freezer, 3 * 86_400, step=3600)
    assert asked(cloud, "/ev_charger/") == 3
    assert shown(hass, "sensor", "state") == "unplugged"
    assert not issue_registry.issues
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_energy_is_counted_from_today_if_only_todays_is_told(
    hass: HomeAssistant, cloud: CloudServer, application: Application, freezer: FrozenDateTimeFactory
) -> None:
    cloud.faults.add(HttpStatus(404), f"{_V4}/ev_charger/{CHARGER}/lifetime")
    entry = await cloud_entry(hass, cloud, application)
    await set_up(hass, entry)
    # Whichever of the two is asked for first: the intervals, or what turns out not to be there.
    await pass_time(hass, freezer, 3600, step=300)
    assert number(hass, SITE, CHARGER, "energy") == pytest.approx(9_000, abs=2)
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_a_silent_charger_is_offline(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: CloudServer, freezer: FrozenDateTimeFactory
) -> None:
    def silent(payload: dict[str, Any]) -> dict[str, Any]:
        evse = [{**each, "last_report_at": NOW - 2 * 86_400, "power": 7000} for each in payload["devices"]["evse"]]
        return {**payload, "devices": {**payload["devices"], "evse": evse}}

    cloud.faults.add(Mutate(silent), LATEST)
    await pass_time(hass, freezer, 3 * 3600, step=900)
    assert shown(hass, "sensor", "state") == "offline"
    assert shown(hass, "binary_sensor", "connected") == "unknown"
    assert number(hass, SITE, CHARGER, "power") is None


async def test_a_charger_is_known_by_its_serial_number_where_the_service_sends_that(
    hass: HomeAssistant, cloud: CloudServer, application: Application, freezer: FrozenDateTimeFactory
) -> None:
    def documented(payload: dict[str, Any]) -> dict[str, Any]:
        evse = [{"serial_number": CHARGER, "name": "evse", "operational_mode": "CHARGING"}]
        return {**payload, "devices": {**payload["devices"], "evse": evse}}

    cloud.faults.add(Mutate(documented), LATEST)
    entry = await cloud_entry(hass, cloud, application)
    await set_up(hass, entry)
    await pass_time(hass, freezer, 120, step=60)
    assert shown(hass, "sensor", "state") == "charging"
    assert entity_id(hass, "sensor", SITE, CHARGER, "power") is None
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_a_session_in_watt_hours_is_told_from_one_in_kilowatt_hours(
    hass: HomeAssistant, cloud: CloudServer, application: Application, freezer: FrozenDateTimeFactory
) -> None:
    def in_wh(payload: dict[str, Any]) -> dict[str, Any]:
        sessions = [{**each, "energy_added": each["energy_added"] * 1000} for each in payload["sessions"]]
        return {**payload, "sessions": sessions}

    cloud.faults.add(Mutate(in_wh), f"{_V4}/ev_charger/{CHARGER}/sessions")
    entry = await cloud_entry(hass, cloud, application)
    await set_up(hass, entry)
    await pass_time(hass, freezer, 1800, step=300)
    assert number(hass, SITE, CHARGER, "session_energy") == pytest.approx(9_000, abs=1)
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_a_heat_pump_shows_its_mode_on_the_free_plan(
    hass: HomeAssistant, entry: MockConfigEntry, device_registry: dr.DeviceRegistry
) -> None:
    serial = HeatPump().serial
    assert shown(hass, "sensor", "mode", serial) == "mode_2"
    assert entity_id(hass, "sensor", SITE, serial, "energy") is None
    devices = dr.async_entries_for_config_entry(device_registry, entry.entry_id)
    [device] = [each for each in devices if each.serial_number == serial]
    assert (device.name, device.model, device.model_id) == (f"Heat pump {serial}", "Heat pump", "HP-SG-1")


@pytest.mark.parametrize("plan", [KILOWATT])
async def test_a_heat_pump_shows_its_energy_where_the_plan_has_devices(
    hass: HomeAssistant, entry: MockConfigEntry, system: CloudSystem
) -> None:
    [pump] = system.heat_pumps
    horizon = system.horizon(NOW)
    assert number(hass, SITE, pump.serial, "energy") == pytest.approx(
        pump.drawn(system.days.midnight(system.operational_day), horizon), rel=0.001
    )
    assert datetime.fromtimestamp(horizon, UTC) <= MORNING
