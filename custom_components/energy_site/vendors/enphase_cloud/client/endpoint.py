"""What an endpoint is, and how a request to one is put."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
import re
from typing import Any

WEEK = 7 * 86_400
"""The longest range in seconds that events, alarms and `rgm_stats` accept in one request."""

_SERIAL_NUMBER = re.compile(r"[A-Za-z0-9_-]{1,64}")

type Value = str | int | date | Sequence[str | int] | None
"""What a query holds: a list becomes one field for each item, `None` none at all."""


class PlanGroup(StrEnum):
    """The groups in which the plans of v4 sell its endpoints, by the vendor's names."""

    SYSTEM_DETAILS = "System Details"
    SITE_PRODUCTION = "Site Level Production Monitoring"
    SITE_CONSUMPTION = "Site Level Consumption Monitoring"
    EV_CHARGER = "EV Charger Monitoring"
    DEVICE_LEVEL = "Device Level Monitoring"
    SYSTEM_CONFIGURATIONS = "System Configurations"


class Granularity(StrEnum):
    """How much of a telemetry is asked for, from its start on; not how long an interval is."""

    FIVE_MINUTES = "5mins"
    QUARTER_HOUR = "15mins"
    DAY = "day"
    WEEK = "week"


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudEndpoint[T]:
    """One thing to ask for, at a path with `{system_id}` and perhaps `{serial_number}` in it.

    `documented_path` is where another document puts the same. `permission`
    says that v2's owner may have kept this endpoint's data to themselves.
    """

    path: str
    parse: Callable[[str, object], T]
    method: str = "GET"
    group: PlanGroup | None = None
    documented_path: str | None = None
    permission: bool = False

    @property
    def name(self) -> str:
        """What errors, logs, diagnostics and counters call it; it holds no system's number."""
        return self.path if self.method == "GET" else f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request[T]:
    """A request to an endpoint: for which system or device, with what beside."""

    endpoint: CloudEndpoint[T]
    system_id: int | None = None
    serial_number: str | None = field(repr=False, default=None)
    query: Mapping[str, Value] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None

    def path(self, template: str) -> str:
        """Fill a path in; `ValueError` for a serial number that could lead elsewhere."""
        if self.serial_number is not None and not _SERIAL_NUMBER.fullmatch(self.serial_number):
            raise ValueError("no serial number")
        return template.format(system_id=self.system_id, serial_number=self.serial_number)

    def fields(self) -> list[tuple[str, str]]:
        """Return the query as it is sent."""
        return [(key, item) for key, value in self.query.items() for item in _written(value)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The part of a telemetry to ask for.

    It starts at `start_at`, in seconds since the epoch, or with `start_date`,
    a day where the system stands; without either with today. The service gives
    no more than the last two years and what `granularity` says, or up to now.
    """

    granularity: Granularity = Granularity.DAY
    start_at: int | None = None
    start_date: date | None = None

    def query(self, *, longest: Granularity = Granularity.WEEK) -> dict[str, Value]:
        """Return the query; `ValueError` for two starts or more than the endpoint gives at once."""
        if self.start_at is not None and self.start_date is not None:
            raise ValueError("a window starts at a time or on a date")
        if self.granularity is Granularity.WEEK and longest is not Granularity.WEEK:
            raise ValueError("a week is more than this endpoint gives at once")
        return {"granularity": self.granularity, "start_at": self.start_at, "start_date": self.start_date}


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """The days of a life to ask for: from the first one on, up to yesterday, unless told else."""

    start_date: date | None = None
    end_date: date | None = None

    def query(self) -> dict[str, Value]:
        """Return the query."""
        return {"start_date": self.start_date, "end_date": self.end_date}


def page_query(page: int, size: int) -> dict[str, Value]:
    """Return a page's query; `ValueError` outside of 1 to 100 items a page, which is what v4 takes."""
    if page < 1 or not 1 <= size <= 100:
        raise ValueError("a page counts from 1 and has 1 to 100 items")
    return {"page": page, "size": size}


def pieces(start_at: int, end_at: int, longest: int) -> Iterator[tuple[int, int]]:
    """Cut a range in seconds since the epoch into ranges of `longest` seconds at most."""
    for start in range(start_at, end_at, longest):
        yield start, min(start + longest, end_at)


def at_most(start_at: int | None, end_at: int | None, longest: int) -> None:
    """Raise `ValueError` for a range that the service would refuse, which would cost a request."""
    if start_at is not None and end_at is not None and not 0 <= end_at - start_at <= longest:
        raise ValueError("the range is too long, or ends before it starts")


def _written(value: Value) -> list[str]:
    match value:
        case None:
            return []
        case date():
            return [value.isoformat()]
        case str() | int():
            return [str(value)]
    return [str(item) for item in value]
