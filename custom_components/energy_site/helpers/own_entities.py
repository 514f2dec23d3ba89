"""Narrows the target of a trigger or a condition to this integration's entities."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.automation import DomainSpec

from ..const import DOMAIN


@callback
def own_entities(hass: HomeAssistant, entity_ids: Iterable[str]) -> list[er.RegistryEntry]:
    """Return the registry's entries of those entities that are this integration's and enabled."""
    registry = er.async_get(hass)
    entries = (registry.async_get(entity_id) for entity_id in sorted(entity_ids))
    return [entry for entry in entries if entry is not None and entry.platform == DOMAIN and entry.disabled_by is None]


class OwnEntities:
    """To be listed before the base class of a trigger or a condition.

    `_keys` are the translation keys of the entities it rests on. Of several entities of one device,
    the one whose key comes first counts, so that a device as a target counts once.
    """

    _hass: HomeAssistant
    _domain_specs: Mapping[str, DomainSpec]
    _keys: ClassVar[tuple[str, ...]]

    def entity_filter(self, entities: set[str]) -> set[str]:
        """Return the entities that count among those of a target."""
        found: dict[str | None, er.RegistryEntry] = {}
        alone: set[str] = set()
        for entry in own_entities(self._hass, entities):
            if entry.translation_key not in self._keys or entry.domain not in self._domain_specs:
                continue
            if entry.device_id is None:
                alone.add(entry.entity_id)
            elif (other := found.get(entry.device_id)) is None or self._rank(entry) < self._rank(other):
                found[entry.device_id] = entry
        return alone | {entry.entity_id for entry in found.values()}

    def _rank(self, entry: er.RegistryEntry) -> int:
        return self._keys.index(entry.translation_key or "")


@dataclass(frozen=True, slots=True)
class Direction:
    """One direction of a flow: the sensors that know it, and its sign in the one that knows both."""

    directed: str
    signed: str
    sign: int

    @property
    def keys(self) -> tuple[str, str]:
        """The translation keys of the sensors."""
        return self.directed, self.signed

    def power(self, hass: HomeAssistant, entity_id: str, value: float) -> float:
        """Return the power in this direction, never negative, of what a sensor shows."""
        entry = er.async_get(hass).async_get(entity_id)
        is_signed = entry is not None and entry.translation_key == self.signed
        return max(self.sign * value, 0.0) if is_signed else value


EXPORT = Direction("grid_export_power", "grid_power", -1)
IMPORT = Direction("grid_import_power", "grid_power", 1)
CHARGE = Direction("battery_charge_power", "battery_power", -1)
DISCHARGE = Direction("battery_discharge_power", "battery_power", 1)
