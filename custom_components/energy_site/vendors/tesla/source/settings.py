"""What is set at a site."""

from datetime import datetime

from ....site.model import ExportRule, OperatingMode, Settings
from ..client.models.site_info import SiteInfo
from ..client.settings import OperationMode

MODES = {
    OperationMode.SELF_CONSUMPTION: OperatingMode.SELF_CONSUMPTION,
    OperationMode.AUTONOMOUS: OperatingMode.SAVINGS,
    OperationMode.BACKUP: OperatingMode.BACKUP,
}


def charges_from_grid(info: SiteInfo) -> bool | None:
    """Return whether the battery may charge from the grid, `None` if the site lacks the setting.

    The API only sends that it may not.
    """
    components = info.components
    if components.battery is False or components.edit_setting_grid_charging is False:
        return None
    if components.solar is not True and components.edit_setting_grid_charging is None:
        return None
    return components.disallow_charge_from_grid_with_solar_installed is not True


def build(info: SiteInfo, observed_at: datetime) -> Settings | None:
    """Build the active settings, `None` for a site without a battery."""
    if info.components.battery is False:
        return None
    mode, rule = info.default_real_mode, info.components.export_rule
    return Settings(
        observed_at=observed_at,
        backup_reserve=info.backup_reserve_percent,
        operating_mode=MODES[OperationMode(mode)] if mode in tuple(OperationMode) else None,
        charge_from_grid=charges_from_grid(info),
        export_rule=ExportRule(rule) if rule in tuple(ExportRule) else None,
        off_grid_vehicle_charging_reserve=info.off_grid_vehicle_charging_reserve_percent,
    )
