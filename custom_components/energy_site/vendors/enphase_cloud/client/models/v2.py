"""Data that is only in v2, or has a different format there."""

from dataclasses import dataclass, field

from .....api.payload import Record, parse_each
from .common import epoch, last_report_at


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacySystem:
    """A system of `systems`: `timezone` is an IANA name, `last_report_at` in seconds since the epoch."""

    system_id: int = field(repr=False)
    system_name: str | None = field(repr=False)
    timezone: str | None
    status: str | None
    last_report_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacySystems:
    """A page of `systems`, and the token of the `next` page if there is one."""

    systems: tuple[LegacySystem, ...]
    next: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Envoy:
    """A gateway of `envoys`: its status is normal or comm; `last_report_at` is in seconds since the epoch."""

    serial_number: str = field(repr=False)
    part_number: str | None
    status: str | None
    last_report_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyDevice:
    """A device of `inventory`; `status` is a meter's."""

    sn: str = field(repr=False)
    model: str | None
    sku: str | None
    status: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """`inventory`: the devices that are not retired, whether they report or not."""

    envoys: tuple[LegacyDevice, ...]
    inverters: tuple[LegacyDevice, ...]
    meters: tuple[LegacyDevice, ...]


def parse_systems(endpoint: str, payload: object) -> LegacySystems:
    """Read `systems`."""
    root = Record(endpoint, payload)
    return LegacySystems(systems=parse_each(root.required_records("systems"), _system), next=root.text_or_none("next"))


def parse_envoys(endpoint: str, payload: object) -> tuple[Envoy, ...]:
    """Read `envoys`."""
    return parse_each(Record(endpoint, payload).required_records("envoys"), _envoy)


def parse_inventory(endpoint: str, payload: object) -> Inventory:
    """Read `inventory`."""
    root = Record(endpoint, payload)
    root.expect("envoys", "inverters", "meters")
    return Inventory(
        envoys=parse_each(root.records("envoys"), _device),
        inverters=parse_each(root.records("inverters"), _device),
        meters=parse_each(root.records("meters"), _device),
    )


def _system(item: Record) -> LegacySystem:
    return LegacySystem(
        system_id=item.integer("system_id"),
        system_name=item.name_or_none("system_name"),
        timezone=item.text_or_none("timezone"),
        status=item.code_or_none("status"),
        last_report_at=last_report_at(item),
    )


def _envoy(item: Record) -> Envoy:
    return Envoy(
        serial_number=item.identifier("serial_number"),
        part_number=item.code_or_none("part_number"),
        status=item.code_or_none("status"),
        last_report_at=epoch(item, "last_report_at"),
    )


def _device(item: Record) -> LegacyDevice:
    return LegacyDevice(
        sn=item.identifier("sn"),
        model=item.name_or_none("model"),
        sku=item.code_or_none("sku"),
        status=item.code_or_none("status"),
    )
