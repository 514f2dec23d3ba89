"""How far a history has been fetched, and what to request next."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from enum import IntEnum
import math
from typing import Any

from ..model import CounterKind
from .intervals import DAY, FIRST_DAY, FORGOTTEN, LAST_DAY, DayReading, day_of, midnight
from .writing import ranges

# A finished day may be reported late; one that was not reported is requested again after this time.
_SETTLING = timedelta(hours=1)
_AGAIN = timedelta(hours=4)

# With more days without any value than this, it is worth requesting the totals of all days.
_BACKLOG = 7

# Less Wh than a change of any interval.
_SAME = 0.01

# Recent days are fetched before older ones.
_RECENT = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowGroup:
    """Flows that are returned by a single request.

    A request returns up to `days` days of intervals, as long ago as `reach` days. The intervals of
    a `dense` group are without gaps. A day that isn't final is read again after `again`. If what
    was reported may change later, a day is final once it is `settling` old and complete, or hasn't
    changed for twice as long. `name` identifies a group whose kinds depend on the site's equipment.
    The site may lack the `doubtful` kinds, whose statistics begin with their first energy.
    """

    kinds: tuple[CounterKind, ...]
    days: int
    reach: int
    dense: bool = True
    settling: timedelta = timedelta()
    again: timedelta = _AGAIN
    name: str = ""
    doubtful: tuple[CounterKind, ...] = ()

    @property
    def key(self) -> str:
        """A stable name."""
        return self.name or "+".join(self.kinds)


class Aim(IntEnum):
    """The purposes of requests, most urgent first."""

    LIFE = 0
    RECENT = 1
    TODAY = 2
    PAST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A request for a group: the totals of all days, or the intervals of some."""

    group: FlowGroup
    aim: Aim
    first: date
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """When an incomplete day was read, and when the site had last reported at that time.

    Its intervals had `energy` in Wh, which they have had `since` then.
    """

    at: datetime
    reported: datetime | None
    energy: float
    since: datetime


