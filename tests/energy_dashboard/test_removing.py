"""What was added to the Energy dashboard can be taken back, and nothing else is."""

import json
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from custom_components.energy_site.energy_dashboard.memory import MEMORY, Memory
from homeassistant.components.energy.data import EnergyManager
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from .dashboard import add, by_type, choose, complaints, let_statistics_come, save, sources, submit, text

REMOVE = "energy_dashboard_remove"
GAS = {"type": "gas", "stat_energy_from": "sensor.gas", "stat_cost": None, "number_energy_price": 0.1}


async def remember_from_file(hass: HomeAssistant) -> Memory:
    """Forget what is in memory and load what was stored, as a restart does."""
    hass.data[MEMORY] = Memory(hass)
    await hass.data[MEMORY].async_load()
    return hass.data[MEMORY]


async def test_nothing_can_be_removed_that_was_not_added(
    hass: HomeAssistant, site: MockConfigEntry, manager: EnergyManager
) -> None:
    menu = await hass.config_entries.options.async_init(site.entry_id)
    assert REMOVE not in menu["menu_options"]


@pytest.mark.parametrize("preferences", [{"energy_sources": [GAS], "device_consumption": []}])
async def test_exactly_what_was_added_is_removed_also_after_a_restart(
    hass: HomeAssistant, site: MockConfigEntry, manager: EnergyManager
) -> None:
    before = json.dumps(manager.data)
    await add(hass, site)
    assert len(sources(manager)) == 4
    await remember_from_file(hass)
    form = await choose(hass, site, REMOVE)
    assert text(form, "removed") == "- **Grid**\n- **Solar**\n- **Battery**"
    assert len(sources(manager)) == 4, "it is shown first"
    assert (await submit(hass, form))["type"] is FlowResultType.CREATE_ENTRY
    assert json.dumps(manager.data) == before
    menu = await hass.config_entries.options.async_init(site.entry_id)
    assert REMOVE not in menu["menu_options"]


async def test_what_the_user_changed_is_kept_and_said(
    hass: HomeAssistant, site: MockConfigEntry, manager: EnergyManager
) -> None:
    await add(hass, site)
    [grid, solar, battery] = sources(manager)
    mine = {**solar, "name": "My roof"}
    await save(manager, [mine, battery])
    form = await choose(hass, site, REMOVE)
    assert "Solar: isn't removed, because you changed it" in text(form, "removed")
    assert "Grid: isn't in the Energy dashboard any more" in text(form, "removed")
    assert grid["type"] == "grid"
    await submit(hass, form)
    assert sources(manager) == [mine]


async def test_fields_that_a_later_version_adds_without_a_value_are_no_change(
    hass: HomeAssistant, site: MockConfigEntry, manager: EnergyManager
) -> None:
    await add(hass, site)
    found: Any = [{**source, "new_in_2027": None} for source in sources(manager)]
    await save(manager, found)
    await submit(hass, await choose(hass, site, REMOVE))
    assert sources(manager) == []


async def test_what_the_user_removed_already_is_said(
    hass: HomeAssistant, site: MockConfigEntry, manager: EnergyManager
) -> None:
    await add(hass, site)
    await save(manager, [])
    result = await choose(hass, site, REMOVE)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "energy_dashboard_removed_by_user"
    assert text(result, "remarks").count("any more") == 3
    menu = await hass.config_entries.options.async_init(site.entry_id)
    assert REMOVE not in menu["menu_options"]


async def test_what_changed_between_the_steps_is_shown_again(
    hass: HomeAssistant, site: MockConfigEntry, manager: EnergyManager
) -> None:
    await add(hass, site)
    form = await choose(hass, site, REMOVE)
    [grid, solar, _] = sources(manager)
    await save(manager, [grid, solar])
    form = await submit(hass, form)
    assert form["errors"] == {"base": "energy_dashboard_changed"}
    assert len(sources(manager)) == 2
    await submit(hass, form)
    assert sources(manager) == []


async def test_it_can_be_added_again(hass: HomeAssistant, site: MockConfigEntry, manager: EnergyManager) -> None:
    await add(hass, site)
    await submit(hass, await choose(hass, site, REMOVE))
    assert (await add(hass, site))["type"] is FlowResultType.CREATE_ENTRY
    assert set(by_type(manager)) == {"grid", "solar", "battery"}
    assert await complaints(hass) == []


async def test_it_can_be_removed_while_the_site_is_not_loaded(
    hass: HomeAssistant, site: MockConfigEntry, manager: EnergyManager
) -> None:
    await add(hass, site)
    await hass.config_entries.async_unload(site.entry_id)
    await submit(hass, await choose(hass, site, REMOVE))
    assert sources(manager) == []
    await hass.config_entries.async_setup(site.entry_id)


async def test_preferences_that_nobody_knows_are_left_alone(
    hass: HomeAssistant, site: MockConfigEntry, manager: EnergyManager
) -> None:
    await add(hass, site)
    odd: Any = {"energy_sources": 1}
    manager.data = odd
    result = await choose(hass, site, REMOVE)
    assert result["reason"] == "energy_dashboard_unreadable"
    assert manager.data is odd


async def test_an_entry_that_is_deleted_leaves_the_dashboard_as_it_is(
    hass: HomeAssistant, site: MockConfigEntry, manager: EnergyManager, hass_storage: dict[str, Any]
) -> None:
    await add(hass, site)
    assert site.entry_id in hass_storage["energy_site.energy_dashboard"]["data"]["sites"]
    await hass.config_entries.async_remove(site.entry_id)
    assert len(sources(manager)) == 3
    assert hass_storage["energy_site.energy_dashboard"]["data"]["sites"] == {}


async def test_an_entry_that_was_disabled_when_home_assistant_started_can_be_deleted(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    entry = MockConfigEntry(domain=DOMAIN, entry_id="off", disabled_by=ConfigEntryDisabler.USER)
    hass_storage["energy_site.energy_dashboard"] = {
        "version": 1,
        "minor_version": 1,
        "key": "energy_site.energy_dashboard",
        "data": {"sites": {"off": {"added": []}, "on": {"added": []}}},
    }
    entry.add_to_hass(hass)
    await hass.config_entries.async_remove(entry.entry_id)
    assert hass_storage["energy_site.energy_dashboard"]["data"]["sites"] == {"on": {"added": []}}


async def test_a_damaged_memory_loses_only_what_is_damaged(
    hass: HomeAssistant,
    site: MockConfigEntry,
    manager: EnergyManager,
    hass_storage: dict[str, Any],
    freezer: FrozenDateTimeFactory,
) -> None:
    await add(hass, site)
    stored = hass_storage["energy_site.energy_dashboard"]["data"]["sites"]
    stored[site.entry_id]["added"][0] = {"key": 1}
    stored[site.entry_id]["added"][1]["list"] = "gas"
    stored["another"] = "?"
    stored["third"] = {"added": 3}
    memory = await remember_from_file(hass)
    assert [each.name for each in memory.added(site.entry_id)] == ["Battery"]
    assert memory.was_offered("third")
    assert not memory.was_offered("another")
    await let_statistics_come(hass, freezer)
    await submit(hass, await choose(hass, site, REMOVE))
    assert [source["type"] for source in sources(manager)] == ["grid", "solar"]
