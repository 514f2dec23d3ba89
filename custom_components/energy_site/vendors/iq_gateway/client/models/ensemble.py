"""The battery system: batteries, system controller, collar, generator, circuits."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from .....api.payload import Record, parse_each, records


@dataclass(frozen=True, slots=True, kw_only=True)
class EnsembleDevice:
    """The fields common to all devices of `/ivp/ensemble/inventory`; epoch seconds, words as sent, levels from 0 to 5.

    Two answers that differ only in the times and levels of the last reports are equal.
    """

    serial: str = field(repr=False)
    part_number: str | None
    firmware: str | None
    last_report: int | None = field(compare=False)
    communicating: bool | None
    state: str | None
    temperature: float | None
    comm_level_sub_ghz: float | None = field(compare=False)
    comm_level_2_4_ghz: float | None = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Encharge(EnsembleDevice):
    """A battery: %, degrees C, Wh. After a reboot, it sends no temperature."""

    percent_full: float | None
    max_cell_temperature: float | None
    capacity: float | None
    dc_switch_off: bool | None
    sleeping: bool | None
    led_status: int | None
    grid_state: str | None
    phase: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Enpower(EnsembleDevice):
    """A system controller. Unlike all others, its temperature is in degrees F."""

    mains_admin_state: str | None
    mains_oper_state: str | None
    grid_mode: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Collar(EnsembleDevice):
    """A meter collar. `state` shows first that it is off the grid; the other two lag behind."""

    mid_state: str | None
    grid_state: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnsembleInventory:
    """`/ivp/ensemble/inventory`: all devices of the battery system."""

    batteries: tuple[Encharge, ...]
    controllers: tuple[Enpower, ...]
    collars: tuple[Collar, ...]
    combiners: tuple[EnsembleDevice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryPower:
    """One battery of `/ivp/ensemble/power`: mW and mVA with + for discharge, %."""

    serial: str = field(repr=False)
    real_power_mw: float | None
    apparent_power_mva: float | None
    state_of_charge: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondaryControl:
    """`/ivp/ensemble/secctrl`: %, Wh. These are the active values, unlike the tariff file's."""

    configured_backup_soc: float | None
    aggregate_soc: float | None
    max_energy: float | None
    encharge_soc: float | None
    encharge_health: float | None
    encharge_available_energy: float | None
    encharge_capacity: float | None
    ac_battery_soc: float | None
    ac_battery_energy: float | None
    shutdown_level: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """`/ivp/ensemble/relay`: the switch between the house and the grid."""

    mains_admin_state: str | None
    mains_oper_state: str | None
    battery_grid_mode: str | None
    solar_grid_mode: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DryContact:
    """One contact of `/ivp/ensemble/dry_contacts`."""

    id: str
    status: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratorState:
    """`/ivp/ensemble/generator`: %, states in words, "close" as well as "closed"."""

    present: bool
    oper_state: str | None
    start_soc: float | None
    stop_soc: float | None


def parse_ensemble_inventory(endpoint: str, payload: object) -> EnsembleInventory:
    """Read `/ivp/ensemble/inventory`."""
    groups: dict[str, list[Record]] = {}
    for group in records(endpoint, payload):
        groups.setdefault(group.code_or_none("type") or "", []).extend(group.records("devices"))
    return EnsembleInventory(
        batteries=parse_each(groups.get("ENCHARGE", ()), _encharge),
        controllers=parse_each(groups.get("ENPOWER", ()), _enpower),
        collars=parse_each(groups.get("COLLAR", ()), _collar),
        combiners=parse_each(groups.get("C6 COMBINER CONTROLLER", ()), partial(_device, EnsembleDevice)),
    )


def parse_battery_power(endpoint: str, payload: object) -> tuple[BatteryPower, ...]:
    """Read `/ivp/ensemble/power`, whose only field is actually called `devices:`."""
    root = Record(endpoint, payload)
    key = "devices:" if "devices:" in root else "devices"
    root.expect(key)
    return parse_each(root.records(key), _battery_power)


