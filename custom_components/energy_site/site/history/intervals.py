"""A day's energy by the hour, from the intervals that a source provides.

Statistics use hours in UTC, days are the site's: if its time zone is not whole hours away from UTC,
midnight is in the middle of an hour that two days share.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo

# No site is older than this, and no correct clock is later.
FIRST_DAY = date(2000, 1, 1)
LAST_DAY = date(2100, 1, 1)

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

# A meter's missing intervals may still arrive while the site catches up.
_GRACE = timedelta(days=3)

# A day this old is final, even if the site has not reported since.
FORGOTTEN = timedelta(days=30)

# Inverters are silent at night, so only these values show whether intervals are missing.
LATE = timedelta(hours=2)
SHORTEST_HOLE = timedelta(hours=1)

# More Wh than an interval of any home.
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
    """The readings of one flow on one day.

    `until` is how far its hours are complete; `final` is whether reading it again would bring
    nothing new, `whole` whether no interval is missing. `holes` are the lost periods, to be filled
    from the day's total.
    """

    day: date
    start: datetime
    end: datetime
    until: datetime
    final: bool
    whole: bool
    intervals: Sequence[Interval]
    holes: Sequence[Span]

    @property
    def energy(self) -> float:
        """The energy of the intervals, in Wh."""
        return sum(each.wh for each in self.intervals)

    @property
    def needs_total(self) -> bool:
        """Whether only the day's total can fill what is missing."""
        return self.final and bool(self.holes)


def midnight(day: date, zone: tzinfo) -> datetime:
    """Return when a day begins at the site, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def day_of(moment: datetime, zone: tzinfo) -> date:
    """Return the site's day that contains a moment."""
    return moment.astimezone(zone).date()


def hour_of(moment: datetime) -> datetime:
    """Return the hour in UTC that contains a moment."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def slot(day: date, zone: tzinfo) -> datetime:
    """Return the hour to which a day's total is assigned: the first that begins in the day."""
    start = midnight(day, zone)
    hour = hour_of(start)
    return hour if hour == start else hour + HOUR


def merged(intervals: Iterable[Interval], *, signed: bool = False) -> list[Interval]:
    """Return intervals in order, without duplicates, overlaps, and impossible or (unless `signed`) negative values."""
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
    """Return the intervals between two moments, those at the edges in proportion."""
    return [cut for each in intervals if (cut := _cut(each, start, end)) is not None]


def by_hour(intervals: Iterable[Interval]) -> dict[datetime, float]:
    """Return the Wh of each hour that the intervals touch; those across hours are split in proportion to time."""
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
    """Return the periods between two moments that no interval covers."""
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
    settled: bool = True,
) -> DayReading:
    """Return the reading of a day from its merged intervals; `reported` is when the site last reported.

    A `dense` series has an interval for every moment; other series leave out the night. On the day
    on which a lifetime `begins`, nothing is missing before its first interval. Unless it is
    `settled`, even what was reported may change.
    """
    start, end = midnight(day, zone), midnight(day + DAY, zone)
    mine = clip(intervals, start, end)
    holes = gaps(mine, mine[0].start if begins and mine else start, end)
    last = mine[-1].end if mine else start
    if not dense and mine:
        holes = [hole for hole in gaps(mine, mine[0].start, last) if hole[1] - hole[0] > SHORTEST_HOLE]
    known = intervals[-1].end if reported is None and intervals else reported or start
    whole = bool(mine) and not holes and (dense or known >= end + LATE)
    complete = (known >= end and whole) or known >= end + _GRACE or now >= end + FORGOTTEN
    final = settled and now >= end and complete
    # If a later interval exists, a missing one is lost rather than late.
    until = end if final else max(min(known, end, last if dense else end), start)
    return DayReading(day=day, start=start, end=end, until=until, final=final, whole=whole, intervals=mine, holes=holes)


def hours(reading: DayReading, total: float | None) -> dict[datetime, float]:
    """Return a day's Wh by complete hours; an hour at midnight may only partly belong to the day.

    `total` is the day's Wh as reported by the source. Energy that the intervals lack is spread
    evenly over the holes; without any interval, the total is assigned to a single hour.
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
    """Return intervals that distribute energy evenly over some periods."""
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
