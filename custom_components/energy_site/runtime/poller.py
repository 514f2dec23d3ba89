"""Polls a site's source, and notifies the listeners of each part."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Any

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from ..api.errors import ApiAuthError, ApiError, ApiNoDataError, ApiStatusError, RenewalPendingError
from ..const import DOMAIN, LOGGER
from ..coordinator import FeedCoordinator
from ..errors import translated
from ..site.model import Part
from ..sources.feed import Presence
from ..sources.listeners import Listeners
from ..sources.source import Source
from ..vendors.adapter import SourceAdapter

# Endpoints slower than this, in seconds, don't delay the start of Home Assistant.
_QUICK = 1.0


class Poller:
    """A source with a coordinator for each feed, and the listeners of each part."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any], adapter: SourceAdapter[Any]) -> None:
        """Poll the source of `adapter`."""
        self.source: Source = adapter.source
        # Called after each poll, once the listeners of the parts were notified.
        self.polled: Listeners[[]] = Listeners()
        self._hass = hass
        self._entry = entry
        self._adapter = adapter
        self.coordinators = {
            key: FeedCoordinator(hass, entry, self.source, feed, self._handle_outage_change)
            for key, feed in self.source.feeds.items()
        }
        self._listeners: dict[type[Part], Listeners[[]]] = {}
        self._logged = False
        self._started = False
        self._stopped = False

    def part[P: Part](self, kind: type[P]) -> P | None:
        """Return the latest state of a part, `None` if it is unknown."""
        return self.source.part(kind)

    def is_known(self, kind: type[Part]) -> bool:
        """Return whether a missing value of this part doesn't exist, rather than being temporarily unknown."""
        return self.source.is_known(kind, dt_util.utcnow())

    @callback
    def listen(self, kind: type[Part], update: Callable[[], None]) -> CALLBACK_TYPE:
        """Call `update` whenever the part may have changed."""
        return self._listeners.setdefault(kind, Listeners()).add(update)

    async def async_start(self) -> None:
        """Make the first contact and poll the essential feeds.

        Raises what `SourceAdapter.async_connect` raises, even if the source stops answering only
        after it.
        """
        await self._adapter.async_connect()
        essential = self.source.essential()
        for key in essential:
            await self.coordinators[key].async_refresh()
            if self.source.outage is None:
                continue
            if _passes(self.source.outage):
                # The source answers, so polling notices when it recovers.
                break
            await self._adapter.async_connect()
            self.source.outage = None
        if self.source.outage is None:
            self._adapter.recovered()
        self._adapter.handle_poll()
        if essential and all(self.source.states[key].presence is Presence.FORBIDDEN for key in essential):
            raise self._adapter.denial(essential[0])
        self._started = True

    @callback
    def async_run(self) -> None:
        """Start the coordinators."""
        for key, coordinator in self.coordinators.items():
            if self.source.states[key].polled_at is not None:
                # A feed that was polled already, even before a restart, continues at its own pace.
                coordinator.update_interval = self.source.wait(key, dt_util.utcnow())
            self._entry.async_on_unload(coordinator.async_add_listener(partial(self._handle_poll, key)))

    async def async_poll_the_rest(self) -> None:
        """Poll the feeds that were not polled yet; slow endpoints don't delay the start of Home Assistant."""
        waiting = [key for key, state in self.source.states.items() if state.polled_at is None]
        slow = [key for key in waiting if self.source.feeds[key].cost > _QUICK]
        await self._async_poll(key for key in waiting if key not in slow)
        self._entry.async_create_background_task(self._hass, self._async_poll(slow), f"{DOMAIN} slow first poll")

    async def async_refresh(self, keys: Iterable[str]) -> None:
        """Poll some feeds now, except slow endpoints: refreshing repeatedly must not overload the source."""
        for key in keys:
            state, feed = self.source.states[key], self.source.feeds[key]
            if feed.cost > _QUICK or state.presence is not Presence.PRESENT:
                continue
            with self.source.user_requested():
                await self.coordinators[key].async_request_refresh()

    async def async_poll_now(self, key: str) -> None:
        """Poll one feed for a control; never raise."""
        with self.source.user_requested():
            await self.coordinators[key].async_refresh()

    @callback
    def async_rebuild(self, kind: type[Part]) -> None:
        """Build a part for the present time without polling anything, and notify its listeners."""
        self.source.rebuild(kind, dt_util.utcnow())
        self._notify((kind,), "clock")

    @callback
    def async_age(self, now: datetime) -> None:
        """Drop outdated values, and notify all listeners."""
        self.source.age(now)
        self._notify((builder.part for builder in self.source.builders), "age")

    @callback
    def async_show(self, part: type[Part]) -> None:
        """Notify the listeners of a part of what another entry knows better."""
        self._notify((part,), "another entry")

    def stop(self) -> None:
        """Start no further polls: on unload, Home Assistant waits for some tasks instead of cancelling them."""
        self._stopped = True

    @property
    def stopped(self) -> bool:
        """Whether the site is unloaded or about to be."""
        return self._stopped

    @callback
    def _handle_outage_change(self, before: ApiError | None, after: ApiError | None) -> None:
        """Log once when the source as a whole becomes unavailable, and once when it is back."""
        if after is not None and after is not before:
            check = self._adapter.async_handle_connection_error(after)
            self._entry.async_create_background_task(self._hass, check, f"{DOMAIN} connection error")
        # An error that ends the setup is reported by Home Assistant.
        reported = self._started or (after is not None and _passes(after))
        if (
            after is not None
            and reported
            and not self._logged
            and not self.source.in_maintenance_window(dt_util.utcnow())
        ):
            LOGGER.warning(*_outage_line(self._entry.title, after))
            self._logged = True
        if after is None and self._logged:
            LOGGER.info("%s is responding again", self._entry.title)
            self._logged = False
        if before is not None and after is None:
            self._adapter.recovered()
        if isinstance(before, ApiAuthError) and after is None:
            # The rejection was temporary: no new sign-in is needed.
            for flow in self._entry.async_get_active_flows(self._hass, {SOURCE_REAUTH}):
                self._hass.config_entries.flow.async_abort(flow["flow_id"])

    @callback
    def _handle_poll(self, key: str) -> None:
        endpoint = self.source.feeds[key].endpoint
        self._notify((builder.part for builder in self.source.builders if key in builder.feeds), endpoint)
        self.source.mishaps.call_each("Controls", endpoint, self.polled)
        self._adapter.handle_poll()
        if requested := self.source.take_refresh_requests():
            # The feeds are in order: first those that others depend on or that cost little.
            keys = [key for key in self.source.feeds if key in requested]
            self._entry.async_create_background_task(self._hass, self._async_poll(keys), f"{DOMAIN} poll")

    @callback
    def _notify(self, parts: Iterable[type[Part]], endpoint: str) -> None:
        for part in parts:
            self.source.mishaps.call_each(f"Entities of {part.__name__}", endpoint, self._listeners.get(part, ()))

    async def _async_poll(self, keys: Iterable[str]) -> None:
        for key in keys:
            if self._stopped:
                return
            await self.coordinators[key].async_refresh()


def _passes(outage: ApiError) -> bool:
    """Return whether a source that is out still answers, and the user can't do anything about it."""
    return isinstance(outage, ApiStatusError) and (
        isinstance(outage, RenewalPendingError) or not isinstance(outage, ApiAuthError)
    )


def _outage_line(title: str, outage: ApiError) -> tuple[str, str, object]:
    if isinstance(outage, ApiAuthError):
        return "%s: %s", title, translated(HomeAssistantError, outage)
    if isinstance(outage, ApiNoDataError):
        return "%s has no data: its cloud responds to everything about the site with status %s", title, outage.status
    if isinstance(outage, ApiStatusError):
        return "%s is busy: it responds to everything with status %s", title, outage.status
    return "%s is not responding: %s", title, outage.reason
