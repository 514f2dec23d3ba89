"""How a system is asked."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, tzinfo
from typing import Any, Protocol

from .....site.history.intervals import DAY, midnight
from ...client.endpoint import Granularity, Window
from ...client.errors import RangeError
from ...client.v4 import EnphaseV4Client


class _Telemetry(Protocol):
    """What all telemetries have."""

    @property
    def intervals(self) -> tuple[Any, ...]:
        """The intervals."""


type Get[T] = Callable[[int, Window], Awaitable[T]]


@dataclass(slots=True, kw_only=True)
class Context:
    """By which client a system is asked, what day it is where it stands, and what it consists of."""

    client: EnphaseV4Client
    system_id: int
    clock: Callable[[], datetime]
    zone: tzinfo = UTC
    batteries: tuple[str, ...] = ()
    chargers: tuple[str, ...] = ()
    gateways: tuple[str, ...] = ()
    days: int = 1
    """How many days of intervals are asked for, today included."""

    @property
    def today(self) -> date:
        """The day where the system stands."""
        return self.clock().astimezone(self.zone).date()

    @property
    def window(self) -> Window:
        """Today's intervals."""
        return Window(start_date=self.today)

    async def whole_today[T: _Telemetry](self, get: Get[T]) -> T:
        """Return all of today's intervals, on a day of 25 hours too."""
        return await whole_days(get, self.system_id, self.today, 1, self.zone)

    async def latest_days[T: _Telemetry](self, get: Get[T]) -> T:
        """Return all intervals of the `days`, for one request."""
        return await whole_days(get, self.system_id, self.today - (self.days - 1) * DAY, self.days, self.zone)


async def whole_days[T: _Telemetry](get: Get[T], system_id: int, first: date, days: int, zone: tzinfo) -> T:
    """Return the intervals of a day or of a week from `first` on, or of as many `days` of that.

    The service gives 24 hours for each day, so a day of 25 takes another request.
    """
    window = Window(granularity=Granularity.DAY if days == 1 else Granularity.WEEK, start_date=first)
    answer = await get(system_id, window)
    end = midnight(first, zone) + days * DAY
    known = {each.end_at for each in answer.intervals}
    if end >= midnight(first + days * DAY, zone) or max(known, default=0) != end.timestamp():
        return answer
    try:
        rest = await get(system_id, Window(start_at=int(end.timestamp())))
    except RangeError:
        return answer
    return all_intervals([answer, rest])


def all_intervals[T: _Telemetry](answers: Sequence[T]) -> T:
    """Return the first answer with the intervals of all of them."""
    found = {each.end_at: each for answer in answers for each in answer.intervals}
    # What is copied is one of the client's frozen answers, whichever.
    return replace(answers[0], intervals=tuple(found.values()))  # type: ignore[type-var]
