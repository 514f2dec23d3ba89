"""What a source polls: its feeds, their rates, and how each of them does."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ..api.errors import ApiError

# More repeats in a row than any `max_backoff_factor` uses.
_ENOUGH = 8


class Pace(StrEnum):
    """How often a feed deserves to be asked; a person can change each."""

    POWER = "power"
    BATTERY = "battery"
    GRID = "grid"
    DEVICES = "devices"
    INVERTERS = "inverters"
    SETTINGS = "settings"
    RARE = "rare"
    LIVE = "live"


class Presence(StrEnum):
    """Whether a system has what a feed asks for."""

    UNKNOWN = "unknown"
    PRESENT = "present"
    EMPTY = "empty"
    ABSENT = "absent"
    FORBIDDEN = "forbidden"

    @property
    def answers(self) -> bool:
        """Whether asking makes sense at all."""
        return self not in (Presence.ABSENT, Presence.FORBIDDEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One thing that is polled, at its own rate and failing alone.

    `cost` is how many seconds it keeps the system busy. An `essential` feed is
    asked before anything is shown. A `substitute` is polled only
    while other feeds fail, and is not missed otherwise. While most of its answers repeat, a feed waits
    up to `max_backoff_factor` times as long.
    """

    key: str
    endpoint: str
    cost: float
    essential: bool = False
    substitute: bool = False
    max_backoff_factor: int = 1


@dataclass(slots=True, kw_only=True)
class FeedState:
    """How a feed does: its answers, how long the last of them stands, its failures."""

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
        """Whether the last answer still stands."""
        return self.valid_until is not None and now <= self.valid_until

    def record_answer(self, now: datetime, presence: Presence, *, repeated: bool) -> None:
        """Note an answer."""
        self.presence = presence
        self.answered_at = now
        # One change among many repeats is no reason to ask as often as before.
        self.repeats = self.repeats + 1 if repeated else max(min(self.repeats, _ENOUGH) - 2, 0)
        self.failures = 0
        self.denials = 0
        self.error = None

    def record_denial(self, presence: Presence) -> None:
        """Note that the system does not have or not give this."""
        self.presence = presence
        self.denials += 1
        self.failures = 0
        self.error = None

    def record_failure(self, error: ApiError) -> None:
        """Note a failure that may pass."""
        self.failures += 1
        self.error = error
