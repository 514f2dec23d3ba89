"""A site's history: the energy of each day by months, intervals of five minutes, and charge sessions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import pairwise
from typing import override

from ....site.history.cursor import FlowGroup
from ....site.history.intervals import DAY, FIRST_DAY, HOUR, Interval, by_hour, day_of, hour_of, midnight
from ....site.model import CounterKind
from ....site.tariff.past_prices import PastPrices
from ....sources.history_provider import HistoryProvider, Intervals, Lifetime
from ..client.history_query import HistoryPeriod
from ..client.models.charge_history import ChargeSession
from ..client.models.energy_history import EnergyFlows, EnergyHistory
from . import equipment, feeds
from .energy import days_of, energy, rows_of
from .feeds import energy_of
from .source import TeslaSource

_FIVE_MINUTES = timedelta(minutes=5)

# A gateway without internet uploads its energy later, so each of the last three days is read daily.
_SETTLING = timedelta(days=2)
_AGAIN = timedelta(hours=24)
_DAILY_REQUESTS = 3

# Without an installation date, the site is older than this many months in a row without energy.
_EMPTY_MONTHS = 12

# As many months are required at once; those that are answered are kept until all of them are.
_MONTHS_AT_ONCE = 12

# A month's days don't change within this time, or at all once this long has passed since its end.
_STANDS = timedelta(hours=12)
_CLOSED = timedelta(days=14)

_CHARGER_DAYS = 31
_CHARGER = (CounterKind.CHARGER,)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Month:
    """The energy of a month's days, and when it was read."""

    at: datetime
    days: Mapping[date, EnergyFlows]


