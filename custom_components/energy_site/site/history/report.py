"""What a run through a history did, and the totals that it keeps in mind."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from ..model import CounterKind


class Stop(StrEnum):
    """Why a run ended.

    It was done, the allowance or the source's quota was spent, it was
    cancelled, some flow failed, nobody records, or another run is under way.
    """

    DONE = "done"
    ALLOWANCE = "allowance"
    QUOTA = "quota"
    CANCELLED = "cancelled"
    FAILED = "failed"
    NO_RECORDER = "no_recorder"
    BUSY = "busy"


@dataclass(slots=True, kw_only=True)
class Report:
    """What a run did: hours written by flow, days read by each request added up, requests.

    `incomplete` are days that ended and are not final.
    """

    hours: dict[CounterKind, int] = field(default_factory=dict)
    days: int = 0
    requests: int = 0
    incomplete: set[date] = field(default_factory=set)
    stopped: Stop = Stop.DONE

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain JSON data, such as an action answers."""
        return {
            "hours": {kind.value: number for kind, number in self.hours.items()},
            "days": self.days,
            "requests": self.requests,
            "incomplete_days": [day.isoformat() for day in sorted(self.incomplete)],
            "stopped": self.stopped.value,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Wh of whole days from `first` (`None`: the first of all) to `through`, as they were told `at` a moment."""

    days: Mapping[CounterKind, Mapping[date, float]]
    first: date | None
    through: date
    at: datetime

    def know(self, day: date) -> bool:
        """Whether a day's total is known, or known not to be told."""
        return (self.first is None or day >= self.first) and day <= self.through

    def of(self, kind: CounterKind, day: date) -> float | None:
        """Return a day's Wh."""
        return self.days.get(kind, {}).get(day)
