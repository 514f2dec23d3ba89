"""Energy that is told day by day, as counters that never fall."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from .model import Count, CounterKind

# More days than a source ever leaves open.
_MOST_DAYS = 40


@dataclass(slots=True, kw_only=True)
class DayBook:
    """One counter: Wh until the end of the day `through`, and Wh of each day since.

    A day's sum may be told again and again while it grows. What was shown
    once is never taken back.
    """

    through: date | None = None
    base: float = 0.0
    days: dict[date, float] = field(default_factory=dict)
    shown: float = 0.0

    def close(self, through: date, wh: float) -> None:
        """Enter all the energy until the end of a day."""
        if self.through is not None and through < self.through:
            return
        self.through, self.base = through, wh
        self.days = {day: energy for day, energy in self.days.items() if day > through}

    def life(self, days: Iterable[tuple[date, float]]) -> None:
        """Enter a life's days, oldest first."""
        known = list(days)
        if known:
            self.close(known[-1][0], sum(wh for _, wh in known))

    def note(self, day: date, wh: float) -> None:
        """Enter a day's energy so far."""
        if self.through is not None and day <= self.through:
            return
        self.days[day] = max(wh, self.days.get(day, 0.0))
        for oldest in sorted(self.days)[:-_MOST_DAYS]:
            del self.days[oldest]

    def count(self, today: date) -> Count:
        """Return the counter: since ever, and today; days of which nothing is known yet count for nothing."""
        self.shown = max(self.shown, self.base + sum(self.days.values()))
        known_today = self.days.get(today)
        if known_today is None and today - timedelta(days=1) in {self.through, *self.days}:
            known_today = 0.0
        return Count(total=self.shown, today=known_today)

    def dump(self) -> dict[str, Any]:
        """Return what outlives a restart, as plain JSON data."""
        return {
            "through": self.through.isoformat() if self.through else None,
            "base": self.base,
            "days": {day.isoformat(): wh for day, wh in self.days.items()},
            "shown": self.shown,
        }

    @classmethod
    def load(cls, data: object) -> DayBook:
        """Read what `dump` returned; an empty book for anything else."""
        if not isinstance(data, Mapping):
            return cls()
        try:
            through = data.get("through")
            return cls(
                through=date.fromisoformat(through) if through else None,
                base=float(data.get("base", 0.0)),
                days={date.fromisoformat(day): float(wh) for day, wh in data.get("days", {}).items()},
                shown=float(data.get("shown", 0.0)),
            )
        except TypeError, ValueError, AttributeError:
            return cls()


class DayBooks:
    """The books of one system, by what they count."""

    def __init__(self) -> None:
        """Start with none."""
        self._books: dict[CounterKind, DayBook] = {}

    def of(self, kind: CounterKind) -> DayBook:
        """Return a counter's book, a new one where there is none yet."""
        return self._books.setdefault(kind, DayBook())

    def counts(self, today: date) -> dict[CounterKind, Count]:
        """Return the counters whose life is known: one that began with today would leap to it later."""
        return {kind: book.count(today) for kind, book in self._books.items() if book.through is not None}

    def dump(self) -> dict[str, Any]:
        """Return what outlives a restart, as plain JSON data."""
        return {kind.value: book.dump() for kind, book in self._books.items()}

    def load(self, data: Mapping[str, Any]) -> None:
        """Take over what `dump` returned."""
        known = {kind.value: kind for kind in CounterKind}
        self._books |= {known[key]: DayBook.load(book) for key, book in data.items() if key in known}
