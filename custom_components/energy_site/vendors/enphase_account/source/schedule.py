"""When the feeds of a system are polled."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta, tzinfo
from typing import Any, Protocol, override

from ....api.errors import ApiPayloadError
from ....site.history.intervals import DAY, day_of, midnight
from ....sources.feed import Feed
from ....sources.schedule import Polled, RegularSchedule
from . import feeds

# A day is complete this long after its end, as a gateway reports every quarter of an hour; otherwise it is looked for
# again as often.
_SETTLED = timedelta(hours=1)

# A turn that is near comes no sooner.
_LEAST = timedelta(seconds=1)

# While the vendor works on a system, it is looked whether that is over.
_BUSY = timedelta(hours=1)


class PolledSystem(Polled, Protocol):
    """The part of a system's source that the schedule uses."""

    feeds: Mapping[str, feeds.AccountFeed[Any]]

    @property
    def zone(self) -> tzinfo:
        """The site's time zone."""

    @property
    def put_off(self) -> Mapping[str, datetime]:
        """When the feeds are polled whose turn didn't come."""

    @property
    def closed(self) -> date | None:
        """The last day whose energy is complete."""

    @property
    def busy(self) -> bool:
        """Whether the vendor works on the system."""

    def is_wanted(self, key: str) -> bool:
        """Return whether a feed is polled at all."""

    def is_left(self, key: str) -> bool:
        """Return whether another entry of the site shows everything that a feed is polled for."""


class AccountSchedule(RegularSchedule):
    """Polls each feed at a fixed interval, and the energy of a day once it is over."""

    def __init__(self, system: PolledSystem) -> None:
        """Poll `system`."""
        super().__init__(system)
        self._system = system

    @property
    @override
    def lead(self) -> str:
        polled, states = self._system.feeds, self._system.states
        keys = [key for key in polled if self._system.is_wanted(key) and states[key].presence.answers]
        return min(keys or list(polled), key=lambda key: self.base_interval(polled[key]))

    @override
    def base_interval(self, feed: Feed) -> timedelta:
        polled = self._system.feeds[feed.key]
        interval = polled.beside or polled.every if self._system.is_left(feed.key) else polled.every
        return min(interval, _BUSY) if feed.key == feeds.SITE.key and self._system.busy else interval

    @override
    def wait(self, key: str, now: datetime) -> timedelta:
        if (until := self._system.put_off.get(key)) is not None:
            return max(until - now, _LEAST)
        wait = super().wait(key, now)
        state = self._system.states[key]
        if key == feeds.TARIFF.key and isinstance(state.error, ApiPayloadError):
            # Its shape isn't confirmed, and an unknown one won't be another one in a minute.
            return self.interval(key)
        if key != feeds.LIFETIME.key or state.failures or not state.presence.answers:
            return wait
        today, zone = day_of(now, self._system.zone), self._system.zone
        closed = self._system.closed
        if closed is None or closed < today - DAY:
            settles = midnight(today, zone) + _SETTLED
            return max(settles - now, _SETTLED) if settles > now else _SETTLED
        return midnight(today + DAY, zone) + _SETTLED - now
