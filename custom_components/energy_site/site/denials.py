"""What a site does not let itself be told: a control that it ignored or refused again and again.

Some minutes of trouble prove nothing. A denial lasts once the same value was denied
twice at least an hour apart, or any two values on two days. Of a control that its
vendor documents as read-only, two in a row that were ignored prove it. Any change of
the control that is seen proves the contrary.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .control import BlockReason, Control, ControlError, ControlName, Failure, PendingCommand, Trust, items, same

# So far apart, two tries of the same value did not meet the same trouble.
_ANOTHER_TRY = timedelta(hours=1)

# Another value may just be wrong by itself; by so much later that is another day.
_ANOTHER_DAY = timedelta(hours=20)

# After so long it is worth another try, whatever the vendor changed meanwhile.
_TRIED_AGAIN_AFTER = timedelta(days=30)

_BLOCK_REASONS = {Failure.IGNORED: BlockReason.IGNORED, Failure.REFUSED: BlockReason.REFUSED}

# Why these were answered passes: a sign-in, a conflict, a lock, overload.
_PASSING = (401, 408, 409, 423, 425, 429)


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """How and when a control was denied last, and under which circumstances.

    `tries` are the first denied commands of each value, `lasting` tells whether they
    are enough to give up.
    """

    failure: Failure
    at: datetime
    circumstances: str
    tries: tuple[PendingCommand, ...] = ()
    lasting: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return {
            "failure": self.failure.value,
            "at": self.at.isoformat(),
            "circumstances": self.circumstances,
            "tries": [each.as_dict() for each in self.tries],
            "lasting": self.lasting,
        }

    @classmethod
    def restore(cls, data: object) -> Denial | None:
        """Read what `as_dict` returned, `None` for anything else."""
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
        """Trust the site with everything."""
        self._found: dict[ControlName, Denial] = {}

    def note(self, error: ControlError, control: Control | None, now: datetime) -> None:
        """Remember a failure whose reason may last; any other says nothing."""
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
        """Trust the site with a control again."""
        self._found.pop(name, None)

    def block_reason(self, name: ControlName, control: Control, now: datetime) -> BlockReason | None:
        """Return why it is not worth a try for now."""
        denial = self._found.get(name)
        if denial is None or not denial.lasting or denial.circumstances != control.circumstances:
            return None
        if control.trust is Trust.ALWAYS or now - denial.at >= _TRIED_AGAIN_AFTER:
            return None
        return _BLOCK_REASONS[denial.failure]

    def as_dict(self) -> list[list[Any]]:
        """Return plain JSON data."""
        return [[*name, denial.as_dict()] for name, denial in self._found.items()]

    def restore(self, data: object) -> None:
        """Take over what `as_dict` returned."""
        for name, item in items(data):
            if (denial := Denial.restore(item)) is not None:
                self._found[name] = denial
