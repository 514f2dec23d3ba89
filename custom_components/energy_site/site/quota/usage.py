"""The requests made with one API key, counted by month and minute, and the limits that the service reported."""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
import math
from typing import Any

_DAY = timedelta(days=1)

# Requests arrive closer together or further apart than they were sent.
_MINUTE = timedelta(seconds=65)

# Months begin at the start of a month in UTC, unless the service reports otherwise.
_ANCHOR = datetime(2000, 1, 1, tzinfo=UTC)

# A clock correction of less than this doesn't return to the previous month.
_JITTER = _DAY

# The time zone of the service's months is unknown, so the last one may continue for this long.
_ZONES = timedelta(hours=36)

# How far ahead the end of a period may be, as reported by the service.
_LONGEST = {
    "second": timedelta(minutes=1),
    "minute": timedelta(minutes=2),
    "hour": timedelta(hours=2),
    "day": 2 * _DAY,
    "month": 32 * _DAY,
    "year": 367 * _DAY,
}
_SHORTEST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=6)
_SKEW = timedelta(seconds=2)

# The use by others is remembered over months in which it isn't reported, and slowly forgotten.
_REMEMBERED = 0.95

# Rate limits without a period that last this long are not about a minute.
_NO_MERE_MINUTE = timedelta(hours=2)

# The number of earlier months to keep, for a clock that is set back to them, of last requests, and their age.
_KEPT_MONTHS, _KEPT_ASKED, _FORGOTTEN = 3, 1000, 60 * _DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRequest:
    """When a request was last sent, and how often in a row it failed."""

    at: datetime
    failures: int = 0


