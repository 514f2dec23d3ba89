"""Energy by intervals, and the latest values."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .....api.payload import Record, parse_each
from .common import epoch, last_report_at, percent, required_epoch


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyInterval:
    """The energy of one interval that ended at `end_at`, in seconds since the epoch.

    `wh` is the service's `wh_del`, `enwh`, `wh_consumed`, `wh_imported` or `wh_exported`, in Wh.
    Nights and lost data leave gaps between intervals.
    """

    end_at: int
    wh: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyTelemetry:
    """Energy by intervals of 5 minutes for inverters and 15 for meters; none if there is nothing new.

    `last_report_at` is when the system last reported, in seconds since the epoch.
    """

    intervals: tuple[EnergyInterval, ...]
    last_report_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryInterval:
    """A battery in one interval: Wh in and out, and its state of charge at the end in %."""

    end_at: int
    charge_enwh: float | None
    discharge_enwh: float | None
    soc_percent: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryTelemetry:
    """All batteries, or a single one, by intervals of 15 minutes.

    `last_reported_soc` is in %, for all batteries combined if they were requested. `last_report_at`
    is when the system last reported, in seconds since the epoch.
    """

    intervals: tuple[BatteryInterval, ...]
    last_report_at: int | None
    last_reported_soc: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LatestReading:
    """The latest value of one channel of a device, which some kinds identify by `id` and others by serial number.

    `power` is in W, and `None` if it is older than seven days. A meter's `name` is production or
    consumption. Consumption is production and grid together, without the battery; accordingly, a
    battery's power is positive while it charges, which no document states explicitly. A charger's
    `operational_mode` is PLUGGED_OUT, IDLE, CHARGING or FAULTED, a heat pump's a word such as MODE_2.
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
    evse: tuple[LatestReading, ...]
    heat_pumps: tuple[LatestReading, ...]


def parse_production(endpoint: str, payload: object) -> EnergyTelemetry:
    """Read `telemetry/production_micro`, `telemetry/production_meter`, or `stats` and `rgm_stats` of v2."""
    return _energy(endpoint, payload, "wh_del", "enwh")


def parse_consumption(endpoint: str, payload: object) -> EnergyTelemetry:
    """Read `telemetry/consumption_meter` or v2's `consumption_stats`."""
    return _energy(endpoint, payload, "enwh", "wh_consumed")


def parse_import(endpoint: str, payload: object) -> EnergyTelemetry:
    """Read `energy_import_telemetry`."""
    return _energy(endpoint, payload, "wh_imported")


def parse_export(endpoint: str, payload: object) -> EnergyTelemetry:
    """Read `energy_export_telemetry`."""
    return _energy(endpoint, payload, "wh_exported")


def parse_heat_pump(endpoint: str, payload: object) -> EnergyTelemetry:
    """Read a heat pump's `hp_telemetry`."""
    return _energy(endpoint, payload, "wh_consumed", "enwh")


def parse_battery(endpoint: str, payload: object) -> BatteryTelemetry:
    """Read `telemetry/battery`, or the telemetry of a single battery."""
    root = Record(endpoint, payload)
    soc = percent(root, "last_reported_aggregate_soc")
    return BatteryTelemetry(
        intervals=parse_each(_intervals(root), _battery_interval),
        last_report_at=last_report_at(root),
        last_reported_soc=percent(root, "last_reported_soc") if soc is None else soc,
    )


def parse_latest(endpoint: str, payload: object) -> LatestTelemetry:
    """Read `latest_telemetry`."""
    devices = Record(endpoint, payload).record("devices")
    return LatestTelemetry(
        meters=parse_each(devices.records("meters"), _latest),
        encharges=parse_each(devices.records("encharges"), _latest),
        evse=parse_each(devices.records("evse"), _latest),
        # The list of devices spells it with an underscore.
        heat_pumps=parse_each((*devices.records("heat-pump"), *devices.records("heat_pump")), _latest),
    )


def _energy(endpoint: str, payload: object, *names: str) -> EnergyTelemetry:
    """Read intervals whose energy has one of these names."""
    root = Record(endpoint, payload)

    def read(item: Record) -> EnergyInterval:
        sent = [item.number_or_none(name) for name in names]
        return EnergyInterval(
            end_at=required_epoch(item, "end_at"), wh=next((wh for wh in sent if wh is not None), None)
        )

    return EnergyTelemetry(intervals=parse_each(_intervals(root), read), last_report_at=last_report_at(root))


def _intervals(root: Record) -> Iterator[Record]:
    """Return the intervals, which import and export send as a list within the list."""
    if not isinstance(sent := root.value("intervals"), list):
        return root.required_records("intervals")
    flat: list[Any] = [item for each in sent for item in (each if isinstance(each, list) else [each])]
    return Record(root.endpoint, {"intervals": flat}).records("intervals")


def _battery_interval(item: Record) -> BatteryInterval:
    charge, discharge = item.record_or_empty("charge"), item.record_or_empty("discharge")
    return BatteryInterval(
        end_at=required_epoch(item, "end_at"),
        charge_enwh=charge.number_or_none("enwh"),
        discharge_enwh=discharge.number_or_none("enwh"),
        soc_percent=percent(item.record_or_empty("soc"), "percent"),
    )


def _latest(item: Record) -> LatestReading:
    return LatestReading(
        id=item.integer_or_none("id"),
        serial_number=item.identifier_or_none("serial_number"),
        name=item.name_or_none("name"),
        channel=item.integer_or_none("channel"),
        last_report_at=epoch(item, "last_report_at"),
        power=item.number_or_none("power"),
        operational_mode=item.code_or_none("operational_mode"),
    )
