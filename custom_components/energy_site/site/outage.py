"""When the grid was lost, and for how long."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .model import GridState, GridStatus
from .past_outages import PastOutage

# A cloud may list an outage with slightly different times each time.
_TOLERANCE = timedelta(minutes=5)

# The times of an outage in a cloud differ from those observed here, where it isn't looked at all the time.
_OBSERVED_TOLERANCE = timedelta(minutes=15)

# A cloud lists old outages again and again.
_REMEMBERED = 50


type _Span = tuple[datetime, datetime]


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
        self._seen: list[_Span] = []
        self._told: list[_Span] = []

    def observe(self, grid: GridStatus) -> OutageEvent | None:
        """Return what happened since the last call, `None` for nothing.

        Times are those of the observation, which may arrive late.
        """
        at = grid.observed_at
        if grid.state is None:
            return None
        if grid.state is GridState.ON_GRID:
            lost_at, self._lost_at = self._lost_at, None
            self._connected = True
            if lost_at is None:
                return None
            at = max(at, lost_at)
            self._seen = _latest([*self._seen, (lost_at, at)])
            return OutageEvent(lost=False, lasted=at - lost_at)
        if grid.state is GridState.SYNCHRONIZING or self._lost_at is not None:
            return None
        if grid.enabled is False:
            # After a restart, the house may be reported as off the grid before it is known to be meant to.
            self._connected = False
            return None
        if any(start <= at <= end for start, end in self._told):
            # An old observation, of an outage whose end was reported already.
            return None
        # Without having seen the grid connected, it is unknown when it was lost.
        known, self._connected = self._connected, False
        if known:
            self._lost_at = at
            return OutageEvent(lost=True)
        return None

    @property
    def seen(self) -> tuple[_Span, ...]:
        """The outages that were observed from start to end, and those that a cloud listed since."""
        return (*self._seen, *self._told)

    @property
    def lost_at(self) -> datetime | None:
        """When the outage that lasts began, `None` if there is none."""
        return self._lost_at

    def review(self, outages: Iterable[PastOutage], now: datetime) -> list[OutageEvent]:
        """Return the end of each outage that a cloud lists and that wasn't observed, once.

        Outages that ended before the first review are ignored.
        """
        since = self._since = self._since or now
        events = []
        for each in outages:
            if each.ended_at <= since or each.ended_at > now or self._is_known(each):
                continue
            self._told = _latest([*self._told, (each.started_at, each.ended_at)])
            events.append(OutageEvent(lost=False, lasted=each.lasted))
        return events

    def _is_known(self, outage: PastOutage) -> bool:
        # The one that lasts is reported when it ends.
        seen = [*self._seen, *([(self._lost_at, outage.ended_at)] if self._lost_at is not None else [])]
        return _is_among(outage, seen, _OBSERVED_TOLERANCE) or _is_among(outage, self._told, _TOLERANCE)

    def as_dict(self) -> dict[str, Any]:
        """Return the state to store across restarts, as plain JSON data."""
        return {
            "connected": self._connected,
            "lost_at": self._lost_at.isoformat() if self._lost_at else None,
            "since": self._since.isoformat() if self._since else None,
            "seen": _texts(self._seen),
            "told": _texts(self._told),
        }

    def restore(self, data: Mapping[str, Any]) -> None:
        """Restore the data of `as_dict`."""
        connected = data.get("connected")
        self._connected = connected if isinstance(connected, bool) else None
        self._lost_at, self._since = _moment(data.get("lost_at")), _moment(data.get("since"))
        self._seen, self._told = _spans(data.get("seen")), _spans(data.get("told"))


def _is_among(outage: PastOutage, spans: Iterable[_Span], tolerance: timedelta) -> bool:
    return any(outage.started_at <= end + tolerance and outage.ended_at >= start - tolerance for start, end in spans)


def _latest(spans: list[_Span]) -> list[_Span]:
    return spans[-_REMEMBERED:]


def _texts(spans: Iterable[_Span]) -> list[list[str]]:
    return [[start.isoformat(), end.isoformat()] for start, end in spans]


def _spans(kept: object) -> list[_Span]:
    found: list[_Span] = []
    for each in kept if isinstance(kept, list) else ():
        match each:
            case [begins, ends] if (start := _moment(begins)) and (end := _moment(ends)):
                found.append((start, end))
    return _latest(found)


def _moment(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None
