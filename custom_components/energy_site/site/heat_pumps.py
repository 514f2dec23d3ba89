"""Heat pumps that a site's vendor knows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .model import DeviceInfo, Part


class HeatPumpMode(StrEnum):
    """The four states of a heat pump that follows the site, from blocked to running as much as it can."""

    MODE_1 = "mode_1"
    MODE_2 = "mode_2"
    MODE_3 = "mode_3"
    MODE_4 = "mode_4"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatPumpUnit:
    """One heat pump: its mode, W now, and Wh that it has used."""

    device: DeviceInfo
    mode: HeatPumpMode | None = None
    power: float | None = None
    energy: float | None = None
    last_reported: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatPumps(Part):
    """The heat pumps by their serial numbers."""

    units: Mapping[str, HeatPumpUnit]
