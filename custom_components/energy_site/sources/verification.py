"""Writes a command and verifies it: only what governs the site confirms it, never an echo."""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Protocol

from ..api.errors import ApiError, ApiQuotaError, ApiRefusedError, ApiStatusError
from ..site.control import BlockReason, Control, ControlError, ControlName, Failure, PendingCommand, Value
from .budget import NotNowError
from .feed import FeedState

# A request that got lost is sent again.
_ATTEMPTS = 5

# A site may apply a value despite an error, so it isn't judged before this share of the waiting time.
_HEARD_OUT = 0.25

# A written object is visible after this many seconds. If it isn't by then, another client
# overwrote it with its own copy.
_SHOWN_AFTER = 5.0

# With these status codes, the request was not processed.
_UNJUDGED = (408, 425, 429)


class CommandStatus(Enum):
    """How far a command got."""

    CONFIRMED = auto()
    ACCEPTED = auto()
    UNDER_WAY = auto()
    SUPERSEDED = auto()


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a command; `despite` holds the failure that the site reported although it applied it."""

    outcome: CommandStatus
    despite: Failure | None = None


class Observed(Protocol):
    """The part of a source that shows which values are active."""

    outage: ApiError | None
    states: dict[str, FeedState]

    @property
    def lead(self) -> str:
        """The feed that notices first when the system is back."""


class Verifier:
    """Sends commands to one source and verifies them."""

    def __init__(
        self,
        source: Observed,
        *,
        control: Callable[[ControlName], Control | None],
        clock: Callable[[], datetime],
        poll: Callable[[str], Awaitable[None]],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        """Poll `source` with `poll`, which never raises, and wait with `sleep`, in seconds."""
        self._source = source
        self.control = control
        self._clock = clock
        self._poll = poll
        self._sleep = sleep

    async def write(
        self, name: ControlName, command: PendingCommand, control: Control, *, newest: Callable[[], bool]
    ) -> Result:
        """Write and poll until the command is active, or no longer the `newest`.

        Raises `ControlError` if that fails.
        """
        last_error = await self.send(control, command)
        if isinstance(last_error, NotNowError):
            raise self.error(_failure(last_error, seen=False), name, command.value, control)
        sent, overwritten, seen, waited = 1, False, False, 0.0
        in_force: bool | None = False
        for pause in control.pauses:
            await self._sleep(pause)
            waited += pause
            if not newest():
                return Result(CommandStatus.SUPERSEDED)
            looked = await self.look(name)
            seen = seen or looked
            in_force = self._in_force(name, command.value, control) if looked else False
            if in_force:
                return Result(CommandStatus.CONFIRMED, _despite(last_error))
            if (latest := self.control(name)) is not None and is_in_the_way(latest.block_reason):
                # The reason may be known only now, such as a cloud that took over.
                raise self.error(Failure.NOT_NOW, name, command.value, latest)
            heard_out = waited >= _HEARD_OUT * sum(control.pauses)
            if heard_out and isinstance(last_error, ApiQuotaError):
                break
            if not looked or not newest():
                continue
            if is_verdict(last_error):
                if heard_out and not _is_held(control, command.value):
                    break
            elif last_error is not None and sent < _ATTEMPTS:
                last_error = await self.send(control, command)
                sent += 1
            elif (
                last_error is None
                and not overwritten
                and waited >= _SHOWN_AFTER
                and not _is_kept(control, command.value)
            ):
                overwritten = True
                last_error = await self.send(control, command)
        if in_force is None:
            return Result(CommandStatus.ACCEPTED, _despite(last_error))
        if last_error is None and control.lasting and control.taken is not None and control.taken(command.value):
            return Result(CommandStatus.UNDER_WAY)
        failure = _failure(last_error, seen=seen)
        latest = self.control(name)
        if failure is Failure.REFUSED and latest is not None and latest.overruled_by is not None:
            failure = Failure.NOT_NOW
        raise self.error(failure, name, command.value, control, last_error, looked=seen)

    async def look_on(
        self, name: ControlName, command: PendingCommand, control: Control, *, newest: Callable[[], bool]
    ) -> Result:
        """Poll until an accepted command is active; raise `ControlError` once its time is over."""
        seen = False
        passed = (self._clock() - command.requested_at).total_seconds() - sum(control.pauses)
        for pause in left(control.lasting, passed):
            await self._sleep(pause)
            if not newest():
                return Result(CommandStatus.SUPERSEDED)
            looked = await self.look(name)
            seen = seen or looked
            in_force = self._in_force(name, command.value, control) if looked else False
            if in_force is not False:
                return Result(CommandStatus.CONFIRMED if in_force else CommandStatus.ACCEPTED)
        failure = Failure.IGNORED if seen else Failure.NO_ANSWER
        latest = self.control(name)
        if seen and latest is not None and latest.overruled_by is not None:
            failure = Failure.NOT_NOW
        raise self.error(failure, name, command.value, control)

    async def look(self, *names: ControlName) -> bool:
        """Poll the active values; return whether all feeds answered."""
        keys = self._feeds(names)
        if not keys:
            return False
        states, since = self._source.states, self._clock()
        if self._source.outage is not None:
            await self._poll(self._source.lead)
        for key in keys:
            await self._poll(key)
        return all((at := states[key].answered_at) is not None and at >= since for key in keys)

    def answered_at(self, name: ControlName) -> datetime | None:
        """Return the oldest time at which the feeds of a control answered, `None` if one of them never did."""
        found = [self._source.states[key].answered_at for key in self._feeds((name,))]
        known = [at for at in found if at is not None]
        return min(known) if known and len(known) == len(found) else None

    def _feeds(self, names: Iterable[ControlName]) -> tuple[str, ...]:
        controls = [control for name in names if (control := self.control(name)) is not None]
        return tuple(dict.fromkeys(key for control in controls for key in control.feeds))

    def error(
        self,
        failure: Failure,
        name: ControlName,
        value: Value,
        control: Control | None,
        last_error: ApiError | None = None,
        *,
        looked: bool = True,
    ) -> ControlError:
        """Return the error of a failed command, with the value that is active instead."""
        now = self.control(name) or control
        return ControlError(
            failure,
            name,
            wanted=value,
            in_force=now.value if now is not None else None,
            limits=now.limits if now is not None else None,
            block_reason=(now.blocked(value) or now.overruled_by)
            if now is not None and failure is Failure.NOT_NOW
            else None,
            answer=last_error.status if isinstance(last_error, ApiStatusError) else None,
            words=last_error.words if isinstance(last_error, ApiRefusedError) else None,
            looked=looked,
            seconds=sum(control.pauses) if control is not None else 0.0,
        )

    async def send(self, control: Control, command: PendingCommand) -> ApiError | None:
        """Write a command; return what went wrong."""
        try:
            await control.write(command.value)
        except ApiError as err:
            return err
        return None

    def _in_force(self, name: ControlName, value: Value, written: Control) -> bool | None:
        """Return whether a value is active, `None` if that cannot be observed; `written` is the earlier control."""
        if written.reached is not None:
            return written.reached(value)
        latest = self.control(name)
        return latest is not None and latest.in_force(value)


def is_verdict(last_error: ApiError | None) -> bool:
    """Return whether the system processed and rejected the request; overload and timeouts are temporary."""
    if isinstance(last_error, ApiQuotaError | ApiRefusedError):
        return True
    return (
        isinstance(last_error, ApiStatusError) and 400 <= last_error.status < 500 and last_error.status not in _UNJUDGED
    )


def is_in_the_way(block_reason: BlockReason | None) -> bool:
    """Return whether something on the site, rather than earlier failures, prevents a change."""
    return block_reason is not None and block_reason is not BlockReason.NOT_KNOWN and not block_reason.is_denial


def _is_kept(control: Control, value: Value) -> bool:
    return control.kept is None or control.kept(value)


def _is_held(control: Control, value: Value) -> bool:
    """Return whether the value appears to have been taken although it was rejected."""
    return any(holds is not None and holds(value) for holds in (control.kept, control.taken))


def _despite(last_error: ApiError | None) -> Failure | None:
    return Failure.REFUSED if is_verdict(last_error) else None


def _failure(last_error: ApiError | None, *, seen: bool) -> Failure:
    if isinstance(last_error, ApiQuotaError):
        return Failure.NO_CHANGES if last_error.ends_changes else Failure.QUOTA
    if is_verdict(last_error):
        return Failure.REFUSED
    return Failure.IGNORED if seen and last_error is None else Failure.NO_ANSWER


def left(pauses: tuple[float, ...], passed: float) -> Iterator[float]:
    """Yield the remaining pauses in seconds; time that passed during a restart is deducted."""
    for pause in pauses:
        passed -= pause
        if passed < 0:
            yield min(pause, -passed)
