"""What clients did to the cloud."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudRequest:
    """One request: epoch s; `endpoint` is its path with names for what varies.

    `application` is the name of the key's application, empty for an unknown
    key; `status` is 0 where no answer came; `over_quota` tells that the plan's
    limit was reached before it.
    """

    time: float
    method: str
    path: str
    endpoint: str
    query: Mapping[str, str]
    body: bytes
    application: str
    status: int
    over_quota: bool


@dataclass(slots=True)
class CloudStats:
    """Counts since the start or the last reset."""

    requests: Counter[str] = field(default_factory=Counter)
    """By path."""
    endpoints: Counter[str] = field(default_factory=Counter)
    """By endpoint, whatever system or device it is about."""
    statuses: Counter[int] = field(default_factory=Counter)
    applications: Counter[str] = field(default_factory=Counter)
    over_quota: Counter[str] = field(default_factory=Counter)
    """Requests beyond a limit, by application."""
    in_flight: int = 0
    max_in_flight: int = 0
    _all: Counter[tuple[str, str, int]] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """All requests."""
        return self.requests.total()

    def count(self, *, application: str | None = None, path: str | None = None, status: int | None = None) -> int:
        """Return the requests that fit what is given; a path may be an endpoint."""
        return sum(
            number
            for (name, where, answered), number in self._all.items()
            if application in {None, name} and status in {None, answered} and path in {None, where}
        )

    def add(self, request: CloudRequest) -> None:
        """Count a request that was answered."""
        self.requests[request.path] += 1
        self.endpoints[request.endpoint] += 1
        self.statuses[request.status] += 1
        self.applications[request.application] += 1
        self.over_quota[request.application] += request.over_quota
        for where in {request.path, request.endpoint}:
            self._all[request.application, where, request.status] += 1

    def begin(self) -> None:
        """Count a request that arrived."""
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)

    def end(self) -> None:
        """Count that a request is over."""
        self.in_flight -= 1

    def reset(self) -> None:
        """Begin to count anew."""
        for counter in (self.requests, self.endpoints, self.statuses, self.applications, self.over_quota, self._all):
            counter.clear()
        self.max_in_flight = self.in_flight
