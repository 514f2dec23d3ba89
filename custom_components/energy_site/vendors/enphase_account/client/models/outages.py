"""The outages of a site's life, and whether there is one now."""

from dataclasses import dataclass
from datetime import datetime

from .....api.errors import ApiPayloadError
from .....api.payload import Record, parse_each
from .common import expect, moment, not_negative

# A site is off the grid for a year at most; what is longer is in another unit.
_LONGEST = 366 * 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedOutage:
    """An outage: when it began, and how long it took in seconds."""

    started_at: datetime
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OffGrid:
    """`off_grid_due_to_grid_outage`: whether the grid is gone, and whether the house could be connected again."""

    grid_outage: bool | None
    has_battery: bool | None


def parse_backup_history(endpoint: str, payload: object) -> tuple[ListedOutage, ...]:
    """Read `battery_backup_history`, the oldest first and each once; what can't be an outage is dropped."""
    root = Record(endpoint, payload)
    expect(root, "histories", "total_records")
    if not isinstance(root.value("histories"), list | None):
        raise ApiPayloadError(endpoint, "field histories is no list")
    found: dict[datetime, ListedOutage] = {}
    for each in parse_each(root.records("histories"), _outage):
        known = found.get(each.started_at)
        if known is None or known.seconds < each.seconds:
            found[each.started_at] = each
    return tuple(found[start] for start in sorted(found))


def parse_off_grid(endpoint: str, payload: object) -> OffGrid:
    """Read `off_grid_due_to_grid_outage`."""
    root = Record(endpoint, payload)
    expect(root, "is_grid_outage", "show_grid_connect", "has_battery")
    return OffGrid(grid_outage=root.flag_or_none("is_grid_outage"), has_battery=root.flag_or_none("has_battery"))


def _outage(item: Record) -> ListedOutage:
    started_at, seconds = moment(item, "start_time"), not_negative(item, "duration")
    if started_at is None or seconds is None or not 0 < seconds <= _LONGEST:
        raise ApiPayloadError(item.endpoint, "an outage without a time")
    return ListedOutage(started_at=started_at, seconds=seconds)
