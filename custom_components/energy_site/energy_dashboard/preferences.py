"""The preferences of the Energy dashboard: read, extended and validated, without touching what is there."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, cast

import probatio

from homeassistant.components.energy.const import DOMAIN as ENERGY
from homeassistant.components.energy.data import (
    DEVICE_CONSUMPTION_SCHEMA,
    ENERGY_SOURCE_SCHEMA,
    EnergyManager,
    EnergyPreferencesUpdate,
    async_get_manager,
)
from homeassistant.components.energy.validate import ValidationIssues, async_validate
from homeassistant.core import HomeAssistant

from .errors import EnergyDashboardError
from .plan import DEVICES, SOURCES, Addition, Preferences, statistics_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """What happens to what was added: it is removed, kept as the user changed it, or gone already."""

    removed: tuple[Addition, ...]
    kept: tuple[Addition, ...]
    gone: tuple[Addition, ...]


async def async_manager(hass: HomeAssistant) -> EnergyManager:
    """Return the keeper of the preferences; raise `EnergyDashboardError` if Home Assistant runs without the Energy dashboard."""
    if ENERGY not in hass.config.components:
        raise EnergyDashboardError("energy_dashboard_off")
    return await async_get_manager(hass)


def present(manager: EnergyManager) -> Preferences:
    """Return a copy of the present preferences; raise `EnergyDashboardError` if they can't be read."""
    lists = _lists(manager)
    return Preferences(sources=tuple(lists[SOURCES]), devices=tuple(lists[DEVICES]))


def takes_home() -> bool:
    """Return whether this version of Home Assistant has a source for the consumption of the home."""
    try:
        ENERGY_SOURCE_SCHEMA([{"type": "home", "stat_energy_to": "sensor.home"}])
    except probatio.Invalid:
        return False
    return True


async def async_append(manager: EnergyManager, additions: Sequence[Addition]) -> tuple[Addition, ...]:
    """Append what is added to what is there, and return it as it was stored.

    Raises `EnergyDashboardError` if Home Assistant refuses it or what is there can't be read. Nothing is changed then.
    """
    lists = _lists(manager)
    items = {name: [dict(each.item) for each in additions if each.list_name == name] for name in lists}
    try:
        new: dict[str, list[Any]] = {
            SOURCES: ENERGY_SOURCE_SCHEMA(items[SOURCES]),
            DEVICES: [DEVICE_CONSUMPTION_SCHEMA(item) for item in items[DEVICES]],
        }
    except probatio.Invalid as err:
        raise EnergyDashboardError("energy_dashboard_refused", error=str(err)) from err
    # Only the preferences in memory are up to date, and nothing may happen between candidate and replacing them.
    await _async_replace(manager, {name: [*lists[name], *new[name]] for name in lists if new[name]})
    stored = {name: iter(_lists(manager)[name][len(lists[name]) :]) for name in lists}
    return tuple(
        Addition(key=each.key, name=each.name, list_name=each.list_name, item=next(stored[each.list_name], each.item))
        for each in additions
    )


def removal(manager: EnergyManager, added: Iterable[Addition]) -> Removal:
    """Return what would happen if what was `added` were removed; raise `EnergyDashboardError` if what is there can't be read."""
    return _remove(_lists(manager), added)


async def async_remove(manager: EnergyManager, added: Iterable[Addition]) -> Removal:
    """Remove what is there as it was `added`; raise `EnergyDashboardError` if what is there can't be read."""
    lists = _lists(manager)
    before = {name: len(items) for name, items in lists.items()}
    result = _remove(lists, added)
    await _async_replace(manager, {name: items for name, items in lists.items() if len(items) < before[name]})
    return result


def names_in(manager: EnergyManager) -> frozenset[str]:
    """Return all texts of the sources and devices, the IDs of their statistics among them.

    Raises `EnergyDashboardError` if what is there can't be read.
    """
    return frozenset(_texts(_lists(manager)))


async def async_names(hass: HomeAssistant) -> frozenset[str]:
    """Return the same of the Energy dashboard, nothing if there is none or it can't be read."""
    try:
        return names_in(await async_manager(hass))
    except EnergyDashboardError:
        return frozenset()


async def async_replace_names(manager: EnergyManager, names: Mapping[str, str]) -> Callable[[Addition], Addition]:
    """Replace IDs, new by old, wherever a field has one; return what makes of an addition what is stored of it now.

    Raises `EnergyDashboardError` if what is there can't be read. Nothing is changed then.
    """
    before = _lists(manager)
    lists = {name: _renamed(items, names) for name, items in before.items()}
    await _async_replace(manager, {name: items for name, items in lists.items() if items != before[name]})
    # Home Assistant derives further fields of a source from its IDs.
    after = _lists(manager)

    def change(addition: Addition) -> Addition:
        pairs = zip(before[addition.list_name], after[addition.list_name], strict=True)
        stored = (new for old, new in pairs if _known(old) == _known(addition.item))
        return replace(addition, item=next(stored, _renamed(addition.item, names)))

    return change


async def async_issues(
    hass: HomeAssistant, manager: EnergyManager, added: Iterable[Addition]
) -> dict[str, tuple[str, ...]]:
    """Return what Home Assistant's own validation reports of what was added: entities or statistics by the issue."""
    validation = await async_validate(hass)
    results: dict[str, Sequence[ValidationIssues]] = {
        SOURCES: validation.energy_sources,
        DEVICES: validation.device_consumption,
    }
    items = [(each.list_name, dict(each.item)) for each in added]
    found: dict[str, tuple[str, ...]] = {}
    for name, present_items in _lists(manager).items():
        for item, result in zip(present_items, results[name], strict=False):
            if (name, item) in items:
                for kind, issue in result.issues.items():
                    affected = {str(each) for each, _ in issue.affected_entities}
                    found[kind] = tuple(sorted({*found.get(kind, ()), *affected}))
    return found


def _lists(manager: EnergyManager) -> dict[str, list[dict[str, Any]]]:
    """Return copies of the lists of sources and devices, which are empty as long as nobody saved any."""
    data = cast("Mapping[str, Any]", manager.data or {})
    lists = {name: deepcopy(data.get(name) or []) for name in (SOURCES, DEVICES)}
    if not all(isinstance(items, list) and all(isinstance(each, dict) for each in items) for items in lists.values()):
        raise EnergyDashboardError("energy_dashboard_unreadable")
    return lists


async def _async_replace(manager: EnergyManager, lists: Mapping[str, Any]) -> None:
    if lists:
        await manager.async_update(cast("EnergyPreferencesUpdate", dict(lists)))


def _remove(lists: Mapping[str, list[dict[str, Any]]], added: Iterable[Addition]) -> Removal:
    removed: list[Addition] = []
    kept: list[Addition] = []
    gone: list[Addition] = []
    for each in added:
        items = lists[each.list_name]
        index = next((number for number, item in enumerate(items) if _known(item) == _known(each.item)), None)
        if index is not None:
            del items[index]
            removed.append(each)
        elif {pair for item in items for pair in statistics_of(item)} & set(statistics_of(each.item)):
            kept.append(each)
        else:
            gone.append(each)
    return Removal(removed=tuple(removed), kept=tuple(kept), gone=tuple(gone))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(each)


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, Mapping):
        return {key: _renamed(each, names) for key, each in value.items()}
    return [_renamed(each, names) for each in value] if isinstance(value, list) else value


def _known(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is set, as a later version of the preferences may add fields without a value."""
    return {key: value for key, value in item.items() if value is not None}
