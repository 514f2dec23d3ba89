"""What is set, in the cloud's and in the gateway's view."""

from dataclasses import dataclass, replace
from typing import Any

from .behaviour import Setting

BACKUP = "backup_only"
PROFILES = ("self-consumption", "cost_savings", BACKUP, "expert", "ai_optimisation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Settings: percent; times are minutes after the site's midnight."""

    profile: str = "self-consumption"
    reserve: int = 20
    charge_from_grid: bool = False
    charge_schedule: bool = False
    charge_begin: int = 120
    charge_end: int = 300
    shutdown_level: int = 10
    discharge_to_grid: bool = False
    discharge_begin: int = 1020
    discharge_end: int = 1260
    restrict_discharge: bool = False
    power_match: bool = True
    storm_guard: bool = True
    storm_guard_cars: bool = False
    operation_sub_type: str = "prioritize-energy"

    def changed(self, values: dict[str, Any]) -> Config:
        """Return it with other values."""
        return replace(self, **values)


CLOUD_ONLY = frozenset({Setting.STORM_GUARD})
"""Settings that no gateway is told."""

_NAMES = {
    "profile": "profile",
    "reserve": "batteryBackupPercentage",
    "charge_from_grid": "chargeFromGrid",
    "charge_schedule": "chargeFromGridScheduleEnabled",
    "charge_begin": "chargeBeginTime",
    "charge_end": "chargeEndTime",
    "shutdown_level": "veryLowSoc",
    "storm_guard_cars": "evseStormEnabled",
    "operation_sub_type": "operationModeSubType",
}
_BLOCKS = {
    "discharge_to_grid": ("dtgControl", "enabled"),
    "discharge_begin": ("dtgControl", "startTime"),
    "discharge_end": ("dtgControl", "endTime"),
    "restrict_discharge": ("rbdControl", "enabled"),
}


def requested(values: dict[str, Any]) -> dict[str, Any]:
    """Return wishes as `requestedConfig` has them; PowerMatch is not among them."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if name in _NAMES:
            found[_NAMES[name]] = value
        elif name in _BLOCKS:
            block, key = _BLOCKS[name]
            found.setdefault(block, {})[key] = value
        elif name == "storm_guard":
            found["stormGuardState"] = storm_word(enabled=value)
    return found


def storm_word(*, enabled: bool) -> str:
    """Return the word for whether storms are watched."""
    return "enabled" if enabled else "disabled"
