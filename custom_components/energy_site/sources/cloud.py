"""A cloud as a source: every request counts, and answers are kept across restarts."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
import json
from typing import Any, Protocol, cast, override

from ..api.base_client import keep_bodies
from ..api.errors import ApiError
from ..api.transport import Recorded
from ..site.energy.days import DailyCounters
from ..site.model import Part, Quota
from ..site.quota.daylight import Daylight
from ..site.quota.demand import Purpose
from ..site.quota.planner import Planner
from .budget import SystemBudget, with_purpose
from .budget_schedule import BudgetSchedule, PlannedFeed
from .feed import Feed, Presence
from .source import Builder, Source

type ZoneFinder = Callable[[str], Awaitable[tzinfo | None]]
"""Returns the time zone with this name, `None` if there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudFeed[C: CloudContext, T](PlannedFeed):
    """A feed of a cloud: how it is polled, and how its stored answers are read after a restart.

    An answer made of several responses is rebuilt by `join`. `wanted` returns whether a system
    needs the feed at all.
    """

    ask: Callable[[C], Awaitable[T]]
    read: Callable[[str, object], Any]
    join: Callable[[C, list[Any]], T] = lambda _, answers: answers[-1]
    wanted: Callable[[CloudSource[C]], bool] = lambda _: True


class CloudContext(Protocol):
    """The context in which the feeds of a system are polled; `zone` is the system's time zone."""

    zone: tzinfo