class TeslaHistory(HistoryProvider):
    """The history of one site: none until the site says what it has and where it is, then always that.

    Daily totals come from `period=month`, as those of years and lifetimes differ from the sum of
    the days. All flows are in the same answers.
    """

    def __init__(self, source: TeslaSource) -> None:
        """Provide the history of the site of `source`."""
        self._source = source
        self._months: dict[date, _Month] = {}
        self._fixed_offset: timedelta | None = None

    @property
    @override
    def zone(self) -> tzinfo:  # type: ignore[override] # Nobody sets a provider's zone.
        """The time zone that the site reports."""
        return self._source.zone

    @property
    @override
    def groups(self) -> tuple[FlowGroup, ...]:  # type: ignore[override] # Nobody sets a provider's groups.
        """The flows that the site has by its latest answer."""
        info, reach = self._source.answer(feeds.INFO), (self._today - FIRST_DAY).days
        # All flows are known as of the same days, so a generator that runs for the first time has to be among them.
        kinds = tuple(dict.fromkeys((*self._source.kinds, CounterKind.GENERATOR)))
        energy = FlowGroup(
            kinds=kinds,
            days=1,
            reach=reach,
            settling=_SETTLING,
            again=_AGAIN,
            name="energy",
            doubtful=(CounterKind.GENERATOR,),
        )
        charger = FlowGroup(kinds=_CHARGER, days=_CHARGER_DAYS, reach=reach, settling=_SETTLING, again=_AGAIN)
        return (
            *((energy,) if equipment.measures(info) else ()),
            *((charger,) if feeds.SESSIONS.wanted(self._source) else ()),
        )

    @override
    def cost(self, group: FlowGroup, first_day: date, days: int) -> int:
        if group.kinds == _CHARGER:
            return -(-days // group.days)
        first_hours = sum(self._begins_late(first_day + DAY * number) for number in range(days))
        return first_hours + (0 if self._polled(first_day) is not None else days)

    @override
    def daily_cost(self, group: FlowGroup) -> int:
        if group.kinds == _CHARGER:
            return 1
        return _DAILY_REQUESTS * (2 if self._begins_late(self._today) else 1)

    @override
    def lifetime_cost(self, group: FlowGroup, first_day: date | None = None) -> int:
        if group.kinds == _CHARGER:
            return 1
        return min(self._missing_months(first_day), _MONTHS_AT_ONCE)

    @override
    def life_cost(self) -> int:
        return self._missing_months(None) + sum(group.kinds == _CHARGER for group in self.groups)

    @override
    def prices(self) -> PastPrices:
        return self._source.past_prices(self._now)

    @override
    async def lifetime(self, group: FlowGroup, first_day: date | None = None) -> Lifetime:
        if group.kinds == _CHARGER:
            return await self._charged_days(first_day)
        found: dict[date, EnergyFlows] = {}
        empty = 0
        for month in _months_back(self._today, first_day or FIRST_DAY):
            days = await self._days(month)
            found |= days
            empty = 0 if days else empty + 1
            if first_day is None and self._is_before_life(month, empty):
                break
        days_by_kind = {
            kind: {
                day: wh
                for day, flows in found.items()
                if (first_day is None or day >= first_day) and (wh := energy(flows, kind)) is not None
            }
            for kind in group.kinds
        }
        return Lifetime(days=days_by_kind, reported=self._reported)

    @override
    async def intervals(self, group: FlowGroup, first_day: date, days: int) -> Intervals:
        if group.kinds == _CHARGER:
            hours = await self._charged_hours(first_day, days)
            return Intervals(found={CounterKind.CHARGER: hours}, reported=self._reported)
        rows = await self._rows(first_day)
        found = {
            kind: [
                Interval(start=start, end=end, wh=wh)
                for (start, end), flows in rows.items()
                if (wh := energy(flows, kind)) is not None
            ]
            for kind in group.kinds
        }
        # The power may have been polled long before the site reported the last of these.
        reported = max((*(end for _, end in rows), *filter(None, (self._reported,))), default=None)
        return Intervals(found=found, reported=reported)

    # -- days -------------------------------------------------------------------------

    @property
    def _now(self) -> datetime:
        return self._source.context.clock()

    @property
    def _today(self) -> date:
        return self._source.context.today

    @property
    def _installed(self) -> date | None:
        return self._source.context.installed

    @property
    def _reported(self) -> datetime | None:
        return self._source.reported_at()

    def _missing_months(self, first_day: date | None) -> int:
        first = first_day or self._installed or self._today - DAY * 31 * _EMPTY_MONTHS
        return sum(self._known(month) is None for month in _months_back(self._today, first))

    def _is_before_life(self, month: date, empty: int) -> bool:
        """Return whether months before this one, which ends a row of `empty` ones, will be empty, too."""
        if (installed := self._installed) is None:
            return empty >= _EMPTY_MONTHS
        return empty > 0 and month <= installed

    def _polled(self, day: date) -> EnergyHistory | None:
        """Return the polled answer of the current day, if it is recent enough."""
        source = self._source
        history, answered = source.answer(feeds.TODAY), source.answered_at(feeds.TODAY)
        if day != self._today or day_of(answered, self.zone) != day or self._now - answered > HOUR:
            return None
        return history

    def _known(self, month: date) -> _Month | None:
        """Return a month that was read, if that was recently or long enough after its end."""
        known = self._months.get(month)
        if known is None:
            return None
        closed = midnight(_next(month), self.zone) + _CLOSED
        return known if known.at >= closed or self._now - known.at < _STANDS else None

    async def _days(self, month: date) -> Mapping[date, EnergyFlows]:
        if (known := self._known(month)) is None:
            last = min(_next(month) - DAY, self._today)
            context = self._source.context
            history = await energy_of(context, month, (last - month).days + 1, HistoryPeriod.MONTH)
            # An answer may hold more days than were requested.
            days = {day: each for day, each in days_of(history, self.zone, daily=True).items() if month <= day <= last}
            known = self._months[month] = _Month(at=self._now, days=days)
        return known.days

    async def _rows(self, day: date) -> dict[tuple[datetime, datetime], EnergyFlows]:
        """Return the intervals of a day.

        A site whose zone Tesla knows as a fixed offset has days that begin an hour later in summer,
        so that the first hour has to be requested on its own.
        """
        context, start = self._source.context, midnight(day, self.zone)
        history = self._polled(day) or await energy_of(context, day, 1, HistoryPeriod.DAY)
        rows = as_intervals(history, self.zone)
        first = history.rows[0].start if history.rows else start
        if first.tzinfo is None or first <= start or first.utcoffset() == first.astimezone(self.zone).utcoffset():
            return rows
        self._fixed_offset = first.utcoffset()
        rest = await context.client.energy_history(
            context.site_id,
            start.astimezone(self.zone),
            first.astimezone(self.zone) - timedelta(seconds=1),
            period=HistoryPeriod.DAY,
        )
        return as_intervals(rest, self.zone) | rows

    def _begins_late(self, day: date) -> bool:
        """Return whether a day's first hour has to be requested on its own."""
        offset = midnight(day, self.zone).astimezone(self.zone).utcoffset()
        return self._fixed_offset is not None and offset is not None and offset > self._fixed_offset

    # -- charge sessions --------------------------------------------------------------

    async def _charged(self, start: datetime, end: datetime) -> Mapping[datetime, float]:
        """Return the energy by hour."""
        context = self._source.context
        sessions = await context.client.charge_history(
            context.site_id, start.astimezone(self.zone), end.astimezone(self.zone)
        )
        return by_hour(_charging(sessions))

    async def _charged_hours(self, first_day: date, days: int) -> list[Interval]:
        """Return the energy of each hour; an hour without a session is one without energy."""
        start, end = midnight(first_day, self.zone), min(midnight(first_day + DAY * days, self.zone), self._now)
        # A session that began the day before may last.
        charged = await self._charged(start - DAY, end)
        first = hour_of(start)
        hours = (first + HOUR * number for number in range(max(-((first - end) // HOUR), 0)))
        return [Interval(start=hour, end=hour + HOUR, wh=charged.get(hour, 0.0)) for hour in hours]

    async def _charged_days(self, first_day: date | None) -> Lifetime:
        first = first_day or self._installed or self._today - DAY * 3650
        days: dict[date, float] = {}
        for hour, wh in (await self._charged(midnight(first, self.zone), self._now)).items():
            day = day_of(hour, self.zone)
            days[day] = days.get(day, 0.0) + wh
        if days:
            # A day without a session is one without energy.
            days = {day: days.get(day, 0.0) for day in _days_between(min(days), self._today)}
        return Lifetime(days={CounterKind.CHARGER: days}, reported=self._reported)


def as_intervals(history: EnergyHistory, zone: tzinfo) -> dict[tuple[datetime, datetime], EnergyFlows]:
    """Return the flows of each interval by its start and end.

    An answer with a single row is the total of a day rather than an interval.
    """
    rows = rows_of(history, zone)
    starts = sorted(rows)
    if len(starts) == 1 and starts[0] == midnight(day_of(starts[0], zone), zone):
        return {}
    step = min((after - before for before, after in pairwise(starts)), default=_FIVE_MINUTES)
    return {(start, start + step): rows[start].flows for start in starts}


def _charging(sessions: Iterable[ChargeSession]) -> list[Interval]:
    """Return what sessions charged, evenly over their duration, of which little is known."""
    return [
        Interval(
            start=each.start.astimezone(UTC),
            end=each.start.astimezone(UTC) + timedelta(seconds=max(each.duration or 0.0, 1.0)),
            wh=each.energy,
        )
        for each in sessions
        if each.energy is not None
    ]


def _months_back(today: date, first: date) -> Iterable[date]:
    """Yield the first days of the months from today's back to that of `first`."""
    month = today.replace(day=1)
    while month >= first.replace(day=1):
        yield month
        month = (month - DAY).replace(day=1)


def _next(month: date) -> date:
    return (month + DAY * 31).replace(day=1)


def _days_between(first: date, last: date) -> Iterable[date]:
    return (first + DAY * number for number in range((last - first).days + 1))
