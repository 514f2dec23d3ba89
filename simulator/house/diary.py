"""What a house's counters were at each local midnight."""

from collections import deque
from dataclasses import dataclass

from .energy import Truth

_DAYS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class DayStart:
    """Counters when a local day began, Wh (inverters: micro-watt-hours)."""

    day: int
    epoch: float
    phases: tuple[Truth, ...]
    inverters: tuple[int, ...]

    def inverter(self, index: int) -> int | None:
        """Return an inverter's counter, None when it was not there yet."""
        return self.inverters[index] if index < len(self.inverters) else None


class Diary:
    """The last days' beginnings; the first entry is where the diary begins."""

    def __init__(self, first: DayStart) -> None:
        """Begin with `first`."""
        self._days: deque[DayStart] = deque([first], maxlen=_DAYS)

    def write(self, entry: DayStart) -> None:
        """Add the beginning of a day."""
        self._days.append(entry)

    def back(self, days: int) -> DayStart:
        """Return the beginning of the day `days` ago, or the oldest known."""
        wanted = self._days[-1].day - days
        for entry in reversed(self._days):
            if entry.day <= wanted:
                return entry
        return self._days[0]

    @property
    def today(self) -> DayStart:
        """The beginning of today."""
        return self._days[-1]
