"""The Energy dashboard follows statistics that go on under other IDs."""

from collections.abc import Mapping

from homeassistant.core import HomeAssistant

from ..const import LOGGER
from .errors import EnergyDashboardError
from .memory import async_memory
from .preferences import async_manager, async_replace_names, names_in


async def async_renamable(hass: HomeAssistant, names: Mapping[str, str]) -> dict[str, str]:
    """Return those of the `names`, new by old, that the Energy dashboard uses, unless it uses the new one as well.

    Nothing would be gained from counting the same twice.
    """
    try:
        used = names_in(await async_manager(hass))
    except EnergyDashboardError as err:
        if names and err.reason != "energy_dashboard_off":
            LOGGER.warning("The Energy dashboard can't be read, so it continues to use the entity IDs that it has")
        return {}
    return {old: new for old, new in names.items() if old in used and new not in used}


async def async_rename(hass: HomeAssistant, names: Mapping[str, str]) -> None:
    """Let the Energy dashboard, and the memory of what was added to it, use other IDs: new by old.

    Nothing else changes, and it may be repeated.
    """
    if not (found := await async_renamable(hass, names)):
        return
    change = await async_replace_names(await async_manager(hass), found)
    await (await async_memory(hass)).async_change(change)
