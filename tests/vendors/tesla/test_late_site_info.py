"""A home whose `site_info` isn't answered during setup."""

from typing import Any

from freezegun.api import FrozenDateTimeFactory
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done

from custom_components.energy_site.const import DOMAIN
from homeassistant.components.recorder.core import Recorder
from homeassistant.components.recorder.statistics import list_statistic_ids
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.recorder import get_instance
from simulator.house import HouseConfig
from simulator.iq_gateway import Mutate
from simulator.tesla_cloud import Application, SiteDetails, TeslaServer, lived
from tests.common import pass_time
from tests.houses import MORNING
from tests.steering import settle

from .signing_in import HOME, set_up_site


async def test_a_solar_home_gets_its_own_entities_and_history_without_a_reload(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    entity_registry: er.EntityRegistry,
    fleet: TeslaServer,
    application: Application,
) -> None:
    site = lived(HouseConfig(), now=MORNING.timestamp(), days=3, details=SiteDetails(site_id=HOME, name="Sunny Home"))
    fleet.world.sites[HOME] = site
    asked: list[Any] = []

    def change(payload: Any) -> Any:
        # Only the dialog that adds the site gets an answer.
        asked.append(payload)
        return payload if len(asked) == 1 else {"response": None}

    fleet.faults.add(Mutate(change), site.path("site_info"))
    entry = await set_up_site(hass, application)
    await hass.async_block_till_done(wait_background_tasks=True)
    fleet.faults.clear()
    assert len(asked) > 1
    await pass_time(hass, freezer, 2 * 3600, step=600)
    await async_wait_recording_done(hass)
    keys = {each.unique_id for each in er.async_entries_for_config_entry(entity_registry, entry.entry_id)}
    assert [key for key in keys if "battery" in key] == []
    assert any("solar_power" in key for key in keys)
    found = await get_instance(hass).async_add_executor_job(list_statistic_ids, hass)
    names = {each["statistic_id"] for each in found if each["source"] == DOMAIN}
    flows = ("solar", "load", "grid_import", "grid_export")
    assert names == {f"{DOMAIN}:tesla_{HOME}_{flow}_energy" for flow in flows}
    await hass.config_entries.async_unload(entry.entry_id)
    await settle(hass)
