"""Records the daily energy of the lifetime, and today's energy so far, in counters."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo

from .....site.energy.days import DailyCounter, DailyCounters
from .....site.history.intervals import DAY, Interval, clip, day_of, gaps, midnight
from .....site.model import CounterKind
from ...client.models.common import DailySeries
from ...client.models.lifetime import BatteryLifetime
from ...client.models.systems import Summary
from ...client.models.telemetry import BatteryTelemetry, EnergyTelemetry


def record_summary(counters: DailyCounters, summary: Summary) -> None:
    """Record the solar energy until yesterday, and today's."""
    day = summary.summary_date
    if day is None or summary.energy_today is None:
        return
    counter = counters.of(CounterKind.SOLAR)
    if summary.energy_lifetime is not None and summary.energy_lifetime >= 0:
        counter.close(day - timedelta(days=1), summary.energy_lifetime)
    counter.note(day, summary.energy_today)


def record_life(counters: DailyCounters, kind: CounterKind, series: DailySeries, zone: tzinfo) -> None:
    """Record the daily energy of the lifetime, without zeroes at the end that were not reported yet."""
    counters.of(kind).life(reported_days(series, zone))


def record_battery_life(counters: DailyCounters, life: BatteryLifetime, zone: tzinfo) -> None:
    """Record the daily energy of a battery's lifetime."""
    record_life(counters, CounterKind.BATTERY_CHARGE, life.charge, zone)
    record_life(counters, CounterKind.BATTERY_DISCHARGE, life.discharge, zone)


def record_day(counters: DailyCounters, kind: CounterKind, telemetry: EnergyTelemetry, zone: tzinfo) -> None:
    """Record a day's intervals so far."""
    note(counters.of(kind), {interval.end_at: interval.wh or 0.0 for interval in telemetry.intervals}, zone)


def record_battery_day(counters: DailyCounters, telemetry: BatteryTelemetry, zone: tzinfo) -> None:
    """Record a battery's intervals of a day so far."""
    intervals = telemetry.intervals
    charge, discharge = counters.of(CounterKind.BATTERY_CHARGE), counters.of(CounterKind.BATTERY_DISCHARGE)
    note(charge, {each.end_at: each.charge_enwh or 0.0 for each in intervals}, zone)
    note(discharge, {each.end_at: each.discharge_enwh or 0.0 for each in intervals}, zone)


def record_house_day(
    counters: DailyCounters, consumption: EnergyTelemetry, battery: BatteryTelemetry, zone: tzinfo
) -> None:
    """Record the house's consumption in intervals that both the meter and the battery reported."""
    note(counters.of(CounterKind.LOAD), house_by_interval(consumption, battery), zone)


def record_house_life(counters: DailyCounters, consumption: DailySeries, life: BatteryLifetime, zone: tzinfo) -> None:
    """Record the house's consumption on days that both the meter and the battery reported."""
    counters.of(CounterKind.LOAD).life(house_days(consumption, life, zone).items())


def record_grid(counter: DailyCounter, intervals: Sequence[Interval], zone: tzinfo, *, lasting: bool) -> None:
    """Record one derived direction of the grid; with `lasting`, no lifetime energy will correct it soon."""
    if lasting and intervals:
        counter.begin(day_of(intervals[-1].start, zone))
    note(counter, {int(each.end.timestamp()): each.wh for each in intervals}, zone)
    for day in {day_of(each.start, zone) for each in intervals} if lasting else ():
        start, end = midnight(day, zone), midnight(day + DAY, zone)
        if not gaps(clip(intervals, start, end), start, end):
            counter.estimate(day)


def house_by_interval(consumption: EnergyTelemetry, battery: BatteryTelemetry) -> dict[int, float]:
    """Return the house's Wh by the ends of intervals, as a net meter's consumption excludes the battery."""
    gains = {each.end_at: (each.discharge_enwh or 0.0) - (each.charge_enwh or 0.0) for each in battery.intervals}
    return {
        each.end_at: max(each.wh + gains[each.end_at], 0.0)
        for each in consumption.intervals
        if each.wh is not None and each.end_at in gains
    }


def house_days(consumption: DailySeries, life: BatteryLifetime, zone: tzinfo) -> dict[date, float]:
    """Return the same by days; the battery's energy is zero for days before it was installed."""
    charge, discharge = dict(reported_days(life.charge, zone)), dict(reported_days(life.discharge, zone))
    last = max((*charge, *discharge), default=date.max)
    return {
        day: max(wh + discharge.get(day, 0.0) - charge.get(day, 0.0), 0.0)
        for day, wh in reported_days(consumption, zone)
        if day <= last
    }


def reported_days(series: DailySeries, zone: tzinfo) -> Iterable[tuple[date, float]]:
    """Return the days of a lifetime that were reported, oldest first."""
    at = series.last_report_at
    last = None if at is None else datetime.fromtimestamp(at, UTC).astimezone(zone).date() - timedelta(days=1)
    return series.days(last_reported=last)


def note(counter: DailyCounter, intervals: Mapping[int, float], zone: tzinfo) -> None:
    """Record Wh by the ends of intervals, added up by the day in which each ended."""
    days: defaultdict[date, float] = defaultdict(float)
    for end_at, wh in intervals.items():
        # An interval that ends at midnight belongs to the day before.
        days[datetime.fromtimestamp(end_at - 1, UTC).astimezone(zone).date()] += wh
    for day, energy in days.items():
        counter.note(day, energy)
