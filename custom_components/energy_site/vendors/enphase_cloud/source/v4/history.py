"""A system's past by v4: each day's energy, and quarters of an hour as long as they are kept."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import pairwise
from typing import override

from .....site.history.cursor import Group
from .....site.history.intervals import Interval, day_of
from .....site.model import CounterKind
from .....sources.cloud import CloudSource
from .....sources.history import HistoryProvider, Intervals, Lifetime
from ...client.endpoint import Days, Window
from ...client.errors import RangeError
from ...client.models.common import DailySeries, Meta
from ...client.models.telemetry import BatteryInterval, BatteryTelemetry, EnergyInterval, EnergyTelemetry
from ...client.v4 import EnphaseV4Client
from . import energy, feeds, meters
from .context import Context, Get, whole_days

# Two years, less a day for whoever counts otherwise.
_REACH = 729

_WEEK = 7
_FIVE_MINUTES = timedelta(minutes=5)
_QUARTER = timedelta(minutes=15)

_SOLAR = (CounterKind.SOLAR,)
_LOAD = (CounterKind.LOAD,)
_BATTERY = (CounterKind.BATTERY_CHARGE, CounterKind.BATTERY_DISCHARGE)

# By which feed it is known whether a system has a flow.
_TOLD_BY = {
    CounterKind.LOAD: feeds.CONSUMPTION,
    CounterKind.GRID_IMPORT: feeds.IMPORT,
    CounterKind.GRID_EXPORT: feeds.EXPORT,
    CounterKind.BATTERY_CHARGE: feeds.BATTERY,
    CounterKind.BATTERY_DISCHARGE: feeds.BATTERY,
}


class EnphaseHistory(HistoryProvider):
    """The past of one of v4's systems.

    `kinds` are the flows that the system has. Where it has no production
    `meter`, inverters tell what the sun gave. The consumption of a `net` meter
    knows nothing of the battery, so what the house took is told by both together.
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
    ) -> None:
        """Ask `client`; days are those of `zone`."""
        self.zone = zone
        self._client = client
        self._system_id = system_id
        self._meter = meter
        house = _LOAD + _BATTERY if net and set(_BATTERY) <= set(kinds) else _LOAD
        groups = (
            Group(kinds=_SOLAR, days=_WEEK if meter else 1, reach=_REACH, dense=meter),
            Group(kinds=house, days=_WEEK, reach=_REACH),
            *([Group(kinds=_BATTERY, days=_WEEK, reach=_REACH)] if house == _LOAD else []),
            Group(kinds=(CounterKind.GRID_IMPORT,), days=1, reach=_REACH),
            Group(kinds=(CounterKind.GRID_EXPORT,), days=1, reach=_REACH),
        )
        self.groups = tuple(group for group in groups if set(group.kinds) & set(kinds))

    @override
    def cost(self, group: Group, first_day: date, days: int) -> int:
        return -(-days // group.days) * _questions(group)

    @override
    def lifetime_cost(self, group: Group) -> int:
        return _questions(group)

    @override
    async def lifetime(self, group: Group, first_day: date | None = None) -> Lifetime:
        try:
            return await self._lifetime(group.kinds, Days(start_date=first_day))
        except RangeError:
            return Lifetime(days={kind: {} for kind in group.kinds}, reported=None)

    async def _lifetime(self, kinds: tuple[CounterKind, ...], days: Days) -> Lifetime:
        client, system_id = self._client, self._system_id
        if kinds == _SOLAR:
            return as_lifetime(kinds, [(await client.energy_lifetime(system_id, days)).production], self.zone)
        if kinds == _BATTERY:
            battery = await client.battery_lifetime(system_id, days)
            return as_lifetime(kinds, [battery.charge, battery.discharge], self.zone)
        if len(kinds) > 1:
            consumption = await client.consumption_lifetime(system_id, days)
            battery = await client.battery_lifetime(system_id, days)
            found = as_lifetime(_BATTERY, [battery.charge, battery.discharge], self.zone)
            house = energy.house_days(consumption, battery, self.zone)
            return replace(found, days={CounterKind.LOAD: house, **found.days})
        ask = {
            CounterKind.LOAD: client.consumption_lifetime,
            CounterKind.GRID_IMPORT: client.energy_import_lifetime,
            CounterKind.GRID_EXPORT: client.energy_export_lifetime,
        }[kinds[0]]
        return as_lifetime(kinds, [await ask(system_id, days)], self.zone)

    @override
    async def intervals(self, group: Group, first_day: date, days: int) -> Intervals:
        try:
            return await self._intervals(group, first_day, days)
        except RangeError:
            return Intervals(found=dict.fromkeys(group.kinds, ()), reported=None)

    async def _intervals(self, group: Group, first_day: date, days: int) -> Intervals:
        async def ask[T: (EnergyTelemetry, BatteryTelemetry)](get: Get[T]) -> T:
            return await whole_days(get, self._system_id, first_day, days, self.zone)

        if group.kinds == _BATTERY:
            return _of_battery(await ask(self._client.battery_telemetry))
        telemetry = await ask(self._telemetry(group.kinds[0]))
        if len(group.kinds) > 1:
            battery = await ask(self._client.battery_telemetry)
            taken = energy.house_by_interval(telemetry, battery)
            house = tuple(replace(each, wh=taken.get(each.end_at)) for each in telemetry.intervals)
            load = as_intervals(CounterKind.LOAD, house, telemetry.meta, _QUARTER)
            found = _of_battery(battery)
            return replace(found, found={**load.found, **found.found})
        step = _FIVE_MINUTES if not group.dense else _QUARTER
        return as_intervals(group.kinds[0], telemetry.intervals, telemetry.meta, step)

    def _telemetry(self, kind: CounterKind) -> Callable[[int, Window], Awaitable[EnergyTelemetry]]:
        client = self._client
        production = client.production_meter if self._meter else client.production_micro
        return {
            CounterKind.SOLAR: production,
            CounterKind.LOAD: client.consumption_meter,
            CounterKind.GRID_IMPORT: client.energy_import,
            CounterKind.GRID_EXPORT: client.energy_export,
        }[kind]


def history_of(source: CloudSource[Context]) -> EnphaseHistory:
    """Return how the past of a system is fetched, as far as is known what it has."""
    devices, context, summary = source.answer(feeds.DEVICES), source.context, source.answer(feeds.SUMMARY)
    kinds = {kind for kind, feed in _TOLD_BY.items() if feed.wanted(source)}
    metered = meters.measures(devices, "production")
    if metered is None:
        metered = summary is None or summary.source == "meter"
    return EnphaseHistory(
        context.client,
        context.system_id,
        source.zone,
        {CounterKind.SOLAR, *kinds},
        meter=metered,
        net=feeds.house_needs_battery(source),
    )


def _questions(group: Group) -> int:
    """Return how many endpoints tell of a group."""
    return 2 if group.kinds == _LOAD + _BATTERY else 1


def reported_at(meta: Meta | None) -> datetime | None:
    """Return when a system reported last."""
    if meta is None or meta.last_report_at is None:
        return None
    return _moment(meta.last_report_at)


def as_lifetime(kinds: Iterable[CounterKind], series: Iterable[DailySeries], zone: tzinfo) -> Lifetime:
    """Return the days that were reported; zeroes behind the last report are none."""
    found: dict[CounterKind, Mapping[date, float]] = {}
    reported: datetime | None = None
    for kind, each in zip(kinds, series, strict=True):
        reported = reported_at(each.meta)
        last = day_of(reported, zone) if reported is not None else None
        found[kind] = dict(each.days(last_reported=last))
    return Lifetime(days=found, reported=reported)


def as_intervals(
    kind: CounterKind, intervals: Sequence[EnergyInterval], meta: Meta | None, usual: timedelta
) -> Intervals:
    """Return intervals with their starts, which the service leaves to be guessed."""
    step = _length(intervals, usual)
    found = [
        Interval(start=_moment(each.end_at) - step, end=_moment(each.end_at), wh=each.wh)
        for each in intervals
        if each.wh is not None
    ]
    return Intervals(found={kind: found}, reported=reported_at(meta))


def nothing(kinds: Iterable[CounterKind], error: RangeError) -> Intervals:
    """Return that there are no intervals; the refusal tells when the last one ended."""
    reported = None if error.last_interval is None else _moment(error.last_interval)
    return Intervals(found=dict.fromkeys(kinds, ()), reported=reported)


def _length(intervals: Iterable[EnergyInterval | BatteryInterval], usual: timedelta) -> timedelta:
    """Return how long intervals are: as usual, or five minutes where they follow each other so."""
    ends = sorted({each.end_at for each in intervals})
    shortest = min((after - before for before, after in pairwise(ends)), default=0)
    return _FIVE_MINUTES if shortest == _FIVE_MINUTES.total_seconds() else usual


def _of_battery(telemetry: BatteryTelemetry) -> Intervals:
    step = _length(telemetry.intervals, _QUARTER)
    charge: list[Interval] = []
    discharge: list[Interval] = []
    for each in telemetry.intervals:
        end = _moment(each.end_at)
        if each.charge_enwh is not None:
            charge.append(Interval(start=end - step, end=end, wh=each.charge_enwh))
        if each.discharge_enwh is not None:
            discharge.append(Interval(start=end - step, end=end, wh=each.discharge_enwh))
    found = {CounterKind.BATTERY_CHARGE: charge, CounterKind.BATTERY_DISCHARGE: discharge}
    return Intervals(found=found, reported=reported_at(telemetry.meta))


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
