"""Hands registered entities and the user's choices for devices over, and back. Each function may be repeated."""

from collections.abc import Iterable, Mapping
from typing import Any

import attr

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.entity_registry import RegistryEntry, RegistryEntryDisabler

from ..const import DOMAIN
from .journal import Move, MovedDevice, MovedEntity
from .planner import Pair

# What an integration says of its entity, so that it is ours while the entity is.
_REGISTERED = (
    "capabilities",
    "entity_category",
    "has_entity_name",
    "original_device_class",
    "original_icon",
    "original_name",
    "supported_features",
    "translation_key",
    "unit_of_measurement",
)
# The same, where the registry offers no way to set it.
_REMEMBERED = ("object_id_base", "previous_unique_id", "suggested_object_id")

# The options that Home Assistant chooses for an integration's entity; all others are the user's.
_PRIVATE = "sensor.private"
_SENSOR, _PRECISION = "sensor", "suggested_display_precision"

_CHOSEN = ("area_id", "name_by_user", "labels")


@callback
def entity_before(pair: Pair, counter: str | None, *, same: bool, value: float | None, at: Any) -> MovedEntity:
    """Return how an entity is registered before it is handed over."""
    old = pair.old
    return MovedEntity(
        id=old.id,
        entity_id=old.entity_id,
        unique_id=old.unique_id,
        subentry_id=old.config_subentry_id,
        device_id=old.device_id,
        new_unique_id=pair.ours.unique_id,
        enabled=pair.enables,
        registered={key: _plain(getattr(old, key)) for key in (*_REGISTERED, *_REMEMBERED)},
        options={
            _PRIVATE: _plain(old.options.get(_PRIVATE)),
            _SENSOR: dict(old.options.get(_SENSOR, {})).get(_PRECISION),
        },
        counter=counter,
        same=same,
        value=value,
        at=at,
        our_entity_id=pair.ours.entity_id,
    )


@callback
def devices_before(hass: HomeAssistant, pairs: Iterable[Pair]) -> tuple[MovedDevice, ...]:
    """Return the user's choices for our devices, before and after they take over those for the old ones."""
    registry = dr.async_get(hass)
    found: dict[str, MovedDevice] = {}
    for pair in pairs:
        ours, old = (registry.async_get(each.device_id or "") for each in (pair.ours, pair.old))
        if not pair.same_device or ours is None or old is None or ours.id in found:
            continue
        before = {key: _plain(getattr(ours, key)) for key in _CHOSEN}
        found[ours.id] = MovedDevice(
            id=ours.id,
            before=before,
            after={
                "area_id": old.area_id or ours.area_id,
                "name_by_user": old.name_by_user or ours.name_by_user,
                "labels": sorted(ours.labels | old.labels),
            },
        )
    return tuple(device for device in found.values() if device.after != device.before)


@callback
def hand_over(hass: HomeAssistant, entry: ConfigEntry[Any], move: Move) -> None:
    """Let our entry have the entities of an old one; raise `ValueError` if one of them is in use.

    Neither entry may be loaded.
    """
    registry = er.async_get(hass)
    for moved in move.entities:
        if (entity := _known(registry, moved)) is None:
            continue
        # What either integration has made anew since the last time isn't what the user had.
        _remove_other(registry, entity, DOMAIN, moved.new_unique_id)
        if entity.platform == DOMAIN:
            _remove_other(registry, entity, move.domain, moved.unique_id)
            continue
        if moved.enabled:
            registry.async_update_entity(entity.entity_id, disabled_by=RegistryEntryDisabler.CONFIG_ENTRY)
        _assign(registry, entity, DOMAIN, entry.entry_id, None, moved.new_unique_id, None)
    for device in move.devices:
        _choose(hass, device.id, device.after)


@callback
def hand_back(hass: HomeAssistant, move: Move) -> None:
    """Let the old entry have its entities again, the last one first; those that were deleted stay deleted."""
    registry, devices = er.async_get(hass), dr.async_get(hass)
    for moved in reversed(move.entities):
        if (entity := _known(registry, moved)) is None:
            continue
        _remove_other(registry, entity, move.domain, moved.unique_id)
        if entity.platform != DOMAIN:
            continue
        device_id = moved.device_id if devices.async_get(moved.device_id or "") is not None else None
        _assign(registry, entity, move.domain, move.old_entry_id, moved.subentry_id, moved.unique_id, device_id)
        _restore(registry, entity.entity_id, moved)
    for device in move.devices:
        known = devices.async_get(device.id)
        if known is not None and {key: _plain(getattr(known, key)) for key in _CHOSEN} == device.after:
            _choose(hass, device.id, device.before)


