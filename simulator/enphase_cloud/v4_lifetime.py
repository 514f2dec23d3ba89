"""v4: energy by the day."""

from itertools import pairwise
from typing import Any

from simulator.cloud.archive import Kind
from simulator.iq_gateway.reply import Json

from .asking import Ask
from .charger import EvCharger, HeatPump
from .errors import v4
from .lifetime import DayRange, by_day, by_micro_and_meter, corrected, day_range, meter_since
from .windows import invalid_range


def production(ask: Ask) -> Json:
    """Return production: the inverters' until the meter came, then the meter's."""
    days, answer = _begin(ask)
    system = ask.system
    answer["production"] = by_day(system, "solar", days, ask.now) if answer["start_date"] else []
    since = meter_since(system)
    if since is not None:
        answer["meter_start_date"] = since.isoformat()
    if ask.query.get("production") == "all":
        answer["micro_production"], answer["meter_production"] = by_micro_and_meter(system, days, ask.now)
    return answer | {"meta": system.meta(ask.now)}


def consumption(ask: Ask) -> Json:
    """Return consumption, nothing without its meter."""
    days, answer = _begin(ask)
    system = ask.system
    energies: list[int] = []
    if system.consumption_meter is not None:
        horizon = system.horizon(ask.now)
        edges = [min(system.days.midnight(day), horizon) for day in days.edges]
        energies = corrected(system, "load", days, [system.consumed(begin, end) for begin, end in pairwise(edges)])
    return answer | {"consumption": energies, "meta": system.meta(ask.now)}


def imported(ask: Ask) -> Json:
    """Return what came from the grid."""
    return _metered(ask, "import", "grid_import")


def exported(ask: Ask) -> Json:
    """Return what went to the grid."""
    return _metered(ask, "export", "grid_export")


def battery(ask: Ask) -> Json:
    """Return what went into the batteries and came out of them."""
    days, answer = _begin(ask)
    charge: list[int] = []
    discharge: list[int] = []
    if ask.system.house.battery is not None:
        charge = by_day(ask.system, "battery_charge", days, ask.now)
        discharge = by_day(ask.system, "battery_discharge", days, ask.now)
    return answer | {"charge": charge, "discharge": discharge, "meta": ask.system.meta(ask.now)}


def charger(ask: Ask) -> Json:
    """Return what an EV charger drew, for `/{serial}/evse_lifetime`."""
    days, answer = _begin(ask)
    found = [each for each in ask.system.chargers if each.serial == ask.names["serial"]]
    if not found:
        raise v4(404, f"Device not found for {{:serial_num=>{ask.names['serial']}}}")
    return answer | {"consumption": of_charger(ask, days), "meta": ask.system.meta(ask.now)}


def heat_pump(ask: Ask) -> Json:
    """Return what a heat pump drew, for `/{serial}/hp_lifetime`."""
    days, answer = _begin(ask)
    found = next((each for each in ask.system.heat_pumps if each.serial == ask.names["serial"]), None)
    if found is None:
        raise v4(404, f"Device not found for {{:serial_num=>{ask.names['serial']}}}")
    return answer | {"consumption": _drawn(ask, found, days), "meta": ask.system.meta(ask.now)}


def of_charger(ask: Ask, days: DayRange) -> list[int]:
    """Return what the charger of the path drew each day, Wh."""
    return _drawn(ask, next(each for each in ask.system.chargers if each.serial == ask.names["serial"]), days)


def _drawn(ask: Ask, found: EvCharger | HeatPump, days: DayRange) -> list[int]:
    system = ask.system
    horizon = system.horizon(ask.now)
    drawn = []
    day = days.first
    while day <= days.last:
        following = day.fromordinal(day.toordinal() + 1)
        begin, end = (min(system.days.midnight(each), horizon) for each in (day, following))
        drawn.append(found.drawn(begin, end))
        day = following
    return drawn


def _metered(ask: Ask, name: str, kind: Kind) -> Json:
    days, answer = _begin(ask)
    metered = ask.system.consumption_meter is not None
    energies = by_day(ask.system, kind, days, ask.now) if metered else []
    return answer | {name: energies, "meta": ask.system.meta(ask.now)}


def _begin(ask: Ask) -> tuple[DayRange, dict[str, Any]]:
    system, now = ask.system, ask.now
    start, end = ask.day("start_date"), ask.day("end_date")
    today = system.days.day(now)
    if start is not None and start > today:
        raise v4(422, "Requested date is in the future")
    if start is not None and end is not None and end < start:
        raise invalid_range(system, system.days.midnight(start), system.days.midnight(end), now)
    days = day_range(system, start, end, now)
    known = start is not None or system.produced(now)
    return days, {"system_id": system.system_id, "start_date": days.first.isoformat() if known else None}
