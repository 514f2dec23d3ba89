"""What Wall Connectors charged."""

from dataclasses import dataclass
from datetime import datetime

from .....api.errors import ApiPayloadError
from .....api.payload import Record, parse_each
from .common import expect, instant, list_of, not_negative

# Two shapes are about.
_LISTS = ("charge_history", "time_series")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeSession:
    """A session: its beginning in UTC, its duration in seconds, its energy in Wh.

    No answer says which of a site's Wall Connectors it was.
    """

    start: datetime
    duration: float | None
    energy: float | None


def parse_charge_history(endpoint: str, payload: object) -> tuple[ChargeSession, ...]:
    """Read `telemetry_history?kind=charge` in either shape. A session whose beginning can't be read is dropped."""
    root = Record(endpoint, payload)
    expect(root, *_LISTS, "period")
    sessions = parse_each((item for key in _LISTS for item in list_of(root, key)), _session)
    return tuple(sorted(dict.fromkeys(sessions), key=lambda each: each.start))


def _session(item: Record) -> ChargeSession:
    if (start := instant(item, "charge_start_time")) is None:
        raise ApiPayloadError(item.endpoint, "a session without a beginning")
    return ChargeSession(start=start, duration=_duration(item), energy=not_negative(item, "energy_added_wh"))


def _duration(item: Record) -> float | None:
    """Return the duration in seconds; in an object, zero seconds are left out."""
    if not isinstance(item.value("charge_duration"), dict):
        return not_negative(item, "charge_duration")
    sent = item.record("charge_duration")
    seconds = sent.integer_or_none("seconds") if "seconds" in sent else 0
    return None if seconds is None or seconds < 0 else float(seconds)
