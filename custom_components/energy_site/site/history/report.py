"""The result of fetching a history, and the totals that it caches."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from ..model import CounterKind


class Stop(StrEnum):
    """Why a run ended.

    It was complete, the allowance or the source's quota was used up, it was cancelled, some flow
    failed, there is no recorder, or another run is in progress.
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
    """The result of a run: hours written by flow, days read in all requests, and the number of requests.

    `incomplete` are finished days that are not final.
    """

    hours: dict[CounterKind, int] = field(default_factory=dict)
    days: int = 0
    requests: int = 0
    incomplete: set[date] = field(default_factory=set)
    stopped: Stop = Stop.DONE

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON data, for the response of an action."""
        return {
            "hours": {kind.value: number for kind, number in self.hours.items()},
            "days": self.days,
            "requests": self.requests,
            "incomplete_days": [day.isoformat() for day in sorted(self.incomplete)],
            "stopped": self.stopped.value,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Wh of whole days from `first` (`None`: the very first) to `through`, as reported at `at`."""

    days: Mapping[CounterKind, Mapping[date, float]]
    first: date | None
    through: date
    at: datetime

    def reaches(self, day: date) -> bool:
        """Whether these are the totals from a day or an earlier one on."""
        return self.first is None or day >= self.first

    def know(self, day: date) -> bool:
        """Whether a day's total is known, or known not to be available."""
        return self.reaches(day) and day <= self.through

    def of(self, kind: CounterKind, day: date) -> float | None:
        """Return a day's Wh, `None` if it wasn't reported."""
        return self.days.get(kind, {}).get(day)
