"""Tells what becomes of settings: who changed them, whether what was set holds, and what came late."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..site.control import Change, ChangeKind, ControlError, ControlName, Failure, PendingCommand, Value, items, same

# Within this time a confirmed value that goes away was overruled.
_MEMORABLE = timedelta(minutes=10)

# Within this time a failed command that comes true came late.
_LATE = timedelta(hours=1)

# A setting may move others along with it.
_MOVES_OTHERS = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failed:
    command: PendingCommand
    failure: Failure


class SettingWatch:
    """Remembers what was active and what was requested."""

    def __init__(self) -> None:
        """Know nothing."""
        self._known: dict[ControlName, Value] = {}
        self._confirmed: dict[ControlName, PendingCommand] = {}
        self._failed: dict[ControlName, _Failed] = {}
        self._expected: dict[ControlName, Value] = {}
        self._written: tuple[ControlName, datetime] | None = None

    def known(self, name: ControlName) -> Value | None:
        """Return what was in force when it was looked at last."""
        return self._known.get(name)

    def written(self, name: ControlName, now: datetime) -> None:
        """Note what is being written."""
        self._written = (name, now)

    def confirmed(
        self, name: ControlName, value: Value, now: datetime, kind: ChangeKind | None, despite: Failure | None
    ) -> Change:
        """Note that a command came true, or by its `kind` came as far as can be told; return what to tell."""
        before = self._known.get(name)
        self._confirmed[name] = PendingCommand(value=value, requested_at=now)
        self._failed.pop(name, None)
        self._known[name] = value
        if kind is None:
            kind = ChangeKind.CONFIRMED if same(before, value) and despite is None else ChangeKind.CHANGED
        return Change(kind=kind, name=name, before=before, after=value, ours=True, despite=despite)

    def failed(self, command: PendingCommand, error: ControlError, now: datetime) -> Change:
        """Note that a command failed; return what to tell."""
        name = error.name
        self._failed[name] = _Failed(
            command=PendingCommand(value=command.value, requested_at=now), failure=error.failure
        )
        before = self._known.get(name)
        return Change(kind=ChangeKind.FAILED, name=name, before=before, after=error.in_force, ours=True, error=error)

    def expect(self, name: ControlName, value: Value) -> None:
        """Take a change that was made another way for ours, once it is seen here."""
        self._expected[name] = value

    def seen(self, name: ControlName, value: Value, at: datetime, now: datetime, *, writing: bool) -> Change | None:
        """Note what is in force by answers of `at`; return what to tell.

        While others are `writing`, settings move along with what is written.
        """
        before = self._known.get(name)
        self._known[name] = value
        if (late := self._late(name, value, at, moved=not same(before, value))) is not None:
            return Change(
                kind=ChangeKind.CHANGED, name=name, before=before, after=value, ours=True, despite=late.failure
            )
        if before is None or same(before, value):
            return None
        expected, along = self._is_expected(name, value), self._moves_along(name, now, writing=writing)
        ours = expected or along
        kind = ChangeKind.CHANGED if ours else self._kind(name, before, now)
        return Change(kind=kind, name=name, before=before, after=value, ours=ours, along=along and not expected)

    def as_dict(self) -> dict[str, Any]:
        """Return what outlives a restart, as plain JSON data."""
        return {
            "in_force": [[*name, value] for name, value in self._known.items()],
            "failed": [[*name, [each.failure.value, each.command.as_dict()]] for name, each in self._failed.items()],
        }

    def restore(self, data: Mapping[str, Any]) -> None:
        """Take over what `as_dict` returned."""
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
        """Return the command that had failed and came true after all, by an answer that came after that."""
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

    def _is_expected(self, name: ControlName, value: Value) -> bool:
        """Tell whether it was changed another way, by us."""
        if name not in self._expected or not same(self._expected[name], value):
            return False
        del self._expected[name]
        return True

    def _moves_along(self, name: ControlName, now: datetime, *, writing: bool) -> bool:
        """Tell whether a setting moves because another one was just written."""
        if self._written is None:
            return writing
        written, at = self._written
        return name != written and (writing or now - at <= _MOVES_OTHERS)
