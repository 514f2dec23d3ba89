"""What happened to a system."""

from dataclasses import dataclass, field

from .....api.payload import Record, parse_each, records
from .common import epoch


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event of `events` or `open_events`; one without an end goes on.

    The times are in seconds since the epoch. `event_type_id` is explained by
    `event_types`.
    """

    status: str | None
    event_type_id: int
    event_start_time: int | None
    event_end_time: int | None
    serial_number: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmEvent:
    """A device that takes part in an alarm; the times are in seconds since the epoch."""

    serial_number: str | None = field(repr=False)
    start_date: int | None
    end_date: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """An alarm of `alarms` or `open_alarms`; the times are in seconds since the epoch."""

    id: int
    cleared: bool | None
    severity: str | None
    event_type_id: int | None
    alarm_start_time: int | None
    alarm_end_time: int | None
    events: tuple[AlarmEvent, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventType:
    """What a kind of event means, in the vendor's words. A stateful one has an end."""

    event_type_id: int
    event_type_key: str | None
    stateful: bool | None
    event_name: str | None
    event_description: str | None
    recommended_action: str | None


def parse_events(endpoint: str, payload: object) -> tuple[Event, ...]:
    """Read `events` or `open_events`."""
    return parse_each(_items(endpoint, payload, "events"), _event)


def parse_alarms(endpoint: str, payload: object) -> tuple[Alarm, ...]:
    """Read `alarms` or `open_alarms`."""
    return parse_each(_items(endpoint, payload, "alarms"), _alarm)


def parse_event_types(endpoint: str, payload: object) -> tuple[EventType, ...]:
    """Read `systems/event_types`."""
    return parse_each(_items(endpoint, payload, "event_types"), _event_type)


def _items(endpoint: str, payload: object, key: str) -> list[Record]:
    """Return the items of a list, or of an object that holds one."""
    if isinstance(payload, dict):
        return list(Record(endpoint, payload).required_records(key))
    return list(records(endpoint, payload))


def _event(item: Record) -> Event:
    return Event(
        status=item.code_or_none("status"),
        event_type_id=item.integer("event_type_id"),
        event_start_time=epoch(item, "event_start_time"),
        event_end_time=epoch(item, "event_end_time"),
        serial_number=item.text_or_none("serial_number"),
    )


def _alarm(item: Record) -> Alarm:
    return Alarm(
        id=item.integer("id"),
        cleared=item.flag_or_none("cleared"),
        severity=_word(item, "severity"),
        event_type_id=item.integer_or_none("event_type_id"),
        alarm_start_time=epoch(item, "alarm_start_time"),
        alarm_end_time=epoch(item, "alarm_end_time"),
        events=parse_each(item.records("events"), _alarm_event),
    )


def _alarm_event(item: Record) -> AlarmEvent:
    return AlarmEvent(
        serial_number=item.text_or_none("serial_number"),
        start_date=epoch(item, "start_date"),
        end_date=epoch(item, "end_date"),
    )


def _event_type(item: Record) -> EventType:
    return EventType(
        event_type_id=item.integer("event_type_id"),
        event_type_key=item.code_or_none("event_type_key"),
        stateful=item.flag_or_none("stateful"),
        event_name=item.name_or_none("event_name"),
        event_description=item.text_or_none("event_description"),
        recommended_action=item.text_or_none("recommended_action"),
    )


def _word(item: Record, key: str) -> str | None:
    """Return a word, also where it was sent as a number."""
    number = item.number_or_none(key)
    return item.text_or_none(key) if number is None else f"{number:g}"
