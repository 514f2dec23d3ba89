"""v4: energy by the interval, and what the devices do now."""

from typing import Any

from simulator.iq_gateway.reply import Json

from .asking import Ask
from .errors import v4
from .system import CloudSystem
from .windows import Window, intervals, window

_FIVE, _QUARTER = 300, 900
_STALE = 7 * 86_400
_ALL = ("15mins", "day", "week")


def production_micro(ask: Ask) -> Json:
    """Return production as the inverters tell it, by five minutes; nights are missing."""
    span = window(ask, "5mins", "15mins", "day")
    system = ask.system
    rows = [
        {
            "end_at": each.end,
            "devices_reporting": system.working_inverters,
            "powr": round(each.wh * 3600 / _FIVE),
            "enwh": each.wh,
        }
        for each in intervals(system, "solar", span.begin, span.end, _FIVE, ask.now)
        if system.archive.moved("solar", each.end - _FIVE, each.end)
    ]
    return _answer(ask, span, system.working_inverters, rows)


def production_meter(ask: Ask) -> Json:
    """Return production as its meter tells it."""
    span = window(ask, *_ALL)
    devices = int(ask.system.production_meter is not None)
    rows = [
        {"end_at": each.end, "devices_reporting": devices, "wh_del": each.wh}
        for each in intervals(ask.system, "solar", span.begin, span.end, _QUARTER, ask.now)
    ]
    return _answer(ask, span, devices, rows if devices else [])


def consumption_meter(ask: Ask) -> Json:
    """Return consumption."""
    span = window(ask, *_ALL)
    devices = int(ask.system.consumption_meter is not None)
    rows = [
        {"end_at": each.end, "devices_reporting": devices, "enwh": ask.system.consumed(each.end - _QUARTER, each.end)}
        for each in intervals(ask.system, "load", span.begin, span.end, _QUARTER, ask.now)
    ]
    return _answer(ask, span, devices, rows if devices else [])


def battery(ask: Ask) -> Json:
    """Return charge, discharge and level of all batteries; the last level is a text."""
    span, system = window(ask, *_ALL), ask.system
    devices = len(system.encharges or system.ac_batteries)
    reporting = {"devices_reporting": devices}
    rows: list[dict[str, Any]] = []
    if devices:
        rows = [
            {
                "end_at": charge.end,
                "charge": {"enwh": charge.wh, **reporting},
                "discharge": {"enwh": _energy(system, "battery_discharge", charge.end), **reporting},
                "soc": {"percent": round(system.archive.level(charge.end) or 0), **reporting},
            }
            for charge in intervals(system, "battery_charge", span.begin, span.end, _QUARTER, ask.now)
        ]
    level = system.archive.level(system.horizon(ask.now)) if devices else None
    shown = None if level is None else f"{round(level)}%"
    return _answer(ask, span, devices, rows) | {"last_reported_aggregate_soc": shown}


def imported(ask: Ask) -> Json:
    """Return what came from the grid; its list of intervals is in a list."""
    return _grid(ask, "grid_import", "wh_imported")


def exported(ask: Ask) -> Json:
    """Return what went to the grid."""
    return _grid(ask, "grid_export", "wh_exported")


def encharge(ask: Ask) -> Json:
    """Return one IQ Battery's intervals."""
    return _unit(ask, ask.system.encharges, "encharge")


def ac_battery(ask: Ask) -> Json:
    """Return one of the old AC Batteries' intervals."""
    return _unit(ask, ask.system.ac_batteries, "acb")


def _unit(ask: Ask, serials: list[str], name: str) -> Json:
    """Return one battery unit's intervals: the units share evenly."""
    span, system = window(ask, *_ALL), ask.system
    serial = ask.names["serial"]
    if not serials:
        raise v4(422, f"System doesn't have {name}")
    if serial not in serials:
        raise v4(404, f"{name.capitalize()} not found for {{:serial_num=>{serial}}}")
    unit, units = serials.index(serial), len(serials)

    def share(kind: Any, end: int) -> int:
        # Hermite's identity: the units' counters add up to the whole one.
        after, before = (system.archive.counter(kind, at) for at in (end, end - _QUARTER))
        return (after + unit) // units - (before + unit) // units

    rows = [
        {
            "end_at": each.end,
            "charge": {"enwh": share("battery_charge", each.end)},
            "discharge": {"enwh": share("battery_discharge", each.end)},
            "soc": {"percent": round(system.archive.level(each.end) or 0)},
        }
        for each in intervals(system, "battery_charge", span.begin, span.end, _QUARTER, ask.now)
    ]
    horizon = system.horizon(ask.now)
    body = _answer(ask, span, 1, rows)
    body.pop("meta")
    return body | {
        "serial_number": serial,
        "last_reported_time": horizon,
        "last_reported_soc": f"{round(system.archive.level(horizon) or 0)}%",
    }


