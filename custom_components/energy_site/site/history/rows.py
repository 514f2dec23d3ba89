"""The rows of a running sum, and how they change when the past does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

_WH = 1000

# The differences that the order of addition makes in the same energy, in one rewrite and over the years.
_SAME = 1e-7
_SOUND = 1e-5


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticsRow:
    """An hour's energy and the running sum at its end, in kWh; in a series of costs, both in its currency."""

    start: datetime
    energy: float
    sum: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SumRewrite:
    """Rows to write, and by how much every sum from `later` on changes."""

    rows: tuple[StatisticsRow, ...]
    later: datetime
    shift: float


def rows(points: Mapping[datetime, float], sum_before: float) -> list[StatisticsRow]:
    """Return the rows of hourly Wh that follow a sum in kWh."""
    return _summed({start: wh / _WH for start, wh in points.items()}, sum_before)


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
    return rewritten(existing, {hour: wh / _WH for hour, wh in points.items()}, start, end, sum_before)


def rewritten(
    existing: Sequence[StatisticsRow],
    values: Mapping[datetime, float],
    start: datetime,
    end: datetime,
    sum_before: float,
) -> SumRewrite:
    """Return the same for values in the unit of the sums."""
    old = {row.start: row for row in existing if start <= row.start < end}
    new = _summed({hour: values.get(hour, 0.0) for hour in {*old, *values}}, sum_before)
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
    right = _summed({row.start: row.energy for row in existing}, 0.0)
    return [should for should, row in zip(right, existing, strict=True) if abs(should.sum - row.sum) > _SOUND]


def _summed(values: Mapping[datetime, float], sum_before: float) -> list[StatisticsRow]:
    found: list[StatisticsRow] = []
    total = sum_before
    for start in sorted(values):
        total += values[start]
        found.append(StatisticsRow(start=start, energy=values[start], sum=total))
    return found


def _same(row: StatisticsRow, other: StatisticsRow | None) -> bool:
    return other is not None and abs(row.energy - other.energy) <= _SAME and abs(row.sum - other.sum) <= _SAME
