"""v4: battery settings, storm guard, grid and load control, in both vocabularies."""

from dataclasses import asdict
from typing import Any

from simulator.house import StorageMode
from simulator.iq_gateway.reply import Json

from .asking import Ask
from .errors import v4
from .settings import DEMAND_RESPONSE, LOAD_MODES, BatteryWish, LoadContact
from .system import CloudSystem

_SHOWN = {
    StorageMode.SELF_CONSUMPTION: "Self - Consumption",
    StorageMode.SAVINGS: "Savings Mode",
    StorageMode.BACKUP: "Full Backup",
}
_TAKEN = {
    "Self-consumption": StorageMode.SELF_CONSUMPTION,
    "Savings Mode": StorageMode.SAVINGS,
    "Full Backup": StorageMode.BACKUP,
}
_ECHOED = {
    StorageMode.SELF_CONSUMPTION: "self-consumption",
    StorageMode.SAVINGS: "savings-mode",
    StorageMode.BACKUP: "full-backup",
}
_PROFILES = {
    StorageMode.SELF_CONSUMPTION: "self-consumption",
    StorageMode.SAVINGS: "cost_savings",
    StorageMode.BACKUP: "backup_only",
}
_DAY = 86_400


def battery(ask: Ask) -> Json:
    """Return the battery settings in force."""
    return _battery(_with_encharges(ask))


def documented_battery(ask: Ask) -> Json:
    """Return them in the documented words."""
    return _documented(_with_encharges(ask))


def set_battery(ask: Ask) -> Json:
    """Take battery settings; what the endpoint only shows is left alone."""
    system, body = _with_encharges(ask), ask.json()
    mode = body.get("battery_mode")
    if mode is not None and mode not in _TAKEN:
        raise v4(422, f"battery_mode {mode} is not valid")
    writable = system.settings.charge_from_grid_writable
    wish = BatteryWish(
        mode=None if mode is None else _TAKEN[mode],
        reserve=_reserve(system, body.get("reserve_soc"), "reserve_soc"),
        charge_from_grid=_switch(body, "charge_from_grid") if writable else None,
        energy_independence=_switch(body, "energy_independence"),
    )
    system.settings.set_battery(wish, ask.now)
    echo = _battery(system) | {"battery_mode": _ECHOED[system.settings.mode if wish.mode is None else wish.mode]}
    if wish.reserve is not None:
        echo["reserve_soc"] = wish.reserve
    for name, value in (
        ("charge_from_grid", wish.charge_from_grid),
        ("energy_independence", wish.energy_independence),
    ):
        if value is not None:
            echo[name] = _word(on=value)
    return echo


def set_documented_battery(ask: Ask) -> Json:
    """Take settings in the documented words; a PUT replaces them all but what is left out."""
    system, body = _with_encharges(ask), ask.json()
    profile = body.get("profile")
    modes = {name: mode for mode, name in _PROFILES.items()}
    if profile is not None and profile not in modes:
        raise v4(422, f"profile {profile} is not valid")
    wish = BatteryWish(
        mode=None if profile is None else modes[profile],
        reserve=_reserve(system, body.get("battery_backup_percentage"), "battery_backup_percentage"),
        charge_from_grid=_switch(body, "charge_from_grid"),
    )
    system.settings.set_battery(wish, ask.now)
    echo = _documented(system)
    if profile is not None:
        echo["profile"] = profile
    if wish.reserve is not None:
        echo["battery_backup_percentage"] = wish.reserve
    if wish.charge_from_grid is not None:
        echo["charge_from_grid"] = _word(on=wish.charge_from_grid)
    return echo


def storm_guard(ask: Ask) -> Json:
    """Return Storm Guard's switch and whether there is a warning."""
    settings = _with_encharges(ask).settings
    return {
        "system_id": ask.system.system_id,
        "storm_guard_status": _word(on=settings.storm_guard),
        "storm_alert": str(settings.storm_alert).lower(),
    }


def set_storm_guard(ask: Ask) -> Json:
    """Take Storm Guard's switch; the answer spells it otherwise than a GET."""
    settings = _with_encharges(ask).settings
    wanted = _switch(ask.json(), "storm_guard_status")
    if wanted is None:
        raise v4(422, "storm_guard_status is mandatory")
    settings.set_storm_guard(ask.now, enabled=wanted)
    activity = "Active" if settings.storm_alert else "Inactive"
    return {
        "storm_guard_status": f"Enabled ({activity})" if wanted else "Disabled",
        "storm_alert": str(settings.storm_alert).lower(),
    }


