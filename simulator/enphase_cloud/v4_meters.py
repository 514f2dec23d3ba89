"""v4: meters."""

from simulator.iq_gateway.reply import Json

from .asking import Ask
from .errors import temporarily_unavailable, v4
from .readings import meter_statistics, production_readings, read_at
from .windows import invalid_range

_WEEK = 7 * 86_400


def production(ask: Ask) -> Json:
    """Return the production meter's odometer."""
    system = ask.system
    readings = production_readings(system, ask.number("end_at"), ask.now)
    return {"system_id": system.system_id, "meter_readings": list(readings), "meta": system.meta(ask.now)}


def consumption(ask: Ask) -> Json:
    """Return the consumption meter's odometer; its serial number has another name."""
    system, meter = ask.system, ask.system.consumption_meter
    at = read_at(system, ask.number("end_at"), ask.now)
    readings = []
    if meter is not None:
        readings = [{"serial_num": meter.serial, "value": system.archive.counter("load", at), "read_at": at}]
    return {"system_id": system.system_id, "meter_readings": readings, "meta": system.meta(ask.now)}


def storage(ask: Ask) -> Json:
    """Return the storage meter's two odometers."""
    system, meter = ask.system, ask.system.storage_meter
    at = read_at(system, ask.number("end_at"), ask.now)
    readings = []
    if meter is not None:
        readings = [
            {
                "serial_num": meter.serial,
                "value_charged": system.archive.counter("battery_charge", at),
                "value_discharged": system.archive.counter("battery_discharge", at),
                "read_at": at,
            }
        ]
    return {"system_id": system.system_id, "meter_readings": readings, "meta": system.meta(ask.now)}


def statistics(ask: Ask) -> Json:
    """Return the production meter's quarters of an hour, seven days at most."""
    if ask.policy.unavailable:
        raise temporarily_unavailable()
    system = ask.system
    begin = ask.number("start_at") or system.days.midnight(system.days.day(ask.now))
    begin -= begin % 900
    if begin > ask.now:
        raise v4(422, "Requested date is in the future")
    end = ask.number("end_at") or min(int(ask.now), begin + _WEEK)
    if end < begin:
        raise invalid_range(system, begin, end, ask.now)
    if end - begin > _WEEK:
        raise v4(
            422,
            f"Requested date range in one API hit cannot be more than 7 days. {{:start_at=> {begin}, :end_at=> {end}}}",
        )
    return meter_statistics(system, begin, end, ask.now)
