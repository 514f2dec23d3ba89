"""The batteries: levels, energies, health."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from .....api.errors import ApiPayloadError
from .....api.payload import Record, parse_each
from .common import expect, moment, not_negative, percent, serial, whole

_WH = 1000.0

_KNOWN = ("current_charge", "available_energy", "max_capacity", "storages")


class Led(IntEnum):
    """What a battery's light shows; new numbers come with new firmware."""

    CHARGING = 12
    DISCHARGING = 13
    IDLE_FULL = 14
    IDLE = 15
    IDLE_LOW = 17


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """One battery: level and health in %, energies in Wh, and the number that its light shows.

    An `excluded` battery isn't part of the site's totals. Its localised texts aren't read.
    """

    serial_number: str = field(repr=False)
    level: float | None
    available_energy: float | None
    max_capacity: float | None
    health: float | None
    cycle_count: int | None
    led: int | None
    excluded: bool | None
    last_report: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryStatus:
    """`battery_status`: all batteries together, level in % and energies in Wh, and each of them.

    Its powers are what the batteries are capable of, and aren't read.
    """

    level: float | None
    available_energy: float | None
    max_capacity: float | None
    storages: tuple[Storage, ...]


def parse_battery_status(endpoint: str, payload: object) -> BatteryStatus:
    """Read `battery_status`; a battery without a serial number is dropped."""
    root = Record(endpoint, payload)
    expect(root, *_KNOWN)
    return BatteryStatus(
        level=percent(root, "current_charge"),
        available_energy=_energy(root, "available_energy"),
        max_capacity=_energy(root, "max_capacity"),
        storages=parse_each(root.records("storages"), _storage),
    )


def _storage(item: Record) -> Storage:
    number = serial(item, "serial_number")
    if number is None:
        raise ApiPayloadError(item.endpoint, "a battery without a serial number")
    return Storage(
        serial_number=number,
        level=percent(item, "current_charge"),
        available_energy=_energy(item, "available_energy"),
        max_capacity=_energy(item, "max_capacity"),
        health=percent(item, "battery_soh"),
        cycle_count=whole(item, "cycle_count"),
        led=whole(item, "led_status"),
        excluded=item.flag_or_none("excluded"),
        last_report=moment(item, "last_report"),
    )


def _energy(item: Record, key: str) -> float | None:
    """Return an energy, sent in kWh, in Wh."""
    energy = not_negative(item, key)
    return energy * _WH if energy is not None else None
