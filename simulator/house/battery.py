"""The battery: what it holds, what it can do, and what it wants to do."""

from dataclasses import dataclass
from math import sqrt

from .config import BatteryConfig, StorageMode

_FULL = 100.0


@dataclass(slots=True, kw_only=True)
class BatterySettings:
    """What the owner set: percent of reserve, the mode, grid charging."""

    mode: StorageMode
    reserve: float
    charge_from_grid: bool
    shutdown_level: float
    stalled: bool = False
    """Whether it waits at its level though it may charge: it takes what the roof has over, and gives nothing."""

    @property
    def effective_reserve(self) -> float:
        """Percent that is kept for an outage; full backup keeps everything."""
        return _FULL if self.mode is StorageMode.BACKUP else self.reserve


class Battery:
    """Energy in Wh inside the cells; losses happen on the way in and out."""

    def __init__(self, config: BatteryConfig) -> None:
        """Fill it to the configured level."""
        self.config = config
        self.capacity = config.units * config.capacity_wh
        self.settings = BatterySettings(
            mode=config.mode,
            reserve=config.reserve,
            charge_from_grid=config.charge_from_grid,
            shutdown_level=config.shutdown_level,
        )
        self._stored = self.capacity * min(_FULL, max(0.0, config.level)) / _FULL
        self._one_way = sqrt(config.round_trip_efficiency)

    @property
    def level(self) -> float:
        """State of charge in percent, 0..100."""
        return _FULL * self._stored / self.capacity

    @level.setter
    def level(self, percent: float) -> None:
        self._stored = self.capacity * min(_FULL, max(0.0, percent)) / _FULL

    @property
    def available_wh(self) -> float:
        """Energy in the cells, Wh."""
        return self._stored

    def charge_limit(self, hours: float) -> float:
        """Return the W it can take for `hours`."""
        room = (self.capacity - self._stored) / self._one_way / hours
        return max(0.0, min(self.config.units * self.config.charge_watts, room))

    def discharge_limit(self, hours: float, floor: float) -> float:
        """Return the W it can give for `hours` without going under `floor` percent."""
        spare = self._stored - self.capacity * floor / _FULL
        return max(
            0.0,
            min(
                self.config.units * self.config.discharge_watts,
                spare * self._one_way / hours,
            ),
        )

    def take(self, charge_wh: float, discharge_wh: float) -> None:
        """Move energy, Wh measured outside of the battery."""
        stored = self._stored + charge_wh * self._one_way - discharge_wh / self._one_way
        self._stored = min(self.capacity, max(0.0, stored))

    def wish(self, net_load: float, local_hour: float, hours: float) -> float:
        """Return the W it gives (+) or takes (-) on the grid for `hours`.

        `net_load` is what the house needs beyond its solar power, W.
        """
        settings = self.settings
        reserve = settings.effective_reserve
        short = self.level < reserve - 0.05
        if short and settings.stalled:
            return -min(self.charge_limit(hours), max(-net_load, 0.0))
        if settings.mode is StorageMode.BACKUP or (short and settings.charge_from_grid):
            wanted = self.capacity * reserve / _FULL - self._stored
            grid = max(0.0, wanted / self._one_way / hours)
            return -min(self.charge_limit(hours), max(grid, -net_load, 0.0))
        if settings.mode is StorageMode.SAVINGS:
            return self._savings(net_load, local_hour, hours, reserve)
        if net_load < 0:
            return -min(self.charge_limit(hours), -net_load)
        return min(self.discharge_limit(hours, reserve), net_load)

    def _savings(self, net_load: float, local_hour: float, hours: float, reserve: float) -> float:
        start, end = self.config.grid_charge_hours
        if self.settings.charge_from_grid and start <= local_hour < end:
            return -self.charge_limit(hours)
        if net_load < 0:
            return -min(self.charge_limit(hours), -net_load)
        start, end = self.config.peak_hours
        if start <= local_hour < end:
            return min(self.discharge_limit(hours, reserve), net_load)
        return 0.0
