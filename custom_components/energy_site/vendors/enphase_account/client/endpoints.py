"""What can be read and set through the owner's account: one entry an endpoint.

Enphase documents none of it, so each path, query and family stands here and nowhere else. The name of an endpoint is
its path, in which the site's number is left out.
"""

from collections.abc import Callable, Mapping

from .endpoint import AccountCommand, AccountEndpoint, HeaderFamily
from .models import account, battery, devices, energy, events, outages, power, schedules, settings, sites, storm, tariff

_BATTERY_CONFIG = "/service/batteryConfig/api/v1"


def _read[T](
    path: str,
    parse: Callable[[str, object], T],
    *,
    family: HeaderFamily = HeaderFamily.APP,
    query: Mapping[str, str] | None = None,
    by_user: bool = False,
) -> AccountEndpoint[T]:
    return AccountEndpoint(name=path, path=path, family=family, parse=parse, query=query or {}, by_user=by_user)


def _setting[T](
    path: str, parse: Callable[[str, object], T], *, by_user: bool = True, enho: bool = False
) -> AccountEndpoint[T]:
    return _read(
        f"{_BATTERY_CONFIG}/{path}",
        parse,
        family=HeaderFamily.BATTERY_CONFIG,
        query={"source": "enho"} if enho else None,
        by_user=by_user,
    )


def _command(method: str, path: str, *, by_user: bool = True, query: Mapping[str, str] | None = None) -> AccountCommand:
    full = f"{_BATTERY_CONFIG}/{path}"
    return AccountCommand(name=f"{method} {full}", method=method, path=full, by_user=by_user, query=query or {})


SITES = _read("/app-api/search_sites.json", sites.parse_sites, query={"searchText": "", "favourite": "false"})
DATA = _read(
    "/app-api/{site_id}/data.json",
    account.parse_user_id,
    query={"app": "1", "device_status": "non_retired", "is_mobile": "0"},
)

TODAY = _read("/pv/systems/{site_id}/today", energy.parse_today)
LIFETIME = _read("/pv/systems/{site_id}/lifetime_energy", energy.parse_lifetime_energy)
LATEST_POWER = _read("/app-api/{site_id}/get_latest_power", power.parse_latest_power)
BATTERY_STATUS = _read("/pv/settings/{site_id}/battery_status.json", battery.parse_battery_status)
DEVICES = _read("/app-api/{site_id}/devices.json", devices.parse_devices)
BACKUP_HISTORY = _read("/app-api/{site_id}/battery_backup_history.json", outages.parse_backup_history)
OFF_GRID = _read("/app-api/{site_id}/off_grid_due_to_grid_outage", outages.parse_off_grid)
EVENTS = _read(
    "/service/events-platform-service/v1.0/{site_id}/events/homeowner",
    events.parse_events,
    query={"next": "start", "page_size": "30", "locale": "en"},
)
TARIFF = _read(
    "/service/tariff/tariff-ms/systems/{site_id}/tariff",
    tariff.parse_tariff,
    family=HeaderFamily.TARIFF,
    query={"include-site-details": "true"},
)

BATTERY_SETTINGS = _setting("batterySettings/{site_id}", settings.parse_battery_details, enho=True)
PROFILE = _setting("profile/{site_id}", settings.parse_profile, enho=True)
SITE_SETTINGS = _setting("siteSettings/{site_id}", settings.parse_site_settings)
SCHEDULES = _setting("battery/sites/{site_id}/schedules", schedules.parse_schedules, by_user=False)
STORM_ALERT = _setting("stormGuard/{site_id}/stormAlert", storm.parse_storm_alerts, by_user=False)

SET_PROFILE = _command("PUT", "profile/{site_id}", query={"source": "enho"})
SET_BATTERY_SETTINGS = _command("PUT", "batterySettings/{site_id}")
SET_STORM_GUARD = _command("PUT", "stormGuard/toggle/{site_id}")
ACCEPT_DISCLAIMER = _command("POST", "batterySettings/acceptDisclaimer/{site_id}")
