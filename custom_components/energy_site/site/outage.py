"""When the grid was lost, and for how long."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .model import GridState, GridStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageEvent:
    """The grid was lost, or is back after `lasted`."""

    lost: bool
    lasted: timedelta | None = None


class OutageWatch:
    """Detects the start and end of an outage from the status of the grid.

    A house that was disconnected from the grid on purpose has no outage.
    """

    def __init__(self) -> None:
        """Start without knowing the grid's status."""
        self._connected: bool | None = None
        self._lost_at: datetime | None = None

    def observe(self, grid: GridStatus, now: datetime) -> OutageEvent | None:
        """Return what happened since the last call, `None` for nothing."""
        if grid.state is None:
            return None
        if grid.state is GridState.ON_GRID:
            lost_at, self._lost_at = self._lost_at, None
            self._connected = True
            return None if lost_at is None else OutageEvent(lost=False, lasted=now - lost_at)
        if grid.state is GridState.SYNCHRONIZING or self._lost_at is not None:
            return None
        if grid.enabled is False:
            # After a restart, the house may be reported as off the grid before it is known to be meant to.
            self._connected = False
            return None
        # Without having seen the grid connected, it is unknown when it was lost.
        known, self._connected = self._connected, False
        if known:
            self._lost_at = now
            return OutageEvent(lost=True)
        return None

    def as_dict(self) -> dict[str, Any]:
        """Return the state to store across restarts, as plain JSON data."""
        return {"connected": self._connected, "lost_at": self._lost_at.isoformat() if self._lost_at else None}

    def restore(self, data: Mapping[str, Any]) -> None:
        """Restore the data of `as_dict`."""
        connected, lost_at = data.get("connected"), data.get("lost_at")
        self._connected = connected if isinstance(connected, bool) else None
        try:
            moment = datetime.fromisoformat(lost_at) if isinstance(lost_at, str) else None
        except ValueError:
            return
        self._lost_at = moment if moment is not None and moment.tzinfo is not None else None
