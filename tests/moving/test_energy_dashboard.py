"""A site that is in the Energy dashboard already moves in: the dashboard goes on with the entities that are left."""

from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.energy_dashboard.memory import MEMORY
from homeassistant.components.energy.data import EnergyManager
from homeassistant.components.recorder.core import Recorder
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from tests.common import entity_id
from tests.energy_dashboard.dashboard import add, complaints, let_statistics_come, open_dashboard, save, sources

from .common import answer, choose
from .home import Home
from .power_cut import Disk, PowerCutError, power_cut, restart

pytestmark = pytest.mark.parametrize("preset", ["single_phase"])

OTHERS: dict[str, Any] = {"type": "gas", "stat_energy_from": "sensor.gas", "name": "Gas"}


@pytest.fixture
async def manager(recorder_mock: Recorder, hass: HomeAssistant) -> EnergyManager:
    """Return the real Energy dashboard, where somebody has something else."""
    return await open_dashboard(hass, energy_sources=[OTHERS], device_consumption=[])


def _statistics(manager: EnergyManager) -> set[str]:
    """Return the entities that the sources name, without those that Home Assistant makes for the dashboard itself."""
    found: list[Any] = list(sources(manager))
    texts: set[str] = set()
    while found:
        match found.pop():
            case dict(fields):
                found.extend(fields.values())
            case str(text) if text.startswith("sensor.") and not text.startswith("sensor.energy_"):
                texts.add(text)
    return texts


def _missing(hass: HomeAssistant, manager: EnergyManager) -> list[str]:
    registry = er.async_get(hass)
    return sorted(name for name in _statistics(manager) if name not in registry.entities and name != "sensor.gas")


def _remembered(hass: HomeAssistant, entry: MockConfigEntry) -> list[dict[str, Any]]:
    return [dict(each.item) for each in hass.data[MEMORY].added(entry.entry_id)]


async def test_the_energy_dashboard_follows_a_move_and_its_undo(
    manager: EnergyManager,
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    home: Home,
) -> None:
    await let_statistics_come(hass, freezer)
    await add(hass, home.entry)
    before = sources(manager)
    theirs = home.old_id("lifetime_production")
    assert theirs not in _statistics(manager)
    await home.move_in()

    assert _missing(hass, manager) == []
    assert theirs in _statistics(manager)
    assert sources(manager)[0] == before[0]
    assert [each["type"] for each in sources(manager)] == [each["type"] for each in before]
    # What was added can still be told from what the user has, so that it can be removed.
    assert _remembered(hass, home.entry) == sources(manager)[1:]
    assert not [
        each for each in await complaints(hass) if each["type"] == "entity_not_defined" and "gas" not in str(each)
    ]

    await home.move_back()
    assert sources(manager) == before
    assert _remembered(hass, home.entry) == before[1:]


async def test_what_the_dashboard_has_of_the_old_entry_already_stays_as_it_is(
    manager: EnergyManager,
    hass: HomeAssistant,
    home: Home,
) -> None:
    theirs = home.old_id("lifetime_production")
    ours = entity_id(hass, "sensor", home.serial, "solar_energy")
    both = [{"type": "solar", "stat_energy_from": name, "config_entry_solar_forecast": None} for name in (theirs, ours)]
    await save(manager, both)
    await home.move_in()
    assert sources(manager) == both
    await home.move_back()
    assert sources(manager) == both


# Nothing is renamed before the fifth note, and the fourth stands for all before it.
@pytest.mark.parametrize("note", range(4, 7))
async def test_the_energy_dashboard_follows_a_move_that_a_power_cut_interrupted(
    manager: EnergyManager,
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    home: Home,
    note: int,
) -> None:
    ours = entity_id(hass, "sensor", home.serial, "solar_energy")
    theirs = home.old_id("lifetime_production")
    before = [{"type": "solar", "stat_energy_from": ours, "config_entry_solar_forecast": None}]
    await save(manager, before)
    result = await home.look()
    with power_cut(note, written=True), pytest.raises(PowerCutError):
        await answer(hass, result)
    # Home Assistant hadn't stored the preferences yet.
    await save(manager, before)
    await restart(hass, hass_storage, Disk(hass, home.old), home.entry, home.old)
    assert [each["stat_energy_from"] for each in sources(manager)] == [theirs]

    result = await choose(hass, home.entry, "move_back")
    with power_cut(2, written=True), pytest.raises(PowerCutError):
        await answer(hass, result)
    await restart(hass, hass_storage, Disk(hass, home.old), home.entry, home.old)
    assert sources(manager) == before
