"""What energy costs at a site."""

from datetime import UTC, datetime, tzinfo

from ....site.prices import PricePeriod, Prices
from ....site.tariff.identity import identify
from ....site.tariff.past_prices import SeenTariff
from ....site.tariff.prices import PriceTable
from ..client.models.site_info import SiteInfo
from .tariff_content import read


class SitePrices:
    """The prices of the tariff that the site reports, whoever set it."""

    def __init__(self) -> None:
        """Start without a tariff."""
        self._made_of: tuple[object, tzinfo] | None = None
        self._tariff: SeenTariff | None = None

    def tariff(self, info: SiteInfo, zone: tzinfo) -> SeenTariff | None:
        """Return the tariff, `None` for a site without one."""
        content = info.tariff_content_v2 or info.tariff_content
        if self._made_of != (content, zone):
            tariff = read(content) if content else None
            self._made_of = content, zone
            self._tariff = (
                None
                if tariff is None
                else SeenTariff(name=identify(tariff), currency=tariff.currency, table=PriceTable(tariff, zone))
            )
        return self._tariff

    def build(self, info: SiteInfo, now: datetime, zone: tzinfo, observed_at: datetime) -> Prices | None:
        """Build the prices, `None` for a site without a tariff."""
        if (tariff := self.tariff(info, zone)) is None:
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


def _period(label: str | None) -> PricePeriod | None:
    if label is None:
        return None
    word = label.casefold()
    return PricePeriod(word) if word in tuple(PricePeriod) else PricePeriod.OTHER
