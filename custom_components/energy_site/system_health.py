"""The information about the sites on Home Assistant's system health page."""

from typing import Any

from homeassistant.components import system_health
from homeassistant.core import HomeAssistant, callback

from .const import DOMAIN
from .runtime.site import SiteConfigEntry
from .site.model import EnergyCounters, Health


@callback
def async_register(
    hass: HomeAssistant,  # noqa: ARG001 - the signature is Home Assistant's.
    register: system_health.SystemHealthRegistration,
) -> None:
    """Register the information."""
    register.async_register_info(_async_info)


async def _async_info(hass: HomeAssistant) -> dict[str, Any]:
    entries: list[SiteConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    runtimes = [entry.runtime_data for entry in entries]
    healths = [health for runtime in runtimes if (health := runtime.part(Health)) is not None]
    counters = [part for runtime in runtimes if (part := runtime.part(EnergyCounters)) is not None]
    return {
        "sites": len(runtimes),
        "silent_sites": sum(runtime.source.outage is not None for runtime in runtimes),
        "requests": sum(health.requests for health in healths),
        "highest_load": f"{max((health.load or 0.0 for health in healths), default=0.0):.1f} %",
        "rejected_samples": sum(part.rejected for part in counters),
    }
