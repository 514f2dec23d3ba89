"""v4: live data, a stream of events at a price."""

import json

from simulator.cloud.days import LocalDays
from simulator.house import StorageMode
from simulator.iq_gateway.reply import Reply

from .asking import Ask

_UTC = LocalDays("UTC")
_MODES = {
    StorageMode.SELF_CONSUMPTION: "Self-Consumption",
    StorageMode.SAVINGS: "Savings Mode",
    StorageMode.BACKUP: "Full Backup",
}


def live_data(ask: Ask) -> Reply:
    """Return the events of `duration` seconds (30..300), without letting them pass.

    Battery power is positive while it discharges, other than in latest telemetry.
    """
    text = ask.headers.get("duration", "30")
    if not text.isdecimal():
        return _refused(ask, 461, "INVALID_DURATION")
    if not 30 <= int(text) <= 300:
        return _refused(ask, 462 if int(text) < 30 else 463, "INVALID_DURATION")
    system = ask.system
    if system.state(ask.now) == "comm":
        return _refused(ask, 473, "IQ_GATEWAY_NOT_REPORTING")
    flow, level = system.house.flow, system.house.battery_level
    data = {
        "battery_mode": _MODES[system.settings.mode],
        "battery_power": round(flow.battery),
        "battery_soc": None if level is None else round(level),
        "consumption_power": round(flow.load),
        "envoy_serial_number": [system.serial],
        "generator_power": round(flow.generator),
        "grid_power": round(flow.grid),
        "grid_status": "On Grid" if system.house.on_grid else "Off Grid",
        "pv_power": round(flow.solar),
        "system_id": system.system_id,
    }
    events = (
        {
            "data": data,
            "timestamp_epoch": int((ask.now + second) * 1000),
            "timestamp_utc": _UTC.stamp(ask.now + second),
            "type": "response",
        }
        for second in range(0, int(text), 5)
    )
    stream = "".join(f"data: {json.dumps(each)}\n\n" for each in events)
    return Reply(text=stream, content_type="text/event-stream")


def _refused(ask: Ask, code: int, status: str) -> Reply:
    error = {"code": code, "message": status.replace("_", " ").capitalize(), "status": status, "details": [{}]}
    now = int(ask.now * 1000)
    return Reply(status=code, payload={"error": error, "timestamp_epoch": now, "type": "validation_error"})
