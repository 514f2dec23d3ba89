"""Statistics in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import override

import pytest

from custom_components.energy_site.site.history.rows import StatisticsRow
from custom_components.energy_site.site.history.series import CostSeries, Series, series_name
from custom_components.energy_site.sources.history_provider import StatisticsStore


@dataclass(slots=True)
class Table(StatisticsStore):
    """Rows in memory."""

    kept: dict[Series, dict[datetime, StatisticsRow]] = field(default_factory=dict)

    @override
    def available(self) -> bool:
        return True

    @override
    async def rows(self, series: Series, start: datetime, end: datetime) -> tuple[list[StatisticsRow], float]:
        found = self._ordered(series)
        before = [row for row in found if row.start < start]
        return [row for row in found if start <= row.start < end], before[-1].sum if before else 0.0

    @override
    async def last(self, series: Series) -> datetime | None:
        return max(self.kept.get(series, {}), default=None)

    @override
    async def unit(self, series: Series) -> str | None:
        same = (each for each, rows in self.kept.items() if rows and series_name(each) == series_name(series))
        return next((each.currency if isinstance(each, CostSeries) else "kWh" for each in same), None)

    @override
    async def mend(self, series: Series) -> None:
        pass

    @override
    def write(self, series: Series, rows: Sequence[StatisticsRow]) -> None:
        self.kept.setdefault(series, {}).update({row.start: row for row in rows})

    @override
    def shift(self, series: Series, since: datetime, amount: float) -> None:
        for row in [row for row in self._ordered(series) if row.start >= since]:
            self.kept[series][row.start] = StatisticsRow(start=row.start, energy=row.energy, sum=row.sum + amount)

    def _ordered(self, series: Series) -> list[StatisticsRow]:
        return sorted(self.kept.get(series, {}).values(), key=lambda row: row.start)

    def energies(self, series: Series) -> dict[datetime, float]:
        """Return kWh, or costs, by the hour; the sums are held to them."""
        total = 0.0
        for row in self._ordered(series):
            total += row.energy
            assert row.sum == pytest.approx(total, abs=1e-6)
        return {row.start: row.energy for row in self._ordered(series)}
