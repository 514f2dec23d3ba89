"""What a person sees while Tesla accepts no requests, and that a move of the account is remembered."""

from collections.abc import AsyncIterator

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant
from simulator.tesla_cloud import Application, Changed, Refuse, TeslaServer, TooMany
from tests.common import number, pass_time
from tests.test_repairs import issue

from .signing_in import HOME, asked, set_up_site

SITE = f"tesla_{HOME}"
LIVE = f"/api/1/energy_sites/{HOME}/live_status"
REGION = "/api/1/users/region"
HOUR = 3_600


@pytest.fixture
async def entry(hass: HomeAssistant, fleet: TeslaServer, application: Application) -> AsyncIterator[MockConfigEntry]:
    """Return an entry that works."""
    found = await set_up_site(hass, application)
    await hass.async_block_till_done(wait_background_tasks=True)
    yield found
    await hass.config_entries.async_unload(found.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_a_day_without_requests_is_told_until_it_is_over(
    hass: HomeAssistant, fleet: TeslaServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    fleet.faults.add(TooMany(86_400), LIVE, count=1)
    await pass_time(hass, freezer, 300, step=60)
    found = issue(hass, entry, "requests_paused")
    assert found is not None
    assert (found.translation_placeholders or {})["until"].startswith("2026-06-1")
    assert issue(hass, entry, "quota_used_up") is None
    fleet.requests.clear()
    await pass_time(hass, freezer, 23 * HOUR, step=600)
    assert asked(fleet) == []
    assert issue(hass, entry, "requests_paused") is not None
    await pass_time(hass, freezer, 2 * HOUR, step=60)
    assert issue(hass, entry, "requests_paused") is None
    assert number(hass, SITE, "solar_power") is not None


async def test_a_short_wait_is_not_told(
    hass: HomeAssistant, fleet: TeslaServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    fleet.faults.add(TooMany(600), LIVE, count=1)
    for _ in range(10):
        await pass_time(hass, freezer, 120, step=60)
        assert issue(hass, entry, "requests_paused") is None


async def test_the_region_that_an_account_moves_to_is_remembered(
    hass: HomeAssistant, fleet: TeslaServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    before = dict(entry.data)
    assert before["region"] == "na"
    fleet.faults.add(Refuse(421), LIVE, count=1)
    fleet.faults.add(Changed({"region": "eu"}), REGION)
    fleet.requests.clear()
    await pass_time(hass, freezer, 300, step=60)
    assert asked(fleet).count(f"GET {REGION}") == 1
    assert dict(entry.data) == {**before, "region": "eu"}
    assert number(hass, SITE, "solar_power") is not None
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.runtime_data.adapter.client.region == "eu"
