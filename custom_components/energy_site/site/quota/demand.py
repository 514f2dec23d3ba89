"""The requests to a cloud, their purposes, and the plan that limits them."""

from dataclasses import dataclass
from datetime import time, timedelta
from enum import Enum, auto

from .daylight import Daylight


class Purpose(Enum):
    """The purpose of a request, which determines how many requests must be left after it."""

    ESSENTIAL = auto()
    FRESHNESS = auto()
    HISTORY = auto()
    USER = auto()
    WRITE = auto()

    @property
    def urgent(self) -> bool:
        """Whether the user waits for it, so that it may use the reserve."""
        return self in (Purpose.USER, Purpose.WRITE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The number of requests allowed per calendar month and per minute, `None` if unlimited."""

    per_month: int | None
    per_minute: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PollRequest:
    """Data that is requested together for one system, with `cost` requests.

    An update has the weights `weight_day` and `weight_night` relative to others. It is never sent
    sooner than after `min_interval`, and not later than after `max_interval` if the month has the
    requests for it. With `fresh_by_day`, one that waited at night is sent before the day begins. An
    update with `daily_at`, a local time of the site, is essential instead and sent once a day from
    that time on.
    """

    key: str
    cost: int
    weight_day: float = 1.0
    weight_night: float = 0.25
    min_interval: timedelta
    max_interval: timedelta = timedelta(hours=24)
    fresh_by_day: bool = False
    daily_at: time | None = None

    @property
    def purpose(self) -> Purpose:
        """The purpose of its requests."""
        return Purpose.FRESHNESS if self.daily_at is None else Purpose.ESSENTIAL


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSystem:
    """One system that is polled with the key; `history` is whether it has history left to fetch."""

    key: str
    daylight: Daylight
    requests: tuple[PollRequest, ...]
    history: bool = False

    @property
    def step(self) -> timedelta:
        """How often any value of the system may change, which is how often polling makes sense."""
        return min((request.min_interval for request in self.requests), default=timedelta(hours=1))
