"""What an endpoint of the Fleet API is, and how a request to one is put."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetEndpoint[T]:
    """One thing to ask for, at a path below `api/1` with perhaps `{site_id}` in it.

    `query` goes with each request; several endpoints share a path and differ by it.
    """

    key: str
    path: str
    parse: Callable[[str, object], T]
    method: str = "GET"
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What errors, logs, diagnostics and counters call it; it holds no site's number."""
        return self.key if self.method == "GET" else f"{self.method} {self.key}"

    @property
    def of_site(self) -> bool:
        """Whether a site is asked, rather than an account or an application."""
        return "{site_id}" in self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetRequest[T]:
    """A request to an endpoint: for which site, with what beside."""

    endpoint: FleetEndpoint[T]
    site_id: int | None = field(repr=False, default=None)
    query: Mapping[str, str] = field(repr=False, default_factory=dict)
    body: Mapping[str, Any] | None = field(repr=False, default=None)

    @property
    def path(self) -> str:
        """The path with the site's number."""
        return f"api/1/{self.endpoint.path.format(site_id=self.site_id)}"

    def fields(self) -> list[tuple[str, str]]:
        """Return the query as it is sent."""
        return list({**self.endpoint.query, **self.query}.items())