def grid_status(ask: Ask) -> Json:
    """Return whether the house is on the grid."""
    return _grid(ask, "On Grid", "Off Grid")


def documented_grid_status(ask: Ask) -> Json:
    """Return it in the documented words."""
    return _grid(ask, "on-grid", "off-grid")


def load_control(ask: Ask) -> Json:
    """Return every contact and how it is used."""
    system = _with_encharges(ask)
    contacts = [_contact(each) for each in system.settings.contacts.values()]
    return {"system_id": system.system_id, "load_control_data": contacts}


def set_load_control(ask: Ask) -> Json:
    """Take one contact's settings."""
    system, body = _with_encharges(ask), ask.json()
    name = body.get("name")
    if not name:
        raise v4(422, "name is mandatory")
    if name not in system.settings.contacts:
        raise v4(422, f"name {name} is not valid")
    changes = _contact_changes(body)
    wanted = system.settings.set_contact(name, changes, ask.now)
    return {"system_id": system.system_id, "load_control_data": [_contact(wanted)]}


def _contact_changes(body: dict[str, Any]) -> dict[str, Any]:
    mode = body.get("mode")
    if mode is not None and mode not in LOAD_MODES:
        raise v4(422, f"mode {mode} is not valid")
    if mode == "Advanced_BatteryPowered" and "soc_low" not in body:
        raise v4(422, "soc_low is mandatory for Advanced_BatteryPowered mode")
    limits = {"soc_low": (10, 90), "essential_start_time": (0, _DAY), "essential_end_time": (0, _DAY)}
    for key, (least, most) in limits.items():
        value = body.get(key)
        if value is not None and (type(value) is not int or not least <= value <= most):
            raise v4(422, f"{key} should be between {least} and {most}")
    known = ("load_name", "mode", *limits)
    return {key: body[key] for key in known if body.get(key) is not None}


def _with_encharges(ask: Ask) -> CloudSystem:
    system = ask.system
    if not system.encharges:
        raise v4(422, "System doesn't have encharges")
    return system


def _battery(system: CloudSystem) -> dict[str, Any]:
    settings = system.settings
    return {
        "system_id": system.system_id,
        "battery_mode": DEMAND_RESPONSE if settings.demand_response else _SHOWN[settings.mode],
        "reserve_soc": settings.reserve,
        "energy_independence": _word(on=settings.energy_independence),
        "charge_from_grid": _word(on=settings.charge_from_grid),
        "battery_shutdown_level": settings.shutdown_level,
    }


def _documented(system: CloudSystem) -> dict[str, Any]:
    settings = system.settings
    return {
        "system_id": system.system_id,
        "profile": DEMAND_RESPONSE if settings.demand_response else _PROFILES[settings.mode],
        "battery_backup_percentage": settings.reserve,
        "very_low_soc": settings.shutdown_level,
        "charge_from_grid": _word(on=settings.charge_from_grid),
        "tariff": {"currency": system.hardware.currency, "type": "flat"},
    }


def _grid(ask: Ask, on: str, off: str) -> Json:
    system = ask.system
    if system.horizon(ask.now) <= system.archive.start:
        raise v4(422, "grid_state not available as the site has not reported yet")
    state = "Unknown" if system.state(ask.now) == "comm" else on if system.house.on_grid else off
    return {"system_id": system.system_id, "grid_state": state, "last_report_date": system.horizon(ask.now)}


def _reserve(system: CloudSystem, value: Any, name: str) -> int | None:
    if value is None:
        return None
    least = system.settings.shutdown_level
    if type(value) is not int or not least <= value <= 100:
        raise v4(422, f"{name} should be between {least} and 100")
    return value


def _switch(body: dict[str, Any], name: str) -> bool | None:
    value = body.get(name)
    if value is None:
        return None
    if value not in {"enabled", "disabled"}:
        raise v4(422, f"{name} should be enabled or disabled")
    return bool(value == "enabled")


def _contact(contact: LoadContact) -> dict[str, Any]:
    return asdict(contact) | {"status": "enabled"}


def _word(*, on: bool) -> str:
    return "enabled" if on else "disabled"
