"""What energy costs and earns at a moment, and when that changes."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from .model import DAY, EnergyTariff, Season, amount
from .week import side_by_side, week_of, year_of

# Between two leap days lie eight years where a century has none.
_FARTHEST = 9 * 366
_LEAP_YEAR = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a kWh costs and earns, and the label of the period, that of buying first; `None` is not known."""

    buy: float | None = None
    sell: float | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentPrice(Price):
    """A price with the moment at which any of it changes, in the site's zone; `None` where it never does."""

    changes_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Week:
    """The prices of a week: from which minute each applies."""

    starts: tuple[int, ...]
    prices: tuple[Price, ...]

    def at(self, minute: int) -> Price:
        return self.prices[bisect_right(self.starts, minute) - 1]

    def of_day(self, weekday: int) -> tuple[int, ...]:
        """Return the minutes of a weekday at which a price begins, midnight included."""
        begins = weekday * DAY
        return (0, *(start - begins for start in self.starts if begins < start < begins + DAY))


class PriceTable:
    """The prices of a tariff, made once, for any moment.

    Where no season or period applies nothing is known; where several do, the
    first listed one counts. A period over midnight is continued by its own
    season only.
    """

    def __init__(self, tariff: EnergyTariff, zone: tzinfo) -> None:
        """Prepare a tariff for a site in a zone."""
        self._zone = zone
        weeks: dict[tuple[int, int], _Week] = {}
        self._days: list[_Week] = []
        for (buy, _), (sell, _) in zip(year_of(tariff.buy), year_of(tariff.sell or ()), strict=True):
            pair = id(buy), id(sell)
            if pair not in weeks:
                weeks[pair] = _prices_of(buy, sell)
            self._days.append(weeks[pair])
        self._constant = len({price for week in weeks.values() for price in week.prices}) == 1

    def at(self, moment: datetime) -> CurrentPrice:
        """Return the price at an aware moment and when it changes next."""
        price = self._price(moment)
        return CurrentPrice(
            buy=price.buy,
            sell=price.sell,
            label=price.label,
            changes_at=self._next_change(moment.astimezone(UTC), price),
        )

    def spans(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, Price]]:
        """Return from when to when each price applies between two aware moments, in UTC."""
        at, end = start.astimezone(UTC), end.astimezone(UTC)
        while at < end:
            price = self.at(at)
            until = end if price.changes_at is None else min(price.changes_at.astimezone(UTC), end)
            yield at, until, price
            at = until

    def _week(self, day: date) -> _Week:
        return self._days[day.replace(year=_LEAP_YEAR).timetuple().tm_yday - 1]

    def _price(self, moment: datetime) -> Price:
        local = moment.astimezone(self._zone)
        return self._week(local).at(local.weekday() * DAY + local.hour * 60 + local.minute)

    def _next_change(self, moment: datetime, price: Price) -> datetime | None:
        if self._constant:
            return None
        today = moment.astimezone(self._zone).date()
        for offset in range(_FARTHEST):
            day = today + timedelta(days=offset)
            week = self._week(day)
            if week.prices == (price,):
                continue
            for candidate in sorted(self._candidates(day, week.of_day(day.weekday()))):
                if candidate > moment and self._price(candidate) != price:
                    return candidate.astimezone(self._zone)
        return None

    def _candidates(self, day: date, minutes: Sequence[int]) -> Iterator[datetime]:
        """Return the moments at which a price can change on a day: at its own times, and where the clocks change."""
        for minute in minutes:
            wall = datetime.combine(day, time(*divmod(minute, 60)), self._zone)
            for moment in _moments(wall):
                # An hour that the clocks leave out has no moment.
                if moment.astimezone(self._zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
                    yield moment
        midnight = datetime.combine(day, time(), self._zone)
        start, end = min(_moments(midnight)), max(_moments(midnight + timedelta(days=1)))
        if self._offset(start) != self._offset(end):
            while end - start > timedelta(seconds=1):
                middle = start + timedelta(seconds=(end - start) // timedelta(seconds=2))
                start, end = (middle, end) if self._offset(middle) == self._offset(start) else (start, middle)
            yield end

    def _offset(self, moment: datetime) -> timedelta | None:
        return moment.astimezone(self._zone).utcoffset()


def _moments(wall: datetime) -> tuple[datetime, datetime]:
    """Return when clocks show a time: twice where they are set back, and around the change where they leave it out."""
    return wall.replace(fold=0).astimezone(UTC), wall.replace(fold=1).astimezone(UTC)


def _prices_of(buy: Season | None, sell: Season | None) -> _Week:
    bought, sold = (week_of(() if season is None else season.periods) for season in (buy, sell))
    starts: list[int] = []
    prices: list[Price] = []
    for start, _, (costs, earns) in side_by_side(bought, sold):
        price = Price(
            buy=None if costs is None else amount(costs.price),
            sell=None if earns is None else amount(earns.price),
            label=next((each.label for each in (costs, earns) if each is not None and each.label), None),
        )
        if not prices or prices[-1] != price:
            starts.append(start)
            prices.append(price)
    return _Week(tuple(starts), tuple(prices))
