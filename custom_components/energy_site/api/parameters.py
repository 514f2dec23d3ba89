"""What a person may add to a question: parameters of the vendors' interfaces, each with the values it can have."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
import re

type Parameter = Callable[[str], bool]
"""Tells whether a value is one that the parameter can have."""

# No vendor has answers of before, and no clock runs so far ahead.
_EARLIEST, _LATEST = 2000, 2100


def one_of(*values: str) -> Parameter:
    """Return a parameter that has one of a few values."""
    return lambda text: text in values


def count(least: int, greatest: int) -> Parameter:
    """Return a parameter that is a whole number within bounds."""
    return lambda text: re.fullmatch(r"[0-9]{1,12}", text) is not None and least <= int(text) <= greatest


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

IQ_GATEWAY: Mapping[str, Parameter] = {"details": one_of("0", "1")}

ENPHASE_CLOUD: Mapping[str, Parameter] = {
    "datetime_format": one_of("iso8601", "epoch"),
    "end_at": moment,
    "end_date": day,
    "granularity": one_of("5mins", "15mins", "day", "week"),
    "page": count(1, 10_000),
    "production": one_of("all"),
    "size": count(1, 100),
    "start_at": moment,
    "start_date": day,
    "start_time": moment,
    "end_time": moment,
    "summary_date": day,
}
