"""The rows of a running sum in kWh, and how they change when the past does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

_WH = 1000

# The differences that the order of addition makes in the same energy, in one rewrite and over the years.
_SAME = 1e-7
_SOUND = 1e-5


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticsRow:
    """An hour's energy, and the running sum at its end, in kWh."""

    start: datetime
    energy: float
    sum: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SumRewrite:
    """Rows to write, and the kWh by which every sum from `later` on changes."""

    rows: tuple[StatisticsRow, ...]
    later: datetime
    shift: float


def rows(points: Mapping[datetime, float], sum_before: float) -> list[StatisticsRow]:
    """Return the rows of hourly Wh that follow a sum in kWh."""
    found: list[StatisticsRow] = []
    total = sum_before
    for start in sorted(points):
        energy = points[start] / _WH
        total += energy
        found.append(StatisticsRow(start=start, energy=energy, sum=total))
    return found


def replaced(
    existing: Sequence[StatisticsRow],
    points: Mapping[datetime, float],
    start: datetime,
    end: datetime,
    sum_before: float,
) -> SumRewrite:
    """Return the change that makes `points` (Wh) the only energy from `start` to `end`.

    `existing` are the current rows, `sum_before` is the sum before them. A row without a point
    remains, without energy.
    """
    old = {row.start: row for row in existing if start <= row.start < end}
    new = rows({hour: points.get(hour, 0.0) for hour in {*old, *points}}, sum_before)
    before = old[max(old)].sum if old else sum_before
    after = new[-1].sum if new else sum_before
    shift = after - before
    return SumRewrite(
        rows=tuple(row for row in new if not _same(row, old.get(row.start))),
        later=end,
        shift=shift if abs(shift) > _SAME else 0.0,
    )


def mended(existing: Sequence[StatisticsRow]) -> list[StatisticsRow]:
    """Return corrected rows for those whose sum is not the total of the hours until then.

    An interrupted rewrite leaves such sums behind.
    """
    right = rows({row.start: row.energy * _WH for row in existing}, 0.0)
    return [should for should, row in zip(right, existing, strict=True) if abs(should.sum - row.sum) > _SOUND]


def _same(row: StatisticsRow, other: StatisticsRow | None) -> bool:
    return other is not None and abs(row.energy - other.energy) <= _SAME and abs(row.sum - other.sum) <= _SAME
