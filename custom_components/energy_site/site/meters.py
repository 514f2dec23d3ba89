"""What a site's meters measure, beside the power that flows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .model import DeviceInfo, Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Voltage (of a phase), current, frequency and power factor at one place."""

    voltage: float | None = None
    current: float | None = None
    frequency: float | None = None
    power_factor: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """One meter: its power in W, what was counted both ways in Wh, and whether it measures well.

    `status` is `normal`, `not_metering` or `check_wiring`; `flags` say what
    the site's owner should have looked at.
    """

    power: float | None
    delivered: float | None
    received: float | None
    quality: Quality
    phases: tuple[Quality, ...]
    status: str | None
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterUnit:
    """One meter as a device: its odometer in Wh as it was read, which nothing guards, and when that was."""

    device: DeviceInfo
    odometer: float | None
    last_reported: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Meters(Part):
    """The enabled meters by what they measure, such as `production` or `grid`, and those that are told one by one."""

    by_kind: Mapping[str, Meter]
    units: Mapping[str, MeterUnit] = field(default_factory=dict)
