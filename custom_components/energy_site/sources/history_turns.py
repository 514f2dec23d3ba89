"""Fetches the history: each day's energy once the day is complete, and older days with spare requests."""

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

# By this local time, the last intervals of the previous day have been reported.
_CLOSE = time(3, 10)

# A failed request is retried after this time.
_RETRY = timedelta(minutes=15)

# A site's whole life may take this share of the month's remaining requests at once.
_FOR_LIFE = 0.1


class HistoryTurns:
    """Runs the history fetcher of one system within its key's quota."""

    def __init__(
        self,
        source: CloudSource[Any],
        provider: HistoryProvider,
        fetcher: Callable[[Allowance, Callable[[], None]], HistoryFetcher],
        clock: Callable[[], datetime],
    ) -> None:
        """Fetch the history of `source`; `fetcher` makes a fetcher from an allowance and a progress callback."""
        self._source = source
        self._provider = provider
        self._clock = clock
        self._plan_close()
        self.fetcher = fetcher(self._spare, self._changed)

    async def async_run(self, _: datetime | None = None) -> None:
        """Fetch what is due, then older history with spare requests."""
        now, source = self._clock(), self._source
        if (close := self._plan_close()) is None:
            return
        source.schedule.wants_history = not self.fetcher.complete
        source.schedule.update_planner()
        planner = source.planner
        if planner.next_at(source.system, close, now) <= now:
            planner.record_result(source.system, close, now)
            report = await self._async_spend(close.cost, Purpose.ESSENTIAL)
            _LOGGER.debug("The day's history: %s", report.as_dict())
        if not self.fetcher.knows_life and (cost := self._affordable_life(now)):
            report = await self._async_spend(cost, Purpose.ESSENTIAL)
            _LOGGER.debug("The energy of each day: %s", report.as_dict())
        with with_purpose(Purpose.HISTORY):
            report = await self.fetcher.async_run()
        _LOGGER.debug("History with spare requests: %s", report.as_dict())
        self._changed()

    async def async_import(self, start: date, end: date) -> Report:
        """Fetch a range of days on the user's request."""
        with with_purpose(Purpose.USER):
            return await self.fetcher.async_import(start, end)

    def cancel(self) -> None:
        """End the current run; the next one continues from there."""
        self.fetcher.cancel()

    def as_dict(self) -> dict[str, Any]:
        """Return the state to store across restarts, as plain JSON data."""
        return self.fetcher.as_dict()

    def restore(self, data: Mapping[str, Any]) -> None:
        """Restore the data of `as_dict`."""
        self.fetcher.restore(data)
        self._changed()

    def _plan_close(self) -> PollRequest | None:
        """Register the requests that a complete day needs with the planner.

        Their number may change; there are none while no flow is known.
        """
        costs = [self._provider.daily_cost(group) for group in self._provider.groups]
        close = PollRequest(key="history", cost=max(sum(costs), 1), min_interval=_RETRY, daily_at=_CLOSE)
        self._source.schedule.history_close = close if costs else None
        return self._source.schedule.history_close

    def _affordable_life(self, now: datetime) -> int:
        """Return what the whole life costs, 0 if that is too much at once."""
        cost, left = self._provider.life_cost(), self._source.planner.outlook(now).left
        return cost if left is None or cost <= left * _FOR_LIFE else 0

    async def _async_spend(self, requests: int, purpose: Purpose) -> Report:
        """Run with at most this many requests."""
        used = self._source.planner.usage.used

        def left() -> int:
            return requests - (self._source.planner.usage.used - used)

        with with_purpose(purpose):
            return await self.fetcher.async_run(left)

    def _spare(self) -> int:
        return self._source.planner.history_allowance(self._clock(), self._source.system)

    def _changed(self) -> None:
        self._source.history_progress = self.fetcher.progress if self._provider.groups else None
