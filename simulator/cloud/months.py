"""Calendar months in UTC, which limits are counted by."""

from datetime import UTC, datetime


def month_of(now: float) -> str:
    """Return the month of `now` (epoch s) as YYYY-MM."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m")


def month_around(now: float) -> tuple[int, int]:
    """Return when the month of `now` began and ends, epoch s."""
    first = datetime.fromtimestamp(now, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    last = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    return int(first.timestamp()), int(last.timestamp())
