"""The events of a system."""

from .....api.payload import Record, parse_each, records


def parse_events(endpoint: str, payload: object) -> tuple[int, ...]:
    """Read `open_events`, a list or an object that contains one: the types of the events."""
    items = (
        Record(endpoint, payload).required_records("events")
        if isinstance(payload, dict)
        else records(endpoint, payload)
    )
    return parse_each(items, lambda item: item.integer("event_type_id"))
