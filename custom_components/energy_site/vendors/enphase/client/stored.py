"""Times in a private store, which may have been damaged or edited."""

from collections.abc import Iterable
from datetime import UTC, datetime


def epoch(time: datetime | None) -> float | None:
    """Return a time as seconds since the epoch."""
    return None if time is None else time.timestamp()


def moment(value: object) -> datetime | None:
    """Return a time from seconds since the epoch, `None` for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except ArithmeticError, OSError, ValueError:
        return None


def moments(values: object) -> list[datetime]:
    """Return the times of a list in order, without what is none."""
    items: Iterable[object] = values if isinstance(values, list) else ()
    return sorted(time for value in items if (time := moment(value)) is not None)
