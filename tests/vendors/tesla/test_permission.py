"""What a person sees of a site that their consent or their application doesn't give everything for."""

import json
from pathlib import Path
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from simulator.tesla_cloud import COMMANDS, Application, Refuse, TeslaServer
from tests.common import entity_id, pass_time, state, status, step
from tests.test_repairs import confirm, issue

from .signing_in import HOME, asked, paste, set_up_site

SITE = f"tesla_{HOME}"
ROOT = Path(__file__).parents[3]
REPAIRS = ROOT / "docs/repairs.md"
TEXTS = json.loads((ROOT / "custom_components/energy_site/translations/en.json").read_text())["issues"]
DAY = 86_400
CONTROLS = {"number": "backup_reserve", "select": "operating_mode", "switch": "storm_guard"}


@pytest.fixture
async def entry(hass: HomeAssistant, fleet: TeslaServer, application: Application) -> Any:
    """Return an entry of an owner who left the box of commands empty."""
    fleet.policy.unticked = frozenset({COMMANDS})
    found = await set_up_site(hass, application)
    await hass.async_block_till_done(wait_background_tasks=True)
    yield found
    await hass.config_entries.async_unload(found.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_a_site_that_may_only_be_read_says_so_and_gets_its_controls_with_another_consent(
    hass: HomeAssistant, fleet: TeslaServer, application: Application, entry: MockConfigEntry
) -> None:
    assert status(entry) is ConfigEntryState.LOADED
    assert state(hass, "sensor", SITE, "battery_level") is not None
    assert [key for platform, key in CONTROLS.items() if entity_id(hass, platform, SITE, key)] == []
    found = issue(hass, entry, "consent_missing")
    assert found is not None
    placeholders = found.translation_placeholders or {}
    assert placeholders["consent_url"].startswith(f"{fleet.url}/user/revoke/consent?revoke_client_id=")
    assert application.client_id in placeholders["consent_url"]
    assert not [
        flow
        for flow in hass.config_entries.flow.async_progress_by_handler(DOMAIN)
        if flow["context"]["source"] == SOURCE_REAUTH
    ]
    await confirm(hass, found)
    [flow] = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    fleet.policy.unticked = frozenset()
    result = await hass.config_entries.flow.async_configure(flow["flow_id"])
    result = await paste(hass, await step(hass, result, {"paste_code": True}))
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reauth_successful"
    await hass.async_block_till_done(wait_background_tasks=True)
    assert status(entry) is ConfigEntryState.LOADED
    assert [key for platform, key in CONTROLS.items() if not entity_id(hass, platform, SITE, key)] == []
    assert issue(hass, entry, "consent_missing") is None


async def test_a_permission_that_is_withdrawn_takes_the_controls_along(
    hass: HomeAssistant, fleet: TeslaServer, entry: MockConfigEntry
) -> None:
    async def sign_in_again(unticked: frozenset[str]) -> None:
        fleet.policy.unticked = unticked
        entry.async_start_reauth(hass)
        await hass.async_block_till_done()
        [flow] = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
        result = await hass.config_entries.flow.async_configure(flow["flow_id"])
        result = await paste(hass, await step(hass, result, {"paste_code": True}))
        assert result["reason"] == "reauth_successful"
        await hass.async_block_till_done(wait_background_tasks=True)

    await sign_in_again(frozenset())
    assert [key for platform, key in CONTROLS.items() if not entity_id(hass, platform, SITE, key)] == []
    await sign_in_again(frozenset({COMMANDS}))
    assert status(entry) is ConfigEntryState.LOADED
    registered = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    assert [each.entity_id for each in registered if each.domain in CONTROLS] == []
    assert state(hass, "sensor", SITE, "battery_level") is not None
    await sign_in_again(frozenset())
    assert [key for platform, key in CONTROLS.items() if not state(hass, platform, SITE, key)] == []


async def test_a_disabled_application_is_told_and_asked_with_little_until_it_works_again(
    hass: HomeAssistant,
    fleet: TeslaServer,
    application: Application,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    application.disabled = True
    await pass_time(hass, freezer, 1_800, step=60)
    found = issue(hass, entry, "application_disabled")
    assert found is not None
    assert found.severity is ir.IssueSeverity.ERROR
    application.disabled = False
    await pass_time(hass, freezer, 7_200, step=60)
    assert issue(hass, entry, "application_disabled") is None


async def test_an_application_that_is_disabled_at_set_up_is_told(
    hass: HomeAssistant,
    fleet: TeslaServer,
    application: Application,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    application.disabled = True
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    # It is set up with what was known before.
    assert status(entry) is ConfigEntryState.LOADED
    await pass_time(hass, freezer, 120, step=60)
    assert issue(hass, entry, "application_disabled") is not None


async def test_an_application_that_is_no_longer_registered_leads_to_the_registration(
    hass: HomeAssistant, fleet: TeslaServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    fleet.faults.add(Refuse(412))
    await pass_time(hass, freezer, 300, step=60)
    [flow] = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    result = await hass.config_entries.flow.async_configure(flow["flow_id"])
    fleet.faults.clear()
    fleet.faults.add(Refuse(412), "/api/1/products")
    result = await paste(hass, await step(hass, result, {"paste_code": True}))
    assert result["step_id"] == "tesla_registration"


async def test_a_stale_site_is_told_after_a_while_and_asked_for_as_often_as_the_repair_says(
    hass: HomeAssistant, fleet: TeslaServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    fleet.world.sites[HOME].set_behaviour(status=404)
    await pass_time(hass, freezer, 4 * 3_600, step=300)
    assert issue(hass, entry, "site_stale") is not None
    await pass_time(hass, freezer, DAY, step=600)
    fleet.requests.clear()
    await pass_time(hass, freezer, DAY, step=600)
    assert 10 <= asked(fleet).count(f"GET /api/1/energy_sites/{HOME}/live_status") <= 12
    section = REPAIRS.read_text().partition('<a id="site-stale"></a>')[2].partition("<a id=")[0]
    for told in (TEXTS["site_stale"]["description"], " ".join(section.split())):
        assert "Home Assistant tries every two hours" in told
    fleet.world.sites[HOME].set_behaviour(status=None)
    await pass_time(hass, freezer, 4 * 3_600, step=300)
    assert issue(hass, entry, "site_stale") is None
