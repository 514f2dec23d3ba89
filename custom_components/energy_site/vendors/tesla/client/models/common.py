"""What many answers share: times, energies, percentages, serial numbers."""

from collections.abc import Iterator
from datetime import UTC, datetime
import re

from .....api.errors import ApiPayloadError
from .....api.payload import Record, is_code

_LONGEST_TIME = 40

# These are shown as they are, so what may be a VIN, a key or a place isn't one.
_WORD = re.compile(r"[A-Za-z][A-Za-z_]{1,39}")

# Nothing happened at a site before or happens after, and every offset from UTC can be applied within.
_EARLIEST, _LATEST = 2000, 2100

# Sent levels are quotients of two measurements; the largest that could still be rounding.
_LARGEST_PERCENT = 110.0


def expect(root: Record, *keys: str) -> None:
    """Raise `ApiPayloadError` unless one of these fields was sent."""
    if not any(key in root for key in keys):
        raise ApiPayloadError(root.endpoint, f"none of the fields {', '.join(keys)}")


def list_of(root: Record, key: str) -> Iterator[Record]:
    """Return the objects of a list, none where it is missing or empty; anything else is an `ApiPayloadError`."""
    if not isinstance(root.value(key), list | None):
        raise ApiPayloadError(root.endpoint, f"field {key} is no list")
    return root.records(key)


def moment(item: Record, key: str) -> datetime | None:
    """Return a time in ISO 8601, without a time zone where it was sent without an offset from UTC."""
    text = item.text_or_none(key)
    try:
        read = datetime.fromisoformat(text) if text and len(text) <= _LONGEST_TIME else None
    except ValueError:
        return None
    return read if read is not None and _EARLIEST <= read.year < _LATEST else None


def instant(item: Record, key: str) -> datetime | None:
    """Return a time with its offset from UTC: in ISO 8601, in seconds since the epoch, or these as `seconds`."""
    boxed = item.record_or_empty(key)
    seconds = boxed.integer_or_none("seconds") if boxed else item.integer_or_none(key)
    if seconds is not None:
        return _from_epoch(seconds)
    read = moment(item, key)
    return read if read is not None and read.tzinfo is not None else None


def not_negative(item: Record, key: str) -> float | None:
    """Return a quantity without a direction, such as an energy in Wh; a zero has no sign either."""
    number = item.number_or_none(key)
    return abs(number) if number is not None and number >= 0 else None


def percent(item: Record, key: str) -> float | None:
    """Return a percentage as sent, `None` for what can't be one."""
    number = not_negative(item, key)
    return number if number is not None and number <= _LARGEST_PERCENT else None


def whole(item: Record, key: str) -> int | None:
    """Return a number of a list of Tesla's, such as a state."""
    number = item.number_or_none(key)
    return int(number) if number is not None and number.is_integer() else None


def word(item: Record, key: str) -> str | None:
    """Return a mode, a rule or a kind, which may be a new one, `None` for what is no plain word."""
    text = item.text_or_none(key) or ""
    return text if _WORD.fullmatch(text) else None


def firmware(item: Record, key: str) -> str | None:
    """Return the version of "25.18.4 abc123"; what follows is a commit of Tesla's."""
    first, *_ = (item.text_or_none(key) or "").split() or [""]
    return first if is_code(first) else None


def serial(item: Record, key: str) -> str | None:
    """Return a serial number, a DIN or another identifier, `None` where there is none."""
    try:
        return item.identifier(key)
    except ApiPayloadError:
        return None


def site_id(item: Record) -> int:
    """Return the required number of a site, which Tesla gives up to 16 digits."""
    text = item.identifier("energy_site_id")
    if not (text.isdecimal() and len(text) <= 18 and int(text)):
        raise ApiPayloadError(item.endpoint, "field energy_site_id is no number of a site")
    return int(text)


def _from_epoch(seconds: int) -> datetime | None:
    try:
        read = datetime.fromtimestamp(seconds, UTC)
    except OverflowError, OSError, ValueError:
        return None
    return read if _EARLIEST <= read.year < _LATEST else None
