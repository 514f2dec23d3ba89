"""Plans a move entity by entity: what becomes what, and what is left alone for which reason. Pure functions."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from homeassistant.components.sensor.const import UNIT_CONVERTERS
from homeassistant.helpers.entity_registry import RegistryEntry, RegistryEntryDisabler

from .table import Alteration, Becomes, OldIntegration, OldName

# Counters of the day are the same if they differ by less than this share, or by this many Wh.
_SAME_SHARE = 0.01
_SAME_WH = 10.0

_TODAY = "energy_today"
_TOTALS = ("total", "total_increasing")


class LeftReason(StrEnum):
    """Why an old entity is left alone. The texts are in the translations."""

    NO_COUNTERPART = "no_counterpart"
    # The site has no such value, or none yet.
    NOT_HERE = "not_here"
    # A better one of the old integration becomes the same entity.
    SECOND = "second"
    UNIT = "unit"
    TODAY = "today_differs"
    # It counts from a different start, and nothing can make ours go on from there.
    START = "start"
    DEAD = "dead"
    # An earlier move was quicker.
    TAKEN = "taken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known of an entity beside its registration.

    An energy sensor's value is in Wh, as it was `at` that time; others have none here. `since` is when its
    statistics begin, `None` without any.
    """

    value: float | None = None
    at: datetime | None = None
    is_alive: bool = True
    since: datetime | None = None
    in_dashboard: bool = False


