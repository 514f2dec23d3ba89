"""When an IQ Gateway's endpoints are polled."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol, override

from ....site.energy.ledger import Ledger
from ....sources.feed import Feed, Pace
from ....sources.schedule import PaceSchedule, Polled
from ..client.client import IqGatewayClient
from . import feeds, nightly_restart
from .capabilities import Capabilities
from .live import Live

# A longer mean response time, in seconds, means that the gateway is overloaded. The slow feeds are
# reduced long before the power is; live power is a luxury.
_BEARABLE = {Pace.POWER: 2.5, Pace.LIVE: 0.5}
_BEARABLE_FOR_OTHERS = 0.8
_LONGEST_STRETCH = 8.0

# These continue during the nightly restart, so that its end is noticed at once.
_PACES_DURING_RESTART = (Pace.POWER, Pace.BATTERY, Pace.GRID)


class PolledGateway(Polled, Protocol):
    """The part of a gateway's source that the schedule uses."""

    feeds: Mapping[str, feeds.GatewayFeed[object]]
    client: IqGatewayClient
    capabilities: Capabilities
    ledger: Ledger
    live: Live


class GatewaySchedule(PaceSchedule):
    """Polls slow feeds less often when responses get slow, and pauses them around the nightly restart."""

    def __init__(self, gateway: PolledGateway, intervals: Mapping[Pace, timedelta]) -> None:
        """Poll `gateway` at these intervals."""
        super().__init__(gateway, intervals)
        self._gateway = gateway

    @override
    def pace(self, feed: Feed) -> Pace:
        return self._gateway.feeds[feed.key].pace(self._gateway.capabilities)

    @override
    def stretch(self, pace: Pace) -> float:
        latency = self._gateway.client.load.latency or 0.0
        return min(max(latency / _BEARABLE.get(pace, _BEARABLE_FOR_OTHERS), 1.0), _LONGEST_STRETCH)

    @override
    def wait(self, key: str, now: datetime) -> timedelta:
        gateway = self._gateway
        if key == feeds.LIVE_DATA.key and gateway.live.on(now):
            return gateway.live.wait(self.stretched(Pace.LIVE), gateway.states[key].failures, now)
        wait = super().wait(key, now)
        if self.pace(gateway.feeds[key]) in _PACES_DURING_RESTART:
            return wait
        # The slow feeds resume one after the other, rather than all at once.
        spread = timedelta(seconds=5 * list(gateway.feeds).index(key))
        rest = nightly_restart.remaining(now + wait, gateway.ledger.zone)
        return wait + rest + spread if rest else wait

    def in_maintenance_window(self, now: datetime) -> bool:
        """Return whether the gateway restarts at this time of the night."""
        return bool(nightly_restart.remaining(now, self._gateway.ledger.zone))
