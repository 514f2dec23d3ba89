"""What a user may add to a raw request: parameters, each with the values that it can have."""

from collections.abc import Callable
from datetime import UTC, date, datetime
import re

type Parameter = Callable[[str], bool]
"""Tells whether a value is one that the parameter can have."""

# No vendor has answers of before, and no clock runs so far ahead.
_EARLIEST, _LATEST = 2000, 2100


def one_of(*values: str) -> Parameter:
    """Return a parameter that has one of a few values."""
    return lambda text: text in values


def count(minimum: int, maximum: int) -> Parameter:
    """Return a parameter that is a whole number within bounds."""
    return lambda text: re.fullmatch(r"[0-9]{1,12}", text) is not None and minimum <= int(text) <= maximum


def day(text: str) -> bool:
    """Tell whether a value is a day, such as 2026-01-31."""
    try:
        return text == date.fromisoformat(text).isoformat() and _EARLIEST <= int(text[:4]) < _LATEST
    except ValueError:
        return False


moment = count(
    int(datetime(_EARLIEST, 1, 1, tzinfo=UTC).timestamp()), int(datetime(_LATEST, 1, 1, tzinfo=UTC).timestamp())
)
"""Tells whether a value is a moment in seconds since the epoch."""
