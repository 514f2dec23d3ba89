"""The service's intervals in the history's format, with their starts, which aren't sent."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise

from .....site.history.intervals import DAY, LATE, SHORTEST_HOLE, Interval, day_of, gaps, merged, midnight
from .....site.model import CounterKind
from .....sources.history_provider import Intervals
from ...client.errors import RangeError
from ...client.models.telemetry import BatteryInterval, BatteryTelemetry, EnergyInterval, EnergyTelemetry
from ..planned_feed import QUARTER

FIVE_MINUTES = timedelta(minutes=5)


def reported_at(seconds: int | None) -> datetime | None:
    """Return when a system last reported, `None` if unknown."""
    return None if seconds is None else _moment(seconds)


def as_intervals(kind: CounterKind, telemetry: EnergyTelemetry, default: timedelta) -> Intervals:
    """Return intervals with their starts, which the service doesn't send."""
    step = _length(telemetry.intervals, default)
    found = [
        Interval(start=_moment(each.end_at) - step, end=_moment(each.end_at), wh=each.wh)
        for each in telemetry.intervals
        if each.wh is not None
    ]
    return Intervals(found={kind: found}, reported=reported_at(telemetry.last_report_at))


def nothing(kinds: Iterable[CounterKind], error: RangeError) -> Intervals:
    """Return no intervals; the error contains the end of the last interval."""
    reported = None if error.last_interval is None else _moment(error.last_interval)
    return Intervals(found=dict.fromkeys(kinds, ()), reported=reported)


def _length(intervals: Iterable[EnergyInterval | BatteryInterval], default: timedelta) -> timedelta:
    """Return the length of intervals: `default`, or five minutes if they follow each other at that rate."""
    ends = sorted({each.end_at for each in intervals})
    shortest = min((after - before for before, after in pairwise(ends)), default=0)
    return FIVE_MINUTES if shortest == FIVE_MINUTES.total_seconds() else default


def of_meter(kind: CounterKind, telemetry: EnergyTelemetry) -> Intervals:
    """Return the intervals of a meter."""
    return as_intervals(kind, telemetry, QUARTER)


def of_production(telemetry: EnergyTelemetry, zone: tzinfo, *, meter: bool) -> Intervals:
    """Return the production, including the nights, for which inverters report nothing."""
    kind = CounterKind.SOLAR
    found = as_intervals(kind, telemetry, QUARTER if meter else FIVE_MINUTES)
    return found if meter else replace(found, found={kind: _with_nights(found.found[kind], found.reported, zone)})


def of_battery(telemetry: BatteryTelemetry) -> Intervals:
    """Return the intervals of a battery's charge and discharge."""
    step = _length(telemetry.intervals, QUARTER)
    charge: list[Interval] = []
    discharge: list[Interval] = []
    for each in telemetry.intervals:
        end = _moment(each.end_at)
        if each.charge_enwh is not None:
            charge.append(Interval(start=end - step, end=end, wh=each.charge_enwh))
        if each.discharge_enwh is not None:
            discharge.append(Interval(start=end - step, end=end, wh=each.discharge_enwh))
    found = {CounterKind.BATTERY_CHARGE: charge, CounterKind.BATTERY_DISCHARGE: discharge}
    return Intervals(found=found, reported=reported_at(telemetry.last_report_at))


def _with_nights(intervals: Iterable[Interval], reported: datetime | None, zone: tzinfo) -> list[Interval]:
    """Add the nights, for which inverters report nothing; missing intervals by day remain unknown."""
    known = merged(intervals)
    if not known or reported is None:
        return known
    end = min(reported - LATE, midnight(day_of(known[-1].start, zone) + DAY, zone))
    dark = [
        Interval(start=start, end=stop, wh=0.0)
        for start, stop in gaps(known, midnight(day_of(known[0].start, zone), zone), end)
        if midnight(day_of(stop, zone), zone) >= start or (stop < end and stop - start <= SHORTEST_HOLE)
    ]
    return merged([*known, *dark])


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
