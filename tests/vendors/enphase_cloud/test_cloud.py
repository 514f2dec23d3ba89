"""A system in the cloud, from its entry to its entities, with as few requests as there are."""

from collections.abc import AsyncIterator
from datetime import datetime
import json
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from custom_components.energy_site.diagnostics import async_get_config_entry_diagnostics
from custom_components.energy_site.vendors.enphase_cloud.source.v4 import diagnostic_endpoints, feeds
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
from simulator.cloud.archive import Kind
from simulator.enphase_cloud import MEGAWATT, WATT, Application, CloudServer, CloudSystem, ConfigPaths
from simulator.house import House
from simulator.iq_gateway import HttpStatus, Reset
from tests.common import entity_id, number, pass_time, set_up, state, status

from ...clouds import SITE, SYSTEM_ID, cloud_entry, usual_system
from ...houses import MORNING, FrozenClock
from ...steering import begin, wait

ENERGIES: tuple[Kind, ...] = (
    "solar",
    "load",
    "grid_import",
    "grid_export",
    "battery_charge",
    "battery_discharge",
)


def reported(system: CloudSystem, at: datetime) -> House:
    """Return the house, whose data are some minutes old in the cloud."""
    assert system.horizon(at.timestamp()) <= at.timestamp()
    return system.house


