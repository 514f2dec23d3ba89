"""The common basis of all sources: polling, validity of answers, and building of parts."""

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
from .tariff import TariffSetting

# Systems sometimes deny what they have for a while. Only a lasting denial is believed.
_DOUBTED_FOR = timedelta(hours=1)


class AnotherSystemError(ApiError):
    """The address is answered by a different system than the one that was set up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Builder:
    """How a part is built, and from which feeds; `build` returns `None` if there is no data."""

    part: type[Part]
    feeds: frozenset[str]
    build: Callable[[datetime], Part | None]


class FallbackControls(Protocol):
    """A second source that can set the controls that the first one only shows."""

    def control(self, name: ControlName) -> Control | None:
        """Return the fallback's control of the same name."""

    def expect(self, name: ControlName, value: Value, brings: Iterable[str] = ()) -> None:
        """Expect a change that is made from here, and what it `brings`, so that neither is somebody else's there."""

    def pending(self, name: ControlName) -> Value | None:
        """Return the requested value that isn't active yet, `None` if there is none."""

    async def look(self, *names: ControlName) -> bool:
        """Poll what the fallback reports of some controls; return whether all of it answered."""

    async def set(self, name: ControlName, value: Value, *, insistent: bool = False) -> None:
        """Set the control, ignoring earlier denials if `insistent`; return once the value is active or pending."""


class Witness(Protocol):
    """Another entry of the same site, which shows sooner which values are active."""

    def control(self, name: ControlName) -> Control | None:
        """Return the witness's state of a control, `None` if it has none or doesn't respond."""

    def expect(self, name: ControlName, value: Value, brings: Iterable[str] = ()) -> None:
        """Expect a change that is made from here, and what it `brings`, so that neither is somebody else's there."""

    async def look(self, *names: ControlName) -> object:
        """Poll what shows the values of some controls."""


