"""Combines days for writing, as two days may share an hour."""

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from .intervals import DAY, hour_of, midnight, shared

type Shares = MutableMapping[date, tuple[float, float]]
"""Each day's Wh in the hours that it shares with the days before and after; days without any are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The Wh by the hour to write of one flow on one day, complete until `end`."""

    energies: Mapping[datetime, float]
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Wh by the hour of consecutive days, complete from `start` to `end`."""

    start: datetime
    end: datetime
    points: Mapping[datetime, float]


def stretches(days: Mapping[date, Written], shares: Shares, zone: tzinfo) -> Iterator[Stretch]:
    """Combine consecutive days, and update `shares` with their energy in shared hours."""
    for day, each in days.items():
        mine = shared(day, zone, each.energies)
        if any(mine):
            shares[day] = mine
        else:
            shares.pop(day, None)
    for first, last in ranges(days):
        start, end = hour_of(midnight(first, zone)), days[last].end
        points: dict[datetime, float] = {}
        for number in range((last - first).days + 1):
            _add(points, days[first + DAY * number].energies)
        before, after = shares.get(first - DAY), shares.get(last + DAY)
        edge = hour_of(midnight(last + DAY, zone))
        if before is not None and before[1]:
            _add(points, {start: before[1]})
        if after is not None and after[0] and edge < end:
            _add(points, {edge: after[0]})
        yield Stretch(start=start, end=end, points=points)


def ranges(days: Iterable[date]) -> list[tuple[date, date]]:
    """Return the first and last day of each run of consecutive days."""
    found: list[tuple[date, date]] = []
    for day in sorted(days):
        if found and found[-1][1] + DAY == day:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found


def _add(points: dict[datetime, float], energies: Mapping[datetime, float]) -> None:
    for hour, wh in energies.items():
        points[hour] = points.get(hour, 0.0) + wh
