"""Home Assistant is killed in the middle of a move: whatever was begun is finished with the next start."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from custom_components.energy_site.moving.journal import JOURNAL
from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from simulator.iq_gateway import GatewayServer
from tests.common import number, status

from .common import CORE, answer, choose, differences, look, move_back, move_in, offers, owner_of, registries
from .power_cut import Disk, PowerCutError, power_cut, restart

# How often a move notes how far it is, in either direction.
NOTES_IN, NOTES_BACK = 6, 3


@pytest.mark.parametrize(
    ("note", "stored"),
    [
        *((note, True) for note in range(1, NOTES_IN + 1)),
        # Only that the old entry is disabled can be lost before the fifth note, and the registries as well from there.
        *((note, False) for note in (2, 5, 6)),
    ],
    ids=lambda value: value if not isinstance(value, bool) else "stored" if value else "lost",
)
@pytest.mark.parametrize("written", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("preset", ["single_phase"])
async def test_a_move_that_was_begun_is_finished(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    gateway: GatewayServer,
    entry: MockConfigEntry,
    old: MockConfigEntry,
    note: int,
    written: bool,
    stored: bool,
) -> None:
    before, at_first = registries(hass), Disk(hass, old)
    solar = er.async_get(hass).async_get_entity_id("sensor", CORE, f"{gateway.serial}_production")
    energy = number(hass, gateway.serial, "solar_energy")
    assert solar is not None
    result = await look(hass, entry, old)
    with power_cut(note, written=written), pytest.raises(PowerCutError):
        await answer(hass, result)
    await restart(hass, hass_storage, Disk(hass, old) if stored else at_first, entry, old)

    assert status(entry) is ConfigEntryState.LOADED
    if note == 1 and not written:
        # Nothing was noted yet, and nothing done.
        assert not differences(before, registries(hass))
        assert status(old) is ConfigEntryState.LOADED
        return
    assert owner_of(hass, solar) == (DOMAIN, f"{gateway.serial}_solar_power")
    assert old.disabled_by is ConfigEntryDisabler.USER
    assert status(old) is ConfigEntryState.NOT_LOADED
    assert (state := hass.states.get(solar)) is not None
    assert state.state != "unavailable"
    await move_back(hass, entry)
    assert not differences(before, registries(hass))
    assert status(old) is ConfigEntryState.LOADED
    assert number(hass, gateway.serial, "solar_energy") == pytest.approx(energy, abs=100)


@pytest.mark.parametrize("stored", [True, False], ids=["registries stored", "registries lost"])
@pytest.mark.parametrize("written", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("note", range(1, NOTES_BACK + 1))
@pytest.mark.parametrize("preset", ["single_phase"])
async def test_an_undo_that_was_begun_is_finished(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    gateway: GatewayServer,
    entry: MockConfigEntry,
    old: MockConfigEntry,
    note: int,
    written: bool,
    stored: bool,
) -> None:
    before, energy = registries(hass), number(hass, gateway.serial, "solar_energy")
    await move_in(hass, entry, old)
    moved = Disk(hass, old)
    result = await choose(hass, entry, "move_back")
    with power_cut(note, written=written), pytest.raises(PowerCutError):
        await answer(hass, result)
    await restart(hass, hass_storage, Disk(hass, old) if stored else moved, entry, old)

    assert status(entry) is ConfigEntryState.LOADED
    if note == 1 and not written:
        # Nothing was noted yet, so that it can be undone now.
        await move_back(hass, entry)
    assert not differences(before, registries(hass))
    assert old.disabled_by is None
    assert status(old) is ConfigEntryState.LOADED
    assert await offers(hass, entry) == ["settings", "move_in"]
    assert number(hass, gateway.serial, "solar_energy") == pytest.approx(energy, abs=100)


@pytest.mark.parametrize("direction", ["in", "back"])
@pytest.mark.parametrize("preset", ["single_phase"])
async def test_what_was_done_but_not_stored_by_home_assistant_is_done_again(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    gateway: GatewayServer,
    entry: MockConfigEntry,
    old: MockConfigEntry,
    direction: str,
) -> None:
    before, disk = registries(hass), Disk(hass, old)
    await move_in(hass, entry, old)
    if direction == "back":
        disk = Disk(hass, old)
        await move_back(hass, entry)
    await restart(hass, hass_storage, disk, entry, old)
    if direction == "in":
        assert old.disabled_by is ConfigEntryDisabler.USER
        await move_back(hass, entry)
    assert not differences(before, registries(hass))
    assert status(old) is ConfigEntryState.LOADED
    # There is nothing left to do the next time.
    await restart(hass, hass_storage, Disk(hass, old), entry, old)
    assert not differences(before, registries(hass))
    assert hass.data[JOURNAL].of(entry.entry_id) == ()
