"""Cuts Home Assistant's power in the middle of a move, and starts it again with what was on the disk by then."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from typing import Any
from unittest.mock import patch

import orjson
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from custom_components.energy_site.moving.journal import JOURNAL, Journal
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.json import json_bytes
from homeassistant.setup import async_setup_component

STORES = {er.STORAGE_KEY: er.async_get, dr.STORAGE_KEY: dr.async_get}

# What a move changes about an entry.
_ENTRY = ("unique_id", "title", "data", "disabled_by")


class PowerCutError(BaseException):
    """Nothing is done from here on."""


@contextmanager
def power_cut(note: int, *, written: bool) -> Iterator[None]:
    """Cut the power when the move notes for the nth time how far it is, just before or after that is stored."""
    save, count = Journal._async_save, 0

    async def cut(self: Journal) -> None:
        nonlocal count
        count += 1
        if count < note:
            await save(self)
        elif count == note:
            if written:
                await save(self)
            raise PowerCutError
        else:
            raise PowerCutError

    with patch.object(Journal, "_async_save", cut):
        yield


class Disk:
    """What Home Assistant finds when it starts again."""

    def __init__(self, hass: HomeAssistant, *entries: MockConfigEntry) -> None:
        """Keep what is stored now of some entries; they and the registries are stored with a delay."""
        self.entries = {entry.entry_id: {key: getattr(entry, key) for key in _ENTRY} for entry in entries}
        self.stores = {key: orjson.loads(json_bytes(get(hass)._data_to_save())) for key, get in STORES.items()}

    def kept(self, lost: str, newer: Disk) -> Disk:
        """Return what is on the disk if all that is newer was stored but what was lost."""
        found = copy(newer)
        if lost in {"registries", "both"}:
            found.stores = self.stores
        if lost in {"entry", "both"}:
            found.entries = self.entries
        return found


async def restart(
    hass: HomeAssistant, storage: dict[str, Any], disk: Disk, entry: MockConfigEntry, *others: MockConfigEntry
) -> None:
    """Start again with what is on the disk, after a stop that stored nothing."""
    files = {key: orjson.loads(json_bytes(value)) for key, value in storage.items() if key.startswith(DOMAIN)}
    for each in (entry, *others):
        if each.state is not ConfigEntryState.NOT_LOADED:
            await hass.config_entries.async_unload(each.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    for state in hass.states.async_all():
        hass.states.async_remove(state.entity_id)
    storage.update(files)
    for key, get in STORES.items():
        version = {"version": get(hass)._store.version, "minor_version": get(hass)._store.minor_version}
        storage[key] = {**version, "key": key, "data": disk.stores[key]}
        get(hass)._store._data = None
    dr.async_get(hass)._loaded_event.clear()
    with patch.object(dr, "async_setup_cleanup"):
        await dr.async_get(hass).async_load()
    with patch.object(er, "_async_setup_cleanup"), patch.object(er, "_async_setup_entity_restore"):
        await er.async_get(hass).async_load()
    for each in (entry, *others):
        kept = disk.entries.get(each.entry_id, {})
        if "unique_id" in kept:
            hass.config_entries._entries.update_unique_id(each, kept["unique_id"])
        for key, value in kept.items():
            object.__setattr__(each, key, value)
    hass.data.pop(JOURNAL)
    hass.config.components.remove(DOMAIN)
    for each in others:
        if each.disabled_by is None:
            await hass.config_entries.async_setup(each.entry_id)
    await async_setup_component(hass, DOMAIN, {})
    await hass.async_block_till_done(wait_background_tasks=True)
