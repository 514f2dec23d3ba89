"""Endpoints, and how a request to one is built."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
import re
from typing import Any

_SERIAL_NUMBER = re.compile(r"[A-Za-z0-9_-]{1,64}")

type Value = str | int | date | Sequence[str | int] | None
"""A value of a query: a list is sent as one field for each item, `None` isn't sent."""


class PlanGroup(StrEnum):
    """The groups of endpoints that a v4 plan includes, by Enphase's names."""

    SYSTEM_DETAILS = "System Details"
    SITE_PRODUCTION = "Site Level Production Monitoring"
    SITE_CONSUMPTION = "Site Level Consumption Monitoring"
    EV_CHARGER = "EV Charger Monitoring"
    DEVICE_LEVEL = "Device Level Monitoring"
    SYSTEM_CONFIGURATIONS = "System Configurations"


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudEndpoint[T]:
    """An endpoint at a path that may contain `{system_id}` and `{serial_number}`.

    `documented_path` is the path of the same endpoint in a different document. With `permission`, a
    v2 owner may have restricted access to the endpoint's data; with `may_be_empty`, v2 responds
    with status 204 if the system has none of this.
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
        """The name used in errors, logs, diagnostics and counters; it contains no system ID."""
        return self.path if self.method == "GET" else f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request[T]:
    """A request to an endpoint, for a system or device."""

    endpoint: CloudEndpoint[T]
    system_id: int | None = None
    serial_number: str | None = field(repr=False, default=None)
    query: Mapping[str, Value] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None

    def path(self, template: str) -> str:
        """Fill in a path; raise `ValueError` for a serial number that could lead to a different path."""
        if self.serial_number is not None and not _SERIAL_NUMBER.fullmatch(self.serial_number):
            raise ValueError("no serial number")
        return template.format(system_id=self.system_id, serial_number=self.serial_number)

    def fields(self) -> list[tuple[str, str]]:
        """Return the query as it is sent."""
        return [(key, item) for key, value in self.query.items() for item in _written(value)]


def page_query(page: int, size: int) -> dict[str, Value]:
    """Return a page's query; raise `ValueError` unless it has 1 to 100 items, as v4 requires."""
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
