"""The gateway's last answers, typed, and its clock."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from ....sources.feed import FeedState, Presence
from .admission import MeterAdmission
from .feeds import GatewayFeed

# How far a clock may be off before that matters.
_SKEW = timedelta(minutes=2)


class Answers:
    """What the gateway said last, and whether it still stands."""

    def __init__(self, answers: Mapping[str, object], states: Mapping[str, FeedState]) -> None:
        """Look at the answers and states that the source keeps."""
        self._answers = answers
        self._states = states
        self.admission = MeterAdmission()
        self.held_since: dict[str, datetime] = {}

    def current[T](self, feed: GatewayFeed[T], now: datetime) -> T | None:
        """Return an answer that still stands."""
        return self.last(feed) if self._states[feed.key].is_fresh(now) else None

    def last[T](self, feed: GatewayFeed[T]) -> T | None:
        """Return the last answer, however old; hardware does not go away with age."""
        return cast("T | None", self._answers.get(feed.key))

    def at[T](self, feed: GatewayFeed[T]) -> datetime | None:
        """Return when the last answer came, or the earlier one that stands in its place."""
        return self.held_since.get(feed.key) or self._states[feed.key].answered_at

    def asked[T](self, feed: GatewayFeed[T]) -> bool:
        """Tell whether the feed was tried at all, with whatever outcome."""
        return self._states[feed.key].polled_at is not None

    def is_known[T](self, feed: GatewayFeed[T]) -> bool:
        """Tell whether it is known what the gateway has of this."""
        return self._states[feed.key].presence is not Presence.UNKNOWN

    def lacks[T](self, feed: GatewayFeed[T]) -> bool:
        """Tell whether the gateway is known not to have or not to give this."""
        return self._states[feed.key].presence in (Presence.EMPTY, Presence.ABSENT, Presence.FORBIDDEN)

    def newest(self, *feeds: GatewayFeed[Any]) -> datetime | None:
        """Return when the newest of some answers came."""
        return max((at for feed in feeds if (at := self.at(feed)) is not None), default=None)


class GatewayClock:
    """The gateway's clock, by which its time stamps are to be judged.

    It may be minutes off, and a recording of it years. Only the gateway itself
    tells its time: a device's stamp may be ahead of it.
    """

    def __init__(self) -> None:
        """Take our own clock until the gateway told its time."""
        self._offset = timedelta()

    def told(self, epoch: int | None, now: datetime) -> None:
        """Note the gateway's time in seconds since the epoch."""
        if (stamp := moment(epoch)) is not None:
            self._offset = stamp - now

    def now(self, now: datetime) -> datetime:
        """Return the gateway's time at a moment of ours."""
        return now + self._offset

    def ours(self, stamp: datetime | None, now: datetime) -> datetime | None:
        """Return a time stamp of the gateway by our clock, `now` for one that is ahead of the gateway's."""
        if stamp is None:
            return None
        # Some skew is not worth a value that changes with each look at the clock.
        ours = stamp if abs(self._offset) < _SKEW else stamp - self._offset
        return now if ours - now > _SKEW else ours

    def age(self, stamp: datetime, now: datetime) -> timedelta:
        """Return how old a device's stamp is; one ahead of the gateway's clock is of just now."""
        return max(self.now(now) - stamp, timedelta())


def moment(epoch: int | None) -> datetime | None:
    """Return seconds since the epoch as a time, `None` for 0 and for nonsense."""
    if epoch is None or not 0 < epoch < 2**33:
        return None
    return datetime.fromtimestamp(epoch, UTC)
