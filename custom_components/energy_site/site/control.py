"""What can be set: allowed values, commands, and what becomes of them.

What a control shows is the value in force. A command is what somebody wants it to
be. It ends confirmed, failed, accepted where nothing can tell whether it is in
force, or superseded by a newer one; until then it may be pending for minutes.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

type Value = bool | float | str


class ControlKey(StrEnum):
    """The controls that a site may have, by the keys of their entities."""

    BACKUP_RESERVE = "backup_reserve"
    CHARGE_FROM_GRID = "charge_from_grid"
    GRID_ENABLED = "grid_enabled"
    LIVE_POWER = "live_power"
    OPERATING_MODE = "operating_mode"
    STORM_GUARD = "storm_guard"
    # Of a load circuit, `MODE` of a generator as well.
    CLOSED = "closed"
    GENERATOR_ACTION = "generator_action"
    GRID_ACTION = "grid_action"
    LEVEL_HIGH = "level_high"
    LEVEL_LOW = "level_low"
    MODE = "mode"
    OFF_GRID_ACTION = "off_grid_action"


class ControlName(NamedTuple):
    """A control of the site, or of the unit with this serial number."""

    serial: str | None
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Numbers between two bounds, in steps; those between the ends of a `gap` are not allowed."""

    minimum: float
    maximum: float
    step: float = 1.0
    gap: tuple[float, float] | None = None

    def is_in_gap(self, value: float) -> bool:
        """Tell whether a value lies between the ends of the gap."""
        return self.gap is not None and self.gap[0] < value < self.gap[1]

    def admit(self, value: Value) -> Value | None:
        """Return the allowed value that is meant, `None` where there is none."""
        if isinstance(value, bool | str) or not self.minimum <= value <= self.maximum or self.is_in_gap(value):
            return None
        return min(self.minimum + round((value - self.minimum) / self.step) * self.step, self.maximum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of several words."""

    options: tuple[str, ...]

    def admit(self, value: Value) -> Value | None:
        """Return the allowed value that is meant, `None` where there is none."""
        return value if value in self.options else None


@dataclass(frozen=True, slots=True)
class Flag:
    """On or off."""

    def admit(self, value: Value) -> Value | None:
        """Return the allowed value that is meant, `None` where there is none."""
        return value if isinstance(value, bool) else None


type Limits = Range | Choice | Flag


class BlockReason(StrEnum):
    """Why a control cannot be set now."""

    CLOUD_CONTROLLED = "governed_remotely"
    OFF_GRID = "off_grid"
    GRID_EVENT = "grid_event"
    STORM = "storm"
    FULL_BACKUP = "full_backup"
    NOT_KNOWN = "not_known"
    IGNORED = "ignored"
    REFUSED = "refused"

    @property
    def is_denial(self) -> bool:
        """Whether nothing stands in the way but what the site denied before."""
        return self in (BlockReason.IGNORED, BlockReason.REFUSED)


class Trust(StrEnum):
    """How much it takes to believe that a control cannot be set: no denial, those that last, two in a row."""

    ALWAYS = "always"
    USUAL = "usual"
    LITTLE = "little"


def pauses(max_seconds: float) -> tuple[float, ...]:
    """Return growing seconds to wait between two looks, no longer than `max_seconds` together."""
    found: list[float] = []
    pause = 1.0
    while (left := max_seconds - sum(found)) > 0.01:
        found.append(min(pause, left))
        pause *= 1.5
    return tuple(found)


# A local system may take so many seconds to do what it was told.
LOCAL_PAUSES = pauses(30.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One control as it stands now.

    `value` is what is in force. `feeds` tell it, so they are asked after a
    write, after each of the `pauses` in seconds until they tell the command.
    `reached` tells whether it came true, where that is more than an equal value:
    `None` where nothing says so but the object that was written.
    `kept` tells whether that object holds a value still, `taken` whether the
    system says that it is going to put it into force. What was taken is looked
    for after the `lasting` pauses too, while nobody waits for it any more.
    Why a system ignores or refuses something lasts under the same
    `circumstances`, and how soon it is believed to last is a matter of `trust`. A `transient` one ends by itself, which is no change worth
    telling.
    """

    limits: Limits
    value: Value | None
    write: Callable[[Value], Awaitable[None]]
    feeds: tuple[str, ...]
    block_reason: BlockReason | None = None
    reached: Callable[[Value], bool | None] | None = None
    kept: Callable[[Value], bool] | None = None
    taken: Callable[[Value], bool] | None = None
    pauses: tuple[float, ...] = LOCAL_PAUSES
    lasting: tuple[float, ...] = ()
    circumstances: str = ""
    trust: Trust = Trust.USUAL
    transient: bool = False

    def in_force(self, value: Value) -> bool | None:
        """Tell whether a value is in force, `None` where nothing can tell that."""
        return same(self.value, value) if self.reached is None else self.reached(value)


class Failure(StrEnum):
    """Why a command did not come true."""

    MISSING = "missing"
    OUT_OF_RANGE = "out_of_range"
    NOT_AN_OPTION = "not_an_option"
    NOT_NOW = "not_now"
    REFUSED = "refused"
    QUOTA = "quota"
    NO_CHANGES = "no_changes"
    IGNORED = "ignored"
    NO_ANSWER = "no_answer"


class ControlError(Exception):
    """A command that did not come true, and what is in force instead.

    `answer` is what the site said: a status, or nothing. `looked` tells whether it
    told since what is in force: one that is starting refuses whatever it is asked.
    """

    def __init__(
        self,
        failure: Failure,
        name: ControlName,
        *,
        wanted: Value,
        in_force: Value | None = None,
        limits: Limits | None = None,
        block_reason: BlockReason | None = None,
        answer: int | None = None,
        looked: bool = True,
        seconds: float = 0.0,
    ) -> None:
        """Say what was wanted of which control, and why it is not so."""
        super().__init__(f"{name.key}: {failure}")
        self.failure = failure
        self.name = name
        self.wanted = wanted
        self.in_force = in_force
        self.limits = limits
        self.block_reason = block_reason
        self.answer = answer
        self.looked = looked
        self.seconds = seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingCommand:
    """What somebody wants a control to be, and since when.

    An `insistent` one is tried whatever was denied before, and proves nothing itself.
    """

    value: Value
    requested_at: datetime
    insistent: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return {"value": self.value, "made_at": self.requested_at.isoformat(), "insistent": self.insistent}

    @classmethod
    def restore(cls, data: object) -> PendingCommand | None:
        """Read what `as_dict` returned, `None` for anything else."""
        if not isinstance(data, Mapping):
            return None
        value, requested_at = data.get("value"), data.get("made_at")
        if not isinstance(value, bool | int | float | str) or not isinstance(requested_at, str):
            return None
        try:
            moment = datetime.fromisoformat(requested_at)
        except ValueError:
            return None
        if moment.tzinfo is None:
            return None
        return cls(value=value, requested_at=moment, insistent=data.get("insistent") is True)


class ChangeKind(StrEnum):
    """What happened to a setting; a command that was in force already is confirmed and changes nothing."""

    CHANGED = "changed"
    CONFIRMED = "confirmed"
    REVERTED = "reverted"
    FAILED = "failed"
    SUPERSEDED = "superseded"
    PENDING = "pending"
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A setting that changed, or a command that ended otherwise.

    `ours` says that it was asked for here, and not in the vendor's app. What moved
    `along` with that was not asked for: the site changed it, or somebody else at
    the same time. `despite` is a failure that it came true in spite of.
    """

    kind: ChangeKind
    name: ControlName
    before: Value | None
    after: Value | None
    ours: bool
    along: bool = False
    despite: Failure | None = None
    error: ControlError | None = None


def same(one: Value | None, other: Value | None) -> bool:
    """Tell whether two values mean the same: sites round percents."""
    if one is None or other is None or isinstance(one, bool | str) or isinstance(other, bool | str):
        return one == other
    return abs(one - other) < 0.5


def items(data: object) -> list[tuple[ControlName, object]]:
    """Read `[serial, key, item]` triples, leaving out what is none."""
    found: list[tuple[ControlName, object]] = []
    for entry in data if isinstance(data, list) else ():
        match entry:
            case [None | str() as serial, str() as key, item]:
                found.append((ControlName(serial, key), item))
    return found
