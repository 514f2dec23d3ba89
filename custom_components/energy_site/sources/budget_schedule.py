"""Polls a cloud when the planner of its request budget allows it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, override

from ..api.errors import ApiAuthError, ApiError, ApiPayloadError, ApiQuotaError, ApiStatusError
from ..site.quota.daylight import Daylight
from ..site.quota.demand import PlannedSystem, PollRequest
from ..site.quota.planner import Planner
from .budget import NotNowError, current_purpose, with_purpose
from .feed import Feed, FeedState
from .schedule import PROBE_INTERVAL, Schedule

# Rejected credentials are not retried at once.
_REFUSED_RETRY = timedelta(minutes=15)

# A failure unrelated to the quota is retried after this time at the earliest.
_SHORTEST_WAIT = timedelta(seconds=5)

# A feed that returns errors for this long is polled rarely: its requests are better spent elsewhere.
_AILING_AFTER = timedelta(days=1)
_AILING_FAILURES = 3
_AILING_INTERVAL = timedelta(days=2)

# A resource that is missing or not in the plan is polled again at this interval, as both rarely change.
_UNGRANTED_INTERVAL = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFeed(Feed):
    """A feed with the weight of its updates; `name` is how errors and logs call its endpoint."""

    name: str
    request: PollRequest


class PlannedSource(Protocol):
    """The part of a cloud's source that the schedule uses."""

    refresh_requested: set[str]
    daylight: Daylight

    @property
    def feeds(self) -> Mapping[str, PlannedFeed]:
        """The feeds by their keys."""

    @property
    def states(self) -> Mapping[str, FeedState]:
        """The state of each feed."""

    @property
    def outage(self) -> ApiError | None:
        """The error that makes the source as a whole unavailable, `None` while it answers."""

    def is_wanted(self, key: str) -> bool:
        """Return whether the system needs a feed."""


