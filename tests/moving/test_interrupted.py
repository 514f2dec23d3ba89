"""Home Assistant is killed in the middle of a move: whatever was begun is finished with the next start."""

from typing import Any

import pytest

from custom_components.energy_site.const import DOMAIN
from custom_components.energy_site.moving.journal import JOURNAL
from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.core import HomeAssistant
from tests.common import number, status

from .common import answer, choose, offers
from .home import Home
from .power_cut import Disk, PowerCutError, power_cut, restart

pytestmark = pytest.mark.parametrize("preset", ["single_phase"])

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
async def test_a_move_that_was_begun_is_finished(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    home: Home,
    note: int,
    written: bool,
    stored: bool,
) -> None:
    at_first = Disk(hass, home.old)
    solar, energy = home.old_id("production"), number(hass, home.serial, "solar_energy")
    result = await home.look()
    with power_cut(note, written=written), pytest.raises(PowerCutError):
        await answer(hass, result)
    await restart(hass, hass_storage, Disk(hass, home.old) if stored else at_first, home.entry, home.old)

    assert status(home.entry) is ConfigEntryState.LOADED
    if note == 1 and not written:
        # Nothing was noted yet, and nothing done.
        assert not home.changes()
        assert status(home.old) is ConfigEntryState.LOADED
        return
    assert home.owner_of(solar) == (DOMAIN, f"{home.serial}_solar_power")
    assert home.old.disabled_by is ConfigEntryDisabler.USER
    assert status(home.old) is ConfigEntryState.NOT_LOADED
    assert home.shows(solar)
    await home.move_back()
    assert not home.changes()
    assert status(home.old) is ConfigEntryState.LOADED
    assert number(hass, home.serial, "solar_energy") == pytest.approx(energy, abs=100)


@pytest.mark.parametrize("stored", [True, False], ids=["registries stored", "registries lost"])
@pytest.mark.parametrize("written", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("note", range(1, NOTES_BACK + 1))
async def test_an_undo_that_was_begun_is_finished(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    home: Home,
    note: int,
    written: bool,
    stored: bool,
) -> None:
    energy = number(hass, home.serial, "solar_energy")
    await home.move_in()
    moved = Disk(hass, home.old)
    result = await choose(hass, home.entry, "move_back")
    with power_cut(note, written=written), pytest.raises(PowerCutError):
        await answer(hass, result)
    await restart(hass, hass_storage, Disk(hass, home.old) if stored else moved, home.entry, home.old)

    assert status(home.entry) is ConfigEntryState.LOADED
    if note == 1 and not written:
        # Nothing was noted yet, so that it can be undone now.
        await home.move_back()
    assert not home.changes()
    assert home.old.disabled_by is None
    assert status(home.old) is ConfigEntryState.LOADED
    assert await offers(hass, home.entry) == ["settings", "move_in"]
    assert number(hass, home.serial, "solar_energy") == pytest.approx(energy, abs=100)


@pytest.mark.parametrize("direction", ["in", "back"])
async def test_what_was_done_but_not_stored_by_home_assistant_is_done_again(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    home: Home,
    direction: str,
) -> None:
    disk = Disk(hass, home.old)
    await home.move_in()
    if direction == "back":
        disk = Disk(hass, home.old)
        await home.move_back()
    await restart(hass, hass_storage, disk, home.entry, home.old)
    if direction == "in":
        assert home.old.disabled_by is ConfigEntryDisabler.USER
        await home.move_back()
    assert not home.changes()
    assert status(home.old) is ConfigEntryState.LOADED
    # There is nothing left to do the next time.
    await restart(hass, hass_storage, Disk(hass, home.old), home.entry, home.old)
    assert not home.changes()
    assert hass.data[JOURNAL].of(home.entry.entry_id) == ()
