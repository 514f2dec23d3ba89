"""Finds the entries of other integrations that are for the same site as one of ours."""

from collections.abc import Iterator
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.loader import IntegrationNotFound, async_get_integration

from ..runtime.pairing import async_clouds_of
from ..runtime.site import SiteRuntime
from .table import OldIntegration
from .tables import OLD_INTEGRATIONS


@callback
def async_old_entries(runtime: SiteRuntime) -> list[ConfigEntry[Any]]:
    """Return the entries of other integrations, with entities, for this very site."""
    hass, names = runtime.hass, _names(runtime)
    entities = er.async_get(hass)
    return [
        entry
        for entry in hass.config_entries.async_entries()
        if any(not names.isdisjoint(integration.sites(entry, devices_of(hass, entry))) for integration in _of(entry))
        and er.async_entries_for_config_entry(entities, entry.entry_id)
    ]


@callback
def async_old_statistics(runtime: SiteRuntime) -> frozenset[str]:
    """Return the IDs under which the statistics of those entries are recorded, if they have any."""
    entities = er.async_get(runtime.hass)
    return frozenset(
        entity.entity_id
        for entry in async_old_entries(runtime)
        for entity in er.async_entries_for_config_entry(entities, entry.entry_id)
    )


async def async_integration_of(hass: HomeAssistant, entry: ConfigEntry[Any]) -> OldIntegration:
    """Return the table of the code that runs an old entry; it tells apart those that share a domain."""
    known = list(_of(entry))
    try:
        loaded = await async_get_integration(hass, entry.domain)
    except IntegrationNotFound:
        # Its code was removed already, and what it left behind is the same.
        return known[0]
    return next(integration for integration in known if integration.is_run_by(loaded, entry))


@callback
def devices_of(hass: HomeAssistant, entry: ConfigEntry[Any]) -> list[str]:
    """Return how an integration identifies the devices of its entry; one of them uses numbers."""
    return [
        str(identifier[1])
        for device in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
        for identifier in device.identifiers
        if identifier[0] == entry.domain
    ]


def _of(entry: ConfigEntry[Any]) -> Iterator[OldIntegration]:
    return (integration for integration in OLD_INTEGRATIONS if integration.domain == entry.domain)


def _names(runtime: SiteRuntime) -> set[str]:
    """Return what the tables may call the site: its own name, those of its clouds, and its gateways."""
    clouds = {cloud.site for cloud in async_clouds_of(runtime.hass, runtime.entry)}
    return {runtime.site, *clouds, *(f"gateway {serial}" for serial in runtime.source.gateway_serials)}