@dataclass(slots=True, kw_only=True)
class Cursor:
    """How far the history of one group has been fetched.

    Daily totals are known from `first` to `through`; `refined` are the final days, `seen` the
    incomplete days that were read. `written` are the last hours that were written. `shares` are
    each day's Wh in the hours that it shares with the days before and after.
    """

    first: date | None = None
    through: date | None = None
    refined: set[date] = field(default_factory=set)
    seen: dict[date, Seen] = field(default_factory=dict)
    reported: datetime | None = None
    idle_until: datetime | None = None
    written: dict[CounterKind, datetime] = field(default_factory=dict)
    shares: dict[CounterKind, dict[date, tuple[float, float]]] = field(default_factory=dict)

    def forget(self, since: date) -> None:
        """Fetch everything from a day on again."""
        self.refined = {day for day in self.refined if day < since}
        self.seen = {}
        for shares in self.shares.values():
            for day in [day for day in shares if day >= since]:
                del shares[day]
        if self.first is None or since <= self.first:
            self.first = self.through = None
        elif self.through is not None:
            self.through = min(self.through, since - DAY)

    def read(self, day: date, readings: Collection[DayReading], now: datetime, *, final: bool) -> None:
        """Record that a day was read."""
        if final:
            self.refined.add(day)
            self.seen.pop(day, None)
        elif day not in self.refined:
            energy, known = _energy_of(readings), self.seen.get(day)
            # While the site doesn't report, nothing can change.
            stands = known is not None and known.reported is not None and known.reported >= _end_of(readings)
            since = known.since if known is not None and stands and _is_same(known.energy, energy) else now
            self.seen[day] = Seen(at=now, reported=self.reported, energy=energy, since=since)

    def is_settled(self, group: FlowGroup, day: date, readings: Collection[DayReading], now: datetime) -> bool:
        """Return whether what was reported of a day will not change any more."""
        end, known = _end_of(readings), self.seen.get(day)
        if not group.settling or now >= end + FORGOTTEN:
            return True
        if all(reading.whole for reading in readings):
            return now >= end + group.settling
        if known is None or known.reported is None or known.reported < end:
            return False
        return _is_same(known.energy, _energy_of(readings)) and now >= known.since + 2 * group.settling

    def has_unsettled(self, group: FlowGroup) -> bool:
        """Return whether days that were read may still change."""
        return bool(group.settling and self.seen)

    @property
    def begun(self) -> set[date]:
        """The days that aren't final, and of which hours were read rather than the total."""
        return {day for day in self.seen if self.through is None or day > self.through} - self.refined

    def lacks(self, reading: DayReading) -> bool:
        """Whether the day's total is needed; a day without intervals may have one already."""
        return reading.needs_total and (bool(reading.intervals) or not self._stands(reading.day))

    def improves(self, reading: DayReading, *, final: bool) -> bool:
        """Whether a reading is better than what was written."""
        return not self._stands(reading.day) or (
            (final or (reading.whole and reading.day not in self.refined)) and bool(reading.intervals)
        )

    def _stands(self, day: date) -> bool:
        return day in self.refined or (self.through is not None and day <= self.through)

    def as_dict(self) -> dict[str, Any]:
        """Return the cursor as plain JSON data."""
        return {
            "first": _iso(self.first),
            "through": _iso(self.through),
            "refined": [[start.isoformat(), end.isoformat()] for start, end in ranges(self.refined)],
            "seen": {
                day.isoformat(): [seen.at.isoformat(), _iso(seen.reported), seen.energy, seen.since.isoformat()]
                for day, seen in self.seen.items()
            },
            "reported": _iso(self.reported),
            "idle_until": _iso(self.idle_until),
            "written": {kind.value: hour.isoformat() for kind, hour in self.written.items()},
            "shares": {
                kind.value: {day.isoformat(): [round(wh, 6) for wh in pair] for day, pair in shares.items()}
                for kind, shares in self.shares.items()
                if shares
            },
        }

    @classmethod
    def restore(cls, data: object) -> Cursor:
        """Return the cursor from the data of `as_dict`, a new one for anything else."""
        if not isinstance(data, Mapping):
            return cls()
        try:
            return cls(
                first=_date(data["first"]),
                through=_date(data["through"]),
                refined=set(_listed(data["refined"])),
                seen={date.fromisoformat(day): _seen(*seen) for day, seen in data["seen"].items()},
                reported=_moment(data["reported"]),
                idle_until=_moment(data["idle_until"]),
                written={CounterKind(kind): _instant(at) for kind, at in data["written"].items()},
                shares={
                    CounterKind(kind): {
                        date.fromisoformat(day): (_share(head), _share(tail)) for day, (head, tail) in shares.items()
                    }
                    for kind, shares in data["shares"].items()
                },
            )
        except KeyError, TypeError, ValueError, AttributeError:
            return cls()


def next_step(
    cursor: Cursor,
    group: FlowGroup,
    *,
    now: datetime,
    zone: tzinfo,
    today_every: timedelta,
    today_first: bool = True,
    wants_life: bool = False,
) -> Step | None:
    """Return what to request for a group now, `None` for nothing.

    Today is read again after `today_every`, and before older days if `today_first` is set.
    """
    if cursor.idle_until is not None and now < cursor.idle_until:
        return None
    today = day_of(now, zone)
    life = Step(group=group, aim=Aim.LIFE, first=cursor.through + DAY if cursor.through else today, days=0)
    if cursor.first is None or wants_life or _backlog(cursor, today, zone) > _BACKLOG:
        return life
    oldest = max(cursor.first, today - DAY * group.reach)
    day = today - DAY
    while day >= oldest:
        if _due(cursor, group, day, today, now, zone):
            break
        day -= DAY
    window = None
    if day >= oldest:
        aim = Aim.RECENT if day >= today - _RECENT else Aim.PAST
        window = _window(cursor, group, aim, day, oldest, today)
    if window is not None and (window.aim is Aim.RECENT or not today_first):
        return window
    seen = cursor.seen.get(today)
    if today >= cursor.first and (seen is None or now - seen.at >= today_every):
        return Step(group=group, aim=Aim.TODAY, first=today, days=1)
    return window


