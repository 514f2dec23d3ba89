"""Spreads requests over a month: what updates cost, how long they wait, and when they are due.

Days and nights are treated separately: an update with twice the weight is sent twice as often.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from functools import lru_cache
from itertools import pairwise
import math

from .daylight import Daylight
from .demand import PlannedSystem, PollRequest, Purpose

_DAY = timedelta(days=1)

# Intervals that look natural to the user, in minutes; longer ones are whole days.
_LADDER = (1, 2, 5, 10, 15, 20, 30, 45, 60, 75, 90, 105, 120, 150, 180, 210, 240, 300, 360, 480, 600, 720, 960, 1440)

# What changes that often at most waits for a multiple of it.
_QUARTER = timedelta(minutes=15)

# A poll that is early by this much is on time; a moment is moved to its slot if that isn't much
# sooner than `PollRequest.min_interval` allows.
_EARLY = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A request by day or by night until the month's end: the seconds of that time, and an update's weight then."""

    request: PollRequest
    seconds: float
    weight: float

    def cost(self, stretch: float) -> float:
        """Return the requests needed if updates of weight 1 are `stretch` seconds apart."""
        return self.request.cost * self.seconds / clamped(self.request, self.weight, stretch)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pacing:
    """How long updates wait: `stretch` seconds for weight 1 within the bounds, and all of them `longer` times that."""

    stretch: float = 0.0
    longer: float = 1.0

    def waits(self, request: PollRequest) -> tuple[timedelta, timedelta]:
        """Return how long a request waits by day and by night."""
        return self._wait(request, request.weight_day), self._wait(request, request.weight_night)

    def _wait(self, request: PollRequest, weight: float) -> timedelta:
        maximum = min(request.max_interval.total_seconds() * self.longer, 366 * 86400)
        seconds = clamped(request, weight, self.stretch) * self.longer
        return _rounded(seconds, timedelta(seconds=maximum), by_quarters=request.min_interval >= _QUARTER)


def terms(systems: Iterable[PlannedSystem], begin: datetime, end: datetime) -> list[Term]:
    """Return the updates of systems between two moments, separated by day and night."""
    found, whole = [], (end - begin).total_seconds()
    for system in systems:
        lit = system.daylight.lit(begin, end).total_seconds()
        for request in system.requests:
            if request.purpose is Purpose.FRESHNESS:
                found.append(Term(request=request, seconds=lit, weight=request.weight_day))
                found.append(Term(request=request, seconds=whole - lit, weight=request.weight_night))
    return found


def need(parts: Iterable[Term], stretch: float = 0.0) -> float:
    """Return the requests needed if updates of weight 1 are `stretch` seconds apart, by default `min_interval`."""
    return sum(part.cost(stretch) for part in parts)


def pace(parts: list[Term], budget: float) -> Pacing | None:
    """Return the shortest waits that `budget` requests allow, `None` if there are none."""
    if budget <= 0:
        return None
    if need(parts) <= budget:
        return Pacing()
    low, high = 0.0, 1e7
    # If the requests are not enough even for the longest waits, all waits are extended equally.
    if (most := need(parts, high)) > budget:
        return Pacing(stretch=high, longer=most / budget)
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if need(parts, middle) > budget else (low, middle)
    return Pacing(stretch=high)


def clamped(request: PollRequest, weight: float, stretch: float) -> float:
    """Return the seconds between two updates of this weight."""
    minimum, maximum = request.min_interval.total_seconds(), request.max_interval.total_seconds()
    return min(max(stretch / weight, minimum), maximum) if weight > 0 else maximum


@lru_cache(maxsize=1024)
def due_at(daylight: Daylight, waits: tuple[timedelta, timedelta], last: datetime) -> datetime:
    """Return when the hours of day and night since the last update add up to one wait."""
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


def daybreak(daylight: Daylight, request: PollRequest, by_day: timedelta, last: datetime) -> datetime:
    """Return when an update is due so that it is no older than one wait from the beginning of the next day on."""
    begins = next((begins for begins, _ in daylight.days(last, last + 2 * _DAY) if begins > last), None)
    return datetime.max.replace(tzinfo=UTC) if begins is None else max(last + by_day, begins - request.min_interval)


def slot(request: PollRequest, step: timedelta, phase: timedelta, last: datetime, due: datetime) -> datetime:
    """Return the moment nearest to `due` that is `phase` after a multiple of `step`."""
    length, offset = step.total_seconds(), phase.total_seconds()
    at = datetime.fromtimestamp(round((due.timestamp() - offset) / length) * length + offset, UTC)
    return at if at >= last + request.min_interval - min(_EARLY, request.min_interval / 8) else at + step


@lru_cache(maxsize=256)
def daily_at(zone: tzinfo, at: time | None, phase: timedelta, last: datetime) -> datetime:
    """Return when a daily request is next due after `last`.

    Timers are never exact, so a request that was slightly early was that day's.
    """
    date = last.astimezone(zone).date() - _DAY
    while True:
        moment = datetime.combine(date, at or time.min, zone).astimezone(UTC) + phase
        if moment > last + _EARLY:
            return moment
        date += _DAY


def _rounded(seconds: float, maximum: timedelta, *, by_quarters: bool) -> timedelta:
    """Return the next longer wait that looks natural to the user."""
    for minutes in _LADDER:
        wait = timedelta(minutes=minutes)
        if seconds <= minutes * 60 + 1 and not (by_quarters and wait % _QUARTER):
            return min(wait, maximum)
    return min(math.ceil(min(seconds / 86400, 366)) * _DAY, max(maximum, _DAY))
