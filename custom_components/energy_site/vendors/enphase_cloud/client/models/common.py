"""Readers common to many responses: times, words, quantities."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
import re

from .....api.errors import ApiPayloadError
from .....api.payload import Record

# The year 5138: anything later isn't a time in seconds.
_LATEST = 100_000_000_000

_PERCENT = re.compile(r"\s*(\d{1,3}(?:\.\d{1,6})?)\s*%?\s*")
_KJ_IN_WH = 1000 / 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A number with its unit as sent: W for power, Wh or kJ for energy."""

    value: float
    units: str | None

    @property
    def wh(self) -> float | None:
        """The energy in Wh, `None` if it isn't energy. Without a unit, it is assumed to be Wh."""
        match self.units:
            case None | "Wh":
                return self.value
            case "kWh":
                return self.value * 1000
            case "kJ":
                return self.value * _KJ_IN_WH
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class DailySeries:
    """A value for each day from `start_date` on, in Wh.

    There are no gaps: each day has a position, with `None` if its value isn't a number. Zeroes at
    the end mean that nothing was reported for these days. `start_date` is `None` for a system that
    never produced. `last_report_at` is in seconds since the epoch.
    """

    start_date: date | None
    values: tuple[float | None, ...]
    last_report_at: int | None = None

    def days(self, *, last_reported: date | None = None) -> Iterator[tuple[date, float]]:
        """Yield the days that were reported, in the system's time zone.

        Zeroes at the end count up to and including `last_reported`, which is the day of
        `last_report_at` in the system's time zone.
        """
        if self.start_date is None:
            return
        kept = len(self.values)
        while kept and not self.values[kept - 1]:
            kept -= 1
        first = self.start_date.toordinal()
        if last_reported is not None:
            kept = max(kept, min(len(self.values), last_reported.toordinal() - first + 1))
        for ordinal, value in enumerate(self.values[:kept], first):
            if value is not None and ordinal <= date.max.toordinal():
                yield date.fromordinal(ordinal), value


def last_report_at(item: Record) -> int | None:
    """Return when the system last reported according to a response's `meta`, in seconds since the epoch."""
    return epoch(item.record_or_empty("meta"), "last_report_at")


def parse_series(item: Record, key: str) -> DailySeries:
    """Read a required series of days."""
    return DailySeries(
        start_date=day(item, "start_date"), values=item.numbers(key), last_report_at=last_report_at(item)
    )


def epoch(item: Record, key: str) -> int | None:
    """Return a time in seconds since the epoch, even if it was sent in ISO 8601."""
    seconds = item.integer_or_none(key)
    if seconds is None:
        seconds = _from_iso(item.text_or_none(key))
    return seconds if seconds is not None and 0 < seconds < _LATEST else None


def required_epoch(item: Record, key: str) -> int:
    """Return a required time in seconds since the epoch."""
    seconds = epoch(item, key)
    if seconds is None:
        raise ApiPayloadError(item.endpoint, f"field {key} is missing or no time")
    return seconds


def day(item: Record, key: str) -> date | None:
    """Return a date; for a time in ISO 8601, the date as written."""
    text = item.text_or_none(key)
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:
        return None


def percent(item: Record, key: str) -> float | None:
    """Return a percentage, even if it was sent as text such as "97%"."""
    number = item.number_or_none(key)
    if number is not None:
        return number
    found = _PERCENT.fullmatch(item.text_or_none(key) or "")
    return float(found[1]) if found else None


def switched(item: Record, key: str) -> bool | None:
    """Return a switch that is sent as a flag or as a word.

    The word may have an addition: the response to a change of Storm Guard is "Enabled (Inactive)".
    """
    word = (item.text_or_none(key) or "").strip().casefold()
    if word.startswith(("enabled", "on", "true")):
        return True
    if word.startswith(("disabled", "off", "false")):
        return False
    return item.flag_or_none(key)


def quantity(item: Record, key: str) -> Quantity | None:
    """Return a quantity: an object with its units, or a bare number."""
    bare = item.number_or_none(key)
    if bare is not None:
        return Quantity(value=bare, units=None)
    sent = item.record_or_empty(key)
    value = sent.number_or_none("value")
    return None if value is None else Quantity(value=value, units=sent.text_or_none("units"))


def _from_iso(text: str | None) -> int | None:
    try:
        moment = datetime.fromisoformat(text) if text and len(text) < 40 else None
    except ValueError:
        return None
    # A time without a UTC offset is ambiguous.
    return None if moment is None or moment.tzinfo is None else int(moment.timestamp())
