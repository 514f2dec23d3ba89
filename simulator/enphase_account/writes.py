"""The writes of the battery's service: all are answered as successes, whatever comes of them."""

from typing import Any

from simulator.iq_gateway.reply import Json

from .asking import Ask
from .behaviour import Setting
from .bodies import POWER_MATCH, Values, charging, discharging, is_whole, restricting, whole_number
from .config import BACKUP, PROFILES
from .errors import envelope
from .policy import DevicesInProfile

_SUCCESS: Json = {"message": "success"}
_FAMILIES = {
    Setting.CHARGE_FROM_GRID: "cfg",
    Setting.DISCHARGE_TO_GRID: "dtg",
    Setting.RESTRICT_DISCHARGE: "rbd",
}
"""The schedules that a setting switches on."""


def set_profile(ask: Ask) -> Json:
    """Set the profile, or the reserve of the one there is: a body always names both."""
    home, body = ask.home, ask.content()
    wished = home.settings.wished
    name, reserve = body.get("profile"), body.get("batteryBackupPercentage")
    if not isinstance(name, str) or name not in _offered(ask):
        raise envelope(400, ask.path, ask.now, "Invalid profile")
    half = False
    if "devices" in body:
        if ask.world.policy.devices_in_profile is DevicesInProfile.REFUSED:
            raise envelope(400, ask.path, ask.now, "Invalid devices")
        half = True
    values: dict[str, Any] = {}
    if whole_number(reserve) and BACKUP not in {name, wished.profile if half else name}:
        values["reserve"] = round(reserve)
    if isinstance(body.get("operationModeSubType"), str):
        values["operation_sub_type"] = body["operationModeSubType"]
    if name == BACKUP and home.storming(ask.now):
        # It is shown while a storm goes on, whatever the owner's profile is.
        return _SUCCESS
    if name != wished.profile and not half:
        home.settings.take(Setting.PROFILE, {"profile": name} | values, ask.now, ask.path)
    elif "reserve" in values:
        home.settings.take(Setting.RESERVE, {"reserve": values["reserve"]}, ask.now, ask.path)
    return _SUCCESS


def set_battery_settings(ask: Ask) -> Json:
    """Set what a body wishes for: a part of the settings, or all of them."""
    home, body = ask.home, ask.content()
    if "devices" in body:
        raise envelope(400, ask.path, ask.now, "Invalid devices")
    if body.keys() == POWER_MATCH:
        if isinstance(body["powerMatch"], bool) and not home.behaviour.power_match_null:
            home.settings.take(Setting.POWER_MATCH, {"power_match": body["powerMatch"]}, ask.now, ask.path)
        return _SUCCESS
    if body.get("acceptedItcDisclaimer") and home.disclaimers.charge_from_grid is None:
        home.disclaimers.charge_from_grid = ask.now
    wishes = {**_storage(body), **charging(body), **discharging(body)}
    restrict = restricting(body, home.behaviour, saved=bool(home.schedules.of("rbd")))
    if is_whole(body):
        wishes = _moved(ask, wishes | _profile(ask, body))
    for setting, values in (wishes | restrict).items():
        _let(ask, setting, values)
        home.settings.take(setting, values, ask.now, ask.path)
    for setting, family in _FAMILIES.items():
        if wishes.get(setting, restrict.get(setting, {})).get(setting.value):
            home.schedules.activate(family)
    return _SUCCESS


def _storage(body: dict[str, Any]) -> dict[Setting, Values]:
    level = body.get("veryLowSoc")
    return {Setting.SHUTDOWN_LEVEL: {"shutdown_level": round(level)}} if whole_number(level) else {}