class CloudSource[C: CloudContext](Source):
    """One system of a cloud."""

    feeds: Mapping[str, CloudFeed[C, Any]]
    schedule: BudgetSchedule

    counts_requests = True
    counts_by_day = True

    # A cloud's denial is final.
    doubted_for = timedelta()

    def __init__(
        self, context: C, system: str, budget: SystemBudget, recorded: Mapping[str, Recorded], find_zone: ZoneFinder
    ) -> None:
        """Poll `system` as `budget` allows; `recorded` holds the last responses by endpoint name."""
        super().__init__()
        self.context = context
        self.system = system
        self.planner: Planner = budget.planner
        self.schedule = BudgetSchedule(self, system, budget.planner)
        self.counters = DailyCounters()
        self.daylight = Daylight(zone=context.zone)
        self.history_progress: float | None = None
        self._find_zone = find_zone
        self._zone_name: str | None = None
        self._recorded = recorded
        self._bodies: dict[str, list[str]] = {}

    @property
    def zone(self) -> tzinfo:
        """The time zone of the system, which defines its days."""
        return self.context.zone

    def answer[T](self, feed: CloudFeed[C, T]) -> T | None:
        """Return a feed's last answer, however old."""
        return cast("T | None", self._answers.get(feed.key))

    def current[T](self, feed: CloudFeed[C, T], now: datetime) -> T | None:
        """Return a feed's answer while it is valid, `None` otherwise."""
        return self.answer(feed) if self.states[feed.key].is_fresh(now) else None

    def answered_at(self, *feeds: CloudFeed[C, Any]) -> datetime:
        """Return when one of these feeds last answered, the Unix epoch if none ever did."""
        return max(
            (at for feed in feeds if (at := self.states[feed.key].answered_at) is not None),
            default=datetime.fromtimestamp(0, UTC),
        )

    @property
    def knows_anything(self) -> bool:
        """Whether any feed has ever been answered."""
        return any(state.answered_at is not None for state in self.states.values())

    @property
    def bearable(self) -> bool:
        """Whether the current outage is one that setup can continue with, as retrying soon would not help."""
        return False

    @override
    def is_wanted(self, key: str) -> bool:
        return self.feeds[key].wanted(self) and not self.is_left(key)

    def ailing(self, now: datetime) -> tuple[str, ...]:
        """Return the feeds that have failed for long while other feeds answer."""
        return self.schedule.ailing(now)

    def recorded(self) -> Iterator[tuple[CloudFeed[C, Any], Recorded]]:
        """Return the last response of each feed, including those from before the restart."""
        for key, feed in self.feeds.items():
            if (answer := self._recorded.get(feed.name)) is not None:
                yield feed, answer
            elif key in self._bodies:
                yield feed, Recorded(status=200, body=self._bodies[key][-1].encode(), seconds=0.0)

    @override
    async def prepare(self, now: datetime) -> None:
        if self._zone_name is not None:
            await self._move(self._zone_name)
        self.schedule.update_planner()
        # The system's local date and time were unknown until now.
        self._rebuild_known(now)

    @override
    def age(self, now: datetime) -> None:
        for builder in self.builders:
            self._build(builder, "age", now)

    @override
    async def close(self) -> None:
        self.schedule.close()

    @override
    def essential(self) -> tuple[str, ...]:
        """Return the essential feeds that have never been answered, so that a restart costs no requests."""
        return tuple(key for key in super().essential() if self.states[key].answered_at is None)

    @override
    async def poll(self, key: str, now: datetime) -> None:
        state = self.states[key]
        if not self.is_wanted(key):
            state.polled_at = now
            return
        await super().poll(key, now)
        if state.presence is not Presence.PRESENT:
            self._bodies.pop(key, None)

    @override
    def user_requested(self) -> AbstractContextManager[None]:
        return with_purpose(Purpose.USER)

    @override
    def counter_name(self, key: str, serial: str | None) -> str | None:
        return self.counters.name(key, serial)

    @override
    def as_dict(self) -> dict[str, Any]:
        answers = {
            key: {"at": state.answered_at.isoformat(), "bodies": self._bodies[key]}
            for key, state in self.states.items()
            if key in self._bodies and state.answered_at is not None
        }
        return {
            **super().as_dict(),
            **self.schedule.as_dict(),
            "answers": answers,
            "timezone": self._zone_name,
            "books": self.counters.as_dict(),
        }

    @override
    def restore(self, data: Mapping[str, Any]) -> None:
        super().restore(data)
        zone, counters, answers = (data.get(key) for key in ("timezone", "books", "answers"))
        self._zone_name = zone if isinstance(zone, str) else None
        if isinstance(counters, Mapping):
            self.counters.restore(counters)
        for key, kept in answers.items() if isinstance(answers, Mapping) else ():
            if key in self.feeds and isinstance(kept, Mapping):
                self._restore_answer(key, kept)
        self.schedule.restore(data)
        self._rebuild_known()

    def _rebuild_known(self, now: datetime | None = None) -> None:
        """Build the parts from the stored answers; the quota, which other systems share, is only built with `now`."""
        for builder in self.builders:
            at = max((at for key in builder.feeds if (at := self.states[key].answered_at) is not None), default=None)
            if builder.part is Quota:
                at = now
            if at is None:
                continue
            with self.mishaps.caught(builder.part.__name__, "kept answers"):
                if (part := builder.build(at)) is not None:
                    self._parts[builder.part] = part

    def _restore_answer(self, key: str, kept: Mapping[str, Any]) -> None:
        """Restore an answer from before the restart; ignore one in an unknown format, so that it is polled again."""
        feed, state = self.feeds[key], self.states[key]
        try:
            at = datetime.fromisoformat(str(kept.get("at")))
            # Before feeds could have several bodies, a single one was stored.
            bodies = [str(body) for body in kept.get("bodies") or [kept.get("body")]]
            answer = feed.join(self.context, [feed.read(feed.name, json.loads(body)) for body in bodies])
        except ApiError, ValueError, TypeError:
            return
        if at.tzinfo is None:
            return
        self._bodies[key] = bodies
        self._answers[key] = answer
        state.presence = Presence.PRESENT
        state.polled_at = state.answered_at = at.astimezone(UTC)
        state.valid_until = at + self.schedule.lasts(key)
        self._handle_restored(feed)

    def _handle_restored(self, feed: CloudFeed[C, Any]) -> None:
        """Use a restored answer for everything but energy, which is stored in the counters already."""

    async def _move(self, name: str) -> None:
        """Use the system's own time zone."""
        if name == self._zone_name == str(self.context.zone):
            # Home Assistant finds a zone in a thread, even one that it has found before.
            return
        if (zone := await self._find_zone(name)) is not None:
            self._zone_name = name
            self.context.zone = zone
            self.daylight = Daylight(zone=zone)

    @override
    async def _fetch(self, feed: Feed, now: datetime) -> object:
        polled = self.feeds[feed.key]
        with keep_bodies() as kept:
            answer = await polled.ask(self.context)
        self._bodies[feed.key] = [body.decode(errors="replace") for name, body in kept if name == polled.name]
        return answer

    def _builder(
        self, part: type[Part], used: Iterable[CloudFeed[C, Any]], build: Callable[[datetime], Part | None]
    ) -> Builder:
        return Builder(part=part, feeds=frozenset(feed.key for feed in used), build=build)

    def reported_at(self) -> datetime | None:
        """Return when the system last reported to the cloud, `None` if unknown."""
        return None

    def _quota(self, now: datetime) -> Quota:
        outlook = self.planner.outlook(now)
        return Quota(
            observed_at=now,
            used=outlook.used,
            left=outlook.left,
            limit=outlook.limit,
            resets_at=outlook.resets_at,
            ahead=outlook.warned and outlook.ahead,
            exhausted=outlook.exhausted,
            next_update=self.schedule.next_update(now),
            reported_at=self.reported_at(),
            history=self.history_progress,
        )
