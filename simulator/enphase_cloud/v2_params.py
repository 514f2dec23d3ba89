"""v2: how parameters are read."""

from datetime import date

from .asking import Ask
from .errors import v2_dates


def moment(ask: Ask, name: str) -> int | None:
    """Return a time of the query, epoch s."""
    text = ask.query.get(name)
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        raise v2_dates(f"Failed to parse {name} {text}") from None


def day(ask: Ask, name: str) -> date | None:
    """Return a date of the query, `YYYY-MM-DD`."""
    text = ask.query.get(name)
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise v2_dates(f"Failed to parse date {text}") from None