@pytest.fixture
async def entry(hass: HomeAssistant, cloud: CloudServer, application: Application) -> AsyncIterator[MockConfigEntry]:
    """Return an entry that is set up."""
    found = await cloud_entry(hass, cloud, application)
    await set_up(hass, found)
    yield found
    await hass.async_block_till_done(wait_background_tasks=True)
    await hass.config_entries.async_unload(found.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


async def restart(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Unload the entry and set it up again."""
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


# -- what is shown ------------------------------------------------------------------


async def test_power_adds_up_by_the_signs_of_every_source(
    hass: HomeAssistant, entry: MockConfigEntry, system: CloudSystem
) -> None:
    assert status(entry) is ConfigEntryState.LOADED
    solar, grid, battery, load = (number(hass, SITE, f"{flow}_power") for flow in ("solar", "grid", "battery", "load"))
    assert solar is not None
    assert grid is not None
    assert battery is not None
    assert solar + grid + battery == pytest.approx(load, abs=2)
    horizon = system.horizon(system.house.time)
    assert solar == pytest.approx(system.archive.power("solar", horizon - 900, horizon), abs=300)


async def test_counters_are_what_was_reported_of_the_houses_life(
    hass: HomeAssistant, entry: MockConfigEntry, system: CloudSystem
) -> None:
    horizon = system.horizon(system.house.time)
    for kind in ENERGIES:
        truth = system.archive.energy(kind, system.archive.start, horizon)
        assert number(hass, SITE, f"{kind}_energy") == pytest.approx(truth, abs=3), kind


async def test_the_quota_is_shown(hass: HomeAssistant, entry: MockConfigEntry, cloud: CloudServer) -> None:
    assert number(hass, SITE, "quota_used") == len(cloud.requests)
    assert number(hass, SITE, "quota_left") == MEGAWATT.per_month - len(cloud.requests)
    shown = state(hass, "sensor", SITE, "next_update")
    assert shown is not None
    assert shown.state > "2026-06-15T16:00"


async def test_a_counter_never_falls_from_one_day_to_the_next(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    last: dict[str, float] = {}
    for _ in range(30):
        await pass_time(hass, freezer, 3600, step=3600)
        for counter in ("solar", "load", "grid_import", "grid_export"):
            shown = number(hass, SITE, f"{counter}_energy")
            assert shown is not None
            assert shown >= last.get(counter, 0.0)
            last[counter] = shown


# -- the plan and its quota -----------------------------------------------------------


@pytest.mark.parametrize("plan", [WATT])
async def test_what_the_plan_lacks_is_absent_and_no_error(
    hass: HomeAssistant, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    assert status(entry) is ConfigEntryState.LOADED
    assert entity_id(hass, "number", SITE, "backup_reserve") is None
    assert entity_id(hass, "switch", SITE, "storm_guard") is None
    assert number(hass, SITE, "battery_level") is not None
    assert not [
        record for record in caplog.records if record.levelname in ("WARNING", "ERROR") and DOMAIN in record.name
    ]
    assert not [
        flow for flow in hass.config_entries.flow.async_progress() if flow["context"]["source"] == SOURCE_REAUTH
    ]


@pytest.mark.parametrize("plan", [WATT])
async def test_restarts_cost_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: CloudServer, freezer: FrozenDateTimeFactory
) -> None:
    await pass_time(hass, freezer, 120, step=30)
    before, power = len(cloud.requests), number(hass, SITE, "solar_power")
    for _ in range(5):
        await restart(hass, entry)
    assert len(cloud.requests) == before
    assert number(hass, SITE, "solar_power") == power
    assert number(hass, SITE, "quota_used") == before


@pytest.mark.parametrize("plan", [WATT])
async def test_a_day_costs_no_more_than_a_months_share(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: CloudServer, freezer: FrozenDateTimeFactory
) -> None:
    await pass_time(hass, freezer, 86_400, step=600)
    before = len(cloud.requests)
    await pass_time(hass, freezer, 86_400, step=600)
    # The month is half over, so that what is left may be spent at twice the rate.
    assert 20 <= len(cloud.requests) - before <= 66
    assert cloud.stats.over_quota.total() == 0


@pytest.mark.parametrize("plan", [WATT])
async def test_a_month_without_requests_is_told_and_asks_nothing(
    hass: HomeAssistant,
    cloud: CloudServer,
    application: Application,
    freezer: FrozenDateTimeFactory,
    issue_registry: ir.IssueRegistry,
) -> None:
    application.usage.use(1000, cloud.clock.now())
    entry = await cloud_entry(hass, cloud, application)
    await set_up(hass, entry)
    await pass_time(hass, freezer, 7200, step=600)
    asked = len(cloud.requests)
    await pass_time(hass, freezer, 86_400, step=3600)
    assert len(cloud.requests) == asked
    assert asked <= 4
    assert status(entry) is ConfigEntryState.LOADED
    assert issue_registry.async_get_issue(DOMAIN, f"quota_used_up_{entry.entry_id}") is not None
    assert number(hass, SITE, "quota_left") == 0
    # With the next month everything comes by itself.
    await pass_time(hass, freezer, 16 * 86_400, step=3600)
    assert number(hass, SITE, "solar_energy") is not None
    assert issue_registry.async_get_issue(DOMAIN, f"quota_used_up_{entry.entry_id}") is None


# -- what fails -------------------------------------------------------------------------


async def test_an_endpoint_that_fails_costs_its_own_values_only(
    hass: HomeAssistant, cloud: CloudServer, application: Application
) -> None:
    cloud.faults.add(HttpStatus(500), f"/api/v4/systems/{SYSTEM_ID}/telemetry/battery")
    entry = await cloud_entry(hass, cloud, application)
    await set_up(hass, entry)
    assert number(hass, SITE, "battery_level") is None
    assert number(hass, SITE, "solar_power") is not None


async def test_a_silent_cloud_is_logged_once_and_heals(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    cloud: CloudServer,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.clear()
    fault = cloud.faults.add(HttpStatus(503))
    await pass_time(hass, freezer, 6 * 3600, step=600)
    loud = [record for record in caplog.records if record.levelname in ("WARNING", "ERROR") and DOMAIN in record.name]
    assert len(loud) <= 1
    fault.remove()
    await pass_time(hass, freezer, 6 * 3600, step=600)
    assert number(hass, SITE, "solar_power") is not None


async def test_while_the_cloud_is_out_nothing_is_polled_more_often_than_before(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: CloudServer, freezer: FrozenDateTimeFactory
) -> None:
    source = entry.runtime_data.source
    fault = cloud.faults.add(Reset())
    await pass_time(hass, freezer, 2 * 3600, step=20)
    assert source.outage is not None
    # A failed poll without a request costs no quota, but the event loop and the recorder.
    assert sum(feed.failures for feed in source.states.values()) < 8 * len(source.states)
    fault.remove()
    await pass_time(hass, freezer, 2 * 3600, step=600)
    assert source.outage is None
    assert number(hass, SITE, "solar_power") is not None


async def test_refresh_tokens_rotate_and_are_kept(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: CloudServer, freezer: FrozenDateTimeFactory
) -> None:
    first = entry.data["token"]["refresh_token"]
    await pass_time(hass, freezer, 2 * 86_400, step=7200)
    assert entry.data["token"]["refresh_token"] != first
    assert number(hass, SITE, "solar_power") is not None
    await restart(hass, entry)
    assert status(entry) is ConfigEntryState.LOADED


async def test_a_consent_that_was_withdrawn_asks_for_another(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: CloudServer, freezer: FrozenDateTimeFactory
) -> None:
    cloud.tokens.revoke()
    await pass_time(hass, freezer, 86_400, step=1800)
    flows = [flow for flow in hass.config_entries.flow.async_progress() if flow["context"]["source"] == SOURCE_REAUTH]
    assert len(flows) == 1


# -- controls -----------------------------------------------------------------------------


async def steer(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, platform: str, key: str, service: str, **data: Any
) -> None:
    """Call a service and let time pass until it has an outcome."""
    task = await begin(hass, platform, service, {"entity_id": entity_id(hass, platform, SITE, key), **data})
    for _ in range(60):
        if task.done():
            break
        await wait(hass, freezer, 5, step=5)
    await task


@pytest.mark.parametrize("paths", list(ConfigPaths))
async def test_a_setting_is_confirmed_by_reading_it_back(
    hass: HomeAssistant,
    cloud: CloudServer,
    application: Application,
    system: CloudSystem,
    freezer: FrozenDateTimeFactory,
    paths: ConfigPaths,
) -> None:
    cloud.policy.config_paths = paths
    entry = await cloud_entry(hass, cloud, application)
    await set_up(hass, entry)
    await steer(hass, freezer, "number", "backup_reserve", "set_value", value=45)
    assert system.house.battery is not None
    assert system.house.battery.settings.reserve == 45
    shown = state(hass, "number", SITE, "backup_reserve")
    assert shown is not None
    assert shown.state == "45.0"
    await steer(hass, freezer, "select", "operating_mode", "select_option", option="savings")
    assert system.house.battery.settings.mode == "economy"
    await steer(hass, freezer, "switch", "storm_guard", "turn_off")
    assert system.settings.storm_guard is False
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize("plan", [WATT])
async def test_polling_goes_on_after_a_restart(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: CloudServer, freezer: FrozenDateTimeFactory
) -> None:
    await restart(hass, entry)
    before = len(cloud.requests)
    await pass_time(hass, freezer, 8 * 3600, step=900)
    assert len(cloud.requests) - before >= 6


async def test_a_counter_waits_until_its_life_is_known(
    hass: HomeAssistant, cloud: CloudServer, application: Application
) -> None:
    cloud.faults.add(HttpStatus(500), f"/api/v4/systems/{SYSTEM_ID}/consumption_lifetime")
    entry = await cloud_entry(hass, cloud, application)
    await set_up(hass, entry)
    assert number(hass, SITE, "load_energy") is None
    assert number(hass, SITE, "grid_import_energy") is not None
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_roof_of_several_pages_is_shown_whole(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, socket_enabled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    freezer.move_to(MORNING)
    large = usual_system(MORNING.timestamp(), preset="large", days=1)
    async with CloudServer([large], clock=FrozenClock()) as cloud:
        monkeypatch.setenv("ENERGY_SITE_ENPHASE_API", cloud.url)
        entry = await cloud_entry(hass, cloud, cloud.add_application("test", plan=MEGAWATT))
        await set_up(hass, entry)
        await pass_time(hass, freezer, 120, step=30)
        shown = state(hass, "sensor", SITE, "inverters_reporting")
        assert shown is not None
        assert shown.state == "600"
        await hass.config_entries.async_unload(entry.entry_id)


async def test_each_battery_has_its_level(hass: HomeAssistant, entry: MockConfigEntry, cloud: CloudServer) -> None:
    levels = [
        found.state
        for found in hass.states.async_all("sensor")
        if found.entity_id.startswith("sensor.battery_") and found.entity_id.endswith("_level")
    ]
    assert len(levels) == 2
    assert all(0 < float(level) <= 100 for level in levels)


@pytest.mark.parametrize(
    "endpoint",
    sorted(
        endpoint
        for endpoint in {*diagnostic_endpoints.ALL, feeds.PRODUCTION_METER.endpoint, feeds.PRODUCTION_MICRO.endpoint}
        if "ev_charger" not in endpoint
    ),
)
async def test_what_is_not_polled_can_be_seen_by_hand(
    hass: HomeAssistant, entry: MockConfigEntry, endpoint: str
) -> None:
    answer: Any = await hass.services.async_call(
        DOMAIN, "get_raw", {"endpoint": endpoint}, blocking=True, return_response=True
    )
    assert answer["status"] == 200
    assert str(SYSTEM_ID) not in str(answer["body"])


async def raw(hass: HomeAssistant, endpoint: str, **parameters: object) -> Any:
    """Ask for an endpoint's answer with these parameters."""
    data = {"endpoint": endpoint, "parameters": parameters}
    return await hass.services.async_call(DOMAIN, "get_raw", data, blocking=True, return_response=True)


async def test_an_answer_of_another_day_can_be_seen_by_hand_and_is_not_taken_for_todays(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    client = entry.runtime_data.adapter.client
    before = dict(client.recorded)
    lifetime = "systems/{system_id}/energy_lifetime"
    usual = (await raw(hass, lifetime))["body"]
    answer = (await raw(hass, lifetime, start_date="2026-06-01", end_date="2026-06-03", production="all"))["body"]
    assert answer["start_date"] == "2026-06-01"
    assert len(answer["production"]) == 3
    assert answer["micro_production"]
    assert "micro_production" not in usual
    summary = (await raw(hass, "systems/{system_id}/summary", summary_date="2026-06-02"))["body"]
    assert summary["summary_date"] == "2026-06-02"
    assert client.recorded.keys() >= before.keys()
    assert b"micro_production" not in client.recorded[lifetime].body
    assert (await raw(hass, lifetime))["body"] == usual


@pytest.mark.parametrize(
    ("parameters", "key"),
    [
        ({"start_date": "yesterday"}, "invalid_parameter"),
        ({"start_date": "1999-12-31"}, "invalid_parameter"),
        ({"start_date": "2026-02-30"}, "invalid_parameter"),
        ({"end_at": "-1"}, "invalid_parameter"),
        ({"end_at": "1e9"}, "invalid_parameter"),
        ({"end_at": 99_999_999_999}, "invalid_parameter"),
        ({"production": "all&key=x"}, "invalid_parameter"),
        ({"granularity": "../../systems"}, "invalid_parameter"),
        ({"key": "x"}, "unknown_parameter"),
        ({"user_id": "x"}, "unknown_parameter"),
        ({"system_id": "1"}, "unknown_parameter"),
    ],
)
async def test_a_parameter_that_cannot_be_meant_costs_no_request(
    hass: HomeAssistant, entry: MockConfigEntry, parameters: dict[str, Any], key: str
) -> None:
    recorded = entry.runtime_data.adapter.client.recorded
    before = dict(recorded)
    with pytest.raises(ServiceValidationError) as refused:
        await raw(hass, "systems/{system_id}/energy_lifetime", **parameters)
    assert refused.value.translation_key == key
    assert recorded == before


async def test_a_setting_without_a_request_left_says_so(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: CloudServer, freezer: FrozenDateTimeFactory
) -> None:
    entry.runtime_data.source.planner.record_rate_limited(dt_util.utcnow(), period="month")
    with pytest.raises(HomeAssistantError) as refused:
        await steer(hass, freezer, "number", "backup_reserve", "set_value", value=45)
    assert refused.value.translation_key == "control_quota"
    with pytest.raises(HomeAssistantError) as silent:
        await hass.services.async_call(DOMAIN, "refresh", {}, blocking=True)
    assert silent.value.translation_key == "no_requests_left"


async def test_a_circuit_without_a_level_can_be_given_to_the_battery(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    target = next(found.entity_id for found in hass.states.async_all("select") if "water_heater" in found.entity_id)
    task = await begin(hass, "select", "select_option", {"entity_id": target, "option": "battery_level"})
    for _ in range(60):
        if task.done():
            break
        await wait(hass, freezer, 5, step=5)
    await task
    shown = hass.states.get(target)
    assert shown is not None
    assert shown.state == "battery_level"


async def test_diagnostics_tell_nothing_of_whose_the_system_is(
    hass: HomeAssistant, entry: MockConfigEntry, application: Application
) -> None:
    told = json.dumps(await async_get_config_entry_diagnostics(hass, entry), default=str)
    secrets = (application.key, application.client_id, application.client_secret, entry.data["token"]["access_token"])
    for secret in (*secrets, entry.data["token"]["refresh_token"], f'"{SYSTEM_ID}"', f": {SYSTEM_ID},"):
        assert secret not in told


async def test_a_restart_knows_each_battery_and_asks_nothing_again(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: CloudServer
) -> None:
    def levels() -> dict[str, str]:
        found = hass.states.async_all("sensor")
        ids = [each for each in found if each.entity_id.startswith("sensor.battery_")]
        return {each.entity_id: each.state for each in ids if each.entity_id.endswith("_level")}

    before, asked = levels(), len(cloud.requests)
    assert len(before) == 2
    await restart(hass, entry)
    assert levels() == before
    assert len(cloud.requests) == asked


async def test_a_roof_of_several_pages_is_whole_after_a_restart(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, socket_enabled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    freezer.move_to(MORNING)
    large = usual_system(MORNING.timestamp(), preset="large", days=1)
    async with CloudServer([large], clock=FrozenClock()) as cloud:
        monkeypatch.setenv("ENERGY_SITE_ENPHASE_API", cloud.url)
        entry = await cloud_entry(hass, cloud, cloud.add_application("test", plan=MEGAWATT))
        await set_up(hass, entry)
        await pass_time(hass, freezer, 120, step=30)
        await restart(hass, entry)
        shown = state(hass, "sensor", SITE, "inverters_reporting")
        assert shown is not None
        assert shown.state == "600"
        await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize("plan", [WATT])
async def test_when_the_month_is_used_up_old_power_is_not_shown_as_that_of_now(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory, issue_registry: ir.IssueRegistry
) -> None:
    total = number(hass, SITE, "solar_energy")
    assert number(hass, SITE, "solar_power") is not None
    entry.runtime_data.source.planner.record_rate_limited(dt_util.utcnow(), period="month")
    await pass_time(hass, freezer, 10 * 3600, step=1800)
    assert number(hass, SITE, "solar_power") is None
    assert number(hass, SITE, "solar_energy") == total
    assert number(hass, SITE, "quota_left") == 0
    assert issue_registry.async_get_issue(DOMAIN, f"quota_used_up_{entry.entry_id}") is not None
