"""A system's history in v4: each day's energy, and intervals of 15 minutes as long as they are available."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, override

from .....site.energy.grid_balance import GRID, derived
from .....site.history.cursor import FlowGroup
from .....site.history.intervals import DAY, day_of
from .....site.model import CounterKind
from .....sources.cloud import CloudSource
from .....sources.history_provider import HistoryProvider, Intervals, Lifetime
from ...client import v4_endpoints as endpoints
from ...client.endpoint import CloudEndpoint, Value
from ...client.errors import RangeError
from ...client.models.common import DailySeries
from ...client.models.telemetry import BatteryTelemetry, EnergyTelemetry
from ...client.v4 import EnphaseV4Client
from ..planned_feed import QUARTER
from . import energy, feeds
from .context import V4Context, whole_days
from .intervals import FIVE_MINUTES, as_intervals, of_battery, of_meter, of_production, reported_at

# Two years, less a day in case the service counts differently.
_REACH = 729

_WEEK = 7

# Intervals read for one flow are reused for others for this long.
_STANDS = timedelta(hours=1)

_SOLAR = (CounterKind.SOLAR,)
_LOAD = (CounterKind.LOAD,)
_BATTERY = (CounterKind.BATTERY_CHARGE, CounterKind.BATTERY_DISCHARGE)

# The feeds that show whether a system has a flow.
_FEED_OF = {
    CounterKind.LOAD: feeds.CONSUMPTION,
    CounterKind.GRID_IMPORT: feeds.IMPORT,
    CounterKind.GRID_EXPORT: feeds.EXPORT,
    CounterKind.BATTERY_CHARGE: feeds.BATTERY,
    CounterKind.BATTERY_DISCHARGE: feeds.BATTERY,
}


# The endpoints with the days of a single flow, and with the intervals.
_LIFETIMES: Mapping[CounterKind, CloudEndpoint[DailySeries]] = {
    CounterKind.LOAD: endpoints.CONSUMPTION_LIFETIME,
    CounterKind.GRID_IMPORT: endpoints.IMPORT_LIFETIME,
    CounterKind.GRID_EXPORT: endpoints.EXPORT_LIFETIME,
}
_INTERVALS: Mapping[CounterKind, CloudEndpoint[Any]] = {
    CounterKind.SOLAR: endpoints.PRODUCTION_METER,
    CounterKind.LOAD: endpoints.CONSUMPTION_METER,
    CounterKind.BATTERY_CHARGE: endpoints.BATTERY_TELEMETRY,
    CounterKind.GRID_IMPORT: endpoints.IMPORT_TELEMETRY,
    CounterKind.GRID_EXPORT: endpoints.EXPORT_TELEMETRY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """An endpoint's answer for some days, and when it was received."""

    first: date
    days: int
    at: datetime
    answer: Any


