"""What a site consists of."""

from dataclasses import dataclass, field
from datetime import datetime

from .....api.errors import ApiPayloadError
from .....api.payload import Record, parse_each
from .common import firmware, instant, not_negative, serial, word


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteDevice:
    """A device of a site: a gateway, a battery, an inverter or a Wall Connector.

    `serial_number` is the end of the DIN where it isn't sent itself. A device that isn't
    active was replaced. `firmware_version` is without its build.
    """

    serial_number: str = field(repr=False)
    din: str | None = field(repr=False)
    device_id: str | None = field(repr=False)
    part_number: str | None
    part_name: str | None
    part_type: str | None
    is_active: bool | None
    firmware_version: str | None
    updated_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteBattery(SiteDevice):
    """A battery: power in W, and its usable energy when new in Wh."""

    nameplate_energy: float | None
    nameplate_max_charge_power: float | None
    nameplate_max_discharge_power: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Components:
    """`components`: what is there and what can be set, `None` for what isn't sent.

    The settings of `grid_import_export` were also seen beside `components` and are looked
    for there as well. `disallow_charge_from_grid_with_solar_installed` is only ever sent as
    `True`, and `customer_preferred_export_rule` may be missing for `battery_ok`.
    """

    solar: bool | None
    battery: bool | None
    grid: bool | None
    backup: bool | None
    load_meter: bool | None
    gateway: str | None
    battery_type: str | None
    solar_type: str | None
    tou_capable: bool | None
    storm_mode_capable: bool | None
    off_grid_vehicle_charging_reserve_supported: bool | None
    grid_services_enabled: bool | None
    service_mode_enabled: bool | None
    net_meter_mode: str | None
    rate_plan_configured_by_rts: bool | None
    edit_setting_permission_to_export: bool | None
    edit_setting_grid_charging: bool | None
    edit_setting_energy_exports: bool | None
    disallow_charge_from_grid_with_solar_installed: bool | None
    customer_preferred_export_rule: str | None
    non_export_configured: bool | None
    gateways: tuple[SiteDevice, ...]
    batteries: tuple[SiteBattery, ...]
    inverters: tuple[SiteDevice, ...]
    wall_connectors: tuple[SiteDevice, ...]

    @property
    def export_rule(self) -> str | None:
        """What may be exported, `battery_ok`, `pv_only` or `never`; `None` where the site doesn't tell it."""
        if self.non_export_configured:
            return "never"
        if self.customer_preferred_export_rule is None and self.edit_setting_energy_exports:
            return "battery_ok"
        return self.customer_preferred_export_rule


def parse_components(root: Record) -> Components:
    """Read `components` of `site_info`."""
    sent = root.record_or_empty("components")
    rates = sent.record_or_empty("rate_tariff_service_options")
    rule, no_charge, no_export = (
        sent if key in sent else root
        for key in (
            "customer_preferred_export_rule",
            "disallow_charge_from_grid_with_solar_installed",
            "non_export_configured",
        )
    )
    return Components(
        solar=sent.flag_or_none("solar"),
        battery=sent.flag_or_none("battery"),
        grid=sent.flag_or_none("grid"),
        backup=sent.flag_or_none("backup"),
        load_meter=sent.flag_or_none("load_meter"),
        gateway=sent.code_or_none("gateway"),
        battery_type=sent.code_or_none("battery_type"),
        solar_type=sent.code_or_none("solar_type"),
        tou_capable=sent.flag_or_none("tou_capable"),
        storm_mode_capable=sent.flag_or_none("storm_mode_capable"),
        off_grid_vehicle_charging_reserve_supported=sent.flag_or_none("off_grid_vehicle_charging_reserve_supported"),
        grid_services_enabled=sent.flag_or_none("grid_services_enabled"),
        service_mode_enabled=sent.flag_or_none("service_mode_enabled"),
        net_meter_mode=word(sent, "net_meter_mode"),
        rate_plan_configured_by_rts=rates.flag_or_none("rate_plan_configured_by_rts"),
        edit_setting_permission_to_export=sent.flag_or_none("edit_setting_permission_to_export"),
        edit_setting_grid_charging=sent.flag_or_none("edit_setting_grid_charging"),
        edit_setting_energy_exports=sent.flag_or_none("edit_setting_energy_exports"),
        disallow_charge_from_grid_with_solar_installed=no_charge.flag_or_none(
            "disallow_charge_from_grid_with_solar_installed"
        ),
        customer_preferred_export_rule=word(rule, "customer_preferred_export_rule"),
        non_export_configured=no_export.flag_or_none("non_export_configured"),
        gateways=parse_each(sent.records("gateways"), _device),
        batteries=parse_each(sent.records("batteries"), _battery),
        inverters=parse_each(sent.records("inverters"), _device),
        wall_connectors=parse_each(sent.records("wall_connectors"), _device),
    )


def _device(item: Record) -> SiteDevice:
    return SiteDevice(
        serial_number=_serial_number(item),
        din=serial(item, "din"),
        device_id=serial(item, "device_id"),
        part_number=item.code_or_none("part_number"),
        part_name=item.name_or_none("part_name"),
        part_type=_part_type(item),
        is_active=item.flag_or_none("is_active"),
        firmware_version=firmware(item, "firmware_version"),
        updated_at=instant(item, "updated_datetime"),
    )


def _battery(item: Record) -> SiteBattery:
    device = _device(item)
    return SiteBattery(
        serial_number=device.serial_number,
        din=device.din,
        device_id=device.device_id,
        part_number=device.part_number,
        part_name=device.part_name,
        part_type=device.part_type,
        is_active=device.is_active,
        firmware_version=device.firmware_version,
        updated_at=device.updated_at,
        nameplate_energy=not_negative(item, "nameplate_energy"),
        nameplate_max_charge_power=not_negative(item, "nameplate_max_charge_power"),
        nameplate_max_discharge_power=not_negative(item, "nameplate_max_discharge_power"),
    )


def _serial_number(item: Record) -> str:
    """Return the serial number, or the end of a DIN such as 1152100-14-J--CN000000000000."""
    if (number := serial(item, "serial_number")) is not None:
        return number
    if not (number := (serial(item, "din") or "").rpartition("--")[2]):
        raise ApiPayloadError(item.endpoint, "a device without a serial number")
    return number


def _part_type(item: Record) -> str | None:
    """Return the type, which was sent as a number and as a word."""
    number = item.integer_or_none("part_type")
    return item.code_or_none("part_type") if number is None else str(number)
