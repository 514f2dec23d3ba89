"""A system by Enphase's old API, from its entry to its entities."""

from collections.abc import AsyncIterator
import contextlib
from datetime import UTC, datetime
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from custom_components.energy_site.site.model import Health
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, issue_registry as ir
from simulator.enphase_cloud import Application, CloudServer, CloudSystem, Plan
from simulator.enphase_cloud.plans import LEGACY_WATT
from simulator.iq_gateway import HttpStatus, Reset
from tests.common import entity_id, number, pass_time, set_up, state, status

from ...clouds import SYSTEM_ID, usual_system
from ...houses import MORNING

SITE = f"enlighten_{SYSTEM_ID}"
ROOT = f"/api/v2/systems/{SYSTEM_ID}"
SUMMARY = f"{ROOT}/summary"
DAY = 86_400


@pytest.fixture
def plan() -> Plan:
    """Return what a key of the old API allows."""
    return LEGACY_WATT


@pytest.fixture
def preset() -> str:
    """Return the name of the house; a test that wants another one parametrizes this."""
    return "home"


@pytest.fixture
def system(preset: str, freezer: FrozenDateTimeFactory) -> CloudSystem:
    """Return a house with a month behind it that the cloud knows."""
    freezer.move_to(MORNING)
    return usual_system(MORNING.timestamp(), preset=preset)


def legacy_entry(cloud: CloudServer, application: Application, **data: Any) -> MockConfigEntry:
    """Return an entry as the config flow would have made it."""
    return MockConfigEntry(
        domain=DOMAIN,
        title="My house",
        unique_id=SITE,
        data={
            "source": "enlighten",
            "api_key": application.key,
            "user_id": cloud.add_legacy_user(),
            "system_id": str(SYSTEM_ID),
            **data,
        },
        version=1,
        minor_version=1,
    )