UNSEEN = Evidence()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """An old entity that becomes `ours`, which gives up its own registration.

    Its device is the same thing as ours if it has the `same_device`.
    `counter` is true if it is a counter that never starts over, so that ours has to go on from its value.
    """

    old: RegistryEntry
    ours: RegistryEntry
    becomes: Becomes
    serial: str | None
    same_device: bool
    changes: tuple[Alteration, ...]
    counter: bool

    @property
    def enables(self) -> bool:
        """Whether an entity that its integration doesn't enable by default is enabled, as ours is."""
        return self.old.disabled_by is RegistryEntryDisabler.INTEGRATION and self.ours.disabled_by is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """An old entity that stays as it is."""

    old: RegistryEntry
    reason: LeftReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Our side of a move.

    `entities` are by platform and unique ID. `taken` are the unique IDs of those that moved in before.
    `seeds` returns whether a counter can go on from any value, and `agrees` whether two values in Wh, old
    and ours, are the same counter's at two moments.
    """

    name: str
    entities: Mapping[tuple[str, str], RegistryEntry]
    taken: Collection[str]
    seeds: Callable[[str, str | None], bool]
    agrees: Callable[[Evidence, Evidence], bool]

    def unique_id(self, becomes: Becomes, serial: str | None) -> str:
        """Return the unique ID of ours that an entity becomes."""
        parts = (self.name, serial, becomes.key) if becomes.of_unit and serial else (self.name, becomes.key)
        return "_".join(parts)

    def has(self, key: str) -> bool:
        """Return whether the site has a value of its own with this key."""
        return any(unique_id == f"{self.name}_{key}" for _, unique_id in self.entities)


@dataclass(frozen=True, slots=True, kw_only=True)
class MovePlan:
    """What a move does, entity by entity."""

    pairs: tuple[Pair, ...]
    left: tuple[Left, ...]


def plan(
    integration: OldIntegration, old: Iterable[RegistryEntry], site: Site, evidence: Mapping[str, Evidence]
) -> MovePlan:
    """Plan the move of the registered entities `old`; `evidence` is by entity ID, of both sides."""
    named = [(entity, integration.read(entity.unique_id, site.name)) for entity in old]
    keys = {
        name.key
        for entity, name in named
        if name is not None and name.serial is None and evidence.get(entity.entity_id, UNSEEN).is_alive
    }
    left: list[Left] = []
    wanted: dict[str, list[Pair]] = defaultdict(list)
    for entity, name in named:
        found = _judge(integration, entity, name, site, keys, evidence)
        if isinstance(found, LeftReason):
            left.append(Left(old=entity, reason=found))
        else:
            wanted[found.ours.entity_id].append(found)
    pairs: list[Pair] = []
    for rivals in wanted.values():
        best, *others = sorted(rivals, key=lambda pair: _rank(pair, integration, evidence))
        pairs.append(best)
        left.extend(Left(old=other.old, reason=LeftReason.SECOND) for other in others)
    return MovePlan(pairs=tuple(pairs), left=tuple(left))


def _judge(
    integration: OldIntegration,
    entity: RegistryEntry,
    name: OldName | None,
    site: Site,
    keys: Collection[str],
    evidence: Mapping[str, Evidence],
) -> Pair | LeftReason:
    becomes = None if name is None else _row(integration, entity, name)
    if becomes is None or name is None or (becomes.not_with in keys and becomes.not_with is not None):
        return LeftReason.NO_COUNTERPART
    if becomes.not_beside is not None and site.has(becomes.not_beside):
        return LeftReason.NO_COUNTERPART
    seen = evidence.get(entity.entity_id, UNSEEN)
    if not seen.is_alive:
        return LeftReason.DEAD
    unique_id = site.unique_id(becomes, name.serial)
    if unique_id in site.taken:
        return LeftReason.TAKEN
    if (ours := site.entities.get((entity.domain, unique_id))) is None:
        return LeftReason.NOT_HERE
    if not _units_agree(entity, ours):
        return LeftReason.UNIT
    shown = evidence.get(ours.entity_id, UNSEEN)
    if becomes.key.endswith(_TODAY) and not _same_day(seen, shown):
        return LeftReason.TODAY
    counter = _is_total(ours) and not becomes.key.endswith(_TODAY)
    changes = list(_changes(becomes, entity, ours, site))
    if counter and seen.value is not None and not site.agrees(seen, shown):
        if not site.seeds(becomes.key, name.serial if becomes.of_unit else None):
            return LeftReason.START
        if Alteration.REGISTER not in changes:
            changes.append(Alteration.REGISTER)
    return Pair(
        old=entity,
        ours=ours,
        becomes=becomes,
        serial=name.serial if becomes.of_unit else None,
        same_device=becomes.of_unit or name.serial is None,
        changes=tuple(changes),
        counter=counter,
    )


def _row(integration: OldIntegration, entity: RegistryEntry, name: OldName) -> Becomes | None:
    rows = integration.site_rows if name.serial is None else integration.unit_rows
    by_class = f"{name.key}:{entity.original_device_class}"
    return rows.get((entity.domain, name.key)) or rows.get((entity.domain, by_class))


def _changes(becomes: Becomes, old: RegistryEntry, ours: RegistryEntry, site: Site) -> Iterable[Alteration]:
    if becomes.change is not None and (becomes.changed_beside is None or site.has(becomes.changed_beside)):
        yield becomes.change
    if _state_class(old) in _TOTALS and _state_class(ours) == "measurement":
        yield Alteration.SUM_TO_MEAN


def _rank(
    pair: Pair, integration: OldIntegration, evidence: Mapping[str, Evidence]
) -> tuple[bool, bool, bool, float, int]:
    """Return what decides between entities that become the same one, best first."""
    seen = evidence.get(pair.old.entity_id, UNSEEN)
    order = list(integration.site_rows.values()) + list(integration.unit_rows.values())
    return (
        not seen.in_dashboard,
        pair.old.disabled_by not in {None, RegistryEntryDisabler.CONFIG_ENTRY},
        seen.since is None,
        seen.since.timestamp() if seen.since is not None else 0.0,
        next(index for index, row in enumerate(order) if row is pair.becomes),
    )


def _state_class(entity: RegistryEntry) -> str | None:
    return (entity.capabilities or {}).get("state_class")


def _is_total(entity: RegistryEntry) -> bool:
    return entity.original_device_class == "energy" and _state_class(entity) in _TOTALS


def _units_agree(old: RegistryEntry, ours: RegistryEntry) -> bool:
    """Return whether the old values can go on in our unit, or ours in the old one; only sensors record them."""
    if old.unit_of_measurement == ours.unit_of_measurement or ours.domain != "sensor":
        return True
    converter = UNIT_CONVERTERS.get(ours.original_device_class or "")
    return converter is not None and {old.unit_of_measurement, ours.unit_of_measurement} <= converter.VALID_UNITS


def _same_day(old: Evidence, ours: Evidence) -> bool:
    """Return whether two counters of the day agree; one that shows nothing has nothing to break off."""
    if old.value is None or ours.value is None:
        return old.value is None
    return abs(old.value - ours.value) <= max(_SAME_SHARE * max(old.value, ours.value), _SAME_WH)
