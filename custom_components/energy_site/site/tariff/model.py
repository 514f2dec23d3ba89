"""A tariff by season, weekday and minute, also one that no rule would pass."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
import math
from typing import override

DAY = 1440
WEEK = 7 * DAY
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ALL_DAYS = frozenset(range(7))

# February has 29 days: a season that ends on the 28th leaves a day out.
_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
YEAR = sum(_MONTHS)
_LEAP_YEAR = date(2000, 1, 1)


class Side(StrEnum):
    """Whether energy is bought or sold."""

    BUY = "buy"
    SELL = "sell"


def weekday(minute: int) -> str:
    """Return the weekday of a minute of the week, which begins on Monday."""
    return WEEKDAYS[minute // DAY % 7]


def clock(minute: int) -> str:
    """Return a minute of the week, or of the day, as HH:MM."""
    return f"{minute % DAY // 60:02}:{minute % 60:02}"


def amount(value: object) -> float | None:
    """Return a price, `None` for what is no finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


@dataclass(frozen=True, slots=True, order=True)
class MonthDay:
    """A day of any year, such as one that does not exist: 31 June."""

    month: int
    day: int

    @override
    def __str__(self) -> str:
        return f"{self.month:02}-{self.day:02}"

    @property
    def exists(self) -> bool:
        """Tell whether a leap year has this day."""
        return 1 <= self.month <= 12 and 1 <= self.day <= _MONTHS[self.month - 1]

    @property
    def number(self) -> int | None:
        """Return which day of a leap year this is, from 0; a month's last where it has fewer, `None` without a month."""
        if not 1 <= self.month <= 12 or self.day < 1:
            return None
        return sum(_MONTHS[: self.month - 1]) + min(self.day, _MONTHS[self.month - 1]) - 1

    @classmethod
    def numbered(cls, number: int) -> MonthDay:
        """Return a leap year's day by its number from 0."""
        day = date.fromordinal(_LEAP_YEAR.toordinal() + number)
        return cls(day.month, day.day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """What energy costs, or earns, while a label applies.

    `price` is per kWh. `start` and `end` are minutes of the day on each of
    `days` (0 is Monday); an end at or before the start is on the next day, so
    that from 0 to 0 is the whole day. Without times it applies at no time.
    """

    label: str
    price: float | None = None
    days: frozenset[int] = ALL_DAYS
    start: int | None = None
    end: int | None = None

    @property
    def timed(self) -> bool:
        """Tell whether it applies at any time."""
        return any(self.stretches())

    def stretches(self) -> Iterator[tuple[int, int]]:
        """Return from which minute of the week to which it applies, day by day, cut where the week ends."""
        start, end = self.start, self.end
        if start is None or end is None or not (0 <= start < DAY and 0 <= end <= DAY):
            return
        length = end - start if end > start else end - start + DAY
        for day in sorted(self.days & ALL_DAYS):
            begins = day * DAY + start
            yield begins, min(begins + length, WEEK)
            if begins + length > WEEK:
                yield 0, begins + length - WEEK


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """A part of the year with its periods, from `first` to `last`, both included, also over New Year."""

    name: str
    first: MonthDay | None = None
    last: MonthDay | None = None
    periods: tuple[Period, ...] = ()

    def days(self) -> Iterator[int]:
        """Return its days as numbers of a leap year's, none where its dates are not known."""
        first = None if self.first is None else self.first.number
        last = None if self.last is None else self.last.number
        if first is None or last is None:
            return
        yield from range(first, last + 1) if first <= last else (*range(last + 1), *range(first, YEAR))


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyTariff:
    """What energy costs, and what it earns where that is told: each side has seasons of its own.

    `daily_charge` is per day, in the currency of the prices.
    """

    name: str = ""
    utility: str = ""
    currency: str | None = None
    daily_charge: float | None = None
    buy: tuple[Season, ...] = ()
    sell: tuple[Season, ...] | None = None

    def sides(self) -> Iterator[tuple[Side, tuple[Season, ...]]]:
        """Return the seasons of each side that there is."""
        yield Side.BUY, self.buy
        if self.sell is not None:
            yield Side.SELL, self.sell
