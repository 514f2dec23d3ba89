"""What was asked for and is in force later."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class _Entry:
    due: float
    apply: Callable[[], None]


@dataclass(slots=True)
class PendingChanges:
    """Changes that wait for their moment, epoch s."""

    _entries: list[_Entry] = field(default_factory=list)

    @property
    def next_due(self) -> float | None:
        """When the next one comes into force."""
        return min((each.due for each in self._entries), default=None)

    def put(self, due: float, apply: Callable[[], None]) -> None:
        """Let `apply` be called at `due`."""
        self._entries.append(_Entry(due, apply))

    def apply(self, now: float) -> None:
        """Let what is due by `now` be in force, in the order it was due."""
        due = sorted((each for each in self._entries if each.due <= now), key=lambda each: each.due)
        for each in due:
            self._entries.remove(each)
            each.apply()
