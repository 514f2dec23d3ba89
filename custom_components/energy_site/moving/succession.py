"""Renames the entities and devices of an entry after the system that replaced its own, and back."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import attr

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_PASSWORD, CONF_USERNAME
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er

from ..const import DOMAIN
from ..vendors.vendor import EntryIdentity
from .journal import Succession

_OF_THE_OWNER = (CONF_USERNAME, CONF_PASSWORD)


@callback
def succession_of(hass: HomeAssistant, entry: ConfigEntry[Any], successor: EntryIdentity) -> Succession:
    """Return what is stored of an entry before it goes on with the system that replaced its own.

    That is how either of them is reached, and nothing of the owner, who may no longer want it to be remembered.
    """
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    reached = {key: value for key, value in successor.data.items() if key not in _OF_THE_OWNER}
    before = {key: entry.data[key] for key in reached if key in entry.data}
    return Succession(
        before=EntryIdentity(unique_id=entry.unique_id or "", title=entry.title, data=before),
        after=replace(successor, data=reached),
        earlier={entity.id: entity.previous_unique_id for entity in entities if entity.previous_unique_id is not None},
    )


@callback
def remember_owner(hass: HomeAssistant, entry: ConfigEntry[Any], data: Mapping[str, Any]) -> None:
    """Let an entry have what the data of an entry says of the owner, and nothing else of them."""
    own = {key: value for key, value in entry.data.items() if key not in _OF_THE_OWNER}
    owner = {key: value for key, value in data.items() if key in _OF_THE_OWNER}
    hass.config_entries.async_update_entry(entry, data={**own, **owner})


@callback
def succeed(hass: HomeAssistant, entry: ConfigEntry[Any], succession: Succession, *, back: bool) -> None:
    """Let an entry that isn't loaded be for the other system, with all of its entities and devices.

    It may be repeated, and raises `ValueError` or `HomeAssistantError` if one of them is somebody else's.
    """
    devices, entities = dr.async_get(hass), er.async_get(hass)
    left, joined = (succession.after, succession.before) if back else (succession.before, succession.after)
    for device in dr.async_entries_for_config_entry(devices, entry.entry_id):
        identifiers = {
            (domain, _renamed(name, left.unique_id, joined.unique_id) if domain == DOMAIN else name)
            for domain, name in device.identifiers
        }
        devices.async_update_device(device.id, new_identifiers=identifiers)
    for entity in er.async_entries_for_config_entry(entities, entry.entry_id):
        if not _belongs(entity.unique_id, left.unique_id):
            continue
        unique_id = _renamed(entity.unique_id, left.unique_id, joined.unique_id)
        changed = entities.async_update_entity(entity.entity_id, new_unique_id=unique_id)
        if back:
            # The registry has no way to set this, and takes an entry that was changed like this.
            earlier = succession.earlier.get(entity.id)
            entities.entities[entity.entity_id] = attr.evolve(changed, previous_unique_id=earlier)
    _rename_deleted(entities, entry, left.unique_id, joined.unique_id)
    if entry.unique_id == left.unique_id:
        # The user may have named the entry meanwhile.
        title = joined.title if entry.title == left.title else entry.title
        data = {**entry.data, **joined.data}
        hass.config_entries.async_update_entry(entry, unique_id=joined.unique_id, title=title, data=data)


@callback
def _rename_deleted(registry: er.EntityRegistry, entry: ConfigEntry[Any], left: str, joined: str) -> None:
    """Rename what the entry no longer has, so that it comes back as it was.

    That goes for what gave its place to an entity that moved in, once that goes back.
    """
    for (domain, platform, unique_id), deleted in list(registry.deleted_entities.items()):
        if platform == DOMAIN and deleted.config_entry_id == entry.entry_id and _belongs(unique_id, left):
            del registry.deleted_entities[domain, platform, unique_id]
            after = _renamed(unique_id, left, joined)
            # The registry has no way to set this either.
            registry.deleted_entities[domain, platform, after] = attr.evolve(deleted, unique_id=after)
            registry.async_schedule_save()


@callback
def has_succeeded(hass: HomeAssistant, entry: ConfigEntry[Any], succession: Succession, *, back: bool) -> bool:
    """Return whether nothing of the entry, its entities and its devices is of the system that `succeed` leads from."""
    left = (succession.after if back else succession.before).unique_id
    names = [entity.unique_id for entity in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)]
    names += [
        name
        for device in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
        for domain, name in device.identifiers
        if domain == DOMAIN
    ]
    return not any(_belongs(name, left) for name in (entry.unique_id or "", *names))


def _belongs(unique_id: str, system: str) -> bool:
    return unique_id == system or unique_id.startswith(f"{system}_")


def _renamed(unique_id: str, before: str, after: str) -> str:
    return after + unique_id.removeprefix(before) if _belongs(unique_id, before) else unique_id