@pytest.fixture
async def entry(hass: HomeAssistant, cloud: CloudServer, application: Application) -> AsyncIterator[MockConfigEntry]:
    """Return an entry that is set up, and whatever its minutes allow was asked."""
    found = legacy_entry(cloud, application)
    await set_up(hass, found)
    yield found
    await hass.async_block_till_done(wait_background_tasks=True)
    await hass.config_entries.async_unload(found.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


async def restart(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Unload the entry and set it up again."""
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


def asked(cloud: CloudServer, path: str) -> int:
    """Return how often an endpoint was asked."""
    return sum(request.path == path for request in cloud.requests)


def loud(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what the integration complained about in the log."""
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelname in ("WARNING", "ERROR") and DOMAIN in record.name
    ]


def reauths(hass: HomeAssistant) -> int:
    """Return how many times a person is asked to sign in."""
    return sum(flow["context"]["source"] == SOURCE_REAUTH for flow in hass.config_entries.flow.async_progress())


async def raw(hass: HomeAssistant, endpoint: str) -> dict[str, Any]:
    """Ask an endpoint by the action."""
    answer = await hass.services.async_call(
        DOMAIN, "get_raw", {"endpoint": endpoint}, blocking=True, return_response=True
    )
    assert answer is not None
    return dict(answer)


# -- what is shown ------------------------------------------------------------------


async def test_values_are_the_houses_as_far_as_it_reported(
    hass: HomeAssistant, entry: MockConfigEntry, system: CloudSystem, freezer: FrozenDateTimeFactory
) -> None:
    for _ in range(4):
        horizon = system.horizon(system.house.time)
        midnight = system.days.midnight(system.days.day(horizon))
        archive = system.archive
        for counter in ("solar", "load"):
            truth = archive.energy(counter, archive.start, horizon)
            assert number(hass, SITE, f"{counter}_energy") == pytest.approx(truth, abs=3), counter
            truth = archive.energy(counter, midnight, horizon)
            assert number(hass, SITE, f"{counter}_energy_today") == pytest.approx(truth, abs=3), counter
        assert number(hass, SITE, "solar_power") == pytest.approx(archive.power("solar", horizon - 300, horizon), abs=1)
        assert number(hass, SITE, "load_power") == pytest.approx(archive.power("load", horizon - 900, horizon), abs=4)
        await pass_time(hass, freezer, 3600, step=300)


async def test_what_the_old_api_does_not_know_is_not_there(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    for key in ("battery_level", "battery_power", "grid_power", "grid_import_energy", "grid_export_energy"):
        assert entity_id(hass, "sensor", SITE, key) is None
    for platform, key in (("number", "backup_reserve"), ("select", "operating_mode"), ("switch", "storm_guard")):
        assert entity_id(hass, platform, SITE, key) is None


async def test_inverters_are_devices_with_their_power(
    hass: HomeAssistant, entry: MockConfigEntry, system: CloudSystem, freezer: FrozenDateTimeFactory
) -> None:
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    assert len(devices) == 1 + len(system.house.inverters)
    await pass_time(hass, freezer, 3 * 3600, step=300)
    powers = [number(hass, SITE, each.serial, "power") for each in system.house.inverters]
    assert None not in powers
    assert sum(power or 0.0 for power in powers) == pytest.approx(number(hass, SITE, "solar_power"), rel=0.1)


async def test_the_hub_is_the_gateway_and_tells_whether_it_reports(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    cloud: CloudServer,
    system: CloudSystem,
    freezer: FrozenDateTimeFactory,
) -> None:
    hub = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, SITE), entry.entry_id)
    assert hub is not None
    assert hub.serial_number == system.serial
    assert entry.runtime_data.source.gateway_serials == {system.serial}
    health = entry.runtime_data.part(Health)
    assert health.cloud_connected is True
    assert health.last_cloud_report == datetime.fromtimestamp(system.horizon(system.house.time), UTC)
    system.go_silent(cloud.clock.now())
    await pass_time(hass, freezer, 2 * 3600, step=300)
    assert entry.runtime_data.part(Health).cloud_connected is False
    # What the house took an hour ago is not what it takes now.
    assert number(hass, SITE, "load_power") is None
    assert number(hass, SITE, "load_energy") is not None
    system.speak_again()
    await pass_time(hass, freezer, 3600, step=300)
    assert number(hass, SITE, "load_power") is not None


async def test_a_counter_never_falls_and_a_new_day_begins_at_zero(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory, system: CloudSystem
) -> None:
    last: dict[str, float] = {}
    for _ in range(30):
        await pass_time(hass, freezer, 3600, step=900)
        for counter in ("solar", "load"):
            shown = number(hass, SITE, f"{counter}_energy")
            assert shown is not None
            assert shown >= last.get(counter, 0.0)
            last[counter] = shown
    horizon = system.horizon(system.house.time)
    midnight = system.days.midnight(system.days.day(horizon))
    today = number(hass, SITE, "solar_energy_today")
    assert today == pytest.approx(system.archive.energy("solar", midnight, horizon), abs=500)
    assert last["load"] == pytest.approx(system.archive.energy("load", system.archive.start, horizon), abs=1500)


