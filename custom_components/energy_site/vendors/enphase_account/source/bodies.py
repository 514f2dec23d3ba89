"""What is written for each setting: the shapes that the service acts on, as others are accepted and ignored."""

from collections.abc import Mapping
from typing import Any

from ..client.models.settings import BatteryDetails, ControlBlock, Profile
from .configuration import FULL_BACKUP

# Profiles that come with an order of what is charged first.
_WITH_SUBTYPE = ("cost_savings", "ai_optimisation")
_USUAL_SUBTYPE = "prioritize-energy"

# What a whole answer holds that isn't a setting.
_NOT_SETTINGS = ("devices", "source")

type Body = Mapping[str, Any]


def reserve(selected: str, level: float) -> Body:
    """Return the reserve of the profile that is selected right now: another one would become selected."""
    return {"profile": selected, "batteryBackupPercentage": round(level)}


def selection(word: str, profile: Profile) -> Body:
    """Return a profile with the reserve that it had last."""
    known = profile.previous_reserves.get(word)
    if known is None:
        known = 100.0 if word == FULL_BACKUP else profile.battery_backup_percentage
    body: dict[str, Any] = {"profile": word}
    if known is not None:
        body["batteryBackupPercentage"] = round(known)
    if word in _WITH_SUBTYPE:
        body["operationModeSubType"] = profile.operation_mode_sub_type or _USUAL_SUBTYPE
    return body


def storm_guard(profile: Profile, *, on: bool) -> Body:
    """Return Storm Guard, with what is set for the car's charger."""
    return {"stormGuardState": "enabled" if on else "disabled", "evseStormEnabled": profile.evse_storm_enabled is True}


def charge_from_grid(*, on: bool) -> Body:
    """Return whether the battery may charge from the grid; turning it on refers to the statement accepted before."""
    return {"chargeFromGrid": True, "acceptedItcDisclaimer": True} if on else {"chargeFromGrid": False}


def shutdown_level(level: float) -> Body:
    """Return the level at which the batteries shut down."""
    return {"veryLowSoc": round(level)}


def discharge_to_grid(block: ControlBlock | None, *, on: bool) -> Body:
    """Return whether the battery may feed the grid, in the window that is set."""
    if not on:
        return {"dtgControl": {"enabled": False}}
    window = {"startTime": block.start_time, "endTime": block.end_time} if block is not None else {}
    times = {key: minutes for key, minutes in window.items() if minutes is not None}
    return {"dtgControl": {"enabled": True, "scheduleSupported": True, **times}}


def restrict_discharge(details: BatteryDetails, *, on: bool) -> Body:
    """Return whether discharging is restricted; sites ignore that it isn't unless all settings are written."""
    sent = details.raw.get("rbdControl")
    block = {**(sent if isinstance(sent, dict) else {}), "enabled": on}
    if on:
        return {"rbdControl": block}
    whole = {key: value for key, value in details.raw.items() if key not in _NOT_SETTINGS}
    # What is on its way to the gateway stays so.
    return {**_merged(whole, details.requested.fields), "rbdControl": block}


def power_match(*, on: bool) -> Body:
    """Return PowerMatch, which is ignored under the name that it is read by."""
    return {"powerMatch": on}


def _merged(settings: Body, requested: Body) -> Body:
    """Return settings with those that are requested, of which a block may be only a part."""
    merged = dict(settings)
    for key, value in requested.items():
        old = merged.get(key)
        merged[key] = {**old, **value} if isinstance(old, dict) and isinstance(value, dict) else value
    return merged
