"""How requests are spread over a month: what updates cost, how long they wait, and when they are due.

Days and nights are told apart: an update that is worth twice as much is asked
twice as often.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
import math

from .daylight import Daylight
from .demand import QUARTER, Bundle, Purpose, System

_DAY = timedelta(days=1)

# Intervals that a person recognises, in minutes; longer ones are whole days.
_LADDER = (1, 2, 5, 10, 15, 30, 45, 60, 75, 90, 105, 120, 150, 180, 210, 240, 300, 360, 480, 600, 720, 960, 1440)

# So much too early is in time; a moment is moved to its slot if that is not much sooner than `Bundle.least` allows.
_EARLY = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A bundle by day or by night until the month's end: seconds of that, and what an update is worth then."""

    bundle: Bundle
    seconds: float
    worth: float

    def cost(self, stretch: float) -> float:
        """Return its requests if one worth 1 waits `stretch` seconds for another."""
        return self.bundle.cost * self.seconds / clamped(self.bundle, self.worth, stretch)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long updates wait: one worth 1 for `stretch` seconds within its bounds, and all `longer` times that."""

    stretch: float = 0.0
    longer: float = 1.0

    def waits(self, bundle: Bundle) -> tuple[timedelta, timedelta]:
        """Return how long a bundle waits by day and by night."""
        return self._wait(bundle, bundle.day), self._wait(bundle, bundle.night)

    def _wait(self, bundle: Bundle, worth: float) -> timedelta:
        greatest = min(bundle.greatest.total_seconds() * self.longer, 366 * 86400)
        return _rounded(clamped(bundle, worth, self.stretch) * self.longer, timedelta(seconds=greatest))


def terms(systems: Iterable[System], begin: datetime, end: datetime) -> list[Term]:
    """Return what the updates of systems between two moments are made of."""
    found, whole = [], (end - begin).total_seconds()
    for system in systems:
        lit = system.daylight.lit(begin, end).total_seconds()
        for bundle in system.bundles:
            if bundle.purpose is Purpose.FRESHNESS:
                found.append(Term(bundle=bundle, seconds=lit, worth=bundle.day))
                found.append(Term(bundle=bundle, seconds=whole - lit, worth=bundle.night))
    return found


def need(parts: Iterable[Term], stretch: float = 0.0) -> float:
    """Return the requests of updates if one worth 1 waits `stretch` seconds; without it, the most that make sense."""
    return sum(part.cost(stretch) for part in parts)


def pace(parts: list[Term], budget: float) -> Pace | None:
    """Return the shortest waits that so many requests can pay, `None` for no request at all."""
    if budget <= 0:
        return None
    if need(parts) <= budget:
        return Pace()
    low, high = 0.0, 1e7
    # Where not even the greatest waits can be paid, all become longer alike.
    if (most := need(parts, high)) > budget:
        return Pace(stretch=high, longer=most / budget)
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if need(parts, middle) > budget else (low, middle)
    return Pace(stretch=high)


def clamped(bundle: Bundle, worth: float, stretch: float) -> float:
    """Return the seconds between two updates of this worth."""
    least, greatest = bundle.least.total_seconds(), bundle.greatest.total_seconds()
    return min(max(stretch / worth, least), greatest) if worth > 0 else greatest


def due_at(daylight: Daylight, waits: tuple[timedelta, timedelta], last: datetime) -> datetime:
    """Return when the hours of day and of night since the last update make up one wait."""
    by_day, by_night = waits
    end = last + max(waits)
    edges = [last, *(edge for day in daylight.days(last, end) for edge in day), end]
    missing = 1.0
    for number, (begins, ends) in enumerate(pairwise(edges)):
        wait = by_day if number % 2 else by_night
        if (ends - begins) / wait >= missing:
            return begins + missing * wait
        missing -= (ends - begins) / wait
    return end


def slot(bundle: Bundle, phase: timedelta, last: datetime, due: datetime) -> datetime:
    """Move a moment to the nearest that lies `phase` after a quarter of an hour."""
    grid = min(QUARTER, bundle.least)
    step, offset = grid.total_seconds(), phase.total_seconds()
    at = datetime.fromtimestamp(round((due.timestamp() - offset) / step) * step + offset, UTC)
    return at if at >= last + bundle.least - min(_EARLY, bundle.least / 8) else at + grid


def daily_at(system: System, bundle: Bundle, phase: timedelta, last: datetime) -> datetime:
    """Return the first time after the last one when a daily bundle is due.

    Timers are never exact: one that came a little early was that day's.
    """
    zone, at = system.daylight.zone, bundle.daily_at
    date = last.astimezone(zone).date() - _DAY
    while True:
        moment = datetime.combine(date, at or datetime.min.time(), zone).astimezone(UTC) + phase
        if moment > last + _EARLY:
            return moment
        date += _DAY


def _rounded(seconds: float, greatest: timedelta) -> timedelta:
    """Return the next longer wait that a person recognises."""
    for minutes in _LADDER:
        if seconds <= minutes * 60 + 1:
            return min(timedelta(minutes=minutes), greatest)
    return min(math.ceil(min(seconds / 86400, 366)) * _DAY, max(greatest, _DAY))
