"""What is asked of a cloud, what for, and how much of it is allowed."""

from dataclasses import dataclass
from datetime import time, timedelta
from enum import Enum, auto

from .daylight import Daylight


class Purpose(Enum):
    """What a request is for; it decides what has to be left after it."""

    ESSENTIAL = auto()
    FRESHNESS = auto()
    HISTORY = auto()
    PERSON = auto()
    WRITE = auto()

    @property
    def urgent(self) -> bool:
        """Whether somebody waits for it, and it may use what is kept in reserve."""
        return self in (Purpose.PERSON, Purpose.WRITE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How many requests a calendar month and a minute are allowed, `None` where there is no limit."""

    per_month: int | None
    per_minute: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PollRequest:
    """What is asked together for one system: `cost` requests.

    An update weighs `weight_day` and `weight_night`, compared with other requests; it is never
    sent sooner than after `min_interval`, and not later than after `max_interval` if the
    month has the requests for it. One with `daily_at`, a time at the site, is
    essential instead: once a day from then on.
    """

    key: str
    cost: int
    weight_day: float = 1.0
    weight_night: float = 0.25
    min_interval: timedelta
    max_interval: timedelta = timedelta(hours=24)
    daily_at: time | None = None

    @property
    def purpose(self) -> Purpose:
        """What its requests are for."""
        return Purpose.FRESHNESS if self.daily_at is None else Purpose.ESSENTIAL


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSystem:
    """One system that is asked with the key; `history` says that there is some left to fetch."""

    key: str
    daylight: Daylight
    requests: tuple[PollRequest, ...]
    history: bool = False

    @property
    def step(self) -> timedelta:
        """How often anything of the system may change, which is when it makes sense to ask."""
        return min((request.min_interval for request in self.requests), default=timedelta(hours=1))
