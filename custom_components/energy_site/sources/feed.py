"""The feeds that a source polls, their paces, and their states."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ..api.errors import ApiError
from ..site.model import Part

# More consecutive repeats than any `max_backoff_factor` needs.
_ENOUGH = 8


class Pace(StrEnum):
    """How often a feed is polled; the user can change each of these intervals."""

    POWER = "power"
    BATTERY = "battery"
    GRID = "grid"
    DEVICES = "devices"
    INVERTERS = "inverters"
    SETTINGS = "settings"
    RARE = "rare"
    LIVE = "live"


class Presence(StrEnum):
    """Whether a system has the resource of a feed."""

    UNKNOWN = "unknown"
    PRESENT = "present"
    EMPTY = "empty"
    ABSENT = "absent"
    FORBIDDEN = "forbidden"

    @property
    def answers(self) -> bool:
        """Whether the system is expected to answer requests for this."""
        return self not in (Presence.ABSENT, Presence.FORBIDDEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A resource that is polled at its own rate and fails independently of others.

    `cost` is how many seconds a request keeps the system busy. An `essential` feed is polled before
    any entity is added. A `substitute` is only polled while other feeds fail. While most answers
    repeat, a feed waits up to `max_backoff_factor` times as long. `readings` are the parts whose values
    it is polled for, which another entry of the site may show.
    """

    key: str
    endpoint: str
    cost: float
    essential: bool = False
    substitute: bool = False
    max_backoff_factor: int = 1
    readings: tuple[type[Part], ...] = ()


@dataclass(slots=True, kw_only=True)
class FeedState:
    """The state of a feed: its answers, how long the last one is valid, its failures."""

    presence: Presence = Presence.UNKNOWN
    polled_at: datetime | None = None
    answered_at: datetime | None = None
    valid_until: datetime | None = None
    repeats: int = 0
    empty_answers: int = 0
    denials: int = 0
    doubted_since: datetime | None = None
    failures: int = 0
    error: ApiError | None = None

    def is_fresh(self, now: datetime) -> bool:
        """Whether the last answer is still valid."""
        return self.valid_until is not None and now <= self.valid_until

    def record_answer(self, now: datetime, presence: Presence, *, repeated: bool) -> None:
        """Record an answer."""
        self.presence = presence
        self.answered_at = now
        # A single change among many repeats is no reason to return to the full rate.
        self.repeats = self.repeats + 1 if repeated else max(min(self.repeats, _ENOUGH) - 2, 0)
        self.failures = 0
        self.denials = 0
        self.error = None

    def record_denial(self, presence: Presence) -> None:
        """Record that the system does not have this, or does not grant it."""
        self.presence = presence
        self.denials += 1
        self.failures = 0
        self.error = None

    def record_failure(self, error: ApiError) -> None:
        """Record a temporary failure."""
        self.failures += 1
        self.error = error
