"""v4: EV chargers."""

from datetime import datetime
from typing import Any

from simulator.iq_gateway.reply import Json, Reply

from .asking import Ask
from .charger import EvCharger, HeatPump
from .errors import v4, v4_charger
from .lifetime import day_range
from .v4_lifetime import of_charger
from .windows import window

_SECONDS = {"5mins": 300, "15mins": 900}


def devices(ask: Ask) -> Json:
    """Return the chargers of a system."""
    system = ask.system
    rows = [
        {
            "serial_number": each.serial,
            "name": each.name,
            "sku": "IQ-EVSE-NA-1060-0110-0100",
            "part_number": "865-02030-r09",
            "status": "normal",
            "active": True,
            "last_report_at": system.horizon(ask.now),
        }
        for each in system.chargers
    ]
    return {
        "system_id": system.system_id,
        "total_devices": len(rows),
        "items": "devices",
        "devices": {"ev_chargers": rows},
    }


def events(ask: Ask) -> Json:
    """Return when charges began and ended, a page by offset and limit."""
    serial = ask.query.get("serial_num")
    rows: list[dict[str, Any]] = []
    for charger in ask.system.chargers:
        if serial in {None, charger.serial}:
            for each in charger.sessions:
                rows.extend(
                    {"event_id": number, "event": name, "serial_number": charger.serial, "triggered_date": at}
                    for number, name, at in ((1, "Charging started", each.start), (2, "Charging stopped", each.end))
                    if at <= ask.now
                )
    offset, limit = _offset(ask)
    return {"count": len(rows), "events": rows[offset : offset + limit]}


def sessions(ask: Ask) -> Json:
    """Return charges, a page by offset and limit; energy is in kWh."""
    horizon = ask.system.horizon(ask.now)
    found = _charger(ask).until(horizon)
    offset, limit = _offset(ask)
    rows = [
        {
            "start_time": each.start,
            "end_time": each.end if each.end <= horizon else None,
            "duration": min(each.end, horizon) - each.start,
            "energy_added": each.drawn(each.start, horizon) / 1000,
            "charge_time": min(each.end, horizon) - each.start,
            "miles_added": round(each.drawn(each.start, horizon) / 290, 2),
            "cost": each.cost,
        }
        for each in found[offset : offset + limit]
    ]
    return {"count": len(found), "sessions": rows}


def schedules(ask: Ask) -> Json:
    """Return the one schedule a charger has."""
    charger = _charger(ask)
    times = [{"days": list(range(1, 8)), "start_time": "1:00", "end_time": "5:00", "charging_level": 100}]
    return {
        "system_id": ask.system.system_id,
        "serial_num": charger.serial,
        "charger_schedules": [
            {
                "type": "Custom",
                "is_active": True,
                "reminder_flag": False,
                "reminder_timer": 10,
                "schedules": times,
            }
        ],
    }


def lifetime(ask: Ask) -> Json:
    """Return Wh of each day; dates are written without dashes."""
    charger, system = _charger(ask), ask.system
    text = ask.query.get("start_date")
    if not text:
        raise v4_charger("start_date is required")
    try:
        start, end = (
            datetime.strptime(each, "%Y%m%d").date() if each else None  # noqa: DTZ007
            for each in (text, ask.query.get("end_date"))
        )
    except ValueError:
        raise v4_charger("Invalid date") from None
    days = day_range(system, start, end, ask.now)
    return {
        "system_id": system.system_id,
        "serial_num": charger.serial,
        "start_date": text,
        "consumption": of_charger(ask, days),
    }


def telemetry(ask: Ask) -> Json:
    """Return Wh by the quarter of an hour."""
    charger, span = _charger(ask), window(ask, "15mins", "day", "week")
    end = min(span.end, ask.system.horizon(ask.now))
    rows = [
        {"consumption": charger.drawn(begin, begin + 900), "end_at": begin + 900}
        for begin in range(span.begin, end - 899, 900)
    ]
    return {
        "system_id": ask.system.system_id,
        "serial_num": charger.serial,
        "granularity": span.granularity,
        **span.words,
        "consumption": rows,
    }


def device_telemetry(ask: Ask) -> Json:
    """Return Wh by the interval, for `/{serial}/evse_telemetry`."""
    return _intervals(ask, _charger(ask))


def heat_pump_telemetry(ask: Ask) -> Json:
    """Return Wh by the interval, for `/{serial}/hp_telemetry`."""
    found = next((each for each in ask.system.heat_pumps if each.serial == ask.names["serial"]), None)
    if found is None:
        raise v4(404, f"Device not found for {{:serial_num=>{ask.names['serial']}}}")
    return _intervals(ask, found)


def _intervals(ask: Ask, device: EvCharger | HeatPump) -> Json:
    span = window(ask, "15mins", "day", "week")
    step = _SECONDS.get(ask.query.get("interval_duration", "15mins"), 900)
    end = min(span.end, ask.system.horizon(ask.now))
    rows = [
        {"end_at": begin + step, "wh_consumed": device.drawn(begin, begin + step)}
        for begin in range(span.begin, end - step + 1, step)
    ]
    return {
        "system_id": ask.system.system_id,
        "granularity": span.granularity,
        "interval_duration": ask.query.get("interval_duration", "15mins"),
        **span.words,
        "items": "intervals",
        "intervals": rows,
    }


def start_charging(ask: Ask) -> Reply:
    """Take the command to charge."""
    return _command(ask, "start", "CHARGING")


def stop_charging(ask: Ask) -> Reply:
    """Take the command to stop."""
    return _command(ask, "stop", "PLUGGED_IN")


def _command(ask: Ask, name: str, mode: str) -> Reply:
    charger = _charger(ask)
    charger.commands.append(name)
    charger.mode = mode
    return Reply(status=202, payload={"message": "Request sent successfully"})


def _charger(ask: Ask) -> EvCharger:
    for each in ask.system.chargers:
        if each.serial == ask.names["serial"]:
            return each
    raise v4_charger("Invalid serial number")


def _offset(ask: Ask) -> tuple[int, int]:
    return max(0, ask.number("offset", 0) or 0), min(100, max(1, ask.number("limit", 20) or 20))
