"""When what may be requested, with an API key that allows so many requests a month and a minute.

All that uses one key shares one `Planner`. What has to be requested each day is
kept back until the month's end, and a reserve for people. The rest is spread
over the month by what an update is worth by day and by night.
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

# At a month's begin the service's clock may still be behind, and everybody else asks as well.
_AFTER_RESET = timedelta(minutes=3)

# A person is told, where this share of the month is used.
_WARNED = 0.8

# What failed is tried again that often before its turn comes.
_RETRIES = 3

# What has to be requested each day leaves updates and history this share of a month, and comes every few days instead.
_FOR_UPDATES = 0.5

# However much others are expected to use, more than this share of a month is not left to them.
_MOST_BY_OTHERS = 0.8

# What history may take at a time where the month has no end to its requests.
_UNMETERED = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What a person wants to know of the key: requests of this month, and of a day from now on.

    `ahead` says that requests go faster than the month, so that updates become rare.
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
    """The plan of one key.

    `reserve` and `min_reserve` say what is kept for people and writes, a share of
    the month and requests; `history` what share of the requests for updates history
    may have while there is some to fetch.
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
        """Start with the counts of earlier, or with none."""
        self.plan = plan
        self.usage = usage or Usage()
        self.systems: dict[str, PlannedSystem] = {}
        self._phases: dict[str, timedelta] = {}
        self._reserve = reserve
        self._min_reserve = min_reserve
        self._history = history
        # What is the same for all requests, as long as neither time nor anything else moves on.
        self._known: dict[str, Any] = {}

    def add(self, system: PlannedSystem) -> None:
        """Plan for a system too, or for what changed of it."""
        if self.systems.get(system.key) == system:
            return
        self._known.clear()
        self.systems = dict(sorted({**self.systems, system.key: system}.items()))
        self._phases = _phases(self.systems)

    def remove(self, key: str) -> None:
        """Plan without a system; when it was requested is kept, should it come back."""
        self._known.clear()
        self.systems.pop(key, None)
        self._phases = _phases(self.systems)

    def change(self, plan: Plan, now: datetime) -> None:
        """Go on with another plan; what was used stays used."""
        self._advance(now)
        if plan != self.plan:
            self._known.clear()
            self.plan = plan
            self.usage.replan()

    def is_allowed(self, purpose: Purpose, cost: int, now: datetime, *, system: str | None = None) -> bool:
        """Tell whether so many requests may be sent now; history has to name its system."""
        if purpose is Purpose.HISTORY and (system is None or cost > self.history_allowance(now, system)):
            return False
        return self.next_allowed(purpose, cost, now) <= now

    def next_allowed(self, purpose: Purpose, cost: int, now: datetime) -> datetime:
        """Return from when on so many requests may be sent, as far as is known now.

        More than a minute allows may begin when the minute is free; each one of them
        has to ask again.
        """
        usage = self._advance(now)
        at = max(usage.latest, usage.paused_until)
        if not self._fits(purpose, cost):
            at = max(at, usage.resets_at + _AFTER_RESET)
        per_minute = self.plan.per_minute
        if per_minute is None or at > usage.latest:
            return at
        # People do not wait because feeds took the whole minute.
        spare = 0 if purpose.urgent or per_minute < 3 else max(per_minute // 5, 1)
        return max(at, usage.room_at(cost, per_minute - spare)) if per_minute > 0 else usage.resets_at

    def verb_next_allowed(self, verb: str, now: datetime) -> datetime:
        """Return from when on an HTTP method may be used, as far as it was refused alone."""
        usage = self._advance(now)
        return max(usage.verbs.get(verb, usage.latest), usage.latest)

    def spend(self, count: int, now: datetime, *, purpose: Purpose, system: str | None = None) -> None:
        """Count requests when they are sent, whatever becomes of them."""
        self._known.clear()
        self.usage.spend(count, now)
        if purpose is Purpose.HISTORY and system is not None:
            self.usage.granted[system] = self.usage.granted.get(system, 0.0) - count

    def refund(self, count: int, now: datetime) -> None:
        """Take back requests that were counted and never left."""
        self._known.clear()
        self.usage.refund(count, now)

    def record_answer(self, now: datetime) -> None:
        """Note that the service answered, with other than a refusal for the quota."""
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
        """Obey a refusal: nothing is requested until the period ends, by a `verb` of changes nothing is changed.

        `period` is a word such as minute or month, `ends_at` when it ends or when to
        come back, `limit` its requests; each may be unknown. What is less than the plan
        is believed for this period, then the plan is tried again.
        """
        self._known.clear()
        usage = self._advance(now)
        if verb != "GET" and period not in ("second", "minute"):
            usage.deny_verb(verb, now, period, ends_at)
            return
        told = limit if limit is not None and limit > 0 and period == "month" else None
        usage.month_limit = told if told is not None else usage.month_limit
        usage.deny(now, period, ends_at, told or self._limit())
        if told is not None and self.plan.per_month is not None and usage.exhausted:
            # What the plan has beyond that is as good as used by others, next month too.
            usage.expected += max(self.plan.per_month - told, 0)

    def correct(self, used: int, now: datetime) -> None:
        """Take over what the service itself says was used this month, also by others."""
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
        """Return when a request of a system is due, which is `now` or later.

        While nothing is requested it comes nearer as time goes by, never further away.
        """
        usage = self._advance(now)
        due = max(self._due(self.systems[system], request), usage.latest)
        return max(due, self.next_allowed(request.purpose, request.cost, now))

    def next_update(self, system: str, now: datetime) -> datetime | None:
        """Return when anything of a system is requested next."""
        return min((self.next_at(system, request, now) for request in self.systems[system].requests), default=None)

    def interval(self, system: str, request: PollRequest, now: datetime) -> timedelta | None:
        """Return how often a request is sent at this time of day, `None` where not again this month."""
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
        # Who spends slowly at first has something left for what nobody expects.
        usage.grant(waiting, surplus, 0.5 + usage.elapsed / 2)
        return max(math.floor(min(usage.granted[system], available)), 0)

    def outlook(self, now: datetime) -> Outlook:
        """Return what a person wants to know."""
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
        """Return what outlives a restart, as plain JSON data."""
        return {**self.usage.as_dict(), "plan": [self.plan.per_month, self.plan.per_minute]}

    def restore(self, data: object) -> None:
        """Take over what `as_dict` returned, whatever it is now."""
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
        """Return the requests that what has to be requested each day needs until the month's end.

        There is one more of each for a failure.
        """
        total, days = 0, self._min_days_between()
        for system, request in self._requests(Purpose.ESSENTIAL):
            times = math.ceil(self._days_left(system, request) / days)
            total += request.cost * (times + 1 if times else 0)
        return total

    def _days_left(self, system: PlannedSystem, request: PollRequest) -> int:
        """Return how often an essential request is still due this month."""
        usage = self.usage
        due = max(self._daily(system, request, 1), usage.latest)
        return max(math.ceil((usage.resets_at - due) / _DAY), 0)

    def _days_between(self) -> int:
        return self._once("days_between", self._work_out_days_between)

    def _work_out_days_between(self) -> int:
        """Return every how many days the essentials can be requested, 0 where not any more this month."""
        left = self._left()
        if left is None:
            return 1
        left -= self._kept()
        need = sum(
            request.cost * self._days_left(system, request) for system, request in self._requests(Purpose.ESSENTIAL)
        )
        return max(math.ceil(need / left), self._min_days_between()) if left > 0 else 0

    def _min_days_between(self) -> int:
        return self._once("least_days_between", self._work_out_min_days_between)

    def _work_out_min_days_between(self) -> int:
        """Return every how many days the essentials are requested where many systems share the month with updates."""
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
            # After a failure it is for the retries, and then for the next day, to catch up.
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
        due = pacing.due_at(system.daylight, pace.waits(request), last)
        return pacing.slot(request, system.step, self._phases[system.key], last, due)

    def _renewal(self, system: PlannedSystem) -> datetime:
        return self.usage.resets_at + _AFTER_RESET + self._phases[system.key]

    def _requests(self, purpose: Purpose) -> Iterator[tuple[PlannedSystem, PollRequest]]:
        for system in self.systems.values():
            for request in system.requests:
                if request.purpose is purpose:
                    yield system, request

    def _available(self) -> float | None:
        """Return the requests that updates and history have until the month's end."""
        limit, left, usage = self._limit(), self._left(), self.usage
        if limit is None or left is None:
            return None
        kept = self._kept() + self._essential()
        expected = min(usage.expected, max(limit - kept, 0) * _MOST_BY_OTHERS)
        # What others did so far is not known until the service refuses something.
        others = max(expected - usage.others, expected * (1 - usage.elapsed))
        return max(left - kept - others, 0.0)

    def _terms(self) -> list[pacing.Term]:
        return pacing.terms(self.systems.values(), self.usage.latest, self.usage.resets_at)

    def _pace(self) -> pacing.Pacing | None:
        return self._once("pace", self._work_out_pace)

    def _work_out_pace(self) -> pacing.Pacing | None:
        """Return how long updates wait, so that the requests last until the month's end."""
        budget = self._available()
        if budget is None:
            return pacing.Pacing()
        if any(system.history for system in self.systems.values()):
            budget *= 1 - self._history
        return pacing.pace(self._terms(), budget)


def _phases(systems: Mapping[str, PlannedSystem]) -> dict[str, timedelta]:
    """Return how long after a step of its own each system is requested: each of them at another time."""
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
