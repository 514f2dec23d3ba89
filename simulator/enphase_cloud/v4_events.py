"""v4: events and alarms."""

from typing import Any

from simulator.iq_gateway.reply import Json

from .asking import Ask
from .errors import v4
from .events import GRID_OUTAGE, SystemEvent
from .system import CloudSystem
from .windows import invalid_range

_DAY = 86_400
_MOST = 7 * _DAY
_NINE_MONTHS = 274 * _DAY


def events(ask: Ask) -> Json:
    """Return what happened in a span of a week at most."""
    begin, end = _span(ask)
    found = [each for each in _known(ask.system, ask.now) if each.overlaps(begin, end)]
    return _answer(ask, "events", [_event(each) for each in found])


def alarms(ask: Ask) -> Json:
    """Return alarms of a span, by choice only those that are over or not."""
    begin, end = _span(ask)
    wanted = ask.query.get("cleared")
    found = [each for each in _known(ask.system, ask.now) if each.alarm and each.overlaps(begin, end)]
    if wanted is not None:
        found = [each for each in found if (each.end is not None) == (wanted.casefold() == "true")]
    return _answer(ask, "alarms", [_alarm(each) for each in found])


def open_events(ask: Ask) -> Json:
    """Return what is going on still."""
    found = [each for each in _known(ask.system, ask.now) if each.end is None]
    return _answer(ask, "events", [_event(each) for each in found])


def open_alarms(ask: Ask) -> Json:
    """Return alarms that are not over."""
    found = [each for each in _known(ask.system, ask.now) if each.alarm and each.end is None]
    return _answer(ask, "alarms", [_alarm(each) for each in found])


def _span(ask: Ask) -> tuple[int, int]:
    begin = ask.number("start_time")
    if begin is None:
        raise v4(422, "start_time is required")
    if begin > ask.now:
        raise v4(422, "Requested date is in the future")
    end = ask.number("end_time") or min(begin + _DAY, int(ask.now))
    if end < begin or end - begin > _MOST or begin < ask.now - _NINE_MONTHS:
        raise invalid_range(ask.system, begin, end, ask.now)
    return begin, end


def _known(system: CloudSystem, now: float) -> list[SystemEvent]:
    """Return the events told by now, the utility's outages among them."""
    outages = [
        SystemEvent(
            event_type_id=GRID_OUTAGE,
            start=int(each.start),
            end=int(each.end) if each.end <= now else None,
            serial=system.controller_serial,
        )
        for each in system.house.config.outages
        if each.start <= now
    ]
    told = [each for each in system.events if each.start <= now]
    return sorted((*told, *outages), key=lambda each: each.start)


def _answer(ask: Ask, name: str, rows: list[dict[str, Any]]) -> Json:
    return {"system_id": ask.system.system_id, name: rows} if ask.policy.wrap_events else rows


def _event(event: SystemEvent) -> dict[str, Any]:
    return {
        "status": "open" if event.end is None else "closed",
        "event_type_id": event.event_type_id,
        "event_start_time": event.start,
        "event_end_time": event.end,
        "serial_number": event.serial,
    }


def _alarm(event: SystemEvent) -> dict[str, Any]:
    return {
        "id": event.start * 100 + event.event_type_id,
        "cleared": event.end is not None,
        "severity": event.severity,
        "events": [{"serial_number": event.serial, "start_date": event.start, "end_date": event.end}],
        "event_type_id": event.event_type_id,
        "alarm_start_time": event.start,
        "alarm_end_time": event.end,
    }
