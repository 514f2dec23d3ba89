"""What the Enphase app makes of a tariff that an owner enters, wherever it is stored."""

from collections.abc import Iterable
from dataclasses import replace
import re

from ...site.prices import PricePeriod
from ...site.tariff.model import Season

# The app names periods "peak-1_" or "mid-pe_k-2", and what is left of a day "filler".
_WORD = re.compile(r"[a-z]+")
_PERIODS = {
    "peak": PricePeriod.ON_PEAK,
    "mid": PricePeriod.PARTIAL_PEAK,
    "off": PricePeriod.OFF_PEAK,
    "filler": PricePeriod.OFF_PEAK,
}

# A rate of 0 stands for one that wasn't entered, and 0.000099 for prices of each hour of the year, which
# are stored elsewhere. No utility's highest price is below this in any currency.
_LOWEST_PEAK = 0.001


def label_of(name: str | None) -> str:
    """Return the label of a period by its name."""
    word = _WORD.match((name or "").casefold())
    return _PERIODS.get(word.group() if word is not None else "", PricePeriod.OTHER)


def as_entered(rate: float) -> float:
    """Return a rate as it was entered: some are stored in single precision, such as 0.15199999511241913."""
    return float(f"{rate:.6g}")


def if_known(seasons: Iterable[Season]) -> tuple[Season, ...]:
    """Return the seasons of what is bought or sold, none if its prices only stand for something else.

    A label that all periods share says nothing, so it is left out.
    """
    found = tuple(seasons)
    periods = [period for season in found for period in season.periods]
    if max((abs(period.price) for period in periods if period.price is not None), default=0.0) < _LOWEST_PEAK:
        return ()
    if len({period.label for period in periods}) > 1:
        return found
    return tuple(
        replace(season, periods=tuple(replace(period, label="") for period in season.periods)) for season in found
    )