def _profile(ask: Ask, body: dict[str, Any]) -> dict[Setting, Values]:
    """Return the profile and the reserve of a whole body, which somebody may have changed meanwhile."""
    name, reserve = body["profile"], body["batteryBackupPercentage"]
    wished = ask.home.settings.wished
    if ask.home.storming(ask.now) or name not in PROFILES or not whole_number(reserve):
        return {}
    if name != wished.profile:
        return {Setting.PROFILE: {"profile": name, "reserve": round(reserve)}}
    return {} if name == BACKUP else {Setting.RESERVE: {"reserve": round(reserve)}}


def _moved(ask: Ask, wishes: dict[Setting, Values]) -> dict[Setting, Values]:
    """Return what a whole body has otherwise than the cloud."""
    settings = ask.home.settings
    now = settings.wished if ask.world.policy.whole_body_counts else settings.shown
    return {
        setting: values
        for setting, values in wishes.items()
        if any(getattr(now, name) != value for name, value in values.items())
    }


def _let(ask: Ask, setting: Setting, values: Values) -> None:
    """Refuse what is locked, and charging from the grid without the owner's word."""
    behaviour, wished = ask.home.behaviour, ask.home.settings.wished
    if all(getattr(wished, name) == value for name, value in values.items()):
        return
    locked = {
        Setting.CHARGE_FROM_GRID: behaviour.cfg_locked or behaviour.restrict_cfg,
        Setting.CHARGE_SCHEDULE: behaviour.cfg_locked or behaviour.restrict_cfg,
        Setting.DISCHARGE_TO_GRID: behaviour.dtg_locked,
        Setting.RESTRICT_DISCHARGE: behaviour.rbd_locked,
    }
    if locked.get(setting):
        raise envelope(403, ask.path, ask.now, "This setting is locked for the site")
    needs_word = ask.world.policy.disclaimer_needed and ask.home.disclaimers.charge_from_grid is None
    if setting is Setting.CHARGE_FROM_GRID and values["charge_from_grid"] and needs_word:
        raise envelope(400, ask.path, ask.now, "The disclaimer was not accepted")


def accept_disclaimer(ask: Ask) -> Json:
    """Note that the owner accepted a statement."""
    kind = ask.content().get("disclaimer-type")
    if kind == "itc":
        ask.home.disclaimers.charge_from_grid = ask.now
    elif kind == "stormguard":
        ask.home.disclaimers.storm_guard = ask.now
    else:
        raise envelope(400, ask.path, ask.now, "Invalid disclaimer-type")
    return _SUCCESS


def toggle_storm_guard(ask: Ask) -> Json:
    """Watch storms or not; who leaves the cars out switches theirs off."""
    body = ask.content()
    word = body.get("stormGuardState")
    if word not in {"enabled", "disabled"} or not ask.home.details.storm_guard:
        raise envelope(400, ask.path, ask.now, "Invalid stormGuardState")
    if word == "enabled" and ask.world.policy.storm_disclaimer_needed and ask.home.disclaimers.storm_guard is None:
        raise envelope(400, ask.path, ask.now, "The disclaimer was not accepted")
    cars = body.get("evseStormEnabled") is True
    values = {"storm_guard": word == "enabled", "storm_guard_cars": cars}
    ask.home.settings.take(Setting.STORM_GUARD, values, ask.now, ask.path)
    return _SUCCESS


def opt_out(ask: Ask) -> Json:
    """Take no heed of alerts."""
    for each in ask.content().get("stormAlerts") or ():
        if isinstance(each, dict) and each.get("status") == "opted-out":
            ask.home.events.opt_out(str(each.get("id")))
    return _SUCCESS


def cancel_profile(ask: Ask) -> Json:
    """Take back a profile that did not reach the gateway yet."""
    if not ask.home.settings.cancel(Setting.PROFILE):
        raise envelope(409, ask.path, ask.now, "ALREADY_PROCESSED")
    return _SUCCESS


def _offered(ask: Ask) -> frozenset[str]:
    details = ask.home.details
    having = {BACKUP: details.full_backup, "cost_savings": details.savings, "ai_optimisation": details.ai}
    return frozenset(name for name in PROFILES if having.get(name, name == "self-consumption"))
