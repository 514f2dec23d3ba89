"""What every source has in common: polling, freshness, and the parts it builds."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, cast

from ..api.errors import (
    ApiAuthError,
    ApiConnectionError,
    ApiError,
    ApiForbiddenError,
    ApiNotFoundError,
    ApiPayloadError,
    ApiStatusError,
)
from ..site.control import Control, ControlName, Value
from ..site.model import DeviceInfo, Part
from .feed import Feed, FeedState, Pace, Presence
from .mishaps import Mishaps

# What a system lacks is looked for again once a day, the first time sooner: it
# may just have been starting.
PROBE_INTERVAL = timedelta(days=1)
_FIRST_PROBE = timedelta(minutes=15)
_FIRST_PROBES = 3

# Systems forget what they have for a while, and deny it. Only this lasting is believed.
_DOUBTED_FOR = timedelta(hours=1)

# Something that failed is tried again after this, what is costly or fails again
# and again after longer.
_RETRY = timedelta(minutes=1)
_LONGEST_DOUBLING = 6

# Credentials that were refused are not tried again and again.
_REFUSED_RETRY = timedelta(minutes=5)


class AnotherSystemError(ApiError):
    """Another system than the one that was set up answers at its address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Builder:
    """How one part is made, and of which feeds; it returns `None` where there is nothing."""

    part: type[Part]
    feeds: frozenset[str]
    build: Callable[[datetime], Part | None]


class FallbackControls(Protocol):
    """Another way to set what a source shows but cannot set."""

    def control(self, name: ControlName) -> Control | None:
        """Return the control of the same name there."""

    def expect(self, name: ControlName, value: Value) -> None:
        """Know there that it is being changed from here."""

    def pending(self, name: ControlName) -> Value | None:
        """Return what is wished for there and not in force yet."""

    async def set(self, name: ControlName, value: Value, *, insistent: bool = False) -> None:
        """Set it there, whatever was denied before where `insistent`; return once it is in force there, or pending."""


