"""The active settings according to the cloud: battery, Storm Guard, load circuits."""

from collections.abc import Mapping
from datetime import datetime

from .....site.circuits import CircuitMode, LoadCircuit, LoadCircuits
from .....site.model import OperatingMode, Settings, Storm
from ...client.models.battery import BatteryMode, BatterySettings, LoadContact, LoadMode, StormGuard

MODES: Mapping[BatteryMode, OperatingMode] = {
    BatteryMode.SELF_CONSUMPTION: OperatingMode.SELF_CONSUMPTION,
    BatteryMode.SAVINGS: OperatingMode.SAVINGS,
    BatteryMode.FULL_BACKUP: OperatingMode.BACKUP,
    BatteryMode.AI_OPTIMISATION: OperatingMode.OPTIMIZED,
}
CIRCUIT_MODES: Mapping[str, CircuitMode] = {
    LoadMode.BASIC: CircuitMode.BASIC,
    LoadMode.SCHEDULED: CircuitMode.SCHEDULE,
    LoadMode.ADVANCED_BATTERY_POWERED: CircuitMode.BATTERY_LEVEL,
    LoadMode.ADVANCED_GENERATOR_POWERED: CircuitMode.GENERATOR,
    LoadMode.MANUAL_ALWAYS_POWERED: CircuitMode.ALWAYS_ON,
    LoadMode.MANUAL_ALWAYS_NOT_POWERED: CircuitMode.ALWAYS_OFF,
}


def build(settings: BatterySettings | None, at: datetime) -> Settings | None:
    """Build the settings, if the plan includes them."""
    if settings is None:
        return None
    return Settings(
        observed_at=at,
        backup_reserve=settings.reserve_soc,
        shutdown_level=settings.battery_shutdown_level,
        operating_mode=MODES.get(settings.mode) if settings.mode is not None else None,
        charge_from_grid=settings.charge_from_grid,
    )


def build_storm(guard: StormGuard | None, at: datetime) -> Storm | None:
    """Build the storm status, if the plan includes it."""
    return None if guard is None else Storm(observed_at=at, guarded=guard.enabled, alert=guard.storm_alert)


def build_circuits(contacts: tuple[LoadContact, ...] | None, at: datetime) -> LoadCircuits | None:
    """Build the load circuits, if the plan includes them."""
    circuits = {
        contact.name: LoadCircuit(
            name=contact.load_name,
            kind="LOAD",
            mode=CIRCUIT_MODES.get(contact.mode or ""),
            level_low=contact.soc_low,
            level_high=contact.soc_high,
        )
        for contact in contacts or ()
        if contact.load_name
    }
    return LoadCircuits(observed_at=at, circuits=circuits) if circuits else None
