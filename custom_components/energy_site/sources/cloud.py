"""A cloud as a source: every request counts, answers outlive restarts, and a planner says when to ask."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
import json
from typing import Any, cast, override

from ..clients.enphase_cloud.errors import HardwareAbsentError
from ..clients.enphase_cloud.link import keeping
from ..clients.errors import ApiAuthError, ApiError, ApiNotFoundError, ApiPayloadError, ApiQuotaError, ApiStatusError
from ..clients.transport import Recorded
from ..site.demand import Bundle, Purpose, System
from ..site.model import Part, Quota
from ..site.quota import Planner
from ..site.sun import Daylight
from .feed import Feed, FeedState, Pace, Presence
from .source import PROBE_INTERVAL, Source
from .spending import NotNowError, SystemSpending, meant_for, purpose_now

# Credentials that were refused are not tried again and again.
_REFUSED_RETRY = timedelta(minutes=15)

# What fails for another reason than the quota is tried again after this.
_SHORTEST_WAIT = timedelta(seconds=5)

# What answers with an error for so long is asked seldom: its requests are worth more elsewhere.
_AILING_AFTER = timedelta(days=1)
_AILING_FAILURES = 3
_AILING_INTERVAL = timedelta(days=2)

# What the plan did not grant or the system lacks is looked for again this often: either seldom changes.
_UNGRANTED_INTERVAL = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudFeed[C, T](Feed):
    """A feed with how it is asked, how its answers are read again after a restart, and what an update is worth.

    An answer that was made of several is made again by `join`. `wanted` tells whether
    a system deserves the feed at all.
    """

    name: str
    ask: Callable[[C], Awaitable[T]]
    read: Callable[[str, object], Any]
    bundle: Bundle
    join: Callable[[C, list[Any]], T] = lambda _, answers: answers[-1]
    wanted: Callable[[CloudSource[C]], bool] = lambda _: True


class CloudSource[C](Source):
    """One system of a cloud."""

    feeds: Mapping[str, CloudFeed[C, Any]]

    def __init__(
        self,
        context: C,
        system: str,
        planner: Planner,
        spending: SystemSpending,
        recorded: Mapping[str, Recorded],
        zone: tzinfo,
    ) -> None:
        """Ask for `system` as `planner` allows; `recorded` holds the last answers by the endpoints' names."""
        super().__init__(dict.fromkeys(Pace, PROBE_INTERVAL))
        self.context = context
        self.system = system
        self.planner = planner
        self.spending = spending
        self.zone = zone
        self.daylight = Daylight(zone=zone)
        self.wants_history = False
        self.history_close: Bundle | None = None
        self.history_progress: float | None = None
        self._recorded = recorded
        self._bodies: dict[str, list[str]] = {}
        self._failing: dict[str, datetime] = {}

    def answer[T](self, feed: CloudFeed[C, T]) -> T | None:
        """Return a feed's last answer, however old."""
        return cast("T | None", self._answers.get(feed.key))

    def fresh[T](self, feed: CloudFeed[C, T], now: datetime) -> T | None:
        """Return a feed's answer where it still stands."""
        return self.answer(feed) if self.states[feed.key].fresh(now) else None

    @property
    def knows_anything(self) -> bool:
        """Whether anything was ever answered."""
        return any(state.answered_at is not None for state in self.states.values())

    @property
    def bearable(self) -> bool:
        """Whether haste would not help against what the outage says."""
        return False

    def recorded(self) -> Iterator[tuple[CloudFeed[C, Any], Recorded]]:
        """Return the last answer of each feed, of before the restart too."""
        for key, feed in self.feeds.items():
            if (answer := self._recorded.get(feed.name)) is not None:
                yield feed, answer
            elif key in self._bodies:
                yield feed, Recorded(status=200, body=self._bodies[key][-1].encode(), seconds=0.0)

    def ailing(self, now: datetime) -> tuple[str, ...]:
        """Return the feeds that have answered with an error for long, while others do not; the essential ones wait for nothing."""
        return tuple(
            key
            for key, since in self._failing.items()
            if now - since >= _AILING_AFTER
            and not self.feeds[key].essential
            and self.states[key].failures >= _AILING_FAILURES
            and self._answers_since(since)
        )

    def _answers_since(self, moment: datetime) -> bool:
        return any(state.answered_at is not None and state.answered_at >= moment for state in self.states.values())

    def enter(self) -> None:
        """Let the planner know what this system wants."""
        ailing = self.ailing(self.planner.usage.latest)
        bundles = tuple(feed.bundle for key, feed in self.feeds.items() if self._is_asked(key) and key not in ailing)
        if self.history_close is not None:
            bundles = (*bundles, self.history_close)
        self.planner.enter(System(key=self.system, daylight=self.daylight, bundles=bundles, history=self.wants_history))

    def leave(self) -> None:
        """Let the planner plan without this system."""
        self.planner.leave(self.system)

    def next_update(self, now: datetime) -> datetime | None:
        """Return when anything is asked next."""
        return self.planner.next_update(self.system, now) if self.system in self.planner.systems else None

    @override
    async def prepare(self, now: datetime) -> None:
        self.enter()
        # Which day it is where the system stands, and what time, was not known until now.
        self._rebuild_known(now)

    @override
    def age(self, now: datetime) -> None:
        for builder in self.builders:
            self._build(builder, "age", now)

    @override
    def settled(self, kind: type[Part], now: datetime) -> bool:
        # What is not wanted keeps nothing open.
        return all(not self._is_asked(key) or self.states[key].fresh(now) for key in self.feeds_of(kind))

    @override
    async def close(self) -> None:
        self.leave()

    @override
    def essential(self) -> tuple[str, ...]:
        """Return what was never answered of what everything else is built on: a restart costs nothing."""
        return tuple(key for key in super().essential() if self.states[key].answered_at is None)

    @property
    @override
    def lead(self) -> str:
        asked = [key for key in self.feeds if self._is_asked(key)] or list(self.feeds)
        return min(asked, key=lambda key: self.feeds[key].bundle.least)

    @override
    async def poll(self, key: str, now: datetime) -> None:
        feed, state = self.feeds[key], self.states[key]
        if not feed.wanted(self):
            state.asked_at = now
            return
        purpose = purpose_now(feed.bundle.purpose)
        due = self.planner.allowed_at(purpose, 1, now)
        if due > now:
            error = NotNowError(feed.name, due)
            state.failed(error)
            self._rebuild(key, now)
            raise error
        self.planner.asks(self.system, feed.bundle, now)
        try:
            with meant_for(purpose):
                await super().poll(key, now)
        except ApiQuotaError:
            raise
        except ApiError as err:
            since = self._failing.get(key)
            if isinstance(err, ApiStatusError | ApiPayloadError) and self.outage is None:
                # While nothing answers at all it is the cloud that is out.
                self._failing[key] = since if since is not None and self._answers_since(since) else now
            self.planner.asked(self.system, feed.bundle, now, failed=True)
            raise
        else:
            if key in self.ailing(now):
                # What healed is seldom alone.
                self.wanted_now |= set(self.ailing(now)) - {key}
            self._failing.pop(key, None)
            self.planner.asked(self.system, feed.bundle, now)
        finally:
            self.enter()
        if state.presence is not Presence.PRESENT:
            self._bodies.pop(key, None)

    @override
    def wait(self, key: str, now: datetime) -> timedelta:
        if isinstance(self.outage, ApiAuthError):
            return _REFUSED_RETRY
        feed, state = self.feeds[key], self.states[key]
        if isinstance(state.error, NotNowError) and feed.wanted(self):
            return max(state.error.allowed_at - now, _SHORTEST_WAIT)
        if key in self.ailing(now):
            return max((state.asked_at or now) + _AILING_INTERVAL - now, _SHORTEST_WAIT)
        if not self._is_asked(key):
            interval = PROBE_INTERVAL if state.presence.answers else _UNGRANTED_INTERVAL
            left = (state.asked_at or now) + interval - now
            return left if left > timedelta() else interval if self.outage is not None else _SHORTEST_WAIT
        self.enter()
        return max(self.planner.next_at(self.system, feed.bundle, now) - now, _SHORTEST_WAIT)

    @override
    def by_hand(self) -> AbstractContextManager[None]:
        return meant_for(Purpose.PERSON)

    @override
    def expects_silence(self, now: datetime) -> bool:
        return False

    @override
    def memory(self) -> dict[str, Any]:
        answers = {
            key: {"at": state.answered_at.isoformat(), "bodies": self._bodies[key]}
            for key, state in self.states.items()
            if key in self._bodies and state.answered_at is not None
        }
        denied = {
            key: state.asked_at.isoformat()
            for key, state in self.states.items()
            if not state.presence.answers and state.asked_at is not None
        }
        failing = {
            key: [since.isoformat(), self.states[key].failures, (self.states[key].asked_at or since).isoformat()]
            for key, since in self._failing.items()
        }
        return {
            **super().memory(),
            "answers": answers,
            "denied": {"at": denied, "plan": self._plan_words},
            "failing": failing,
        }

    @override
    def remember(self, memory: Mapping[str, Any]) -> None:
        super().remember(memory)
        answers = memory.get("answers")
        for key, kept in answers.items() if isinstance(answers, Mapping) else ():
            if key in self.feeds and isinstance(kept, Mapping):
                self._recall(key, kept)
        self._recall_denied(memory.get("denied"))
        self._recall_failing(memory.get("failing"))
        self._rebuild_known()

    def _rebuild_known(self, now: datetime | None = None) -> None:
        """Build the parts of what was answered before the restart; of the quota, which others share, only `now` counts."""
        for builder in self.builders:
            at = max((at for key in builder.feeds if (at := self.states[key].answered_at) is not None), default=None)
            if builder.part is Quota:
                at = now
            if at is None:
                continue
            with self.mishaps.caught(builder.part.__name__, "kept answers"):
                if (part := builder.build(at)) is not None:
                    self._parts[builder.part] = part

    def _recall(self, key: str, kept: Mapping[str, Any]) -> None:
        """Take an answer for what it was before the restart; one in another shape is asked again."""
        feed, state = self.feeds[key], self.states[key]
        try:
            at = datetime.fromisoformat(str(kept.get("at")))
            # One body is what was kept before there were feeds of several.
            bodies = [str(body) for body in kept.get("bodies") or [kept.get("body")]]
            answer = feed.join(self.context, [feed.read(feed.name, json.loads(body)) for body in bodies])
        except ApiError, ValueError, TypeError:
            return
        if at.tzinfo is None:
            return
        self._bodies[key] = bodies
        self._answers[key] = answer
        state.presence = Presence.PRESENT
        state.asked_at = state.answered_at = at.astimezone(UTC)
        state.stands_until = at + self._stands(feed)
        self._recalled(feed)

    def _recalled(self, feed: CloudFeed[C, Any]) -> None:
        """Use an answer of before the restart, but for its energy: that is in the books already."""

    def _recall_denied(self, kept: object) -> None:
        """Take over when it was asked for what is not to be had: no restart is worth to ask again, another plan is."""
        if not isinstance(kept, Mapping) or kept.get("plan") != self._plan_words:
            return
        moments = kept.get("at")
        for key, moment in moments.items() if isinstance(moments, Mapping) else ():
            if key not in self.states or self.states[key].presence.answers:
                continue
            try:
                at = datetime.fromisoformat(str(moment))
            except ValueError:
                continue
            if at.tzinfo is not None:
                self.states[key].asked_at = at.astimezone(UTC)

    def _recall_failing(self, kept: object) -> None:
        """Take over what has answered with an error for long, so that a restart asks it no sooner."""
        for key, told in kept.items() if isinstance(kept, Mapping) else ():
            if key not in self.states or not isinstance(told, list) or len(told) != 3:
                continue
            try:
                since, failures, asked_at = (
                    datetime.fromisoformat(told[0]),
                    int(told[1]),
                    datetime.fromisoformat(told[2]),
                )
            except TypeError, ValueError:
                continue
            if since.tzinfo is not None and asked_at.tzinfo is not None:
                self._failing[key] = since.astimezone(UTC)
                self.states[key].failures = failures
                self.states[key].asked_at = asked_at.astimezone(UTC)

    @property
    def _plan_words(self) -> list[int | None]:
        return [self.planner.plan.per_month, self.planner.plan.per_minute]

    def _stands(self, feed: CloudFeed[C, Any]) -> timedelta:
        """Return how long an answer stands: as long as the next one may take, and a failure of that."""
        longest = timedelta(days=2) if feed.bundle.daily_at is not None else feed.bundle.greatest
        return max(2 * longest, timedelta(days=1))

    @override
    def _interval(self, feed: Feed) -> timedelta:
        return self._stands(self.feeds[feed.key]) / 3

    def _is_asked(self, key: str) -> bool:
        return self.states[key].presence.answers and self.feeds[key].wanted(self)

    @override
    async def _fetch(self, feed: Feed, now: datetime) -> object:
        asked = self.feeds[feed.key]
        try:
            with keeping() as kept:
                answer = await asked.ask(self.context)
        except HardwareAbsentError as err:
            raise ApiNotFoundError(err.endpoint, err.status) from err
        self._bodies[feed.key] = [body.decode(errors="replace") for name, body in kept if name == asked.name]
        return answer

    @override
    async def _is_reachable(self) -> bool:
        # To ask would cost a request, and tell nothing that the next feed does not tell.
        return False

    @override
    def _is_empty(self, feed: Feed, answer: object) -> bool:
        return False

    @override
    def _pace(self, feed: Feed) -> Pace:
        return Pace.RARE

    @override
    def _stretch(self, pace: Pace) -> float:
        return 1.0

    @override
    def _doubts(self, state: FeedState, now: datetime) -> bool:
        # A cloud says no for good.
        return False
