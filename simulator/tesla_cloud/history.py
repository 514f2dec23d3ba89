"""Energy by five minutes, days, months and years; outages; charges."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from simulator.iq_gateway.reply import Json

from .asking import Ask
from .behaviour import ChargeShape, MidnightEnd, OutageUnit
from .errors import failure
from .site import EnergySite
from .splits import FIELDS, NEVER
from .wall_connector import Session
from .windows import Period, Window, window

type Row = dict[str, Any]
_TOTALS = {
    total: [number for number, name in enumerate(FIELDS) if name.startswith(prefix)]
    for total, prefix in (
        ("total_home_usage", "consumer_energy_imported_from_"),
        ("total_battery_charge", "battery_energy_imported_from_"),
        ("total_battery_discharge", "battery_energy_exported"),
        ("total_solar_generation", "solar_energy_exported"),
        ("total_grid_energy_exported", "grid_energy_exported_from_"),
    )
}


def calendar_history(ask: Ask) -> Json:
    """Return energy or outages."""
    match ask.query.get("kind"):
        case "energy":
            return _energy(ask)
        case "backup":
            return _backup(ask)
        case _:
            raise failure(400, description="kind must be one of energy, backup")


def telemetry_history(ask: Ask) -> Json:
    """Return the charges at all Wall Connectors of the site, in seconds of UTC."""
    if ask.query.get("kind") != "charge":
        raise failure(400, description="kind must be charge")
    site, days = ask.site, ask.days()
    start, end = ask.moment("start_date", days), ask.moment("end_date", days)
    if start is None or end is None:
        raise failure(400, description="start_date and end_date are required")
    sessions = sorted(
        session for charger in site.chargers for session in charger.ended(start.timestamp(), end.timestamp(), ask.now)
    )
    rows = [_charge(each) for each in sessions]
    if site.behaviour.charge_shape is ChargeShape.TIME_SERIES:
        return {"response": {"period": "day", "time_series": rows}}
    return {"response": {"charge_history": rows}}


def _charge(session: Session) -> Row:
    return {
        "charge_start_time": {"seconds": session.start},
        "charge_duration": {"seconds": session.end - session.start},
        "energy_added_wh": round(session.energy),
    }


def _energy(ask: Ask) -> Json:
    site = ask.site
    behaviour = site.behaviour
    asked = window(ask, site.archive.start)
    rows: list[Row] | None = list(_rows(site, asked, ask.now)) if site.measured else []
    if asked.at_midnight and behaviour.midnight_end is not MidnightEnd.ROWS:
        zeros = dict.fromkeys(FIELDS, 0)
        empty = behaviour.midnight_end is MidnightEnd.EMPTY
        rows = [] if empty else [{"timestamp": _stamp(site, asked, asked.end, 0), **zeros}]
    answer = {
        "serial_number": site.details.gateway_serial,
        "period": asked.period.value,
        "installation_time_zone": zone_of(site),
        "time_series": None if behaviour.series_null else rows,
    }
    return {"response": answer}


def _rows(site: EnergySite, asked: Window, now: float) -> Iterator[Row]:
    behaviour, uploads = site.behaviour, site.uploads
    splits = site.splits(fractional=behaviour.fractional)
    horizon = min(now, float(site.archive.end)) - behaviour.history_delay
    fine = asked.period is Period.DAY and not behaviour.day_in_one_row
    edges = _edges(asked, fine=fine)
    share = 1 - behaviour.yearly_loss if asked.period in {Period.YEAR, Period.LIFETIME} else 1.0
    hour = 0 if fine else behaviour.day_stamp_hour
    for begin, end in pairwise(edges):
        if begin >= horizon or (fine and (end > horizon or not uploads.row_known(begin, end, now))):
            continue
        until = min(end, horizon)
        energy = splits.between(begin, until)
        if not fine:
            known = until - max(begin, site.archive.start)
            for start, stop in uploads.unknown(begin, until, now):
                known -= stop - start
                energy = [each - gone for each, gone in zip(energy, splits.between(start, stop), strict=True)]
            if known <= 0:
                continue
        if share != 1:
            energy = [round(each * share) for each in energy]
        row = _row(site, _stamp(site, asked, begin, hour), energy)
        yield row
        if fine and behaviour.repeated_hour_doubled and asked.days.repeated(begin):
            yield dict(row)


def _edges(asked: Window, *, fine: bool) -> list[int]:
    edges = asked.edges()
    if asked.period is not Period.DAY or fine or not edges:
        return edges
    return [edges[0], edges[-1]]


def _row(site: EnergySite, stamp: str, energy: list[float]) -> Row:
    behaviour = site.behaviour
    fields = dict(zip(FIELDS, energy, strict=True))
    if behaviour.totals_sent:
        fields |= {total: sum([energy[number] for number in parts]) for total, parts in _TOTALS.items()}
    if behaviour.zeros_omitted:
        return {"timestamp": stamp} | {name: wh for name, wh in fields.items() if wh}
    return {"timestamp": stamp, **fields, **dict.fromkeys(NEVER, 0)}


def _stamp(site: EnergySite, asked: Window, at: float, hour: int) -> str:
    text = asked.days.stamp(at)
    if hour:
        text = f"{text[:11]}{hour:02d}{text[13:]}"
    return text[:19] if site.behaviour.naive_stamps else text


def zone_of(site: EnergySite) -> str:
    """Return the time zone that the API reports for a site."""
    override = site.behaviour.time_zone
    return site.house.config.place.timezone if override is None else override


def _backup(ask: Ask) -> Json:
    site = ask.site
    behaviour = site.behaviour
    asked = window(ask, site.archive.start)
    factor = 1000 if behaviour.outage_unit is OutageUnit.MILLISECONDS else 1
    events = [
        {"timestamp": asked.days.stamp(each.start), "duration": round((each.end - each.start) * factor)}
        for each in site.outages.all
        if asked.begin <= each.start < asked.end and (behaviour.running_outage_sent or not each.running)
    ]
    return {"response": {"events": events, "events_count": len(events), "total_events": len(events)}}
