"""What an endpoint is, and how a request to one is put."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
import re
from typing import Any

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


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudEndpoint[T]:
    """One thing to ask for, at a path with `{system_id}` and perhaps `{serial_number}` in it.

    `documented_path` is where another document puts the same. `permission`
    says that v2's owner may have kept this endpoint's data to themselves,
    `may_be_empty` that v2 answers 204 where the system has none of this.
    """

    path: str
    parse: Callable[[str, object], T]
    method: str = "GET"
    group: PlanGroup | None = None
    documented_path: str | None = None
    permission: bool = False
    may_be_empty: bool = False

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


def page_query(page: int, size: int) -> dict[str, Value]:
    """Return a page's query; `ValueError` outside of 1 to 100 items a page, which is what v4 takes."""
    if page < 1 or not 1 <= size <= 100:
        raise ValueError("a page counts from 1 and has 1 to 100 items")
    return {"page": page, "size": size}


def _written(value: Value) -> list[str]:
    match value:
        case None:
            return []
        case date():
            return [value.isoformat()]
        case str() | int():
            return [str(value)]
    return [str(item) for item in value]