def steps_for(cursor: Cursor, group: FlowGroup, first: date, last: date, *, today: date) -> list[Step]:
    """Return the steps that read some days again, newest first, even those already known."""
    found: list[Step] = []
    oldest = max(first, cursor.first or first, today - DAY * group.reach)
    end = min(last, today)
    while end >= oldest:
        start = max(oldest, end - DAY * (group.days - 1))
        found.append(Step(group=group, aim=Aim.PAST, first=start, days=(end - start).days + 1))
        end = start - DAY
    return found


def progress(cursor: Cursor, group: FlowGroup, *, now: datetime, zone: tzinfo) -> float:
    """Return the share of days at their finest resolution, from 0 to 1."""
    today = day_of(now, zone)
    if cursor.first is None or cursor.first >= today:
        return 0.0 if cursor.first is None else 1.0
    oldest = min(max(cursor.first, today - DAY * group.reach), today)
    # What is read again only because it may still change counts as done.
    done = cursor.refined | cursor.seen.keys() if group.settling else cursor.refined
    refined = sum(1 for day in done if oldest <= day < today)
    return ((oldest - cursor.first).days + refined) / (today - cursor.first).days


def _window(cursor: Cursor, group: FlowGroup, aim: Aim, last: date, oldest: date, today: date) -> Step:
    """Return a request for as many days as it may return, today included, as additional days are free."""
    first, days = last, 1
    if group.days > 1 and last + DAY == today:
        days += 1
    while days < group.days and first > oldest and first - DAY not in cursor.refined:
        first, days = first - DAY, days + 1
    return Step(group=group, aim=aim, first=first, days=days)


def _due(cursor: Cursor, group: FlowGroup, day: date, today: date, now: datetime, zone: tzinfo) -> bool:
    if day in cursor.refined:
        return False
    seen = cursor.seen.get(day)
    start, end = midnight(day, zone), midnight(day + DAY, zone)
    # A day that is read rarely is read once it is over, however recently it was before.
    if seen is not None and now - seen.at < group.again and (seen.at >= end or group.again <= _AGAIN):
        return False
    if now < end + _SETTLING:
        return False
    if cursor.reported is None or now >= end + FORGOTTEN:
        return True
    if end <= cursor.reported:
        return True
    # Of the days not reported yet, only one is requested, to learn whether the site is back.
    newer = start < cursor.reported and (seen is None or seen.reported != cursor.reported)
    return newer or day == today - DAY


def _backlog(cursor: Cursor, today: date, zone: tzinfo) -> int:
    """Return how many finished and reported days have no value yet."""
    if cursor.first is None or cursor.reported is None:
        return 0
    first = cursor.through + DAY if cursor.through else cursor.first
    # The day of the last report is incomplete.
    end = min(today, day_of(cursor.reported, zone))
    return max((end - first).days, 0) - sum(1 for day in cursor.refined if first <= day < end)


def _energy_of(readings: Iterable[DayReading]) -> float:
    """Return the energy of a day's readings in Wh, by which a change of any of them shows."""
    return sum(reading.energy for reading in readings)


def _end_of(readings: Iterable[DayReading]) -> datetime:
    return max(reading.end for reading in readings)


def _is_same(energy: float, other: float) -> bool:
    return math.isclose(energy, other, abs_tol=_SAME)


def _seen(at: str, reported: str | None, energy: float = 0.0, since: str | None = None) -> Seen:
    """Return what was stored; before days could settle, only the first two were."""
    return Seen(at=_instant(at), reported=_moment(reported), energy=_share(energy), since=_instant(since or at))


def _iso(moment: date | None) -> str | None:
    return moment.isoformat() if moment is not None else None


def _date(text: str | None) -> date | None:
    return _checked(text) if text is not None else None


def _checked(text: str) -> date:
    day = date.fromisoformat(text)
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError("no day of a site's life")
    return day


def _moment(text: str | None) -> datetime | None:
    return _instant(text) if text is not None else None


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment


def _share(value: Any) -> float:
    share = float(value)
    if not math.isfinite(share):
        raise ValueError(value)
    return share


def _listed(spans: Iterable[tuple[str, str]]) -> Iterable[date]:
    for start, end in spans:
        day, last = _checked(start), _checked(end)
        while day <= last:
            yield day
            day += DAY
