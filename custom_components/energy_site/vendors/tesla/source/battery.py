"""The batteries of a site."""

from datetime import datetime, timedelta

from ....site.model import Battery, BatteryUnit, DeviceInfo
from ..client.models.live_status import LiveStatus
from ..client.models.site_info import SiteInfo
from .equipment import has_battery

# The pack's share above what Tesla keeps: levels and energies are sent on a scale that hides the rest.
_USABLE = 0.95

# A level of 0 % with more than this share of the energy left is a dropout.
_EMPTY = 0.01

# No battery loses more % in a minute, and rounding is up to as much.
_FASTEST = 2.0

# Less than this share of the rating isn't what is left of a pack, but a placeholder.
_LEAST_PACK = 0.2

# Below this many W the time left says nothing.
_LEAST_LOAD = 50.0


def is_dropout(live: LiveStatus, before: LiveStatus | None, info: SiteInfo | None) -> bool:
    """Return whether a level of 0 % was lost on its way, rather than that of an empty battery.

    `before` is the last answer whose level was believed.
    """
    if live.percentage_charged != 0 or (info is not None and not has_battery(info)):
        return False
    if not live.load_power and not live.battery_power:
        return True
    if live.energy_left is not None and live.total_pack_energy:
        return live.energy_left > _EMPTY * live.total_pack_energy
    if before is None or before.percentage_charged is None:
        return live.battery_power is None or live.load_power is None
    if before.energy_left is not None or live.battery_power is None or live.load_power is None:
        return True
    if before.timestamp is None or live.timestamp is None:
        return before.percentage_charged > _FASTEST
    minutes = (live.timestamp - before.timestamp) / timedelta(minutes=1)
    return before.percentage_charged > _FASTEST * (1 + minutes)


def build(live: LiveStatus | None, info: SiteInfo, observed_at: datetime) -> Battery | None:
    """Build the batteries, `None` for a site without any; energies are what can be used of them.

    `live` is the last answer whose level can be believed.
    """
    if not has_battery(info):
        return None
    level = live.percentage_charged if live is not None else None
    rated = info.nameplate_energy or _rated(info)
    total = live.total_pack_energy if live is not None else None
    if not total or total < _LEAST_PACK * (rated or 0.0):
        total = None
    capacity = _USABLE * total if total else rated
    left = live.energy_left if live is not None and total else None
    available = _USABLE * left if left is not None and level is not None else None
    if available is None and level is not None and capacity is not None:
        available = level / 100 * capacity
    return Battery(
        observed_at=observed_at,
        level=level,
        available_energy=available,
        capacity=capacity,
        health=100 * _USABLE * total / rated if total and rated else None,
        backup_time_left=_minutes(available, live.load_power if live is not None else None),
        units={
            each.serial_number: BatteryUnit(
                device=DeviceInfo(serial=each.serial_number, model=each.part_name, model_id=each.part_number),
                capacity=each.nameplate_energy,
            )
            for each in info.components.batteries
            if each.is_active is not False
        },
    )


def _rated(info: SiteInfo) -> float | None:
    energies = [each.nameplate_energy for each in info.components.batteries if each.is_active is not False]
    known = [energy for energy in energies if energy is not None]
    return sum(known) if known and len(known) == len(energies) else None


def _minutes(energy: float | None, load: float | None) -> float | None:
    if energy is None or load is None or load < _LEAST_LOAD:
        return None
    return energy / load * 60
