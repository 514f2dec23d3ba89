"""What a site does not let itself be told: a control that it ignored or refused twice in a row."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .control import ControlError, ControlName, Failure, Obstacle, items

# Twice is no accident.
_ENOUGH = 2

# After so long it is worth another try, whatever the vendor changed meanwhile.
_TRIED_AGAIN_AFTER = timedelta(days=30)

_OBSTACLES = {Failure.IGNORED: Obstacle.IGNORED, Failure.REFUSED: Obstacle.REFUSED}

# Why these were answered passes: a sign-in, a conflict, a lock, overload.
_PASSING = (401, 408, 409, 423, 425, 429)


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """How often in a row a control was denied, how and when the last time, and under which circumstances."""

    failure: Failure
    times: int
    at: datetime
    circumstances: str

    def dump(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return {
            "failure": self.failure.value,
            "times": self.times,
            "at": self.at.isoformat(),
            "circumstances": self.circumstances,
        }

    @classmethod
    def load(cls, data: object) -> Denial | None:
        """Read what `dump` returned, `None` for anything else."""
        match data:
            case {
                "failure": str() as failure,
                "times": int() as times,
                "at": str() as at,
                "circumstances": str() as why,
            }:
                pass
            case _:
                return None
        try:
            found = cls(failure=Failure(failure), times=times, at=datetime.fromisoformat(at), circumstances=why)
        except ValueError:
            return None
        return found if found.at.tzinfo is not None and found.failure in _OBSTACLES else None


class Denials:
    """Remembers the denials of one site."""

    def __init__(self) -> None:
        """Trust the site with everything."""
        self._found: dict[ControlName, Denial] = {}

    def note(self, error: ControlError, circumstances: str, now: datetime) -> None:
        """Count a failure whose reason lasts; any other says nothing."""
        if error.failure not in _OBSTACLES or error.answer in _PASSING or not error.looked:
            return
        before = self._found.get(error.name)
        again = before is not None and before.circumstances == circumstances
        self._found[error.name] = Denial(
            failure=error.failure,
            times=1 + (before.times if before is not None and again else 0),
            at=now,
            circumstances=circumstances,
        )

    def forget(self, name: ControlName) -> None:
        """Trust the site with a control again."""
        self._found.pop(name, None)

    def obstacle(self, name: ControlName, circumstances: str, now: datetime) -> Obstacle | None:
        """Return why it is not worth a try for now."""
        denial = self._found.get(name)
        if denial is None or denial.times < _ENOUGH or denial.circumstances != circumstances:
            return None
        return _OBSTACLES[denial.failure] if now - denial.at < _TRIED_AGAIN_AFTER else None

    def dump(self) -> list[list[Any]]:
        """Return plain JSON data."""
        return [[*name, denial.dump()] for name, denial in self._found.items()]

    def load(self, data: object) -> None:
        """Take over what `dump` returned."""
        for name, item in items(data):
            if (denial := Denial.load(item)) is not None:
                self._found[name] = denial
