"""The service's paths, for those who count requests or let them fail."""

from enum import StrEnum


class Family(StrEnum):
    """Endpoints that want the same headers and fail together."""

    APP = "app"
    BATTERY_CONFIG = "battery_config"
    TARIFF = "tariff"


LOGIN = "/login/login.json"
SEND_CODE = "/app-api/generate_mfa_login_otp"
ENTER_CODE = "/app-api/validate_login_otp"
GATEWAY_TOKEN = "/tokens"  # noqa: S105 - a path
OWNER_TOKEN = "/entrez-auth-token"  # noqa: S105 - a path
TOKEN = "/users/self/token"  # noqa: S105 - a path
SITES = "/app-api/search_sites.json"

TODAY = "/pv/systems/{site_id}/today"
LIFETIME = "/pv/systems/{site_id}/lifetime_energy"
LATEST_POWER = "/app-api/{site_id}/get_latest_power"
BATTERY_STATUS = "/pv/settings/{site_id}/battery_status.json"
DEVICES = "/app-api/{site_id}/devices.json"
OFF_GRID = "/app-api/{site_id}/off_grid_due_to_grid_outage"
BACKUP_HISTORY = "/app-api/{site_id}/battery_backup_history.json"
EVENTS = "/service/events-platform-service/v1.0/{site_id}/events/homeowner"
DATA = "/app-api/{site_id}/data.json"
GRID_CHECK = "/app-api/{site_id}/grid_control_check.json"
TARIFF = "/service/tariff/tariff-ms/systems/{site_id}/tariff"

BASE = "/service/batteryConfig/api/v1"
BATTERY_SETTINGS = f"{BASE}/batterySettings/{{site_id}}"
PROFILE = f"{BASE}/profile/{{site_id}}"
SITE_SETTINGS = f"{BASE}/siteSettings/{{site_id}}"
SCHEDULES = f"{BASE}/battery/sites/{{site_id}}/schedules"
STORM_ALERT = f"{BASE}/stormGuard/{{site_id}}/stormAlert"
STORM_TOGGLE = f"{BASE}/stormGuard/toggle/{{site_id}}"
ACCEPT_DISCLAIMER = f"{BASE}/batterySettings/acceptDisclaimer/{{site_id}}"
CANCEL_PROFILE = f"{BASE}/cancel/profile/{{site_id}}"

READS: dict[Family, tuple[str, ...]] = {
    Family.APP: (
        TODAY,
        LIFETIME,
        LATEST_POWER,
        BATTERY_STATUS,
        DEVICES,
        OFF_GRID,
        BACKUP_HISTORY,
        EVENTS,
        DATA,
        GRID_CHECK,
    ),
    Family.BATTERY_CONFIG: (BATTERY_SETTINGS, PROFILE, SITE_SETTINGS, SCHEDULES, STORM_ALERT),
    Family.TARIFF: (TARIFF,),
}
WRITES = (BATTERY_SETTINGS, PROFILE, STORM_TOGGLE, STORM_ALERT, ACCEPT_DISCLAIMER, CANCEL_PROFILE)


def family_of(path: str) -> Family:
    """Return the family a path belongs to."""
    if path.startswith("/service/tariff/"):
        return Family.TARIFF
    return Family.BATTERY_CONFIG if path.startswith(BASE) else Family.APP
