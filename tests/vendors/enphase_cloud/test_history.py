"""The past of a cloud's system as statistics, fetched with what the plan has to spare."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done

from custom_components.energy_site.const import DOMAIN
from homeassistant.components.recorder.core import Recorder
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.recorder import get_instance
from simulator.cloud.archive import Kind
from simulator.enphase_cloud import MEGAWATT, WATT, Application, CloudServer, CloudSystem
from tests.common import number, pass_time, set_up

from ...clouds import SITE, SYSTEM_ID, cloud_entry
from ...houses import MORNING
from .test_v2 import legacy_entry

FLOWS: tuple[Kind, ...] = ("solar", "load", "grid_import", "grid_export", "battery_charge", "battery_discharge")


@pytest.fixture
async def entry(
    recorder_mock: Recorder, hass: HomeAssistant, cloud: CloudServer, application: Application
) -> AsyncIterator[MockConfigEntry]:
    """Return an entry that is set up where there is a recorder."""
    found = await cloud_entry(hass, cloud, application)
    await set_up(hass, found)
    await async_wait_recording_done(hass)
    yield found
    await hass.async_block_till_done(wait_background_tasks=True)
    await hass.config_entries.async_unload(found.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


async def rows(hass: HomeAssistant, kind: str, start: datetime, end: datetime, period: str = "hour") -> list[Any]:
    """Return the statistics of a flow."""
    name = f"{DOMAIN}:{SITE}_{kind}_energy"
    found = await get_instance(hass).async_add_executor_job(
        statistics_during_period, hass, start, end, {name}, period, None, {"state", "sum", "change"}
    )
    return list(found.get(name, []))


async def test_all_of_life_is_there_within_a_day(
    hass: HomeAssistant, entry: MockConfigEntry, system: CloudSystem
) -> None:
    for kind in FLOWS:
        found = await rows(hass, kind, MORNING - timedelta(days=40), MORNING)
        horizon = datetime.fromtimestamp(system.horizon(MORNING.timestamp()), UTC)
        last = horizon.replace(minute=0, second=0, microsecond=0)
        truth = system.archive.energy(kind, system.archive.start, last.timestamp())
        assert found[-1]["sum"] * 1000 == pytest.approx(truth, rel=0.002, abs=5), kind


async def test_with_spare_requests_each_hour_is_the_houses_own(
    hass: HomeAssistant, entry: MockConfigEntry, system: CloudSystem, freezer: FrozenDateTimeFactory
) -> None:
    await pass_time(hass, freezer, 3 * 3600, step=1800)
    await async_wait_recording_done(hass)
    assert number(hass, SITE, "history_imported") == 100
    start = MORNING - timedelta(days=10)
    for kind in FLOWS:
        found = await rows(hass, kind, start, MORNING - timedelta(hours=1))
        assert len(found) == 10 * 24 - 1
        for row in found:
            truth = system.archive.energy(kind, row["start"], row["start"] + 3600)
            assert row["change"] * 1000 == pytest.approx(truth, abs=2), (kind, row)


@pytest.mark.parametrize("plan", [WATT])
async def test_on_the_free_plan_the_past_comes_bit_by_bit(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: CloudServer, freezer: FrozenDateTimeFactory
) -> None:
    await pass_time(hass, freezer, 2 * 3600, step=900)
    first = number(hass, SITE, "history_imported")
    await pass_time(hass, freezer, 86_400, step=3600)
    later = number(hass, SITE, "history_imported")
    assert first is not None
    assert later is not None
    assert first < later
    assert cloud.stats.over_quota.total() == 0


@pytest.mark.parametrize("plan", [WATT])
async def test_a_range_can_be_fetched_by_hand(
    hass: HomeAssistant, entry: MockConfigEntry, system: CloudSystem, freezer: FrozenDateTimeFactory
) -> None:
    freezer.tick(120)
    report = await hass.services.async_call(
        DOMAIN,
        "import_history",
        {"start": "2026-06-02", "end": "2026-06-02"},
        blocking=True,
        return_response=True,
    )
    await async_wait_recording_done(hass)
    assert report is not None
    assert report["requests"] != 0
    start = datetime(2026, 6, 2, 5, tzinfo=UTC)
    found = await rows(hass, "solar", start, start + timedelta(days=1))
    assert len(found) == 24
    assert sum(row["change"] for row in found) * 1000 == pytest.approx(
        system.archive.energy("solar", start.timestamp(), start.timestamp() + 86_400), abs=30
    )


async def test_an_end_before_its_start_is_refused(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await hass.services.async_call(
            DOMAIN, "import_history", {"start": "2026-06-02", "end": "2026-06-01"}, blocking=True
        )
    assert refused.value.translation_key == "end_before_start"


async def test_a_start_before_there_were_systems_is_refused(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await hass.services.async_call(
            DOMAIN, "import_history", {"start": "1999-12-31", "end": "2026-06-01"}, blocking=True
        )
    assert refused.value.translation_key == "start_too_early"
    await hass.services.async_call(DOMAIN, "cancel_import", {}, blocking=True)


@pytest.mark.parametrize("plan", [MEGAWATT])
async def test_a_restart_fetches_nothing_twice(
    hass: HomeAssistant, entry: MockConfigEntry, cloud: CloudServer, freezer: FrozenDateTimeFactory
) -> None:
    await pass_time(hass, freezer, 3 * 3600, step=1800)
    before = len(cloud.requests)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await async_wait_recording_done(hass)
    assert len(cloud.requests) - before <= 2


async def test_the_old_api_tells_how_far_its_past_was_fetched(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    cloud: CloudServer,
    application: Application,
    freezer: FrozenDateTimeFactory,
) -> None:
    found = legacy_entry(cloud, application)
    await set_up(hass, found)
    await pass_time(hass, freezer, 3 * 3600, step=1800)
    assert number(hass, f"enlighten_{SYSTEM_ID}", "history_imported") is not None
    await hass.config_entries.async_unload(found.entry_id)
