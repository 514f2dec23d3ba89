"""Controls: allowed values, commands, and their results.

A control shows the active value. A command requests a new one. It ends confirmed, failed,
superseded by a newer one, or accepted if nothing shows whether the value is active; until then, it
may be pending for minutes.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum, auto
from typing import Any, NamedTuple

type Value = bool | float | str


class ControlKey(StrEnum):
    """The controls that a site may have, by the keys of their entities."""

    BACKUP_RESERVE = "backup_reserve"
    CHARGE_FROM_GRID = "charge_from_grid"
    DISCHARGE_TO_GRID = "discharge_to_grid"
    EXPORT_LIMIT = "export_limit"
    EXPORT_LIMIT_ENABLED = "export_limit_enabled"
    EXPORT_RULE = "export_rule"
    GRID_ENABLED = "grid_enabled"
    LIVE_POWER = "live_power"
    OFF_GRID_VEHICLE_CHARGING_RESERVE = "off_grid_vehicle_charging_reserve"
    OPERATING_MODE = "operating_mode"
    POWER_MATCH = "power_match"
    RESTRICT_DISCHARGE = "restrict_discharge"
    SHUTDOWN_LEVEL = "shutdown_level"
    STORM_GUARD = "storm_guard"
    TARIFF = "tariff"
    # These belong to a load circuit; `MODE` to a generator as well.
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
    """A range of numbers in steps; those strictly between the ends of a `gap` are not allowed."""

    minimum: float
    maximum: float
    step: float = 1.0
    gap: tuple[float, float] | None = None

    def is_in_gap(self, value: float) -> bool:
        """Return whether a value is strictly between the ends of the gap."""
        return self.gap is not None and self.gap[0] < value < self.gap[1]

    def admit(self, value: Value) -> Value | None:
        """Return the allowed value that corresponds to `value`, `None` if there is none."""
        if isinstance(value, bool | str) or not self.minimum <= value <= self.maximum or self.is_in_gap(value):
            return None
        return min(self.minimum + round((value - self.minimum) / self.step) * self.step, self.maximum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of several options."""

    options: tuple[str, ...]

    def admit(self, value: Value) -> Value | None:
        """Return the allowed value that corresponds to `value`, `None` if there is none."""
        return value if value in self.options else None


@dataclass(frozen=True, slots=True)
class Flag:
    """On or off."""

    def admit(self, value: Value) -> Value | None:
        """Return the allowed value that corresponds to `value`, `None` if there is none."""
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
    LOCKED = "locked"
    STATEMENT = "statement"
    NO_WINDOW = "no_window"
    CALIBRATION = "calibration"
    SYSTEM_TASK = "system_task"
    NOT_OWNER = "not_owner"
    SILENT_GATEWAY = "silent_gateway"
    IGNORED = "ignored"
    REFUSED = "refused"

    @property
    def is_denial(self) -> bool:
        """Whether earlier denials by the site are the only reason."""
        return self in (BlockReason.IGNORED, BlockReason.REFUSED)


class Progress(Enum):
    """How far a requested value got, as told by a service that hands it on to the site.

    `UNDER_WAY` was taken and waits for the site. `ELSEWHERE` means that neither the requested value nor the one from
    before is active, and that nothing is on its way.
    """

    ACTIVE = auto()
    UNDER_WAY = auto()
    ELSEWHERE = auto()
    UNCHANGED = auto()


class Trust(StrEnum):
    """What it takes to conclude that a control cannot be set: nothing does, lasting denials, or two in a row."""

    ALWAYS = "always"
    DEFAULT = "default"
    LITTLE = "little"


def pauses(max_seconds: float) -> tuple[float, ...]:
    """Return increasing seconds to wait between polls, no longer than `max_seconds` in total."""
    found: list[float] = []
    pause = 1.0
    while (left := max_seconds - sum(found)) > 0.01:
        found.append(min(pause, left))
        pause *= 1.5
    return tuple(found)


