"""Plans when to send which requests, with an API key limited to a number per month and per minute.

Everything that uses a key shares one `Planner`. Requests needed each day are reserved until the
month's end, and so is a reserve for the user. The rest is spread over the month by the weights of
the updates by day and by night.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
import math
from typing import Any
from zlib import crc32

from . import pacing
from .demand import Plan, PlannedSystem, PollRequest, Purpose
from .usage import LastRequest, Usage

_DAY = timedelta(days=1)

# At the start of a month, the service's clock may still be behind, and its load is high.
_AFTER_RESET = timedelta(minutes=3)

# The user is warned once this share of the month's requests is used.
_WARNED = 0.8

# A failed request is retried this many times before it is due again.
_RETRIES = 3

# Requests needed each day leave this share of a month to updates and history, and are sent every
# few days instead.
_FOR_UPDATES = 0.5

# No more than this share of a month is left to the expected use by others.
_MOST_BY_OTHERS = 0.8

# The number of requests for history at a time if the month's requests are unlimited.
_UNMETERED = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """The state of the key's quota: this month's requests, and the daily budget from now on.

    `ahead` is true if the requests are used faster than the month passes, so that updates become
    rare.
    """

    used: int
    others: int
    limit: int | None
    left: int | None
    reserve: int
    daily_budget: float | None
    resets_at: datetime
    paused_until: datetime | None
    warned: bool
    exhausted: bool
    ahead: bool


class Planner:
    """The request plan of one key.

    `reserve` and `min_reserve` are the share of the month and the number of requests reserved for
    the user and for writes; `history` is the share of the requests for updates that history may use
    while there is some to fetch.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        reserve: float = 0.05,
        min_reserve: int = 20,
        history: float = 0.15,
        usage: Usage | None = None,
    ) -> None:
        """Start with earlier counts, or with none."""
        self.plan = plan
        self.usage = usage or Usage()
        self.systems: dict[str, PlannedSystem] = {}
        self._phases: dict[str, timedelta] = {}
        self._reserve = reserve
        self._min_reserve = min_reserve
        self._history = history
        # A cache of values that are the same for all requests until the time or anything else changes.
        self._known: dict[str, Any] = {}

    def add(self, system: PlannedSystem) -> None:
        """Add a system to the plan, or update it."""
        if self.systems.get(system.key) == system:
            return
        self._known.clear()
        self.systems = dict(sorted({**self.systems, system.key: system}.items()))
        self._phases = _phases(self.systems)

    def remove(self, key: str) -> None:
        """Remove a system from the plan; its last requests are kept in case it returns."""
        self._known.clear()
        self.systems.pop(key, None)
        self._phases = _phases(self.systems)

    def change(self, plan: Plan, now: datetime) -> None:
        """Switch to a different plan; the requests used so far are kept."""
        self._advance(now)
        if plan != self.plan:
            self._known.clear()
            self.plan = plan
            self.usage.replan()

    def is_allowed(self, purpose: Purpose, cost: int, now: datetime, *, system: str | None = None) -> bool:
        """Return whether `cost` requests may be sent now; history requires its system."""
        if purpose is Purpose.HISTORY and (system is None or cost > self.history_allowance(now, system)):
            return False
        return self.next_allowed(purpose, cost, now) <= now

    def next_allowed(self, purpose: Purpose, cost: int, now: datetime) -> datetime:
        """Return when `cost` requests may be sent, as far as is known now.

        More requests than a minute allows may start once the minute is free; each of them has to be
        checked again.
        """
        usage = self._advance(now)
        at = max(usage.latest, usage.paused_until)
        if not self._fits(purpose, cost):
            at = max(at, usage.resets_at + _AFTER_RESET)
        per_minute = self.plan.per_minute
        if per_minute is None or at > usage.latest:
            return at
        # The user doesn't wait because polling used up the minute.
        spare = 0 if purpose.urgent or per_minute < 3 else max(per_minute // 5, 1)
        return max(at, usage.room_at(cost, per_minute - spare)) if per_minute > 0 else usage.resets_at

    def verb_next_allowed(self, verb: str, now: datetime) -> datetime:
        """Return when an HTTP method may be used again if it was rejected on its own."""
        usage = self._advance(now)
        return max(usage.verbs.get(verb, usage.latest), usage.latest)

    def spend(self, count: int, now: datetime, *, purpose: Purpose, system: str | None = None) -> None:
        """Count requests when they are sent, regardless of their result."""
        self._known.clear()
        self.usage.spend(count, now)
        if purpose is Purpose.HISTORY and system is not None:
            self.usage.granted[system] = self.usage.granted.get(system, 0.0) - count

    def refund(self, count: int, now: datetime) -> None:
        """Take back requests that were counted but never sent."""
        self._known.clear()
        self.usage.refund(count, now)

    def record_answer(self, now: datetime) -> None:
        """Record that the service answered with anything but a rate limit."""
        self._known.clear()
        self.usage.advance(now)
        self.usage.record_answer()

    def record_rate_limited(
        self,
        now: datetime,
        *,
        period: str | None = None,
        ends_at: datetime | None = None,
        limit: int | None = None,
        verb: str = "GET",
    ) -> None:
        """Obey a rate limit: send nothing until the period ends, or no changes if `verb` is a method of changes.

        `period` is a word such as minute or month, `ends_at` is when it ends or when to retry,
        `limit` is its number of requests; each may be unknown. A limit below the plan's is obeyed
        for this period, then the plan's is tried again.
        """
        self._known.clear()
        usage = self._advance(now)
        if verb != "GET" and period not in ("second", "minute"):
            usage.deny_verb(verb, now, period, ends_at)
            return
        reported_limit = limit if limit is not None and limit > 0 and period == "month" else None
        usage.month_limit = reported_limit if reported_limit is not None else usage.month_limit
        usage.deny(now, period, ends_at, reported_limit or self._limit())
        if reported_limit is not None and self.plan.per_month is not None and usage.exhausted:
            # The rest of the plan's requests is as good as used by others, next month too.
            usage.expected += max(self.plan.per_month - reported_limit, 0)

    def correct(self, used: int, now: datetime) -> None:
        """Apply the service's own count of requests used this month, including those of others."""
        self._known.clear()
        self.usage.correct(used, now)

    def record_start(self, system: str, request: PollRequest, now: datetime) -> None:
        """Record that a request was sent; its result isn't known yet."""
        before = self._advance(now).last_requests.get(_name(system, request))
        self._known.clear()
        self.usage.last_requests[_name(system, request)] = LastRequest(
            at=self.usage.latest, failures=before.failures if before else 0
        )

    def record_result(self, system: str, request: PollRequest, now: datetime, *, failed: bool = False) -> None:
        """Record how a request ended; after a failure it is due sooner."""
        before = self._advance(now).last_requests.get(_name(system, request))
        failures = (before.failures if before else 0) + 1 if failed else 0
        self._known.clear()
        self.usage.last_requests[_name(system, request)] = LastRequest(at=self.usage.latest, failures=failures)

    def next_at(self, system: str, request: PollRequest, now: datetime) -> datetime:
        """Return when a request of a system is due, at the earliest `now`.

        While nothing is sent, this only moves nearer as time passes.
        """
        usage = self._advance(now)
        due = max(self._due(self.systems[system], request), usage.latest)
        return max(due, self.next_allowed(request.purpose, request.cost, now))

    def next_update(self, system: str, now: datetime) -> datetime | None:
        """Return when the next request of a system is due."""
        return min((self.next_at(system, request, now) for request in self.systems[system].requests), default=None)

    def interval(self, system: str, request: PollRequest, now: datetime) -> timedelta | None:
        """Return how often a request is sent at this time of day, `None` if not again this month."""
        self._advance(now)
        if request.daily_at is not None:
            return self._days_between() * _DAY if self._days_between() else None
        pace = self._pace()
        if pace is None:
            return None
        return pace.waits(request)[0 if self.systems[system].daylight.is_day(now) else 1]

    def history_allowance(self, now: datetime, system: str) -> int:
        """Return how many requests a system's history may spend now."""
        usage = self._advance(now)
        waiting = [key for key, each in self.systems.items() if each.history]
        if system not in waiting or usage.paused_until > usage.latest:
            return 0
        available = self._available()
        if available is None:
            return _UNMETERED
        surplus = available - min(available * (1 - self._history), pacing.need(self._terms()))
        # Spending slowly at first leaves requests for the unexpected.
        usage.grant(waiting, surplus, 0.5 + usage.elapsed / 2)
        return max(math.floor(min(usage.granted[system], available)), 0)

    def outlook(self, now: datetime) -> Outlook:
        """Return the state of the key's quota."""
        usage = self._advance(now)
        limit, left = self._limit(), self._left()
        used = usage.used / limit if limit else float(usage.exhausted)
        if usage.exhausted and left is not None:
            left = 0
        days = max((usage.resets_at - usage.latest) / _DAY, 1.0)
        return Outlook(
            used=usage.used,
            others=usage.others,
            limit=limit,
            left=left,
            reserve=self._kept(),
            daily_budget=None if left is None else max(left - self._kept(), 0) / days,
            resets_at=usage.resets_at,
            paused_until=usage.paused_until if usage.paused_until > usage.latest else None,
            warned=used >= _WARNED,
            exhausted=used >= 1 or usage.exhausted,
            ahead=limit is not None and used > usage.elapsed + 0.1,
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the state to store across restarts, as plain JSON data."""
        return {**self.usage.as_dict(), "plan": [self.plan.per_month, self.plan.per_minute]}

    def restore(self, data: object) -> None:
        """Restore the data of `as_dict`, ignoring what cannot be read."""
        self._known.clear()
        self.usage = Usage.restore(data)
        known = data.get("plan") if isinstance(data, Mapping) else None
        if known != [self.plan.per_month, self.plan.per_minute]:
            self.usage.replan()

    def _once[T](self, key: str, work_out: Callable[[], T]) -> T:
        if key not in self._known:
            self._known[key] = work_out()
        found: T = self._known[key]
        return found

    def _advance(self, now: datetime) -> Usage:
        if now != self.usage.latest:
            self._known.clear()
        self.usage.advance(now)
        return self.usage

    def _limit(self) -> int | None:
        return _lesser(self.plan.per_month, self.usage.month_limit)

    def _left(self) -> int | None:
        limit = self._limit()
        return None if limit is None else max(limit - self.usage.used, 0)

    def _kept(self) -> int:
        limit = self._limit()
        if limit is None:
            return 0
        return min(max(math.ceil(limit * self._reserve), self._min_reserve), limit // 2)

    def _fits(self, purpose: Purpose, cost: int) -> bool:
        limit = self._limit()
        if limit is None:
            return True
        kept = 0 if purpose.urgent else self._kept()
        if purpose in (Purpose.FRESHNESS, Purpose.HISTORY):
            kept += self._essential()
        return self.usage.used + cost + kept <= limit

    def _essential(self) -> int:
        return self._once("essential", self._work_out_essential)

    def _work_out_essential(self) -> int:
        """Return the number of daily requests needed until the month's end.

        One of each is added to allow for a failure.
        """
        total, days = 0, self._min_days_between()
        for system, request in self._requests(Purpose.ESSENTIAL):
            times = math.ceil(self._days_left(system, request) / days)
            total += request.cost * (times + 1 if times else 0)
        return total

    def _days_left(self, system: PlannedSystem, request: PollRequest) -> int:
        """Return how many times an essential request is still due this month."""
        usage = self.usage
        due = max(self._daily(system, request, 1), usage.latest)
        return max(math.ceil((usage.resets_at - due) / _DAY), 0)

    def _days_between(self) -> int:
        return self._once("days_between", self._work_out_days_between)

    def _work_out_days_between(self) -> int:
        """Return the number of days between essential requests, 0 if there are none left this month."""
        left = self._left()
        if left is None:
            return 1
        left -= self._kept()
        need = sum(
            request.cost * self._days_left(system, request) for system, request in self._requests(Purpose.ESSENTIAL)
        )
        return max(math.ceil(need / left), self._min_days_between()) if left > 0 else 0

    def _min_days_between(self) -> int:
        return self._once("min_days_between", self._work_out_min_days_between)

    def _work_out_min_days_between(self) -> int:
        """Return the minimum number of days between essential requests if many systems share the month with updates."""
        limit = self._limit()
        if limit is None or not any(self._requests(Purpose.FRESHNESS)):
            return 1
        month = (self.usage.resets_at - self.usage.since) / _DAY
        daily = sum(request.cost for _, request in self._requests(Purpose.ESSENTIAL))
        return max(math.ceil(daily * month / max((limit - self._kept()) * (1 - _FOR_UPDATES), 1)), 1)

    def _due(self, system: PlannedSystem, request: PollRequest) -> datetime:
        last = self.usage.last_requests.get(_name(system.key, request))
        if last is None:
            return self.usage.latest
        if request.daily_at is None:
            due = self._fresh(system, request, last.at)
        else:
            # After a failure, it is up to the retries, and then the next day, to catch up.
            days = min(self._days_between(), 1) if last.failures else self._days_between()
            due = self._daily(system, request, days) if days else self._renewal(system)
        if 0 < last.failures <= _RETRIES:
            return min(due, last.at + request.min_interval * (1 << last.failures - 1))
        return due

    def _daily(self, system: PlannedSystem, request: PollRequest, days: int) -> datetime:
        last = self.usage.last_requests.get(_name(system.key, request))
        if last is None:
            return self.usage.latest
        return (
            pacing.daily_at(system.daylight.zone, request.daily_at, self._phases[system.key], last.at)
            + (days - 1) * _DAY
        )

    def _fresh(self, system: PlannedSystem, request: PollRequest, last: datetime) -> datetime:
        pace = self._pace()
        if pace is None:
            return self._renewal(system)
        waits = pace.waits(request)
        due = pacing.due_at(system.daylight, waits, last)
        if request.fresh_by_day:
            due = min(due, pacing.daybreak(system.daylight, request, waits[0], last))
        slot = pacing.slot(request, system.step, self._phases[system.key], last, due)
        # What is left of this month doesn't hold up the next one.
        return min(slot, max(self._renewal(system), last + request.min_interval))

    def _renewal(self, system: PlannedSystem) -> datetime:
        return self.usage.resets_at + _AFTER_RESET + self._phases[system.key]

    def _requests(self, purpose: Purpose) -> Iterator[tuple[PlannedSystem, PollRequest]]:
        for system in self.systems.values():
            for request in system.requests:
                if request.purpose is purpose:
                    yield system, request

    def _available(self) -> float | None:
        """Return the requests available for updates and history until the month's end, `None` if unlimited."""
        limit, left, usage = self._limit(), self._left(), self.usage
        if limit is None or left is None:
            return None
        kept = self._kept() + self._essential()
        expected = min(usage.expected, max(limit - kept, 0) * _MOST_BY_OTHERS)
        # What others have used so far is unknown until the service rejects a request.
        others = max(expected - usage.others, expected * (1 - usage.elapsed))
        return max(left - kept - others, 0.0)

    def _terms(self) -> list[pacing.Term]:
        return pacing.terms(self.systems.values(), self.usage.latest, self.usage.resets_at)

    def _pace(self) -> pacing.Pacing | None:
        return self._once("pace", self._work_out_pace)

    def _work_out_pace(self) -> pacing.Pacing | None:
        """Return how long updates wait so that the requests last until the month's end."""
        budget = self._available()
        if budget is None:
            return pacing.Pacing()
        if any(system.history for system in self.systems.values()):
            budget *= 1 - self._history
        return pacing.pace(self._terms(), budget)


def _phases(systems: Mapping[str, PlannedSystem]) -> dict[str, timedelta]:
    """Return each system's offset within its step, so that the systems are polled at different times."""
    phases = {}
    for number, (key, system) in enumerate(systems.items()):
        step = int(system.step.total_seconds())
        start = crc32(next(iter(systems)).encode()) % step
        phases[key] = timedelta(seconds=(start + step * number // len(systems)) % step)
    return phases


def _name(system: str, request: PollRequest) -> str:
    return f"{system}/{request.key}"


def _lesser(one: int | None, other: int | None) -> int | None:
    return min((limit for limit in (one, other) if limit is not None), default=None)
