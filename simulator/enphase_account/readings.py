"""Power, batteries, devices, the grid and outages, as the gateway reported them."""

from typing import Any

from simulator.cloud.archive import STEP
from simulator.iq_gateway.reply import Json

from .asking import Ask
from .home import AccountHome

_CHARGING, _DISCHARGING, _IDLE = 12, 13, 14
_IDLE_WATTS = 25
_NOT_AVAILABLE = "N/A"


def latest_power(ask: Ask) -> Json:
    """Return the production of the last five minutes."""
    home, behaviour = ask.home, ask.home.behaviour
    horizon = home.horizon(ask.now)
    watts: int | None = round(home.archive.power("solar", horizon - STEP, horizon))
    if watts == 0:
        watts = -behaviour.night_draw
    time: int | None = horizon * (1000 if behaviour.power_in_milliseconds else 1)
    if behaviour.power_missing:
        watts = time = None
    return {"latest_power": {"value": watts, "units": "W", "precision": 0, "time": time}}


def battery_status(ask: Ask) -> Json:
    """Return the batteries; the powers are what they can, not what flows."""
    home = ask.home
    battery = home.house.battery
    if battery is None:
        return {"current_charge": None, "included_count": 0, "excluded_count": 0, "storages": []}
    horizon = home.horizon(ask.now)
    level = home.archive.level(horizon) or 0.0
    units, capacity = battery.config.units, battery.config.capacity_wh / 1000
    kilowatts = round(battery.config.discharge_watts / 1000, 2)
    missing = home.behaviour.charge_not_available
    out = home.behaviour.excluded & set(range(units))
    storages = [_storage(home, index, level, horizon) for index in range(units)]
    return {
        "current_charge": _NOT_AVAILABLE if missing else f"{round(level)}%",
        "available_energy": _NOT_AVAILABLE if missing else round(capacity * units * level / 100, 2),
        "max_capacity": round(capacity * units, 2),
        "available_power": round(kilowatts * units, 2),
        "max_power": round(kilowatts * units, 2),
        "total_micros": 6 * units,
        "show_battery_banner": False,
        "active_micros": 6 * units,
        "inactive_micros": 0,
        "inactive_micros_sn": [],
        "included_count": units - len(out),
        "excluded_count": len(out),
        "storages": storages,
    }


def _storage(home: AccountHome, index: int, level: float, horizon: int) -> dict[str, Any]:
    battery, behaviour = home.house.battery, home.behaviour
    assert battery is not None  # noqa: S101 - who asks has seen it
    config = battery.config
    capacity, kilowatts = round(config.capacity_wh / 1000, 2), round(config.discharge_watts / 1000, 2)
    charged = home.archive.counter("battery_charge", horizon)
    cycles = home.details.cycles + index + charged // round(battery.capacity)
    out = index in behaviour.excluded
    return {
        "id": 100_000_001 + index,
        "serial_number": home.battery_serial(index),
        "current_charge": _NOT_AVAILABLE if behaviour.charge_not_available else f"{round(level)}%",
        "available_energy": round(capacity * level / 100, 2),
        "max_capacity": capacity,
        "led_status": _led(home, horizon),
        "excluded": out,
        "error_code": "E12" if out else None,
        "error_text": None,
        "available_power": kilowatts,
        "max_power": kilowatts,
        "total_micros": 6,
        "active_micros": 6,
        "inactive_micros": 0,
        "inactive_micros_sn": [],
        "event_start_date": None,
        "event_description": "No communication" if out else None,
        "event_recommendation": "Call your installer" if out else None,
        "statusText": "Error" if out else "Normal",
        "status": "error" if out else "normal",
        "last_report": horizon - 40 * (index + 1),
        "cycle_count": None if behaviour.cycles_missing else cycles,
        "battery_mode": "Self - Consumption",
        "rated_power": round(config.discharge_watts),
        "battery_phase_count": 1,
        "is_flex_phase": False,
        "battery_soh": None if behaviour.cycles_missing else f"{home.details.health}%",
    }


