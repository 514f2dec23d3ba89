"""Systems and what each does in sum, as v4 tells it."""

from dataclasses import dataclass, field
from datetime import date

from .....api.payload import Record, parse_each
from .common import day, epoch


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A system of `systems`.

    `timezone` is an IANA name and may be missing. `connection_type` tells how
    often data come: ethernet and wifi every 15 minutes, cellular every six
    hours. The times are in seconds since the epoch. The energies of a list
    are -1 by design, so they are not read.
    """

    system_id: int = field(repr=False)
    name: str | None = field(repr=False)
    public_name: str | None = field(repr=False)
    timezone: str | None
    city: str | None = field(repr=False)
    state: str | None = field(repr=False)
    country: str | None
    postal_code: str | None = field(repr=False)
    connection_type: str | None
    status: str | None
    last_report_at: int | None
    last_energy_at: int | None
    operational_at: int | None
    attachment_type: str | None
    interconnect_date: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemsPage:
    """One page of `systems`: `total` systems there are, in pages of `size`."""

    systems: tuple[System, ...]
    total: int | None
    current_page: int | None
    size: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerLimits:
    """What an EV charger can take: W."""

    serial_number: str = field(repr=False)
    evse_max_charge_w: float | None
    evse_min_charge_w: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """`summary` of a system, in v4 and in v2: W and Wh.

    `energy_lifetime` leaves out the day asked for, so the total is
    `energy_lifetime` and `energy_today` together. For a day in the past
    `current_power`, `modules` and `size_w` are 0. The battery's limits, in W
    and Wh, are told by v4 alone. The times are in seconds since the epoch.
    """

    system_id: int = field(repr=False)
    current_power: float | None
    energy_lifetime: float | None
    energy_today: float | None
    last_interval_end_at: int | None
    last_report_at: int | None
    operational_at: int | None
    modules: int | None
    size_w: float | None
    source: str | None
    status: str | None
    summary_date: date | None
    battery_charge_w: float | None
    battery_discharge_w: float | None
    battery_capacity_wh: float | None
    evse_power: tuple[ChargerLimits, ...]


def parse_systems(endpoint: str, payload: object) -> SystemsPage:
    """Read `systems`."""
    root = Record(endpoint, payload)
    return SystemsPage(
        systems=parse_each(root.required_records("systems"), _system),
        total=root.integer_or_none("total"),
        current_page=root.integer_or_none("current_page"),
        size=root.integer_or_none("size"),
    )


def parse_system(endpoint: str, payload: object) -> System:
    """Read `systems/{system_id}`."""
    return _system(Record(endpoint, payload))


def parse_system_id(endpoint: str, payload: object) -> int:
    """Read `systems/retrieve_system_id`, or v2's `systems/search_system_id`."""
    return Record(endpoint, payload).integer("system_id")


def parse_summary(endpoint: str, payload: object) -> Summary:
    """Read `systems/{system_id}/summary`."""
    root = Record(endpoint, payload)
    return Summary(
        system_id=root.integer("system_id"),
        current_power=root.number_or_none("current_power"),
        energy_lifetime=root.number_or_none("energy_lifetime"),
        energy_today=root.number_or_none("energy_today"),
        last_interval_end_at=epoch(root, "last_interval_end_at"),
        last_report_at=epoch(root, "last_report_at"),
        operational_at=epoch(root, "operational_at"),
        modules=root.integer_or_none("modules"),
        size_w=root.number_or_none("size_w"),
        source=root.text_or_none("source"),
        status=root.code_or_none("status"),
        summary_date=day(root, "summary_date"),
        battery_charge_w=root.number_or_none("battery_charge_w"),
        battery_discharge_w=root.number_or_none("battery_discharge_w"),
        battery_capacity_wh=root.number_or_none("battery_capacity_wh"),
        evse_power=tuple(limits for item in root.records("evse_power") for limits in _limits(item)),
    )


def _system(item: Record) -> System:
    address = item.record_or_empty("address")
    return System(
        system_id=item.integer("system_id"),
        name=item.name_or_none("name"),
        public_name=item.name_or_none("public_name"),
        timezone=item.text_or_none("timezone"),
        city=address.name_or_none("city"),
        state=address.code_or_none("state"),
        country=address.text_or_none("country"),
        postal_code=address.text_or_none("postal_code"),
        connection_type=item.code_or_none("connection_type"),
        status=item.code_or_none("status"),
        last_report_at=epoch(item, "last_report_at"),
        last_energy_at=epoch(item, "last_energy_at"),
        operational_at=epoch(item, "operational_at"),
        attachment_type=item.code_or_none("attachment_type"),
        interconnect_date=day(item, "interconnect_date"),
    )


def _limits(item: Record) -> tuple[ChargerLimits, ...]:
    """Read the chargers of one object: each is a field with its serial number as the name."""
    chargers = [(serial, Record(item.endpoint, sent)) for serial, sent in item.items() if isinstance(sent, dict)]
    return tuple(
        ChargerLimits(
            serial_number=serial,
            evse_max_charge_w=charger.number_or_none("evse_max_charge_w"),
            evse_min_charge_w=charger.number_or_none("evse_min_charge_w"),
        )
        for serial, charger in chargers
    )
