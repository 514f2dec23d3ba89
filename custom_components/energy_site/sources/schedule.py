"""When the feeds of a source are polled."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from typing import Protocol, override

from ..api.errors import ApiAuthError, ApiError, ApiStatusError
from .feed import Feed, FeedState, Pace, Presence

# A missing resource is polled again once a day; sooner at first, as the system may have been starting.
PROBE_INTERVAL = timedelta(days=1)
_FIRST_PROBE = timedelta(minutes=15)
_FIRST_PROBES = 3

# A failed poll is retried after this time; a costly or repeatedly failing one after longer.
_RETRY = timedelta(minutes=1)
_LONGEST_DOUBLING = 6

# Rejected credentials are not retried at once.
_REFUSED_RETRY = timedelta(minutes=5)


class Polled(Protocol):
    """The part of a source that a schedule uses."""

    @property
    def feeds(self) -> Mapping[str, Feed]:
        """The feeds by their keys."""

    @property
    def states(self) -> Mapping[str, FeedState]:
        """The state of each feed."""

    @property
    def outage(self) -> ApiError | None:
        """The error that makes the source as a whole unavailable, `None` while it answers."""


class Schedule(ABC):
    """When the feeds of one source are polled."""

    @property
    @abstractmethod
    def lead(self) -> str:
        """The feed that is polled most often, and so notices first when the source is back."""

    @abstractmethod
    def wait(self, key: str, now: datetime) -> timedelta:
        """Return how long to wait from `now` until a feed is polled again."""

    @abstractmethod
    def interval(self, key: str) -> timedelta:
        """Return the time between two answers of a feed; its values are valid for three times as long."""

    def refusal(self, key: str, now: datetime) -> ApiError | None:  # noqa: ARG002 - a local device grants every poll.
        """Return why a feed may not be polled now, `None` if it may."""
        return None

    def turn(self, key: str, now: datetime) -> AbstractContextManager[None]:  # noqa: ARG002 - as above.
        """Return the context in which a feed is polled."""
        return nullcontext()


class RegularSchedule(Schedule):
    """Polls each feed at an interval of its own; less often while answers repeat or are empty, and after failures."""

    def __init__(self, source: Polled) -> None:
        """Poll `source`."""
        self._source = source

    @abstractmethod
    def base_interval(self, feed: Feed) -> timedelta:
        """Return the interval of a feed at this site."""

    def spared(self, feed: Feed) -> timedelta:
        """Return the interval of a feed, extended to reduce the load on the source."""
        return self.base_interval(feed)

    @property
    @override
    def lead(self) -> str:
        feeds, states = self._source.feeds, self._source.states
        answering = [key for key in feeds if states[key].presence.answers] or list(feeds)
        return min(answering, key=lambda key: self.base_interval(feeds[key]))

    @override
    def wait(self, key: str, now: datetime) -> timedelta:
        feed, state, outage = self._source.feeds[key], self._source.states[key], self._source.outage
        if isinstance(outage, ApiAuthError):
            return _REFUSED_RETRY
        interval, failures = self.interval(key), state.failures
        if not failures:
            return interval
        if isinstance(outage, ApiStatusError) and key == self.lead and interval <= _RETRY:
            # The source answers, and nothing else is polled until this feed succeeds.
            return interval
        if interval <= _RETRY:
            return min(interval * _doubled(failures - 3), _RETRY)
        retry = max(_RETRY, timedelta(minutes=feed.cost)) * _doubled(failures - 1)
        return min(interval, retry)

    @override
    def interval(self, key: str) -> timedelta:
        feed, state = self._source.feeds[key], self._source.states[key]
        if not state.presence.answers:
            starting = state.presence is Presence.ABSENT and state.denials == 1
            return _FIRST_PROBE if starting else PROBE_INTERVAL
        if state.presence is Presence.EMPTY and state.empty_answers <= _FIRST_PROBES:
            return _FIRST_PROBE
        backoff = 1 if state.presence is Presence.EMPTY else min(feed.max_backoff_factor, 1 + state.repeats)
        return self.spared(feed) * backoff


class PaceSchedule(RegularSchedule):
    """Polls each feed at its pace."""

    def __init__(self, source: Polled, intervals: Mapping[Pace, timedelta]) -> None:
        """Poll `source` at these intervals."""
        super().__init__(source)
        self.intervals = dict(intervals)

    @abstractmethod
    def pace(self, feed: Feed) -> Pace:
        """Return the pace of a feed on this site."""

    def stretch(self, pace: Pace) -> float:  # noqa: ARG002 - the default doesn't reduce the load.
        """Return the factor by which intervals are extended to reduce the load on the source."""
        return 1.0

    def pace_interval(self, feed: Feed) -> timedelta:
        """Return the interval of a feed that has data."""
        return self.intervals[self.pace(feed)]

    def stretched(self, pace: Pace) -> timedelta:
        """Return the interval of a pace, extended to reduce the load on the source."""
        return self.intervals[pace] * self.stretch(pace)

    @override
    def base_interval(self, feed: Feed) -> timedelta:
        return self.intervals[self._present_pace(feed)]

    @override
    def spared(self, feed: Feed) -> timedelta:
        return self.stretched(self._present_pace(feed))

    def _present_pace(self, feed: Feed) -> Pace:
        return Pace.RARE if self._source.states[feed.key].presence is Presence.EMPTY else self.pace(feed)


def _doubled(times: int) -> int:
    return 1 << min(max(times, 0), _LONGEST_DOUBLING)
