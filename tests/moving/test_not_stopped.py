"""Home Assistant can't unload our own entry: nothing is moved, and the old entry goes on."""

from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er
from simulator.iq_gateway import GatewayServer

from .common import CORE, answer, choose, differences, look, move_in, offers, owner_of, registries

pytestmark = pytest.mark.parametrize("preset", ["single_phase"])


async def test_a_site_that_can_not_be_stopped_leaves_the_old_entry_running(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, old: MockConfigEntry
) -> None:
    solar = er.async_get(hass).async_get_entity_id("sensor", CORE, f"{gateway.serial}_production")
    assert solar is not None
    before = registries(hass)
    result = await look(hass, entry, old)
    with patch("custom_components.energy_site.async_unload_entry", return_value=False):
        result = await answer(hass, result)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "not_stopped"
    assert entry.state is ConfigEntryState.FAILED_UNLOAD
    assert old.disabled_by is None
    assert old.state is ConfigEntryState.LOADED
    assert not differences(before, registries(hass))
    assert owner_of(hass, solar) == (CORE, f"{gateway.serial}_production")
    assert "move_back" not in await offers(hass, entry)
    # The fixtures stop it.
    entry.mock_state(hass, ConfigEntryState.LOADED)


async def test_a_site_that_can_not_be_stopped_says_that_the_way_back_is_not_finished(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, old: MockConfigEntry
) -> None:
    await move_in(hass, entry, old)
    result = await choose(hass, entry, "move_back")
    with patch("custom_components.energy_site.async_unload_entry", return_value=False):
        result = await answer(hass, result)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "move_back_failed"
    assert entry.state is ConfigEntryState.FAILED_UNLOAD
    # The fixtures stop it.
    entry.mock_state(hass, ConfigEntryState.LOADED)