# A local system may take this many seconds to apply a command.
LOCAL_PAUSES = pauses(30.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """The current state of one control.

    `value` is the active value. `feeds` report it, so they are polled after a write, after each of
    the `pauses` in seconds, until they confirm the command. `reached` returns whether a value is
    active if that takes more than an equal value: `None` if only the written object shows it.
    `kept` returns whether that object still holds a value, `taken` whether the system says that it
    is going to apply it. A command that was taken is watched for the `lasting` pauses as well, in
    the background. `overruled_by` is what the system does instead at the moment, and so the reason
    if the command never becomes active. `refuses` returns why a single value cannot be set now, and
    `needs` which feeds have to be polled to decide that.

    A service that hands values on to the site tells the `progress` of a requested one, which is then
    followed in the background until the site has it. `delayed_by` is why that may take long. `look`
    polls a witness, and returns whether it answered; `look_further` polls the service, where the witness
    is this source itself. `brings` are the keys of the controls that may
    change with this one, even some time later.

    The reason for which a system ignores or rejects a command lasts as long as the `circumstances`
    are the same; `trust` determines how soon it is believed to last. A `transient` control ends
    automatically, which is not reported as a change.
    """

    limits: Limits
    value: Value | None
    write: Callable[[Value], Awaitable[None]]
    feeds: tuple[str, ...]
    block_reason: BlockReason | None = None
    overruled_by: BlockReason | None = None
    refuses: Callable[[Value], BlockReason | None] | None = None
    needs: Callable[[Value], tuple[str, ...]] = lambda _: ()
    reached: Callable[[Value], bool | None] | None = None
    kept: Callable[[Value], bool] | None = None
    taken: Callable[[Value], bool] | None = None
    progress: Callable[[Value], Progress] | None = None
    delayed_by: BlockReason | None = None
    look: Callable[[], Awaitable[bool]] | None = None
    look_further: Callable[[], Awaitable[bool]] | None = None
    brings: tuple[str, ...] = ()
    pauses: tuple[float, ...] = LOCAL_PAUSES
    lasting: tuple[float, ...] = ()
    circumstances: str = ""
    trust: Trust = Trust.DEFAULT
    transient: bool = False

    def in_force(self, value: Value) -> bool | None:
        """Return whether a value is active, `None` if that cannot be observed."""
        return same(self.value, value) if self.reached is None else self.reached(value)

    def blocked(self, value: Value) -> BlockReason | None:
        """Return why a value cannot be set now, `None` if it can."""
        return self.block_reason or (self.refuses(value) if self.refuses is not None else None)


class Failure(StrEnum):
    """Why a command failed."""

    MISSING = "missing"
    OUT_OF_RANGE = "out_of_range"
    NOT_AN_OPTION = "not_an_option"
    NOT_NOW = "not_now"
    REFUSED = "refused"
    QUOTA = "quota"
    NO_CHANGES = "no_changes"
    IGNORED = "ignored"
    NO_ANSWER = "no_answer"
    DROPPED = "dropped"
    MOVED = "moved"
    NOT_IN_TIME = "not_in_time"
    PAUSED = "paused"
    SIGNED_OUT = "signed_out"


class ControlError(Exception):
    """A command that failed, and the value that is active instead.

    `answer` is the status code of the site's response, and `words` are its reason, if any. `looked` is whether the site has
    reported its active value since: a site that is starting rejects every request.
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
        words: str | None = None,
        looked: bool = True,
        seconds: float = 0.0,
    ) -> None:
        """Keep the requested value of the control, and why it isn't active."""
        super().__init__(f"{name.key}: {failure}")
        self.failure = failure
        self.name = name
        self.wanted = wanted
        self.in_force = in_force
        self.limits = limits
        self.block_reason = block_reason
        self.answer = answer
        self.words = words
        self.looked = looked
        self.seconds = seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingCommand:
    """The requested value of a control, and the time of the request.

    An `insistent` command is sent regardless of earlier denials, and does not count as one itself.
    """

    value: Value
    requested_at: datetime
    insistent: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the command as plain JSON data."""
        return {"value": self.value, "made_at": self.requested_at.isoformat(), "insistent": self.insistent}

    @classmethod
    def restore(cls, data: object) -> PendingCommand | None:
        """Return the command from the data of `as_dict`, `None` for anything else."""
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
    """What happened to a setting; a command whose value was already active is confirmed and changes nothing."""

    CHANGED = "changed"
    CONFIRMED = "confirmed"
    REVERTED = "reverted"
    FAILED = "failed"
    SUPERSEDED = "superseded"
    PENDING = "pending"
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A setting that changed, or a command that ended in another way.

    `ours` is true if Home Assistant requested it, rather than the vendor's app. A setting that
    changed `along` with a requested one was not requested itself: the site changed it, or someone
    else did at the same time. `despite` is a failure reported for a command that was applied
    nevertheless.
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
    """Return whether two values are equal, allowing for sites that round percentages."""
    if one is None or other is None or isinstance(one, bool | str) or isinstance(other, bool | str):
        return one == other
    return abs(one - other) < 0.5


def items(data: object) -> list[tuple[ControlName, object]]:
    """Return the valid `[serial, key, item]` triples in `data`."""
    found: list[tuple[ControlName, object]] = []
    for entry in data if isinstance(data, list) else ():
        match entry:
            case [None | str() as serial, str() as key, item]:
                found.append((ControlName(serial, key), item))
    return found
