"""Values of a site's meters other than the power flows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .model import DeviceInfo, Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Voltage in V (of a phase), current in A, frequency in Hz, power in VA and var, and power factor at one point."""

    voltage: float | None = None
    current: float | None = None
    frequency: float | None = None
    apparent_power: float | None = None
    reactive_power: float | None = None
    power_factor: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Energy:
    """Energy counted in each direction in Wh."""

    delivered: float | None
    received: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """One meter: its power in W, the energy counted in each direction in Wh, and its health.

    `status` is `normal`, `not_metering` or `check_wiring`; `flags` are the problems that the owner
    should have checked. `phase_energy` is that of each phase, and `netted` the energy that is left when phases in opposite
    directions cancel each other out.
    """

    power: float | None
    delivered: float | None
    received: float | None
    quality: Quality
    phases: tuple[Quality, ...]
    status: str | None
    flags: tuple[str, ...]
    phase_energy: tuple[Energy, ...] = ()
    netted: Energy | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterUnit:
    """One meter as a device: its odometer in Wh exactly as read, and when that was."""

    device: DeviceInfo
    odometer: float | None
    last_reported: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Meters(Part):
    """The enabled meters by what they measure, such as `production` or `grid`, and individual meters."""

    by_kind: Mapping[str, Meter]
    units: Mapping[str, MeterUnit] = field(default_factory=dict)
