"""Decides whether what the batteries say of their power is believed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ..client.models.ensemble import BatteryPower
from .admission import INTERVALS, Coherence

# Both powers of a battery are near each other, except while it idles.
_NEAR = 0.3
_IDLE = 100.0

_LARGEST_UNIT = 15_000.0


@dataclass(slots=True)
class BatteryAdmission:
    """Keeps the last good powers, and counts what was refused."""

    refused: int = 0
    _unsigned: bool = False
    _opposed: bool = False
    _coherence: Coherence = field(default_factory=Coherence)
    _good: tuple[datetime, tuple[BatteryPower, ...]] | None = None

    def take(
        self, found: tuple[BatteryPower, ...], limits: Mapping[str, float], now: datetime, interval: timedelta
    ) -> tuple[tuple[BatteryPower, ...], datetime]:
        """Return the powers that stand, and since when.

        `limits` are the W of each unit by its serial number. One impossible power
        makes all of one answer doubtful: they are only of use as a sum.
        """
        possible = all(
            unit.real_power_mw is None or abs(unit.real_power_mw) <= 1000 * limits.get(unit.serial, _LARGEST_UNIT)
            for unit in found
        )
        twice = len({unit.serial for unit in found}) < len(found)
        # Reactive power parts the two powers for a while; no value is missed for that.
        coherent = self._coherence.allows(now, coherent=self._coherent(found), tolerated_for=2 * interval)
        if coherent and possible and not twice:
            self._good = (now, found)
            return found, now
        self.refused += 1
        if self._good is not None and now - self._good[0] <= INTERVALS * interval:
            return self._good[1], self._good[0]
        return (), now

    def _coherent(self, found: tuple[BatteryPower, ...]) -> bool | None:
        """Tell whether real and apparent power agree; some firmware sends the latter without its sign."""
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
        # A sign that turns up against the other for once is a fault, one that goes on so was never sent.
        self._unsigned = self._unsigned or (opposed and self._opposed)
        self._opposed = opposed
        return all(near(real, apparent) or (self._unsigned and near(-real, apparent)) for real, apparent in pairs)
