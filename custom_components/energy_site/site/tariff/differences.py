"""What two tariffs differ in by their meaning: the price of each minute of the week, season by season."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
import math

from .model import DAY, EnergyTariff, MonthDay, Season, Side, amount, clock, weekday
from .week import Span, side_by_side, week_of, year_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Minutes of a season's week whose price is another one than wanted.

    `season` has the name it was wanted under, and begins to differ on `date`
    (MM-DD). `start` and `end` are minutes of the week, prices per kWh, `None`
    where there is none.
    """

    side: Side
    season: str | None
    date: str
    start: int
    end: int
    wanted: float | None
    found: float | None

    @property
    def day(self) -> str:
        """Return the weekday on which it begins."""
        return weekday(self.start)

    @property
    def time(self) -> str:
        """Return when it begins, as HH:MM."""
        return clock(self.start)

    @property
    def until(self) -> str:
        """Return when it ends, as HH:MM, which is 24:00 at the end of its first day."""
        return clock(self.end) if self.end % DAY else "24:00"


def differences(wanted: EnergyTariff, found: EnergyTariff | None) -> tuple[Difference, ...]:
    """Return where the prices differ, each range of minutes once for the seasons that meet there.

    Names, labels and how periods are cut mean nothing. A side that was not
    wanted is not compared.
    """
    found = found or EnergyTariff()
    told = dict(found.sides())
    return tuple(each for side, seasons in wanted.sides() for each in _of_side(side, seasons, told.get(side, ())))


def _of_side(side: Side, wanted: Iterable[Season], found: Iterable[Season]) -> Iterator[Difference]:
    weeks: dict[int, tuple[Span, ...]] = {}
    met: set[tuple[int, int]] = set()
    for number, ((want, _), (find, _)) in enumerate(zip(year_of(wanted), year_of(found), strict=True)):
        pair = id(want), id(find)
        if pair in met:
            continue
        met.add(pair)
        for season in (want, find):
            if id(season) not in weeks:
                weeks[id(season)] = week_of(() if season is None else season.periods)
        season = want or find
        place = Difference(
            side=side,
            season=None if season is None else season.name,
            date=str(MonthDay.numbered(number)),
            start=0,
            end=0,
            wanted=None,
            found=None,
        )
        yield from _of_weeks(place, weeks[pair[0]], weeks[pair[1]])


def _of_weeks(place: Difference, wanted: tuple[Span, ...], found: tuple[Span, ...]) -> Iterator[Difference]:
    last: Difference | None = None
    for start, end, (want, find) in side_by_side(wanted, found):
        prices = tuple(None if period is None else amount(period.price) for period in (want, find))
        if _equal(*prices):
            continue
        if last is not None and last.end == start and (last.wanted, last.found) == prices:
            last = replace(last, end=end)
            continue
        if last is not None:
            yield last
        last = replace(place, start=start, end=end, wanted=prices[0], found=prices[1])
    if last is not None:
        yield last


def _equal(one: float | None, other: float | None) -> bool:
    """Tell whether two prices are the same, also where one went through fewer binary digits."""
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-9)
