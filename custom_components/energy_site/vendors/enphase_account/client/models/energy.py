"""The energy of today by intervals, and of each day of a system's life."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from .....api.payload import Record
from .common import day, expect, moment, not_negative, percent, serial, series, word

# What is measured as a whole, and the parts from which it can be summed.
FLOWS = (
    "production",
    "consumption",
    "import",
    "export",
    "charge",
    "discharge",
    "generator",
    "solar_home",
    "solar_battery",
    "solar_grid",
    "battery_home",
    "battery_grid",
    "grid_home",
    "grid_battery",
)

# A day has 92 to 100 quarters of an hour; nothing shorter than a minute was ever seen.
_SHORTEST, _LONGEST = 60.0, 3600.0
_MOST_INTERVALS = 1500

_KNOWN = ("stats", "siteStatus", "last_report_date", "batteryConfig", "battery_details")


@dataclass(frozen=True, slots=True, kw_only=True)
class Buckets:
    """Wh by interval from `starts_at` on, each `seconds` long, and the level of the battery in %.

    The flows are those of `FLOWS` that were sent. Intervals to come are zero.
    """

    starts_at: datetime
    seconds: float
    flows: Mapping[str, tuple[float | None, ...]]
    soc: tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """`today`: the site's day so far.

    `level` is the battery's in %, `backup_minutes` how long it can run the house. `site_status` is the word
    for the state of the whole system, `reported_at` when it last reported.
    """

    start_date: date | None
    buckets: Buckets | None
    site_status: str | None
    reported_at: datetime | None
    level: float | None
    backup_minutes: float | None
    gateways: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LifetimeEnergy:
    """`lifetime_energy`: Wh by day from `start_date` on; a day that wasn't reported is `None`.

    The flows are those of `FLOWS` that were sent and aren't empty. The last day may be under way.
    """

    start_date: date | None
    reported_at: datetime | None
    flows: Mapping[str, tuple[float | None, ...]]


def parse_today(endpoint: str, payload: object) -> Today:
    """Read `today`, in which any field may be missing, but not all of them."""
    root = Record(endpoint, payload)
    expect(root, *_KNOWN)
    details = root.record_or_empty("battery_details")
    return Today(
        start_date=day(root, "start_date"),
        buckets=next((each for stats in root.records("stats") if (each := _buckets(stats)) is not None), None),
        site_status=word(root, "siteStatus"),
        reported_at=moment(root, "last_report_date"),
        level=percent(details, "aggregate_soc"),
        backup_minutes=not_negative(details, "estimated_time"),
        gateways=tuple(
            number for each in root.records("connectionDetails") if (number := serial(each, "serial_num")) is not None
        ),
    )


def parse_lifetime_energy(endpoint: str, payload: object) -> LifetimeEnergy:
    """Read `lifetime_energy`."""
    root = Record(endpoint, payload)
    expect(root, "start_date", "last_report_date", *FLOWS)
    return LifetimeEnergy(
        start_date=day(root, "start_date"), reported_at=moment(root, "last_report_date"), flows=_flows(root)
    )


def _buckets(stats: Record) -> Buckets | None:
    starts_at, seconds = moment(stats, "start_time"), not_negative(stats, "interval_length")
    if starts_at is None or seconds is None or not _SHORTEST <= seconds <= _LONGEST:
        return None
    flows = {key: listed[:_MOST_INTERVALS] for key, listed in _flows(stats).items()}
    soc = series(stats, "soc")[:_MOST_INTERVALS]
    return Buckets(starts_at=starts_at, seconds=seconds, flows=flows, soc=soc) if flows else None


def _flows(item: Record) -> dict[str, tuple[float | None, ...]]:
    """Return the flows that were sent; an energy below zero isn't one."""
    sent = {key: series(item, key) for key in FLOWS}
    return {
        key: tuple(wh if wh is not None and wh >= 0 else None for wh in listed)
        for key, listed in sent.items()
        if listed
    }
