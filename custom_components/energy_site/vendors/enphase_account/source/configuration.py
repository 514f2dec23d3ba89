"""What is set for the batteries, what is requested of the gateway, and what the site does instead."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ....site.control import BlockReason, ControlKey, Value
from ....site.model import OperatingMode
from ..client.models.schedules import Schedules
from ..client.models.settings import BatteryDetails, ControlBlock, Profile, Requested, SiteSettings
from ..client.models.storm import StormAlerts

FULL_BACKUP = "backup_only"

MODES: Mapping[str, OperatingMode] = {
    "self-consumption": OperatingMode.SELF_CONSUMPTION,
    "cost_savings": OperatingMode.SAVINGS,
    FULL_BACKUP: OperatingMode.BACKUP,
    "ai_optimisation": OperatingMode.OPTIMIZED,
}
_ON = {"enabled": True, "disabled": False}

# Where the service names what was taken and isn't in force: a field, or a field of a block.
_REQUESTED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    ControlKey.BACKUP_RESERVE: (("batteryBackupPercentage",),),
    ControlKey.SHUTDOWN_LEVEL: (("veryLowSoc",),),
    ControlKey.OPERATING_MODE: (("profile",),),
    ControlKey.STORM_GUARD: (("stormGuardState",),),
    ControlKey.CHARGE_FROM_GRID: (("chargeFromGrid",), ("cfgControl", "enabled")),
    ControlKey.DISCHARGE_TO_GRID: (("dtgControl", "enabled"),),
    ControlKey.RESTRICT_DISCHARGE: (("rbdControl", "enabled"),),
    ControlKey.POWER_MATCH: (("powerMatch",), ("powerMatchControl", "enabled")),
}
_NAMED = frozenset(path[0] for paths in _REQUESTED.values() for path in paths)


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """All that is known of the settings.

    The profile's own answer is trusted for the selected one, unless `profile_changed` since it was read.
    """

    details: BatteryDetails
    site: SiteSettings | None
    profile: Profile | None
    schedules: Schedules | None
    alerts: StormAlerts | None
    profile_changed: bool = False

    @property
    def selected(self) -> str | None:
        """The selected profile, in the service's word."""
        known = self.profile.profile if self.profile is not None and not self.profile_changed else None
        return known or self.details.profile

    @property
    def in_full_backup(self) -> bool:
        """Whether the whole battery is kept in reserve, according to any answer."""
        return FULL_BACKUP in (self.selected, self.details.profile)

    @property
    def saved_windows(self) -> int | None:
        """How many windows of restricted discharge are saved, `None` if unknown."""
        return self.schedules.saved("rbd") if self.schedules is not None else None

    def value(self, key: str) -> Value | None:
        """Return what the service shows as active."""
        details = self.details
        match key:
            case ControlKey.BACKUP_RESERVE:
                return details.battery_backup_percentage
            case ControlKey.SHUTDOWN_LEVEL:
                return details.very_low_soc
            case ControlKey.OPERATING_MODE:
                return _mode(self.selected)
            case ControlKey.STORM_GUARD:
                return _ON.get(details.storm_guard_state or "")
            case ControlKey.CHARGE_FROM_GRID:
                return details.charge_from_grid
            case ControlKey.RESTRICT_DISCHARGE if details.rbd_control is None:
                return None if self.saved_windows else False
        block = self.block(key)
        return block.enabled if block is not None else None

    def block(self, key: str) -> ControlBlock | None:
        """Return the block of a setting, `None` if the site lacks it."""
        details = self.details
        return {
            ControlKey.CHARGE_FROM_GRID: details.cfg_control,
            ControlKey.DISCHARGE_TO_GRID: details.dtg_control,
            ControlKey.RESTRICT_DISCHARGE: details.rbd_control,
            ControlKey.POWER_MATCH: details.power_match_control,
        }.get(ControlKey(key))

    def requested(self, key: str) -> Value | None:
        """Return the value that was taken and isn't in force, `None` if there is none."""
        for fields in (each.fields for each in self._pending(key)):
            for path in _REQUESTED[key]:
                found: object = fields
                for name in path:
                    found = found.get(name) if isinstance(found, Mapping) else None
                if isinstance(found, bool | int | float | str):
                    return _as_value(key, found)
        return None

    def is_pending(self, key: str) -> bool:
        """Return whether anything is pending that may be this setting, as the service may name it in another way."""
        if key == ControlKey.OPERATING_MODE and self.profile is not None and self.profile.change_pending:
            return True
        return any(each and not _NAMED.intersection(each.fields) for each in self._pending(key))

    def _pending(self, key: str) -> tuple[Requested, ...]:
        """Return what the answer says that is read for a setting: another one may be of an hour ago."""
        if key == ControlKey.OPERATING_MODE and self.profile is not None:
            return (self.profile.requested,)
        return (self.details.requested, self.details.requested_mqtt)

    def storm_rules(self, now: datetime) -> bool:
        """Return whether a storm made the site select full backup, which ends with it."""
        if self.details.storm_guard_state == "disabled" or self.details.profile != FULL_BACKUP:
            return False
        alerts = self.alerts.alerts if self.alerts is not None else ()
        return self.details.show_storm_guard_alert is True or any(each.is_on(now) for each in alerts)

    def overruling(self, now: datetime) -> BlockReason | None:
        """Return what the site does at the moment instead of what is set."""
        site = self.site
        if self.storm_rules(now):
            return BlockReason.STORM
        if self.details.dr_event_active:
            return BlockReason.GRID_EVENT
        if site is not None and site.calibration_progress:
            return BlockReason.CALIBRATION
        if self.details.system_task:
            return BlockReason.SYSTEM_TASK
        return BlockReason.NOT_OWNER if site is not None and site.is_owner is False else None


def _mode(word: str | None) -> str | None:
    """Return a mode; one that is new is shown in the service's word."""
    return MODES.get(word, word) if word is not None else None


def _as_value(key: str, found: Value) -> Value:
    if isinstance(found, bool):
        return found
    if isinstance(found, str):
        return MODES.get(found, found) if key == ControlKey.OPERATING_MODE else _ON.get(found, found)
    return float(found)