class Source(ABC):
    """A system that is polled.

    Each feed fails independently. While the system as a whole is unreachable, only the lead feed is
    polled, and the others wait for it.
    """

    feeds: Mapping[str, Feed]
    schedule: Schedule

    # Whether requests are limited by a plan, so that a source without one is preferred for changes.
    counts_requests = False

    # Whether energy is reported by day, so that a late report moves a counter by more than can flow in the meantime.
    counts_by_day = False

    # For how long a denial or an empty answer counts as a failure if there was data before.
    doubted_for = _DOUBTED_FOR

    # Whether that goes for the refusal of any feed, which some systems give to a session that is over, or only for
    # those that the site can't do without.
    doubts_refusals_of_all = True

    def __init__(self) -> None:
        """Start without any answer."""
        self.states = {key: FeedState() for key in self.feeds}
        self.refresh_requested: set[str] = set()
        self.mishaps = Mishaps()
        self.outage: ApiError | None = None
        self._busy = False
        self.fallback: Callable[[], FallbackControls | None] | None = None
        self.witness: Callable[[], Witness | None] | None = None
        self.tariff: TariffSetting | None = None
        # Whether another entry of the site shows the values of a part, so that they are of no use here.
        self.leaves: Callable[[type[Part]], bool] = lambda _: False
        self._parts: dict[type[Part], Part] = {}
        self._answers: dict[str, object] = {}

    @property
    @abstractmethod
    def device(self) -> DeviceInfo:
        """The device that answers, as the site's hub."""

    @property
    @abstractmethod
    def builders(self) -> tuple[Builder, ...]:
        """The builders of this source's parts."""

    @abstractmethod
    async def prepare(self, now: datetime) -> None:
        """Make the first contact; raise an `ApiError` if that fails."""

    @abstractmethod
    async def _fetch(self, feed: Feed, now: datetime) -> object:
        """Request a feed's answer."""

    @abstractmethod
    def _observe(self, feed: Feed, now: datetime) -> None:
        """Process a new answer before the parts are built."""

    @abstractmethod
    async def close(self) -> None:
        """Close all connections to the system."""

    async def _is_reachable(self) -> bool:
        """Return whether the system answers a request that costs it next to nothing; not every system has one."""
        return False

    def _is_empty(self, feed: Feed, answer: object) -> bool:  # noqa: ARG002 - most answers have data.
        """Return whether an answer says that the system has none of this."""
        return False

    def in_maintenance_window(self, now: datetime) -> bool:  # noqa: ARG002 - most systems have none.
        """Return whether the system is known not to answer at this time."""
        return False

    @property
    def gateway_serials(self) -> frozenset[str]:
        """The serial numbers of a cloud system's gateways, which other entries may have set up."""
        return frozenset()

    def grid_returned(self) -> None:  # noqa: B027 - most sources see it themselves.
        """Note the end of an outage that the site's other entry saw."""

    def user_requested(self) -> AbstractContextManager[None]:
        """Make requests on the user's behalf, which may be allowed when polling is not."""
        return nullcontext()

    @property
    def lead(self) -> str:
        """The feed that is polled most often, and so notices first when the system is back."""
        return self.schedule.lead

    def wait(self, key: str, now: datetime) -> timedelta:
        """Return how long to wait from `now` until a feed is polled again."""
        return self.schedule.wait(key, now)

    def part[P: Part](self, kind: type[P]) -> P | None:
        """Return the latest state of a part, `None` if it is unknown."""
        return cast("P | None", self._parts.get(kind))

    def feeds_of(self, kind: type[Part]) -> frozenset[str]:
        """Return the feeds that a part is built from."""
        return frozenset(key for builder in self.builders if builder.part is kind for key in builder.feeds)

    def is_known(self, kind: type[Part], now: datetime) -> bool:
        """Return whether each feed of a part either has a valid answer or isn't available on this system."""
        return all(
            not self.states[key].presence.answers or self.states[key].is_fresh(now)
            for key in self.feeds_of(kind)
            if self.is_wanted(key) and not self.is_left(key)
        )

    def is_wanted(self, key: str) -> bool:  # noqa: ARG002 - most feeds are polled on every site.
        """Return whether the site needs a feed."""
        return True

    def is_left(self, key: str) -> bool:
        """Return whether another entry of the site shows everything that a feed is polled for."""
        readings = self.feeds[key].readings
        return bool(readings) and all(self.leaves(part) for part in readings)

    def control_names(self) -> Iterable[ControlName]:
        """Return the names of all controls the site currently has."""
        return ()

    def control(self, name: ControlName, now: datetime) -> Control | None:  # noqa: ARG002 - a source may have no controls.
        """Return the current state of a control, `None` if the site has no such control."""
        return None

    def own_control(self, name: ControlName, now: datetime) -> Control | None:
        """Return the state of a control as this source alone knows it."""
        return self.control(name, now)

    def essential(self) -> tuple[str, ...]:
        """Return the feeds to poll before entities are added, those first that others depend on."""
        return tuple(key for key, feed in self.feeds.items() if feed.essential and self.states[key].presence.answers)

    async def poll(self, key: str, now: datetime) -> None:
        """Poll a feed and rebuild its parts.

        Raises an `ApiError` if that fails; the parts then hold what is still valid. A resource that
        the system lacks is no failure.
        """
        if (refusal := self.schedule.refusal(key, now)) is not None:
            self._fail(key, refusal, now)
        with self.schedule.turn(key, now):
            if self.outage is not None and key != self.lead:
                self._fail(key, self.outage, now)
            await self._poll(self.feeds[key], self.states[key], now)

    def _fail(self, key: str, error: ApiError, now: datetime) -> NoReturn:
        """Record and raise an error without sending a request."""
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
            doubted = self.doubts_refusals_of_all or feed.essential or not isinstance(err, ApiForbiddenError)
            if doubted and self._doubts(state, now):
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
            elif self._disproves_outage(err):
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
                # The cause of the lead feed's failures most likely affected the others as well.
                self.refresh_requested |= {other for other in self.essential() if self.states[other].failures}
            interval = self.schedule.interval(key)
            state.valid_until = now + max(3 * interval, self.wait(key, now) + interval)
            with self.mishaps.caught(f"the counters of {key}", feed.endpoint):
                self._observe(feed, now)
        finally:
            self._rebuild(key, now)

    def _doubt_emptiness(self, feed: Feed, answer: object, now: datetime) -> None:
        """Treat a sudden empty answer as a failure until it lasts."""
        state = self.states[feed.key]
        state.empty_answers = state.empty_answers + 1 if self._is_empty(feed, answer) else 0
        if state.empty_answers and self._doubts(state, now):
            raise ApiPayloadError(feed.endpoint.lstrip("/"), "an empty answer")

    def _doubts(self, state: FeedState, now: datetime) -> bool:
        """Return whether it is too early to believe that a resource is gone."""
        if state.presence is not Presence.PRESENT:
            return False
        state.doubted_since = state.doubted_since or now
        return now - state.doubted_since < self.doubted_for

    async def _is_out(self, error: ApiError) -> bool:
        """Return whether the system as a whole is unreachable or busy, rather than a single endpoint."""
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

    def _disproves_outage(self, error: ApiError) -> bool:
        """Return whether a failure shows that the system answers: an error response is an answer too."""
        return isinstance(error, ApiStatusError | ApiPayloadError)

    async def _is_busy(self) -> bool:
        """Return whether a reachable system is too busy to answer any essential feed."""
        return False

    def take_refresh_requests(self) -> set[str]:
        """Return and clear the feeds that should be polled at once."""
        requested, self.refresh_requested = self.refresh_requested, set()
        return {key for key in requested if self.states[key].presence.answers}

    def forget_absence(self) -> None:
        """Check again for everything that was missing, such as after a firmware update."""
        for key, state in self.states.items():
            if not state.presence.answers or state.presence is Presence.EMPTY:
                state.presence = Presence.UNKNOWN
                self.refresh_requested.add(key)

    @abstractmethod
    def counter_name(self, key: str, serial: str | None) -> str | None:
        """Return the name in the stored counters of what an entity shows, `None` if it can't go on from any value."""

    def as_dict(self) -> dict[str, Any]:
        """Return the state to store across restarts, as plain JSON data."""
        return {"presence": {key: state.presence for key, state in self.states.items()}}

    def restore(self, data: Mapping[str, Any]) -> None:
        """Restore the data of `as_dict`."""
        presences = data.get("presence")
        for key, presence in presences.items() if isinstance(presences, Mapping) else ():
            if key in self.states and presence in tuple(Presence):
                self.states[key].presence = Presence(presence)

    def _end_outage(self, key: str) -> None:
        if self.outage is None:
            return
        self.outage = None
        self.refresh_requested |= {other for other, state in self.states.items() if state.failures and other != key}

    def age(self, now: datetime) -> None:  # noqa: B027 - most sources are polled all the time.
        """Drop outdated values of a source that may not be polled for long."""

    def rebuild(self, kind: type[Part], now: datetime) -> None:
        """Build a part again from what is known, such as one that depends on the time."""
        for builder in self.builders:
            if builder.part is kind:
                self._build(builder, self.feeds[min(builder.feeds)].endpoint, now)

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
