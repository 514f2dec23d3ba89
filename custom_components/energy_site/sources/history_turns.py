"""When the past is fetched: each day's energy once it is complete, and older days with what is spare."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
import logging
from typing import Any

from ..site.history.report import Report
from ..site.quota.demand import PollRequest, Purpose
from .budget import with_purpose
from .cloud import CloudSource
from .history import HistoryFetcher
from .history_provider import Allowance, HistoryProvider

_LOGGER = logging.getLogger(__name__)

# The last intervals of a day have come by then, where the site stands.
_CLOSE = time(3, 10)

# What failed is tried again after this.
_RETRY = timedelta(minutes=15)


class HistoryTurns:
    """Runs one system's fetcher within its key's quota."""

    def __init__(
        self,
        source: CloudSource[Any],
        provider: HistoryProvider,
        fetcher: Callable[[Allowance, Callable[[], None]], HistoryFetcher],
        clock: Callable[[], datetime],
    ) -> None:
        """Fetch the past of `source` by `provider`, with what `fetcher` makes of an allowance and who is told."""
        self._source = source
        self._provider = provider
        self._clock = clock
        self._close = self._plan_close()
        self.fetcher = fetcher(self._spare, self._changed)

    async def async_run(self, _: datetime | None = None) -> None:
        """Fetch what is due and what is spare."""
        now, source = self._clock(), self._source
        self._close = self._plan_close()
        source.schedule.wants_history = self.fetcher.progress < 100
        source.schedule.update_planner()
        planner = source.planner
        if planner.next_at(source.system, self._close, now) <= now:
            planner.record_result(source.system, self._close, now)
            report = await self._async_spend(self._close.cost, Purpose.ESSENTIAL)
            _LOGGER.debug("The day's history: %s", report.as_dict())
        with with_purpose(Purpose.HISTORY):
            report = await self.fetcher.async_run()
        _LOGGER.debug("History with spare requests: %s", report.as_dict())
        self._changed()

    async def async_import(self, start: date, end: date) -> Report:
        """Fetch a range because a person wants it."""
        with with_purpose(Purpose.PERSON):
            return await self.fetcher.async_import(start, end)

    def cancel(self) -> None:
        """End what is under way; it goes on with the next run."""
        self.fetcher.cancel()

    def as_dict(self) -> dict[str, Any]:
        """Return what outlives a restart, as plain JSON data."""
        return self.fetcher.as_dict()

    def restore(self, data: Mapping[str, Any]) -> None:
        """Take over what `as_dict` returned."""
        self.fetcher.restore(data)
        self._changed()

    def _plan_close(self) -> PollRequest:
        """Let the planner know what a day's energy takes, which what the service does not tell changes."""
        cost = sum(self._provider.daily_cost(group) for group in self._provider.groups)
        self._source.schedule.history_close = close = PollRequest(
            key="history", cost=max(cost, 1), min_interval=_RETRY, daily_at=_CLOSE
        )
        return close

    async def _async_spend(self, requests: int, purpose: Purpose) -> Report:
        """Run with so many requests and no more."""
        used = self._source.planner.usage.used

        def left() -> int:
            return requests - (self._source.planner.usage.used - used)

        with with_purpose(purpose):
            return await self.fetcher.async_run(left)

    def _spare(self) -> int:
        return self._source.planner.history_allowance(self._clock(), self._source.system)

    def _changed(self) -> None:
        self._source.history_progress = self.fetcher.progress