async def test_a_life_does_not_begin_with_its_last_day(
    hass: HomeAssistant, cloud: CloudServer, application: Application, freezer: FrozenDateTimeFactory
) -> None:
    shown: list[float] = []

    def note(event: Event[EventStateChangedData]) -> None:
        new = event.data["new_state"]
        if new is not None and new.entity_id.endswith(("load_energy", "consumption")) and new.state[0].isdigit():
            shown.append(float(new.state))

    hass.bus.async_listen(EVENT_STATE_CHANGED, note)
    fault = cloud.faults.add(HttpStatus(500), f"{ROOT}/consumption_lifetime")
    entry = legacy_entry(cloud, application)
    await set_up(hass, entry)
    await pass_time(hass, freezer, 1200, step=60)
    assert number(hass, SITE, "load_energy") is None
    fault.remove()
    await pass_time(hass, freezer, 3 * 3600, step=600)
    assert number(hass, SITE, "load_energy") is not None
    assert shown == sorted(shown)
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize("preset", ["standard"])
async def test_without_meters_inverters_tell_and_nothing_fails(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    cloud: CloudServer,
    system: CloudSystem,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert status(entry) is ConfigEntryState.LOADED
    await pass_time(hass, freezer, 26 * 3600, step=900)
    truth = system.archive.energy("solar", system.archive.start, system.horizon(system.house.time))
    assert number(hass, SITE, "solar_energy") == pytest.approx(truth, abs=300)
    assert entity_id(hass, "sensor", SITE, "load_energy") is None
    assert entity_id(hass, "sensor", SITE, "load_power") is None
    assert asked(cloud, f"{ROOT}/consumption_stats") == 0
    assert asked(cloud, f"{ROOT}/consumption_lifetime") <= 3
    assert asked(cloud, f"{ROOT}/rgm_stats") == 0
    assert asked(cloud, f"{ROOT}/stats") > 1
    assert loud(caplog) == []
    assert reauths(hass) == 0


@pytest.mark.parametrize("preset", ["standard"])
async def test_days_of_silence_are_no_failure_and_are_made_up_for(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    cloud: CloudServer,
    system: CloudSystem,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    system.go_silent(cloud.clock.now())
    await pass_time(hass, freezer, 3 * DAY, step=1800)
    assert number(hass, SITE, "solar_power") is None
    before = number(hass, SITE, "solar_energy")
    assert before == pytest.approx(system.archive.energy("solar", system.archive.start, MORNING.timestamp()), abs=500)
    system.speak_again()
    await pass_time(hass, freezer, 6 * 3600, step=900)
    truth = system.archive.energy("solar", system.archive.start, system.horizon(system.house.time))
    assert number(hass, SITE, "solar_energy") == pytest.approx(truth, abs=3000)
    assert loud(caplog) == []


async def test_what_the_owner_keeps_is_absent_and_no_error(
    hass: HomeAssistant,
    cloud: CloudServer,
    application: Application,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    cloud.policy.v2_consumption = False
    entry = legacy_entry(cloud, application)
    await set_up(hass, entry)
    await pass_time(hass, freezer, DAY, step=900)
    assert status(entry) is ConfigEntryState.LOADED
    assert number(hass, SITE, "solar_power") is not None
    assert entity_id(hass, "sensor", SITE, "load_energy") is None
    assert asked(cloud, f"{ROOT}/consumption_lifetime") == 1
    assert reauths(hass) == 0
    assert loud(caplog) == []
    await hass.config_entries.async_unload(entry.entry_id)


# -- requests -----------------------------------------------------------------------


async def test_setting_up_takes_one_request_for_each_answer(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: CloudServer, freezer: FrozenDateTimeFactory
) -> None:
    await pass_time(hass, freezer, 180, step=20)
    paths = [request.path for request in cloud.requests]
    assert len(paths) == len(set(paths)) == 10
    assert cloud.stats.over_quota.total() == 0
    assert number(hass, SITE, "quota_used") == 10
    assert number(hass, SITE, "quota_left") == 9_990


async def test_restarts_cost_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: CloudServer, freezer: FrozenDateTimeFactory
) -> None:
    await pass_time(hass, freezer, 180, step=20)
    before = len(cloud.requests)
    keys = ("solar_power", "load_power", "solar_energy", "load_energy", "quota_used")
    shown = {key: number(hass, SITE, key) for key in keys}
    assert None not in shown.values()
    for _ in range(5):
        await restart(hass, entry)
    assert len(cloud.requests) == before
    assert {key: number(hass, SITE, key) for key in keys} == shown


async def test_polling_goes_on_after_a_restart(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: CloudServer, freezer: FrozenDateTimeFactory
) -> None:
    await pass_time(hass, freezer, 180, step=20)
    await restart(hass, entry)
    before = asked(cloud, SUMMARY)
    await pass_time(hass, freezer, 3600, step=60)
    assert asked(cloud, SUMMARY) - before >= 3


async def test_a_day_costs_no_more_than_the_months_share(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: CloudServer, freezer: FrozenDateTimeFactory
) -> None:
    await pass_time(hass, freezer, DAY, step=300)
    before, summaries = len(cloud.requests), asked(cloud, SUMMARY)
    await pass_time(hass, freezer, DAY, step=60)
    # Nothing is asked more often than a cloud is_heard of a site.
    assert 150 <= len(cloud.requests) - before <= 333
    assert 60 <= asked(cloud, SUMMARY) - summaries <= 97
    assert cloud.stats.over_quota.total() == 0


async def test_a_used_up_month_is_obeyed_and_told(
    hass: HomeAssistant,
    cloud: CloudServer,
    application: Application,
    freezer: FrozenDateTimeFactory,
    issue_registry: ir.IssueRegistry,
) -> None:
    application.usage.use(10_000, cloud.clock.now())
    entry = legacy_entry(cloud, application)
    await set_up(hass, entry)
    await pass_time(hass, freezer, 7200, step=600)
    before = len(cloud.requests)
    assert before <= 4
    await pass_time(hass, freezer, DAY, step=3600)
    assert len(cloud.requests) == before
    assert status(entry) is ConfigEntryState.LOADED
    assert number(hass, SITE, "quota_left") == 0
    assert issue_registry.async_get_issue(DOMAIN, f"quota_used_up_{entry.entry_id}") is not None
    shown = state(hass, "sensor", SITE, "next_update")
    assert shown is not None
    assert shown.state.startswith("2026-07-01")
    await pass_time(hass, freezer, 15 * DAY, step=3600)
    assert number(hass, SITE, "solar_energy") is not None
    assert issue_registry.async_get_issue(DOMAIN, f"quota_used_up_{entry.entry_id}") is None
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_used_up_minute_is_waited_for(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    cloud: CloudServer,
    application: Application,
    freezer: FrozenDateTimeFactory,
) -> None:
    await pass_time(hass, freezer, 3600, step=300)
    # Others with the same key took the whole minute.
    application.usage.minutes[int(cloud.clock.now() // 60)] += 10
    before = len(cloud.requests)
    for _ in range(2):
        with contextlib.suppress(HomeAssistantError):
            await raw(hass, "systems/{system_id}/summary")
    assert len(cloud.requests) == before + 1
    assert cloud.requests[-1].status == 409
    await pass_time(hass, freezer, 120, step=60)
    assert (await raw(hass, "systems/{system_id}/summary"))["status"] == 200


# -- the action ---------------------------------------------------------------------


async def test_every_endpoint_can_be_looked_at(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: CloudServer, freezer: FrozenDateTimeFactory
) -> None:
    endpoints = sorted(entry.runtime_data.adapter.endpoints)
    assert len(endpoints) == 13
    for endpoint in endpoints:
        await pass_time(hass, freezer, 60, step=60)
        answer = await raw(hass, endpoint)
        assert answer["status"] == 200, endpoint
        assert answer["body"]


# -- what fails ---------------------------------------------------------------------


async def test_a_key_that_is_refused_asks_for_another(
    hass: HomeAssistant, cloud: CloudServer, application: Application
) -> None:
    entry = legacy_entry(cloud, application, api_key="0" * 32)
    await set_up(hass, entry)
    assert status(entry) is ConfigEntryState.SETUP_ERROR
    assert reauths(hass) == 1
    assert len(cloud.requests) == 1


async def test_a_key_that_ends_asks_for_another_and_hardly_tries_on(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    cloud: CloudServer,
    application: Application,
    freezer: FrozenDateTimeFactory,
) -> None:
    cloud.world.legacy_users.clear()
    await pass_time(hass, freezer, 3600, step=300)
    assert reauths(hass) == 1
    before = len(cloud.requests)
    await pass_time(hass, freezer, 3600, step=300)
    assert len(cloud.requests) - before <= 4
    assert status(entry) is ConfigEntryState.LOADED
    cloud.add_legacy_user()
    await pass_time(hass, freezer, 3600, step=300)
    assert reauths(hass) == 0
    assert number(hass, SITE, "solar_power") is not None


@pytest.mark.parametrize("code", [403, 404, 410])
async def test_an_api_that_is_retired_is_told_and_what_is_known_stays(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    cloud: CloudServer,
    freezer: FrozenDateTimeFactory,
    issue_registry: ir.IssueRegistry,
    caplog: pytest.LogCaptureFixture,
    code: int,
) -> None:
    issue_id = f"api_retired_{entry.entry_id}"
    await pass_time(hass, freezer, 600, step=60)
    before = number(hass, SITE, "solar_energy"), number(hass, SITE, "load_energy")
    cloud.policy.v2_retired = code
    await pass_time(hass, freezer, 1800, step=300)
    assert issue_registry.async_get_issue(DOMAIN, issue_id) is None
    await pass_time(hass, freezer, 4 * 3600, step=300)
    assert issue_registry.async_get_issue(DOMAIN, issue_id) is not None
    assert (number(hass, SITE, "solar_energy"), number(hass, SITE, "load_energy")) == before
    assert len(loud(caplog)) <= 1
    assert reauths(hass) == 0
    requests = len(cloud.requests)
    await pass_time(hass, freezer, 2 * DAY, step=3600)
    assert 1 <= len(cloud.requests) - requests <= 3
    await restart(hass, entry)
    assert status(entry) is ConfigEntryState.LOADED
    assert (number(hass, SITE, "solar_energy"), number(hass, SITE, "load_energy")) == before
    assert issue_registry.async_get_issue(DOMAIN, issue_id) is not None


async def test_an_api_that_comes_back_is_used_again(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    cloud: CloudServer,
    freezer: FrozenDateTimeFactory,
    issue_registry: ir.IssueRegistry,
) -> None:
    issue_id = f"api_retired_{entry.entry_id}"
    await pass_time(hass, freezer, 600, step=60)
    before = number(hass, SITE, "solar_energy")
    cloud.policy.v2_retired = 410
    await pass_time(hass, freezer, 4 * 3600, step=300)
    assert issue_registry.async_get_issue(DOMAIN, issue_id) is not None
    cloud.policy.v2_retired = None
    await pass_time(hass, freezer, 2 * DAY, step=3600)
    assert issue_registry.async_get_issue(DOMAIN, issue_id) is None
    assert (number(hass, SITE, "solar_energy") or 0) > (before or 0)


async def test_a_retired_api_at_set_up_leaves_the_entry_loaded(
    hass: HomeAssistant,
    cloud: CloudServer,
    application: Application,
    freezer: FrozenDateTimeFactory,
    issue_registry: ir.IssueRegistry,
) -> None:
    cloud.policy.v2_retired = 410
    entry = legacy_entry(cloud, application)
    await set_up(hass, entry)
    assert status(entry) is ConfigEntryState.LOADED
    await pass_time(hass, freezer, 3 * 3600, step=300)
    assert issue_registry.async_get_issue(DOMAIN, f"api_retired_{entry.entry_id}") is not None
    assert len(cloud.requests) <= 20
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_cloud_that_cannot_be_reached_heals_by_itself(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    cloud: CloudServer,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await pass_time(hass, freezer, 600, step=60)
    fault = cloud.faults.add(Reset())
    await pass_time(hass, freezer, 6 * 3600, step=600)
    assert len(loud(caplog)) <= 1
    fault.remove()
    await pass_time(hass, freezer, 3 * 3600, step=600)
    before = number(hass, SITE, "solar_energy")
    assert number(hass, SITE, "solar_power") is not None
    await pass_time(hass, freezer, 3600, step=600)
    assert (number(hass, SITE, "solar_energy") or 0) > (before or 0)
