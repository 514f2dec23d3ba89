"""Counters that never decrease, for energy that is reported by day."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from ..model import Count, CounterKind

# More days than a source leaves open; older ones become part of the base.
_MOST_DAYS = 40

# The sum of a day's intervals and its total are rounded separately, so a decrease of up to this
# many Wh is none.
_NOISE = 100.0

# A lifetime total that decreased may return within this many days, in steps of at least this share
# of the decrease.
_RETURNS_WITHIN = timedelta(days=7)
_STEP_BACK = 0.25


@dataclass(slots=True, kw_only=True)
class DailyCounter:
    """One counter: Wh until the end of the day `through`, and Wh of each day since.

    A day's energy may be reported repeatedly while it grows. A total that was shown is never taken
    back: if the lifetime total decreases, the counter continues unchanged, `offset` Wh
    above what is reported. `drop` is by how much it decreased on the day `dropped`, in case that
    was a mistake and it returns.
    """

    through: date | None = None
    base: float = 0.0
    days: dict[date, float] = field(default_factory=dict)
    shown: float = 0.0
    offset: float = 0.0
    drop: float = 0.0
    dropped: date | None = None
    lifeless: bool = False
    estimated: set[date] = field(default_factory=set)

    def begin(self, today: date) -> None:
        """Count from 0 and `today` if the lifetime energy was never reported, and won't be soon."""
        if self.through is None:
            self.through, self.lifeless = today - timedelta(days=1), True

    def close(self, through: date, wh: float, known: float = 0.0) -> None:
        """Record the energy until the end of a day, `known` Wh of which don't move the counter."""
        if self.through is not None:
            if through < self.through:
                return
            brought = sum(energy for day, energy in self.days.items() if day <= through)
            self._correct(wh - self.base - brought - known, through)
            self.offset -= known
        self.through, self.base = through, wh
        self.days = {day: energy for day, energy in self.days.items() if day > through}

    def life(self, days: Iterable[tuple[date, float]]) -> None:
        """Record the daily energy of the lifetime, oldest day first."""
        reported = dict(days)
        through = max(reported, default=date.min)
        if not reported or (self.through is not None and through < self.through):
            return
        known = sum(reported.get(day, 0.0) - self.days.get(day, 0.0) for day in self.estimated if day <= through)
        if self.lifeless and self.through is not None:
            known += sum(wh for day, wh in reported.items() if day <= self.through) - self.base
        self.close(through, sum(reported.values()), known)
        self.lifeless, self.estimated = False, {day for day in self.estimated if day > through}

    def estimate(self, day: date) -> None:
        """Keep the energy of a finished day, even if the lifetime energy differs from it later."""
        if self.through is not None and day > self.through:
            self.estimated.add(day)

    def note(self, day: date, wh: float) -> None:
        """Record a day's energy so far."""
        if self.through is not None and day <= self.through:
            return
        self.days[day] = max(wh, self.days.get(day, 0.0))
        for oldest in sorted(self.days)[:-_MOST_DAYS]:
            energy = self.days.pop(oldest)
            if self.through is not None:
                self.through, self.base = oldest, self.base + energy
                self.lifeless |= oldest in self.estimated
                self.estimated.discard(oldest)

    def count(self, today: date) -> Count:
        """Return the total and today's energy; days without data count as zero."""
        self.shown = max(self.shown, self._reported + self.offset)
        known_today = self.days.get(today)
        if known_today is None and today - timedelta(days=1) in {self.through, *self.days}:
            known_today = 0.0
        return Count(total=self.shown, today=known_today)

    def move(self, wh: float) -> None:
        """Count on from a total that is so many Wh higher, with the energy of each day unchanged."""
        self.shown += wh
        self.offset += wh

    @property
    def total(self) -> float | None:
        """The lifetime total in Wh, `None` as long as it is unknown."""
        return None if self.through is None else max(self.shown, self._reported + self.offset)

    @property
    def _reported(self) -> float:
        return self.base + sum(self.days.values())

    def _correct(self, change: float, through: date) -> None:
        """Compensate a lifetime total that is lower than its days were, and one that returns from there."""
        if self.dropped is not None and through - self.dropped > _RETURNS_WITHIN:
            self.drop, self.dropped = 0.0, None
        if change < -_NOISE:
            self.offset -= change
            self.drop, self.dropped = self.drop - change, through
        elif change >= max(self.drop * _STEP_BACK, _NOISE) and self.drop > 0:
            back = min(change, self.drop)
            self.offset, self.drop = self.offset - back, self.drop - back

    def as_dict(self) -> dict[str, Any]:
        """Return the counter as plain JSON data."""
        return {
            "through": self.through.isoformat() if self.through else None,
            "base": self.base,
            "days": {day.isoformat(): wh for day, wh in self.days.items()},
            "shown": self.shown,
            "offset": self.offset,
            "drop": self.drop,
            "dropped": self.dropped.isoformat() if self.dropped else None,
            "lifeless": self.lifeless,
            "estimated": [day.isoformat() for day in sorted(self.estimated)],
        }

    @classmethod
    def restore(cls, data: object) -> DailyCounter:
        """Return the counter from the data of `as_dict`, an empty one for anything else."""
        if not isinstance(data, Mapping):
            return cls()
        try:
            through, dropped = data.get("through"), data.get("dropped")
            counter = cls(
                through=date.fromisoformat(through) if through else None,
                base=float(data.get("base", 0.0)),
                days={date.fromisoformat(day): float(wh) for day, wh in data.get("days", {}).items()},
                shown=float(data.get("shown", 0.0)),
                drop=float(data.get("drop", 0.0)),
                dropped=date.fromisoformat(dropped) if dropped else None,
                lifeless=bool(data.get("lifeless", False)),
                estimated={date.fromisoformat(day) for day in data.get("estimated", ())},
            )
            # A counter stored before there was an offset may be stuck above a lifetime total that
            # was corrected.
            counter.offset = float(data.get("offset", max(counter.shown - counter._reported, 0.0)))
        except TypeError, ValueError, AttributeError:
            return cls()
        return counter


class DailyCounters:
    """The daily counters of one system, by what they count."""

    def __init__(self) -> None:
        """Start without counters."""
        self._counters: dict[CounterKind, DailyCounter] = {}

    def of(self, kind: CounterKind) -> DailyCounter:
        """Return the counter of a kind, creating it if necessary."""
        return self._counters.setdefault(kind, DailyCounter())

    def name(self, key: str, serial: str | None) -> str | None:
        """Return the name in `as_dict` of the counter that an entity of the site shows.

        It is `None` if none does, and as long as the lifetime total is unknown, which it would jump to later.
        """
        kind = CounterKind.of_key(key) if serial is None else None
        return kind if kind in self._counters and self._counters[kind].total is not None else None

    def counts(self, today: date) -> dict[CounterKind, Count]:
        """Return the counters with a known lifetime total: one that started today would jump to it later."""
        return {kind: counter.count(today) for kind, counter in self._counters.items() if counter.total is not None}

    def as_dict(self) -> dict[str, Any]:
        """Return the counters as plain JSON data."""
        return {kind.value: counter.as_dict() for kind, counter in self._counters.items()}

    def restore(self, data: Mapping[str, Any]) -> None:
        """Restore the data of `as_dict`."""
        known = {kind.value: kind for kind in CounterKind}
        self._counters |= {known[key]: DailyCounter.restore(counter) for key, counter in data.items() if key in known}
