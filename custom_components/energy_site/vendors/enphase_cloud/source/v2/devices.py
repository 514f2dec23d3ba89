"""A system's devices in v2, in the format of v4."""

from collections.abc import Iterable
from datetime import datetime

from .....site.meters import Meter, Meters, MeterUnit, Quality
from .....site.model import DeviceInfo
from ...client.models.devices import Device, Devices
from ...client.models.meters import CloudMeterReading
from ...client.models.v2 import Envoy, Inventory, LegacyDevice
from ..v4.devices import moment

_STATUS = frozenset({"normal", "not_metering", "check_wiring"})


def as_devices(inventory: Inventory | None, envoys: Iterable[Envoy] | None) -> Devices | None:
    """Return all devices in one list, with the data of `envoys` for gateways if available."""
    if inventory is None:
        return None
    online = {envoy.serial_number: envoy for envoy in envoys or ()}
    return Devices(
        devices=(
            *(_device("gateways", device, online.get(device.sn)) for device in inventory.envoys),
            *(_device("micros", device) for device in inventory.inverters),
            *(_device("meters", device) for device in inventory.meters),
        )
    )


def build_meters(
    inventory: Inventory | None, readings: Iterable[CloudMeterReading] | None, at: datetime
) -> Meters | None:
    """Build the meters; a meter with an odometer measures the production."""
    if inventory is None or readings is None:
        return None
    by_serial = {reading.serial_number: reading for reading in readings}
    found = [meter for meter in inventory.meters if meter.sn in by_serial]
    if not found:
        return None
    counted = [reading.value for reading in by_serial.values() if reading.value is not None]
    troubled = next((meter.status for meter in found if meter.status in _STATUS - {"normal"}), None)
    status = troubled or next((meter.status for meter in found if meter.status in _STATUS), None)
    production = Meter(
        power=None,
        delivered=sum(counted) if counted else None,
        received=None,
        quality=Quality(),
        phases=(),
        status=status,
        flags=(),
    )
    units = {meter.sn: _unit(meter, by_serial[meter.sn]) for meter in found}
    return Meters(observed_at=at, by_kind={"production": production}, units=units)


def _unit(meter: LegacyDevice, reading: CloudMeterReading) -> MeterUnit:
    return MeterUnit(
        device=DeviceInfo(serial=meter.sn, model=meter.model, model_id=meter.sku),
        odometer=reading.value,
        last_reported=moment(reading.read_at),
    )


def _device(kind: str, device: LegacyDevice, envoy: Envoy | None = None) -> Device:
    return Device(
        sku=None,
        kind=kind,
        serial_number=device.sn,
        id=None,
        model=device.model,
        part_number=envoy.part_number if envoy is not None else None,
        product_name=None,
        status=envoy.status if envoy is not None else device.status,
        last_report_at=envoy.last_report_at if envoy is not None else None,
        emu_sw_version=None,
        cellular=False,
        config_type=None,
        config_phase=None,
    )
