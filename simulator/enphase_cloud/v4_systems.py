"""v4: lists of systems, one system, its summary, and how to find one."""

from typing import Any

from simulator.iq_gateway.reply import Json

from .asking import Ask
from .errors import v4
from .events import EVENT_TYPES
from .system import CloudSystem

_NOT_HERE = -1
"""What lists show instead of energies and sizes, by design."""


def systems(ask: Ask) -> Json:
    """Return a page of the systems."""
    found = list(ask.systems)
    if ask.query.get("sort_by") == "-id":
        found.reverse()
    return _page(ask, found)


def search(ask: Ask) -> Json:
    """Return a page of the systems that fit the body."""
    body = ask.json()
    if "system" not in body:
        raise v4(422, "system is missing at Json body location")
    wanted = body["system"] or {}
    found = [each for each in ask.systems if _fits(each, wanted, ask.now)]
    if body.get("sort_by") == "-id":
        found.reverse()
    page = _page(ask, found)
    for each in page["systems"]:
        each["live_stream"] = "disabled"
    return page


def system(ask: Ask) -> Json:
    """Return one system."""
    return _entry(ask.system, ask.now)


def retrieve_system_id(ask: Ask) -> Json:
    """Return the system a gateway belongs to."""
    serial = ask.query.get("serial_num", "")
    if not serial:
        raise v4(422, "Provide envoy serial number")
    for each in ask.systems:
        if each.serial == serial:
            return {"system_id": each.system_id}
    raise v4(404, f"Envoy not found with serial number {serial}")


def event_types(ask: Ask) -> Json:
    """Return what events mean."""
    wanted = ask.number("event_type_id")
    found = [dict(each) for each in EVENT_TYPES if wanted in {None, each["event_type_id"]}]
    if not found:
        raise v4(404, f"Event type not found for {wanted}")
    return {"event_types": found} if ask.policy.wrap_events else found


def summary(ask: Ask) -> Json:
    """Return what a system does, or did on a day."""
    system, now = ask.system, ask.now
    days, archive, horizon = system.days, system.archive, system.horizon(now)
    today = days.day(now)
    day = ask.day("summary_date") or today
    if day > today:
        raise v4(422, "Requested date is in the future")
    begin = days.midnight(day)
    end = min(days.midnight(day.fromordinal(day.toordinal() + 1)), horizon)
    current = day == today
    interval = 300
    charge, discharge = (
        round(archive.power(kind, horizon - interval, horizon)) if current else 0
        for kind in ("battery_charge", "battery_discharge")
    )
    meta = system.meta(now)
    battery = system.house.battery
    return {
        "system_id": system.system_id,
        "current_power": round(archive.power("solar", horizon - interval, horizon)) if current else 0,
        "energy_lifetime": archive.energy("solar", archive.start, min(begin, horizon))
        - system.corrections.get("solar", 0),
        "energy_today": max(0, archive.energy("solar", begin, end)),
        "last_interval_end_at": meta["last_energy_at"],
        "last_report_at": meta["last_report_at"],
        "modules": sum(not each.removed for each in system.house.inverters) if current else 0,
        "operational_at": meta["operational_at"] if system.produced(now) else None,
        "size_w": system.size if current else 0,
        "nmi": "",
        "source": "meter" if system.production_meter else "microinverters",
        "status": meta["status"],
        "summary_date": day.isoformat(),
        "battery_charge_w": charge,
        "battery_discharge_w": discharge,
        "battery_capacity_wh": round(battery.capacity) if battery else 0,
        "evse_power": [
            {each.serial: {"evse_max_charge_w": each.max_watts, "evse_min_charge_w": each.min_watts}}
            for each in system.chargers
        ],
    }


def _page(ask: Ask, found: list[CloudSystem]) -> dict[str, Any]:
    page, size = ask.paging()
    shown = found[(page - 1) * size : page * size]
    return {
        "total": len(found),
        "current_page": page,
        "size": size,
        "count": len(shown),
        "items": "systems",
        "systems": [_entry(each, ask.now) for each in shown],
    }


def _entry(system: CloudSystem, now: float) -> dict[str, Any]:
    site, meta = system.site, system.meta(now)
    produced = system.produced(now)
    return {
        "system_id": site.system_id,
        "name": site.name,
        "public_name": site.public_name,
        "timezone": system.house.config.place.timezone,
        "address": {
            "city": site.city,
            "state": site.state,
            "country": site.country,
            "postal_code": site.postal_code,
        },
        "connection_type": site.connection_type,
        "energy_lifetime": _NOT_HERE,
        "energy_today": _NOT_HERE,
        "system_size": _NOT_HERE,
        "status": meta["status"],
        "last_report_at": meta["last_report_at"],
        "last_energy_at": meta["last_energy_at"],
        "operational_at": meta["operational_at"] if produced else None,
        "attachment_type": "rack_mount",
        "interconnect_date": system.operational_day.isoformat() if produced else None,
        "other_references": [],
        **({"reference": site.reference} if site.reference else {}),
    }


def _fits(system: CloudSystem, wanted: dict[str, Any], now: float) -> bool:
    site = system.site
    return (
        ("ids" not in wanted or site.system_id in wanted["ids"])
        and wanted.get("name", "").casefold() in site.name.casefold()
        and ("reference" not in wanted or site.reference == wanted["reference"])
        and ("other_reference" not in wanted or not wanted["other_reference"])
        and ("statuses" not in wanted or system.state(now) in wanted["statuses"])
    )
