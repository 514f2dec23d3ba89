"""The feeds of a site, and the weights of their updates.

The order matters during setup: `site_info` decides which of the others are wanted.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

from ....site.history.intervals import DAY, midnight
from ....site.quota.demand import PollRequest
from ....sources.cloud import CloudFeed, CloudSource
from ..client import endpoints
from ..client.endpoint import FleetEndpoint
from ..client.error_mapping import content
from ..client.history_query import HistoryPeriod
from ..client.models.backup_history import BackupHistory
from ..client.models.charge_history import ChargeSession
from ..client.models.energy_history import EnergyHistory
from ..client.models.live_status import LiveStatus
from ..client.models.site_info import SiteInfo
from . import equipment
from .context import Context

type Feed[T] = CloudFeed[Context, T]

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)

# A gateway without internet uploads its energy late; days this recent may still change, and cost a single request.
_SETTLING_DAYS = 7
_WEEK = DAY * _SETTLING_DAYS

# A day that is missing for longer was never uploaded.
MOST_DAYS = 31

# Sessions this long ago say nothing about now.
_SESSION_DAYS = 7


def _feed[T](
    key: str,
    endpoint: FleetEndpoint[T],
    ask: Callable[[Context], Awaitable[T]],
    *,
    path: str | None = None,
    join: Callable[[Context, list[T]], T] = lambda _, answers: answers[-1],
    essential: bool = False,
    wanted: Callable[[CloudSource[Context]], bool] = lambda _: True,
    **weights: Any,
) -> Feed[T]:
    def read(name: str, payload: object) -> T:
        return endpoint.parse(name, content(name, payload))

    return CloudFeed(
        key=key,
        endpoint=path or endpoint.name,
        name=endpoint.name,
        cost=1.0,
        essential=essential,
        ask=ask,
        read=read,
        join=join,
        request=PollRequest(key=key, cost=1, **weights),
        wanted=wanted,
    )


async def _info(context: Context) -> SiteInfo:
    return await context.client.site_info(context.site_id)


async def _live(context: Context) -> LiveStatus:
    return await context.client.live_status(context.site_id)


async def _today(context: Context) -> EnergyHistory:
    return await energy_of(context, context.today, 1, HistoryPeriod.DAY)


async def _days(context: Context) -> EnergyHistory:
    """Return the energy of the days that the counters lack and of those that may still change."""
    first = min(context.since or context.today, context.today - DAY * _SETTLING_DAYS)
    first = max(first, context.today - DAY * MOST_DAYS)
    if context.today - first <= _WEEK:
        return await energy_of(context, first, (context.today - first).days, HistoryPeriod.WEEK)
    answers = []
    while first < context.today:
        # A request is answered for the month that its end is in.
        end = min((first.replace(day=1) + DAY * MOST_DAYS).replace(day=1), context.today)
        answers.append(await energy_of(context, first, (end - first).days, HistoryPeriod.MONTH))
        first = end
    return _joined(context, answers)


def _joined(_: Context, answers: list[EnergyHistory]) -> EnergyHistory:
    return replace(answers[-1], rows=tuple(row for answer in answers for row in answer.rows))


async def _outages(context: Context) -> BackupHistory:
    first = context.installed or context.today - DAY * 3650
    start, end = midnight(first, context.zone).astimezone(context.zone), context.clock().astimezone(context.zone)
    return await context.client.backup_history(context.site_id, start, end, period=HistoryPeriod.LIFETIME)


async def _sessions(context: Context) -> tuple[ChargeSession, ...]:
    start = midnight(context.today - DAY * _SESSION_DAYS, context.zone).astimezone(context.zone)
    return await context.client.charge_history(context.site_id, start, context.clock().astimezone(context.zone))


async def energy_of(context: Context, first: date, days: int, period: HistoryPeriod) -> EnergyHistory:
    """Return the energy of whole days of the site."""
    start, end = midnight(first, context.zone), midnight(first + DAY * days, context.zone) - timedelta(seconds=1)
    return await context.client.energy_history(
        context.site_id, start.astimezone(context.zone), end.astimezone(context.zone), period=period
    )


def _measures(source: CloudSource[Context]) -> bool:
    return equipment.measures(source.answer(INFO))


# Under the smallest budget, two sites leave each other just enough for the power by day, and one
# site's power is polled each minute under the usual one: the rest waits, above all at night.
INFO: Feed[SiteInfo] = _feed(
    "site_info",
    endpoints.SITE_INFO,
    _info,
    essential=True,
    weight_day=0.025,
    weight_night=0.0005,
    min_interval=15 * _MINUTE,
    max_interval=12 * _HOUR,
)
LIVE: Feed[LiveStatus] = _feed(
    "live_status",
    endpoints.LIVE_STATUS,
    _live,
    essential=True,
    weight_day=1.0,
    weight_night=0.07,
    min_interval=_MINUTE,
    max_interval=4 * _HOUR,
    fresh_by_day=True,
)
TODAY: Feed[EnergyHistory] = _feed(
    "energy_today",
    endpoints.ENERGY_HISTORY,
    _today,
    wanted=_measures,
    weight_day=0.03,
    weight_night=0.0005,
    min_interval=_HOUR,
    max_interval=8 * _HOUR,
)
DAYS: Feed[EnergyHistory] = _feed(
    "energy_days",
    endpoints.ENERGY_HISTORY,
    _days,
    wanted=_measures,
    path=f"{endpoints.ENERGY_HISTORY.name}_days",
    join=_joined,
    daily_at=time(2, 20),
    min_interval=15 * _MINUTE,
)
OUTAGES: Feed[BackupHistory] = _feed(
    "outages",
    endpoints.BACKUP_HISTORY,
    _outages,
    wanted=lambda source: equipment.has_battery(source.answer(INFO)),
    daily_at=time(2, 40),
    min_interval=15 * _MINUTE,
)
SESSIONS: Feed[tuple[ChargeSession, ...]] = _feed(
    "charge_sessions",
    endpoints.CHARGE_HISTORY,
    _sessions,
    wanted=lambda source: bool(equipment.chargers(source.answer(INFO))),
    daily_at=time(3, 0),
    min_interval=15 * _MINUTE,
)

ALL = (INFO, LIVE, TODAY, DAYS, OUTAGES, SESSIONS)
