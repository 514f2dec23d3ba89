"""Energy interval by interval, and the newest values."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypedDict

from .....api.payload import Record, parse_each
from .common import Meta, day, epoch, parse_meta, percent, required_epoch


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyInterval:
    """The energy of one interval that ended at `end_at`, in seconds since the epoch.

    `wh` is what the service calls `wh_del`, `enwh`, `wh_imported`,
    `wh_exported` or `wh_consumed`, in Wh. `powr` is the mean power in W,
    which only inverters have. Nights and losses leave gaps between intervals.
    """

    end_at: int
    wh: float | None
    powr: float | None
    devices_reporting: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Telemetry:
    """What every telemetry tells of itself.

    It names its range in times, in seconds since the epoch, or in dates of
    the system's time zone, as it was asked.
    """

    granularity: str | None
    total_devices: int | None
    start_at: int | None
    end_at: int | None
    start_date: date | None
    end_date: date | None
    meta: Meta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyTelemetry(Telemetry):
    """Energy by intervals: 5 minutes of inverters, 15 of meters; none where nothing is new."""

    intervals: tuple[EnergyInterval, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryInterval:
    """A battery in one interval: Wh in and out, and its charge at the end in %."""

    end_at: int
    charge_enwh: float | None
    discharge_enwh: float | None
    soc_percent: float | None
    devices_reporting: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryTelemetry(Telemetry):
    """All batteries, or a single one, by intervals of 15 minutes.

    `last_reported_soc` is in %, of all batteries together where they were
    asked for, at `last_reported_time` in seconds since the epoch.
    """

    intervals: tuple[BatteryInterval, ...]
    last_reported_time: int | None
    last_reported_soc: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceTelemetry:
    """One inverter's energy by intervals of 5 minutes."""

    serial_number: str = field(repr=False)
    intervals: tuple[EnergyInterval, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LatestReading:
    """The newest value of one channel of a device.

    `power` is in W and `None` where it is older than seven days. A meter's
    `name` is production or consumption. Consumption is production and grid
    together, without the battery; by that a battery's power is positive while
    it charges, which no document says outright.
    """

    id: int | None = field(repr=False)
    serial_number: str | None = field(repr=False)
    name: str | None
    channel: int | None
    last_report_at: int | None
    power: float | None
    operational_mode: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LatestTelemetry:
    """`latest_telemetry`: a row for each phase of each device."""

    meters: tuple[LatestReading, ...]
    encharges: tuple[LatestReading, ...]
    heat_pumps: tuple[LatestReading, ...]
    evse: tuple[LatestReading, ...]


def parse_production(endpoint: str, payload: object) -> EnergyTelemetry:
    """Read `telemetry/production_micro`, `telemetry/production_meter` or v2's `stats`."""
    return _energy(endpoint, payload, "wh_del", "enwh")


def parse_consumption(endpoint: str, payload: object) -> EnergyTelemetry:
    """Read `telemetry/consumption_meter`, `evse_telemetry`, `hp_telemetry` or v2's `consumption_stats`."""
    return _energy(endpoint, payload, "enwh", "wh_consumed")


def parse_import(endpoint: str, payload: object) -> EnergyTelemetry:
    """Read `energy_import_telemetry`."""
    return _energy(endpoint, payload, "wh_imported")


def parse_export(endpoint: str, payload: object) -> EnergyTelemetry:
    """Read `energy_export_telemetry`."""
    return _energy(endpoint, payload, "wh_exported")


def parse_battery(endpoint: str, payload: object) -> BatteryTelemetry:
    """Read `telemetry/battery`, or the telemetry of a single battery."""
    root = Record(endpoint, payload)
    soc = percent(root, "last_reported_aggregate_soc")
    return BatteryTelemetry(
        **_about(root),
        intervals=parse_each(_intervals(root), _battery_interval),
        last_reported_time=epoch(root, "last_reported_time"),
        last_reported_soc=percent(root, "last_reported_soc") if soc is None else soc,
    )


def parse_micro(endpoint: str, payload: object) -> EnergyTelemetry:
    """Read the telemetry of a single inverter."""
    return _energy(endpoint, payload, "enwh")


def parse_micros(endpoint: str, payload: object) -> tuple[DeviceTelemetry, ...]:
    """Read a page of `devices/micros/telemetry`."""
    return parse_each(Record(endpoint, payload).required_records("devices"), _device)


def parse_latest(endpoint: str, payload: object) -> LatestTelemetry:
    """Read `latest_telemetry`."""
    devices = Record(endpoint, payload).record("devices")
    return LatestTelemetry(
        meters=parse_each(devices.records("meters"), _latest),
        encharges=parse_each(devices.records("encharges"), _latest),
        heat_pumps=parse_each(devices.records("heat-pump"), _latest),
        evse=parse_each(devices.records("evse"), _latest),
    )


class _About(TypedDict):
    granularity: str | None
    total_devices: int | None
    start_at: int | None
    end_at: int | None
    start_date: date | None
    end_date: date | None
    meta: Meta | None


def _about(root: Record) -> _About:
    return _About(
        granularity=root.text_or_none("granularity"),
        total_devices=root.integer_or_none("total_devices"),
        start_at=epoch(root, "start_at"),
        end_at=epoch(root, "end_at"),
        start_date=day(root, "start_date"),
        end_date=day(root, "end_date"),
        meta=parse_meta(root),
    )


def _energy(endpoint: str, payload: object, *names: str) -> EnergyTelemetry:
    root = Record(endpoint, payload)
    return EnergyTelemetry(**_about(root), intervals=parse_each(_intervals(root), energy_interval(*names)))


def _intervals(root: Record) -> Iterator[Record]:
    """Return the intervals, which import and export send in a list within the list."""
    if not isinstance(sent := root.value("intervals"), list):
        return root.required_records("intervals")
    flat: list[Any] = [item for each in sent for item in (each if isinstance(each, list) else [each])]
    return Record(root.endpoint, {"intervals": flat}).records("intervals")


def energy_interval(*names: str) -> Callable[[Record], EnergyInterval]:
    """Return a reader of intervals whose energy has one of these names."""

    def read(item: Record) -> EnergyInterval:
        sent = [item.number_or_none(name) for name in names]
        return EnergyInterval(
            end_at=required_epoch(item, "end_at"),
            wh=next((wh for wh in sent if wh is not None), None),
            powr=item.number_or_none("powr"),
            devices_reporting=item.integer_or_none("devices_reporting"),
        )

    return read


def _battery_interval(item: Record) -> BatteryInterval:
    charge, discharge = item.record_or_empty("charge"), item.record_or_empty("discharge")
    soc = item.record_or_empty("soc")
    return BatteryInterval(
        end_at=required_epoch(item, "end_at"),
        charge_enwh=charge.number_or_none("enwh"),
        discharge_enwh=discharge.number_or_none("enwh"),
        soc_percent=percent(soc, "percent"),
        devices_reporting=soc.integer_or_none("devices_reporting"),
    )


def _device(item: Record) -> DeviceTelemetry:
    return DeviceTelemetry(
        serial_number=item.identifier("serial_number"),
        intervals=parse_each(item.required_records("intervals"), energy_interval("enwh")),
    )


def _latest(item: Record) -> LatestReading:
    return LatestReading(
        id=item.integer_or_none("id"),
        serial_number=item.text_or_none("serial_number"),
        name=item.name_or_none("name"),
        channel=item.integer_or_none("channel"),
        last_report_at=epoch(item, "last_report_at"),
        power=item.number_or_none("power"),
        operational_mode=item.code_or_none("operational_mode"),
    )
