"""The price that applies from now on, regardless of when its tariff is polled next."""

from datetime import datetime

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_point_in_utc_time

from ..site.prices import Prices
from .poller import Poller


@callback
def async_follow_prices(hass: HomeAssistant, poller: Poller) -> CALLBACK_TYPE:
    """Show each price of the tariff at the moment from which it applies; return what stops that."""
    clock = _PriceClock(hass, poller)
    stop = poller.listen(Prices, clock.plan)
    clock.plan()

    @callback
    def end() -> None:
        stop()
        clock.cancel()

    return end


class _PriceClock:
    """Waits for the next change of a site's prices."""

    def __init__(self, hass: HomeAssistant, poller: Poller) -> None:
        self._hass = hass
        self._poller = poller
        self._changes_at: datetime | None = None
        self._cancel: CALLBACK_TYPE | None = None

    @callback
    def plan(self) -> None:
        """Wait for the change that the tariff has next."""
        prices = self._poller.part(Prices)
        changes_at = prices.changes_at if prices is not None else None
        if changes_at == self._changes_at:
            return
        self.cancel()
        if changes_at is not None:
            self._changes_at = changes_at
            self._cancel = async_track_point_in_utc_time(self._hass, self._handle_change, changes_at)

    @callback
    def cancel(self) -> None:
        """Wait for nothing."""
        self._changes_at = None
        if self._cancel is not None:
            self._cancel()
            self._cancel = None

    @callback
    def _handle_change(self, _: datetime) -> None:
        self._changes_at = self._cancel = None
        self._poller.async_rebuild(Prices)
