"""A cloud's limits: what is refused, by whom it was used up, and that nobody asks in vain."""

from collections.abc import AsyncIterator
from itertools import pairwise

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from simulator.enphase_cloud import PARTNER, WATT, Application, CloudServer, CloudSystem
from simulator.enphase_cloud.faults import OlderDevices, TooMany
from simulator.iq_gateway import HttpStatus
from tests.common import number, pass_time, step

from ...cloud import TOKEN, choose, finish, set_up_cloud
from ...clouds import SITE, SYSTEM_ID
from ...steering import Handle, settle

DEVICES = f"/api/v4/systems/{SYSTEM_ID}/devices"
HOUR, DAY = 3600, 86_400


@pytest.fixture
async def entry(hass: HomeAssistant, cloud: CloudServer, application: Application) -> AsyncIterator[MockConfigEntry]:
    """Return an entry that a person set up."""
    found = await set_up_cloud(hass, application, str(SYSTEM_ID), plan=application.plan.name.lower())
    await hass.async_block_till_done(wait_background_tasks=True)
    yield found
    await hass.async_block_till_done(wait_background_tasks=True)
    await hass.config_entries.async_unload(found.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


def repair(hass: HomeAssistant, entry: MockConfigEntry, key: str) -> ir.IssueEntry | None:
    """Return a repair of an entry."""
    return ir.async_get(hass).async_get_issue(DOMAIN, f"{key}_{entry.entry_id}")


# -- refusals -----------------------------------------------------------------------


@pytest.mark.parametrize("plan", [WATT])
async def test_refusals_that_go_on_for_hours_are_told_as_a_month_used_up_and_end_with_the_first_answer(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    cloud: CloudServer,
    application: Application,
    freezer: FrozenDateTimeFactory,
) -> None:
    assert repair(hass, entry, "quota_used_up") is None
    # Another program with the same key used everything.
    cloud.policy.period_in_429 = False
    application.usage.use(1000, cloud.clock.now())
    await pass_time(hass, freezer, 8 * HOUR, step=900)
    assert number(hass, SITE, "quota_left") == 0
    assert repair(hass, entry, "quota_used_up") is not None
    before = len(cloud.requests)
    await pass_time(hass, freezer, 2 * DAY, step=HOUR)
    assert 4 <= sum(each.path.startswith("/api/") for each in cloud.requests[before:]) <= 12
    application.usage.months.clear()
    await pass_time(hass, freezer, 8 * HOUR, step=HOUR)
    assert repair(hass, entry, "quota_used_up") is None
    assert (number(hass, SITE, "quota_left") or 0) > 800
    assert number(hass, SITE, "solar_power") is not None


@pytest.mark.parametrize("told", [{"period": "minute", "limit": 5}, {"period": "minute", "period_end": None}])
async def test_a_minute_that_is_full_is_over_after_a_minute(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    cloud: CloudServer,
    freezer: FrozenDateTimeFactory,
    told: dict[str, object],
) -> None:
    cloud.faults.add(TooMany(told=told), count=6)
    before = len(cloud.requests)
    await pass_time(hass, freezer, 35 * 60, step=30)
    times = [each.time for each in cloud.requests[before:]]
    assert [each.status for each in cloud.requests[before:]].count(429) == 6
    assert max(after - earlier for earlier, after in pairwise(times[:7])) <= 120
    assert number(hass, SITE, "quota_left") not in (0, None)


@pytest.mark.parametrize("plan", [PARTNER])
async def test_changes_that_are_used_up_stop_changes_and_no_reads(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    cloud: CloudServer,
    application: Application,
    freezer: FrozenDateTimeFactory,
) -> None:
    controls = Handle(hass, freezer, SITE)
    left = number(hass, SITE, "quota_left")
    application.usage.changes["PUT", "2026-06"] = 200
    for sent in (1, 1):
        with pytest.raises(HomeAssistantError) as refused:
            await controls.set("number", "backup_reserve", value=55, within=600)
        assert refused.value.translation_key == "control_no_changes"
        assert sum(each.method == "PUT" for each in cloud.requests) == sent
    assert repair(hass, entry, "quota_used_up") is None
    before = len(cloud.requests)
    await controls.wait(2 * HOUR, step=300)
    assert len(cloud.requests) - before > 8
    assert (number(hass, SITE, "quota_left") or 0) > (left or 0) - 100
    freezer.move_to("2026-07-01T06:00:00+00:00")
    await settle(hass)
    await controls.set("number", "backup_reserve", value=55, within=600)
    assert controls.shown("number", "backup_reserve") == "55.0"


# -- meters that do not tell what they are --------------------------------------------


async def test_a_meter_that_does_not_tell_its_type_is_asked_and_believed(
    hass: HomeAssistant, cloud: CloudServer, application: Application, system: CloudSystem
) -> None:
    cloud.faults.add(OlderDevices(), path=DEVICES)
    await set_up_cloud(hass, application, str(SYSTEM_ID), plan="megawatt")
    await hass.async_block_till_done(wait_background_tasks=True)
    horizon = system.horizon(system.house.time)
    for kind in ("load", "grid_import", "grid_export"):
        truth = system.archive.energy(kind, system.archive.start, horizon)
        assert number(hass, SITE, f"{kind}_energy") == pytest.approx(truth, abs=5), kind


async def test_a_meter_that_turns_out_to_measure_nothing_of_the_grid_is_not_asked_again(
    hass: HomeAssistant,
    cloud: CloudServer,
    application: Application,
    system: CloudSystem,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(type(system), "consumption_meter", None)
    cloud.faults.add(OlderDevices(), path=DEVICES)
    entry = await set_up_cloud(hass, application, str(SYSTEM_ID), plan="megawatt")
    await hass.async_block_till_done(wait_background_tasks=True)
    await pass_time(hass, freezer, 2 * DAY, step=HOUR)
    asked = [each.endpoint for each in cloud.requests]
    for path in ("telemetry/consumption_meter", "energy_import_telemetry", "consumption_lifetime"):
        assert sum(each.endpoint.endswith(path) for each in cloud.requests) <= 2, (path, asked)
    await hass.config_entries.async_unload(entry.entry_id)


# -- tokens ---------------------------------------------------------------------------


async def test_a_renewal_that_brings_no_new_refresh_token_keeps_the_old_one(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: CloudServer, freezer: FrozenDateTimeFactory
) -> None:
    cloud.tokens.rotates = cloud.tokens.tells_refresh = False
    kept = entry.data["token"]["refresh_token"]
    await pass_time(hass, freezer, 4 * DAY, step=2 * HOUR)
    renewals = [each for each in cloud.requests if each.path == TOKEN and each.method == "POST"]
    assert 4 <= len(renewals) <= 6
    assert all(each.status == 200 for each in renewals)
    assert entry.data["token"]["refresh_token"] == kept
    assert cloud.requests[-1].status == 200


async def test_a_refresh_token_that_is_dead_is_asked_once(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: CloudServer, freezer: FrozenDateTimeFactory
) -> None:
    cloud.tokens.revoke()
    before = len(cloud.requests)
    await pass_time(hass, freezer, 6 * HOUR, step=300)
    assert sum(each.path == TOKEN for each in cloud.requests[before:]) == 1
    flows = hass.config_entries.flow.async_progress()
    assert [flow["context"]["source"] for flow in flows] == [SOURCE_REAUTH]


# -- who is counted -------------------------------------------------------------------


async def test_what_the_set_up_of_the_old_api_asked_is_counted(
    hass: HomeAssistant, cloud: CloudServer, application: Application
) -> None:
    user = cloud.add_legacy_user()
    result = await step(hass, await choose(hass, "enlighten"), {"api_key": application.key, "user_id": user})
    entry = await finish(hass, result, str(SYSTEM_ID))
    await hass.async_block_till_done(wait_background_tasks=True)
    assert number(hass, f"enlighten_{SYSTEM_ID}", "quota_used") == len(cloud.requests)
    await hass.config_entries.async_unload(entry.entry_id)


# -- what always fails ----------------------------------------------------------------


@pytest.mark.parametrize("plan", [WATT])
async def test_what_fails_for_a_day_is_asked_rarely_and_explained(
    hass: HomeAssistant,
    cloud: CloudServer,
    application: Application,
    freezer: FrozenDateTimeFactory,
) -> None:
    names = ("energy_import_telemetry", "energy_export_telemetry", "energy_import_lifetime", "energy_export_lifetime")
    paths = [f"/api/v4/systems/{SYSTEM_ID}/{name}" for name in names]
    broken = cloud.faults.add(HttpStatus(500, as_json=True), path=paths)
    entry = await set_up_cloud(hass, application, str(SYSTEM_ID))
    await hass.async_block_till_done(wait_background_tasks=True)
    await pass_time(hass, freezer, 2 * DAY, step=2 * HOUR)
    found = repair(hass, entry, "cloud_incomplete")
    assert found is not None
    assert found.translation_placeholders is not None
    assert "energy import" in found.translation_placeholders["values"]
    before = broken.hits
    await pass_time(hass, freezer, 4 * DAY, step=2 * HOUR)
    assert 4 <= broken.hits - before <= 12
    assert number(hass, SITE, "solar_power") is not None
    broken.remove()
    await pass_time(hass, freezer, 3 * DAY, step=2 * HOUR)
    assert repair(hass, entry, "cloud_incomplete") is None
    assert number(hass, SITE, "grid_import_energy") is not None
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_cloud_that_was_out_as_a_whole_is_not_told_to_answer_in_part(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: CloudServer, freezer: FrozenDateTimeFactory
) -> None:
    names = {path for path in (each.path for each in cloud.requests) if path.startswith("/api/")}
    out = cloud.faults.add(HttpStatus(503), path=names)
    await pass_time(hass, freezer, 42 * HOUR, step=2 * HOUR)
    assert out.hits > 20
    out.remove()
    for _ in range(4):
        await pass_time(hass, freezer, HOUR, step=HOUR)
        assert repair(hass, entry, "cloud_incomplete") is None
    assert any(each.path.endswith("energy_import_telemetry") for each in cloud.requests[-100:])
