"""The owner's tariff, and what energy costs now."""

from collections.abc import Iterator
from datetime import datetime, tzinfo

from ....site.prices import Prices
from ....site.tariff.current import CurrentPrices
from ....site.tariff.model import DAY, EnergyTariff, MonthDay, Period, Season
from ...enphase.tariff import as_entered, if_known, label_of
from ..client.models.tariff import SiteTariff, TariffDays, TariffSeason


class AccountPrices:
    """The prices of the tariff that the owner entered in the app."""

    def __init__(self) -> None:
        """Start without a tariff."""
        self._current: CurrentPrices[SiteTariff] = CurrentPrices(read)

    def build(self, tariff: SiteTariff | None, now: datetime, zone: tzinfo, observed_at: datetime) -> Prices | None:
        """Build the prices, `None` if no tariff was entered."""
        return self._current.build(tariff, now, zone, observed_at) if tariff is not None else None


def read(tariff: SiteTariff) -> EnergyTariff | None:
    """Return the tariff that was entered, `None` without one."""
    buy, sell = (if_known(map(_season, side)) for side in (tariff.purchase, tariff.buyback))
    return EnergyTariff(currency=tariff.currency, buy=buy, sell=sell or None) if buy or sell else None


def _season(season: TariffSeason) -> Season:
    first, last = season.months
    return Season(
        name="",
        first=MonthDay(first, 1),
        # A month's last day, however many it has.
        last=MonthDay(last, 31),
        periods=tuple(period for group in season.days for period in _day(group)),
    )


def _day(group: TariffDays) -> Iterator[Period]:
    """Return the periods of some weekdays; what applies to the rest of a day is the whole of it and comes last.

    A period over midnight is both ends of each of its days, as in the tariff that the gateway stores.
    """
    for period in sorted(group.periods, key=lambda period: period.hours is None):
        start, end = period.hours or (0, DAY)
        stretches = ((start, end),) if start < end else ((start, DAY), (0, end))
        for begins, ends in stretches:
            if begins < ends:
                yield Period(
                    label=label_of(period.type),
                    price=as_entered(period.rate),
                    days=group.days,
                    start=begins,
                    end=ends,
                )
