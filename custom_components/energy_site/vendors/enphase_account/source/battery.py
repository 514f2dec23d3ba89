"""The batteries of a site."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from ....site.model import Battery, BatteryUnit, DeviceInfo
from ..client.models.battery import BatteryStatus, Led, Storage
from ..client.models.devices import ListedDevice, ListedDevices

# Systems with a cellular modem report every six hours. Anything older isn't current.
_OLDEST = timedelta(hours=7)

_STATES = {
    Led.CHARGING: "charging",
    Led.DISCHARGING: "discharging",
    Led.IDLE_FULL: "idle",
    Led.IDLE: "idle",
    Led.IDLE_LOW: "idle",
}


def has_battery(status: BatteryStatus | None) -> bool:
    """Return whether the site has batteries."""
    return status is not None and bool(status.storages or status.max_capacity)


def build(
    status: BatteryStatus,
    devices: ListedDevices | None,
    backup_minutes: float | None,
    now: datetime,
    observed_at: datetime,
    *,
    current: bool,
    readings: bool,
) -> Battery | None:
    """Build the batteries, `None` for a site without any.

    What isn't `current` has no level. Without `readings`, the batteries are polled too rarely for one.
    """
    if not has_battery(status):
        return None
    listed = {each.serial_number: each for each in devices.devices} if devices is not None else {}
    level = status.level if current and readings else None
    return Battery(
        observed_at=observed_at,
        level=level,
        available_energy=status.available_energy if level is not None else None,
        capacity=status.max_capacity,
        health=_health(status),
        backup_time_left=backup_minutes if level is not None else None,
        units={
            each.serial_number: _unit(each, listed, now, current=current, readings=readings) for each in status.storages
        },
    )


def _unit(
    storage: Storage, listed: Mapping[str, ListedDevice], now: datetime, *, current: bool, readings: bool
) -> BatteryUnit:
    device = listed.get(storage.serial_number)
    recent = current and (storage.last_report is None or now - storage.last_report <= _OLDEST)
    shown = recent and readings
    return BatteryUnit(
        device=DeviceInfo(
            serial=storage.serial_number,
            model=device.model if device is not None else None,
            model_id=device.model_id if device is not None else None,
            firmware=device.firmware if device is not None else None,
        ),
        level=storage.level if shown else None,
        available_energy=storage.available_energy if shown and storage.level is not None else None,
        capacity=storage.max_capacity,
        health=storage.health,
        cycles=storage.cycle_count,
        state=_STATES.get(Led(storage.led)) if shown and storage.led in tuple(Led) else None,
        last_reported=storage.last_report,
    )


def _health(status: BatteryStatus) -> float | None:
    """Return the mean health of the batteries that count, by their capacity."""
    counted = [
        (each.health, each.max_capacity or 1.0)
        for each in status.storages
        if each.health is not None and not each.excluded
    ]
    total = sum(weight for _, weight in counted)
    return sum(health * weight for health, weight in counted) / total if total else None
