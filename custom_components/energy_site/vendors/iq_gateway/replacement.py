"""Replaces a gateway with a different one: the same site continues with its serial number."""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er

from ...const import DOMAIN
from ...helpers.storage import site_file
from ...site.energy.ledger import renewed

# What the old gateway lacked, and its firmware, don't apply to the new one.
_FORGOTTEN = ("checks", "firmware", "meters")


async def async_replace_gateway(hass: HomeAssistant, entry: ConfigEntry[Any], serial: str) -> None:
    """Unload an entry and assign its entities, devices and counters to the gateway with the serial number `serial`.

    Entities keep their IDs and their history, and counters keep their totals. The caller
    has to update and reload the entry itself.
    """
    await hass.config_entries.async_unload(entry.entry_id)
    file = site_file(hass, entry.entry_id, entry.title)
    if stored := await file.async_load():
        kept = {key: value for key, value in stored.items() if key not in _FORGOTTEN} | {"presence": {}}
        if isinstance(counters := kept.get("books"), Mapping):
            kept["books"] = renewed(counters)
        await file.async_save(kept)
    _rename(hass, entry, entry.unique_id or "", serial)


@callback
def _rename(hass: HomeAssistant, entry: ConfigEntry[Any], old: str, new: str) -> None:
    def moved(unique_id: str) -> str:
        belongs = unique_id == old or unique_id.startswith(f"{old}_")
        return new + unique_id.removeprefix(old) if belongs else unique_id

    devices, entities = dr.async_get(hass), er.async_get(hass)
    for device in dr.async_entries_for_config_entry(devices, entry.entry_id):
        identifiers = {
            (domain, moved(unique_id) if domain == DOMAIN else unique_id) for domain, unique_id in device.identifiers
        }
        devices.async_update_device(device.id, new_identifiers=identifiers)
    for entity in er.async_entries_for_config_entry(entities, entry.entry_id):
        entities.async_update_entity(entity.entity_id, new_unique_id=moved(entity.unique_id))
