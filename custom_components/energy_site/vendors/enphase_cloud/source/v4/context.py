"""The context in which a system is polled."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, tzinfo
from typing import Any, Protocol

from .....site.history.intervals import DAY, midnight
from ...client.endpoint import CloudEndpoint, Value
from ...client.errors import RangeError
from ...client.v4 import EnphaseV4Client


class _Telemetry(Protocol):
    """The attributes common to all kinds of telemetry."""

    @property
    def intervals(self) -> tuple[Any, ...]:
        """The intervals."""


@dataclass(slots=True, kw_only=True)
class V4Context:
    """The client, the local date and the devices of a system."""

    client: EnphaseV4Client
    system_id: int
    clock: Callable[[], datetime]
    zone: tzinfo = UTC
    batteries: tuple[str, ...] = ()
    chargers: tuple[str, ...] = ()
    heat_pumps: tuple[str, ...] = ()
    gateways: tuple[str, ...] = ()
    since: date = date(2010, 1, 1)
    """A day before any of its devices reported: the system's first one if it is known."""
    session_offsets: dict[str, int] = field(default_factory=dict)
    """How many of a charger's sessions are skipped, if the service lists the oldest ones first."""
    days: int = 1
    """The number of days for which intervals are requested, today included."""

    @property
    def today(self) -> date:
        """The system's local date."""
        return self.clock().astimezone(self.zone).date()

    @property
    def of_today(self) -> Mapping[str, Value]:
        """The query for today's intervals."""
        return {"granularity": "day", "start_date": self.today}

    async def whole_today[T: _Telemetry](self, endpoint: CloudEndpoint[T]) -> T:
        """Return all of today's intervals, even on a day with 25 hours."""
        return await whole_days(self.client, endpoint, self.system_id, self.today, 1, self.zone)

    async def latest_days[T: _Telemetry](self, endpoint: CloudEndpoint[T]) -> T:
        """Return all intervals of the `days`, usually with one request."""
        first = self.today - (self.days - 1) * DAY
        return await whole_days(self.client, endpoint, self.system_id, first, self.days, self.zone)


async def whole_days[T: _Telemetry](
    client: EnphaseV4Client, endpoint: CloudEndpoint[T], system_id: int, first: date, days: int, zone: tzinfo
) -> T:
    """Return the intervals of a day or of a week from `first` on, up to `days` days.

    The service returns 24 hours for each day, so a day with 25 hours takes another request.
    """
    span = "day" if days == 1 else "week"
    answer = await client.get(endpoint, system_id, query={"granularity": span, "start_date": first})
    end = midnight(first, zone) + days * DAY
    known = {each.end_at for each in answer.intervals}
    if end >= midnight(first + days * DAY, zone) or max(known, default=0) != end.timestamp():
        return answer
    query: Mapping[str, Value] = {"granularity": "day", "start_at": int(end.timestamp())}
    try:
        rest = await client.get(endpoint, system_id, query=query)
    except RangeError:
        return answer
    return all_intervals([answer, rest])


def all_intervals[T: _Telemetry](answers: Sequence[T]) -> T:
    """Return the first answer with the intervals of all of them."""
    found = {each.end_at: each for answer in answers for each in answer.intervals}
    # The copied object is one of the client's frozen answers.
    return replace(answers[0], intervals=tuple(found.values()))  # type: ignore[type-var]
