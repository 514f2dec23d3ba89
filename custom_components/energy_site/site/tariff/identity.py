"""A short name for what a tariff means, by which two tariffs can be told apart."""

from collections.abc import Iterator
from hashlib import sha256
from itertools import groupby

from .model import EnergyTariff, Season, amount
from .week import week_of, year_of

# A price that went through fewer binary digits still has as many decimal ones.
_DIGITS = 6


def identify(tariff: EnergyTariff) -> str:
    """Return the tariff's name, with a code that is the same for all tariffs with the same prices."""
    prices = [(side.value, list(_year(seasons))) for side, seasons in tariff.sides()]
    code = sha256(repr(prices).encode()).hexdigest()[:6]
    return f"{tariff.name} ({code})".lstrip()


def _year(seasons: tuple[Season, ...]) -> Iterator[tuple[int, list[tuple[int, str]]]]:
    """Yield on which days of a leap year other prices begin, and from which minutes of the week."""
    days = [None if season is None else season for season, _ in year_of(seasons)]
    number = 0
    for season, run in groupby(days):
        yield number, [] if season is None else list(_week(season))
        number += len(list(run))


def _week(season: Season) -> Iterator[tuple[int, str]]:
    spans = week_of(season.periods)
    prices = [(span.start, _price(None if span.period is None else span.period.price)) for span in spans]
    for price, run in groupby(prices, key=lambda each: each[1]):
        yield next(run)[0], price


def _price(price: object) -> str:
    known = amount(price)
    return "" if known is None else f"{known:.{_DIGITS}g}"
