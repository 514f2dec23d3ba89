"""How much of its plan a key has used."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

from .plans import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Exceeded:
    """Which limit is reached: its period's start and end are epoch s."""

    period: str
    start: int
    end: int
    limit: int


@dataclass(slots=True)
class Usage:
    """Requests of one key by minute and by calendar month (UTC)."""

    minutes: Counter[int] = field(default_factory=Counter)
    months: Counter[str] = field(default_factory=Counter)
    changes: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Changes by HTTP method and month."""
    refused: int = 0
    """Requests beyond a limit."""

    def book(self, now: float, method: str = "GET") -> None:
        """Count a request at `now`, epoch s."""
        if method != "GET":
            self.changes[method, _month(now)] += 1
        self.minutes[int(now // 60)] += 1
        self.months[_month(now)] += 1

    def take_back(self, now: float) -> None:
        """Uncount a request at `now`, epoch s."""
        self.minutes[int(now // 60)] -= 1
        self.months[_month(now)] -= 1

    def used(self, now: float) -> int:
        """Return the requests of this month so far."""
        return self.months[_month(now)]

    def use(self, count: int, now: float) -> None:
        """Count `count` requests more in this month, as others of the same key make."""
        self.months[_month(now)] += count

    def exceeded(self, plan: Plan, now: float, method: str = "GET") -> Exceeded | None:
        """Return the limit of `plan` that the requests so far go beyond."""
        if plan.changes is not None and self.changes[method, _month(now)] > plan.changes:
            start, end = month_around(now)
            return Exceeded(period="month", start=start, end=end, limit=plan.changes)
        if plan.hard_month and self.used(now) > plan.per_month:
            start, end = month_around(now)
            return Exceeded(period="month", start=start, end=end, limit=plan.per_month)
        minute = int(now // 60)
        if self.minutes[minute] > plan.per_minute:
            return Exceeded(period="minute", start=minute * 60, end=minute * 60 + 60, limit=plan.per_minute)
        return None


def month_around(now: float) -> tuple[int, int]:
    """Return when the calendar month of `now` began and ends (UTC), epoch s."""
    first = datetime.fromtimestamp(now, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    last = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    return int(first.timestamp()), int(last.timestamp())


def _month(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m")
