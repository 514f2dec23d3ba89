"""The readings of meters."""

from dataclasses import dataclass, field

from .....api.payload import Record, parse_each
from .common import epoch


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudMeterReading:
    """A meter's odometer: `value` in Wh at `read_at`, in seconds since the epoch.

    A reading is usually at most half an hour old; a retired meter keeps its last one forever.
    """

    serial_number: str = field(repr=False)
    value: float | None
    read_at: int | None


def parse_meter_readings(endpoint: str, payload: object) -> tuple[CloudMeterReading, ...]:
    """Read `production_meter_readings`."""
    return parse_each(Record(endpoint, payload).required_records("meter_readings"), _reading)


def _reading(item: Record) -> CloudMeterReading:
    return CloudMeterReading(
        serial_number=item.identifier("serial_num" if "serial_num" in item else "serial_number"),
        value=item.number_or_none("value"),
        read_at=epoch(item, "read_at"),
    )