class BudgetSchedule(Schedule):
    """Polls the feeds of one system with the requests that all systems of a key share."""

    def __init__(self, source: PlannedSource, system: str, planner: Planner) -> None:
        """Poll `source`, registered as `system` with `planner`."""
        self.planner = planner
        self.wants_history = False
        self.history_close: PollRequest | None = None
        # How soon a feed that was denied is polled again, an essential one and any other.
        self.essential_retry = self.other_retry = _UNGRANTED_INTERVAL
        self._source = source
        self._system = system
        self._failing: dict[str, datetime] = {}

    @property
    @override
    def lead(self) -> str:
        feeds = self._source.feeds
        polled = [key for key in feeds if self._is_polled(key)] or list(feeds)
        return min(polled, key=lambda key: feeds[key].request.min_interval)

    def ailing(self, now: datetime) -> tuple[str, ...]:
        """Return the feeds, essential ones excluded, that have failed for long while other feeds answer."""
        feeds, states = self._source.feeds, self._source.states
        return tuple(
            key
            for key, since in self._failing.items()
            if now - since >= _AILING_AFTER
            and self._has_failed_for_long(key, since)
            and not feeds[key].essential
            and states[key].failures >= _AILING_FAILURES
            and self._has_answers_since(since)
        )

    def _has_failed_for_long(self, key: str, since: datetime) -> bool:
        """Return whether a feed failed again a day after it first did; it may wait longer than that for its turn."""
        polled_at = self._source.states[key].polled_at
        return polled_at is not None and polled_at - since >= _AILING_AFTER

    def update_planner(self) -> None:
        """Register the requests that this system needs with the planner."""
        feeds, ailing = self._source.feeds, self.ailing(self.planner.usage.latest)
        requests = tuple(feed.request for key, feed in feeds.items() if self._is_polled(key) and key not in ailing)
        if self.history_close is not None:
            requests = (*requests, self.history_close)
        daylight = self._source.daylight
        self.planner.add(
            PlannedSystem(key=self._system, daylight=daylight, requests=requests, history=self.wants_history)
        )

    def close(self) -> None:
        """Remove this system from the planner."""
        self.planner.remove(self._system)

    def next_update(self, now: datetime) -> datetime | None:
        """Return when this system is polled next, `None` if it isn't registered."""
        return self.planner.next_update(self._system, now) if self._system in self.planner.systems else None

    @override
    def refusal(self, key: str, now: datetime) -> ApiError | None:
        feed = self._source.feeds[key]
        due = self.planner.next_allowed(current_purpose(feed.request.purpose), 1, now)
        return NotNowError(feed.name, due) if due > now else None

    @override
    @contextmanager
    def turn(self, key: str, now: datetime) -> Iterator[None]:
        request, planner = self._source.feeds[key].request, self.planner
        planner.record_start(self._system, request, now)
        try:
            with with_purpose(current_purpose(request.purpose)):
                yield
        except ApiQuotaError:
            raise
        except ApiError as err:
            if isinstance(err, ApiStatusError | ApiPayloadError) and self._source.outage is None:
                since = self._failing.get(key)
                # While no feed answers, the cloud as a whole is down.
                self._failing[key] = since if since is not None and self._has_answers_since(since) else now
            planner.record_result(self._system, request, now, failed=True)
            raise
        else:
            if key in self.ailing(now):
                # The other failing feeds have likely recovered as well.
                self._source.refresh_requested |= set(self.ailing(now)) - {key}
            self._failing.pop(key, None)
            planner.record_result(self._system, request, now)
        finally:
            self.update_planner()

    @override
    def wait(self, key: str, now: datetime) -> timedelta:
        source = self._source
        if isinstance(source.outage, ApiAuthError):
            return _REFUSED_RETRY
        feed, state = source.feeds[key], source.states[key]
        if isinstance(state.error, NotNowError) and source.is_wanted(key):
            return max(state.error.next_allowed - now, _SHORTEST_WAIT)
        if key in self.ailing(now):
            return max((state.polled_at or now) + _AILING_INTERVAL - now, _SHORTEST_WAIT)
        if not self._is_polled(key):
            interval = PROBE_INTERVAL if state.presence.answers else self._denied_interval(feed)
            left = (state.polled_at or now) + interval - now
            return left if left > timedelta() else interval if source.outage is not None else _SHORTEST_WAIT
        self.update_planner()
        due = self.planner.next_at(self._system, feed.request, now)
        if (since := self._failing.get(key)) is not None and not self._has_failed_for_long(key, since):
            # It would otherwise be unknown for days whether it still fails.
            due = min(due, since + _AILING_AFTER)
        return max(due - now, _SHORTEST_WAIT)

    @override
    def interval(self, key: str) -> timedelta:
        return self.lasts(key) / 3

    def lasts(self, key: str) -> timedelta:
        """Return how long an answer is valid: long enough for the next poll to be late and to fail once."""
        request = self._source.feeds[key].request
        longest = timedelta(days=2) if request.daily_at is not None else request.max_interval
        return max(2 * longest, timedelta(days=1))

    def as_dict(self) -> dict[str, Any]:
        """Return the state to store across restarts, as plain JSON data."""
        states = self._source.states
        denied = {
            key: state.polled_at.isoformat()
            for key, state in states.items()
            if not state.presence.answers and state.polled_at is not None
        }
        failing = {
            key: [since.isoformat(), states[key].failures, (states[key].polled_at or since).isoformat()]
            for key, since in self._failing.items()
        }
        return {"denied": {"at": denied, "plan": self._plan}, "failing": failing}

    def restore(self, data: Mapping[str, Any]) -> None:
        """Restore the data of `as_dict`, so that a restart doesn't poll denied or failing feeds sooner."""
        denied, failing, states = data.get("denied"), data.get("failing"), self._source.states
        # A different plan may grant more.
        if isinstance(denied, Mapping) and denied.get("plan") == self._plan:
            for key, text in _items(denied.get("at")):
                if key in states and not states[key].presence.answers and (at := _instant(text)) is not None:
                    states[key].polled_at = at
        for key, kept in _items(failing):
            match kept:
                case [str() as began, int() as failures, str() as last] if key in states:
                    since, polled_at = _instant(began), _instant(last)
                    if since is not None and polled_at is not None:
                        self._failing[key] = since
                        states[key].failures, states[key].polled_at = failures, polled_at

    @property
    def _plan(self) -> list[int | None]:
        return [self.planner.plan.per_month, self.planner.plan.per_minute]

    def _denied_interval(self, feed: Feed) -> timedelta:
        return self.essential_retry if feed.essential else self.other_retry

    def _has_answers_since(self, since: datetime) -> bool:
        states = self._source.states.values()
        return any(state.answered_at is not None and state.answered_at >= since for state in states)

    def _is_polled(self, key: str) -> bool:
        return self._source.states[key].presence.answers and self._source.is_wanted(key)


def _items(kept: object) -> Iterator[tuple[str, Any]]:
    yield from kept.items() if isinstance(kept, Mapping) else ()


def _instant(text: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo is not None else None
