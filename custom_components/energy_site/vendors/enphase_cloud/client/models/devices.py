"""The devices of a system, and its individual inverters."""

from dataclasses import dataclass, field
from functools import partial

from .....api.payload import Record, parse_each, records
from .common import Quantity, epoch, quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """An active device of `devices`.

    `kind` is the name of the list that contains it: micros, meters, gateways, q_relays, acbs,
    encharges, enpowers, ev_chargers, heat_pump, iq_collars, and any others sent. `emu_sw_version`
    is a gateway's firmware; `config_type` (Production, Net or Total) and `config_phase` are a
    meter's. `last_report_at` is in seconds since the epoch.
    """

    kind: str
    serial_number: str = field(repr=False)
    id: int | None = field(repr=False)
    model: str | None
    part_number: str | None
    product_name: str | None
    sku: str | None
    status: str | None
    last_report_at: int | None
    emu_sw_version: str | None
    cellular: bool
    config_type: str | None
    config_phase: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices:
    """`devices` of a system."""

    devices: tuple[Device, ...]

    def of(self, kind: str) -> tuple[Device, ...]:
        """Return the devices of one kind."""
        return tuple(device for device in self.devices if device.kind == kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class MicroInverter:
    """An inverter: its last power and its lifetime energy, with their units.

    `status` is normal, power, micro or retired. `last_report_date` is in seconds since the epoch.
    """

    serial_number: str = field(repr=False)
    model: str | None
    part_number: str | None
    status: str | None
    power_produced: Quantity | None
    energy: Quantity | None
    last_report_date: int | None


def parse_devices(endpoint: str, payload: object) -> Devices:
    """Read `systems/{system_id}/devices`."""
    root = Record(endpoint, payload)
    kinds = [(kind, items) for kind, items in root.record("devices").items() if isinstance(items, list)]
    return Devices(
        devices=tuple(
            device for kind, items in kinds for device in parse_each(records(endpoint, items), partial(_device, kind))
        )
    )


def parse_inverters(endpoint: str, payload: object) -> tuple[MicroInverter, ...]:
    """Read `systems/inverters_summary_by_envoy_or_site`, in v4 and in v2: the inverters of all gateways."""
    gateways = records(endpoint, payload)
    return parse_each((item for each in gateways for item in each.records("micro_inverters")), _inverter)


def _device(kind: str, item: Record) -> Device:
    return Device(
        kind=kind,
        serial_number=item.identifier("serial_number"),
        id=item.integer_or_none("id"),
        model=item.name_or_none("model"),
        part_number=item.code_or_none("part_number"),
        product_name=item.name_or_none("product_name"),
        # Heat pumps have it in capitals.
        sku=item.code_or_none("sku") or item.code_or_none("SKU"),
        status=item.code_or_none("status"),
        last_report_at=epoch(item, "last_report_at"),
        emu_sw_version=item.code_or_none("emu_sw_version"),
        cellular=bool(item.record_or_empty("cellular_modem")),
        config_type=item.code_or_none("config_type"),
        config_phase=item.code_or_none("config_phase"),
    )


def _inverter(item: Record) -> MicroInverter:
    return MicroInverter(
        serial_number=item.identifier("serial_number"),
        model=item.name_or_none("model"),
        part_number=item.code_or_none("part_number"),
        status=item.code_or_none("status"),
        power_produced=quantity(item, "power_produced"),
        energy=quantity(item, "energy"),
        last_report_date=epoch(item, "last_report_date"),
    )
