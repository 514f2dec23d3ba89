"""A second home, with a Powerwall and a Wall Connector, in a simulated Tesla cloud."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
import re
from zoneinfo import ZoneInfo

from aiohttp import ClientSession
from yarl import URL

from simulator.clock import SystemClock
from simulator.cloud.consent import Consent
from simulator.house import HouseConfig, Outage
from simulator.tesla_cloud import (
    Application,
    EnergySite,
    SiteDetails,
    TeslaServer,
    WallConnector,
    Write,
    lived,
    powerwall,
)

from .api import HomeAssistantError
from .cities import City

SITE_ID = 2607042
# The site as the integration's unique ids have it.
TESLA_SITE = f"tesla_{SITE_ID}"
# Where Tesla leads an owner who pastes the address.
REDIRECT = "https://my.home-assistant.io/redirect/oauth"

_PAST_DAYS = 9
_CHARGED_NIGHTS = (1, 2, 4, 6, 7)
_CHARGE_HOURS, _CHARGE_WATTS = 3, 7_400.0
_OUTAGE_DAYS_AGO, _OUTAGE_HOURS = 5, 1.5

_FIELD = re.compile(r'<input type="(?:hidden|checkbox)" name="([^"]+)" value="([^"]*)"')

# Cheap at night and at noon, dear in the evening.
_PRICES = {"ON_PEAK": 0.42, "PARTIAL_PEAK": 0.31, "OFF_PEAK": 0.18}
_TIMES = {"ON_PEAK": ((16, 21),), "PARTIAL_PEAK": ((7, 10), (21, 23)), "OFF_PEAK": ((10, 16), (23, 7))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tesla:
    """A cloud with the home's site, and an application that may see it."""

    server: TeslaServer
    site: EnergySite
    application: Application


def connect_tesla(city: City, redirect: str) -> Tesla:
    """Return a cloud with a home that has days behind it, an outage among them, and a car that charges at night."""
    clock = SystemClock()
    now, zone = clock.now(), ZoneInfo(city.place.timezone)
    today = datetime.fromtimestamp(now, UTC).astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    wall = WallConnector()

    def charge(_: EnergySite) -> None:
        for nights in _CHARGED_NIGHTS:
            start = (today - timedelta(days=nights)).replace(hour=1).timestamp()
            wall.charge(start, start + _CHARGE_HOURS * 3600, _CHARGE_WATTS)

    dark = (today - timedelta(days=_OUTAGE_DAYS_AGO)).replace(hour=19, minute=15).timestamp()
    outages = (Outage(start=dark, end=dark + _OUTAGE_HOURS * 3600),)
    house = HouseConfig(place=city.place, battery=powerwall(2), outages=outages)
    details = SiteDetails(site_id=SITE_ID, name=f"Powerwall home in {city.name}", vehicle_reserve_supported=True)
    site = lived(house, now=now, days=_PAST_DAYS, details=details, chargers=[wall], plan=charge)
    site.settings.change_in_app(Write.TARIFF, {"tariff_content_v2": _tariff(city.currency)})
    server = TeslaServer([site], clock=clock)
    server.policy.consent = Consent.ASK
    application = server.add_application("Home Assistant", redirects=[redirect, REDIRECT])
    return Tesla(server=server, site=site, application=application)


async def agree_at_tesla(session: ClientSession, address: str) -> str:
    """Allow access on the page at `address`, as its owner, and return the address that the owner is led to."""
    async with session.get(URL(address)) as response:
        page = await response.text()
    # All boxes are ticked, and the owner leaves them so.
    fields = [(name, unescape(value)) for name, value in _FIELD.findall(page)]
    allow = URL(address).with_query([*fields, ("answer", "allow")])
    async with session.get(allow, allow_redirects=False) as response:
        if (target := response.headers.get("Location")) is None:
            raise HomeAssistantError("Tesla's page leads nowhere")
        return target


def _tariff(currency: str) -> dict[str, object]:
    def period(start: int, end: int) -> dict[str, int]:
        return {
            "fromDayOfWeek": 0,
            "toDayOfWeek": 6,
            "fromHour": start,
            "fromMinute": 0,
            "toHour": end,
            "toMinute": 0,
        }

    periods = {label: {"periods": [period(*each) for each in times]} for label, times in _TIMES.items()}
    season = {"fromMonth": 1, "fromDay": 1, "toMonth": 12, "toDay": 31, "tou_periods": periods}
    rates = {"ALL": {"rates": {"ALL": 0}}, "Year": {"rates": dict(_PRICES)}}
    side = {"seasons": {"Year": season}, "energy_charges": rates, "demand_charges": {"ALL": {"rates": {"ALL": 0}}}}
    return {"version": 1, "name": "Time of use", "utility": "City Power", "currency": currency, **side}
