"""What is shown of a system and what is kept of its past, held to its house."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Any, cast

from custom_components.energy_site.site.history.intervals import DAY, HOUR, day_of, midnight
from custom_components.energy_site.site.model import CounterKind, EnergyCounters, PowerFlow
from custom_components.energy_site.site.quota.daylight import Daylight
from simulator.cloud.archive import STEP, Archive, Kind

from .cloud_home import Entry

# What is told in whole Wh is no finer.
WH = 1.0


@dataclass(slots=True)
class Ages:
    """Ages of one thing in minutes: by day and by night, in calm times and in all."""

    found: dict[tuple[bool, bool], list[float]] = field(default_factory=dict)
    none: int = 0
    none_in_calm: int = 0

    def add(self, seconds: float | None, *, day: bool, calm: bool) -> None:
        """Note an age, or that there is nothing to have one."""
        if seconds is None:
            self.none += 1
            self.none_in_calm += calm
        else:
            self.found.setdefault((day, calm), []).append(seconds / 60)

    def over(self, *, day: bool, calm_only: bool) -> tuple[float, float]:
        """Return median and worst."""
        ages = self.found.get((day, True), []) + ([] if calm_only else self.found.get((day, False), []))
        return (median(ages), max(ages)) if ages else (0.0, 0.0)


class Watch:
    """Looks at one entry every quarter of an hour."""

    def __init__(self, entry: Entry, daylight: Daylight | None = None) -> None:
        """Know when it is day at its house: while the sun is up, by default."""
        place = entry.system.house.config.place
        self._entry = entry
        self._daylight = daylight or Daylight(
            zone=entry.system.days.zone, latitude=place.latitude, longitude=place.longitude
        )
        self.power, self.oldest, self.solar, self.slowest = Ages(), Ages(), Ages(), Ages()
        self.ahead = 0.0

    def look(self, now: float, *, calm: bool) -> None:
        """Note how old everything is."""
        source, at = self._entry.source, datetime.fromtimestamp(now, UTC)
        day = self._daylight.is_day(at)
        self._look_at_power(self.power, at, calm=calm)
        counters = source.part(EnergyCounters)
        lags = (
            {}
            if counters is None
            else {kind: self._lag(kind, each.total, now) for kind, each in counters.counts.items()}
        )
        self.solar.add(lags.get(CounterKind.SOLAR), day=day, calm=calm)
        self.slowest.add(max(lags.values(), default=None), day=day, calm=calm)

    def look_before(self, now: float, *, calm: bool) -> None:
        """Note how old the power is when the next one is about to be asked for."""
        self._look_at_power(self.oldest, datetime.fromtimestamp(now, UTC), calm=calm)

    def _look_at_power(self, ages: Ages, at: datetime, *, calm: bool) -> None:
        flow = self._entry.source.part(PowerFlow)
        solar = flow.solar if flow is not None else None
        age = None if solar is None else (at - solar.observed_at).total_seconds()
        ages.add(age, day=self._daylight.is_day(at), calm=calm)

    def _lag(self, kind: CounterKind, total: float | None, now: float) -> float:
        """Return since when a counter is behind: how long ago the house's own stood there."""
        archive, name = self._entry.system.archive, cast("Kind", kind.value)
        edges = range(archive.start, int(now) // STEP * STEP + 1, STEP)
        counted = (total or 0.0) + archive.counter(name, self._entry.counted_since)
        passed = bisect_right(edges, counted, key=lambda edge: archive.counter(name, edge))
        self.ahead = max(self.ahead, counted - archive.counter(name, edges[-1]))
        return now - edges[passed - 1] if 0 < passed < len(edges) else 0.0


@dataclass(slots=True, kw_only=True)
class Verdict:
    """One series held to the house, Wh; `behind` is how many hours ago it ends."""

    hours: int = 0
    wrong: int = 0
    guessed: int = 0
    worst: float = 0.0
    missing: float = 0.0
    double: float = 0.0
    sums: float = 0.0
    behind: float = 0.0
    refined: int = 0
    days: int = 0
    pending: int = 0
    bad: list[tuple[date, float]] = field(default_factory=list)


def judge(entry: Entry, now: float) -> dict[CounterKind, Verdict]:
    """Hold all series of an entry to its house."""
    cursors = entry.history.as_dict()
    return {
        kind: _judge(entry, kind, cursors[group.key], now)
        for group in entry.provider().groups
        for kind in group.kinds
        if entry.books.series.get(kind)
    }


def _judge(entry: Entry, kind: CounterKind, cursor: dict[str, Any], now: float) -> Verdict:
    series, archive, zone = entry.books.series[kind], entry.system.archive, entry.source.zone
    rows, verdict = series.rows, Verdict()
    total = 0.0
    for hour in series.hours:
        total += rows[hour].energy
        verdict.sums = max(verdict.sums, abs(rows[hour].sum - total) * 1000)
    refined = set(_days(cursor["refined"]))
    through = date.fromisoformat(cursor["through"])
    today, born = day_of(datetime.fromtimestamp(now, UTC), zone), day_of(_moment(archive.start), zone)
    last = day_of(series.hours[-1], zone)
    end = series.hours[-1] + HOUR
    day = born
    while day <= last:
        start, stop = midnight(day, zone), midnight(day + DAY, zone)
        mine = series.hours[_index(series.hours, start) : _index(series.hours, stop)]
        coarse = day not in refined and day <= through
        until = stop if coarse or day < last else min(end, stop)
        told = sum(rows[hour].energy for hour in mine) * 1000
        truth = _truth(archive, kind, start, until)
        # A day with lost intervals waits for those that may be late; it is written without them.
        pending = day < today and day not in refined and day > through
        pending = pending and entry.may_learn(start.timestamp(), stop.timestamp())
        verdict.pending += pending
        verdict.missing += 0.0 if pending else max(truth - told, 0.0)
        verdict.double += max(told - truth, 0.0)
        if abs(truth - told) > WH and not (pending and told < truth):
            verdict.bad.append((day, told - truth))
        if not coarse and not pending:
            _hours(entry, kind, max(start, _moment(archive.start)), until, verdict)
        if day == last:
            verdict.behind = (now - until.timestamp()) / 3600
        day += DAY
    verdict.days = (today - born).days
    verdict.refined = sum(born <= day < today for day in refined)
    return verdict


def _hours(entry: Entry, kind: CounterKind, start: datetime, until: datetime, verdict: Verdict) -> None:
    rows, archive, gaps = entry.books.series[kind].rows, entry.system.archive, tuple(entry.gaps())
    hour = start.replace(minute=0)
    while hour < until:
        row, begin, end = rows.get(hour), hour.timestamp(), (hour + HOUR).timestamp()
        off = abs((row.energy * 1000 if row else 0.0) - _truth(archive, kind, hour, hour + HOUR))
        if any(first < end and begin < last for first, last in gaps):
            # Of a time that was lost only the day's total is known, and so not in which hour it was.
            verdict.guessed += off > WH
        else:
            verdict.hours += 1
            verdict.wrong += off > WH
            verdict.worst = max(verdict.worst, off)
        hour += HOUR


def _truth(archive: Archive, kind: CounterKind, start: datetime, end: datetime) -> float:
    return archive.energy(cast("Kind", kind.value), max(start.timestamp(), archive.start), end.timestamp())


def _index(hours: list[datetime], at: datetime) -> int:
    return bisect_right(hours, at - timedelta(microseconds=1))


def _moment(epoch: float) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)


def _days(spans: list[list[str]]) -> Iterator[date]:
    for first, last in spans:
        day = date.fromisoformat(first)
        while day <= date.fromisoformat(last):
            yield day
            day += DAY
