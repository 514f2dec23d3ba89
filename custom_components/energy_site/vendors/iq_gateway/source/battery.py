"""Batteries: all combined, and each unit."""

from datetime import datetime

from ....site.energy.ledger import Ledger
from ....site.model import Battery, BatteryUnit, DeviceInfo
from ..client.models.devices import DeviceReading, DeviceType, InventoryDevice, InverterReport
from ..client.models.ensemble import BatteryPower, Encharge
from ..client.models.production import StorageSums
from .answers import Answers, GatewayClock, moment
from .feeds import (
    BATTERY_POWER,
    DEVICE_DATA,
    ENSEMBLE_INVENTORY,
    INVENTORY,
    INVERTERS,
    PRODUCTION_SUMMARY,
    SECONDARY_CONTROL,
)
from .limits import AC_BATTERY_LIMIT
from .radio import radio

FEEDS = (
    SECONDARY_CONTROL,
    BATTERY_POWER,
    ENSEMBLE_INVENTORY,
    DEVICE_DATA,
    INVENTORY,
    INVERTERS,
    PRODUCTION_SUMMARY,
)

# Below this power in W, a battery only supplies its own electronics.
_IDLE = 25.0


def build(answers: Answers, clock: GatewayClock, ledger: Ledger, now: datetime) -> Battery | None:
    """Build the batteries."""
    at = answers.newest(SECONDARY_CONTROL, BATTERY_POWER, ENSEMBLE_INVENTORY, PRODUCTION_SUMMARY)
    units, ac_units = _units(answers, clock, now), _ac_units(answers, clock, ledger, now)
    if at is None or not (units or ac_units):
        return None
    control = answers.current(SECONDARY_CONTROL, now)
    capacity = available = level = health = None
    if control is not None:
        capacity = max(control.max_energy or 0.0, control.encharge_capacity or 0.0) or None
        available = _total(
            control.encharge_available_energy if units else None,
            control.ac_battery_energy if ac_units else None,
        )
        level = _level(control.encharge_soc, control.ac_battery_soc, available, capacity, units, ac_units)
        health = control.encharge_health or None
    if level is None and not units:
        sums = storage_sums(answers, now)
        level, available = sums.percent_full, sums.watt_hours_now if available is None else available
    if level is None:
        level = _mean_level(units or ac_units)
    return Battery(
        observed_at=at,
        level=_percent(level),
        available_energy=available,
        capacity=capacity,
        health=health,
        units=units,
        ac_units=ac_units,
    )


def _level(
    encharge: float | None,
    ac_battery: float | None,
    available: float | None,
    capacity: float | None,
    units: dict[str, BatteryUnit],
    ac_units: dict[str, BatteryUnit],
) -> float | None:
    """Return the level of all batteries; with both kinds on one site, from their stored energy."""
    if units and ac_units:
        return None if available is None or not capacity else 100 * available / capacity
    return encharge if units else ac_battery


def _units(answers: Answers, clock: GatewayClock, now: datetime) -> dict[str, BatteryUnit]:
    inventory = answers.last(ENSEMBLE_INVENTORY)
    current = answers.current(ENSEMBLE_INVENTORY, now)
    powers = {power.serial: power for power in answers.current(BATTERY_POWER, now) or ()}
    known = {unit.serial: unit for unit in (inventory.batteries if inventory else ())}
    fresh = {unit.serial for unit in (current.batteries if current else ())}
    return {
        serial: _unit(serial, known.get(serial), powers.get(serial), clock, now, fresh=serial in fresh)
        for serial in sorted({*known, *powers})
    }


def _unit(
    serial: str,
    encharge: Encharge | None,
    power: BatteryPower | None,
    clock: GatewayClock,
    now: datetime,
    *,
    fresh: bool,
) -> BatteryUnit:
    watts = None if power is None or power.real_power_mw is None else power.real_power_mw / 1000
    volt_amperes = None if power is None or power.apparent_power_mva is None else power.apparent_power_mva / 1000
    level = _percent(power.state_of_charge) if power is not None else None
    if encharge is None:
        return BatteryUnit(
            device=DeviceInfo(serial=serial, model="IQ Battery"),
            level=level,
            power=watts,
            apparent_power=volt_amperes,
            state=_state(watts),
        )
    if level is None and fresh:
        level = _percent(encharge.percent_full)
    return BatteryUnit(
        device=DeviceInfo(serial=serial, model="IQ Battery", model_id=encharge.part_number, firmware=encharge.firmware),
        level=level,
        power=watts,
        apparent_power=volt_amperes,
        capacity=encharge.capacity,
        available_energy=None if level is None or encharge.capacity is None else encharge.capacity * level / 100,
        temperature=encharge.temperature if fresh else None,
        max_cell_temperature=encharge.max_cell_temperature if fresh else None,
        state=_state(watts),
        phase=encharge.phase,
        last_reported=clock.ours(moment(encharge.last_report), now),
        connected=encharge.communicating if fresh else None,
        sleeping=encharge.sleeping if fresh else None,
        dc_switch_off=encharge.dc_switch_off if fresh else None,
        radio=radio(encharge) if fresh else None,
    )


