"""The feeds of one system in the cloud, and the weights of their updates.

The order matters during setup: feeds that decide about others are polled first.
"""

from collections.abc import Callable, Mapping
from datetime import time, timedelta
from typing import Any

from .....api.errors import ApiPayloadError
from .....site.history.intervals import DAY
from .....site.model import Battery, CounterKind, EnergyCounters, GridStatus, Inverters, PowerFlow, Storm
from .....sources.cloud import CloudFeed, CloudSource
from ...client import v4_endpoints as endpoints
from ...client.endpoint import CloudEndpoint, page_query
from ...client.models.battery import BatterySettings, GridStatusPayload, LoadContact, StormGuard
from ...client.models.common import DailySeries
from ...client.models.devices import Devices, MicroInverter
from ...client.models.lifetime import BatteryLifetime
from ...client.models.systems import Summary, System
from ...client.models.telemetry import BatteryTelemetry, EnergyTelemetry, LatestTelemetry
from ..planned_feed import CLOSE, HARDLY_CHANGES, SLOW, planned_feed
from . import meters, unit_feeds
from .context import V4Context, all_intervals, whole_days

_MORNING = time(4, 10)

# Missing import and export are derived from this many days of other energy: a day is only complete
# once a later one was requested, and a week costs no more than a day.
BALANCED_DAYS = 4
_DAYS_OF_INVERTERS = 2

# Inverters per page, and more pages than any roof fills.
_PAGE, _MOST_PAGES = 100, 20


type Feed[T] = CloudFeed[V4Context, T]
type Source = CloudSource[V4Context]


def _has(*kinds: str) -> Callable[[Source], bool]:
    """Return a condition for feeds of systems with devices of some kinds, or whose devices are unknown."""

    def wanted(source: Source) -> bool:
        devices: Devices | None = source.answer(DEVICES)
        return devices is None or any(devices.of(kind) for kind in kinds)

    return wanted


def _meters(*types: str, known_by: str | None = None) -> Callable[[Source], bool]:
    """Return a condition for feeds of systems with a meter of some types, or whose meters are unknown.

    If a meter doesn't report its type, the answer with the daily energy shows whether there is one:
    that of this feed, or of the one it is `known_by`.
    """

    def wanted(source: Source) -> bool:
        known = meters.measures(source.answer(DEVICES), *types)
        if known is None and known_by is not None:
            return source.states[known_by].presence.answers
        return known is not False

    return wanted


async def _all_inverters(ask: V4Context) -> tuple[MicroInverter, ...]:
    """Return the inverters of all pages, as commercial roofs have several."""
    found: list[MicroInverter] = []
    for number in range(1, _MOST_PAGES + 1):
        query = {"site_id": ask.system_id, **page_query(number, _PAGE)}
        page = await ask.client.get(endpoints.INVERTERS, query=query)
        found += page
        if len(page) < _PAGE:
            break
    return tuple(found)


async def _each_battery(ask: V4Context) -> Mapping[str, BatteryTelemetry]:
    """Return each battery's intervals of today, by its serial number."""
    endpoint, query = endpoints.ENCHARGE_TELEMETRY, ask.of_today
    return {serial: await ask.client.get(endpoint, ask.system_id, serial, query) for serial in ask.batteries}


def _by_battery(ask: V4Context, answers: list[BatteryTelemetry]) -> Mapping[str, BatteryTelemetry]:
    """Return the answers from before a restart by battery, as they are in the same order."""
    if len(answers) != len(ask.batteries):
        raise ApiPayloadError(endpoints.ENCHARGE_TELEMETRY.name, "answers for other batteries")
    return dict(zip(ask.batteries, answers, strict=True))


def _all_pages(_: V4Context, pages: list[tuple[MicroInverter, ...]]) -> tuple[MicroInverter, ...]:
    return tuple(each for page in pages for each in page)


def _all_intervals[T: (EnergyTelemetry, BatteryTelemetry)](_: V4Context, answers: list[T]) -> T:
    return all_intervals(answers)


async def _days_of_inverters(ask: V4Context) -> EnergyTelemetry:
    """Return the inverters' production of today and, if requested, yesterday, with one request per day."""
    days = [ask.today - number * DAY for number in reversed(range(min(ask.days, _DAYS_OF_INVERTERS)))]
    endpoint = endpoints.PRODUCTION_MICRO
    return all_intervals([await whole_days(ask.client, endpoint, ask.system_id, day, 1, ask.zone) for day in days])


def missing_directions(source: Source) -> frozenset[CounterKind]:
    """Return the directions of the grid whose energy has been unavailable for long."""
    ailing = source.ailing(source.context.clock())
    return frozenset(kind for kind, feeds in GRID_FEEDS.items() if any(feed.key in ailing for feed in feeds))


