"""Payloads of the battery's service: settings, profile, capabilities, schedules, storms, the user."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from simulator.iq_gateway.reply import Json

from .asking import Ask
from .config import BACKUP, Config, requested, storm_word
from .home import AccountHome

_LOCKED_MODE = "ImportOnly"


def battery_settings(ask: Ask) -> Json:
    """Return what is set, as last reported, and what is pending."""
    home = ask.home
    behaviour, details, shown = home.behaviour, home.details, home.settings.shown
    data = _core(home, ask.now) | {
        "pollingInterval": 60,
        "acceptedItcDisclaimer": _stamp(home.disclaimers.charge_from_grid),
        "hideChargeFromGrid": True,
        "envoySupportsVls": details.shutdown_level,
        "chargeBeginTime": shown.charge_begin,
        "chargeEndTime": shown.charge_end,
        "batteryGridMode": _grid_mode(home, shown),
        "veryLowSoc": shown.shutdown_level,
        "veryLowSocMin": details.shutdown_min,
        "veryLowSocMax": details.shutdown_max,
        "chargeFromGrid": shown.charge_from_grid,
        "chargeFromGridScheduleEnabled": shown.charge_schedule,
        "dtgControl": {
            "show": True,
            "showDaySchedule": True,
            "enabled": shown.discharge_to_grid,
            "locked": behaviour.dtg_locked,
            "scheduleSupported": not behaviour.dtg_locked,
            "startTime": shown.discharge_begin,
            "endTime": shown.discharge_end,
        },
        "cfgControl": None
        if behaviour.cfg_null
        else {
            "show": not behaviour.restrict_cfg,
            "showDaySchedule": True,
            "enabled": shown.charge_from_grid,
            "locked": behaviour.cfg_locked,
            "scheduleSupported": True,
            "forceScheduleSupported": True,
            "forceScheduleOpted": False,
        },
        "rbdControl": None
        if behaviour.rbd_null
        else {
            "show": True,
            "showDaySchedule": True,
            "enabled": shown.restrict_discharge,
            "locked": behaviour.rbd_locked,
            "scheduleSupported": True,
        },
        "powerMatchControl": None if behaviour.power_match_null else {"show": True, "enabled": shown.power_match},
        "siteProfileStatus": "READY",
    }
    return _envelope(home, "battery-details", data, ask.now)


def profile(ask: Ask) -> Json:
    """Return the profile and what belongs to it."""
    home, shown = ask.home, ask.home.settings.shown
    data = _core(home, ask.now) | {
        "pollingInterval": 60,
        "isTariffTou": True,
        "isBuybackTariffTou": False,
        "buybackExportPlan": "netFit",
        "acceptedStormGuardDisclaimer": home.disclaimers.storm_guard is not None,
        "evseStormEnabled": shown.storm_guard_cars,
        "operationModeSubType": shown.operation_sub_type,
        "devices": {"thirdPartyEvse": [], "iqEvse": [], "thirdPartyWaterHeater": []},
        "veryLowSoc": shown.shutdown_level,
        "isIQGWScheduleSupported": True,
        "isBatteryChangePending": bool(home.settings.pending),
    }
    return _envelope(home, "profile-details", data, ask.now)


def site_settings(ask: Ask) -> Json:
    """Return what the home can, and who asks."""
    home = ask.home
    details, behaviour = home.details, home.behaviour
    normal = home.communicates(ask.now)
    data = {
        "showProduction": True,
        "showConsumption": True,
        "hasEncharge": home.house.battery is not None,
        "hasAcb": False,
        "hasGenerator": home.house.config.generator is not None,
        "hasEnpower": details.controller,
        "countryCode": details.country,
        "region": details.country,
        "locale": "en",
        "timezone": home.house.config.place.timezone,
        "showChargeFromGrid": False,
        "isEnsemble": True,
        "showSavingsMode": details.savings,
        "showAiOptiSavingsMode": details.ai,
        "isEmea": details.emea,
        "restrictCfg": behaviour.restrict_cfg,
        "calibrationProgress": home.events.calibration,
        "featureDetails": {"98daf27c08a25a0a": False, "HEMS_EV_Custom_Schedule": True},
        "showStormGuard": details.storm_guard,
        "showVLS": details.shutdown_level,
        "showFullBackup": details.full_backup,
        "showBatteryBackupPercentage": True,
        "userDetails": {
            "isHost": ask.reads_only,
            "isOwner": ask.account.role == "owner" and not ask.reads_only,
            "isInstaller": ask.account.role == "installer",
            "isMaintainer": False,
            "email": f"{ask.account.email[:1]}***{ask.account.email.partition('@')[2]}",
            "isDemoUser": False,
        },
        "siteStatus": {
            "code": "normal" if normal else "comm",
            "text": "Normal" if normal else "Gateway not reporting",
            "severity": "warning" if normal else "error",
        },
        "isChargingModesEnabled": True,
        "isUseBatteryForEVSESupported": True,
        "batteryGridMode": _grid_mode(home, home.settings.shown),
        "batteryLimitSupport": False,
        "isChangePending": bool(home.settings.pending),
    }
    return _envelope(home, "site-settings", data, ask.now)


def schedules(ask: Ask) -> Json:
    """Return the rows of all families."""
    return ask.home.schedules.payload(ask.account.user_id)


def storm_alert(ask: Ask) -> Json:
    """Return the alerts, times in ms."""
    alerts = ask.home.events.listed(ask.now)
    return {
        "criticalAlertsOverride": True,
        "stormAlerts": [
            {
                "id": each.storm_id,
                "name": each.name,
                "source": "weather service",
                "status": each.status,
                "startTime": int(each.start * 1000),
                "endTime": int(each.end * 1000),
                "critical": each.critical,
            }
            for each in alerts
        ],
        "criticalAlertActive": any(each.critical and each.status == "active" for each in alerts),
    }


def data(ask: Ask) -> Json:
    """Return the app's own data, personal ones among them."""
    zone = ask.home.house.config.place.timezone
    return {
        "app": {
            "userId": ask.account.user_id,
            "email": ask.account.email,
            "timezone": zone,
            "locale": "en",
            "tariff": {"zipcode": "0000"},
            "address": "Sunny Street 1",
        }
    }


