"""Individual devices on the power line: inverters, AC Batteries, Q-Relays."""

from dataclasses import dataclass, field
from enum import IntEnum
from functools import partial

from .....api.payload import Record, parse_each, records


class DeviceType(IntEnum):
    """The gateway's numbers for kinds of devices."""

    INVERTER = 1
    AC_BATTERY = 11
    Q_RELAY = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class InverterReport:
    """One row of `/api/v1/production/inverters`: W, and the epoch of the last report.

    The list includes AC Batteries. At night, the last report remains.
    """

    serial: str = field(repr=False)
    device_type: int
    last_report: int | None
    watts: float | None
    max_watts: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceReading:
    """One device's last report in `/ivp/pdm/device_data`: mV, mA, mHz, degrees C, J, s.

    `watt_hours_today` and the lifetime joules come from different counters; the latter may be days
    old. All values are `None` while the gateway has no last reading, which is the case every night.
    """

    serial: str = field(repr=False)
    active: bool
    gone: bool
    created: int | None
    end_date: int | None
    duration: int | None
    watts: float | None
    max_watts: float | None
    watt_hours_today: float | None
    joules_produced: float | None
    joules_used: float | None
    joules_lifetime: float | None
    joules_used_lifetime: float | None
    ac_millivolts: float | None
    ac_millihertz: float | None
    ac_milliamperes: float | None
    dc_millivolts: float | None
    dc_milliamperes: float | None
    temperature: float | None
    state_of_charge: float | None
    state_of_health: float | None
    max_cell_temperature: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceData:
    """`/ivp/pdm/device_data`: at most `limit` devices, regardless of their number."""

    inverters: tuple[DeviceReading, ...]
    ac_batteries: tuple[DeviceReading, ...]
    q_relays: tuple[RelayReading, ...]
    count: int | None
    limit: int | None

    @property
    def truncated(self) -> bool:
        """Whether the gateway left out devices."""
        return self.count is not None and self.limit is not None and self.count >= self.limit


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayReading:
    """A Q-Relay's last report: degrees C, mV of each phase, mHz."""

    serial: str = field(repr=False)
    end_date: int | None
    temperature: float | None
    millivolts: tuple[float | None, ...]
    millihertz: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryDevice:
    """One device of `/inventory`: its identity and status."""

    serial: str = field(repr=False)
    kind: str
    part_number: str | None
    firmware: str | None
    last_report: int | None
    communicating: bool | None
    phase: str | None
    percent_full: float | None
    max_cell_temperature: float | None
    status: tuple[str, ...]


def parse_inverters(endpoint: str, payload: object) -> tuple[InverterReport, ...]:
    """Read `/api/v1/production/inverters`."""
    return parse_each(records(endpoint, payload), _inverter)


def parse_device_data(endpoint: str, payload: object) -> DeviceData:
    """Read `/ivp/pdm/device_data`, an object with one field per device."""
    root = Record(endpoint, payload)
    devices = [Record(endpoint, value) for _, value in root.items() if isinstance(value, dict)]

    def of(name: str) -> list[Record]:
        return [device for device in devices if device.text_or_none("devName") == name]

    return DeviceData(
        inverters=parse_each(of("pcu"), _device),
        ac_batteries=parse_each(of("acb"), _device),
        q_relays=parse_each(of("nsrb"), _relay),
        count=root.integer_or_none("deviceCount"),
        limit=root.integer_or_none("deviceDataLimit"),
    )


def parse_inventory(endpoint: str, payload: object) -> tuple[InventoryDevice, ...]:
    """Read `/inventory`: all kinds of devices in one list."""
    return tuple(
        device
        for group in records(endpoint, payload)
        for device in parse_each(
            group.records("devices"), partial(_inventory_device, kind=group.code_or_none("type") or "")
        )
    )


def _inverter(item: Record) -> InverterReport:
    return InverterReport(
        serial=item.identifier("serialNumber"),
        device_type=item.integer_or_none("devType") or DeviceType.INVERTER,
        last_report=item.integer_or_none("lastReportDate"),
        watts=item.number_or_none("lastReportWatts"),
        max_watts=item.number_or_none("maxReportWatts"),
    )


def _device(item: Record) -> DeviceReading:
    channel = next(item.records("channels"), Record(item.endpoint, {}))
    last = channel.record_or_empty("lastReading")
    lifetime = channel.record_or_empty("lifetime")
    watts = channel.record_or_empty("watts")
    return DeviceReading(
        serial=item.identifier("sn"),
        active=item.flag_or_none("active") is not False,
        gone=item.flag_or_none("modGone") is True,
        created=channel.integer_or_none("created"),
        end_date=last.integer_or_none("endDate"),
        duration=last.integer_or_none("duration"),
        watts=watts.number_or_none("now"),
        max_watts=watts.number_or_none("max"),
        watt_hours_today=channel.record_or_empty("wattHours").number_or_none("today"),
        joules_produced=last.number_or_none("joulesProduced"),
        joules_used=last.number_or_none("joulesUsed"),
        joules_lifetime=lifetime.number_or_none("joulesProduced"),
        joules_used_lifetime=lifetime.number_or_none("joulesUsed"),
        ac_millivolts=last.number_or_none("acVoltageINmV"),
        ac_millihertz=last.number_or_none("acFrequencyINmHz"),
        ac_milliamperes=last.number_or_none("acCurrentInmA"),
        dc_millivolts=last.number_or_none("dcVoltageINmV"),
        dc_milliamperes=last.number_or_none("dcCurrentINmA"),
        temperature=last.number_or_none("channelTemp"),
        state_of_charge=last.number_or_none("SOC"),
        state_of_health=last.number_or_none("SOH"),
        max_cell_temperature=last.number_or_none("maxCellTemp"),
    )


def _relay(item: Record) -> RelayReading:
    channel = next(item.records("channels"), item)
    last = channel.record_or_empty("lastReading")
    return RelayReading(
        serial=item.identifier("sn"),
        end_date=last.integer_or_none("endDate"),
        temperature=last.number_or_none("temperature"),
        millivolts=tuple(last.number_or_none(f"VrmsL{phase}N") for phase in (1, 2, 3)),
        millihertz=last.number_or_none("freqInmHz"),
    )


def _inventory_device(item: Record, kind: str) -> InventoryDevice:
    return InventoryDevice(
        serial=item.identifier("serial_num"),
        kind=kind,
        part_number=item.code_or_none("part_num"),
        firmware=item.code_or_none("img_pnum_running"),
        last_report=item.integer_or_none("last_rpt_date"),
        communicating=item.flag_or_none("communicating"),
        phase=item.code_or_none("phase"),
        percent_full=item.number_or_none("percentFull"),
        max_cell_temperature=item.number_or_none("maxCellTemp"),
        status=item.texts("device_status"),
    )
