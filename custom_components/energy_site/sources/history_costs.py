"""Keeps the costs of a site's grid beside its energy."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
import logging

from ..site.history.costs import hourly_days, priced, rescaled
from ..site.history.cursor import Cursor
from ..site.history.intervals import HOUR, day_of, hour_of, midnight
from ..site.history.rows import StatisticsRow, SumRewrite, rewritten
from ..site.history.series import PRICED_KINDS, CostSeries
from ..site.model import CounterKind
from ..site.tariff.model import Side
from .history_provider import HistoryProvider, StatisticsStore

_LOGGER = logging.getLogger(__name__)

_SIDES = {CounterKind.GRID_IMPORT: Side.BUY, CounterKind.GRID_EXPORT: Side.SELL}


class HistoryCosts:
    """Writes what the imported energy costs, and the exported earns.

    Costs follow from stored energy and from the prices that the provider knows. An hour whose
    price isn't known any more keeps the price that its cost implies. Without prices, or if costs
    are stored in another currency, nothing is written.
    """

    def __init__(self, provider: HistoryProvider, store: StatisticsStore, title: str) -> None:
        """Price what is in `store` as `provider` knows it; `title` is the site's in the log."""
        self._provider = provider
        self._store = store
        self._title = title
        self._series: dict[CounterKind, CostSeries] = {}
        self._mended: set[CostSeries] = set()
        # Before these moments, all costs follow from energy and prices; without one, none may.
        self._behind: dict[CounterKind, datetime] = {}
        self._other_currency: str | None = None

    async def open(self) -> None:
        """Find out what can be written, and repair sums that an interrupted write left behind."""
        prices, self._series = self._provider.prices(), {}
        if prices is None or (currency := prices.currency) is None:
            return
        wanted = {kind: CostSeries(kind=kind, currency=currency) for kind in PRICED_KINDS}
        units = {kind: await self._store.unit(series) for kind, series in wanted.items()}
        self._log_currency(currency, {unit for unit in units.values() if unit is not None} - {currency})
        self._series = {kind: series for kind, series in wanted.items() if units[kind] in (None, currency)}
        for kind, series in self._series.items():
            if units[kind] is None or series not in self._mended:
                self._behind.pop(kind, None)
                await self._store.mend(series)
                self._mended.add(series)

    async def follow(
        self, kind: CounterKind, cursor: Cursor, existing: Iterable[StatisticsRow], change: SumRewrite
    ) -> None:
        """Correct the costs of energy that was rewritten, at the price that they had."""
        if (series := self._series.get(kind)) is None or not change.rows:
            return
        start, end, zone = change.rows[0].start, change.rows[-1].start + HOUR, self._provider.zone
        if kind in self._behind:
            self._behind[kind] = min(self._behind[kind], start)
        costs, cost_before = await self._store.rows(series, start, end)
        before = _values(existing)
        after = {**before, **_values(change.rows)}
        # The total of a day implies no price of an hour.
        hourly = hourly_days(before, zone, final=cursor.refined) & hourly_days(after, zone, final=cursor.refined)
        before = {hour: kwh for hour, kwh in before.items() if day_of(hour, zone) in hourly}
        self._write(series, rewritten(costs, rescaled(_values(costs), before, after), start, end, cost_before))

    async def price(self, cursors: Mapping[CounterKind, Cursor], now: datetime) -> None:
        """Write the costs of all hours whose price is known."""
        if (prices := self._provider.prices()) is None:
            return
        for kind, series in self._series.items():
            side = _SIDES[kind]
            since = prices.since(side)
            if kind not in cursors or since is None or series.currency != prices.currency:
                continue
            cursor, zone = cursors[kind], self._provider.zone
            # A series begins in the hour in which the first tariff was seen, whose price is known only in part.
            start, end = hour_of(since), hour_of(now) + HOUR
            if kind in self._behind:
                start = max(start, hour_of(midnight(day_of(self._behind[kind], zone), zone)))
            stored, _ = await self._store.rows(kind, start, end)
            costs, cost_before = await self._store.rows(series, start, end)
            energies = _values(stored)
            hourly = hourly_days(energies, zone, final=cursor.refined, begun=cursor.begun)
            found = priced(energies, hourly, zone, mean=partial(prices.mean, side), flat=partial(prices.flat, side))
            begun = {} if costs or not await self._is_new(series) else {start: 0.0}
            self._write(series, rewritten(costs, {**begun, **_values(costs), **found}, start, end, cost_before))
            self._behind[kind] = prices.until or start

    async def _is_new(self, series: CostSeries) -> bool:
        """Return whether a series should exist and doesn't, as the Energy dashboard only takes one that does."""
        return await self._store.unit(series) is None and await self._store.unit(series.kind) is not None

    def _write(self, series: CostSeries, change: SumRewrite) -> None:
        self._store.write(series, change.rows)
        self._store.shift(series, change.later, change.shift)

    def _log_currency(self, currency: str, stored: set[str]) -> None:
        """Log once that costs end as the currency changed, and once that they go on."""
        other = min(stored, default=None)
        if other is not None and other != self._other_currency:
            _LOGGER.warning(
                "The prices of %s are in %s now, and its costs in the statistics in %s. Costs are written again"
                " once the currency is the same, or the statistics of costs are removed",
                self._title,
                currency,
                other,
            )
        if other is None and self._other_currency is not None:
            _LOGGER.info("The costs of %s are written again, in %s", self._title, currency)
        self._other_currency = other


def _values(rows: Iterable[StatisticsRow]) -> dict[datetime, float]:
    return {row.start: row.energy for row in rows}