def storming(home: AccountHome, now: float) -> bool:
    """Whether a storm is shown at an epoch s."""
    return home.settings.shown.storm_guard and home.events.storm(now) is not None


def _core(home: AccountHome, now: float) -> dict[str, Any]:
    settings, shown = home.settings, home.settings.shown
    pending = settings.pending
    wish = requested(pending)
    storm = storming(home, now)
    power_match: dict[str, Any] = {"enabled": pending["power_match"]} if "power_match" in pending else {}
    gateways = {"pendingGateways": [home.serial]}
    previous = {name: each.reserve for name, each in settings.memory.items()} | {shown.profile: shown.reserve}
    return {
        "supportsMqtt": home.behaviour.supports_mqtt,
        "drEventActive": home.events.demand_response is not None,
        "drEventMode": home.events.demand_response or "",
        "profile": BACKUP if storm else shown.profile,
        "batteryBackupPercentage": 100 if storm else shown.reserve,
        "batteryBackupPercentageMin": home.details.reserve_min,
        "batteryBackupPercentageMax": home.details.reserve_max,
        "previousBatteryBackupPercentage": previous,
        "requestedConfig": wish | gateways if wish else {},
        "requestedConfigMqtt": {"powerMatchControl": power_match, **(gateways if power_match else {})},
        "stormGuardState": storm_word(enabled=shown.storm_guard),
        "showStormGuardAlert": storm,
        "systemTask": home.events.calibration,
    }


def _grid_mode(home: AccountHome, shown: Config) -> str:
    if home.behaviour.dtg_locked:
        return _LOCKED_MODE
    return "ImportExport" if shown.charge_from_grid or not shown.discharge_to_grid else "ExportOnly"


def _envelope(home: AccountHome, kind: str, data: Mapping[str, Any], now: float) -> Json:
    stamp = f"{datetime.fromtimestamp(now, UTC):%Y-%m-%dT%H:%M:%S}.000000001Z"
    kept = {name: value for name, value in data.items() if name not in home.behaviour.hides}
    changed = {name: value for name, value in home.behaviour.changed.items() if name in kept or name not in data}
    return {"type": kind, "timestamp": stamp, "data": kept | changed}


def _stamp(at: float | None) -> str | None:
    return None if at is None else f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%S}.120Z"
