"""The settings of the site: tariff, battery schedule, load circuits."""

from dataclasses import dataclass

from .....api.payload import Record, parse_each
from .rates import Rates, parse_rates


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """`/admin/lib/tariff`: how the battery is used, in %, and what energy costs.

    These are the values in the gateway's file. With `opt_schedules`, the battery follows schedules
    of the cloud and not the file.
    """

    mode: str | None
    reserved_soc: float | None
    charge_from_grid: bool | None
    opt_schedules: bool
    rates: Rates


@dataclass(frozen=True, slots=True, kw_only=True)
class BatterySchedule:
    """`/ivp/sc/sched`: what the battery's controller is currently doing."""

    mode: str | None
    charge_from_grid: bool | None
    force_discharge: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DryContactSettings:
    """One load circuit of `/ivp/ss/dry_contact_settings`: its actions, and battery levels in %."""

    id: str
    type: str | None
    load_name: str | None
    mode: str | None
    grid_action: str | None
    micro_grid_action: str | None
    generator_action: str | None
    soc_low: float | None
    soc_high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratorConfig:
    """`/ivp/ss/gen_config`. The rating is in kilowatts, although its field's name says watts."""

    name_plate_rating_kw: float | None
    manufacturer: str | None
    model: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratorModePayload:
    """`/ivp/ss/gen_mode`: `off`, `on` or `auto`; an empty object without a generator."""

    command: str | None


def parse_tariff(endpoint: str, payload: object) -> Tariff:
    """Read `/admin/lib/tariff`."""
    tariff = Record(endpoint, payload).record("tariff")
    storage = tariff.record_or_empty("storage_settings")
    return Tariff(
        mode=storage.code_or_none("mode"),
        reserved_soc=storage.number_or_none("reserved_soc"),
        charge_from_grid=storage.flag_or_none("charge_from_grid"),
        opt_schedules=storage.flag_or_none("opt_schedules") is True,
        rates=parse_rates(tariff),
    )


def parse_schedule(endpoint: str, payload: object) -> BatterySchedule:
    """Read `/ivp/sc/sched`; the mode is an index into a list in the same response."""
    root = Record(endpoint, payload)
    index, names = root.integer_or_none("acb_current_mode"), root.texts("sched_mode_key")
    return BatterySchedule(
        mode=names[index] if index is not None and 0 <= index < len(names) else None,
        charge_from_grid=root.flag_or_none("Charge From Grid Allowed"),
        force_discharge=root.flag_or_none("Force Discharge"),
    )


def parse_dry_contact_settings(endpoint: str, payload: object) -> tuple[DryContactSettings, ...]:
    """Read `/ivp/ss/dry_contact_settings`."""
    return parse_each(Record(endpoint, payload).records("dry_contacts"), _contact)


def parse_generator_config(endpoint: str, payload: object) -> GeneratorConfig:
    """Read `/ivp/ss/gen_config`, an empty object without a generator."""
    root = Record(endpoint, payload)
    return GeneratorConfig(
        name_plate_rating_kw=root.number_or_none("name_plate_rating_wat"),
        manufacturer=root.name_or_none("manufacturer"),
        model=root.name_or_none("model"),
    )


def _contact(item: Record) -> DryContactSettings:
    return DryContactSettings(
        id=item.identifier("id"),
        type=item.code_or_none("type"),
        load_name=item.name_or_none("load_name"),
        mode=item.code_or_none("mode"),
        grid_action=item.text_or_none("grid_action"),
        micro_grid_action=item.text_or_none("micro_grid_action"),
        generator_action=item.text_or_none("gen_action"),
        soc_low=item.number_or_none("soc_low"),
        soc_high=item.number_or_none("soc_high"),
    )


def parse_generator_mode(endpoint: str, payload: object) -> GeneratorModePayload:
    """Read `/ivp/ss/gen_mode`."""
    return GeneratorModePayload(command=Record(endpoint, payload).text_or_none("gen_cmd"))
