"""Which time a request for intervals is about."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from simulator.cloud.archive import Bin, Kind
from simulator.cloud.refusal import RefusedError

from .asking import Ask
from .errors import v4
from .system import CloudSystem

_QUARTER = 900
_SECONDS = {"5mins": 300, "15mins": _QUARTER, "day": 86_400, "week": 7 * 86_400}
_YEARS = timedelta(days=730)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """From `begin` to `end` (epoch s), and the words the answer repeats."""

    granularity: str
    begin: int
    end: int
    words: dict[str, Any]


def window(ask: Ask, *granularities: str) -> Window:
    """Return the window of a telemetry request; `granularities` are the allowed ones.

    A day from a `start_date` is a day of the calendar, with 92 or 100 quarters
    when clocks change, unless the policy says otherwise; from a `start_at` it is 24 hours.
    """
    system, days = ask.system, ask.system.days
    granularity = ask.query.get("granularity", "day")
    if granularity not in granularities:
        raise v4(422, f"Granularity {granularity} is not supported")
    today = days.day(ask.now)
    start_at = ask.number("start_at")
    if start_at is not None:
        begin = start_at - start_at % _QUARTER
        end = begin + _SECONDS[granularity]
    else:
        day = ask.day("start_date") or today
        begin = days.midnight(day)
        whole = None if ask.policy.days_of_24_hours else {"day": 1, "week": 7}.get(granularity)
        end = days.midnight(day + timedelta(days=whole)) if whole else begin + _SECONDS[granularity]
    if begin > ask.now:
        raise v4(422, "Requested date is in the future")
    if days.day(begin) < today - _YEARS:
        raise invalid_range(system, begin, end, ask.now)
    begin = max(begin, min(days.midnight(system.operational_day), int(ask.now)))
    end = max(begin, min(end, int(ask.now)))
    return Window(granularity=granularity, begin=begin, end=end, words=_words(ask, system, begin, end))


def invalid_range(system: CloudSystem, begin: int, end: int, now: float) -> RefusedError:
    """Return v4's error for a range it has nothing to say about."""
    return v4(
        422,
        "Requested date range is invalid for this system. "
        f"{{:start_at=>{begin}, :end_at=>{end}, "
        f":first_interval=>{system.archive.start}, :last_interval=>{system.horizon(now)}}}",
    )


def intervals(system: CloudSystem, kind: Kind, begin: int, end: int, step: int, now: float) -> list[Bin]:
    """Return the intervals that were reported, without those that are missing."""
    horizon = system.horizon(now)
    return [
        each
        for each in system.archive.bins(kind, begin, min(end, horizon), step)
        if not system.lost(each.end - step, each.end)
    ]


def _words(ask: Ask, system: CloudSystem, begin: int, end: int) -> dict[str, Any]:
    if "start_date" in ask.query:
        last: date = system.days.day(max(begin, end - 1))
        return {"start_date": system.days.day(begin).isoformat(), "end_date": last.isoformat()}
    return {"start_at": begin, "end_at": end}
