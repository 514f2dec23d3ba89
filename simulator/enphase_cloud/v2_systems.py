"""v2: systems, what they are made of, and their summary."""

from collections.abc import Callable
from typing import Any

from simulator.cloud.archive import STEP
from simulator.iq_gateway.reply import Json

from .asking import Ask
from .errors import v2_dates, v2_not_found
from .inverters import MODEL, SKU, inverters_summary
from .system import CloudSystem
from .users import decode_user, encode_user
from .v2_params import day, moment

_USUAL, _MOST = 100, 1000


def systems(ask: Ask) -> Json:
    """Return systems that fit the filters; `next` leads to the following batch."""
    found = [each for each in ask.systems if _fits(ask, each)]
    token = ask.query.get("next")
    if token:
        last = decode_user(token)
        if last is None:
            raise v2_dates(f"Invalid next {token}")
        found = [each for each in found if each.system_id > last]
    limit = moment(ask, "limit")
    size = min(_MOST, max(1, _USUAL if limit is None else limit))
    answer: dict[str, Any] = {"systems": [_entry(each, ask.now) for each in found[:size]]}
    if len(found) > size:
        answer["next"] = encode_user(found[size - 1].system_id)
    return answer


def search_system_id(ask: Ask) -> Json:
    """Return the system a gateway belongs to."""
    serial = ask.query.get("serial_num")
    if not serial:
        raise v2_dates("serial_num is required")
    for each in ask.systems:
        if each.serial == serial:
            return {"system_id": each.system_id}
    raise v2_not_found("Envoy not found with this serial number")


def summary(ask: Ask) -> Json:
    """Return what a system does, or did on a day."""
    system, now = ask.system, ask.now
    days, archive, horizon = system.days, system.archive, system.horizon(now)
    today = days.day(now)
    wanted = day(ask, "summary_date") or today
    if wanted > today:
        raise v2_dates("Requested date is in the future", start=wanted.isoformat())
    begin = min(days.midnight(wanted), horizon)
    end = min(days.midnight(wanted.fromordinal(wanted.toordinal() + 1)), horizon)
    current, meta = wanted == today, system.meta(now)
    return {
        "system_id": system.system_id,
        "current_power": round(archive.power("solar", horizon - STEP, horizon)) if current else 0,
        "energy_lifetime": archive.energy("solar", archive.start, begin),
        "energy_today": archive.energy("solar", begin, end),
        "last_interval_end_at": meta["last_energy_at"],
        "last_report_at": meta["last_report_at"],
        "modules": sum(not each.removed for each in system.house.inverters) if current else 0,
        "operational_at": meta["operational_at"],
        "size_w": system.size if current else 0,
        "source": "meter" if system.production_meter else "microinverters",
        "status": meta["status"],
        "summary_date": wanted.isoformat(),
    }


def envoys(ask: Ask) -> Json:
    """Return the gateways."""
    system = ask.system
    status = system.state(ask.now)
    return {
        "system_id": system.system_id,
        "envoys": [
            {
                "envoy_id": int(system.serial[-9:]),
                "last_report_at": system.horizon(ask.now),
                "name": f"Envoy {system.serial}",
                "part_number": system.hardware.part_number,
                "serial_number": system.serial,
                "status": status if status == "comm" else "normal",
            }
        ],
    }


def inventory(ask: Ask) -> Json:
    """Return devices that are not retired."""
    system = ask.system
    return {
        "system_id": system.system_id,
        "envoys": [{"sn": system.serial, "model": "IQ Envoy", "sku": "ENV2-IQ-AM1-240"}],
        "inverters": [
            {"sn": each.serial, "model": MODEL, "sku": SKU} for each in system.house.inverters if not each.removed
        ],
        "meters": [
            {
                "sn": each.serial,
                "manufacturer": "Enphase Energy, Inc.",
                "model": "Envoy S",
                "status": "normal",
                "state": "enabled",
            }
            for each in system.meters
        ],
        "meta": system.meta(ask.now),
    }


def inverters(ask: Ask) -> Json:
    """Return every inverter of a site."""
    site = ask.query.get("site_id")
    if not site:
        raise v2_dates("site_id is required")
    system = ask.find(site)
    return inverters_summary(system, 1, max(1, len(system.house.inverters)), ask.now)


def _entry(system: CloudSystem, now: float) -> dict[str, Any]:
    site, meta = system.site, system.meta(now)
    return {
        "system_id": site.system_id,
        "system_name": site.name,
        "system_public_name": site.public_name,
        "status": meta["status"],
        "timezone": system.house.config.place.timezone,
        "country": site.country,
        "state": site.state,
        "city": site.city,
        "postal_code": site.postal_code,
        "connection_type": site.connection_type,
        "meta": meta,
        **({"reference": site.reference} if site.reference else {}),
    }


def _fits(ask: Ask, system: CloudSystem) -> bool:
    site = system.site
    filters: dict[str, Callable[[str], bool]] = {
        "system_id": lambda wanted: wanted == str(site.system_id),
        "system_name": lambda wanted: wanted.casefold() in site.name.casefold(),
        "status": lambda wanted: wanted == system.state(ask.now),
        "reference": lambda wanted: wanted == site.reference,
        # Nobody but owners uses this cloud: no system has an installer.
        "installer": lambda _: False,
        "connection_type": lambda wanted: wanted == site.connection_type,
    }
    for name, fits in filters.items():
        wanted = [*ask.lists.get(name, []), *ask.lists.get(f"{name}[]", [])]
        if wanted and not any(fits(each) for each in wanted):
            return False
    return True