def has_production_meter(source: Source) -> bool:
    """Return whether a meter measures the production, rather than only the inverters."""
    summary = source.answer(SUMMARY)
    measured = meters.measures(source.answer(DEVICES), "production")
    return (summary is None or summary.source == "meter") if measured is None else measured


def _life[T](key: str, endpoint: CloudEndpoint[T], wanted: Callable[[Source], bool]) -> Feed[T]:
    return planned_feed(key, endpoint, wanted=wanted, readings=_COUNTERS, daily_at=CLOSE, cost=SLOW)


_BATTERY = _has("encharges", "acbs")
_COUNTERS = (EnergyCounters,)

_BY_METER: Mapping[str, Any] = {
    "readings": _COUNTERS,
    "join": _all_intervals,
    "weight_day": 0.2,
    "weight_night": 0.05,
    "max_interval": timedelta(days=2),
}

# The feeds with daily energy that show whether there is a meter for it, if meters don't report their type.
LIVES: Mapping[str, tuple[str, ...]] = {
    "consumption_lifetime": ("net", "total"),
    "energy_import_lifetime": ("net",),
    "energy_export_lifetime": ("net",),
}

SYSTEM: Feed[System] = planned_feed("system", endpoints.SYSTEM, **HARDLY_CHANGES)
DEVICES: Feed[Devices] = planned_feed("devices", endpoints.DEVICES, **HARDLY_CHANGES)
SUMMARY: Feed[Summary] = planned_feed(
    "summary",
    endpoints.SUMMARY,
    essential=True,
    weight_day=0.6,
    weight_night=0.0,
    max_interval=timedelta(days=1),
)
LATEST: Feed[LatestTelemetry] = planned_feed(
    "latest_telemetry",
    endpoints.LATEST_TELEMETRY,
    essential=True,
    weight_day=1.0,
    weight_night=0.3,
    max_interval=timedelta(hours=12),
    readings=(PowerFlow,),
)
BATTERY: Feed[BatteryTelemetry] = planned_feed(
    "battery_telemetry",
    endpoints.BATTERY_TELEMETRY,
    lambda ask: ask.latest_days(endpoints.BATTERY_TELEMETRY),
    join=_all_intervals,
    wanted=_BATTERY,
    weight_day=0.6,
    weight_night=0.3,
    max_interval=timedelta(hours=12),
    readings=(Battery, EnergyCounters),
)
EACH_BATTERY: Feed[Mapping[str, BatteryTelemetry]] = planned_feed(
    "encharge_telemetry",
    endpoints.ENCHARGE_TELEMETRY,
    _each_battery,
    join=_by_battery,
    wanted=_has("encharges"),
    weight_day=0.1,
    weight_night=0.1,
    min_interval=timedelta(hours=1),
    cost=SLOW,
    readings=(Battery,),
)
CONSUMPTION: Feed[EnergyTelemetry] = planned_feed(
    "consumption_meter",
    endpoints.CONSUMPTION_METER,
    lambda ask: ask.latest_days(endpoints.CONSUMPTION_METER),
    wanted=_meters(*LIVES["consumption_lifetime"], known_by="consumption_lifetime"),
    **_BY_METER,
)
IMPORT: Feed[EnergyTelemetry] = planned_feed(
    "energy_import",
    endpoints.IMPORT_TELEMETRY,
    lambda ask: ask.whole_today(endpoints.IMPORT_TELEMETRY),
    wanted=_meters(*LIVES["energy_import_lifetime"], known_by="energy_import_lifetime"),
    **_BY_METER,
)
EXPORT: Feed[EnergyTelemetry] = planned_feed(
    "energy_export",
    endpoints.EXPORT_TELEMETRY,
    lambda ask: ask.whole_today(endpoints.EXPORT_TELEMETRY),
    wanted=_meters(*LIVES["energy_export_lifetime"], known_by="energy_export_lifetime"),
    **{**_BY_METER, "weight_night": 0.0},
)
PRODUCTION_METER: Feed[EnergyTelemetry] = planned_feed(
    "production_meter",
    endpoints.PRODUCTION_METER,
    lambda ask: ask.latest_days(endpoints.PRODUCTION_METER),
    wanted=lambda source: bool(missing_directions(source)) and has_production_meter(source),
    substitute=True,
    **_BY_METER,
)
PRODUCTION_MICRO: Feed[EnergyTelemetry] = planned_feed(
    "production_micro",
    endpoints.PRODUCTION_MICRO,
    _days_of_inverters,
    join=_all_intervals,
    wanted=lambda source: bool(missing_directions(source)) and not has_production_meter(source),
    substitute=True,
    requests=_DAYS_OF_INVERTERS,
    weight_day=0.2,
    weight_night=0.05,
    max_interval=timedelta(days=1),
    readings=_COUNTERS,
)
CONSUMPTION_LIFETIME: Feed[DailySeries] = _life(
    "consumption_lifetime", endpoints.CONSUMPTION_LIFETIME, _meters(*LIVES["consumption_lifetime"])
)
IMPORT_LIFETIME: Feed[DailySeries] = _life(
    "energy_import_lifetime", endpoints.IMPORT_LIFETIME, _meters(*LIVES["energy_import_lifetime"])
)
EXPORT_LIFETIME: Feed[DailySeries] = _life(
    "energy_export_lifetime", endpoints.EXPORT_LIFETIME, _meters(*LIVES["energy_export_lifetime"])
)
BATTERY_LIFETIME: Feed[BatteryLifetime] = _life("battery_lifetime", endpoints.BATTERY_LIFETIME, _BATTERY)
INVERTERS: Feed[tuple[MicroInverter, ...]] = planned_feed(
    "inverters",
    endpoints.INVERTERS,
    _all_inverters,
    join=_all_pages,
    wanted=_has("micros"),
    daily_at=_MORNING,
    cost=SLOW,
    readings=(Inverters,),
)
OPEN_EVENTS: Feed[tuple[int, ...]] = planned_feed(
    "open_events",
    endpoints.OPEN_EVENTS,
    weight_day=0.05,
    weight_night=0.02,
    min_interval=timedelta(hours=1),
    max_interval=timedelta(days=2),
    cost=SLOW,
)
BATTERY_SETTINGS: Feed[BatterySettings] = planned_feed(
    "battery_settings",
    endpoints.BATTERY_SETTINGS,
    wanted=_BATTERY,
    weight_day=0.5,
    weight_night=0.3,
    max_interval=timedelta(hours=12),
)
STORM_GUARD: Feed[StormGuard] = planned_feed(
    "storm_guard",
    endpoints.STORM_GUARD,
    wanted=_BATTERY,
    readings=(Storm,),
    weight_day=0.5,
    weight_night=0.5,
    max_interval=timedelta(hours=12),
)
GRID_STATUS: Feed[GridStatusPayload] = planned_feed(
    "grid_status",
    endpoints.GRID_STATUS,
    wanted=_has("encharges", "enpowers", "iq_collars"),
    weight_day=0.8,
    weight_night=0.8,
    max_interval=timedelta(hours=12),
    readings=(GridStatus,),
)
LOAD_CONTROL: Feed[tuple[LoadContact, ...]] = planned_feed(
    "load_control",
    endpoints.LOAD_CONTROL,
    wanted=_has("enpowers"),
    weight_day=0.1,
    weight_night=0.1,
    max_interval=timedelta(days=1),
)