class EnphaseHistory(HistoryProvider):
    """The history of one v4 system.

    `kinds` are the flows that the system has. Without a production `meter`, the production comes
    from the inverters. The consumption of a `net` meter excludes the battery, so the house's
    consumption is calculated from both. If an endpoint of the grid is `ailing`, its hours are
    derived from all others.
    """

    def __init__(
        self,
        client: EnphaseV4Client,
        system_id: int,
        zone: tzinfo,
        kinds: Collection[CounterKind],
        *,
        meter: bool = True,
        net: bool = False,
        ailing: Callable[[], Collection[str]] = tuple,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Use `client`; days are those of `zone`, `ailing` returns keys of feeds."""
        self.zone = zone
        self._client = client
        self._system_id = system_id
        self._meter = meter
        self._with_battery = not net and set(_BATTERY) <= set(kinds)
        self._ailing = ailing
        self._clock = clock
        self._kept: dict[CounterKind, _Kept] = {}
        house = _LOAD + _BATTERY if net and set(_BATTERY) <= set(kinds) else _LOAD
        groups = (
            FlowGroup(kinds=_SOLAR, days=_WEEK if meter else 1, reach=_REACH, dense=meter),
            FlowGroup(kinds=house, days=_WEEK, reach=_REACH),
            *([FlowGroup(kinds=_BATTERY, days=_WEEK, reach=_REACH)] if house == _LOAD else []),
            FlowGroup(kinds=(CounterKind.GRID_IMPORT,), days=1, reach=_REACH),
            FlowGroup(kinds=(CounterKind.GRID_EXPORT,), days=1, reach=_REACH),
        )
        self.groups = tuple(group for group in groups if set(group.kinds) & set(kinds))

    @override
    def cost(self, group: FlowGroup, first_day: date, days: int) -> int:
        if self._is_derived(group.kinds[0]):
            return sum(self._known(kind, first_day) is None for kind in self._terms())
        return -(-days // group.days) * _requests(group)

    @override
    def daily_cost(self, group: FlowGroup) -> int:
        # The intervals read for other flows of the day are enough.
        return 0 if self._is_derived(group.kinds[0]) else _requests(group)

    @override
    def lifetime_cost(self, group: FlowGroup, first_day: date | None = None) -> int:
        return _requests(group)

    @override
    async def lifetime(self, group: FlowGroup, first_day: date | None = None) -> Lifetime:
        try:
            return await self._lifetime(group.kinds, {"start_date": first_day})
        except RangeError:
            return Lifetime(days={kind: {} for kind in group.kinds}, reported=None)

    async def _lifetime(self, kinds: tuple[CounterKind, ...], query: Mapping[str, Value]) -> Lifetime:
        get, system_id = self._client.get, self._system_id
        if kinds == _SOLAR:
            return as_lifetime(kinds, [await get(endpoints.ENERGY_LIFETIME, system_id, query=query)], self.zone)
        if kinds == _BATTERY:
            battery = await get(endpoints.BATTERY_LIFETIME, system_id, query=query)
            return as_lifetime(kinds, [battery.charge, battery.discharge], self.zone)
        if len(kinds) > 1:
            consumption = await get(endpoints.CONSUMPTION_LIFETIME, system_id, query=query)
            battery = await get(endpoints.BATTERY_LIFETIME, system_id, query=query)
            found = as_lifetime(_BATTERY, [battery.charge, battery.discharge], self.zone)
            house = energy.house_days(consumption, battery, self.zone)
            return replace(found, days={CounterKind.LOAD: house, **found.days})
        if kinds[0] in GRID and feeds.GRID_FEEDS[kinds[0]][1].key in self._ailing():
            # The days with data are known from the consumption.
            consumption = await get(endpoints.CONSUMPTION_LIFETIME, system_id, query=query)
            life = as_lifetime(_LOAD, [consumption], self.zone)
            return replace(life, days={kinds[0]: {}}, first=min(life.days[CounterKind.LOAD], default=None))
        return as_lifetime(kinds, [await get(_LIFETIMES[kinds[0]], system_id, query=query)], self.zone)

    @override
    async def intervals(self, group: FlowGroup, first_day: date, days: int) -> Intervals:
        try:
            return await self._intervals(group, first_day, days)
        except RangeError:
            return Intervals(found=dict.fromkeys(group.kinds, ()), reported=None)

    async def _intervals(self, group: FlowGroup, first_day: date, days: int) -> Intervals:
        kind = group.kinds[0]
        if self._is_derived(kind):
            return await self._derive(kind, first_day)
        if group.kinds == _BATTERY:
            return of_battery(await self._get(kind, first_day, days))
        telemetry: EnergyTelemetry = await self._get(kind, first_day, days)
        if len(group.kinds) > 1:
            battery: BatteryTelemetry = await self._get(CounterKind.BATTERY_CHARGE, first_day, days)
            taken = energy.house_by_interval(telemetry, battery)
            house = tuple(replace(each, wh=taken.get(each.end_at)) for each in telemetry.intervals)
            load = of_meter(CounterKind.LOAD, replace(telemetry, intervals=house))
            found = of_battery(battery)
            return replace(found, found={**load.found, **found.found})
        step = FIVE_MINUTES if not group.dense else QUARTER
        return as_intervals(kind, telemetry, step)

    # -- derived values ---------------------------------------------------------------

    def _is_derived(self, kind: CounterKind) -> bool:
        return kind in GRID and feeds.GRID_FEEDS[kind][0].key in self._ailing()

    def _terms(self) -> list[CounterKind]:
        """Return the flows that a direction of the grid is derived from; both of the battery's are in one answer."""
        battery = [CounterKind.BATTERY_CHARGE] if self._with_battery else []
        return [CounterKind.SOLAR, CounterKind.LOAD, *battery, *(kind for kind in GRID if not self._is_derived(kind))]

    async def _derive(self, kind: CounterKind, day: date) -> Intervals:
        """Return the grid's intervals of a day, using those already read for other flows."""
        answers = {
            term: self._known(term, day) or await self._get(term, *self._window(term, day)) for term in self._terms()
        }
        consumption = of_meter(CounterKind.LOAD, answers[CounterKind.LOAD])
        known = dict(of_production(answers.pop(CounterKind.SOLAR), self.zone, meter=self._meter).found)
        for term, answer in answers.items():
            known |= (of_battery(answer) if isinstance(answer, BatteryTelemetry) else of_meter(term, answer)).found
        return replace(consumption, found={kind: derived(kind, known, with_battery=self._with_battery, step=QUARTER)})

    def _window(self, term: CounterKind, day: date) -> tuple[date, int]:
        """Return the days to request if one of them is needed, as up to a week costs the same."""
        if term in GRID or (term is CounterKind.SOLAR and not self._meter):
            return day, 1
        today = day_of(self._clock(), self.zone)
        return max(day + DAY * (2 - _WEEK), today - DAY * _REACH), _WEEK

    def _known(self, term: CounterKind, day: date) -> Any:
        """Return the answer that contains a day, if it is recent enough."""
        kept = self._kept.get(term)
        if kept is None or self._clock() - kept.at > _STANDS:
            return None
        return kept.answer if kept.first <= day < kept.first + DAY * kept.days else None

    async def _get(self, kind: CounterKind, first_day: date, days: int) -> Any:
        """Request the intervals of a flow, and keep the answer for derived values."""
        endpoint = _INTERVALS[kind]
        if kind is CounterKind.SOLAR and not self._meter:
            endpoint = endpoints.PRODUCTION_MICRO
        answer = await whole_days(self._client, endpoint, self._system_id, first_day, days, self.zone)
        self._kept[kind] = _Kept(first=first_day, days=days, at=self._clock(), answer=answer)
        return answer


def history_of(source: CloudSource[V4Context]) -> EnphaseHistory:
    """Return the history provider of a system, for the flows that it is known to have."""
    context = source.context
    kinds = {kind for kind, feed in _FEED_OF.items() if feed.wanted(source)}
    return EnphaseHistory(
        context.client,
        context.system_id,
        source.zone,
        {CounterKind.SOLAR, *kinds},
        meter=feeds.has_production_meter(source),
        net=feeds.house_needs_battery(source),
        ailing=lambda: source.ailing(context.clock()),
        clock=context.clock,
    )


def _requests(group: FlowGroup) -> int:
    """Return the number of endpoints that provide the data of a group."""
    return 2 if group.kinds == _LOAD + _BATTERY else 1


def as_lifetime(kinds: Iterable[CounterKind], series: Iterable[DailySeries], zone: tzinfo) -> Lifetime:
    """Return the days that were reported, without zeroes after the last report."""
    found: dict[CounterKind, Mapping[date, float]] = {}
    reported: datetime | None = None
    for kind, each in zip(kinds, series, strict=True):
        reported = reported_at(each.last_report_at)
        last = day_of(reported, zone) if reported is not None else None
        found[kind] = dict(each.days(last_reported=last))
    return Lifetime(days=found, reported=reported)
