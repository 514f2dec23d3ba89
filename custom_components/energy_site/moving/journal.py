"""The stored list of each move: what was where before, how far the move is, and so the way back."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from homeassistant.core import HomeAssistant
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from ..helpers.storage import KeptFile
from ..vendors.vendor import EntryIdentity

_FILE = "moves"
_MOVES = "moves"


class Phase(StrEnum):
    """What a move is about to do. What began is finished after a restart, in either direction."""

    STOPPING = "stopping"
    COUNTING = "counting"
    HANDING_OVER = "handing_over"
    STARTING = "starting"
    MOVED = "moved"
    RETURNING = "returning"
    RESTARTING = "restarting"
    # Home Assistant stores its registries with a delay, so that even what is done is looked at again after a crash.
    RETURNED = "returned"


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedEntity:
    """One entity as it was before; `id` is the registry's own and stays when the entity is renamed."""

    id: str
    entity_id: str
    unique_id: str
    subentry_id: str | None
    device_id: str | None
    new_unique_id: str
    enabled: bool
    # What the integration registers, which ours replaces by its own.
    registered: Mapping[str, Any]
    # Of the entity's options, those that Home Assistant chooses for an integration.
    options: Mapping[str, Any]
    # A counter's name in the ledger, its last value in Wh and when that was.
    counter: str | None = None
    same: bool = True
    value: float | None = None
    at: datetime | None = None
    # What ours was called before.
    our_entity_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedDevice:
    """What the user chose for a device of ours, before it took over the choices for an old one, and after."""

    id: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Succession:
    """The system that an entry of ours was for, and the one that replaced it.

    Their data is how they are reached, with nothing of the owner. `earlier` are the unique IDs that entities had
    even before, by the registry's own IDs.
    """

    before: EntryIdentity
    after: EntryIdentity
    earlier: Mapping[str, str]

    @classmethod
    def restore(cls, data: Mapping[str, Any]) -> Self:
        """Return the succession of plain data; raise `KeyError` or `TypeError` if it is none."""
        before, after = (EntryIdentity(**data[way]) for way in ("before", "after"))
        return cls(before=before, after=after, earlier=dict(data["earlier"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One move from an old entry.

    It `goes_on` without the site if it holds more than that. `disabled_by` is why the entry was disabled
    before. `disabled_devices` are those of its devices that this move disabled. `renamed` are the IDs,
    new by old, that the Energy dashboard uses since. In a `succession`, the old entry is ours itself,
    and all of its entities move.
    """

    old_entry_id: str
    domain: str
    title: str
    goes_on: bool
    disabled_by: str | None
    phase: Phase
    entities: tuple[MovedEntity, ...]
    devices: tuple[MovedDevice, ...] = ()
    disabled_devices: tuple[str, ...] = ()
    shifts: Mapping[str, float] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    succession: Succession | None = None
    handed_over_at: datetime | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the move as plain JSON data."""
        entities = [{**asdict(entity), "at": _text(entity.at)} for entity in self.entities]
        return {**asdict(self), "entities": entities, "handed_over_at": _text(self.handed_over_at)}

    @classmethod
    def restore(cls, data: Mapping[str, Any]) -> Self:
        """Return the move of `as_dict`; raise `KeyError`, `TypeError` or `ValueError` if it is none."""
        return cls(
            **{
                **data,
                "phase": Phase(data["phase"]),
                "entities": tuple(
                    MovedEntity(**{**entity, "at": _moment(entity["at"])}) for entity in data["entities"]
                ),
                "devices": tuple(MovedDevice(**device) for device in data["devices"]),
                "disabled_devices": tuple(data["disabled_devices"]),
                "handed_over_at": _moment(data.get("handed_over_at")),
                "succession": Succession.restore(data["succession"]) if data.get("succession") else None,
            }
        )


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


class Journal:
    """The moves of all entries, oldest first. What is noted is stored before anything is done."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Keep the moves in a file of their own, which a site that can't be loaded doesn't need."""
        self._file = KeptFile(
            hass,
            _FILE,
            "Moved entities",
            is_ours=lambda data: isinstance(data.get(_MOVES), dict),
            # The way back to a gateway that was replaced needs its token.
            private=True,
        )
        self._moves: dict[str, tuple[Move, ...]] = {}

    async def async_load(self) -> None:
        """Load the stored moves; those that can't be read are reported and left out."""
        stored = (await self._file.async_load()).get(_MOVES, {})
        try:
            self._moves = {entry_id: tuple(map(Move.restore, moves)) for entry_id, moves in stored.items()}
        except AttributeError, KeyError, TypeError, ValueError:
            await self._file.async_give_up("a part of it")

    def of(self, entry_id: str) -> tuple[Move, ...]:
        """Return the moves into an entry of ours, oldest first."""
        return self._moves.get(entry_id, ())

    def unsettled(self, entry_id: str) -> list[Move]:
        """Return the moves to look at after a restart, without a system that was replaced once more since."""
        moves = self.of(entry_id)
        last = next((move for move in reversed(moves) if move.succession is not None), None)
        return [move for move in moves if move is last or move.succession is None or move.phase is not Phase.MOVED]

    def moved_in(self, entry_id: str) -> frozenset[str]:
        """Return the registry's own IDs of the entities that moved into an entry of ours and are still there."""
        moves = (move for move in self.of(entry_id) if move.phase is not Phase.RETURNED)
        return frozenset(entity.id for move in moves for entity in move.entities)

    def replaced(self, entry_id: str) -> frozenset[str]:
        """Return the unique IDs that an entry of ours had with systems which were replaced."""
        moves = (move for move in self.of(entry_id) if move.phase is not Phase.RETURNED)
        return frozenset(move.succession.before.unique_id for move in moves if move.succession is not None)

    def entries(self) -> tuple[str, ...]:
        """Return the entries of ours that something moved into."""
        return tuple(self._moves)

    async def async_begin(self, entry_id: str, move: Move) -> Move:
        """Note a new move."""
        before = [each for each in self.of(entry_id) if each.phase is not Phase.RETURNED]
        self._moves[entry_id] = (*before, move)
        await self._async_save()
        return move

    async def async_note(self, entry_id: str, move: Move, **changes: Any) -> Move:
        """Note how far a move is, and what else changed about it."""
        noted = replace(move, **changes)
        self._moves[entry_id] = tuple(noted if each is move else each for each in self.of(entry_id))
        await self._async_save()
        return noted

    async def async_end(self, entry_id: str, move: Move) -> None:
        """Forget a move that was undone."""
        self._moves[entry_id] = tuple(each for each in self.of(entry_id) if each is not move)
        await self._async_save()

    async def async_forget(self, entry_id: str) -> None:
        """Forget the moves into an entry that is removed."""
        if self._moves.pop(entry_id, None) is not None:
            await self._async_save()

    async def _async_save(self) -> None:
        self._moves = {entry_id: moves for entry_id, moves in self._moves.items() if moves}
        moves = {entry_id: [move.as_dict() for move in moves] for entry_id, moves in self._moves.items()}
        await self._file.async_save({_MOVES: moves})


JOURNAL: HassKey[Journal] = HassKey(f"{DOMAIN}_moves")
