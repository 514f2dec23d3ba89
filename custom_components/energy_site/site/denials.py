"""Detects controls that a site ignores or rejects again and again.

A few minutes of failures prove nothing. A denial is believed to last once the same value was denied
twice at least an hour apart, or any two values on two days. For a control that its vendor documents
as read-only, two ignored commands in a row are enough. Any observed change of the control proves
the contrary.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .control import BlockReason, Control, ControlError, ControlName, Failure, PendingCommand, Trust, items, same

# Two attempts this far apart are not affected by the same temporary failure.
_ANOTHER_TRY = timedelta(hours=1)

# A different value may be invalid in itself, so it only counts if it is denied on another day.
_ANOTHER_DAY = timedelta(hours=20)

# After this time, the vendor may have changed something, and another attempt is worthwhile.
_TRIED_AGAIN_AFTER = timedelta(days=30)

_BLOCK_REASONS = {Failure.IGNORED: BlockReason.IGNORED, Failure.REFUSED: BlockReason.REFUSED}

# These statuses have temporary causes: a sign-in, a bill, a conflict, a registration, a lock, overload.
_PASSING = (401, 402, 408, 409, 412, 421, 423, 425, 429)


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """How, when and under which circumstances a control was last denied.

    `tries` are the first denied commands of each value, `lasting` is whether they are enough to
    give up.
    """

    failure: Failure
    at: datetime
    circumstances: str
    tries: tuple[PendingCommand, ...] = ()
    lasting: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the denial as plain JSON data."""
        return {
            "failure": self.failure.value,
            "at": self.at.isoformat(),
            "circumstances": self.circumstances,
            "tries": [each.as_dict() for each in self.tries],
            "lasting": self.lasting,
        }

    @classmethod
    def restore(cls, data: object) -> Denial | None:
        """Return the denial from the data of `as_dict`, `None` for anything else."""
        match data:
            case {
                "failure": str() as failure,
                "at": str() as at,
                "circumstances": str() as why,
                "tries": list() as tries,
                "lasting": bool() as lasting,
            }:
                pass
            case _:
                return None
        try:
            found = cls(
                failure=Failure(failure),
                at=datetime.fromisoformat(at),
                circumstances=why,
                tries=tuple(command for each in tries if (command := PendingCommand.restore(each)) is not None),
                lasting=lasting,
            )
        except ValueError:
            return None
        return found if found.at.tzinfo is not None and found.failure in _BLOCK_REASONS else None


class Denials:
    """Remembers the denials of one site."""

    def __init__(self) -> None:
        """Start without any denial."""
        self._found: dict[ControlName, Denial] = {}

    def note(self, error: ControlError, control: Control | None, now: datetime) -> None:
        """Record a failure with a reason that may last; ignore any other."""
        if error.failure not in _BLOCK_REASONS or error.answer in _PASSING or not error.looked or control is None:
            return
        before = self._found.get(error.name)
        if before is None or before.circumstances != control.circumstances:
            before = Denial(failure=error.failure, at=now, circumstances=control.circumstances)
        again = timedelta() if control.trust is Trust.LITTLE and error.failure is Failure.IGNORED else _ANOTHER_TRY
        recent = tuple(each for each in before.tries if now - each.requested_at < _TRIED_AGAIN_AFTER)
        known = any(same(each.value, error.wanted) for each in recent)
        apart = [
            (now - each.requested_at, again if same(each.value, error.wanted) else _ANOTHER_DAY) for each in recent
        ]
        self._found[error.name] = Denial(
            failure=error.failure,
            at=now,
            circumstances=control.circumstances,
            tries=recent if known else (*recent, PendingCommand(value=error.wanted, requested_at=now)),
            lasting=before.lasting or any(passed >= enough for passed, enough in apart),
        )

    def forget(self, name: ControlName) -> None:
        """Forget the denials of a control."""
        self._found.pop(name, None)

    def block_reason(self, name: ControlName, control: Control, now: datetime) -> BlockReason | None:
        """Return why a control is not worth an attempt now, `None` if it is."""
        denial = self._found.get(name)
        if denial is None or not denial.lasting or denial.circumstances != control.circumstances:
            return None
        if control.trust is Trust.ALWAYS or now - denial.at >= _TRIED_AGAIN_AFTER:
            return None
        return _BLOCK_REASONS[denial.failure]

    def as_dict(self) -> list[list[Any]]:
        """Return the denials as plain JSON data."""
        return [[*name, denial.as_dict()] for name, denial in self._found.items()]

    def restore(self, data: object) -> None:
        """Restore the data of `as_dict`."""
        for name, item in items(data):
            if (denial := Denial.restore(item)) is not None:
                self._found[name] = denial
