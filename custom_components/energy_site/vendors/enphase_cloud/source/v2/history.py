"""A system's history in v2: each day's energy, and intervals of the last year."""

from collections.abc import Collection
from datetime import date, timedelta, tzinfo
from typing import override

from .....site.history.cursor import FlowGroup
from .....site.history.intervals import DAY, Interval, midnight
from .....site.model import CounterKind
from .....sources.history_provider import HistoryProvider, Intervals, Lifetime, NoHistoryError
from ...client import v2_endpoints as endpoints
from ...client.errors import NoContentError, RangeError
from ...client.v2 import EnlightenV2Client
from ..planned_feed import QUARTER
from ..v4.history import as_lifetime
from ..v4.intervals import as_intervals, nothing, reported_at

# A year, less a day in case the service counts differently.
_REACH = 364

# The service returns up to 28 and seven days at once, and one of them may have 25 hours.
_MOST_DAYS = 27
_WEEK_OF_METERS = 6

# The seconds of inverter data that the service returns at once.
_DAY_OF_INVERTERS = 86_400

_FIVE_MINUTES = timedelta(minutes=5)

_SOLAR = (CounterKind.SOLAR,)
_LOAD = (CounterKind.LOAD,)


class EnlightenHistory(HistoryProvider):
    """The history of one v2 system, which only has production and consumption.

    The production comes from the revenue-grade `meter` if there is one, otherwise from the
    inverters.
    """

    def __init__(
        self,
        client: EnlightenV2Client,
        system_id: int,
        zone: tzinfo,
        kinds: Collection[CounterKind],
        *,
        meter: bool = False,
    ) -> None:
        """Use `client`; days are those of `zone`."""
        self.zone = zone
        self._client = client
        self._system_id = system_id
        groups = (
            FlowGroup(kinds=_SOLAR, days=_WEEK_OF_METERS if meter else 1, reach=_REACH, dense=meter),
            FlowGroup(kinds=_LOAD, days=_MOST_DAYS, reach=_REACH),
        )
        self.groups = tuple(group for group in groups if set(group.kinds) & set(kinds))

    @override
    def cost(self, group: FlowGroup, first_day: date, days: int) -> int:
        if group.kinds == _SOLAR and not group.dense:
            # Inverters can be requested for 24 hours at most, and some days have 25.
            return sum(1 + self._is_long(first_day + DAY * number) for number in range(days))
        return 1

    @override
    async def lifetime(self, group: FlowGroup, first_day: date | None = None) -> Lifetime:
        query = {"start_date": first_day}
        try:
            endpoint = endpoints.ENERGY_LIFETIME if group.kinds == _SOLAR else endpoints.CONSUMPTION_LIFETIME
            series = await self._client.get(endpoint, self._system_id, query)
        except NoContentError as err:
            raise NoHistoryError from err
        except RangeError:
            return Lifetime(days={kind: {} for kind in group.kinds}, reported=None)
        return as_lifetime(group.kinds, [series], self.zone)

    @override
    async def intervals(self, group: FlowGroup, first_day: date, days: int) -> Intervals:
        start = int(midnight(first_day, self.zone).timestamp())
        end = int(midnight(first_day + DAY * days, self.zone).timestamp())
        client, system_id, kind = self._client, self._system_id, group.kinds[0]
        try:
            if kind is CounterKind.LOAD:
                query = {"start_at": start, "end_at": end}
                telemetry = await client.get(endpoints.CONSUMPTION_STATS, system_id, query)
                return as_intervals(kind, telemetry, QUARTER)
            if group.dense:
                stats = await client.get(endpoints.RGM_STATS, system_id, {"start_at": start, "end_at": end})
                return as_intervals(kind, stats, QUARTER)
            found: list[Interval] = []
            reported = None
            for begin in range(start, end, _DAY_OF_INVERTERS):
                query = {"start_at": begin, "end_at": min(begin + _DAY_OF_INVERTERS, end)}
                each = await client.get(endpoints.STATS, system_id, query)
                found.extend(as_intervals(kind, each, _FIVE_MINUTES).found[kind])
                reported = reported_at(each.last_report_at)
        except RangeError as err:
            return nothing(group.kinds, err)
        return Intervals(found={kind: found}, reported=reported)

    def _is_long(self, day: date) -> bool:
        return midnight(day + DAY, self.zone) - midnight(day, self.zone) > DAY
