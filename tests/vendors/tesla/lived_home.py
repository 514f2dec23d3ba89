"""A Tesla site with days behind it: solar, Powerwalls, a Wall Connector, an outage and a tariff."""

from datetime import timedelta

from simulator.house import HouseConfig, Outage
from simulator.tesla_cloud import EnergySite, SiteDetails, WallConnector, Write, lived, powerwall
from tests.houses import MORNING

from .signing_in import HOME

DAYS = 6
SITE = f"tesla_{HOME}"
CHARGER, GATEWAY = "PGT22012000001", "TG1230000123AB"
NIGHT = MORNING.replace(hour=1)

PERIODS = [
    {"label": "ON_PEAK", "start": "16:00", "end": "21:00", "buy": 0.42, "sell": 0.08},
    {"label": "OFF_PEAK", "start": "21:00", "end": "16:00", "buy": 0.21, "sell": 0.08},
]
SEASONS = [{"name": "Year", "start": "01-01", "end": "12-31", "periods": PERIODS}]


def lived_home() -> EnergySite:
    """Return the site."""
    wall = WallConnector()

    def charge(_: EnergySite) -> None:
        for day in (1, 3):
            start = (NIGHT - timedelta(days=day)).timestamp()
            wall.charge(start, start + 2.5 * 3600)

    dark = (MORNING - timedelta(days=3, hours=12)).timestamp()
    house = HouseConfig(battery=powerwall(), outages=(Outage(start=dark, end=dark + 5400),))
    details = SiteDetails(site_id=HOME, name="Sunny Home", vehicle_reserve_supported=True)
    site = lived(house, now=MORNING.timestamp(), days=DAYS, details=details, chargers=[wall], plan=charge)
    season = {"fromMonth": 1, "fromDay": 1, "toMonth": 12, "toDay": 31}
    day = {"fromDayOfWeek": 0, "toDayOfWeek": 6, "fromHour": 0, "fromMinute": 0, "toHour": 24, "toMinute": 0}
    content = {
        "name": "Flat",
        "utility": "City Power",
        "currency": "USD",
        "seasons": {"Year": {**season, "tou_periods": {"OFF_PEAK": {"periods": [day]}}}},
        "energy_charges": {"ALL": {"rates": {"ALL": 0}}, "Year": {"rates": {"OFF_PEAK": 0.25}}},
    }
    site.settings.change_in_app(Write.TARIFF, {"tariff_content_v2": content})
    return site
