"""What meters count: odometers and revenue-grade intervals, in v4 and in v2."""

from dataclasses import dataclass, field

from .....api.payload import Record, parse_each
from .common import Meta, epoch, parse_meta, required_epoch
from .telemetry import EnergyInterval, energy_interval


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudMeterReading:
    """A meter's odometer: `value` in Wh at `read_at`, in seconds since the epoch.

    A reading is half an hour old at most as a rule; a retired meter keeps its
    last one for ever.
    """

    serial_number: str = field(repr=False)
    value: float | None
    read_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterReadings:
    """The odometers of a system's production or consumption meters."""

    meter_readings: tuple[CloudMeterReading, ...]
    meta: Meta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageReading:
    """A battery meter's two odometers in Wh at `read_at`, in seconds since the epoch."""

    serial_number: str = field(repr=False)
    value_charged: float | None
    value_discharged: float | None
    read_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageReadings:
    """The odometers of a system's battery meters."""

    meter_readings: tuple[StorageReading, ...]
    meta: Meta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelInterval:
    """15 minutes of one channel of a meter: Wh, and W on average."""

    channel: int | None
    end_at: int
    wh_del: float | None
    curr_w: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterIntervals:
    """One revenue-grade meter's intervals, channel by channel."""

    meter_serial_number: str | None = field(repr=False)
    envoy_serial_number: str | None = field(repr=False)
    intervals: tuple[ChannelInterval, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RgmStats:
    """`rgm_stats`: revenue-grade production, of all meters together and of each."""

    total_devices: int | None
    intervals: tuple[EnergyInterval, ...]
    meter_intervals: tuple[MeterIntervals, ...]
    meta: Meta | None


def parse_meter_readings(endpoint: str, payload: object) -> MeterReadings:
    """Read `production_meter_readings` or `consumption_meter_readings`."""
    root = Record(endpoint, payload)
    return MeterReadings(
        meter_readings=parse_each(root.required_records("meter_readings"), _reading), meta=parse_meta(root)
    )


def parse_storage_readings(endpoint: str, payload: object) -> StorageReadings:
    """Read `storage_meter_readings`."""
    root = Record(endpoint, payload)
    return StorageReadings(
        meter_readings=parse_each(root.required_records("meter_readings"), _storage), meta=parse_meta(root)
    )


def parse_rgm_stats(endpoint: str, payload: object) -> RgmStats:
    """Read `rgm_stats`."""
    root = Record(endpoint, payload)
    return RgmStats(
        total_devices=root.integer_or_none("total_devices"),
        intervals=parse_each(root.required_records("intervals"), energy_interval("wh_del")),
        meter_intervals=parse_each(root.records("meter_intervals"), _meter),
        meta=parse_meta(root),
    )


def _serial(item: Record) -> str:
    """Return the serial number, which production and consumption name differently."""
    return item.identifier("serial_num" if "serial_num" in item else "serial_number")


def _reading(item: Record) -> CloudMeterReading:
    return CloudMeterReading(
        serial_number=_serial(item), value=item.number_or_none("value"), read_at=epoch(item, "read_at")
    )


def _storage(item: Record) -> StorageReading:
    return StorageReading(
        serial_number=_serial(item),
        value_charged=item.number_or_none("value_charged"),
        value_discharged=item.number_or_none("value_discharged"),
        read_at=epoch(item, "read_at"),
    )


def _meter(item: Record) -> MeterIntervals:
    return MeterIntervals(
        meter_serial_number=item.text_or_none("meter_serial_number"),
        envoy_serial_number=item.text_or_none("envoy_serial_number"),
        intervals=parse_each(item.required_records("intervals"), _channel),
    )


def _channel(item: Record) -> ChannelInterval:
    return ChannelInterval(
        channel=item.integer_or_none("channel"),
        end_at=required_epoch(item, "end_at"),
        wh_del=item.number_or_none("wh_del"),
        curr_w=item.number_or_none("curr_w"),
    )