def parse_secondary_control(endpoint: str, payload: object) -> SecondaryControl:
    """Read `/ivp/ensemble/secctrl`."""
    root = Record(endpoint, payload)
    root.expect("agg_soc", "ENC_agg_soc", "configured_backup_soc")
    return SecondaryControl(
        configured_backup_soc=root.number_or_none("configured_backup_soc"),
        aggregate_soc=root.number_or_none("agg_soc"),
        max_energy=root.number_or_none("Max_energy"),
        encharge_soc=root.number_or_none("ENC_agg_soc"),
        encharge_health=root.number_or_none("ENC_agg_soh"),
        encharge_available_energy=root.number_or_none("ENC_agg_avail_energy"),
        encharge_capacity=root.number_or_none("Enc_max_available_capacity"),
        ac_battery_soc=root.number_or_none("ACB_agg_soc"),
        ac_battery_energy=root.number_or_none("ACB_agg_energy"),
        shutdown_level=root.number_or_none("VLS_Limit"),
    )


def parse_relay(endpoint: str, payload: object) -> Relay:
    """Read `/ivp/ensemble/relay`."""
    root = Record(endpoint, payload)
    root.expect("mains_oper_state", "mains_admin_state")
    return Relay(
        mains_admin_state=root.text_or_none("mains_admin_state"),
        mains_oper_state=root.text_or_none("mains_oper_state"),
        battery_grid_mode=root.text_or_none("Enchg_grid_mode"),
        solar_grid_mode=root.text_or_none("Solar_grid_mode"),
    )


def parse_dry_contacts(endpoint: str, payload: object) -> tuple[DryContact, ...]:
    """Read `/ivp/ensemble/dry_contacts`."""
    return parse_each(
        Record(endpoint, payload).records("dry_contacts"),
        lambda item: DryContact(id=item.identifier("id"), status=item.code_or_none("status")),
    )


def parse_generator(endpoint: str, payload: object) -> GeneratorState:
    """Read `/ivp/ensemble/generator`, an empty object if there is none.

    `present` is 1 on sites without a generator too; the admin state is unknown there.
    """
    root = Record(endpoint, payload)
    admin_state = root.text_or_none("admin_state")
    return GeneratorState(
        present=bool(root.integer_or_none("present")) and admin_state not in (None, "unknown"),
        oper_state=root.text_or_none("oper_state"),
        start_soc=root.number_or_none("start_soc"),
        stop_soc=root.number_or_none("stop_soc"),
    )


def _device[D: EnsembleDevice](kind: Callable[..., D], item: Record, **more: object) -> D:
    return kind(
        serial=item.identifier("serial_num"),
        part_number=item.code_or_none("part_num"),
        firmware=item.code_or_none("img_pnum_running") or item.code_or_none("fw_version"),
        last_report=item.integer_or_none("last_rpt_date"),
        communicating=item.flag_or_none("communicating"),
        state=item.code_or_none("admin_state_str"),
        temperature=item.number_or_none("temperature"),
        comm_level_sub_ghz=item.number_or_none("comm_level_sub_ghz"),
        comm_level_2_4_ghz=item.number_or_none("comm_level_2_4_ghz"),
        **more,
    )


def _encharge(item: Record) -> Encharge:
    return _device(
        Encharge,
        item,
        percent_full=item.number_or_none("percentFull"),
        max_cell_temperature=item.number_or_none("maxCellTemp"),
        capacity=item.number_or_none("encharge_capacity"),
        dc_switch_off=item.flag_or_none("dc_switch_off"),
        sleeping=item.flag_or_none("sleep_enabled"),
        led_status=item.integer_or_none("led_status"),
        grid_state=item.text_or_none("reported_enc_grid_state"),
        phase=item.code_or_none("phase"),
    )


def _enpower(item: Record) -> Enpower:
    return _device(
        Enpower,
        item,
        mains_admin_state=item.text_or_none("mains_admin_state"),
        mains_oper_state=item.text_or_none("mains_oper_state"),
        grid_mode=item.text_or_none("Enpwr_grid_mode"),
    )


def _collar(item: Record) -> Collar:
    return _device(
        Collar,
        item,
        mid_state=item.text_or_none("mid_state"),
        grid_state=item.code_or_none("grid_state"),
    )


def _battery_power(item: Record) -> BatteryPower:
    return BatteryPower(
        serial=item.identifier("serial_num"),
        real_power_mw=item.number_or_none("real_power_mw"),
        apparent_power_mva=item.number_or_none("apparent_power_mva"),
        state_of_charge=item.number_or_none("soc"),
    )
