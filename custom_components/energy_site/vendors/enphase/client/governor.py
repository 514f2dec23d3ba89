"""How often an account's services may be asked, and signed in to: pure, and told the time."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
import random
from typing import Any

from .stored import epoch, moment, moments

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)

# Two requests may be further apart here than at the service.
_MARGIN = timedelta(seconds=1)

MOST_A_MINUTE, MOST_AN_HOUR = 10, 300
# A change of a setting takes two requests at least, and doesn't wait for readings.
_READINGS_A_MINUTE, _READINGS_AN_HOUR = 8, 260

_STOPS = (timedelta(minutes=5), timedelta(minutes=15), _HOUR)
_JITTER = 0.1

_PAUSES = (timedelta(minutes=5), _HOUR, timedelta(hours=6), _DAY)
_SHORT_PAUSE = timedelta(minutes=5)
_BLOCKED = _HOUR
_SESSIONS_FULL = _DAY

_BY_ITSELF_A_DAY = 4
_BY_PERSON_AN_HOUR = 20

_BETWEEN_CODES = timedelta(seconds=30)


class Governor:
    """What one account's services are spared, over all its entries and restarts.

    Every request is limited, also those of a config flow. A person's sign-in isn't held up by
    the pauses after failed ones, nor counted with those that nobody asked for: it may be what
    ends the trouble.
    """

    def __init__(self, *, jitter: Callable[[], float] = random.random) -> None:
        """Start without a past; `jitter` gives numbers from 0 to 1."""
        self._jitter = jitter
        self._sent: list[datetime] = []
        self._by_itself: list[datetime] = []
        self._by_person: list[datetime] = []
        self._stops = 0
        self._stopped_until: datetime | None = None
        self._refusals = 0
        self._paused_until: datetime | None = None
        self._code_sent_at: datetime | None = None
        self.pause_reason: str | None = None

    def wait(self, now: datetime, *, urgent: bool = False, by_person: bool = False) -> float:
        """Return the seconds until the next request may be sent, 0 for now.

        Somebody waits for an `urgent` one. The others leave room for it. One of a sign-in `by_person`
        isn't held up by a stop.
        """
        self._settle(now)
        stop = 0.0 if by_person else self._left(self._stopped_until, now)
        minute = MOST_A_MINUTE if urgent else _READINGS_A_MINUTE
        hour = MOST_AN_HOUR if urgent else _READINGS_AN_HOUR
        return max(stop, self._full(minute, _MINUTE, now), self._full(hour, _HOUR, now))

    def sent(self, now: datetime) -> None:
        """Count a request that is about to be sent."""
        self._settle(now)
        self._sent.append(now)

    def stop(self, now: datetime, retry_after: float | None = None) -> None:
        """Stop all requests, longer each time until one is answered, and at least as long as the service asks for."""
        length = _STOPS[min(self._stops, len(_STOPS) - 1)]
        length += length * _JITTER * self._jitter()
        self._stops += 1
        self._stopped_until = now + max(length, _asked(retry_after))

    def answered(self, now: datetime) -> None:
        """Note an answer that shows no trouble."""
        if self._left(self._stopped_until, now) <= 0:
            self._stops, self._stopped_until = 0, None

    def stopped(self, now: datetime) -> datetime | None:
        """Return until when nothing is sent, `None` if requests are allowed."""
        return self._stopped_until if self._left(self._stopped_until, now) > 0 else None

    @property
    def stops(self) -> int:
        """How often all was stopped since the last good answer: if it was, one request has to show that it is over."""
        return self._stops

    def sign_in_wait(self, now: datetime, *, by_person: bool) -> float:
        """Return the seconds until a sign-in is allowed, 0 for now."""
        self._settle(now)
        if by_person:
            return _until_free(self._by_person, _BY_PERSON_AN_HOUR, _HOUR, now)
        daily = _until_free(self._by_itself, _BY_ITSELF_A_DAY, _DAY, now)
        return max(self._left(self._paused_until, now), daily)

    def signing_in(self, now: datetime, *, by_person: bool) -> None:
        """Count a sign-in that is about to be sent. Until its result is known, it is one that failed for a while."""
        self._settle(now)
        (self._by_person if by_person else self._by_itself).append(now)
        if not by_person:
            self._pause(now, _SHORT_PAUSE, None)

    def signed_in(self, now: datetime) -> None:
        """Note a sign-in that succeeded, which is an answer, also in the middle of a stop."""
        self._settle(now)
        self._stops, self._stopped_until = 0, None
        self._refusals, self._paused_until, self.pause_reason = 0, None, None

    def not_served(self, now: datetime, *, by_person: bool) -> None:
        """Note a sign-in that the service didn't decide about, as it was down: it costs no attempt."""
        attempts = self._by_person if by_person else self._by_itself
        if attempts:
            attempts.pop()
        self._pause(now, _SHORT_PAUSE, None)

    def refused(self, now: datetime, reason: str | None = None, retry_after: float | None = None) -> None:
        """Pause after a sign-in that was refused, longer each time until one succeeds."""
        length = _PAUSES[min(self._refusals, len(_PAUSES) - 1)]
        self._refusals += 1
        self._pause(now, max(length, _asked(retry_after)), reason)

    def blocked(self, now: datetime, reason: str | None = None, retry_after: float | None = None) -> None:
        """Pause after the service blocked the account."""
        self.refused(now, reason, retry_after or _BLOCKED.total_seconds())

    def sessions_full(self, now: datetime, reason: str | None = None) -> None:
        """Pause for a day, as the account has too many sessions."""
        self._pause(now, _SESSIONS_FULL, reason)

    def code_wait(self, now: datetime) -> float:
        """Return the seconds until another code may be sent, 0 for now."""
        self._settle(now)
        return 0.0 if self._code_sent_at is None else self._left(self._code_sent_at + _BETWEEN_CODES, now)

    def code_sent(self, now: datetime) -> None:
        """Note that a code is about to be sent."""
        self._code_sent_at = now

    def as_dict(self) -> dict[str, object]:
        """Return everything for the store."""
        return {
            "sent": [epoch(time) for time in self._sent],
            "by_itself": [epoch(time) for time in self._by_itself],
            "by_person": [epoch(time) for time in self._by_person],
            "stops": self._stops,
            "stopped_until": epoch(self._stopped_until),
            "refusals": self._refusals,
            "paused_until": epoch(self._paused_until),
            "pause_reason": self.pause_reason,
            "code_sent_at": epoch(self._code_sent_at),
        }

    def restore(self, data: Mapping[str, Any]) -> None:
        """Go on with what was stored; what can't be read starts anew."""
        self._sent = moments(data.get("sent"))
        self._by_itself = moments(data.get("by_itself"))
        self._by_person = moments(data.get("by_person"))
        self._stops = _count(data.get("stops"))
        self._stopped_until = moment(data.get("stopped_until"))
        self._refusals = _count(data.get("refusals"))
        self._paused_until = moment(data.get("paused_until"))
        reason = data.get("pause_reason")
        self.pause_reason = reason if isinstance(reason, str) else None
        self._code_sent_at = moment(data.get("code_sent_at"))

    def _pause(self, now: datetime, length: timedelta, reason: str | None) -> None:
        """Pause, unless there is a longer pause already."""
        if self._paused_until is None or self._paused_until <= now + length:
            self._paused_until, self.pause_reason = now + length, reason

    def _full(self, limit: int, window: timedelta, now: datetime) -> float:
        return _until_free(self._sent, limit, window + _MARGIN, now)

    def _settle(self, now: datetime) -> None:
        """Forget what is past, and don't believe in a future that a clock which was wrong has left."""
        self._sent = _within(self._sent, _HOUR + _MARGIN, now)
        self._by_itself = _within(self._by_itself, _DAY, now)
        self._by_person = _within(self._by_person, _HOUR, now)
        if self._code_sent_at is not None:
            self._code_sent_at = min(self._code_sent_at, now)
        for name in ("_stopped_until", "_paused_until"):
            until: datetime | None = getattr(self, name)
            if until is not None:
                setattr(self, name, min(until, now + _DAY))

    @staticmethod
    def _left(until: datetime | None, now: datetime) -> float:
        return 0.0 if until is None else max(0.0, (until - now).total_seconds())


def _within(times: list[datetime], window: timedelta, now: datetime) -> list[datetime]:
    return [min(time, now) for time in times if time > now - window]


def _until_free(times: list[datetime], limit: int, window: timedelta, now: datetime) -> float:
    """Return the seconds until fewer than `limit` of the times lie within the window."""
    if len(times) < limit:
        return 0.0
    return max(0.0, (times[-limit] + window - now).total_seconds())


def _asked(retry_after: float | None) -> timedelta:
    """Return the wait that a service asks for, at most a day."""
    return min(timedelta(seconds=min(retry_after or 0.0, 1e6)), _DAY)


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1000 else 0