class Source(ABC):
    """A system that is polled.

    Each feed fails alone. When the system as a whole cannot be reached only
    the fastest feed goes on asking, and the others wait for it.
    """

    feeds: Mapping[str, Feed]

    def __init__(self, intervals: Mapping[Pace, timedelta]) -> None:
        """Poll at these intervals."""
        self.intervals = dict(intervals)
        self.states = {key: FeedState() for key in self.feeds}
        self.refresh_requested: set[str] = set()
        self.mishaps = Mishaps()
        self.outage: ApiError | None = None
        self._busy = False
        self.fallback: Callable[[], FallbackControls | None] | None = None
        self._parts: dict[type[Part], Part] = {}
        self._answers: dict[str, object] = {}

    @property
    @abstractmethod
    def device(self) -> DeviceInfo:
        """The device that answers, as the site's hub."""

    @property
    @abstractmethod
    def builders(self) -> tuple[Builder, ...]:
        """How the parts are made."""

    @abstractmethod
    async def prepare(self, now: datetime) -> None:
        """Make first contact; raise an `ApiError` where there is none."""

    @abstractmethod
    async def _fetch(self, feed: Feed, now: datetime) -> object:
        """Ask for a feed's answer."""

    @abstractmethod
    async def _is_reachable(self) -> bool:
        """Ask something that costs the system next to nothing."""

    @abstractmethod
    def _is_empty(self, feed: Feed, answer: object) -> bool:
        """Tell whether an answer says that the system has none of this."""

    @abstractmethod
    def _pace(self, feed: Feed) -> Pace:
        """Tell how often the feed deserves to be asked on this site."""

    @abstractmethod
    def _observe(self, feed: Feed, now: datetime) -> None:
        """Use a new answer before the parts are built."""

    @abstractmethod
    def _stretch(self, pace: Pace) -> float:
        """Tell how many times longer to wait, when the system needs a rest."""

    @abstractmethod
    def in_maintenance_window(self, now: datetime) -> bool:
        """Tell whether the system is known not to answer at this time."""

    @abstractmethod
    async def close(self) -> None:
        """Let go of what is open towards the system."""

    @property
    def gateway_serials(self) -> frozenset[str]:
        """The serial numbers of gateways that a cloud's system has; another entry may be one of them."""
        return frozenset()

    def user_requested(self) -> AbstractContextManager[None]:
        """Ask within because a person wants it, which may be allowed when polling is not."""
        return nullcontext()

    def part[P: Part](self, kind: type[P]) -> P | None:
        """Return a part as it is known now."""
        return cast("P | None", self._parts.get(kind))

    def feeds_of(self, kind: type[Part]) -> frozenset[str]:
        """Return the feeds that a part is made of."""
        return frozenset(key for builder in self.builders if builder.part is kind for key in builder.feeds)

    def is_known(self, kind: type[Part], now: datetime) -> bool:
        """Tell whether all that this part is made of is either fresh or not to be had."""
        return all(
            not state.presence.answers or state.fresh(now)
            for state in (self.states[key] for key in self.feeds_of(kind))
        )

    def control_names(self) -> Iterable[ControlName]:
        """Return the names of all controls that the site has now."""
        return ()

    def control(self, name: ControlName, now: datetime) -> Control | None:  # noqa: ARG002 - what a source without controls ignores.
        """Return a control as it stands now, `None` where the site has none of this name."""
        return None

    def essential(self) -> tuple[str, ...]:
        """Return the feeds to ask before anything is shown, those first that decide about others."""
        return tuple(key for key, feed in self.feeds.items() if feed.essential and self.states[key].presence.answers)

    async def poll(self, key: str, now: datetime) -> None:
        """Ask one feed and build the parts anew.

        Raises an `ApiError` where that failed; the parts then hold what still
        stands. What the system lacks is no failure.
        """
        feed, state = self.feeds[key], self.states[key]
        if self.outage is not None and key != self.lead:
            state.failed(self.outage)
            self._rebuild(key, now)
            raise self.outage
        state.asked_at = now
        self.refresh_requested.discard(key)
        try:
            answer = await self._fetch(feed, now)
            self._doubt_emptiness(feed, answer, now)
        except (ApiNotFoundError, ApiForbiddenError) as err:
            if self._doubts(state, now):
                state.failed(err)
                self._end_outage(key)
                raise
            state.denied(Presence.ABSENT if isinstance(err, ApiNotFoundError) else Presence.FORBIDDEN)
            self._answers.pop(key, None)
            self._end_outage(key)
        except ApiError as err:
            state.failed(err)
            if isinstance(err, ApiAuthError) or (key == self.lead and await self._is_out(err)):
                self.outage = err
            elif not isinstance(err, ApiConnectionError):
                # Also a complaint is an answer.
                self._end_outage(key)
            raise
        else:
            state.doubted_since = None
            recovers = key == self.lead and bool(state.failures)
            presence = Presence.EMPTY if state.empties else Presence.PRESENT
            state.answered(now, presence, repeated=answer == self._answers.get(key))
            self._answers[key] = answer
            self._end_outage(key)
            if recovers:
                # What kept the lead from answering most likely kept the others as well.
                self.refresh_requested |= {other for other in self.essential() if self.states[other].failures}
            interval = self._interval(feed)
            state.stands_until = now + max(3 * interval, self.wait(key, now) + interval)
            with self.mishaps.caught(f"What follows from {key}", feed.endpoint):
                self._observe(feed, now)
        finally:
            self._rebuild(key, now)

    def _doubt_emptiness(self, feed: Feed, answer: object, now: datetime) -> None:
        """Take a sudden emptiness for a failure, until it lasts."""
        state = self.states[feed.key]
        state.empties = state.empties + 1 if self._is_empty(feed, answer) else 0
        if state.empties and self._doubts(state, now):
            raise ApiPayloadError(feed.endpoint.lstrip("/"), "an empty answer")

    def _doubts(self, state: FeedState, now: datetime) -> bool:
        """Tell whether it is too early to believe that what was there is gone."""
        if state.presence is not Presence.PRESENT:
            return False
        state.doubted_since = state.doubted_since or now
        return now - state.doubted_since < _DOUBTED_FOR

    async def _is_out(self, error: ApiError) -> bool:
        """Tell whether the system as a whole is silent or busy, and not only one of its endpoints."""
        if isinstance(error, ApiConnectionError):
            if self.outage is not None and not self._busy:
                return True
            if not await self._is_reachable():
                self._busy = False
                return True
        elif not (isinstance(error, ApiStatusError) and error.busy):
            return False
        self._busy = await self._is_busy()
        return self._busy

    async def _is_busy(self) -> bool:
        """Tell whether a system that can be reached says of everything essential that it cannot now."""
        return False

    @property
    def lead(self) -> str:
        """The feed that is asked most often: it notices first when the system is back."""
        asked = [key for key in self.feeds if self.states[key].presence.answers] or list(self.feeds)
        return min(asked, key=lambda key: self.intervals[self._present_pace(self.feeds[key])])

    def wait(self, key: str, now: datetime) -> timedelta:  # noqa: ARG002 - a source may rest at certain times.
        """Return how long to wait, from now on, before a feed is asked again."""
        state = self.states[key]
        if isinstance(self.outage, ApiAuthError):
            return _REFUSED_RETRY
        feed, failures = self.feeds[key], state.failures
        interval = self._interval(feed)
        if not failures:
            return interval
        if isinstance(self.outage, ApiStatusError) and key == self.lead and interval <= _RETRY:
            # It answers, nothing else is asked meanwhile, and all wait for this one.
            return interval
        if interval <= _RETRY:
            return min(interval * _doubled(failures - 3), _RETRY)
        retry = max(_RETRY, timedelta(minutes=feed.cost)) * _doubled(failures - 1)
        return min(interval, retry)

    def take_refresh_requests(self) -> set[str]:
        """Return the feeds that should be asked at once, and forget them."""
        wishes, self.refresh_requested = self.refresh_requested, set()
        return {key for key in wishes if self.states[key].presence.answers}

    def forget_absence(self) -> None:
        """Look for everything anew, as after a change of firmware."""
        for key, state in self.states.items():
            if not state.presence.answers or state.presence is Presence.EMPTY:
                state.presence = Presence.UNKNOWN
                self.refresh_requested.add(key)

    def as_dict(self) -> dict[str, Any]:
        """Return what outlives a restart, as plain JSON data."""
        return {"presence": {key: state.presence for key, state in self.states.items()}}

    def restore(self, memory: Mapping[str, Any]) -> None:
        """Take over what `as_dict` returned."""
        presences = memory.get("presence")
        for key, presence in presences.items() if isinstance(presences, Mapping) else ():
            if key in self.states and presence in tuple(Presence):
                self.states[key].presence = Presence(presence)

    def _interval(self, feed: Feed) -> timedelta:
        state = self.states[feed.key]
        if not state.presence.answers:
            starting = state.presence is Presence.ABSENT and state.denials == 1
            return _FIRST_PROBE if starting else PROBE_INTERVAL
        if state.presence is Presence.EMPTY and state.empties <= _FIRST_PROBES:
            return _FIRST_PROBE
        pace = self._present_pace(feed)
        patience = 1 if state.presence is Presence.EMPTY else min(feed.patience, 1 + state.repeats)
        return self.intervals[pace] * patience * self._stretch(pace)

    def _present_pace(self, feed: Feed) -> Pace:
        return Pace.RARE if self.states[feed.key].presence is Presence.EMPTY else self._pace(feed)

    def _end_outage(self, key: str) -> None:
        if self.outage is None:
            return
        self.outage = None
        self.refresh_requested |= {other for other, state in self.states.items() if state.failures and other != key}

    def age(self, now: datetime) -> None:  # noqa: B027 - most sources are asked all the time.
        """Let go of what is too old by now, where a source may go unasked for long."""

    def _rebuild(self, key: str, now: datetime) -> None:
        for builder in self.builders:
            if key in builder.feeds:
                self._build(builder, self.feeds[key].endpoint, now)

    def _build(self, builder: Builder, endpoint: str, now: datetime) -> None:
        with self.mishaps.caught(builder.part.__name__, endpoint):
            part = builder.build(now)
            if part is not None:
                self._parts[builder.part] = part
                return
        self._parts.pop(builder.part, None)


def _doubled(times: int) -> int:
    return 1 << min(max(times, 0), _LONGEST_DOUBLING)
