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
from .site.model import PowerFlow
from .sources.feed import Feed
from .sources.source import Source

type OutageChange = Callable[[ApiError | None, ApiError | None], None]
"""Called with a source's previous and current outage, `None` while it answers."""


class FeedCoordinator(DataUpdateCoordinator[None]):
    """Polls one feed at the interval that its source determines.

    A failure counts for Home Assistant if the feed's values are no longer valid and nothing else
    reports it: an outage of the whole source and a used-up quota are each reported once, for all
    feeds. If the power is too old before the feed's values are no longer valid, that is logged.
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
        self._power_missing = False

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
            self._log_missing_power(err, now)
            LOGGER.debug("No data of %s: %s", key, err)
        else:
            self._log_power()
        finally:
            self.update_interval = source.wait(key, now)
            self._outage_change(before, source.outage)

    def _is_reported_elsewhere(self, error: ApiError, now: datetime) -> bool:
        source, state = self._source, self._source.states[self._key]
        return (
            state.is_fresh(now)
            or self._power_missing
            or isinstance(error, ApiQuotaError)
            or source.outage is not None
            or state.answered_at is None
            or source.in_maintenance_window(now)
        )

    def _log_missing_power(self, error: ApiError, now: datetime) -> None:
        """Log once that failures of the lead feed have made the power too old, unless an outage is logged."""
        source, key = self._source, self._key
        if (
            self._power_missing
            or key != source.lead
            or key not in source.feeds_of(PowerFlow)
            or source.part(PowerFlow) is not None
            or source.outage is not None
            or source.states[key].answered_at is None
            or isinstance(error, ApiQuotaError)
            or source.in_maintenance_window(now)
        ):
            return
        self._power_missing = True
        LOGGER.warning("%s has no current values: %s", self.config_entry.title, error)

    def _log_power(self) -> None:
        if self._power_missing:
            self._power_missing = False
            LOGGER.info("%s has current values again", self.config_entry.title)
