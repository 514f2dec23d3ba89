"""The query of a history."""

from datetime import datetime, time, timedelta
from enum import StrEnum


class HistoryPeriod(StrEnum):
    """What is one request's range, and its rows: 5 minutes, a day, a day, a month, a year.

    Years and lifetimes don't equal the sum of their days.
    """

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"
    LIFETIME = "lifetime"


def history_query(
    start: datetime, end: datetime, *, time_zone: str | None = None, period: HistoryPeriod | None = None
) -> dict[str, str]:
    """Return the query for a range between two times with their offsets from UTC; `ValueError` without them.

    An end at midnight is sent as the second before: with midnight itself, Tesla answers zeros or nothing.
    """
    if start.tzinfo is None or end.tzinfo is None or end <= start:
        raise ValueError("a range needs two times in order, with their offsets from UTC")
    if end.time().replace(microsecond=0) == time():
        end -= timedelta(seconds=1)
    sent = {
        "period": period,
        "start_date": start.isoformat(timespec="seconds"),
        "end_date": end.isoformat(timespec="seconds"),
        "time_zone": time_zone,
    }
    return {key: str(value) for key, value in sent.items() if value is not None}
