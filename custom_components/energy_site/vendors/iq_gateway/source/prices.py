"""The owner's tariff, and what energy costs now."""

from collections.abc import Iterator
from datetime import datetime, tzinfo
from itertools import pairwise
import re

from ....site.prices import PricePeriod, Prices
from ....site.tariff.current import CurrentPrices
from ....site.tariff.model import DAY, YEAR, EnergyTariff, MonthDay, Period, Season
from ..client.models.rates import RateDays, Rates, RateSeason
from .answers import Answers
from .feeds import TARIFF

# The app names periods "peak-1_" or "mid-pe_k-2", and what is left of a day "filler".
_WORD = re.compile(r"[a-z]+")
_PERIODS = {
    "peak": PricePeriod.ON_PEAK,
    "mid": PricePeriod.PARTIAL_PEAK,
    "off": PricePeriod.OFF_PEAK,
    "filler": PricePeriod.OFF_PEAK,
}

# A rate of 0 stands for one that wasn't entered, and 0.000099 for prices of each hour of the year that
# only the cloud has. No utility's highest price is below this in any currency.
_LOWEST_PEAK = 0.001


class GatewayPrices:
    """The prices of the tariff that the owner entered in the Enphase app."""

    def __init__(self) -> None:
        """Start without a tariff."""
        self._current: CurrentPrices[Rates] = CurrentPrices(read)

    def build(self, answers: Answers, now: datetime, zone: tzinfo) -> Prices | None:
        """Build the prices, `None` if no tariff was entered."""
        tariff, at = answers.current(TARIFF, now), answers.at(TARIFF)
        if tariff is None or at is None:
            return None
        return self._current.build(tariff.rates, now, zone, at)


def read(rates: Rates) -> EnergyTariff | None:
    """Return the tariff that was entered, `None` without one."""
    buy, sell = _side(rates.seasons, rates.rate), _side(rates.seasons_sell, rates.sell)
    return EnergyTariff(currency=rates.currency, buy=buy, sell=sell or None) if buy or sell else None


def _side(seasons: tuple[RateSeason, ...] | None, single: float | None) -> tuple[Season, ...]:
    """Return the seasons of buying or selling, none if its prices aren't known."""
    if seasons is None:
        return ()
    flat = (Period(label="", price=_rounded(single), start=0, end=DAY),) if single is not None else ()
    if not seasons:
        seasons = (RateSeason(start=(1, 1), days=(), tiered=False),)
    listed = sorted(seasons, key=lambda season: season.start)
    starts = sorted({_number(season) for season in listed})
    ends = dict(pairwise([*starts, starts[0]]))
    found = tuple(
        Season(
            name="",
            first=MonthDay.numbered(_number(season)),
            last=MonthDay.numbered((ends[_number(season)] - 1) % YEAR),
            periods=_periods(season, flat),
        )
        for season in listed
    )
    prices = [abs(period.price) for season in found for period in season.periods if period.price is not None]
    return found if max(prices, default=0.0) >= _LOWEST_PEAK else ()


def _number(season: RateSeason) -> int:
    """Return on which day of a leap year a season begins."""
    return MonthDay(*season.start).number or 0


def _periods(season: RateSeason, flat: tuple[Period, ...]) -> tuple[Period, ...]:
    if season.tiered:
        # What the next kWh costs depends on how many were used before.
        return ()
    return tuple(period for group in season.days for period in _day(group)) if season.days else flat


def _day(group: RateDays) -> Iterator[Period]:
    """Return the periods of some weekdays; until the first one begins, the last one of the same day applies."""
    # The first of several that begin at the same time applies, as everywhere in a tariff.
    by_start = {period.start: period for period in reversed(group.periods)}
    starts = sorted(by_start)
    if not starts:
        return
    stretches = [(starts[-1], 0, starts[0]), *((start, start, end) for start, end in pairwise([*starts, DAY]))]
    for key, start, end in stretches:
        if start < end:
            period = by_start[key]
            yield Period(label=_label(period.id), price=_rounded(period.rate), days=group.days, start=start, end=end)


def _label(name: str | None) -> str:
    word = _WORD.match((name or "").casefold())
    return _PERIODS.get(word.group() if word is not None else "", PricePeriod.OTHER)


def _rounded(rate: float) -> float:
    """Return a rate as it was entered: newer firmware has numbers of single precision, such as 0.15199999511241913."""
    return float(f"{rate:.6g}")
