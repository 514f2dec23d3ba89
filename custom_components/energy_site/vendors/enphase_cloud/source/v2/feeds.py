"""What is asked of v2 for one system, and what an update of it is worth.

All thirteen endpoints are here. What nothing is made of is asked only when a
person wants to see it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from .....api.errors import ApiNotFoundError
from .....site.quota.demand import PollRequest
from .....sources.cloud import CloudFeed, CloudSource
from ...client import v2_endpoints as endpoints
from ...client.endpoint import CloudEndpoint
from ...client.models.common import DailySeries
from ...client.models.devices import InvertersSummary
from ...client.models.lifetime import EnergyLifetime
from ...client.models.meters import MeterReadings, RgmStats
from ...client.models.systems import Summary
from ...client.models.telemetry import EnergyTelemetry
from ...client.models.v2 import Envoy, Inventory, LegacySystems, MonthlyProduction
from ...client.v2 import EnlightenV2Client

# The last quarter-hours of a day are in the cloud by then, where the site stands.
_CLOSE = time(2, 30)

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)

# What hardly changes is not worth a request when somebody wants all values now.
_SLOW = 2.0

_FIVE_MINUTES = 300
_NO_CONTENT = 204


@dataclass(slots=True, kw_only=True)
class EnlightenContext:
    """How a system is asked: by which client, what day it is where the system stands, and its gateway."""

    client: EnlightenV2Client
    system_id: int
    clock: Callable[[], datetime]
    zone: tzinfo = UTC
    gateway: str | None = None

    @property
    def since_yesterday(self) -> int:
        """The midnight before the last one, so that what came late is not missed, in seconds since the epoch."""
        yesterday = self.clock().astimezone(self.zone).date() - _DAY
        return int(datetime.combine(yesterday, time(), self.zone).timestamp())

    @property
    def since_this_time_yesterday(self) -> int:
        """As long ago as inverters may be asked for at once, in seconds since the epoch."""
        now = int(self.clock().timestamp())
        return now - now % _FIVE_MINUTES + _FIVE_MINUTES - int(_DAY.total_seconds())

    @property
    def last_whole_month(self) -> date:
        """The first day of the month before this one."""
        today = self.clock().astimezone(self.zone).date()
        return (today.replace(day=1) - _DAY).replace(day=1)


type Feed[T] = CloudFeed[EnlightenContext, T]
type Source = CloudSource[EnlightenContext]
type Ask[T] = Callable[[EnlightenContext], Awaitable[T]]


def _feed[T](
    key: str,
    endpoint: CloudEndpoint[T],
    ask: Ask[T],
    *,
    wanted: Callable[[Source], bool] = lambda _: True,
    essential: bool = False,
    cost: float = 1.0,
    **weights: Any,
) -> Feed[T]:
    return CloudFeed(
        key=key,
        endpoint=endpoint.path,
        cost=cost,
        essential=essential,
        name=endpoint.name,
        ask=ask,
        read=endpoint.parse,
        request=PollRequest(key=key, cost=1, **weights),
        wanted=wanted,
    )


def _something[T](endpoint: CloudEndpoint[T], ask: Ask[T | None]) -> Ask[T]:
    """Take "no content" for what it means: there is none of this."""

    async def asked(context: EnlightenContext) -> T:
        if (answer := await ask(context)) is None:
            raise ApiNotFoundError(endpoint.name, _NO_CONTENT)
        return answer

    return asked


async def _search(ask: EnlightenContext) -> int:
    """Search for the system by its own gateway."""
    if ask.gateway is None:
        envoys = await ask.client.envoys(ask.system_id)
        if not envoys:
            raise ApiNotFoundError(endpoints.SEARCH_SYSTEM_ID.name, 404)
        ask.gateway = envoys[0].serial_number
    return await ask.client.search_system_id(ask.gateway)


def metered(source: Source) -> bool:
    """Tell whether a meter measures what the sun gives, and not only the inverters."""
    summary: Summary | None = source.answer(SUMMARY)
    return summary is not None and summary.source == "meter"


def _has_consumption(source: Source) -> bool:
    """Want a feed only where there is a meter for the consumption, and the owner does not keep it."""
    return source.states[CONSUMPTION_LIFETIME.key].presence.answers


SYSTEM: Feed[LegacySystems] = _feed(
    "system",
    endpoints.SYSTEMS,
    lambda ask: ask.client.systems(system_ids=[ask.system_id], limit=1),
    essential=True,
    weight_day=0.02,
    weight_night=0.0,
    min_interval=_DAY,
    max_interval=_WEEK,
    cost=_SLOW,
)
SUMMARY: Feed[Summary] = _feed(
    "summary",
    endpoints.SUMMARY,
    lambda ask: ask.client.summary(ask.system_id),
    essential=True,
    weight_day=1.0,
    weight_night=0.2,
    max_interval=timedelta(hours=2),
)
INVENTORY: Feed[Inventory] = _feed(
    "inventory",
    endpoints.INVENTORY,
    lambda ask: ask.client.inventory(ask.system_id),
    essential=True,
    weight_day=0.02,
    weight_night=0.0,
    min_interval=_DAY,
    max_interval=_WEEK,
    cost=_SLOW,
)
CONSUMPTION_LIFETIME: Feed[DailySeries] = _feed(
    "consumption_lifetime",
    endpoints.CONSUMPTION_LIFETIME,
    _something(endpoints.CONSUMPTION_LIFETIME, lambda ask: ask.client.consumption_lifetime(ask.system_id)),
    essential=True,
    daily_at=_CLOSE,
    cost=_SLOW,
)
CONSUMPTION: Feed[EnergyTelemetry] = _feed(
    "consumption_stats",
    endpoints.CONSUMPTION_STATS,
    lambda ask: ask.client.consumption_stats(ask.system_id, start_at=ask.since_yesterday),
    wanted=_has_consumption,
    weight_day=1.0,
    weight_night=0.6,
    max_interval=timedelta(hours=2),
)
STATS: Feed[EnergyTelemetry] = _feed(
    "stats",
    endpoints.STATS,
    lambda ask: ask.client.stats(ask.system_id, start_at=ask.since_this_time_yesterday),
    wanted=lambda source: not metered(source),
    weight_day=0.15,
    weight_night=0.0,
    min_interval=_HOUR,
    max_interval=_DAY,
)
RGM_STATS: Feed[RgmStats] = _feed(
    "rgm_stats",
    endpoints.RGM_STATS,
    lambda ask: ask.client.rgm_stats(ask.system_id, start_at=ask.since_yesterday),
    wanted=metered,
    weight_day=0.05,
    weight_night=0.0,
    min_interval=_HOUR,
    max_interval=_DAY,
    cost=_SLOW,
)
READINGS: Feed[MeterReadings] = _feed(
    "production_meter_readings",
    endpoints.PRODUCTION_READINGS,
    lambda ask: ask.client.production_meter_readings(ask.system_id),
    wanted=metered,
    weight_day=0.05,
    weight_night=0.0,
    min_interval=_HOUR,
    max_interval=_DAY,
    cost=_SLOW,
)
INVERTERS: Feed[tuple[InvertersSummary, ...]] = _feed(
    "inverters",
    endpoints.INVERTERS,
    lambda ask: ask.client.inverters(ask.system_id),
    weight_day=0.4,
    weight_night=0.0,
    max_interval=timedelta(hours=12),
)
ENVOYS: Feed[tuple[Envoy, ...]] = _feed(
    "envoys",
    endpoints.ENVOYS,
    lambda ask: ask.client.envoys(ask.system_id),
    weight_day=0.1,
    weight_night=0.1,
    min_interval=_HOUR,
    max_interval=timedelta(hours=12),
    cost=_SLOW,
)
ENERGY_LIFETIME: Feed[EnergyLifetime] = _feed(
    "energy_lifetime",
    endpoints.ENERGY_LIFETIME,
    _something(endpoints.ENERGY_LIFETIME, lambda ask: ask.client.energy_lifetime(ask.system_id)),
    weight_day=0.01,
    weight_night=0.0,
    min_interval=_WEEK,
    max_interval=timedelta(days=30),
    cost=_SLOW,
)
SEARCH: Feed[int] = _feed("search_system_id", endpoints.SEARCH_SYSTEM_ID, _search, wanted=lambda _: False, cost=_SLOW)
MONTHLY: Feed[MonthlyProduction] = _feed(
    "monthly_production",
    endpoints.MONTHLY_PRODUCTION,
    lambda ask: ask.client.monthly_production(ask.system_id, ask.last_whole_month),
    wanted=lambda _: False,
    cost=_SLOW,
)

# The order matters at set-up: what decides about others is asked first.
ALL: tuple[Feed[Any], ...] = (
    SYSTEM,
    SUMMARY,
    INVENTORY,
    CONSUMPTION_LIFETIME,
    CONSUMPTION,
    STATS,
    INVERTERS,
    ENVOYS,
    RGM_STATS,
    READINGS,
    ENERGY_LIFETIME,
    SEARCH,
    MONTHLY,
)

# What is polled: nothing is made of the others.
POLLED: tuple[Feed[Any], ...] = tuple(feed for feed in ALL if feed not in (SEARCH, MONTHLY))

# What an owner may keep; other endpoints are forbidden only when the API is gone.
PERMITTED = frozenset({CONSUMPTION_LIFETIME.key, CONSUMPTION.key})

# What there is for every system as long as there is the API.
EVERYBODYS = frozenset({SYSTEM.key, SUMMARY.key, INVENTORY.key, ENVOYS.key})
