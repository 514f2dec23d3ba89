"""Whether a battery charges, also one that was just allowed to charge from the grid: being allowed isn't charging."""

from datetime import datetime, timedelta

from .model import Battery, GridStatus, PowerFlow, Settings

# How long a battery may take to begin.
_BEGINS_WITHIN = timedelta(minutes=5)

# Below this many W, a battery only covers its own consumption, and a meter only tells of noise.
LEAST_POWER = 50.0

# Levels and reserves are whole %, and a battery may stop just below its reserve.
_MARGIN = 1.0


def is_charging(power: PowerFlow | None) -> bool | None:
    """Return whether the battery charges, `None` if its power is unknown."""
    flow = power.battery if power is not None else None
    return None if flow is None else flow.power < -LEAST_POWER


class ChargingWatch:
    """Watches a battery after a change that should make it charge."""

    def __init__(self) -> None:
        """Start without such a change."""
        self._since: datetime | None = None

    def begin(self, now: datetime) -> None:
        """Begin to watch after a change of the reserve, or of whether the battery may charge from the grid."""
        self._since = now

    def end(self) -> None:
        """End the watch until the next such change."""
        self._since = None

    def is_idle(
        self, settings: Settings | None, battery: Battery | None, power: PowerFlow | None, grid: GridStatus | None
    ) -> bool:
        """Return whether the battery should have begun to charge long ago; end the watch once it has begun."""
        flow = power.battery if power is not None else None
        if self._since is None or settings is None or battery is None or flow is None:
            return False
        reserve, level = settings.backup_reserve, battery.level
        waits = (
            settings.charge_from_grid is True
            and reserve is not None
            and level is not None
            and level < reserve - _MARGIN
            and (grid is None or grid.connected is not False)
        )
        if not waits or is_charging(power):
            self._since = None
            return False
        return flow.observed_at - self._since >= _BEGINS_WITHIN
