"""The rows that a history request covers."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from simulator.cloud.archive import STEP
from simulator.cloud.days import LocalDays, next_day

from .asking import Ask
from .errors import failure

_DAY = timedelta(days=1)


class Period(StrEnum):
    """The period of one request."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"
    LIFETIME = "lifetime"

    def first(self, day: date) -> date:
        """Return the first day of the period that `day` is in."""
        match self:
            case Period.WEEK:
                return day - _DAY * 6
            case Period.MONTH:
                return day.replace(day=1)
            case Period.YEAR:
                return day.replace(month=1, day=1)
            case Period.LIFETIME:
                return date.min
            case _:
                return day


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """From `begin` to `end` (epoch s) in the days of one time zone."""

    period: Period
    days: LocalDays
    begin: float
    end: float
    at_midnight: bool = False
    """Whether the end asked for is 00:00:00 of its own offset."""

    def edges(self) -> list[int]:
        """Return the start of each row and the end of the last: five minutes, days, months, or years."""
        if self.end <= self.begin:
            return []
        if self.period is Period.DAY:
            first = int(self.begin) // STEP * STEP
            return list(range(first, -(-int(self.end) // STEP) * STEP + 1, STEP))
        day, edges = self._bucket(self.days.day(self.begin)), []
        while (start := self.days.midnight(day)) < self.end:
            edges.append(start)
            day = self._after(day)
        return [*edges, self.days.midnight(day)]

    def _bucket(self, day: date) -> date:
        if self.period is Period.YEAR:
            return day.replace(day=1)
        return day.replace(month=1, day=1) if self.period is Period.LIFETIME else day

    def _after(self, day: date) -> date:
        if self.period is Period.YEAR:
            return (day + timedelta(days=31)).replace(day=1)
        return date(day.year + 1, 1, 1) if self.period is Period.LIFETIME else next_day(day)


def window(ask: Ask, begun: float) -> Window:
    """Return the window of a history that begins at `begun` (epoch s).

    It ends at `end_date` or now and starts no earlier than the period around its
    end, unless the site is set to answer more.

    Raises:
        RefusedError: A parameter is missing or wrong.
    """
    try:
        period = Period(ask.query.get("period", ""))
    except ValueError:
        raise failure(400, description="period must be one of day, week, month, year, lifetime") from None
    days = ask.days()
    end, start = ask.moment("end_date", days), ask.moment("start_date", days)
    last = ask.now if end is None else min(end.timestamp(), ask.now)
    first = _first(period, days, last, begun)
    if start is not None:
        first = max(first, start.timestamp())
    if ask.site.behaviour.answers_more:
        first -= 7 * 86_400 if period is not Period.DAY else 3_600
    return Window(
        period=period,
        days=days,
        begin=max(first, begun // STEP * STEP),
        end=last,
        at_midnight=_midnight(end),
    )


def _first(period: Period, days: LocalDays, last: float, begun: float) -> float:
    day = period.first(days.day(last))
    return begun if day == date.min else float(days.midnight(day))


def _midnight(end: datetime | None) -> bool:
    return end is not None and (end.hour, end.minute, end.second) == (0, 0, 0)