@dataclass(slots=True, kw_only=True)
class Usage:
    """The usage of one key: `own` requests of this month, and those of `others` that the service reported.

    `expected` is how many requests others are expected to make in a whole month. `month_limit` is
    this month's limit as reported by the service if it is below the plan's. `refused_since` is
    since when the service has rejected requests without saying for how long, `verbs` is until when
    it rejects changes, by HTTP method.
    """

    anchor: datetime = _ANCHOR
    since: datetime = _ANCHOR
    latest: datetime = _ANCHOR
    own: int = 0
    others: int = 0
    expected: float = 0.0
    months: dict[datetime, int] = field(default_factory=dict)
    moments: list[datetime] = field(default_factory=list)
    paused_until: datetime = _ANCHOR
    pause: timedelta = timedelta()
    exhausted: bool = False
    denials: int = 0
    refused_since: datetime | None = None
    verbs: dict[str, datetime] = field(default_factory=dict)
    month_limit: int | None = None
    granted_at: datetime = _ANCHOR
    granted: dict[str, float] = field(default_factory=dict)
    last_requests: dict[str, LastRequest] = field(default_factory=dict)

    @property
    def used(self) -> int:
        """This month's requests, including those of others."""
        return self.own + self.others

    @property
    def resets_at(self) -> datetime:
        """When this month ends."""
        return _month(self.anchor, self.since)[1]

    @property
    def elapsed(self) -> float:
        """The elapsed share of the month, from 0 to 1."""
        return min(max((self.latest - self.since) / (self.resets_at - self.since), 0.0), 1.0)

    def advance(self, now: datetime) -> None:
        """Advance to `now`: begin a new month if it has started, and drop requests older than a minute."""
        now = now.astimezone(UTC)
        if now < self.latest:
            self._turn_back(now)
        self.latest = now
        self.moments = [moment for moment in self.moments if now - moment < _MINUTE]
        start, _ = _month(self.anchor, now)
        if start == self.since or self.since - _JITTER <= now < self.since:
            return
        count = self.months.pop(start, 0)
        if start > self.since and not self.others and not self.exhausted:
            self.expected = self.expected * _REMEMBERED if self.expected > 1 else 0.0
        if start < self.since:
            # The clock was wrong before or is now: in either case, the requests were made.
            count += self.used
        if self.used:
            self.months[self.since] = self.used
        while len(self.months) > _KEPT_MONTHS:
            del self.months[next(iter(self.months))]
        self.since, self.own, self.others, self.exhausted = start, count, 0, False
        self.month_limit = self.refused_since = None

    def spend(self, count: int, now: datetime) -> None:
        """Count requests that are sent."""
        self.advance(now)
        self.own += count
        self.moments += [self.latest] * count
        for start in self.months:
            # A clock that was set back will return to a later month.
            if start > self.since:
                self.months[start] += count

    def refund(self, count: int, now: datetime) -> None:
        """Take back this month's requests that were never sent."""
        self.advance(now)
        self.own = max(self.own - count, 0)

    def grant(self, systems: list[str], surplus: float, share: float) -> None:
        """Grant the systems' history a share of the surplus, in proportion to the time passed.

        `granted` is the number of granted requests that they have not spent.
        """
        passed = self.latest - max(self.granted_at, self.since)
        left = max(self.resets_at - self.latest, timedelta(hours=1))
        gain = surplus * share * min(max(passed / left, 0.0), 1.0) / len(systems)
        self.granted = {key: min(self.granted.get(key, 0.0) + gain, surplus / len(systems)) for key in systems}
        self.granted_at = self.latest

    def correct(self, used: int, now: datetime) -> None:
        """Apply the service's own count of this month's requests."""
        self.advance(now)
        if used <= self.used:
            return
        self.others = used - self.own
        self._expect(self.others, used)

    def deny(self, now: datetime, period: str | None, ends_at: datetime | None, limit: int | None) -> None:
        """Pause until the end of the period whose limit was exceeded.

        `limit` is the month's, from the service or the plan. If the period is unknown, the pauses
        grow each time.
        """
        self.advance(now)
        known_end = self._has_known_end(period, ends_at)
        if period == "month" and not known_end and self.latest - self.since < _ZONES and self.own < (limit or 0) / 2:
            period = None
        if period is None and not known_end and limit is not None and self.used >= 0.98 * limit:
            period = "month"
        if period not in _LONGEST and not known_end:
            self._refused(limit)
        if period == "month":
            if known_end and ends_at is not None and abs(ends_at - self.resets_at) > timedelta(minutes=1):
                self.anchor = ends_at.astimezone(UTC)
                self.since = _month(self.anchor, self.latest)[0]
            self.correct(limit or 0, now)
            self.exhausted = True
        # A pause with a known end needs no backoff.
        self.denials += not known_end and period not in _LONGEST
        ends = ends_at if known_end and ends_at is not None else self._ends(period)
        if ends + _SKEW > self.paused_until:
            self.paused_until = ends + _SKEW
            self.pause = self.paused_until - self.latest

    def deny_verb(self, verb: str, now: datetime, period: str | None, ends_at: datetime | None) -> None:
        """Stop using an HTTP method of changes until its period is over; reads continue."""
        self.advance(now)
        known_end = self._has_known_end(period, ends_at)
        self.verbs[verb] = (ends_at if known_end and ends_at is not None else self._ends(period)) + _SKEW

    def record_answer(self) -> None:
        """Record that the service answers: the next pause is short again, and a month assumed to be used up is not."""
        self.denials = 0
        if self.refused_since is not None:
            self.refused_since, self.exhausted = None, False

    def replan(self) -> None:
        """Forget the limits that the service reported for the previous plan."""
        self.month_limit = None
        self.verbs = {}
        if self.exhausted:
            self.exhausted, self.paused_until = False, self.latest

    def room_at(self, count: int, limit: int) -> datetime:
        """Return when `count` more requests fit into a minute limited to `limit`."""
        over = len(self.moments) + min(count, limit) - limit
        return self.latest if over <= 0 else sorted(self.moments)[over - 1] + _MINUTE

    def _refused(self, limit: int | None) -> None:
        """Conclude from rejections that last for hours that others used up the month."""
        self.refused_since = self.refused_since or self.latest
        lasts = self.latest - self.refused_since
        if limit is None or lasts < _NO_MERE_MINUTE or self.refused_since - self.since < _ZONES:
            return
        if not self.exhausted:
            self._expect(max(limit - self.own, 0), limit)
        self.exhausted = True

    def _expect(self, others: int, used: int) -> None:
        """Estimate the monthly use by others from their use so far."""
        length = (self.resets_at - self.since) / _DAY
        days = max((self.latest - self.since) / _DAY, 1.0)
        self.expected = min(others * length / days, float(used))

    def _has_known_end(self, period: str | None, ends_at: datetime | None) -> bool:
        return ends_at is not None and self.latest < ends_at <= self.latest + _LONGEST.get(period or "", 32 * _DAY)

    def _ends(self, period: str | None) -> datetime:
        now = self.latest
        match period:
            case "second" | "minute":
                return now + timedelta(minutes=1)
            case "hour":
                return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
            case "day":
                return now.replace(hour=0, minute=0, second=0, microsecond=0) + _DAY
            case "month":
                return self.resets_at
        return now + min(_SHORTEST_PAUSE * (1 << min(max(self.denials - 1, 0), 10)), _LONGEST_PAUSE)

    def _turn_back(self, now: datetime) -> None:
        """Adapt to a clock that was set back, so that nothing but remaining pauses is in the future."""
        self.moments = [min(moment, now) for moment in self.moments]
        self.paused_until = min(self.paused_until, now + self.pause)
        for key, last in self.last_requests.items():
            self.last_requests[key] = LastRequest(at=min(last.at, now), failures=last.failures)

    def as_dict(self) -> dict[str, Any]:
        """Return the usage as plain JSON data."""
        return {
            "anchor": self.anchor.isoformat(),
            "since": self.since.isoformat(),
            "latest": self.latest.isoformat(),
            "own": self.own,
            "others": self.others,
            "expected": self.expected,
            "months": {start.isoformat(): count for start, count in self.months.items()},
            "moments": [moment.isoformat() for moment in self.moments],
            "paused_until": self.paused_until.isoformat(),
            "pause": self.pause.total_seconds(),
            "exhausted": self.exhausted,
            "denials": self.denials,
            "refused_since": self.refused_since.isoformat() if self.refused_since else None,
            "verbs": {verb: until.isoformat() for verb, until in self.verbs.items() if until > self.latest},
            "month_limit": self.month_limit,
            "granted_at": self.granted_at.isoformat(),
            "granted": dict(self.granted),
            "asked": {
                key: [last.at.isoformat(), last.failures]
                for key, last in self.last_requests.items()
                if self.latest - last.at < _FORGOTTEN
            },
        }

    @classmethod
    def restore(cls, data: object) -> Usage:
        """Return the usage from the data of `as_dict`, leaving out what cannot be read."""
        read = _items(data)
        latest = _moment(read.get("latest")) or _ANCHOR
        pause = timedelta(seconds=min(_number(read.get("pause")) or 0.0, _LONGEST["year"].total_seconds()))
        return cls(
            anchor=_moment(read.get("anchor")) or _ANCHOR,
            since=_moment(read.get("since")) or _ANCHOR,
            latest=latest,
            own=_count(read.get("own")) or 0,
            others=_count(read.get("others")) or 0,
            expected=_number(read.get("expected")) or 0.0,
            months={
                start: count
                for key, value in list(_items(read.get("months")).items())[-_KEPT_MONTHS:]
                if (start := _moment(key)) is not None and (count := _count(value)) is not None
            },
            moments=[
                min(moment, latest) for item in _list(read.get("moments")) if (moment := _moment(item)) is not None
            ],
            paused_until=min(_moment(read.get("paused_until")) or _ANCHOR, latest + pause),
            pause=pause,
            exhausted=read.get("exhausted") is True,
            denials=_count(read.get("denials")) or 0,
            refused_since=_moment(read.get("refused_since")),
            verbs={
                verb: min(until, latest + _LONGEST["month"])
                for verb, value in _items(read.get("verbs")).items()
                if (until := _moment(value)) is not None
            },
            month_limit=_count(read.get("month_limit")),
            granted_at=_moment(read.get("granted_at")) or _ANCHOR,
            granted={
                key: number
                for key, value in _items(read.get("granted")).items()
                if (number := _number(value)) is not None
            },
            last_requests={
                key: LastRequest(at=min(last.at, latest), failures=last.failures)
                for key, value in list(_items(read.get("asked")).items())[:_KEPT_ASKED]
                if (last := _last_request(value)) is not None
            },
        )


