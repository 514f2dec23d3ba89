"""Systems, and a summary of each, in v4."""

from dataclasses import dataclass, field
from datetime import date

from .....api.payload import Record, parse_each
from .common import day, epoch


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A system of `systems`.

    `timezone` is an IANA name and may be missing. `connection_type` determines how often data is
    reported: ethernet and wifi every 15 minutes, cellular every six hours. `last_report_at` is in
    seconds since the epoch, and so is `operational_at`, the system's first report. The energies of a
    list are -1 by design, so they are not read.
    """

    system_id: int = field(repr=False)
    name: str | None = field(repr=False)
    timezone: str | None
    connection_type: str | None
    status: str | None
    last_report_at: int | None
    operational_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemsPage:
    """A page of `systems`, and the `total` number of systems."""

    systems: tuple[System, ...]
    total: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """`summary` of a system, in v4 and in v2: W and Wh.

    `energy_lifetime` excludes the requested day, so the total is `energy_lifetime` plus
    `energy_today`. For a day in the past, `current_power` is 0. Only v4 provides the battery's
    capacity. `last_report_at` is in seconds since the epoch.
    """

    system_id: int = field(repr=False)
    current_power: float | None
    energy_lifetime: float | None
    energy_today: float | None
    last_report_at: int | None
    source: str | None
    status: str | None
    summary_date: date | None
    battery_capacity_wh: float | None


def parse_systems(endpoint: str, payload: object) -> SystemsPage:
    """Read `systems`."""
    root = Record(endpoint, payload)
    return SystemsPage(
        systems=parse_each(root.required_records("systems"), _system),
        total=root.integer_or_none("total"),
    )


def parse_system(endpoint: str, payload: object) -> System:
    """Read `systems/{system_id}`."""
    return _system(Record(endpoint, payload))


def parse_summary(endpoint: str, payload: object) -> Summary:
    """Read `systems/{system_id}/summary`."""
    root = Record(endpoint, payload)
    return Summary(
        system_id=root.integer("system_id"),
        current_power=root.number_or_none("current_power"),
        energy_lifetime=root.number_or_none("energy_lifetime"),
        energy_today=root.number_or_none("energy_today"),
        last_report_at=epoch(root, "last_report_at"),
        source=root.text_or_none("source"),
        status=root.code_or_none("status"),
        summary_date=day(root, "summary_date"),
        battery_capacity_wh=root.number_or_none("battery_capacity_wh"),
    )


def _system(item: Record) -> System:
    return System(
        system_id=item.integer("system_id"),
        name=item.name_or_none("name"),
        timezone=item.text_or_none("timezone"),
        connection_type=item.code_or_none("connection_type"),
        status=item.code_or_none("status"),
        last_report_at=epoch(item, "last_report_at"),
        operational_at=epoch(item, "operational_at"),
    )
