"""When the grid was lost, and for how long."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .model import GridState, GridStatus
from .past_outages import PastOutage

# The times of an outage in a cloud and those observed here differ by up to this much.
_TOLERANCE = timedelta(minutes=5)

# A cloud lists old outages again and again.
_REMEMBERED = 50


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
        self._since: datetime | None = None
        self._seen: list[tuple[datetime, datetime]] = []

    def observe(self, grid: GridStatus, now: datetime) -> OutageEvent | None:
        """Return what happened since the last call, `None` for nothing."""
        if grid.state is None:
            return None
        if grid.state is GridState.ON_GRID:
            lost_at, self._lost_at = self._lost_at, None
            self._connected = True
            if lost_at is None:
                return None
            self._remember(lost_at, now)
            return OutageEvent(lost=False, lasted=now - lost_at)
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

    def review(self, outages: Iterable[PastOutage], now: datetime) -> list[OutageEvent]:
        """Return the end of each outage that a cloud lists and that wasn't observed, once.

        Outages that ended before the first review are ignored.
        """
        since = self._since = self._since or now
        events = []
        for each in outages:
            if each.ended_at <= since or each.ended_at > now or self._is_known(each):
                continue
            self._remember(each.started_at, each.ended_at)
            events.append(OutageEvent(lost=False, lasted=each.lasted))
        return events

    def _is_known(self, outage: PastOutage) -> bool:
        # The one that lasts is reported when it ends.
        spans = [*self._seen, *([(self._lost_at, outage.ended_at)] if self._lost_at is not None else [])]
        return any(
            outage.started_at <= end + _TOLERANCE and outage.ended_at >= start - _TOLERANCE for start, end in spans
        )

    def _remember(self, start: datetime, end: datetime) -> None:
        self._seen = [*self._seen, (start, end)][-_REMEMBERED:]

    def as_dict(self) -> dict[str, Any]:
        """Return the state to store across restarts, as plain JSON data."""
        return {
            "connected": self._connected,
            "lost_at": self._lost_at.isoformat() if self._lost_at else None,
            "since": self._since.isoformat() if self._since else None,
            "seen": [[start.isoformat(), end.isoformat()] for start, end in self._seen],
        }

    def restore(self, data: Mapping[str, Any]) -> None:
        """Restore the data of `as_dict`."""
        connected, seen = data.get("connected"), data.get("seen")
        self._connected = connected if isinstance(connected, bool) else None
        self._lost_at, self._since = _moment(data.get("lost_at")), _moment(data.get("since"))
        for each in seen[-_REMEMBERED:] if isinstance(seen, list) else ():
            match each:
                case [begins, ends] if (start := _moment(begins)) and (end := _moment(ends)):
                    self._seen.append((start, end))


def _moment(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None