def _month(anchor: datetime, now: datetime) -> tuple[datetime, datetime]:
    """Return the start and end of the month around `now`, if months begin at `anchor`'s day and time."""
    number = now.year * 12 + now.month - 1
    if _begin(anchor, number) > now:
        number -= 1
    return _begin(anchor, number), _begin(anchor, number + 1)


@lru_cache(maxsize=64)
def _begin(anchor: datetime, number: int) -> datetime:
    year, month = divmod(number, 12)
    return anchor.replace(year=year, month=month + 1, day=min(anchor.day, monthrange(year, month + 1)[1]))


def _items(data: object) -> Mapping[str, object]:
    return {key: value for key, value in data.items() if isinstance(key, str)} if isinstance(data, Mapping) else {}


def _list(data: object) -> list[object]:
    return data if isinstance(data, list) else []


def _last_request(data: object) -> LastRequest | None:
    if not isinstance(data, list) or len(data) != 2:
        return None
    at, failures = _moment(data[0]), _count(data[1])
    return None if at is None else LastRequest(at=at, failures=failures or 0)


def _number(data: object) -> float | None:
    if isinstance(data, bool) or not isinstance(data, int | float):
        return None
    return float(data) if 0 <= data < 1e9 and math.isfinite(data) else None


def _count(data: object) -> int | None:
    number = _number(data)
    return None if number is None else int(number)


def _moment(data: object) -> datetime | None:
    if not isinstance(data, str):
        return None
    try:
        moment = datetime.fromisoformat(data)
        # Years at the ends of the calendar leave no room for calculations.
        return moment.astimezone(UTC) if moment.tzinfo is not None and 1970 <= moment.year < 9000 else None
    except ValueError, OverflowError:
        return None
