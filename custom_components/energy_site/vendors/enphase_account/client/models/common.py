"""What many answers share: quantities that may be texts, times in seconds or milliseconds, identifiers."""

from datetime import UTC, date, datetime
import re

from .....api.errors import ApiPayloadError
from .....api.payload import Record

# Numbers are also sent as texts, with their unit or as "N/A".
_QUANTITY = re.compile(r"\s*([+-]?\d{1,15}(?:\.\d{1,9})?)\s*%?\s*")

# Times after this many seconds since the epoch are milliseconds.
_MILLISECONDS_FROM = 100_000_000_000

# Nothing happened at a site before or happens after, and every offset from UTC can be applied within.
_EARLIEST, _LATEST = 2000, 2100

_LONGEST_TIME = 40

# These are shown as they are, so what may be a name, a key or a place isn't one.
_WORD = re.compile(r"[A-Za-z][A-Za-z_-]{1,39}")

# Sent levels are quotients of two measurements; the largest that could still be rounding.
_LARGEST_PERCENT = 110.0


def expect(root: Record, *keys: str) -> None:
    """Raise `ApiPayloadError` unless one of these fields was sent."""
    if not any(key in root for key in keys):
        raise ApiPayloadError(root.endpoint, f"none of the fields {', '.join(keys)}")


def data_of(endpoint: str, payload: object, *keys: str) -> Record:
    """Return what the envelope of a setting's service contains, which has to be one of these fields at least."""
    data = Record(endpoint, payload).record("data")
    expect(data, *keys)
    return data


def quantity(item: Record, key: str) -> float | None:
    """Return a number, even one that was sent as text such as "48%", `None` for "N/A" and anything else."""
    number = item.number_or_none(key)
    if number is not None:
        return number
    read = _QUANTITY.fullmatch(item.text_or_none(key) or "")
    return float(read.group(1)) if read else None


def not_negative(item: Record, key: str) -> float | None:
    """Return a quantity without a direction, such as an energy."""
    number = quantity(item, key)
    return abs(number) if number is not None and number >= 0 else None


def percent(item: Record, key: str) -> float | None:
    """Return a percentage, `None` for what can't be one."""
    number = not_negative(item, key)
    return min(number, 100.0) if number is not None and number <= _LARGEST_PERCENT else None


def whole(item: Record, key: str) -> int | None:
    """Return a number that is whole, such as a count of cycles."""
    number = quantity(item, key)
    return int(number) if number is not None and number.is_integer() else None


def moment(item: Record, key: str) -> datetime | None:
    """Return a time in UTC: in seconds or milliseconds since the epoch, or in ISO 8601 with an offset."""
    number = quantity(item, key)
    if number is not None:
        return _from_epoch(number / 1000 if number >= _MILLISECONDS_FROM else number)
    text = item.text_or_none(key)
    try:
        read = datetime.fromisoformat(text) if text and len(text) <= _LONGEST_TIME else None
    except ValueError:
        return None
    if read is None or read.tzinfo is None or not _EARLIEST <= read.year < _LATEST:
        return None
    return read.astimezone(UTC)


def day(item: Record, key: str) -> date | None:
    """Return a date; for a time in ISO 8601, the date as written."""
    try:
        read = date.fromisoformat((item.text_or_none(key) or "")[:10])
    except ValueError:
        return None
    return read if _EARLIEST <= read.year < _LATEST else None


def word(item: Record, key: str) -> str | None:
    """Return a mode, a state or a kind, which may be a new one, `None` for what is no plain word."""
    text = item.text_or_none(key) or ""
    return text if _WORD.fullmatch(text) else None


def serial(item: Record, key: str) -> str | None:
    """Return a serial number or another identifier, `None` where there is none."""
    try:
        return item.identifier(key)
    except ApiPayloadError:
        return None


def series(item: Record, key: str) -> tuple[float | None, ...]:
    """Return a list of numbers, in which anything else is `None`; empty where the list is missing."""
    return item.numbers(key) if isinstance(item.value(key), list) else ()


def _from_epoch(seconds: float) -> datetime | None:
    try:
        read = datetime.fromtimestamp(seconds, UTC)
    except OverflowError, OSError, ValueError:
        return None
    return read if _EARLIEST <= read.year < _LATEST else None
