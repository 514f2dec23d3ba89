"""What every source has in common: polling, freshness, and the parts it builds."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NoReturn, Protocol, cast

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
from .feed import Feed, FeedState, Presence
from .mishaps import Mishaps
from .schedule import Schedule

# Systems forget what they have for a while, and deny it. Only this lasting is believed.
_DOUBTED_FOR = timedelta(hours=1)


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
        """Return what was requested there and isn't active yet."""

    async def set(self, name: ControlName, value: Value, *, insistent: bool = False) -> None:
        """Set it there, whatever was denied before where `insistent`; return once it is in force there, or pending."""


class Source(ABC):
    """A system that is polled.

    Each feed fails alone. When the system as a whole cannot be reached only
    the fastest feed goes on asking, and the others wait for it.
    """

    feeds: Mapping[str, Feed]
    schedule: Schedule

    # How long a denial, or an emptiness, of what was there before is taken for a failure.
    doubted_for = _DOUBTED_FOR

    def __init__(self) -> None:
        """Begin without any answer."""
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
    def _observe(self, feed: Feed, now: datetime) -> None:
        """Use a new answer before the parts are built."""

    @abstractmethod
    async def close(self) -> None:
        """Let go of what is open towards the system."""

    async def _is_reachable(self) -> bool:
        """Ask something that costs the system next to nothing; not every system has such a thing."""
        return False

    def _is_empty(self, feed: Feed, answer: object) -> bool:  # noqa: ARG002 - most answers say something.
        """Tell whether an answer says that the system has none of this."""
        return False

    def in_maintenance_window(self, now: datetime) -> bool:  # noqa: ARG002 - most systems have none.
        """Tell whether the system is known not to answer at this time."""
        return False

    @property
    def gateway_serials(self) -> frozenset[str]:
        """The serial numbers of gateways that a cloud's system has; another entry may be one of them."""
        return frozenset()

    def user_requested(self) -> AbstractContextManager[None]:
        """Ask within because a person wants it, which may be allowed when polling is not."""
        return nullcontext()

    @property
    def lead(self) -> str:
        """The feed that is polled most often: it notices first when the system is back."""
        return self.schedule.lead

    def wait(self, key: str, now: datetime) -> timedelta:
        """Return how long to wait, from now on, before a feed is polled again."""
        return self.schedule.wait(key, now)

    def part[P: Part](self, kind: type[P]) -> P | None:
        """Return a part as it is known now."""
        return cast("P | None", self._parts.get(kind))

    def feeds_of(self, kind: type[Part]) -> frozenset[str]:
        """Return the feeds that a part is made of."""
        return frozenset(key for builder in self.builders if builder.part is kind for key in builder.feeds)

    def is_known(self, kind: type[Part], now: datetime) -> bool:
        """Tell whether all that this part is made of is either fresh or not to be had."""
        return all(
            not self.states[key].presence.answers or self.states[key].is_fresh(now)
            for key in self.feeds_of(kind)
            if not self.feeds[key].substitute or self.is_wanted(key)
        )

    def is_wanted(self, key: str) -> bool:  # noqa: ARG002 - most feeds are polled on every site.
        """Tell whether the site deserves a feed."""
        return True

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
        if (refusal := self.schedule.refusal(key, now)) is not None:
            self._fail(key, refusal, now)
        with self.schedule.turn(key, now):
            if self.outage is not None and key != self.lead:
                self._fail(key, self.outage, now)
            await self._poll(self.feeds[key], self.states[key], now)

    def _fail(self, key: str, error: ApiError, now: datetime) -> NoReturn:
        """Fail without a request."""
        self.states[key].record_failure(error)
        self._rebuild(key, now)
        raise error

    async def _poll(self, feed: Feed, state: FeedState, now: datetime) -> None:
        key = feed.key
        state.polled_at = now
        self.refresh_requested.discard(key)
        try:
            answer = await self._fetch(feed, now)
            self._doubt_emptiness(feed, answer, now)
        except (ApiNotFoundError, ApiForbiddenError) as err:
            if self._doubts(state, now):
                state.record_failure(err)
                self._end_outage(key)
                raise
            state.record_denial(Presence.ABSENT if isinstance(err, ApiNotFoundError) else Presence.FORBIDDEN)
            self._answers.pop(key, None)
            self._end_outage(key)
        except ApiError as err:
            state.record_failure(err)
            if isinstance(err, ApiAuthError) or (key == self.lead and await self._is_out(err)):
                self.outage = err
            elif not isinstance(err, ApiConnectionError):
                # Also a complaint is an answer.
                self._end_outage(key)
            raise
        else:
            state.doubted_since = None
            recovers = key == self.lead and bool(state.failures)
            presence = Presence.EMPTY if state.empty_answers else Presence.PRESENT
            state.record_answer(now, presence, repeated=answer == self._answers.get(key))
            self._answers[key] = answer
            self._end_outage(key)
            if recovers:
                # What kept the lead from answering most likely kept the others as well.
                self.refresh_requested |= {other for other in self.essential() if self.states[other].failures}
            interval = self.schedule.interval(key)
            state.valid_until = now + max(3 * interval, self.wait(key, now) + interval)
            with self.mishaps.caught(f"the counters of {key}", feed.endpoint):
                self._observe(feed, now)
        finally:
            self._rebuild(key, now)

    def _doubt_emptiness(self, feed: Feed, answer: object, now: datetime) -> None:
        """Take a sudden emptiness for a failure, until it lasts."""
        state = self.states[feed.key]
        state.empty_answers = state.empty_answers + 1 if self._is_empty(feed, answer) else 0
        if state.empty_answers and self._doubts(state, now):
            raise ApiPayloadError(feed.endpoint.lstrip("/"), "an empty answer")

    def _doubts(self, state: FeedState, now: datetime) -> bool:
        """Tell whether it is too early to believe that what was there is gone."""
        if state.presence is not Presence.PRESENT:
            return False
        state.doubted_since = state.doubted_since or now
        return now - state.doubted_since < self.doubted_for

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

    def take_refresh_requests(self) -> set[str]:
        """Return the feeds that should be asked at once, and forget them."""
        requested, self.refresh_requested = self.refresh_requested, set()
        return {key for key in requested if self.states[key].presence.answers}

    def forget_absence(self) -> None:
        """Look for everything anew, as after a change of firmware."""
        for key, state in self.states.items():
            if not state.presence.answers or state.presence is Presence.EMPTY:
                state.presence = Presence.UNKNOWN
                self.refresh_requested.add(key)

    def as_dict(self) -> dict[str, Any]:
        """Return what outlives a restart, as plain JSON data."""
        return {"presence": {key: state.presence for key, state in self.states.items()}}

    def restore(self, data: Mapping[str, Any]) -> None:
        """Take over what `as_dict` returned."""
        presences = data.get("presence")
        for key, presence in presences.items() if isinstance(presences, Mapping) else ():
            if key in self.states and presence in tuple(Presence):
                self.states[key].presence = Presence(presence)

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
