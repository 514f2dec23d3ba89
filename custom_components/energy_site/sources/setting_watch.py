"""Reports changes of settings: who changed them, whether a set value lasts, and whether it came late."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..site.control import Change, ChangeKind, ControlError, ControlName, Failure, PendingCommand, Value, items, same

# A confirmed value that disappears within this time was overruled.
_MEMORABLE = timedelta(minutes=10)

# A failed command that becomes active within this time was late.
_LATE = timedelta(hours=1)

# A site that isn't connected to its cloud may get a change that was made there this much later.
_EXPECTED_FOR = timedelta(days=1)

# A write may change other settings within this time.
_MOVES_OTHERS = timedelta(seconds=60)

# What a setting brings along may be reported this much later.
_BRINGS_OTHERS = timedelta(minutes=20)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failed:
    command: PendingCommand
    failure: Failure


class SettingWatch:
    """Remembers active and requested values."""

    def __init__(self) -> None:
        """Start without any known value."""
        self._known: dict[ControlName, Value] = {}
        self._confirmed: dict[ControlName, PendingCommand] = {}
        self._failed: dict[ControlName, _Failed] = {}
        self._expected: dict[ControlName, PendingCommand] = {}
        self._written: tuple[ControlName, datetime] | None = None
        self._brought: dict[ControlName, datetime] = {}

    def known(self, name: ControlName) -> Value | None:
        """Return the value that was active when last checked."""
        return self._known.get(name)

    def written(self, name: ControlName, now: datetime, brings: Iterable[str] = ()) -> None:
        """Record which control is being written, and which others it may change even some time later."""
        self._written = (name, now)
        self._brought.pop(name, None)
        self._expected.pop(name, None)
        self.bring(brings, now)

    def bring(self, keys: Iterable[str], now: datetime) -> None:
        """Expect each of these controls to change once, because another one did."""
        self._brought |= {ControlName(None, key): now for key in keys}

    def confirmed(
        self, name: ControlName, value: Value, now: datetime, kind: ChangeKind | None, despite: Failure | None
    ) -> Change:
        """Record that a command was confirmed, or accepted if `kind` says so; return the change to report."""
        before = self._known.get(name)
        self._confirmed[name] = PendingCommand(value=value, requested_at=now)
        self._failed.pop(name, None)
        self._known[name] = value
        if kind is None:
            kind = ChangeKind.CONFIRMED if same(before, value) and despite is None else ChangeKind.CHANGED
        return Change(kind=kind, name=name, before=before, after=value, ours=True, despite=despite)

    def failed(self, command: PendingCommand, error: ControlError, now: datetime) -> Change:
        """Record that a command failed; return the change to report."""
        name = error.name
        self._failed[name] = _Failed(
            command=PendingCommand(value=command.value, requested_at=now), failure=error.failure
        )
        before = self._known.get(name)
        if error.failure is Failure.MOVED and error.in_force is not None:
            # The failure tells of this value already.
            self._known[name] = error.in_force
        return Change(kind=ChangeKind.FAILED, name=name, before=before, after=error.in_force, ours=True, error=error)

    def expect(self, name: ControlName, value: Value, now: datetime) -> None:
        """Attribute a change made in another way to Home Assistant once it is observed here, unless that takes days."""
        self._expected[name] = PendingCommand(value=value, requested_at=now)

    def seen(self, name: ControlName, value: Value, at: datetime, now: datetime, *, writing: bool) -> Change | None:
        """Record the active value as answered at `at`; return the change to report, `None` if there is none.

        While a command is being written (`writing`), other settings may change with it.
        """
        before = self._known.get(name)
        self._known[name] = value
        if (late := self._late(name, value, at, moved=not same(before, value))) is not None:
            return Change(
                kind=ChangeKind.CHANGED, name=name, before=before, after=value, ours=True, despite=late.failure
            )
        if before is None or same(before, value):
            return None
        expected, along = self._is_expected(name, value, now), self._moves_along(name, now, writing=writing)
        ours = expected or along
        kind = ChangeKind.CHANGED if ours else self._kind(name, before, now)
        return Change(kind=kind, name=name, before=before, after=value, ours=ours, along=along and not expected)

    def as_dict(self) -> dict[str, Any]:
        """Return the state to store across restarts, as plain JSON data."""
        return {
            "in_force": [[*name, value] for name, value in self._known.items()],
            "failed": [[*name, [each.failure.value, each.command.as_dict()]] for name, each in self._failed.items()],
        }

    def restore(self, data: Mapping[str, Any]) -> None:
        """Restore the data of `as_dict`."""
        for name, item in items(data.get("in_force")):
            if isinstance(item, bool | int | float | str):
                self._known[name] = item
        for name, item in items(data.get("failed")):
            match item:
                case [str() as word, kept] if (
                    word in tuple(Failure) and (command := PendingCommand.restore(kept)) is not None
                ):
                    self._failed[name] = _Failed(command=command, failure=Failure(word))

    def _late(self, name: ControlName, value: Value, at: datetime, *, moved: bool) -> _Failed | None:
        """Return the failed command that a later answer shows to be active after all."""
        late = self._failed.get(name)
        if late is None or not (moved or at > late.command.requested_at):
            return None
        came = same(late.command.value, value)
        if came or at - late.command.requested_at > _LATE:
            del self._failed[name]
        return late if came else None

    def _kind(self, name: ControlName, before: Value, now: datetime) -> ChangeKind:
        confirmed = self._confirmed.pop(name, None)
        if confirmed is None or not same(confirmed.value, before) or now - confirmed.requested_at > _MEMORABLE:
            return ChangeKind.CHANGED
        return ChangeKind.REVERTED

    def _is_expected(self, name: ControlName, value: Value, now: datetime) -> bool:
        """Return whether Home Assistant made this change in another way."""
        expected = self._expected.get(name)
        if expected is None or not same(expected.value, value):
            return False
        del self._expected[name]
        return now - expected.requested_at <= _EXPECTED_FOR

    def _moves_along(self, name: ControlName, now: datetime, *, writing: bool) -> bool:
        """Return whether a setting changes because another one was written or changed."""
        brought = self._brought.pop(name, None)
        if brought is not None and now - brought <= _BRINGS_OTHERS:
            return True
        if self._written is None:
            return writing
        written, at = self._written
        return name != written and (writing or now - at <= _MOVES_OTHERS)
