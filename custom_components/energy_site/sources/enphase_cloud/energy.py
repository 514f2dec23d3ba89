"""Counters made of a life's days and of what today brought so far."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, tzinfo

from ...clients.enphase_cloud.models.common import DailySeries
from ...clients.enphase_cloud.models.lifetime import BatteryLifetime
from ...clients.enphase_cloud.models.meters import RgmStats
from ...clients.enphase_cloud.models.systems import Summary
from ...clients.enphase_cloud.models.telemetry import BatteryTelemetry, EnergyTelemetry
from ...site.days import DayBook, DayBooks
from ...site.model import CounterKind


def enter_summary(books: DayBooks, summary: Summary) -> None:
    """Enter what the sun gave: until yesterday, and today."""
    day = summary.summary_date
    if day is None or summary.energy_today is None:
        return
    book = books.of(CounterKind.SOLAR)
    if summary.energy_lifetime is not None:
        book.close(day - timedelta(days=1), summary.energy_lifetime)
    book.note(day, summary.energy_today)


def enter_life(books: DayBooks, kind: CounterKind, series: DailySeries, zone: tzinfo) -> None:
    """Enter a life's days; zeroes at its end that were not reported yet are none."""
    books.of(kind).life(series.days(last_reported=_last_reported(series, zone)))


def enter_battery_life(books: DayBooks, life: BatteryLifetime, zone: tzinfo) -> None:
    """Enter a battery's days."""
    enter_life(books, CounterKind.BATTERY_CHARGE, life.charge, zone)
    enter_life(books, CounterKind.BATTERY_DISCHARGE, life.discharge, zone)


def enter_day(books: DayBooks, kind: CounterKind, telemetry: EnergyTelemetry | RgmStats, zone: tzinfo) -> None:
    """Enter the intervals of a day so far."""
    _note(books.of(kind), ((interval.end_at, interval.wh) for interval in telemetry.intervals), zone)


def enter_battery_day(books: DayBooks, telemetry: BatteryTelemetry, zone: tzinfo) -> None:
    """Enter a battery's intervals of a day so far."""
    intervals = telemetry.intervals
    charge, discharge = books.of(CounterKind.BATTERY_CHARGE), books.of(CounterKind.BATTERY_DISCHARGE)
    _note(charge, ((interval.end_at, interval.charge_enwh) for interval in intervals), zone)
    _note(discharge, ((interval.end_at, interval.discharge_enwh) for interval in intervals), zone)


def _note(book: DayBook, intervals: Iterable[tuple[int, float | None]], zone: tzinfo) -> None:
    """Add the intervals up by the day in which each ended."""
    days: defaultdict[date, float] = defaultdict(float)
    for end_at, wh in intervals:
        # An interval that ends at midnight belongs to the day before.
        days[datetime.fromtimestamp(end_at - 1, UTC).astimezone(zone).date()] += wh or 0.0
    for day, energy in days.items():
        book.note(day, energy)


def _last_reported(series: DailySeries, zone: tzinfo) -> date | None:
    at = series.meta.last_report_at if series.meta is not None else None
    return None if at is None else datetime.fromtimestamp(at, UTC).astimezone(zone).date() - timedelta(days=1)
