"""The queue of a site's controls: one write at a time, each either confirmed or reported as failed."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
import logging
from typing import Any, Protocol

from ..site.control import (
    Change,
    ChangeKind,
    Control,
    ControlError,
    ControlName,
    Failure,
    Limits,
    PendingCommand,
    Progress,
    Range,
    Value,
    items,
    same,
)
from ..site.denials import Denials
from .listeners import Listeners
from .pursuit import Pursuit
from .setting_watch import SettingWatch
from .verification import CommandStatus, Observed, Result, Verifier, left

_LOGGER = logging.getLogger(__name__)

# A command left unfulfilled for this long, such as while Home Assistant was down, would surprise the user.
_LASTING = timedelta(minutes=15)

# The source may show a control late after a restart; a command that it took before is given up after this time.
_UNKNOWN = timedelta(days=2)

# An accepted command is confirmed or disproved by the site's behavior within this time.
_WATCHED = timedelta(days=1)


class ControlledSource(Observed, Protocol):
    """The part of a source that the control queue uses."""

    def control_names(self) -> Iterable[ControlName]:
        """Return the names of all controls the site currently has."""

    def control(self, name: ControlName, now: datetime) -> Control | None:
        """Return the current state of a control, `None` if the site has no such control."""


class ControlQueue:
    """Keeps the commands of one source until they end.

    Writes are queued, since some of them replace a whole object. A newer command for the same
    control supersedes an older one at any stage.
    """

    def __init__(
        self,
        source: ControlledSource,
        *,
        clock: Callable[[], datetime],
        poll: Callable[[str], Awaitable[None]],
        save: Callable[[], Awaitable[None]],
        changed: Callable[[Change], None],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Control `source` using a clock, and the matching `sleep` in seconds.

        `poll` polls a feed and never raises. `save` stores the queue before anything is sent.
        `changed` is called for every change of a setting.
        """
        self._source = source
        self._clock = clock
        self._poll = poll
        self._save = save
        self._changed = changed
        # Called with a control's name when a command begins or ends.
        self.pending_changed: Listeners[[ControlName]] = Listeners()
        self._verifier = Verifier(source, control=self.control, clock=clock, poll=poll, sleep=sleep)
        self._pursuit = Pursuit(self._verifier, clock=clock, sleep=sleep)
        self._watch = SettingWatch()
        self._denials = Denials()
        self._commands: dict[ControlName, PendingCommand] = {}
        self._taken: set[ControlName] = set()
        # Interrupted by a restart, and not taken up yet, as the source doesn't know the control.
        self._interrupted: set[ControlName] = set()
        self._accepted: dict[ControlName, PendingCommand] = {}
        self._turn = asyncio.Lock()
        self._tasks: set[asyncio.Task[ControlError | None]] = set()

    def control(self, name: ControlName) -> Control | None:
        """Return the current state of a control; it is blocked if the site recently denied it."""
        now = self._clock()
        control = self._source.control(name, now)
        if control is None or control.block_reason is not None or control.transient:
            return control
        block_reason = self._denials.block_reason(name, control, now)
        return control if block_reason is None else replace(control, block_reason=block_reason)

    def pending(self, name: ControlName) -> Value | None:
        """Return the value of the command that is not active yet, `None` if there is none."""
        command = self._commands.get(name)
        return command.value if command is not None else None

    async def set(self, name: ControlName, value: Value, *, insistent: bool = False) -> None:
        """Set a control and return once the command is active, accepted, or superseded.

        Accepted is a command that the site took and will apply later, which stays `pending`, and
        one whose effect cannot be observed. Raises `ControlError` if the control cannot be set or
        the value does not become active. An `insistent` command is sent even after repeated
        denials, and does not count as a denial itself.
        """
        self._take_up()
        control = await self._settable(name, value, insistent=insistent)
        admitted = control.limits.admit(value)
        if admitted is None:
            raise self._verifier.error(_outside(control.limits), name, value, control)
        before = self._commands.get(name)
        if before is not None and name in self._taken:
            if same(before.value, admitted):
                return
            self._taken.discard(name)
            self._superseded(name, before)
        command = PendingCommand(value=admitted, requested_at=self._clock(), insistent=insistent)
        self._commands[name] = command
        self.pending_changed.notify(name)
        await self._save()
        error = await asyncio.shield(self._begin(self._run(name, command, afresh=True)))
        if error is not None:
            raise error

    @staticmethod
    def missing(name: ControlName, value: Value) -> ControlError:
        """Return the error for a control that the site does not have."""
        return ControlError(Failure.MISSING, name, wanted=value)

    def resume(self) -> None:
        """Resume the commands that a restart interrupted, each once its control is known."""
        self._interrupted = set(self._commands)
        self._take_up()

    def stop(self) -> None:
        """Cancel the running tasks; the commands are kept for the next start."""
        for task in tuple(self._tasks):
            task.cancel()

    async def look(self, *names: ControlName) -> bool:
        """Poll the current values of some controls; return whether all of them answered."""
        looked = await self._verifier.look(*names)
        self.observe()
        return looked

    def observe(self) -> None:
        """Compare the current values with the previous ones, which others may have changed."""
        self._take_up()
        now = self._clock()
        writing = any(name not in self._taken | self._interrupted for name in self._commands)
        controls = [(name, self._source.control(name, now)) for name in self._source.control_names()]
        # What brings others along comes before them.
        for name, control in sorted(controls, key=lambda each: each[1] is None or not each[1].brings):
            if control is None or control.value is None or control.transient:
                continue
            if (command := self._commands.get(name)) is not None:
                if name in self._taken and control.in_force(command.value):
                    self._finish(name, command, Result(CommandStatus.CONFIRMED))
                continue
            if (accepted := self._accepted.get(name)) is not None:
                self._prove(name, accepted, control, now)
            if (in_force := control.in_force(control.value)) is False:
                # The settings file has this value, but the site does not follow it, or not yet.
                continue
            change = self._watch.seen(name, control.value, self._answered_at(control, now), now, writing=writing)
            if change is None:
                continue
            self._denials.forget(name)
            self._watch.bring(control.brings, now)
            if change.despite is not None and in_force is None:
                self._accepted[name] = PendingCommand(value=control.value, requested_at=now)
                change = replace(change, kind=ChangeKind.ACCEPTED)
            self._changed(change)

    def expect(self, name: ControlName, value: Value, brings: Iterable[str] = ()) -> None:
        """Attribute a change made in another way to Home Assistant once it is observed here, and what it `brings`."""
        now = self._clock()
        self._watch.expect(name, value, now)
        self._watch.bring(brings, now)

    def as_dict(self) -> dict[str, Any]:
        """Return the state to store across restarts, as plain JSON data."""
        return {
            "wishes": [[*name, command.as_dict()] for name, command in self._commands.items()],
            "taken": [[*name, True] for name in self._taken],
            "accepted": [[*name, command.as_dict()] for name, command in self._accepted.items()],
            "denials": self._denials.as_dict(),
            **self._watch.as_dict(),
        }

    def restore(self, data: Mapping[str, Any]) -> None:
        """Restore the data of `as_dict`."""
        for kept, key in ((self._commands, "wishes"), (self._accepted, "accepted")):
            for name, item in items(data.get(key)):
                if (command := PendingCommand.restore(item)) is not None:
                    kept[name] = command
        self._taken = {name for name, _ in items(data.get("taken")) if name in self._commands}
        self._denials.restore(data.get("denials"))
        self._watch.restore(data)

    def _take_up(self) -> None:
        """Go on with interrupted commands; one whose control stays unknown for too long has failed."""
        for name in tuple(self._interrupted):
            command, control, taken = self._commands[name], self.control(name), name in self._taken
            if control is not None:
                self._interrupted.discard(name)
                self._begin(self._look_on(name, command, control) if taken else self._run(name, command, afresh=False))
            elif self._age(command) > (_UNKNOWN if taken else _LASTING).total_seconds():
                failure = Failure.NOT_IN_TIME if taken else Failure.NO_ANSWER
                self._finish(name, command, self._verifier.error(failure, name, command.value, None))

    def _begin(self, work: Coroutine[Any, Any, ControlError | None]) -> asyncio.Task[ControlError | None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _run(self, name: ControlName, command: PendingCommand, *, afresh: bool) -> ControlError | None:
        """Wait for the turn, then write and verify; return the error if that failed."""
        async with self._turn:
            result = await self._tried(name, command, self._write(name, command, afresh=afresh))
            if not self._is_newest(name, command):
                self._superseded(name, command)
                return None
            control = self.control(name)
            if isinstance(result, Result) and result.outcome is CommandStatus.UNDER_WAY:
                self._taken.add(name)
                if control is None or control.progress is None:
                    self._pending(name, command)
            else:
                self._finish(name, command, result)
                self.observe()
            await self._save()
        if name in self._taken and control is not None and self._is_newest(name, command):
            if control.progress is not None:
                return await self._follow(name, command, control)
            self._begin(self._look_on(name, command, control))
        return result if isinstance(result, ControlError) else None

    async def _follow(self, name: ControlName, command: PendingCommand, control: Control) -> ControlError | None:
        """Watch for a command that a service took for as long as an action waits, then without it."""
        waits = sum(control.pauses)
        work = self._pursuit.follow(
            name,
            command,
            control,
            left(control.pauses, self._age(command)),
            newest=self._newest(name, command),
            until=command.requested_at + timedelta(seconds=waits),
        )
        result = await self._tried(name, command, work)
        if not self._is_newest(name, command):
            return None
        if isinstance(result, Result) and result.outcome is CommandStatus.UNDER_WAY:
            self._begin(self._look_on(name, command, control))
            return None
        return await self._end(name, command, result)

    async def _look_on(self, name: ControlName, command: PendingCommand, control: Control) -> ControlError | None:
        """Watch for an accepted command to become active, without blocking others."""
        newest = self._newest(name, command)
        if control.progress is None:
            work = self._verifier.look_on(name, command, control, newest=newest)
        else:
            pauses = left(control.lasting, self._age(command) - sum(control.pauses))
            work = self._pursuit.see_through(name, command, control, pauses, newest=newest)
        result = await self._tried(name, command, work)
        return await self._end(name, command, result) if self._is_newest(name, command) else None

    async def _end(
        self, name: ControlName, command: PendingCommand, result: Result | ControlError
    ) -> ControlError | None:
        self._finish(name, command, result)
        self.observe()
        await self._save()
        return result if isinstance(result, ControlError) else None

    def _newest(self, name: ControlName, command: PendingCommand) -> Callable[[], bool]:
        return lambda: self._is_newest(name, command)

    def _age(self, command: PendingCommand) -> float:
        """Return how many seconds ago a command was made."""
        return (self._clock() - command.requested_at).total_seconds()

    async def _tried(
        self, name: ControlName, command: PendingCommand, work: Coroutine[Any, Any, Result]
    ) -> Result | ControlError:
        """Return the result of `work`, or the error it raised."""
        try:
            return await work
        except ControlError as err:
            return err
        except Exception:
            # Whatever went wrong, a command without a task must not stay pending.
            _LOGGER.exception("Unexpected error while changing %s", name.key)
            return self._verifier.error(Failure.NO_ANSWER, name, command.value, self.control(name))

    async def _write(self, name: ControlName, command: PendingCommand, *, afresh: bool) -> Result:
        if not self._is_newest(name, command):
            return Result(CommandStatus.SUPERSEDED)
        if not afresh and await self._verifier.look(name):
            control = self.control(name)
            if control is not None and control.in_force(command.value):
                return Result(CommandStatus.CONFIRMED)
            progress = control.progress if control is not None else None
            if progress is not None and progress(command.value) is Progress.UNDER_WAY:
                return Result(CommandStatus.UNDER_WAY)
        if not afresh and self._clock() - command.requested_at > _LASTING:
            raise self._verifier.error(Failure.NO_ANSWER, name, command.value, self.control(name))
        control = await self._settable(name, command.value, insistent=command.insistent)
        self._watch.written(name, self._clock(), control.brings)
        writer = self._verifier if control.progress is None else self._pursuit
        return await writer.write(name, command, control, newest=self._newest(name, command))

    def _finish(self, name: ControlName, command: PendingCommand, result: Result | ControlError) -> None:
        """End a command and report its result."""
        now, control = self._clock(), self.control(name)
        self._watch.written(name, now, control.brings if control is not None else ())
        del self._commands[name]
        self._taken.discard(name)
        self._interrupted.discard(name)
        self._accepted.pop(name, None)
        if isinstance(result, ControlError):
            if not command.insistent:
                self._denials.note(result, control, now)
            self._changed(self._watch.failed(command, result, now))
        else:
            self._denials.forget(name)
            accepted = result.outcome is CommandStatus.ACCEPTED
            if accepted:
                self._accepted[name] = replace(command, requested_at=now)
            kind = ChangeKind.ACCEPTED if accepted else None
            self._changed(self._watch.confirmed(name, command.value, now, kind, result.despite))
        self.pending_changed.notify(name)

    def _prove(self, name: ControlName, accepted: PendingCommand, control: Control, now: datetime) -> None:
        """Report once whether the site applies what it accepted, as soon as its behavior shows it."""
        in_force = control.in_force(accepted.value) if same(control.value, accepted.value) else None
        if in_force is None and same(control.value, accepted.value) and now - accepted.requested_at <= _WATCHED:
            return
        del self._accepted[name]
        if in_force:
            self._changed(
                Change(kind=ChangeKind.CHANGED, name=name, before=accepted.value, after=accepted.value, ours=True)
            )
        elif in_force is False:
            error = self._verifier.error(Failure.IGNORED, name, accepted.value, control)
            if not accepted.insistent:
                self._denials.note(error, control, now)
            self._changed(self._watch.failed(accepted, error, now))

    def _pending(self, name: ControlName, command: PendingCommand) -> None:
        before = self._watch.known(name)
        self._changed(Change(kind=ChangeKind.PENDING, name=name, before=before, after=command.value, ours=True))

    def _superseded(self, name: ControlName, command: PendingCommand) -> None:
        before = self._watch.known(name)
        self._changed(Change(kind=ChangeKind.SUPERSEDED, name=name, before=before, after=command.value, ours=True))

    def _answered_at(self, control: Control, now: datetime) -> datetime:
        """Return the oldest time at which the feeds of a control answered."""
        answers = [self._source.states[key].answered_at for key in control.feeds]
        return min((at for at in answers if at is not None), default=now)

    def _is_newest(self, name: ControlName, command: PendingCommand) -> bool:
        return self._commands.get(name) is command

    async def _settable(self, name: ControlName, value: Value, *, insistent: bool) -> Control:
        control = self.control(name)
        if control is not None and (needed := control.needs(value)):
            for key in needed:
                await self._poll(key)
            control = self.control(name)
        if control is None:
            raise self.missing(name, value)
        block_reason = control.blocked(value)
        if block_reason is not None and not (insistent and block_reason.is_denial):
            raise self._verifier.error(Failure.NOT_NOW, name, value, control)
        return control


def _outside(limits: Limits) -> Failure:
    return Failure.OUT_OF_RANGE if isinstance(limits, Range) else Failure.NOT_AN_OPTION
