"""What energy costs at a site now."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, tzinfo

from ..prices import PricePeriod, Prices
from .identity import identify
from .model import EnergyTariff
from .past_prices import SeenTariff
from .prices import PriceTable


class CurrentPrices[T]:
    """The current prices of a site, whose tariff is only read again when it has changed."""

    def __init__(self, read: Callable[[T], EnergyTariff | None]) -> None:
        """Start without a tariff; `read` returns that of what the site reports."""
        self._read = read
        self._made_of: tuple[T, tzinfo] | None = None
        self._tariff: SeenTariff | None = None

    def tariff(self, reported: T, zone: tzinfo) -> SeenTariff | None:
        """Return the tariff of what the site reports, `None` for one without a tariff."""
        if self._made_of != (reported, zone):
            tariff = self._read(reported)
            self._made_of = reported, zone
            self._tariff = (
                None
                if tariff is None
                else SeenTariff(name=_name(tariff), currency=tariff.currency, table=PriceTable(tariff, zone))
            )
        return self._tariff

    def build(self, reported: T, now: datetime, zone: tzinfo, observed_at: datetime) -> Prices | None:
        """Build the prices from what the site reports, `None` for one without a tariff."""
        if (tariff := self.tariff(reported, zone)) is None:
            return None
        price = tariff.table.at(now)
        return Prices(
            observed_at=observed_at,
            currency=tariff.currency,
            buy=price.buy,
            sell=price.sell,
            period=_period(price.label),
            changes_at=price.changes_at.astimezone(UTC) if price.changes_at is not None else None,
        )


def _name(tariff: EnergyTariff) -> str:
    """Return a name for the prices, whatever the owner calls the plan."""
    return f"{tariff.currency} {identify(replace(tariff, name=''))}"


def _period(label: str | None) -> PricePeriod | None:
    """Return the kind of a period, `None` for a price without one."""
    if not label:
        return None
    word = label.casefold()
    return PricePeriod(word) if word in tuple(PricePeriod) else PricePeriod.OTHER
