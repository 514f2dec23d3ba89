"""Decides whether the reported power of the batteries is plausible."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ..client.models.ensemble import BatteryPower
from .admission import INTERVALS, Coherence

# A battery's real and apparent power are close to each other, except while it idles.
_NEAR = 0.3
_IDLE = 100.0

_LARGEST_UNIT = 15_000.0


@dataclass(slots=True)
class BatteryAdmission:
    """Keeps the last good powers, and counts rejected answers."""

    refused: int = 0
    _unsigned: bool = False
    _opposed: bool = False
    _coherence: Coherence = field(default_factory=Coherence)
    _good: tuple[datetime, tuple[BatteryPower, ...]] | None = None

    def take(
        self, found: tuple[BatteryPower, ...], limits: Mapping[str, float], now: datetime, interval: timedelta
    ) -> tuple[tuple[BatteryPower, ...], datetime]:
        """Return the valid powers, and when they were received.

        `limits` are in W for each unit, by its serial number. One impossible power invalidates the
        whole answer, as the powers are only useful as a sum.
        """
        possible = all(
            unit.real_power_mw is None or abs(unit.real_power_mw) <= 1000 * limits.get(unit.serial, _LARGEST_UNIT)
            for unit in found
        )
        twice = len({unit.serial for unit in found}) < len(found)
        # Reactive power separates the two for a while; that must not interrupt the values.
        coherent = self._coherence.allows(now, coherent=self._coherent(found), tolerated_for=2 * interval)
        if coherent and possible and not twice:
            self._good = (now, found)
            return found, now
        self.refused += 1
        if self._good is not None and now - self._good[0] <= INTERVALS * interval:
            return self._good[1], self._good[0]
        return (), now

    def _coherent(self, found: tuple[BatteryPower, ...]) -> bool | None:
        """Return whether real and apparent power agree; some firmware sends the latter without its sign."""
        pairs = [
            (unit.real_power_mw / 1000, unit.apparent_power_mva / 1000)
            for unit in found
            if unit.real_power_mw is not None and unit.apparent_power_mva is not None
        ]
        if not pairs:
            return None

        def near(real: float, apparent: float) -> bool:
            return abs(real - apparent) <= max(_IDLE, _NEAR * abs(apparent))

        opposed = any(not near(real, apparent) and near(-real, apparent) for real, apparent in pairs)
        # A single difference in sign is a fault; if it repeats, the sign is never sent.
        self._unsigned = self._unsigned or (opposed and self._opposed)
        self._opposed = opposed
        return all(near(real, apparent) or (self._unsigned and near(-real, apparent)) for real, apparent in pairs)
