"""Which entries are of the same home, and which of them comes first."""

from collections.abc import Callable
from typing import Any

from homeassistant.config_entries import SOURCE_IGNORE, ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.util.hass_dict import HassKey

from ..const import CONF_SOURCE, DOMAIN
from ..vendors.registry import VENDORS

# The unique IDs that an entry had with the systems which its present one replaced, by the entry's ID.
REPLACED: HassKey[Callable[[str], frozenset[str]]] = HassKey(f"{DOMAIN}_replaced")


def source_of(entry: ConfigEntry[Any]) -> str:
    """Return an entry's source."""
    return str(entry.data.get(CONF_SOURCE))


def rank(entry: ConfigEntry[Any]) -> int:
    """Return an entry's place among those of its home: its vendor's in the registry."""
    sources = [vendor.source for vendor in VENDORS]
    return sources.index(source) if (source := source_of(entry)) in sources else len(sources)


@callback
def site_names(hass: HomeAssistant, entry: ConfigEntry[Any]) -> frozenset[str]:
    """Return the names by which others know an entry's site: its unique ID, and those of what it replaced.

    A cloud may list a gateway that was replaced for days, or forever. One that is an entry of its own
    again, such as in another home, is only that.
    """
    replaced = hass.data[REPLACED](entry.entry_id) if REPLACED in hass.data else frozenset()
    taken = {each.unique_id for each in hass.config_entries.async_entries(DOMAIN) if each is not entry}
    return frozenset({entry.unique_id or entry.entry_id, *(replaced - taken)})


@callback
def home_entries(
    hass: HomeAssistant, entry: ConfigEntry[Any], serials: frozenset[str] = frozenset()
) -> list[ConfigEntry[Any]]:
    """Return an entry, then those in use of the same home in the order in which they show it, loaded or not.

    They have devices with the serial numbers of the same gateways, or are of those gateways. `serials`
    are those that are known besides the registered ones.
    """
    registry, site = dr.async_get(hass), entry.unique_id or entry.entry_id
    hub = registry.async_get_device_by_identifier((DOMAIN, site), entry.entry_id)
    shared = {*((DOMAIN, name) for name in (*site_names(hass, entry), *serials)), *(hub.identifiers if hub else ())}
    owners = {device.config_entry_id for device in registry.async_get_devices(identifiers=shared)}
    others = [
        each
        for each in hass.config_entries.async_entries(DOMAIN)
        if each is not entry
        and _is_used(each)
        and (each.entry_id in owners or any((DOMAIN, name) in shared for name in site_names(hass, each)))
    ]
    return [entry, *sorted(others, key=rank)]


def _is_used(entry: ConfigEntry[Any]) -> bool:
    return entry.disabled_by is None and entry.source != SOURCE_IGNORE
