"""What is set at a site."""

from datetime import datetime, timedelta

from ....site.control import ControlKey, Value
from ....site.model import ExportRule, OperatingMode, Settings
from ..client.models.site_info import SiteInfo
from ..client.settings import OperationMode
from .context import Context
from .equipment import has_battery

MODES = {
    OperationMode.SELF_CONSUMPTION: OperatingMode.SELF_CONSUMPTION,
    OperationMode.AUTONOMOUS: OperatingMode.SAVINGS,
    OperationMode.BACKUP: OperatingMode.BACKUP,
}


# For this long after a write, it may be what made the site stop telling a setting.
_MAY_HIDE = timedelta(minutes=20)

_MISSING_MEANS_ALLOWED = (ControlKey.CHARGE_FROM_GRID, ControlKey.EXPORT_RULE)


def can_charge_from_grid(info: SiteInfo) -> bool:
    """Return whether the site has the setting that allows it."""
    components = info.components
    if not has_battery(info) or components.edit_setting_grid_charging is False:
        return False
    return components.solar is True or components.edit_setting_grid_charging is True


def charges_from_grid(info: SiteInfo) -> bool | None:
    """Return whether the battery may charge from the grid, `None` if the site lacks the setting.

    The API only sends that it may not.
    """
    if not can_charge_from_grid(info):
        return None
    return info.components.disallow_charge_from_grid_with_solar_installed is not True


def is_untold(key: str, info: SiteInfo, context: Context) -> bool:
    """Return whether a missing field doesn't mean that all is allowed, but that it isn't sent since it was written."""
    return key in _MISSING_MEANS_ALLOWED and key in context.written and not _tells_exports(info)


def note_written(key: str, value: Value, info: SiteInfo, context: Context) -> None:
    """Record a write, unless a missing field confirms it as nothing else can."""
    context.written.pop(key, None)
    if _tells_exports(info) and value != ExportRule.BATTERY_OK:
        context.written[key] = context.clock()


def forget_written(info: SiteInfo, context: Context) -> None:
    """Forget the writes after which the site continued to tell its settings."""
    if _tells_exports(info):
        now = context.clock()
        context.written = {key: at for key, at in context.written.items() if now - at < _MAY_HIDE}


def _tells_exports(info: SiteInfo) -> bool:
    components = info.components
    told = (components.customer_preferred_export_rule, components.net_meter_mode, components.non_export_configured)
    return any(each is not None for each in told)


def storm_guard(info: SiteInfo, context: Context) -> bool | None:
    """Return whether Storm Watch is on; a site whose owner never touched the setting sends null."""
    setting = info.user_settings.storm_mode_enabled
    return False if setting is None and not context.storm_watch_told else setting


def build(info: SiteInfo, context: Context, observed_at: datetime) -> Settings | None:
    """Build the active settings, `None` for a site without a battery."""
    if not has_battery(info):
        return None
    mode, rule = info.default_real_mode, info.components.export_rule
    untold = {key: is_untold(key, info, context) for key in _MISSING_MEANS_ALLOWED}
    return Settings(
        observed_at=observed_at,
        backup_reserve=info.backup_reserve_percent,
        operating_mode=MODES[OperationMode(mode)] if mode in tuple(OperationMode) else None,
        charge_from_grid=None if untold[ControlKey.CHARGE_FROM_GRID] else charges_from_grid(info),
        export_rule=ExportRule(rule) if rule in tuple(ExportRule) and not untold[ControlKey.EXPORT_RULE] else None,
        off_grid_vehicle_charging_reserve=info.off_grid_vehicle_charging_reserve_percent,
    )
