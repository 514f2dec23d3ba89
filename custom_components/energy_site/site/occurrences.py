"""Storms and outages: those that are, those to come, and those that were, as far as anybody knows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from .model import Storm
from .past_outages import PastOutage

# Storms that are remembered after the source has forgotten them.
_REMEMBERED = 50

# The times of one outage differ by this much between those that know of it.
_TOLERANCE = timedelta(minutes=15)


class OccurrenceKind(StrEnum):
    """What happens."""

    STORM = "storm"
    OUTAGE = "outage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """A storm or an outage; `end` is `None` if it isn't known yet."""

    kind: OccurrenceKind
    start: datetime
    end: datetime | None = None

    def is_over(self, now: datetime) -> bool:
        """Return whether it is in the past."""
        return self.end is not None and self.end <= now

    def overlaps(self, start: datetime, end: datetime) -> bool:
        """Return whether any of it is between two times."""
        return self.start < end and (self.end is None or self.end > start)


class StormLog:
    """Remembers the storms that were expected, with the times that were told or else observed."""

    def __init__(self) -> None:
        """Start without storms."""
        self._past: list[Occurrence] = []
        self._current: Occurrence | None = None

    def observe(self, storm: Storm, now: datetime) -> None:
        """Note what is known of the storm that is expected or over."""
        current = self._current
        if storm.alert is None:
            return
        if current is not None and (not storm.alert or self._is_another(current, storm)):
            self._close(current, now)
            current = None
        if not storm.alert:
            return
        start = storm.starts_at or (current.start if current is not None else now)
        # A storm that is still expected isn't over.
        end = storm.ends_at if storm.ends_at is not None and storm.ends_at > max(start, now) else None
        self._current = Occurrence(kind=OccurrenceKind.STORM, start=start, end=end)

    def _is_another(self, current: Occurrence, storm: Storm) -> bool:
        return current.end is not None and storm.starts_at is not None and storm.starts_at > current.end

    def _close(self, storm: Occurrence, now: datetime) -> None:
        """Keep a storm that is over; one that was called off before it began has never been."""
        self._current = None
        if storm.start < now:
            end = now if storm.end is None else min(storm.end, now)
            self._past = [*self._past, Occurrence(kind=storm.kind, start=storm.start, end=end)][-_REMEMBERED:]

    @property
    def storms(self) -> tuple[Occurrence, ...]:
        """All storms, the oldest first."""
        return (*self._past, *((self._current,) if self._current is not None else ()))

    def as_dict(self) -> dict[str, Any]:
        """Return the storms to store across restarts, as plain JSON data."""
        return {
            "past": [_stored(each) for each in self._past],
            "current": _stored(self._current) if self._current is not None else None,
        }

    def restore(self, data: object) -> None:
        """Restore the data of `as_dict`, ignoring anything else."""
        if not isinstance(data, Mapping):
            return
        past = data.get("past")
        found = (_storm(each) for each in (past if isinstance(past, list) else ()))
        self._past = [each for each in found if each is not None and each.end is not None][-_REMEMBERED:]
        self._current = _storm(data.get("current"))


def all_occurrences(
    storms: Iterable[Occurrence],
    listed: Iterable[PastOutage],
    observed: Iterable[tuple[datetime, datetime]],
    lost_at: datetime | None,
) -> tuple[Occurrence, ...]:
    """Return all storms and outages, the oldest first.

    An outage that is `listed` by a cloud and was `observed` as well is one, with the cloud's times. `lost_at` is when
    the one that lasts began.
    """
    outages = [(each.started_at, each.ended_at) for each in listed]
    for start, end in observed:
        if not any(start <= other_end + _TOLERANCE and end >= other - _TOLERANCE for other, other_end in outages):
            outages.append((start, end))
    found = [
        *storms,
        *(Occurrence(kind=OccurrenceKind.OUTAGE, start=start, end=end) for start, end in outages),
        *((Occurrence(kind=OccurrenceKind.OUTAGE, start=lost_at),) if lost_at is not None else ()),
    ]
    return tuple(sorted(found, key=lambda each: each.start))


def joined(*known: Iterable[Occurrence]) -> tuple[Occurrence, ...]:
    """Return what several entries of one site know, the oldest first; what two of them know has the times of the first."""
    found: list[Occurrence] = []
    for occurrences in known:
        found += [each for each in occurrences if not any(_is_same(each, other) for other in found)]
    return tuple(sorted(found, key=lambda each: each.start))


def _is_same(occurrence: Occurrence, other: Occurrence) -> bool:
    return (
        occurrence.kind is other.kind
        and (other.end is None or occurrence.start <= other.end + _TOLERANCE)
        and (occurrence.end is None or other.start <= occurrence.end + _TOLERANCE)
    )


def current_or_next(occurrences: Iterable[Occurrence], now: datetime) -> Occurrence | None:
    """Return what happens now, an outage before a storm, otherwise what is next."""
    open_ = [each for each in occurrences if not each.is_over(now)]
    return min(
        open_, key=lambda each: (max(each.start, now), each.kind is not OccurrenceKind.OUTAGE, each.start), default=None
    )


def _stored(storm: Occurrence) -> list[str | None]:
    return [storm.start.isoformat(), storm.end.isoformat() if storm.end is not None else None]


def _storm(kept: object) -> Occurrence | None:
    match kept:
        case [str() as start, str() | None as end]:
            try:
                times = [datetime.fromisoformat(each) for each in (start, end) if each is not None]
            except ValueError:
                return None
            if all(each.tzinfo is not None for each in times):
                return Occurrence(kind=OccurrenceKind.STORM, start=times[0], end=times[1] if len(times) > 1 else None)
    return None
