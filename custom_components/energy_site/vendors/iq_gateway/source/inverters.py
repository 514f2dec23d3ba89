"""Inverters, from the gateway's two lists of them."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo

from ....site.energy.counter import JOULE_WRAP
from ....site.energy.ledger import Ledger
from ....site.model import DeviceInfo, Inverter, Inverters
from ..client.models.devices import DeviceReading, DeviceType, InventoryDevice, InverterReport
from .answers import Answers, GatewayClock, moment
from .capabilities import Capabilities
from .feeds import DEVICE_DATA, INVENTORY, INVERTERS
from .limits import INVERTER_LIMIT

# Inverters report every 5 minutes, on many sites every 15.
_CADENCE = timedelta(minutes=15)

_MODEL = "Microinverter"

# Both lists are polled one after the other during setup, later at their own intervals.
_TOGETHER = timedelta(minutes=1)

# Dawn and dusk take this long for arrays that face east and west.
_DUSK = timedelta(hours=3)

# Close to sunset, an inverter's last report is barely above zero, in W.
_FAINT = 10.0

# A peak isn't always recorded with the report that reached it.
_PEAK_LAG = 50.0

# A device's clock may be slightly ahead of its gateway's.
_AHEAD = timedelta(minutes=2)


def build(
    answers: Answers, capabilities: Capabilities, clock: GatewayClock, ledger: Ledger, now: datetime
) -> Inverters | None:
    """Build the inverters."""
    at = answers.newest(INVERTERS, DEVICE_DATA)
    units = fleet(answers, clock, now)
    if at is None or not units:
        return None
    inventory = {device.serial: device for device in answers.last(INVENTORY) or ()}
    data = answers.current(DEVICE_DATA, now)
    readings = {reading.serial: reading for reading in (data.inverters if data else ())}
    return Inverters(
        observed_at=at,
        units={
            serial: replace(
                _with_inventory(unit, inventory.get(serial)),
                energy=ledger.total(counter(serial)),
                energy_today=_today(readings.get(serial), unit.last_reported, ledger.zone, now),
            )
            for serial, unit in units.items()
        },
        complete=not capabilities.partial_inverter_list,
        reporting=sum(unit.connected is True for unit in units.values()),
    )


def fleet(answers: Answers, clock: GatewayClock, now: datetime) -> dict[str, Inverter]:
    """Return all inverters of both lists: one lists all of them, the other has more data of each."""
    reports = {
        report.serial: report
        for report in answers.current(INVERTERS, now) or ()
        if report.device_type == DeviceType.INVERTER
    }
    data = answers.current(DEVICE_DATA, now)
    readings = {reading.serial: reading for reading in (data.inverters if data else ())}
    removed = {serial for serial, reading in readings.items() if not reading.active and reading.gone}
    serials = [serial for serial in (*reports, *(set(readings) - set(reports))) if serial not in removed]
    reported = {serial: _reported(reports.get(serial), readings.get(serial)) for serial in serials}
    gateway_now = clock.now(now)
    listed_at, read_at = answers.at(INVERTERS), answers.at(DEVICE_DATA)
    list_is_old = listed_at is not None and read_at is not None and read_at - listed_at > _TOGETHER
    stamps = {serial: stamp for serial, stamp in reported.items() if stamp is not None}
    # A timestamp ahead of the gateway's clock says nothing about the others, unless all of them are.
    plausible = {serial: stamp for serial, stamp in stamps.items() if stamp - gateway_now <= _AHEAD} or stamps
    awake = any(gateway_now - stamp <= 2 * _cadence(readings.get(serial)) for serial, stamp in plausible.items())
    return {
        serial: _inverter(
            serial,
            reports.get(serial),
            readings.get(serial),
            reported[serial],
            clock,
            now,
            awake=awake,
            list_is_old=list_is_old,
        )
        for serial in sorted(serials)
    }


def admit[T: (InverterReport, DeviceReading)](reports: tuple[T, ...], before: Iterable[T]) -> tuple[tuple[T, ...], int]:
    """Replace impossible reports with each device's earlier one; return the number of replaced reports as well."""
    earlier = {report.serial: report for report in before}
    admitted = [
        report if _is_possible(report) else earlier.get(report.serial, replace(report, watts=None))
        for report in reports
    ]
    return tuple(admitted), sum(one is not other for one, other in zip(admitted, reports, strict=True))


def _is_possible(report: InverterReport | DeviceReading) -> bool:
    """Return whether an inverter can produce the reported power; its peak is the most that it has ever reported."""
    if report.watts is None or (isinstance(report, InverterReport) and report.device_type != DeviceType.INVERTER):
        return True
    peak = report.max_watts
    most = 1.5 * peak + _PEAK_LAG if peak is not None and peak > 0 else INVERTER_LIMIT
    return -_PEAK_LAG <= report.watts <= min(most, INVERTER_LIMIT)


