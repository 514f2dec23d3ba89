"""When a site was off the grid."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
import math
from types import MappingProxyType

from .....api.errors import ApiPayloadError
from .....api.payload import Record, parse_each
from .common import expect, instant, list_of, moment, not_negative, whole

_MILLISECONDS = 1000.0

# Clocks differ, and events are told to the second.
_TOLERANCE = 60.0

_NONE: Mapping[datetime, float] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupEventPayload:
    """An event as sent: when it began, and how long it took in seconds or milliseconds.

    Without an offset from UTC `start` has no time zone and means the site's.
    """

    start: datetime
    duration: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupEvent:
    """A time without the grid: when it began, and how long it took in seconds."""

    start: datetime
    duration: float

    @property
    def end(self) -> datetime:
        """When the grid was back."""
        return self.start + timedelta(seconds=self.duration)


# An event as sent, and the longest that it can have taken in seconds.
type _Span = tuple[BackupEvent, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupHistory:
    """`calendar_history?kind=backup` as sent. `total_events` may be more than the events that are listed."""

    events: tuple[BackupEventPayload, ...]
    total_events: int | None

    def resolve(
        self, *, now: datetime, requested: timedelta, zone: tzinfo, known: Mapping[datetime, float] = _NONE
    ) -> tuple[BackupEvent, ...]:
        """Return the events in the order in which they began, each with an end.

        Tesla documents seconds, and milliseconds were seen; an answer doesn't say which.
        It is in milliseconds if one of its events in seconds would end after `now` or after
        the next one began, or if none is short and together they exceed the range that was
        `requested`. Otherwise, an event of which it is `known` how many seconds it took decides.
        What is impossible all the same is dropped. `zone` is the site's, for events without an
        offset from UTC.
        """
        spans = self._spans(now, zone)
        unit = _proven_unit(spans, requested) or _known_unit(spans, known)
        if unit is None:
            unit = _MILLISECONDS if any(event.duration > limit for event, limit in spans) else 1.0
        return tuple(
            BackupEvent(start=event.start, duration=event.duration / unit)
            for event, limit in spans
            if event.duration / unit <= limit
        )

    def durations(
        self, *, now: datetime, requested: timedelta, zone: tzinfo, known: Mapping[datetime, float] = _NONE
    ) -> dict[datetime, float]:
        """Return how many seconds each event took by its start, to be `known` later; none if that is a guess."""
        spans = self._spans(now, zone)
        if not (_proven_unit(spans, requested) or _known_unit(spans, known)):
            return {}
        events = self.resolve(now=now, requested=requested, zone=zone, known=known)
        return {event.start: event.duration for event in events}

    def _spans(self, now: datetime, zone: tzinfo) -> list[_Span]:
        begun: dict[float, BackupEvent] = {}
        for event in self.events:
            start = event.start if event.start.tzinfo is not None else event.start.replace(tzinfo=zone).astimezone(UTC)
            at = start.timestamp()
            # An event that is listed twice is one, and none begins after now in either unit.
            if at <= now.timestamp() + _TOLERANCE and (at not in begun or begun[at].duration < event.duration):
                begun[at] = BackupEvent(start=start, duration=event.duration)
        starts = sorted(begun)
        ends = [*starts[1:], now.timestamp()]
        return [(begun[at], end - at + _TOLERANCE) for at, end in zip(starts, ends, strict=False)]


def _proven_unit(spans: Sequence[_Span], requested: timedelta) -> float | None:
    """Return milliseconds if the events are possible in them only."""
    durations = [event.duration for event, _ in spans]
    too_long = any(event.duration > limit >= event.duration / _MILLISECONDS for event, limit in spans)
    too_many = min(durations, default=0.0) >= _MILLISECONDS and sum(durations) > requested.total_seconds()
    return _MILLISECONDS if too_long or too_many else None


def _known_unit(spans: Sequence[_Span], known: Mapping[datetime, float]) -> float | None:
    for event, _ in spans:
        if seconds := known.get(event.start):
            # The last event may have lasted when it was listed, so it may be longer than it was.
            return _MILLISECONDS if event.duration / seconds > math.sqrt(_MILLISECONDS) else 1.0
    return None


def parse_backup_history(endpoint: str, payload: object) -> BackupHistory:
    """Read `calendar_history?kind=backup`. An event whose beginning or duration can't be read is dropped."""
    root = Record(endpoint, payload)
    expect(root, "events", "total_events", "events_count")
    return BackupHistory(events=parse_each(list_of(root, "events"), _event), total_events=whole(root, "total_events"))


def _event(item: Record) -> BackupEventPayload:
    start = moment(item, "timestamp") or instant(item, "timestamp")
    duration = not_negative(item, "duration")
    if start is None or duration is None:
        raise ApiPayloadError(item.endpoint, "an event without a time")
    return BackupEventPayload(start=start, duration=duration)
