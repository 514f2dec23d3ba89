"""Moves and undos that fail or are torn: everything is as it was, or can be tried again."""

import logging
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from custom_components.energy_site.moving.journal import JOURNAL
from custom_components.energy_site.moving.machine import async_load_journal
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.helpers.entity_registry import EntityRegistry
from simulator.iq_gateway import GatewayServer
from tests.common import gateway_entry, set_up

from .common import CORE, answer, choose, ended, offers
from .home import Home

pytestmark = pytest.mark.parametrize("preset", ["single_phase"])


@pytest.fixture
async def moved(hass: HomeAssistant, gateway: GatewayServer, old: MockConfigEntry) -> Home:
    """Return a home that moved into an entry that a test removes."""
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    found = Home(hass, gateway, entry, old)
    er.async_get(hass).async_update_entity(found.old_id("production"), name="My panels")
    await found.move_in()
    return found


async def test_removing_our_entry_gives_the_entities_back(hass: HomeAssistant, moved: Home) -> None:
    [solar] = (entity.entity_id for entity in er.async_get(hass).entities.values() if entity.name == "My panels")
    await hass.config_entries.async_remove(moved.entry.entry_id)
    assert moved.owner_of(solar) == (CORE, f"{moved.serial}_production")
    await hass.config_entries.async_set_disabled_by(moved.old.entry_id, None)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert moved.shows(solar)
    assert er.async_get(hass).entities[solar].name == "My panels"
    assert hass.data[JOURNAL].of(moved.entry.entry_id) == ()


async def test_a_move_after_which_our_site_does_not_come_back_is_undone(hass: HomeAssistant, home: Home) -> None:
    result = await home.look()
    with patch("custom_components.energy_site.async_setup_entry", return_value=False):
        result = await answer(hass, result)
    assert ended(result) == "not_set_up_again"
    await hass.config_entries.async_reload(home.entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not home.changes()
    assert home.old.state is ConfigEntryState.LOADED


async def test_an_old_entry_that_cannot_be_stopped_keeps_everything(hass: HomeAssistant, home: Home) -> None:
    result = await home.look()
    with patch("homeassistant.components.enphase_envoy.async_unload_entry", return_value=False):
        result = await answer(hass, result)
    assert ended(result) == "old_entry_not_stopped"
    assert home.old.disabled_by is None
    assert home.entry.state is ConfigEntryState.LOADED
    assert not home.changes()


@pytest.mark.parametrize("at", [0, 5])
async def test_an_entity_that_cannot_be_handed_over_leaves_all_of_them_where_they_were(
    hass: HomeAssistant, at: int, home: Home
) -> None:
    result, calls = await home.look(), 0
    update = EntityRegistry.async_update_entity_platform

    def refuse(self: EntityRegistry, *args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == at + 1:
            raise ValueError("in use")
        return update(self, *args, **kwargs)

    with patch.object(EntityRegistry, "async_update_entity_platform", refuse):
        result = await answer(hass, result)
    assert ended(result) == "entities_in_use"
    assert not home.changes()
    assert home.old.state is ConfigEntryState.LOADED
    assert home.entry.state is ConfigEntryState.LOADED
    await home.move_in()


async def test_an_undo_that_fails_says_so_and_can_be_tried_again(hass: HomeAssistant, home: Home) -> None:
    await home.move_in()
    with patch.object(EntityRegistry, "async_update_entity_platform", side_effect=ValueError("in use")):
        result = await answer(hass, await choose(hass, home.entry, "move_back"))
    assert ended(result) == "move_back_failed"
    await home.move_back()
    assert not home.changes()


async def test_a_stored_list_that_cannot_be_read_is_kept_and_reported(
    hass: HomeAssistant, hass_storage: dict[str, Any], gateway: GatewayServer
) -> None:
    hass_storage[f"{DOMAIN}.moves"] = {
        "version": 1,
        "minor_version": 1,
        "key": f"{DOMAIN}.moves",
        "data": {"moves": {"x": [{"phase": "odd"}]}},
    }
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    assert entry.state is ConfigEntryState.LOADED
    assert ir.async_get(hass).async_get_issue(DOMAIN, "storage_unreadable_moves") is not None
    await hass.config_entries.async_unload(entry.entry_id)


async def test_removing_our_entry_after_the_old_one_leaves_nothing_behind(hass: HomeAssistant, moved: Home) -> None:
    await hass.config_entries.async_remove(moved.old.entry_id)
    await hass.config_entries.async_remove(moved.entry.entry_id)
    assert not hass.data[JOURNAL].entries()


async def test_removing_our_entry_works_even_if_the_entities_are_in_use(hass: HomeAssistant, moved: Home) -> None:
    with patch.object(EntityRegistry, "async_update_entity_platform", side_effect=ValueError("in use")):
        await hass.config_entries.async_remove(moved.entry.entry_id)
    assert not hass.data[JOURNAL].entries()
    assert hass.config_entries.async_get_entry(moved.entry.entry_id) is None


async def test_a_move_that_cannot_be_finished_after_a_restart_leaves_the_site_working_and_is_tried_again(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture, home: Home
) -> None:
    solar, result = home.old_id("production"), await home.look()
    killed = patch("custom_components.energy_site.moving.machine.hand_over", side_effect=KeyboardInterrupt)
    with killed, pytest.raises(KeyboardInterrupt):
        await answer(hass, result)
    with patch("custom_components.energy_site.moving.machine.hand_over", side_effect=ValueError):
        await async_load_journal(hass)
    logged = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert "The move from enphase_envoy into energy_site could not be finished: ValueError" in logged
    assert home.serial not in "".join(logged)
    assert await offers(hass, home.entry) == ["settings", "move_back"]
    await async_load_journal(hass)
    await hass.config_entries.async_setup(home.entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert home.owner_of(solar) == (DOMAIN, f"{home.serial}_solar_power")
    await home.move_back()
    assert not home.changes()


async def test_a_site_that_can_not_be_stopped_leaves_the_old_entry_running(hass: HomeAssistant, home: Home) -> None:
    solar, result = home.old_id("production"), await home.look()
    with patch("custom_components.energy_site.async_unload_entry", return_value=False):
        result = await answer(hass, result)
    assert ended(result) == "not_stopped"
    assert home.entry.state is ConfigEntryState.FAILED_UNLOAD
    assert home.old.disabled_by is None
    assert home.old.state is ConfigEntryState.LOADED
    assert not home.changes()
    assert home.owner_of(solar) == (CORE, f"{home.serial}_production")
    assert "move_back" not in await offers(hass, home.entry)
    # The fixtures stop it.
    home.entry.mock_state(hass, ConfigEntryState.LOADED)


async def test_a_site_that_can_not_be_stopped_says_that_the_way_back_is_not_finished(
    hass: HomeAssistant, home: Home
) -> None:
    await home.move_in()
    result = await choose(hass, home.entry, "move_back")
    with patch("custom_components.energy_site.async_unload_entry", return_value=False):
        result = await answer(hass, result)
    assert ended(result) == "move_back_failed"
    assert home.entry.state is ConfigEntryState.FAILED_UNLOAD
    # The fixtures stop it.
    home.entry.mock_state(hass, ConfigEntryState.LOADED)
