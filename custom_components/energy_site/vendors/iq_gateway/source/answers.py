"""The gateway's last answers, typed, and its clock."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from ....sources.feed import FeedState, Presence
from .admission import MeterAdmission
from .feeds import GatewayFeed

# Clock differences below this are ignored.
_SKEW = timedelta(minutes=2)


class Answers:
    """The gateway's last answers, and whether they are still valid."""

    def __init__(self, answers: Mapping[str, object], states: Mapping[str, FeedState]) -> None:
        """Use the answers and states of the source."""
        self._answers = answers
        self._states = states
        self.admission = MeterAdmission()
        self.held_since: dict[str, datetime] = {}

    def current[T](self, feed: GatewayFeed[T], now: datetime) -> T | None:
        """Return an answer if it is still valid, `None` otherwise."""
        return self.last(feed) if self._states[feed.key].is_fresh(now) else None

    def last[T](self, feed: GatewayFeed[T]) -> T | None:
        """Return the last answer, however old; hardware doesn't disappear with age."""
        return cast("T | None", self._answers.get(feed.key))

    def at[T](self, feed: GatewayFeed[T]) -> datetime | None:
        """Return when the last answer was received, or the earlier one that is used instead."""
        return self.held_since.get(feed.key) or self._states[feed.key].answered_at

    def asked[T](self, feed: GatewayFeed[T]) -> bool:
        """Return whether the feed has ever been polled, whatever the result."""
        return self._states[feed.key].polled_at is not None

    def is_known[T](self, feed: GatewayFeed[T]) -> bool:
        """Return whether the presence of this on the gateway is known."""
        return self._states[feed.key].presence is not Presence.UNKNOWN

    def lacks[T](self, feed: GatewayFeed[T]) -> bool:
        """Return whether the gateway is known not to have this, or not to grant it."""
        return self._states[feed.key].presence in (Presence.EMPTY, Presence.ABSENT, Presence.FORBIDDEN)

    def newest(self, *feeds: GatewayFeed[Any]) -> datetime | None:
        """Return when the newest of some answers was received."""
        return max((at for feed in feeds if (at := self.at(feed)) is not None), default=None)


class GatewayClock:
    """The gateway's clock, which its timestamps refer to.

    It may be minutes off, and that of a recording years. Only the gateway itself provides its time,
    as a device's timestamp may be ahead of it.
    """

    def __init__(self) -> None:
        """Use the local clock until the gateway's time is known."""
        self._offset = timedelta()

    def told(self, epoch: int | None, now: datetime) -> None:
        """Set the gateway's time in seconds since the epoch."""
        if (stamp := moment(epoch)) is not None:
            self._offset = stamp - now

    def now(self, now: datetime) -> datetime:
        """Return the gateway's time at a local time."""
        return now + self._offset

    def ours(self, stamp: datetime | None, now: datetime) -> datetime | None:
        """Return a gateway's timestamp in local time, `now` for one that is ahead of the gateway's clock."""
        if stamp is None:
            return None
        # A small offset is ignored, as the value would otherwise change with each measurement of the clock.
        ours = stamp if abs(self._offset) < _SKEW else stamp - self._offset
        return now if ours - now > _SKEW else ours

    def age(self, stamp: datetime, now: datetime) -> timedelta:
        """Return the age of a device's timestamp; one ahead of the gateway's clock counts as current."""
        return max(self.now(now) - stamp, timedelta())


def moment(epoch: int | None) -> datetime | None:
    """Return seconds since the epoch as a time, `None` for 0 and for invalid values."""
    if epoch is None or not 0 < epoch < 2**33:
        return None
    return datetime.fromtimestamp(epoch, UTC)
