"""The coordinator that polls one feed."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed
from homeassistant.util import dt as dt_util

from .api.errors import ApiError, ApiQuotaError
from .const import LOGGER
from .errors import translated
from .sources.feed import Feed
from .sources.source import Source

type OutageChange = Callable[[ApiError | None, ApiError | None], None]
"""Called with a source's previous and current outage, `None` while it answers."""


class FeedCoordinator(DataUpdateCoordinator[None]):
    """Polls one feed at the interval that its source determines.

    A failure counts for Home Assistant if the feed's values are no longer valid and nothing else
    reports it: an outage of the whole source and a used-up quota are each reported once, for all
    feeds.
    """

    config_entry: ConfigEntry[Any]

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], source: Source, feed: Feed, outage_change: OutageChange
    ) -> None:
        """Poll `feed` of `source`."""
        super().__init__(hass, LOGGER, config_entry=entry, name=feed.key)
        self._source = source
        self._key = feed.key
        self._outage_change = outage_change

    @override
    async def _async_update_data(self) -> None:
        source, key, now = self._source, self._key, dt_util.utcnow()
        before = source.outage
        try:
            await source.poll(key, now)
        except ApiError as err:
            # Once the feed counts as failed, only an answer ends that.
            if not self.last_update_success or not self._is_reported_elsewhere(err, now):
                raise translated(UpdateFailed, err) from err
            LOGGER.debug("No data of %s: %s", key, err)
        finally:
            self.update_interval = source.wait(key, now)
            self._outage_change(before, source.outage)

    def _is_reported_elsewhere(self, error: ApiError, now: datetime) -> bool:
        source, state = self._source, self._source.states[self._key]
        return (
            state.is_fresh(now)
            or isinstance(error, ApiQuotaError)
            or source.outage is not None
            or state.answered_at is None
            or source.in_maintenance_window(now)
        )