@callback
def new_names(hass: HomeAssistant, move: Move) -> dict[str, str]:
    """Return the IDs under which ours go on after they were handed over, by those that nothing has any more."""
    registry = er.async_get(hass)
    known = ((moved.our_entity_id, _known(registry, moved)) for moved in move.entities)
    return {
        before: entity.entity_id
        for before, entity in known
        if before is not None and entity is not None and before not in registry.entities
    }


@callback
def is_handed_over(hass: HomeAssistant, move: Move, *, back: bool) -> bool:
    """Return whether all entities that still exist are where a move takes them, or where it took them from."""
    registry = er.async_get(hass)
    platforms = {entity.platform for moved in move.entities if (entity := _known(registry, moved)) is not None}
    return platforms <= {move.domain if back else DOMAIN}


def _known(registry: er.EntityRegistry, moved: MovedEntity) -> RegistryEntry | None:
    return registry.entities.get_entry(moved.id)


def _assign(
    registry: er.EntityRegistry,
    entity: RegistryEntry,
    platform: str,
    entry_id: str,
    subentry_id: str | None,
    unique_id: str,
    device_id: str | None,
) -> None:
    """Assign an entity to another integration; raise `ValueError` if it is in use."""
    # The registry looks for the new unique ID among those of the integration that the entity comes from. That may have
    # it for something else, or for this very entity.
    holder = registry.async_get_entity_id(entity.domain, entity.platform, unique_id)
    registry.async_update_entity_platform(
        entity.entity_id,
        platform,
        new_config_entry_id=entry_id,
        new_config_subentry_id=subentry_id,  # type: ignore[arg-type]  # None is what an entity without one has.
        new_device_id=device_id,
        **({"new_unique_id": unique_id if holder is None else entity.id} if holder != entity.entity_id else {}),
    )
    if holder not in {None, entity.entity_id}:
        registry.async_update_entity(entity.entity_id, new_unique_id=unique_id)


def _remove_other(registry: er.EntityRegistry, entity: RegistryEntry, platform: str, unique_id: str) -> None:
    """Remove what is registered with a unique ID, unless it is this very entity.

    Ours comes back with its ID when it is added again. What the old integration has made anew never was the user's.
    """
    found = registry.async_get_entity_id(entity.domain, platform, unique_id)
    if found is None or found == entity.entity_id:
        return
    registry.async_remove(found)
    if platform != DOMAIN:
        registry.deleted_entities.pop((entity.domain, platform, unique_id), None)


def _restore(registry: er.EntityRegistry, entity_id: str, moved: MovedEntity) -> None:
    """Restore what the old integration and Home Assistant had registered; the user's choices stay."""
    entity, registered = registry.entities[entity_id], dict(moved.registered)
    category = registered["entity_category"]
    registered["entity_category"] = EntityCategory(category) if category is not None else None
    changes = {key: registered[key] for key in _REGISTERED}
    if moved.enabled and entity.disabled_by in {None, RegistryEntryDisabler.CONFIG_ENTRY}:
        changes["disabled_by"] = RegistryEntryDisabler.INTEGRATION
    registry.async_update_entity(entity_id, **changes)
    registry.async_update_entity_options(entity_id, _PRIVATE, moved.options[_PRIVATE])
    sensor = {key: value for key, value in entity.options.get(_SENSOR, {}).items() if key != _PRECISION}
    if moved.options[_SENSOR] is not None:
        sensor[_PRECISION] = moved.options[_SENSOR]
    registry.async_update_entity_options(entity_id, _SENSOR, sensor or None)
    # The registry has no way to set these, and takes an entry that was changed like this.
    remembered = {key: registered[key] for key in _REMEMBERED}
    registry.entities[entity_id] = attr.evolve(registry.entities[entity_id], **remembered)
    registry.async_schedule_save()


def _choose(hass: HomeAssistant, device_id: str, choice: Mapping[str, Any]) -> None:
    registry = dr.async_get(hass)
    if registry.async_get(device_id) is not None:
        registry.async_update_device(device_id, **{**choice, "labels": set(choice["labels"])})


def _plain(value: Any) -> Any:
    """Return a registered value as JSON data."""
    if isinstance(value, set | frozenset):
        return sorted(value)
    return dict(value) if isinstance(value, Mapping) else value
