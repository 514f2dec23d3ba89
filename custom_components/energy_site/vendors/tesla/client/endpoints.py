"""What can be requested of the Fleet API: one entry an endpoint.

The reads of a site require the scope `energy_device_data`, its writes `energy_cmds`.
"""

from collections.abc import Callable

from .endpoint import FleetEndpoint
from .models import account, backup_history, charge_history, energy_history, live_status, partner, site_info


def _account[T](key: str, path: str, parse: Callable[[str, object], T]) -> FleetEndpoint[T]:
    return FleetEndpoint(key=key, path=path, parse=parse)


def _site[T](key: str, parse: Callable[[str, object], T]) -> FleetEndpoint[T]:
    return FleetEndpoint(key=key, path=f"energy_sites/{{site_id}}/{key}", parse=parse)


def _history[T](name: str, kind: str, parse: Callable[[str, object], T]) -> FleetEndpoint[T]:
    return FleetEndpoint(
        key=f"{name}_{kind}", path=f"energy_sites/{{site_id}}/{name}", query={"kind": kind}, parse=parse
    )


def _setting(key: str) -> FleetEndpoint[None]:
    return FleetEndpoint(method="POST", key=key, path=f"energy_sites/{{site_id}}/{key}", parse=_nothing)


def _nothing(_: str, __: object) -> None:
    """Make nothing of an answer that says no more than that a change was accepted."""


PRODUCTS = _account("products", "products", account.parse_products)
REGION = _account("region", "users/region", account.parse_region)

SITE_INFO = _site("site_info", site_info.parse_site_info)
LIVE_STATUS = _site("live_status", live_status.parse_live_status)
ENERGY_HISTORY = _history("calendar_history", "energy", energy_history.parse_energy_history)
BACKUP_HISTORY = _history("calendar_history", "backup", backup_history.parse_backup_history)
CHARGE_HISTORY = _history("telemetry_history", "charge", charge_history.parse_charge_history)

SET_BACKUP_RESERVE = _setting("backup")
SET_OFF_GRID_VEHICLE_CHARGING_RESERVE = _setting("off_grid_vehicle_charging_reserve")
SET_OPERATION_MODE = _setting("operation")
SET_STORM_MODE = _setting("storm_mode")
SET_GRID_IMPORT_EXPORT = _setting("grid_import_export")
SET_TIME_OF_USE = _setting("time_of_use_settings")

REGISTER = FleetEndpoint(
    method="POST", key="partner_accounts", path="partner_accounts", parse=partner.parse_partner_account
)
PUBLIC_KEY = _account("partner_public_key", "partner_accounts/public_key", partner.parse_public_key)
