"""When the past is fetched: each day's energy once it is complete, and older days with what is spare."""

from collections.abc import Mapping
from datetime import date, time, timedelta
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .const import LOGGER
from .history import HistoryImporter
from .site.demand import Bundle, Purpose
from .site.history_report import Report
from .sources.cloud import CloudSource
from .sources.history import HistoryProvider
from .sources.spending import meant_for

INTERVAL = timedelta(hours=1)

# The last intervals of a day have come by then, where the site stands.
_CLOSE = time(3, 10)


class HistoryRuns:
    """Runs one system's importer within its key's quota."""

    def __init__(
        self, hass: HomeAssistant, source: CloudSource[Any], provider: HistoryProvider, site: str, title: str
    ) -> None:
        """Fetch the past of `source` by `provider`."""
        self._source = source
        self._close = Bundle(key="history", cost=max(len(provider.groups), 1), daily_at=_CLOSE)
        source.history_close = self._close
        self.importer = HistoryImporter(
            hass, site=site, title=title, provider=provider, allowance=self._spare, changed=self._changed
        )

    async def async_run(self) -> None:
        """Fetch what is due and what is spare."""
        now, source = dt_util.utcnow(), self._source
        source.wants_history = self.importer.progress < 100
        source.enter()
        planner = source.planner
        if planner.next_at(source.system, self._close, now) <= now:
            planner.asked(source.system, self._close, now)
            report = await self._async_spend(self._close.cost, Purpose.ESSENTIAL)
            LOGGER.debug("The day's history: %s", report.as_dict())
        with meant_for(Purpose.HISTORY):
            report = await self.importer.async_run()
        LOGGER.debug("History with spare requests: %s", report.as_dict())
        self._changed()

    async def async_import(self, start: date, end: date) -> Report:
        """Fetch a range because a person wants it."""
        with meant_for(Purpose.PERSON):
            return await self.importer.async_import(start, end)

    @callback
    def cancel(self) -> None:
        """End what is under way; it goes on with the next run."""
        self.importer.cancel()

    def dump(self) -> dict[str, Any]:
        """Return what outlives a restart, as plain JSON data."""
        return self.importer.dump()

    def load(self, data: Mapping[str, Any]) -> None:
        """Take over what `dump` returned."""
        self.importer.load(data)
        self._changed()

    async def _async_spend(self, requests: int, purpose: Purpose) -> Report:
        """Run with so many requests and no more."""
        used = self._source.planner.usage.used

        def left() -> int:
            return requests - (self._source.planner.usage.used - used)

        with meant_for(purpose):
            return await self.importer.async_run(left)

    def _spare(self) -> int:
        return self._source.planner.history_allowance(dt_util.utcnow(), self._source.system)

    def _changed(self) -> None:
        self._source.history_progress = self.importer.progress
