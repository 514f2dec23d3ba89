"""Connects a gateway on the network with its system in a cloud."""

from functools import partial

from homeassistant.core import HomeAssistant, callback

from ..const import DOMAIN
from ..sources.control_queue import ControlQueue
from .site import SiteConfigEntry, SiteRuntime


@callback
def async_pair(runtime: SiteRuntime) -> None:
    """Use the site's cloud, if there is one, for controls that cannot be set on the local network."""
    runtime.source.fallback = partial(_fallback_of, runtime)


@callback
def async_clouds_of(hass: HomeAssistant, serial: str) -> list[SiteRuntime]:
    """Return the loaded cloud sites that a gateway belongs to."""
    entries: list[SiteConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    return [entry.runtime_data for entry in entries if serial in entry.runtime_data.source.gateway_serials]


def _fallback_of(runtime: SiteRuntime) -> ControlQueue | None:
    """Return the control queue of the gateway's cloud system, if its plan allows controls."""
    for cloud in async_clouds_of(runtime.hass, runtime.site):
        if any(cloud.controls.control(name) is not None for name in cloud.source.control_names()):
            return cloud.controls
    return None