def count(answers: Answers, ledger: Ledger, now: datetime) -> None:
    """Record the registers of inverters and AC Batteries in the counters."""
    data = answers.current(DEVICE_DATA, now)
    for reading in data.inverters if data else ():
        if reading.joules_lifetime:
            ledger.count(
                counter(reading.serial),
                "device_data",
                reading.joules_lifetime / 3600,
                now,
                limit=INVERTER_LIMIT,
                wrap=JOULE_WRAP,
            )
    for reading in data.ac_batteries if data else ():
        for direction, joules in (("discharged", reading.joules_lifetime), ("charged", reading.joules_used_lifetime)):
            if joules is not None:
                name = f"ac_battery:{reading.serial}:{direction}"
                ledger.count(name, "device_data", joules / 3600, now, limit=INVERTER_LIMIT, wrap=JOULE_WRAP)


def counter(serial: str) -> str:
    """Return the name of an inverter's energy in the ledger."""
    return f"inverter:{serial}"


def _reported(report: InverterReport | None, reading: DeviceReading | None) -> datetime | None:
    epochs = (
        report.last_report if report else None,
        reading.end_date if reading else None,
        reading.created if reading else None,
    )
    return max((stamp for epoch in epochs if (stamp := moment(epoch)) is not None), default=None)


def _cadence(reading: DeviceReading | None) -> timedelta:
    if reading is None or not reading.duration or reading.duration < _CADENCE.total_seconds():
        return _CADENCE
    return timedelta(seconds=min(reading.duration, 3600))


def _inverter(
    serial: str,
    report: InverterReport | None,
    reading: DeviceReading | None,
    reported: datetime | None,
    clock: GatewayClock,
    now: datetime,
    *,
    awake: bool,
    list_is_old: bool,
) -> Inverter:
    age = None if reported is None else clock.age(reported, now)
    fresh = age is not None and age <= 2 * _cadence(reading)
    source = _newer(report, reading, list_is_old=list_is_old)
    unit = Inverter(
        device=DeviceInfo(serial=serial, model=_MODEL),
        power=_power(source.watts if source else None, fresh=fresh, awake=awake),
        max_power=source.max_watts if source else None,
        last_reported=clock.ours(reported, now),
        connected=_connected(age, fresh=fresh, awake=awake),
    )
    if reading is None or not fresh:
        return unit
    return replace(
        unit,
        dc_voltage=_milli(reading.dc_millivolts),
        dc_current=_milli(reading.dc_milliamperes),
        ac_voltage=_milli(reading.ac_millivolts),
        ac_current=_milli(reading.ac_milliamperes),
        ac_frequency=_milli(reading.ac_millihertz),
        temperature=reading.temperature,
    )


def _newer(
    report: InverterReport | None, reading: DeviceReading | None, *, list_is_old: bool
) -> InverterReport | DeviceReading | None:
    """Return the list's report, or the device data's if that was polled later and is newer."""
    if report is None or reading is None or reading.watts is None or not list_is_old:
        return report or reading
    return reading if (reading.end_date or 0) > (report.last_report or 0) else report


def _power(watts: float | None, *, fresh: bool, awake: bool) -> float | None:
    """Return the current power, as the gateway repeats the last report all night."""
    if watts is None or fresh:
        return watts
    return 0.0 if not awake or watts < _FAINT else None


def _connected(age: timedelta | None, *, fresh: bool, awake: bool) -> bool | None:
    """Return whether the inverter reports, `None` at night, when all of them are asleep."""
    if fresh:
        return True
    if awake and (age is None or age > _DUSK):
        return False
    return None


def _today(reading: DeviceReading | None, reported: datetime | None, zone: tzinfo, now: datetime) -> float | None:
    """Return today's Wh. Some firmware shows the lifetime's, and all firmware resets it after midnight."""
    if reading is None or reported is None or reading.watt_hours_today is None:
        return None
    if reported.astimezone(zone).date() < now.astimezone(zone).date():
        return 0.0
    return reading.watt_hours_today if 0 <= reading.watt_hours_today <= INVERTER_LIMIT * 24 else None


def _milli(value: float | None) -> float | None:
    return None if value is None else value / 1000


def _with_inventory(unit: Inverter, device: InventoryDevice | None) -> Inverter:
    if device is None:
        return unit
    info = DeviceInfo(serial=unit.device.serial, model=_MODEL, model_id=device.part_number, firmware=device.firmware)
    return replace(unit, device=info, phase=device.phase)
