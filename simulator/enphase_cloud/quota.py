"""How much of its plan a key has used."""

from collections import Counter
from dataclasses import dataclass, field

from simulator.cloud.months import month_around, month_of

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
            self.changes[method, month_of(now)] += 1
        self.minutes[int(now // 60)] += 1
        self.months[month_of(now)] += 1

    def take_back(self, now: float) -> None:
        """Uncount a request at `now`, epoch s."""
        self.minutes[int(now // 60)] -= 1
        self.months[month_of(now)] -= 1

    def used(self, now: float) -> int:
        """Return the requests of this month so far."""
        return self.months[month_of(now)]

    def use(self, count: int, now: float) -> None:
        """Count `count` requests more in this month, as others of the same key make."""
        self.months[month_of(now)] += count

    def exceeded(self, plan: Plan, now: float, method: str = "GET") -> Exceeded | None:
        """Return the limit of `plan` that the requests so far go beyond."""
        if plan.changes is not None and self.changes[method, month_of(now)] > plan.changes:
            start, end = month_around(now)
            return Exceeded(period="month", start=start, end=end, limit=plan.changes)
        if plan.hard_month and self.used(now) > plan.per_month:
            start, end = month_around(now)
            return Exceeded(period="month", start=start, end=end, limit=plan.per_month)
        minute = int(now // 60)
        if self.minutes[minute] > plan.per_minute:
            return Exceeded(period="minute", start=minute * 60, end=minute * 60 + 60, limit=plan.per_minute)
        return None
