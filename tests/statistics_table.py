"""Statistics in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import override

import pytest

from custom_components.energy_site.site.history.rows import StatisticsRow
from custom_components.energy_site.site.model import CounterKind
from custom_components.energy_site.sources.history_provider import StatisticsStore


@dataclass(slots=True)
class Table(StatisticsStore):
    """Rows in memory."""

    kept: dict[CounterKind, dict[datetime, StatisticsRow]] = field(default_factory=dict)

    @override
    def available(self) -> bool:
        return True

    @override
    async def rows(self, kind: CounterKind, start: datetime, end: datetime) -> tuple[list[StatisticsRow], float]:
        found = self._ordered(kind)
        before = [row for row in found if row.start < start]
        return [row for row in found if start <= row.start < end], before[-1].sum if before else 0.0

    @override
    async def last(self, kind: CounterKind) -> datetime | None:
        return max(self.kept.get(kind, {}), default=None)

    @override
    async def mend(self, kind: CounterKind) -> None:
        pass

    @override
    def write(self, kind: CounterKind, rows: Sequence[StatisticsRow]) -> None:
        self.kept.setdefault(kind, {}).update({row.start: row for row in rows})

    @override
    def shift(self, kind: CounterKind, since: datetime, kwh: float) -> None:
        for row in [row for row in self._ordered(kind) if row.start >= since]:
            self.kept[kind][row.start] = StatisticsRow(start=row.start, energy=row.energy, sum=row.sum + kwh)

    def _ordered(self, kind: CounterKind) -> list[StatisticsRow]:
        return sorted(self.kept.get(kind, {}).values(), key=lambda row: row.start)

    def energies(self, kind: CounterKind) -> dict[datetime, float]:
        """Return kWh by the hour; the sums are held to them."""
        total = 0.0
        for row in self._ordered(kind):
            total += row.energy
            assert row.sum == pytest.approx(total, abs=1e-6)
        return {row.start: row.energy for row in self._ordered(kind)}
