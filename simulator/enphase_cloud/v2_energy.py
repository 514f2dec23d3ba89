"""v2: energy by the day and by the interval, and odometers."""

from datetime import date, timedelta
from typing import Any

from simulator.iq_gateway.reply import Json, Reply

from .asking import Ask
from .errors import temporarily_unavailable, v2, v2_dates
from .lifetime import DayRange, by_day, by_micro_and_meter, day_range, meter_since
from .readings import meter_statistics, production_readings
from .system import CloudSystem
from .v2_params import day, moment
from .windows import intervals

_FIVE, _QUARTER, _DAY, _WEEK, _MONTH, _YEAR = 300, 900, 86_400, 7 * 86_400, 30 * 86_400, 365 * 86_400


def energy_lifetime(ask: Ask) -> Json | Reply:
    """Return production by the day: the inverters' until the meter came, then the meter's."""
    system = ask.system
    if not system.produced(ask.now):
        return Reply(status=204)
    days = _days(ask)
    answer: dict[str, Any] = {
        "system_id": system.system_id,
        "start_date": days.first.isoformat(),
        "production": by_day(system, "solar", days, ask.now),
    }
    since = meter_since(system)
    if since is not None:
        answer["meter_start_date"] = since.isoformat()
    if ask.query.get("production") == "all":
        answer["micro_production"], answer["meter_production"] = by_micro_and_meter(system, days, ask.now)
    return answer | {"meta": system.meta(ask.now)}


def consumption_lifetime(ask: Ask) -> Json | Reply:
    """Return consumption by the day; no content without a meter."""
    system = _permitted(ask)
    if system.consumption_meter is None:
        return Reply(status=204)
    days = _days(ask)
    return {
        "system_id": system.system_id,
        "start_date": days.first.isoformat(),
        "consumption": by_day(system, "load", days, ask.now),
        "meta": system.meta(ask.now),
    }


def stats(ask: Ask) -> Json:
    """Return a day of the inverters' five minutes; the dark ones are missing."""
    system, now = ask.system, ask.now
    begin, end = _span(ask, _FIVE)
    first, last = system.archive.start, system.horizon(now)
    recent = _recent(ask, begin)
    if begin >= last or end <= first:
        raise v2_dates(
            "Requested date range is invalid for this system.",
            start_at=begin,
            end_at=end,
            first_interval=first + _FIVE,
            last_interval=last,
        )
    begin = max(begin, system.days.midnight(system.operational_day))
    found = intervals(system, "solar", begin, min(end, begin + _DAY), _FIVE, now)
    return {
        "system_id": system.system_id,
        "total_devices": len([each for each in system.house.inverters if not each.removed]),
        "meta": system.meta(now),
        "intervals": [
            {
                "end_at": each.end,
                "powr": each.wh * 3600 // _FIVE,
                "enwh": each.wh,
                "devices_reporting": system.working_inverters,
            }
            for each in found
            if recent and system.archive.moved("solar", each.end - _FIVE, each.end)
        ],
    }


def consumption_stats(ask: Ask) -> Json:
    """Return a month of consumption's quarters of an hour."""
    system, now = _permitted(ask), ask.now
    begin, end = _span(ask, _QUARTER)
    metered = system.consumption_meter is not None
    found = intervals(system, "load", begin, min(end, begin + _MONTH), _QUARTER, now) if metered else []
    return {
        "system_id": system.system_id,
        "total_devices": int(metered),
        "meta": system.meta(now),
        "intervals": [
            {"end_at": each.end, "enwh": each.wh, "devices_reporting": 1} for each in found if _recent(ask, begin)
        ],
    }


def rgm_stats(ask: Ask) -> Json:
    """Return the meter's quarters of an hour, by channel as well, for seven days at most."""
    if ask.policy.unavailable:
        raise temporarily_unavailable()
    begin, end = _span(ask, _QUARTER)
    if end - begin > _WEEK:
        raise v2_dates(
            f"Requested date range in one API hit cannot be more than 7 days. {{:start_at=> {begin}, :end_at=> {end}}}",
            start_at=begin,
            end_at=end,
        )
    recent = _recent(ask, begin)
    return meter_statistics(ask.system, begin, end if recent else begin, ask.now)


def production_meter_readings(ask: Ask) -> Json:
    """Return the meters' odometers."""
    system = ask.system
    return {
        "system_id": system.system_id,
        "meter_readings": production_readings(system, moment(ask, "end_at"), ask.now),
        "meta": system.meta(ask.now),
    }


def monthly_production(ask: Ask) -> Json:
    """Return the production of the month that begins at a date."""
    system, now = ask.system, ask.now
    first = day(ask, "start_date")
    if first is None:
        raise v2_dates("start_date is required")
    last = _month_later(first) - timedelta(days=1)
    today = system.days.day(now)
    if last >= today:
        raise v2_dates("The start date must be at least one month ago", start=first.isoformat(), end=last.isoformat())
    begin, end = system.days.midnight(first), system.days.midnight(last + timedelta(days=1))
    meter = system.production_meter
    readings = []
    if meter is not None:
        start, finish = (system.archive.counter("solar", at) for at in (begin, end))
        readings = [{"serial_number": meter.serial, "start": start, "end": finish}]
    return {
        "system_id": system.system_id,
        "start_date": first.isoformat(),
        "end_date": last.isoformat(),
        "production_wh": system.archive.energy("solar", begin, end),
        "meter_readings": readings,
        "meta": system.meta(now),
    }


def _permitted(ask: Ask) -> CloudSystem:
    if not ask.policy.v2_consumption:
        raise v2(401, "Not authorized to access requested resource.")
    return ask.system


def _days(ask: Ask) -> DayRange:
    """Return the days asked for: by default until yesterday or the last report."""
    system, now = ask.system, ask.now
    start, end = day(ask, "start_date"), day(ask, "end_date")
    if start is not None and start > system.days.day(now):
        raise v2_dates("Requested date is in the future", start=start.isoformat())
    if start is not None and end is not None and end < start:
        raise v2_dates("Requested date range is invalid", start=start.isoformat(), end=end.isoformat())
    days = day_range(system, start, end, now)
    if end is not None:
        return days
    return DayRange(first=days.first, last=min(days.last, system.days.day(system.horizon(now))))


def _span(ask: Ask, step: int) -> tuple[int, int]:
    system = ask.system
    begin = moment(ask, "start_at")
    if begin is None:
        begin = system.days.midnight(system.days.day(ask.now))
    end = moment(ask, "end_at")
    end = int(ask.now) if end is None else end
    begin, end = begin - begin % step, end - end % step
    if end < begin:
        raise v2_dates("Requested date range is invalid for this system.", start_at=begin, end_at=end)
    return begin, end


def _recent(ask: Ask, begin: int) -> bool:
    return begin >= ask.now - _YEAR


def _month_later(first: date) -> date:
    year, month = first.year + first.month // 12, first.month % 12 + 1
    for number in range(first.day, 0, -1):
        try:
            return date(year, month, number)
        except ValueError:
            continue
    raise AssertionError
