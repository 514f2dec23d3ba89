"""The query parameters that a user may add to a raw request, each with its allowed values."""

from collections.abc import Callable
from datetime import UTC, date, datetime
import re

type Parameter = Callable[[str], bool]
"""Returns whether a value is allowed for the parameter."""

# No vendor has data from before, and no clock is that far ahead.
_EARLIEST, _LATEST = 2000, 2100


def one_of(*values: str) -> Parameter:
    """Return a parameter with one of these values."""
    return lambda text: text in values


def count(minimum: int, maximum: int) -> Parameter:
    """Return a parameter that is a whole number within bounds, both included."""
    return lambda text: re.fullmatch(r"[0-9]{1,12}", text) is not None and minimum <= int(text) <= maximum


def iso_moment(text: str) -> bool:
    """Return whether a value is a time with its offset from UTC, such as 2026-01-31T00:00:00+01:00."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return False
    return found.tzinfo is not None and _EARLIEST <= found.year < _LATEST


def day(text: str) -> bool:
    """Return whether a value is a date, such as 2026-01-31."""
    try:
        return text == date.fromisoformat(text).isoformat() and _EARLIEST <= int(text[:4]) < _LATEST
    except ValueError:
        return False


moment = count(
    int(datetime(_EARLIEST, 1, 1, tzinfo=UTC).timestamp()), int(datetime(_LATEST, 1, 1, tzinfo=UTC).timestamp())
)
"""Returns whether a value is a time in seconds since the epoch."""
