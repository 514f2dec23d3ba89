"""What only v2 says, and how v2 says it."""

from dataclasses import dataclass, field
from datetime import date

from .....api.payload import Record, parse_each
from .common import Meta, day, epoch, parse_meta


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacySystem:
    """A system of `systems`; `timezone` is an IANA name."""

    system_id: int = field(repr=False)
    system_name: str | None = field(repr=False)
    system_public_name: str | None = field(repr=False)
    country: str | None
    state: str | None = field(repr=False)
    city: str | None = field(repr=False)
    postal_code: str | None = field(repr=False)
    timezone: str | None
    connection_type: str | None
    status: str | None
    meta: Meta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacySystems:
    """A page of `systems`, and the token of the `next` one where there is one."""

    systems: tuple[LegacySystem, ...]
    next: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Envoy:
    """A gateway of `envoys`: normal or comm, last heard of at a time in seconds since the epoch."""

    envoy_id: int | None = field(repr=False)
    serial_number: str = field(repr=False)
    name: str | None = field(repr=False)
    part_number: str | None
    status: str | None
    last_report_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyDevice:
    """A device of `inventory`; `manufacturer`, `status` and `state` are a meter's."""

    sn: str = field(repr=False)
    model: str | None
    sku: str | None
    manufacturer: str | None
    status: str | None
    state: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """`inventory`: the devices that are not retired, whether they report or not."""

    envoys: tuple[LegacyDevice, ...]
    inverters: tuple[LegacyDevice, ...]
    meters: tuple[LegacyDevice, ...]
    meta: Meta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthReading:
    """A meter's odometer at the start and the end of a month: Wh."""

    serial_number: str = field(repr=False)
    start: float | None
    end: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthlyProduction:
    """`monthly_production`: Wh from one day to the other, both included."""

    start_date: date | None
    end_date: date | None
    production_wh: float | None
    meter_readings: tuple[MonthReading, ...]
    meta: Meta | None


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
        meta=parse_meta(root),
    )


def parse_monthly_production(endpoint: str, payload: object) -> MonthlyProduction:
    """Read `monthly_production`."""
    root = Record(endpoint, payload)
    root.expect("production_wh")
    return MonthlyProduction(
        start_date=day(root, "start_date"),
        end_date=day(root, "end_date"),
        production_wh=root.number_or_none("production_wh"),
        meter_readings=parse_each(root.records("meter_readings"), _reading),
        meta=parse_meta(root),
    )


def _system(item: Record) -> LegacySystem:
    return LegacySystem(
        system_id=item.integer("system_id"),
        system_name=item.name_or_none("system_name"),
        system_public_name=item.name_or_none("system_public_name"),
        country=item.text_or_none("country"),
        state=item.code_or_none("state"),
        city=item.name_or_none("city"),
        postal_code=item.text_or_none("postal_code"),
        timezone=item.text_or_none("timezone"),
        connection_type=item.code_or_none("connection_type"),
        status=item.code_or_none("status"),
        meta=parse_meta(item),
    )


def _envoy(item: Record) -> Envoy:
    return Envoy(
        envoy_id=item.integer_or_none("envoy_id"),
        serial_number=item.identifier("serial_number"),
        name=item.name_or_none("name"),
        part_number=item.code_or_none("part_number"),
        status=item.code_or_none("status"),
        last_report_at=epoch(item, "last_report_at"),
    )


def _device(item: Record) -> LegacyDevice:
    return LegacyDevice(
        sn=item.identifier("sn"),
        model=item.name_or_none("model"),
        sku=item.code_or_none("sku"),
        manufacturer=item.name_or_none("manufacturer"),
        status=item.code_or_none("status"),
        state=item.code_or_none("state"),
    )


def _reading(item: Record) -> MonthReading:
    return MonthReading(
        serial_number=item.identifier("serial_number"),
        start=item.number_or_none("start"),
        end=item.number_or_none("end"),
    )
