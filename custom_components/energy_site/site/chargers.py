"""Chargers of vehicles: what each of them does now, and its last session."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .model import DeviceInfo, Part


class ChargerState(StrEnum):
    """What a charger does."""

    CHARGING = "charging"
    IDLE = "idle"
    UNPLUGGED = "unplugged"
    UNPLUGGED_FAULTED = "unplugged_faulted"
    WAITING_FOR_VEHICLE = "waiting_for_vehicle"
    TIME_RESTRICTED = "time_restricted"
    FAULT_CHARGING = "fault_charging"
    FAULT = "fault"
    OFFLINE = "offline"

    @property
    def plugged_in(self) -> bool | None:
        """Whether a vehicle is plugged in, `None` if the charger can't tell."""
        if self in (ChargerState.OFFLINE, ChargerState.FAULT):
            return None
        return self not in (ChargerState.UNPLUGGED, ChargerState.UNPLUGGED_FAULTED)


class ChargerKind(StrEnum):
    """What a charger is called."""

    EV_CHARGER = "ev_charger"
    WALL_CONNECTOR = "charger"


class ChargerFault(StrEnum):
    """How a charger's fault detection stands."""

    STARTUP = "startup"
    READY = "ready"
    CRITICAL_FAULT = "critical_fault"
    NON_CRITICAL_FAULT = "non_critical_fault"
    RETRY_PENDING = "retry_pending"
    LOCKOUT = "lockout"
    FOLDBACK = "foldback"
    CHARGING = "charging"
    CONFIGURATION_REQUIRED = "configuration_required"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerUnit:
    """One charger: W now, the start and Wh of its last session, and Wh of its lifetime."""

    device: DeviceInfo
    kind: ChargerKind = ChargerKind.EV_CHARGER
    power: float | None = None
    state: ChargerState | None = None
    fault: ChargerFault | None = None
    session_start: datetime | None = None
    session_energy: float | None = None
    energy: float | None = None

    @property
    def connected(self) -> bool | None:
        """Whether a vehicle is plugged in."""
        return None if self.state is None else self.state.plugged_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Chargers(Part):
    """The chargers by their serial numbers."""

    units: Mapping[str, ChargerUnit]
