"""What clients did to a gateway."""

from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from typing import NamedTuple


class Served(NamedTuple):
    """A request: epoch s, its path, and the seconds of processor it took."""

    time: float
    path: str
    seconds: float


class Written(NamedTuple):
    """What somebody tried to write: its body as it came."""

    method: str
    path: str
    body: bytes


@dataclass(slots=True)
class Stats:
    """Counts since the start or the last reset; `busy` is modelled seconds."""

    requests: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    bearer: int = 0
    cookie: int = 0
    sessions: int = 0
    in_flight: int = 0
    max_in_flight: int = 0
    busy: float = 0.0
    busy_by_path: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    recent: deque[Served] = field(default_factory=lambda: deque(maxlen=1000))

    writes: deque[Written] = field(default_factory=lambda: deque(maxlen=100))

    @property
    def total(self) -> int:
        """All requests."""
        return self.requests.total()

    def begin(self, path: str) -> None:
        """Count a request that arrived."""
        self.requests[path] += 1
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)

    def end(self, time: float, path: str, seconds: float) -> None:
        """Count what a request cost."""
        self.in_flight -= 1
        self.busy += seconds
        self.busy_by_path[path] += seconds
        self.recent.append(Served(time, path, seconds))

    def busy_share(self, elapsed: float) -> float:
        """Return the part of `elapsed` seconds the processor was busy, 0..1."""
        return self.busy / elapsed if elapsed > 0 else 0.0

    def reset(self) -> None:
        """Begin to count anew; requests in flight stay in flight."""
        self.requests.clear()
        self.statuses.clear()
        self.bearer = self.cookie = self.sessions = 0
        self.max_in_flight = self.in_flight
        self.busy = 0.0
        self.busy_by_path.clear()
        self.recent.clear()
        self.writes.clear()
