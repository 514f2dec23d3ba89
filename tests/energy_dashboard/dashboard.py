"""The Energy dashboard of a test, with real statistics, and a person who opens the options."""

from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done

from homeassistant.components.energy.data import EnergyManager, async_get_manager
from homeassistant.components.energy.validate import async_validate
from homeassistant.components.recorder.tasks import StatisticsTask
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.recorder import get_instance
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from tests.common import entity_id, tick

FIVE_MINUTES = timedelta(minutes=5)


async def open_dashboard(hass: HomeAssistant, **preferences: Any) -> EnergyManager:
    """Set the real integration up, as somebody left it who saved these preferences."""
    assert await async_setup_component(hass, "energy", {})
    await hass.async_block_till_done()
    manager = await async_get_manager(hass)
    if preferences:
        await manager.async_update(preferences)  # type: ignore[arg-type]  # Tests also save what no version knows.
    return manager


async def save(manager: EnergyManager, energy_sources: list[dict[str, Any]]) -> None:
    """Replace all sources, as somebody does who edits the dashboard."""
    saved: Any = {"energy_sources": energy_sources, "device_consumption": []}
    await manager.async_update(saved)


async def let_statistics_come(hass: HomeAssistant, freezer: FrozenDateTimeFactory, *, runs: int = 1) -> None:
    """Let Home Assistant compile the statistics of some minutes, and tell everybody."""
    for _ in range(runs):
        now = dt_util.utcnow()
        start = now.replace(minute=now.minute // 5 * 5, second=0, microsecond=0)
        await tick(hass, freezer, (start + FIVE_MINUTES - now).total_seconds() + 10)
        await compile_statistics(hass, start)


async def compile_statistics(hass: HomeAssistant, start: datetime) -> None:
    """Compile the statistics of the five minutes from `start`."""
    await async_wait_recording_done(hass)
    get_instance(hass).queue_task(StatisticsTask(start, True))
    await async_wait_recording_done(hass)
    await hass.async_block_till_done(wait_background_tasks=True)


async def open_menu(hass: HomeAssistant, entry: MockConfigEntry) -> ConfigFlowResult:
    """Open an entry's options."""
    return await hass.config_entries.options.async_init(entry.entry_id)


async def choose(hass: HomeAssistant, entry: MockConfigEntry, item: str = "energy_dashboard") -> ConfigFlowResult:
    """Open an entry's options and choose an item of the menu."""
    menu = await open_menu(hass, entry)
    assert menu["type"] is FlowResultType.MENU
    return await choose_from(hass, menu, item)


async def choose_from(hass: HomeAssistant, menu: ConfigFlowResult, item: str = "energy_dashboard") -> ConfigFlowResult:
    """Choose an item of a menu, which may have been open for a while."""
    assert item in menu["menu_options"]
    return await hass.config_entries.options.async_configure(menu["flow_id"], {"next_step_id": item})


async def submit(hass: HomeAssistant, form: ConfigFlowResult) -> ConfigFlowResult:
    """Confirm what a form shows."""
    assert form["type"] is FlowResultType.FORM, form
    assert form["data_schema"] is not None
    assert not form["data_schema"].schema
    return await hass.config_entries.options.async_configure(form["flow_id"], {})


async def add(hass: HomeAssistant, entry: MockConfigEntry) -> ConfigFlowResult:
    """Add a site through its options, and return how that ended."""
    form = await choose(hass, entry)
    assert form["type"] is FlowResultType.FORM, form
    assert form["step_id"] == "energy_dashboard_confirm"
    return await submit(hass, form)


def text(result: ConfigFlowResult, name: str) -> str:
    """Return what a form or an ending shows under a name."""
    placeholders: Mapping[str, str] = result["description_placeholders"] or {}
    return placeholders[name]


def sources(manager: EnergyManager) -> list[dict[str, Any]]:
    """Return a copy of the sources."""
    found: Any = manager.data
    return deepcopy(found["energy_sources"]) if found else []


def devices(manager: EnergyManager) -> list[dict[str, Any]]:
    """Return a copy of the devices."""
    found: Any = manager.data
    return deepcopy(found["device_consumption"]) if found else []


def by_type(manager: EnergyManager) -> dict[str, dict[str, Any]]:
    """Return the only source of each type."""
    found = {source["type"]: source for source in sources(manager)}
    assert len(found) == len(sources(manager))
    return found


def sensor(hass: HomeAssistant, site: str, key: str) -> str:
    """Return the ID of a site's sensor."""
    found = entity_id(hass, "sensor", site, key)
    assert found is not None, key
    return found


async def complaints(hass: HomeAssistant) -> list[Any]:
    """Return all that Home Assistant's validation of the dashboard reports."""
    found = (await async_validate(hass)).as_dict()
    return [issue for results in found.values() for result in results for issue in result]
