"""The newest events of a site."""

from dataclasses import dataclass, field
from datetime import datetime

from .....api.payload import Record, parse_each
from .common import expect, moment

_OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeownerEvent:
    """An event: its stable key, whether it stands, when it began and when it was over.

    What is recommended is in the owner's language and may name devices; it isn't made safe to show. The description
    isn't read.
    """

    key: str | None
    standing: bool
    started_at: datetime | None
    cleared_at: datetime | None
    recommended_action: str | None = field(repr=False)


def parse_events(endpoint: str, payload: object) -> tuple[HomeownerEvent, ...]:
    """Read a page of events, the newest first."""
    root = Record(endpoint, payload)
    expect(root, "events", "next", "page_size")
    found = parse_each(root.records("events"), _event)
    return tuple(sorted(found, key=lambda event: event.started_at.timestamp() if event.started_at else 0, reverse=True))


def _event(item: Record) -> HomeownerEvent:
    cleared_at = moment(item, "event_clear_date")
    standing = item.flag_or_none("standing")
    if standing is None:
        standing = cleared_at is None and (item.text_or_none("status") or "").casefold() == _OPEN
    return HomeownerEvent(
        key=item.code_or_none("event_key"),
        standing=standing,
        started_at=moment(item, "event_start_date") or moment(item, "event_date"),
        cleared_at=cleared_at,
        recommended_action=item.text_or_none("recommended_action"),
    )
