"""The owner's tariff, and what energy costs now."""

from collections.abc import Iterator
from datetime import datetime, tzinfo
from itertools import pairwise

from ....site.prices import Prices
from ....site.tariff.current import CurrentPrices
from ....site.tariff.model import DAY, YEAR, EnergyTariff, MonthDay, Period, Season
from ...enphase.tariff import as_entered, if_known, label_of
from ..client.models.rates import RateDays, Rates, RateSeason
from .answers import Answers
from .feeds import TARIFF


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
    flat = (Period(label="", price=as_entered(single), start=0, end=DAY),) if single is not None else ()
    if not seasons:
        seasons = (RateSeason(start=(1, 1), days=(), tiered=False),)
    listed = sorted(seasons, key=lambda season: season.start)
    starts = sorted({_number(season) for season in listed})
    ends = dict(pairwise([*starts, starts[0]]))
    return if_known(
        Season(
            name="",
            first=MonthDay.numbered(_number(season)),
            last=MonthDay.numbered((ends[_number(season)] - 1) % YEAR),
            periods=_periods(season, flat),
        )
        for season in listed
    )


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
            yield Period(
                label=label_of(period.id), price=as_entered(period.rate), days=group.days, start=start, end=end
            )
