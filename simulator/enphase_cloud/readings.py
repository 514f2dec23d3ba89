"""Odometers and intervals of meters, as v4 and v2 tell them."""

from typing import Any

from .system import CloudSystem
from .windows import intervals

_QUARTER = 900


def production_readings(system: CloudSystem, end_at: int | None, now: float) -> list[dict[str, Any]]:
    """Return the production meter's odometer (Wh, starting totals included) at or before `end_at`."""
    meter = system.production_meter
    if meter is None:
        return []
    at = read_at(system, end_at, now)
    return [{"serial_number": meter.serial, "value": system.archive.counter("solar", at), "read_at": at}]


def read_at(system: CloudSystem, end_at: int | None, now: float) -> int:
    """Return the quarter of an hour a reading asked for at `end_at` was taken, epoch s."""
    horizon = system.horizon(now)
    at = horizon if end_at is None else min(end_at, horizon)
    return at - at % _QUARTER


def meter_statistics(system: CloudSystem, begin: int, end: int, now: float) -> dict[str, Any]:
    """Return the production meter's quarters of an hour, together and by channel."""
    meter = system.production_meter
    answer: dict[str, Any] = {
        "system_id": system.system_id,
        "total_devices": int(meter is not None),
        "meta": system.meta(now),
        "intervals": [],
        "meter_intervals": [],
    }
    if meter is None:
        return answer
    found = intervals(system, "solar", begin, end, _QUARTER, now)
    answer["intervals"] = [{"end_at": each.end, "wh_del": each.wh, "devices_reporting": 1} for each in found]
    channels = system.house.config.phases
    parts = [(channel, each.end, (each.wh + channel) // channels) for channel in range(channels) for each in found]
    answer["meter_intervals"] = [
        {
            "meter_serial_number": meter.serial,
            "envoy_serial_number": system.serial,
            "intervals": [
                {"channel": channel + 1, "end_at": end, "wh_del": float(energy), "curr_w": energy * 4}
                for channel, end, energy in parts
            ],
        }
    ]
    return answer
