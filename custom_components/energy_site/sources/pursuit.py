"""Writes to a service that hands values on to the site, and follows each until the site has it or never will.

Such a service answers at once that it took a value. What it shows as active is the old one until the site reports, which
may take a quarter of an hour.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta

from ..api.errors import AccountServiceError, ApiAuthError, ApiError
from ..site.control import Control, ControlError, ControlName, Failure, PendingCommand, Progress, Value
from .verification import CommandStatus, Result, Verifier, is_in_the_way, is_verdict

# A request that got lost is sent again, after a look that shows that it wasn't taken.
_ATTEMPTS = 3

# A refusal is believed once so many seconds have shown that nothing came of the request.
_HEARD_OUT = 10.0

# What a service shows between two of its own steps isn't the end, so a second look decides, this many seconds later.
_LOOKS = 2
_SECOND_LOOK = 15.0

# A site on the network has most values before the service is asked as well, after pauses of this many seconds.
_FURTHER = 20.0

# A site that hasn't reported for long is looked for this often, in seconds, and for so long.
_RARELY = 900.0
_LONGEST = timedelta(days=2)


class Pursuit:
    """Writes and follows the commands of one source; one look serves all that wait."""

    def __init__(
        self, verifier: Verifier, *, clock: Callable[[], datetime], sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        """Look with `verifier`, and wait with `sleep`, in seconds."""
        self._verifier = verifier
        self._clock = clock
        self._sleep = sleep
        self._looking = asyncio.Lock()

    async def write(
        self, name: ControlName, command: PendingCommand, control: Control, *, newest: Callable[[], bool]
    ) -> Result:
        """Write and look until the value is active or under way, or no longer the `newest` command's.

        Raises `ControlError` if neither happens while `control.pauses` last.
        """
        sent, since = 1, self._clock()
        error = await self._send(name, command, control)
        seen, waited, elsewhere = False, 0.0, 0
        for pause in control.pauses:
            await self._sleep(pause)
            waited += pause
            if not newest():
                return Result(CommandStatus.SUPERSEDED)
            further = error is not None or pause >= _FURTHER
            progress = await self._look(name, command.value, control, since, pause, further=further)
            if progress is None:
                continue
            seen = True
            if progress is Progress.ACTIVE:
                return Result(CommandStatus.CONFIRMED, Failure.REFUSED if is_verdict(error) else None)
            if progress is Progress.UNDER_WAY:
                return Result(CommandStatus.UNDER_WAY)
            latest = self._verifier.control(name)
            if latest is not None and is_in_the_way(latest.block_reason):
                raise self._verifier.error(Failure.NOT_NOW, name, command.value, latest)
            elsewhere = elsewhere + 1 if progress is Progress.ELSEWHERE else 0
            if elsewhere == _LOOKS or (is_verdict(error) and waited >= _HEARD_OUT):
                break
            if error is not None and not is_verdict(error) and sent < _ATTEMPTS and not elsewhere:
                sent, since = sent + 1, self._clock()
                error = await self._send(name, command, control)
        if is_verdict(error):
            raise self._failed(Failure.REFUSED, name, command.value, control, error)
        if error is not None or not seen:
            raise self._failed(Failure.NO_ANSWER, name, command.value, control, error, looked=seen)
        raise self._failed(Failure.MOVED if elsewhere else Failure.IGNORED, name, command.value, control)

    async def follow(
        self,
        name: ControlName,
        command: PendingCommand,
        control: Control,
        pauses: Iterable[float],
        *,
        newest: Callable[[], bool],
        until: datetime | None = None,
    ) -> Result:
        """Look after each of the pauses until the value is active; raise `ControlError` if it no longer can be.

        A look may have to wait for its turn, so that `until` may come before the last of them.
        """
        gone = 0
        for pause in pauses:
            if until is not None and self._clock() >= until:
                break
            await self._sleep(min(pause, _SECOND_LOOK) if gone else pause)
            if not newest():
                return Result(CommandStatus.SUPERSEDED)
            progress = await self._look(name, command.value, control, command.requested_at, pause)
            if progress is None or progress is Progress.UNDER_WAY:
                gone = 0
            elif progress is Progress.ACTIVE:
                return Result(CommandStatus.CONFIRMED)
            else:
                gone += 1
                if gone == _LOOKS:
                    failure = Failure.MOVED if progress is Progress.ELSEWHERE else Failure.DROPPED
                    raise self._failed(failure, name, command.value, control)
        return Result(CommandStatus.UNDER_WAY)

    async def see_through(
        self,
        name: ControlName,
        command: PendingCommand,
        control: Control,
        pauses: Iterable[float],
        *,
        newest: Callable[[], bool],
    ) -> Result:
        """Follow a value to its end, which may be far away while the site doesn't report."""
        result = await self.follow(name, command, control, pauses, newest=newest)
        while result.outcome is CommandStatus.UNDER_WAY:
            latest = self._verifier.control(name)
            waits = latest is None or latest.delayed_by is not None
            if not waits or self._clock() - command.requested_at > _LONGEST:
                raise self._failed(Failure.NOT_IN_TIME, name, command.value, control)
            result = await self.follow(name, command, control, (_RARELY,), newest=newest)
        return result

    async def _send(self, name: ControlName, command: PendingCommand, control: Control) -> ApiError | None:
        """Send the value, and return what went wrong; raise `ControlError` if it is certain that nothing was sent."""
        error = await self._verifier.send(control, command)
        if isinstance(error, AccountServiceError):
            raise self._verifier.error(Failure.PAUSED, name, command.value, control, error)
        if isinstance(error, ApiAuthError):
            raise self._verifier.error(Failure.SIGNED_OUT, name, command.value, control, error)
        return error

    async def _look(
        self, name: ControlName, value: Value, control: Control, since: datetime, pause: float, *, further: bool = True
    ) -> Progress | None:
        """Return how far the value got, `None` if nothing answered; a look that others just made is good enough."""
        if (progress := control.progress) is None:
            return None
        async with self._looking:
            if control.look is not None and await control.look() and progress(value) is Progress.ACTIVE:
                return Progress.ACTIVE
            recent = self._clock() - timedelta(seconds=pause)
            answered_at = self._verifier.answered_at(name)
            shared = answered_at is not None and answered_at > max(since, recent)
            looked = shared or await self._verifier.look(name)
            if further and control.look_further is not None and progress(value) is not Progress.ACTIVE:
                looked = await control.look_further() or looked
            return progress(value) if looked else None

    def _failed(
        self,
        failure: Failure,
        name: ControlName,
        value: Value,
        control: Control,
        error: ApiError | None = None,
        *,
        looked: bool = True,
    ) -> ControlError:
        """Return the error of a command; what the site does instead at the moment is the reason, if there is such."""
        latest = self._verifier.control(name)
        if failure is not Failure.NO_ANSWER and latest is not None and latest.overruled_by is not None:
            failure = Failure.NOT_NOW
        return self._verifier.error(failure, name, value, control, error, looked=looked)
