"""Energy of today by quarter hours, and of all days."""

from datetime import date
from typing import Any

from simulator.cloud.archive import KINDS, Kind
from simulator.cloud.days import next_day, span
from simulator.iq_gateway.reply import Json

from .asking import Ask
from .config import storm_word
from .home import AccountHome
from .parts import PARTS, parts

_BUCKET = 900
_SHARE = 3
_NONSENSE = 6_728_400
_KINDS: dict[str, Kind] = {
    "production": "solar",
    "consumption": "load",
    "import": "grid_import",
    "export": "grid_export",
    "charge": "battery_charge",
    "discharge": "battery_discharge",
    "generator": "generator",
}
_UNKNOWN = ("heatpump", "water_heater")
_DAILY = ("solar_battery", "battery_home", "battery_grid", "grid_battery")


def today(ask: Ask) -> Json:
    """Return today's quarters of an hour: the last one that ended has only a part of its energy for some minutes."""
    home, now = ask.home, ask.now
    day = home.days.day(now)
    answer: dict[str, Any] = {
        "system_id": home.site_id,
        "siteStatus": "normal" if home.communicates(now) else "comm",
        "pending": None,
        "start_date": day.isoformat(),
        "end_date": day.isoformat(),
        "last_report_date": int(home.last_report(now)),
    }
    if home.days.day(home.last_report(now)) < day and not home.communicates(now):
        gone = {"statusSeverity": "error", "statusDesc": "Gateway is not reporting"}
        return answer | {"stats": [], "statusDetails": gone}
    return answer | {
        "stats": [_stats(home, day, now)],
        "isExportRate": True,
        "isImportRate": True,
        "statusDetails": {"reason": None, "statusSeverity": "warning", "errorCount": 0, "totalCount": 24},
        "battery_details": _battery_details(home, now),
        "connectionDetails": [{"cellular": False, "wifi": None, "ethernet": True, "serial_num": home.serial}],
        "batteryConfig": _battery_config(home),
        "loggers": [home.serial],
        "update_pending": False,
    }


def lifetime(ask: Ask) -> Json:
    """Return one number for each day; today's grows."""
    home, now = ask.home, ask.now
    days = span(home.days.day(home.archive.start), home.days.day(now))
    rows = [_between(home, *_edges(home, day), horizon=home.horizon(now)) for day in days]
    empty = home.behaviour.empty_days

    def column(name: str) -> list[int | None]:
        return [None if day.isoformat() in empty else row[name] for day, row in zip(days, rows, strict=True)]

    left_out = home.behaviour.arrays_left_out
    return {
        "system_id": home.site_id,
        "start_date": days[0].isoformat(),
        "last_report_date": int(home.last_report(now)),
        "update_pending": False,
        **{name: [] if name in left_out else column(name) for name in _KINDS if name != "generator"},
        **{name: column(name) for name in _DAILY},
        "evse": [0] * len(days),
        **{name: [] for name in _UNKNOWN},
    }


def _stats(home: AccountHome, day: date, now: float) -> dict[str, Any]:
    begin, end = _edges(home, day)
    horizon, report = home.horizon(now), home.last_report(now)
    arrays: dict[str, list[int]] = {name: [] for name in (*_KINDS, *PARTS)}
    levels = []
    for edge in range(begin, end, _BUCKET):
        close = edge + _BUCKET
        known = close <= horizon
        row = _between(home, edge, close, horizon=horizon) if known else dict.fromkeys(arrays, 0)
        if known and close + _BUCKET > horizon and report < close + home.behaviour.fill_seconds:
            row = {name: wh // _SHARE for name, wh in row.items()}
        for name, wh in row.items():
            arrays[name].append(wh)
        level = home.archive.level(close) if known else None
        levels.append(round(level) if level is not None else 0)
    left_out = home.behaviour.arrays_left_out
    sent: dict[str, list[int]] = {name: wh for name, wh in arrays.items() if name not in left_out}
    if "soc" not in left_out:
        sent["soc"] = levels
    sent["evse"] = [0] * len(levels)
    sent |= {name: [] for name in _UNKNOWN}
    totals = {name: sum(wh) for name, wh in sent.items()} | {"grid_import": _NONSENSE}
    return {"grid_changes": {}, **sent, "start_time": begin, "interval_length": _BUCKET, "totals": totals}


def _edges(home: AccountHome, day: date) -> tuple[int, int]:
    return home.days.midnight(day), home.days.midnight(next_day(day))


def _between(home: AccountHome, begin: int, end: int, *, horizon: int) -> dict[str, int]:
    """Return whole Wh by array."""
    last = max(begin, min(end, horizon))
    energy: dict[Kind, int] = {kind: home.archive.energy(kind, begin, last) for kind in KINDS}
    return {name: energy[kind] for name, kind in _KINDS.items()} | parts(energy)


def _battery_details(home: AccountHome, now: float) -> dict[str, Any]:
    level = home.archive.level(home.horizon(now))
    return {
        "aggregate_soc": None if level is None else round(level),
        "last_24h_consumption": round(
            home.archive.energy("load", home.horizon(now) - 86_400, home.horizon(now)) / 1000, 1
        ),
        "estimated_time": 540,
        "backup_type": 0,
    }


def _battery_config(home: AccountHome) -> dict[str, Any]:
    shown = home.settings.shown
    return {
        "battery_backup_percentage": shown.reserve,
        "charge_from_grid": shown.charge_from_grid,
        "usage": shown.profile,
        "very_low_soc": shown.shutdown_level,
        "severe_weather_watch": storm_word(enabled=shown.storm_guard),
        "env_storage_settings": {
            home.serial: {
                "soc": shown.reserve,
                "cfg": "ALLOWED" if shown.charge_from_grid else "NOT_ALLOWED",
                "vls": shown.shutdown_level,
                "src": "ENL",
                "configState": "COMPLETED",
            }
        },
    }
