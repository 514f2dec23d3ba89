"""Devices from the cloud's lists and details."""

from collections.abc import Mapping
from datetime import UTC, datetime

from .....site.model import (
    Battery,
    BatteryUnit,
    Controller,
    ControllerKind,
    DeviceInfo,
    GridState,
    GridStatus,
    Inverter,
    Inverters,
)
from ...client.models.battery import GridStatusPayload
from ...client.models.devices import Device, Devices, MicroInverter
from ...client.models.systems import Summary
from ...client.models.telemetry import BatteryTelemetry

_CONTROLLERS = {
    "enpowers": ControllerKind.SYSTEM_CONTROLLER,
    "iq_collars": ControllerKind.COLLAR,
    "q_relays": ControllerKind.RELAY,
}


def build_battery(
    devices: Devices | None,
    telemetry: BatteryTelemetry | None,
    each: Mapping[str, BatteryTelemetry],
    summary: Summary | None,
    at: datetime,
) -> Battery | None:
    """Build the batteries."""
    units, ac_units = _batteries(devices, "encharges", each), _batteries(devices, "acbs", {})
    level = _level(telemetry)
    capacity = summary.battery_capacity_wh if summary is not None else None
    if level is None and not units and not ac_units:
        return None
    return Battery(
        observed_at=at,
        level=level,
        capacity=capacity,
        available_energy=None if level is None or capacity is None else capacity * level / 100,
        units=units,
        ac_units=ac_units,
    )


def build_inverters(
    inverters: tuple[MicroInverter, ...] | None, devices: Devices | None, at: datetime
) -> Inverters | None:
    """Build the inverters from their own list, otherwise from the list of devices."""
    if inverters is not None:
        units = {unit.serial_number: _inverter(unit) for unit in inverters}
    else:
        units = {device.serial_number: _listed(device) for device in _of(devices, "micros")}
    if not units:
        return None
    listed = len(_of(devices, "micros"))
    return Inverters(
        observed_at=at,
        units=units,
        complete=len(units) >= listed,
        reporting=sum(unit.connected is True for unit in units.values()),
    )


def build_grid(devices: Devices | None, grid: GridStatusPayload | None, at: datetime) -> GridStatus | None:
    """Build the grid status of systems with a device that knows the state of the grid."""
    controllers = {
        device.serial_number: Controller(
            kind=kind, device=_info(device), last_reported=moment(device.last_report_at), connected=_connected(device)
        )
        for name, kind in _CONTROLLERS.items()
        for device in _of(devices, name)
    }
    gateways = _of(devices, "gateways")
    if len(gateways) > 1:
        # A single gateway is the site itself; several are shown separately.
        controllers |= {device.serial_number: _gateway(device) for device in gateways}
    if grid is None and not controllers:
        return None
    return GridStatus(observed_at=at, state=_state(grid), controllers=controllers)


def _gateway(device: Device) -> Controller:
    return Controller(
        kind=ControllerKind.GATEWAY,
        device=_info(device),
        last_reported=moment(device.last_report_at),
        connected=_connected(device),
    )


def _state(grid: GridStatusPayload | None) -> GridState | None:
    if grid is not None and grid.changing:
        return GridState.SYNCHRONIZING
    if grid is None or grid.on_grid is None:
        return None
    return GridState.ON_GRID if grid.on_grid else GridState.OFF_GRID


def moment(epoch: int | None) -> datetime | None:
    """Return seconds since the epoch as a time in UTC."""
    return None if epoch is None else datetime.fromtimestamp(epoch, UTC)


def _level(telemetry: BatteryTelemetry | None) -> float | None:
    if telemetry is None:
        return None
    if telemetry.last_reported_soc is not None:
        return telemetry.last_reported_soc
    levels = [interval.soc_percent for interval in telemetry.intervals if interval.soc_percent is not None]
    return levels[-1] if levels else None


def _batteries(devices: Devices | None, kind: str, each: Mapping[str, BatteryTelemetry]) -> dict[str, BatteryUnit]:
    return {
        device.serial_number: BatteryUnit(
            device=_info(device),
            level=_level(each.get(device.serial_number)),
            last_reported=moment(device.last_report_at),
            connected=_connected(device),
        )
        for device in _of(devices, kind)
    }


def _inverter(unit: MicroInverter) -> Inverter:
    return Inverter(
        device=DeviceInfo(serial=unit.serial_number, model=unit.model, model_id=unit.part_number),
        power=unit.power_produced.value if unit.power_produced is not None else None,
        energy=unit.energy.wh if unit.energy is not None else None,
        last_reported=moment(unit.last_report_date),
        connected=None if unit.status is None else unit.status == "normal",
    )


def _listed(device: Device) -> Inverter:
    return Inverter(device=_info(device), last_reported=moment(device.last_report_at), connected=_connected(device))


def _info(device: Device) -> DeviceInfo:
    return DeviceInfo(
        serial=device.serial_number,
        model=device.model or device.product_name,
        model_id=device.part_number,
        firmware=device.emu_sw_version,
    )


def _connected(device: Device) -> bool | None:
    return None if device.status is None else device.status == "normal"


def _of(devices: Devices | None, kind: str) -> tuple[Device, ...]:
    return devices.of(kind) if devices is not None else ()
