"""The devices of a site."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from .....api.errors import ApiPayloadError
from .....api.payload import Record, parse_each
from .common import moment, serial, word

GATEWAY = "envoy"
BATTERY = "encharge"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDevice:
    """A device by its kind, such as `envoy`; `status` is a plain word that isn't localised."""

    kind: str
    serial_number: str = field(repr=False)
    model: str | None
    model_id: str | None
    firmware: str | None
    status: str | None
    last_report: datetime | None

    @property
    def retired(self) -> bool:
        """Whether the device is no longer part of the site."""
        return self.status == "retired"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDevices:
    """`devices`: what has a serial number and is part of the site."""

    devices: tuple[ListedDevice, ...]

    @property
    def gateway_serials(self) -> frozenset[str]:
        """The serial numbers of the site's gateways."""
        return frozenset(each.serial_number for each in self.devices if each.kind == GATEWAY)


def parse_devices(endpoint: str, payload: object) -> ListedDevices:
    """Read `devices`, without what is retired or has no serial number."""
    root = Record(endpoint, payload)
    found = (
        device
        for group in root.required_records("result")
        if (kind := word(group, "type")) is not None
        for device in parse_each(group.records("devices"), partial(_device, kind))
    )
    return ListedDevices(devices=tuple(device for device in found if not device.retired))


def _device(kind: str, item: Record) -> ListedDevice:
    number = serial(item, "serial_number")
    if number is None:
        raise ApiPayloadError(item.endpoint, "a device without a serial number")
    return ListedDevice(
        kind=kind,
        serial_number=number,
        model=item.code_or_none("name"),
        model_id=item.code_or_none("sku_id"),
        firmware=item.code_or_none("envoy_sw_version") or item.code_or_none("sw_version"),
        status=word(item, "status"),
        last_report=moment(item, "last_report"),
    )
