"""What a person sees of a site that Tesla refuses to show."""

from collections.abc import AsyncIterator

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from simulator.iq_gateway.faults import HttpStatus
from simulator.tesla_cloud import Application, Refuse, TeslaServer
from tests.common import number, pass_time, status, step
from tests.test_repairs import confirm, issue

from .signing_in import HOME, asked, paste, set_up_site

SITE = f"tesla_{HOME}"
LIVE = f"/api/1/energy_sites/{HOME}/live_status"
INFO = f"/api/1/energy_sites/{HOME}/site_info"
HISTORY = f"/api/1/energy_sites/{HOME}/calendar_history"
HOUR, DAY = 3_600, 86_400


@pytest.fixture
async def entry(hass: HomeAssistant, fleet: TeslaServer, application: Application) -> AsyncIterator[MockConfigEntry]:
    """Return an entry that works."""
    found = await set_up_site(hass, application)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert number(hass, SITE, "solar_power") is not None
    yield found
    await hass.config_entries.async_unload(found.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


def asked_for(fleet: TeslaServer, path: str) -> int:
    """Return how often a path was requested."""
    return asked(fleet).count(f"GET {path}")


def refuse_reading(fleet: TeslaServer) -> None:
    """Refuse to show anything of the site, as Tesla does to an application that the owner no longer allows it."""
    for path in (LIVE, INFO, HISTORY):
        fleet.faults.add(Refuse(403), path)


@pytest.mark.parametrize("fault", [HttpStatus(403), Refuse(403, "Forbidden")])
async def test_a_page_of_a_server_in_front_of_tesla_passes(
    hass: HomeAssistant,
    fleet: TeslaServer,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    fault: HttpStatus | Refuse,
) -> None:
    fleet.faults.add(fault)
    await pass_time(hass, freezer, HOUR, step=60)
    assert number(hass, SITE, "solar_power") is None
    assert issue(hass, entry, "read_permission_missing") is None
    fleet.faults.clear()
    await pass_time(hass, freezer, 1_800, step=60)
    assert number(hass, SITE, "solar_power") is not None


async def test_a_permission_that_was_removed_is_told_and_asked_for_once_an_hour(
    hass: HomeAssistant,
    fleet: TeslaServer,
    application: Application,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    refuse_reading(fleet)
    await pass_time(hass, freezer, 300, step=60)
    found = issue(hass, entry, "read_permission_missing")
    assert found is not None
    assert found.severity is ir.IssueSeverity.ERROR
    placeholders = found.translation_placeholders or {}
    assert placeholders["consent_url"].startswith(f"{fleet.url}/user/revoke/consent?revoke_client_id=")
    assert application.client_id in placeholders["consent_url"]
    fleet.requests.clear()
    await pass_time(hass, freezer, DAY, step=600)
    assert 20 <= asked_for(fleet, LIVE) <= 24
    assert len(asked(fleet)) <= 60
    fleet.faults.clear()
    fleet.requests.clear()
    await pass_time(hass, freezer, 2 * HOUR, step=60)
    assert issue(hass, entry, "read_permission_missing") is None
    assert number(hass, SITE, "solar_power") is not None
    # What else was refused is asked for again at once.
    assert asked_for(fleet, HISTORY)


async def test_a_feed_that_is_refused_alone_comes_back_within_a_day(
    hass: HomeAssistant, fleet: TeslaServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    fleet.faults.add(Refuse(403), HISTORY)
    await pass_time(hass, freezer, 2 * HOUR, step=60)
    fleet.faults.clear()
    fleet.requests.clear()
    await pass_time(hass, freezer, DAY + HOUR, step=600)
    assert entry.runtime_data.source.states["energy_today"].presence == "present"


async def test_a_reload_asks_again_for_what_was_refused(
    hass: HomeAssistant, fleet: TeslaServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    fleet.faults.add(Refuse(403), LIVE)
    await pass_time(hass, freezer, 300, step=60)
    assert issue(hass, entry, "read_permission_missing") is not None
    fleet.faults.clear()
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert issue(hass, entry, "read_permission_missing") is None
    assert number(hass, SITE, "solar_power") is not None


async def test_a_permission_that_is_still_missing_after_a_reload_leads_to_a_sign_in(
    hass: HomeAssistant, fleet: TeslaServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    refuse_reading(fleet)
    await pass_time(hass, freezer, 300, step=60)
    await pass_time(hass, freezer, DAY, step=1_200)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert issue(hass, entry, "read_permission_missing") is not None
    assert status(entry) is ConfigEntryState.SETUP_ERROR
    [flow] = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    fleet.faults.clear()
    result = await hass.config_entries.flow.async_configure(flow["flow_id"])
    result = await paste(hass, await step(hass, result, {"paste_code": True}))
    assert result["reason"] == "reauth_successful"
    await hass.async_block_till_done(wait_background_tasks=True)
    assert status(entry) is ConfigEntryState.LOADED
    assert issue(hass, entry, "read_permission_missing") is None
    assert number(hass, SITE, "solar_power") is not None


async def test_a_new_sign_in_asks_again_for_what_was_refused(
    hass: HomeAssistant, fleet: TeslaServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    refuse_reading(fleet)
    await pass_time(hass, freezer, 300, step=60)
    found = issue(hass, entry, "read_permission_missing")
    assert found is not None
    await confirm(hass, found)
    [flow] = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    result = await hass.config_entries.flow.async_configure(flow["flow_id"])
    fleet.faults.clear()
    result = await paste(hass, await step(hass, result, {"paste_code": True}))
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reauth_successful"
    await hass.async_block_till_done(wait_background_tasks=True)
    assert status(entry) is ConfigEntryState.LOADED
    assert issue(hass, entry, "read_permission_missing") is None
    assert number(hass, SITE, "solar_power") is not None