def _led(home: AccountHome, horizon: int) -> int:
    power = home.archive.power
    charge, discharge = (
        power("battery_charge", horizon - STEP, horizon),
        power("battery_discharge", horizon - STEP, horizon),
    )
    if max(charge, discharge) < _IDLE_WATTS:
        return _IDLE
    return _CHARGING if charge > discharge else _DISCHARGING


def devices(ask: Ask) -> Json:
    """Return the devices by their types, in one mixed list."""
    home = ask.home
    last = int(home.last_report(ask.now))
    normal = home.communicates(ask.now)
    state = (
        {"status": "normal", "statusText": "Normal"} if normal else {"status": "comm", "statusText": "Not reporting"}
    )
    envoy = {
        "name": "IQ Gateway",
        "serial_number": home.serial,
        "sku_id": "ENV-S-WM-230",
        "connected": normal,
        **state,
        "ip": "192.0.2.10",
        "envoy_sw_version": home.firmware,
        "last_report": last,
        "warranty_end_date": "2031-05-01",
    }
    battery = home.house.battery
    encharges = [
        {
            "name": home.details.battery_name,
            "serial_number": home.battery_serial(index),
            "sku_id": "IQBATTERY-5P-1P-INT",
            **state,
            "last_report": last - 40 * (index + 1),
            "sw_version": "v3.0.8507",
            "warranty_end_date": "2041-05-01",
        }
        for index in range(battery.config.units if battery else 0)
    ]
    meters = [
        {
            "name": "Meter",
            "serial_number": f"{home.serial}EIM{number}",
            "channel_type": kind,
            **state,
            "last_report": last,
        }
        for number, kind in ((1, "Production"), (2, "Consumption"))
    ]
    contacts = [
        {"name": each.contact, "load_name": each.name, "load_type": "others", **state}
        for each in home.house.config.load.circuits
    ]
    return {
        "result": [
            {"type": "envoy", "devices": [envoy] if home.behaviour.lists_gateway else []},
            {"type": "encharge", "devices": encharges},
            {"type": "meter", "devices": meters},
            {"type": "dryContactLoads", "devices": contacts},
            {"type": "hemsDevices", "devices": [{"gateway": [], "heat-pump": [], "evse": [], "water-heater": []}]},
            {"type": "generator", "devices": []},
            {"curr_date_site": home.days.day(ask.now).isoformat()},
        ]
    }


def off_grid(ask: Ask) -> Json:
    """Return whether the utility has failed, as of the last report."""
    home = ask.home
    report = home.last_report(ask.now)
    failed = any(each.start <= report and (each.running or report < each.end) for each in home.outages.all)
    return {
        "is_grid_outage": failed,
        "show_grid_connect": False,
        "has_battery": home.house.battery is not None,
        "is_sunlight_backup": False,
    }


def backup_history(ask: Ask) -> Json:
    """Return the outages of all life that are over, the newest first."""
    home = ask.home
    report = home.last_report(ask.now)
    over = [each for each in home.outages.all if not each.running and each.end <= report]
    rows = [
        {"start_time": home.days.stamp(int(each.start)), "duration": round(each.end - each.start)}
        for each in reversed(over)
    ]
    return {"total_records": len(rows), "total_backup": sum(row["duration"] for row in rows), "histories": rows}


def events(ask: Ask) -> Json:
    """Return a page of the events."""
    size = ask.query.get("page_size", "30")
    zone = ask.home.house.config.place.timezone
    return ask.home.happenings.page(ask.query.get("next", "start"), int(size) if size.isdecimal() else 30, zone)


def grid_check(_: Ask) -> Json:
    """Return what keeps the owner from switching the grid off: nothing."""
    names = ("disableGridControl", "activeDownload", "sunlightBackupSystemCheck", "gridOutageCheck")
    return dict.fromkeys((*names, "userInitiatedGridToggle"), False)
