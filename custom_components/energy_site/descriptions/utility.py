"""What the utility does with the site: outages, programs that use the battery, and prices."""

from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription
from homeassistant.const import EntityCategory, UnitOfEnergy, UnitOfTime

from ..site.grid_services import GridServices
from ..site.past_outages import PastOutages
from ..site.prices import PricePeriod, Prices
from .entity_description import SiteEntityDescription
from .sensor_description import counter, enum, measurement, percentage, price, timestamp


def _per_kwh(prices: Prices) -> str | None:
    return f"{prices.currency}/{UnitOfEnergy.KILO_WATT_HOUR}" if prices.currency else None


OUTAGE_DESCRIPTIONS = (
    SiteEntityDescription(
        part=PastOutages,
        description=timestamp("last_outage_start", enabled=True),
        value_fn=lambda past: past.last.started_at if past.last is not None else None,
    ),
    SiteEntityDescription(
        part=PastOutages,
        description=SensorEntityDescription(
            key="last_outage_duration",
            translation_key="last_outage_duration",
            device_class=SensorDeviceClass.DURATION,
            native_unit_of_measurement=UnitOfTime.SECONDS,
            suggested_unit_of_measurement=UnitOfTime.MINUTES,
            suggested_display_precision=0,
            entity_category=EntityCategory.DIAGNOSTIC,
        ),
        value_fn=lambda past: past.last.lasted.total_seconds() if past.last is not None else None,
    ),
    SiteEntityDescription(
        part=PastOutages, description=counter("outages_this_year"), value_fn=lambda past: past.this_year
    ),
)

GRID_SERVICES_DESCRIPTIONS = (
    SiteEntityDescription(
        part=GridServices,
        description=measurement("grid_services_power", SensorDeviceClass.POWER),
        value_fn=lambda services: services.power,
    ),
    SiteEntityDescription(
        part=GridServices,
        description=percentage("vpp_reserve", measures=False),
        value_fn=lambda services: services.reserve,
    ),
)

PRICE_DESCRIPTIONS = (
    SiteEntityDescription(
        part=Prices, description=price("buy_price"), value_fn=lambda prices: prices.buy, unit_fn=_per_kwh
    ),
    SiteEntityDescription(
        part=Prices, description=price("sell_price"), value_fn=lambda prices: prices.sell, unit_fn=_per_kwh
    ),
    SiteEntityDescription(
        part=Prices, description=enum("price_period", PricePeriod), value_fn=lambda prices: prices.period
    ),
    SiteEntityDescription(
        part=Prices,
        description=timestamp("price_changes_at", enabled=True),
        value_fn=lambda prices: prices.changes_at,
    ),
)