def _ac_units(answers: Answers, clock: GatewayClock, ledger: Ledger, now: datetime) -> dict[str, BatteryUnit]:
    data = answers.current(DEVICE_DATA, now)
    readings = {reading.serial: reading for reading in (data.ac_batteries if data else ())}
    inventory = {device.serial: device for device in answers.last(INVENTORY) or () if device.kind == "ACB"}
    # Older firmware has no device data, but lists AC Batteries with the inverters.
    listed = {
        report.serial: report for report in answers.last(INVERTERS) or () if report.device_type == DeviceType.AC_BATTERY
    }
    state = storage_sums(answers, now).state if answers.current(INVERTERS, now) is not None else None
    return {
        serial: _listed_unit(serial, listed.get(serial), inventory.get(serial), state, clock, now)
        if (reading := readings.get(serial)) is None
        else _ac_unit(serial, reading, inventory.get(serial), clock, ledger, now)
        for serial in sorted({*readings, *inventory, *listed})
    }


def _ac_device(serial: str, device: InventoryDevice | None) -> DeviceInfo:
    return DeviceInfo(
        serial=serial,
        model="AC Battery",
        model_id=device.part_number if device else None,
        firmware=device.firmware if device else None,
    )


def _listed_unit(
    serial: str,
    report: InverterReport | None,
    device: InventoryDevice | None,
    state: str | None,
    clock: GatewayClock,
    now: datetime,
) -> BatteryUnit:
    """Return an AC Battery that is only listed; the direction of its power is that of all of them together."""
    stamps = (moment(report.last_report if report else None), moment(device.last_report if device else None))
    last = max((stamp for stamp in stamps if stamp is not None), default=None)
    watts = StorageSums(watts_now=report.watts if report else None, state=state).power
    return BatteryUnit(
        device=_ac_device(serial, device),
        level=_percent(device.percent_full) if device else None,
        power=watts if watts is not None and abs(watts) <= AC_BATTERY_LIMIT else None,
        state=_state(watts),
        last_reported=clock.ours(last, now),
        connected=device.communicating if device else None,
    )


def _ac_unit(
    serial: str,
    reading: DeviceReading,
    device: InventoryDevice | None,
    clock: GatewayClock,
    ledger: Ledger,
    now: datetime,
) -> BatteryUnit:
    stamps = (moment(reading.end_date), moment(device.last_report if device else None))
    last = max((stamp for stamp in stamps if stamp is not None), default=None)
    listed_level = _percent(device.percent_full) if device else None
    watts = None
    if reading.joules_produced is not None and reading.joules_used is not None and reading.duration:
        watts = (reading.joules_produced - reading.joules_used) / reading.duration
    return BatteryUnit(
        device=_ac_device(serial, device),
        level=listed_level if (level := _percent(reading.state_of_charge)) is None else level,
        power=watts,
        health=reading.state_of_health,
        temperature=reading.temperature,
        max_cell_temperature=reading.max_cell_temperature,
        charged_energy=ledger.total(f"ac_battery:{serial}:charged"),
        discharged_energy=ledger.total(f"ac_battery:{serial}:discharged"),
        state=_state(watts),
        last_reported=clock.ours(last, now),
        connected=device.communicating if device else None,
    )


def storage_sums(answers: Answers, now: datetime) -> StorageSums:
    """Return the gateway's sums for all AC Batteries, if there is no data of each."""
    summary, data = answers.current(PRODUCTION_SUMMARY, now), answers.current(DEVICE_DATA, now)
    if summary is None or (data is not None and data.ac_batteries):
        return StorageSums()
    return summary.storage


def _percent(level: float | None) -> float | None:
    return level if level is not None and 0 <= level <= 100 else None


def _state(watts: float | None) -> str | None:
    if watts is None:
        return None
    if abs(watts) < _IDLE:
        return "idle"
    return "discharging" if watts > 0 else "charging"


def _mean_level(units: dict[str, BatteryUnit]) -> float | None:
    levels = [(unit.level, unit.capacity or 1.0) for unit in units.values() if unit.level is not None]
    weight = sum(capacity for _, capacity in levels)
    return sum(level * capacity for level, capacity in levels) / weight if levels else None


def _total(*values: float | None) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