# The feeds with the energy of each direction of the grid: today's, and the lifetime's.
GRID_FEEDS: Mapping[CounterKind, tuple[Feed[Any], Feed[Any]]] = {
    CounterKind.GRID_IMPORT: (IMPORT, IMPORT_LIFETIME),
    CounterKind.GRID_EXPORT: (EXPORT, EXPORT_LIFETIME),
}


def is_unproved(source: Source, key: str) -> bool:
    """Return whether an answer has to show that there is a meter, since no meter reports its type."""
    return key in LIVES and meters.measures(source.answer(DEVICES), *LIVES[key]) is None


def house_needs_battery(source: Source) -> bool:
    """Return whether the house's consumption is the sum of its meter's consumption and the battery's share."""
    battery = _BATTERY(source) and source.states[BATTERY.key].presence.answers
    return battery and not meters.measures_house(source.answer(DEVICES))


def battery_in_balance(source: Source) -> bool:
    """Return whether the consumption includes the battery, besides production and grid."""
    return _BATTERY(source) and meters.measures_house(source.answer(DEVICES))


ALL: tuple[Feed[Any], ...] = (
    SYSTEM,
    DEVICES,
    SUMMARY,
    LATEST,
    BATTERY,
    EACH_BATTERY,
    CONSUMPTION,
    IMPORT,
    EXPORT,
    PRODUCTION_METER,
    PRODUCTION_MICRO,
    BATTERY_SETTINGS,
    STORM_GUARD,
    GRID_STATUS,
    LOAD_CONTROL,
    CONSUMPTION_LIFETIME,
    IMPORT_LIFETIME,
    EXPORT_LIFETIME,
    BATTERY_LIFETIME,
    INVERTERS,
    OPEN_EVENTS,
    *unit_feeds.ALL,
)