def latest(ask: Ask) -> Json:
    """Return W of every device: a row a phase, and nothing of what is a week old.

    Net consumption is production and grid: battery power, positive while it
    charges, is still in it.
    """
    system, now = ask.system, ask.now
    horizon = system.horizon(now)
    fresh = now - horizon <= _STALE
    watts = {
        kind: system.archive.power(kind, horizon - _FIVE, horizon)
        for kind in ("solar", "load", "grid_import", "grid_export", "battery_charge", "battery_discharge")
    }
    meter = system.consumption_meter
    net = watts["solar"] + watts["grid_import"] - watts["grid_export"]
    consumption = watts["load"] if meter is not None and meter.config_type == "Total" else net
    battery = watts["battery_charge"] - watts["battery_discharge"]
    rows: list[dict[str, Any]] = []
    for each, power in ((system.production_meter, watts["solar"]), (meter, consumption)):
        if each is not None:
            rows.extend(_channels(system, each.serial, each.name, power, horizon if fresh else None))
    units = len(system.encharges)
    devices: dict[str, Any] = {
        "meters": rows,
        "encharges": [
            {
                "id": int(serial),
                "name": "IQ Battery",
                "channel": 1,
                "last_report_at": horizon if fresh else None,
                "power": part if fresh else None,
                "operational_mode": _activity(battery) if fresh else None,
            }
            for serial, part in zip(system.encharges, _parts(round(battery), units), strict=True)
        ],
        "heat-pump": [
            {
                "serial_number": each.serial,
                "name": f"Heat pump {each.serial}",
                "last_report_at": horizon if fresh else None,
                "operational_mode": each.mode if fresh else None,
            }
            for each in system.heat_pumps
        ],
        "evse": [
            {
                "id": int(each.serial),
                "name": each.name,
                "channel": 1,
                "last_report_at": horizon if fresh else None,
                "power": round(each.doing(horizon)[1]) if fresh else None,
                "operational_mode": each.doing(horizon)[0] if fresh else None,
            }
            for each in system.chargers
        ],
    }
    return {"system_id": system.system_id, "items": "devices", "devices": devices}


def micros(ask: Ask) -> Json:
    """Return a page of inverters with their intervals."""
    span, system = window(ask, "5mins", "15mins", "day"), ask.system
    page, size = ask.paging(size=20)
    found = [each for each in system.house.inverters if not each.removed]
    shown = found[(page - 1) * size : page * size]
    return {
        "system_id": system.system_id,
        "granularity": span.granularity,
        "total_devices": len(found),
        "current_page": page,
        "size": size,
        "count": len(shown),
        **span.words,
        "items": "devices",
        "devices": [
            {"serial_number": each.serial, "intervals": _inverter(system, each.serial, span, ask.now)} for each in shown
        ],
        "meta": system.meta(ask.now),
    }


def micro(ask: Ask) -> Json:
    """Return one inverter's intervals."""
    span, system, serial = window(ask, "5mins", "15mins", "day"), ask.system, ask.names["serial"]
    if all(each.serial != serial for each in system.house.inverters):
        raise v4(404, f"Microinverter not found for {{:serial_num=>{serial}}}")
    return _answer(ask, span, 1, _inverter(system, serial, span, ask.now)) | {"serial_number": serial}


def _inverter(system: CloudSystem, serial: str, span: Window, now: float) -> list[dict[str, Any]]:
    archive = system.archive
    number = next(index for index, each in enumerate(system.house.inverters) if each.serial == serial)
    rows = []
    for each in intervals(system, "solar", span.begin, span.end, _FIVE, now):
        energy = archive.inverter(number, each.end) - archive.inverter(number, each.end - _FIVE)
        if archive.moved("solar", each.end - _FIVE, each.end):
            rows.append({"end_at": each.end, "powr": round(energy * 3600 / _FIVE), "enwh": energy})
    return rows


def _grid(ask: Ask, kind: Any, name: str) -> Json:
    span = window(ask, "15mins", "day")
    metered = ask.system.consumption_meter is not None
    rows = [
        {"end_at": each.end, name: each.wh}
        for each in intervals(ask.system, kind, span.begin, span.end, _QUARTER, ask.now)
        if metered
    ]
    return _answer(ask, span, 0, [rows])


def _answer(ask: Ask, span: Window, devices: int, rows: list[Any]) -> dict[str, Any]:
    return {
        "system_id": ask.system.system_id,
        "granularity": span.granularity,
        "total_devices": devices,
        **span.words,
        "items": "intervals",
        "intervals": rows,
        "meta": ask.system.meta(ask.now),
    }


def _energy(system: CloudSystem, kind: Any, end: int) -> int:
    return system.archive.energy(kind, end - _QUARTER, end)


def _channels(system: CloudSystem, serial: str, name: str, power: float, reported: int | None) -> list[dict[str, Any]]:
    identifier = int("".join(each for each in serial if each.isdecimal()))
    return [
        {
            "id": identifier,
            "name": name,
            "channel": number,
            "last_report_at": reported,
            "power": None if reported is None else part,
        }
        for number, part in enumerate(_parts(round(power), system.house.config.phases), 1)
    ]


def _parts(whole: int, count: int) -> list[int]:
    return [(whole + number) // count for number in range(count)]


def _activity(watts: float) -> str:
    if abs(watts) < 25:
        return "Idle"
    return "Charging" if watts > 0 else "Discharging"
