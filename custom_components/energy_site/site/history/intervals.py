"""A day's energy by the hour, out of the intervals that a source tells.

Statistics know hours of UTC, days are the site's: where its zone is not whole
hours away from UTC, midnight is in the middle of an hour that two days share.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo

# No site is older, and no clock that is right is further on.
FIRST_DAY = date(2000, 1, 1)
LAST_DAY = date(2100, 1, 1)

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

# A meter's intervals that are missing may still come while the site catches up.
_GRACE = timedelta(days=3)

# A site that never reported on is not waited for.
_FORGOTTEN = timedelta(days=30)

# Inverters are silent at night: what is missing there shows only by these.
LATE = timedelta(hours=2)
SHORTEST_HOLE = timedelta(hours=1)

# More Wh than a home's interval ever has.
_LARGEST = 1e7

type Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Wh from `start` to `end`."""

    start: datetime
    end: datetime
    wh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DayReading:
    """What is known of one flow on one day.

    `until` is how far its hours are complete; `final` says that reading it
    again would bring nothing new. `holes` are the times that were lost and
    that the day's total has to fill.
    """

    day: date
    start: datetime
    end: datetime
    until: datetime
    final: bool
    intervals: Sequence[Interval]
    holes: Sequence[Span]

    @property
    def energy(self) -> float:
        """The intervals' Wh."""
        return sum(each.wh for each in self.intervals)

    @property
    def needs_total(self) -> bool:
        """Whether only the day's total tells what is missing."""
        return self.final and bool(self.holes)


def midnight(day: date, zone: tzinfo) -> datetime:
    """Return when a day begins at the site."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def day_of(moment: datetime, zone: tzinfo) -> date:
    """Return the site's day that a moment is in."""
    return moment.astimezone(zone).date()


def hour_of(moment: datetime) -> datetime:
    """Return the hour of UTC that a moment is in."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def slot(day: date, zone: tzinfo) -> datetime:
    """Return the hour that stands for a day of which only the total is known: the first to begin in it."""
    start = midnight(day, zone)
    hour = hour_of(start)
    return hour if hour == start else hour + HOUR


def merged(intervals: Iterable[Interval], *, signed: bool = False) -> list[Interval]:
    """Return intervals in order, none of them twice, negative unless `signed`, endless or on top of another."""
    minimum = -_LARGEST if signed else 0.0
    found: dict[Span, Interval] = {
        (each.start, each.end): each for each in intervals if each.start < each.end and minimum <= each.wh < _LARGEST
    }
    kept: list[Interval] = []
    for span in sorted(found):
        each = found[span] if not kept else _cut(found[span], kept[-1].end, span[1])
        if each is not None:
            kept.append(each)
    return kept


def clip(intervals: Iterable[Interval], start: datetime, end: datetime) -> list[Interval]:
    """Return what lies between, with the share of what only partly does."""
    return [cut for each in intervals if (cut := _cut(each, start, end)) is not None]


def by_hour(intervals: Iterable[Interval]) -> dict[datetime, float]:
    """Return Wh of each hour that the intervals touch; what crosses an hour's end is split by time."""
    hours: dict[datetime, float] = {}
    for each in intervals:
        hour, left = hour_of(each.start), each.wh
        while hour + HOUR < each.end:
            share = each.wh * ((hour + HOUR - max(hour, each.start)) / (each.end - each.start))
            hours[hour] = hours.get(hour, 0.0) + share
            left -= share
            hour += HOUR
        hours[hour] = hours.get(hour, 0.0) + left
    return hours


def gaps(intervals: Sequence[Interval], start: datetime, end: datetime) -> list[Span]:
    """Return the times between that no interval covers."""
    found: list[Span] = []
    at = start
    for each in intervals:
        if each.start > at:
            found.append((at, each.start))
        at = max(at, each.end)
    if at < end:
        found.append((at, end))
    return found


def read(
    day: date,
    zone: tzinfo,
    intervals: Sequence[Interval],
    *,
    reported: datetime | None,
    now: datetime,
    dense: bool,
    begins: bool = False,
) -> DayReading:
    """Judge a day by its merged intervals; `reported` is when the site reported last.

    A `dense` series has an interval for every moment; the other kind leaves
    the dark out. On the day on which a life `begins` nothing is lost before it does.
    """
    start, end = midnight(day, zone), midnight(day + DAY, zone)
    mine = clip(intervals, start, end)
    holes = gaps(mine, mine[0].start if begins and mine else start, end)
    last = mine[-1].end if mine else start
    if not dense and mine:
        holes = [hole for hole in gaps(mine, mine[0].start, last) if hole[1] - hole[0] > SHORTEST_HOLE]
    known = intervals[-1].end if reported is None and intervals else reported or start
    whole = bool(mine) and not holes and (dense or known >= end + LATE)
    final = now >= end and ((known >= end and whole) or known >= end + _GRACE or now >= end + _FORGOTTEN)
    # An interval later than a missing one tells that the latter is lost, not late.
    until = end if final else max(min(known, end, last if dense else end), start)
    return DayReading(day=day, start=start, end=end, until=until, final=final, intervals=mine, holes=holes)


def hours(reading: DayReading, total: float | None) -> dict[datetime, float]:
    """Return a day's Wh by the hours that are complete; an hour at midnight may be the day's only in part.

    `total` is the day's Wh as the source tells it. What the intervals lack of
    it goes to the holes, evenly; without any interval it stays in one place.
    """
    first = hour_of(reading.start)
    if reading.final and not reading.intervals:
        return {first if first == reading.start else first + HOUR: total or 0.0}
    until = reading.until if reading.until == reading.end else hour_of(reading.until)
    found = dict.fromkeys(_hours_between(first, until), 0.0)
    pieces = clip(reading.intervals, reading.start, until)
    missing = (total or 0.0) - reading.energy
    if reading.final and reading.holes and missing > 0:
        pieces = [*pieces, *spread(missing, reading.holes)]
    for hour, wh in by_hour(pieces).items():
        found[hour] += wh
    return found


def spread(wh: float, spans: Sequence[Span]) -> list[Interval]:
    """Return intervals that share energy evenly over some times."""
    whole = sum(((end - start) for start, end in spans), timedelta())
    return [Interval(start=start, end=end, wh=wh * ((end - start) / whole)) for start, end in spans]


def shared(day: date, zone: tzinfo, energies: Mapping[datetime, float]) -> tuple[float, float]:
    """Return a day's Wh in the hours that it shares with the days before and after."""
    start, end = midnight(day, zone), midnight(day + DAY, zone)
    head, tail = hour_of(start), hour_of(end)
    return (
        energies.get(head, 0.0) if head != start else 0.0,
        energies.get(tail, 0.0) if tail != end else 0.0,
    )


def _hours_between(first: datetime, until: datetime) -> list[datetime]:
    return [first + HOUR * number for number in range(-((first - until) // HOUR))]


def _cut(interval: Interval, start: datetime, end: datetime) -> Interval | None:
    start, end = max(interval.start, start), min(interval.end, end)
    if start >= end:
        return None
    if (start, end) == (interval.start, interval.end):
        return interval
    wh = interval.wh * ((end - start) / (interval.end - interval.start))
    return replace(interval, start=start, end=end, wh=wh)
