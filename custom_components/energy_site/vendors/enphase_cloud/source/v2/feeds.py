"""The feeds of one system in v2, and the weights of their updates."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from .....site.model import EnergyCounters, Inverters, PowerFlow
from .....sources.cloud import CloudFeed, CloudSource
from ...client import v2_endpoints as endpoints
from ...client.models.common import DailySeries
from ...client.models.devices import MicroInverter
from ...client.models.meters import CloudMeterReading
from ...client.models.systems import Summary
from ...client.models.telemetry import EnergyTelemetry
from ...client.models.v2 import Envoy, Inventory, LegacySystems
from ...client.v2 import EnlightenV2Client
from ..planned_feed import CLOSE, DAY, HARDLY_CHANGES, SLOW, WEEK, planned_feed

_HOUR = timedelta(hours=1)
_FIVE_MINUTES = 300


@dataclass(slots=True, kw_only=True)
class EnlightenContext:
    """The client, the local date and the gateway of a system."""

    client: EnlightenV2Client
    system_id: int
    clock: Callable[[], datetime]
    zone: tzinfo = UTC
    gateway: str | None = None

    @property
    def since_yesterday(self) -> int:
        """The start of yesterday, so that late intervals are included, in seconds since the epoch."""
        yesterday = self.clock().astimezone(self.zone).date() - DAY
        return int(datetime.combine(yesterday, time(), self.zone).timestamp())

    @property
    def since_this_time_yesterday(self) -> int:
        """The earliest time for which inverters can be requested at once, in seconds since the epoch."""
        now = int(self.clock().timestamp())
        return now - now % _FIVE_MINUTES + _FIVE_MINUTES - int(DAY.total_seconds())

    @property
    def last_whole_month(self) -> date:
        """The first day of the previous month."""
        today = self.clock().astimezone(self.zone).date()
        return (today.replace(day=1) - DAY).replace(day=1)


type Feed[T] = CloudFeed[EnlightenContext, T]
type Source = CloudSource[EnlightenContext]


def metered(source: Source) -> bool:
    """Return whether a meter measures the production, rather than only the inverters."""
    summary: Summary | None = source.answer(SUMMARY)
    return summary is not None and summary.source == "meter"


def _has_consumption(source: Source) -> bool:
    """Return whether the system has a consumption meter whose data the owner shares."""
    return source.states[CONSUMPTION_LIFETIME.key].presence.answers


_BY_METER: Mapping[str, Any] = {
    "wanted": metered,
    "cost": SLOW,
    "weight_day": 0.05,
    "weight_night": 0.0,
    "min_interval": _HOUR,
    "max_interval": DAY,
}

SYSTEM: Feed[LegacySystems] = planned_feed(
    "system",
    endpoints.SYSTEMS,
    lambda ask: ask.client.get(endpoints.SYSTEMS, query={"system_id[]": [ask.system_id], "limit": 1}),
    **HARDLY_CHANGES,
)
SUMMARY: Feed[Summary] = planned_feed(
    "summary",
    endpoints.SUMMARY,
    essential=True,
    weight_day=1.0,
    weight_night=0.2,
    max_interval=timedelta(hours=2),
)
INVENTORY: Feed[Inventory] = planned_feed("inventory", endpoints.INVENTORY, **HARDLY_CHANGES)
CONSUMPTION_LIFETIME: Feed[DailySeries] = planned_feed(
    "consumption_lifetime",
    endpoints.CONSUMPTION_LIFETIME,
    essential=True,
    daily_at=CLOSE,
    cost=SLOW,
    readings=(EnergyCounters,),
)
CONSUMPTION: Feed[EnergyTelemetry] = planned_feed(
    "consumption_stats",
    endpoints.CONSUMPTION_STATS,
    lambda ask: ask.client.get(endpoints.CONSUMPTION_STATS, ask.system_id, {"start_at": ask.since_yesterday}),
    wanted=_has_consumption,
    weight_day=1.0,
    weight_night=0.6,
    max_interval=timedelta(hours=2),
    readings=(PowerFlow, EnergyCounters),
)
STATS: Feed[EnergyTelemetry] = planned_feed(
    "stats",
    endpoints.STATS,
    lambda ask: ask.client.get(endpoints.STATS, ask.system_id, {"start_at": ask.since_this_time_yesterday}),
    wanted=lambda source: not metered(source),
    weight_day=0.15,
    weight_night=0.0,
    min_interval=_HOUR,
    max_interval=DAY,
    readings=(EnergyCounters,),
)
RGM_STATS: Feed[EnergyTelemetry] = planned_feed(
    "rgm_stats",
    endpoints.RGM_STATS,
    lambda ask: ask.client.get(endpoints.RGM_STATS, ask.system_id, {"start_at": ask.since_yesterday}),
    readings=(EnergyCounters,),
    **_BY_METER,
)
READINGS: Feed[tuple[CloudMeterReading, ...]] = planned_feed(
    "production_meter_readings", endpoints.PRODUCTION_READINGS, **_BY_METER
)
INVERTERS: Feed[tuple[MicroInverter, ...]] = planned_feed(
    "inverters",
    endpoints.INVERTERS,
    lambda ask: ask.client.get(endpoints.INVERTERS, query={"site_id": ask.system_id}),
    weight_day=0.4,
    weight_night=0.0,
    max_interval=timedelta(hours=12),
    readings=(Inverters,),
)
ENVOYS: Feed[tuple[Envoy, ...]] = planned_feed(
    "envoys",
    endpoints.ENVOYS,
    weight_day=0.1,
    weight_night=0.1,
    min_interval=_HOUR,
    max_interval=timedelta(hours=12),
    cost=SLOW,
)
ENERGY_LIFETIME: Feed[DailySeries] = planned_feed(
    "energy_lifetime",
    endpoints.ENERGY_LIFETIME,
    weight_day=0.01,
    weight_night=0.0,
    min_interval=WEEK,
    max_interval=timedelta(days=30),
    cost=SLOW,
    readings=(EnergyCounters,),
)

# The order matters during setup: feeds that decide about others are polled first.
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
)

# Feeds that an owner may restrict; others are only forbidden once the API is retired.
PERMITTED = frozenset({CONSUMPTION_LIFETIME.key, CONSUMPTION.key})

# Feeds that every system has as long as the API exists.
EVERYBODYS = frozenset({SYSTEM.key, SUMMARY.key, INVENTORY.key, ENVOYS.key})
