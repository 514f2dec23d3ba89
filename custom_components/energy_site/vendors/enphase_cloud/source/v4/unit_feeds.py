"""The feeds of devices that are asked for one by one: EV chargers and heat pumps."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

from .....api.errors import ApiNotFoundError, ApiPayloadError, ApiStatusError
from .....sources.cloud import CloudFeed, CloudSource
from ...client import v4_endpoints as endpoints
from ...client.endpoint import CloudEndpoint, Value
from ...client.models.common import DailySeries
from ...client.models.ev_charger import SessionPage
from ...client.models.telemetry import EnergyTelemetry
from ..planned_feed import CLOSE, SLOW, planned_feed
from .context import V4Context

# The statuses for a device or a query that the service doesn't know. These endpoints are documented with fewer words
# than others, and what isn't there as described is like what isn't there at all.
_UNKNOWN_THERE = (400, 404, 405, 422, 501)

# Sessions of a page, the most that the service returns.
_SESSIONS = 100

type Feed[T] = CloudFeed[V4Context, Mapping[str, T]]
type Serials = Callable[[V4Context], tuple[str, ...]]


def chargers(ask: V4Context) -> tuple[str, ...]:
    """Return the serial numbers of the system's chargers."""
    return ask.chargers


def heat_pumps(ask: V4Context) -> tuple[str, ...]:
    """Return the serial numbers of the system's heat pumps."""
    return ask.heat_pumps


def _unit_feed[T](
    key: str,
    endpoint: CloudEndpoint[T],
    serials: Serials,
    query: Callable[[V4Context], Mapping[str, Value]] = lambda _: {},
    ask_one: Callable[[V4Context, str], Awaitable[T]] | None = None,
    **weights: Any,
) -> Feed[T]:
    """Return a feed of the answers for each of some devices, one request each; a system without any costs nothing."""

    async def get(ask: V4Context, serial: str) -> T:
        return await ask.client.get(endpoint, ask.system_id, serial, query(ask))

    def wanted(source: CloudSource[V4Context]) -> bool:
        return bool(serials(source.context))

    def by_serial(ask: V4Context, answers: list[T]) -> Mapping[str, T]:
        """Return the answers from before a restart by device, as they are in the same order."""
        if len(answers) != len(serials(ask)):
            raise ApiPayloadError(endpoint.name, "answers for other devices")
        return dict(zip(serials(ask), answers, strict=True))

    return planned_feed(
        key,
        endpoint,
        lambda ask: _each(ask, serials(ask), endpoint, ask_one or get),
        join=by_serial,
        wanted=wanted,
        cost=SLOW,
        **weights,
    )


async def _each[T](
    ask: V4Context, serials: tuple[str, ...], endpoint: CloudEndpoint[T], get: Callable[[V4Context, str], Awaitable[T]]
) -> Mapping[str, T]:
    """Return the answers for the devices that the service has something to say about; raise if it is none of them."""
    found: dict[str, T] = {}
    failure: ApiStatusError | ApiPayloadError | None = None
    for serial in serials:
        try:
            found[serial] = await get(ask, serial)
        except ApiPayloadError as err:
            failure = err
        except ApiStatusError as err:
            if err.status not in _UNKNOWN_THERE:
                raise
            failure = ApiNotFoundError(endpoint.name, err.status)
    if failure is not None and not found:
        raise failure
    return found


async def _newest_sessions(ask: V4Context, serial: str) -> SessionPage:
    """Return the page with a charger's newest session, whichever end of the list the service begins with."""

    async def page(offset: int) -> SessionPage:
        query: Mapping[str, Value] = {"offset": offset, "limit": _SESSIONS}
        return await ask.client.get(endpoints.CHARGER_SESSIONS, ask.system_id, serial, query)

    offsets, offset = ask.session_offsets, ask.session_offsets.get(serial, 0)
    found = await page(offset)
    starts = [each.start_time for each in found.sessions if each.start_time is not None]
    if not starts and offset:
        # Sessions were removed.
        del offsets[serial]
        return await page(0)
    if found.count is None or found.count <= offset + _SESSIONS or not starts or starts[0] >= starts[-1]:
        return found
    # The next ones fit on the same page for a while.
    offsets[serial] = found.count - _SESSIONS // 2
    return await page(offsets[serial])


def _quarters(ask: V4Context) -> Mapping[str, Value]:
    """Return the query for today's intervals of a charger, whose dates are written differently."""
    return {"granularity": "day", "start_at": int(datetime.combine(ask.today, time(), ask.zone).timestamp())}


# Charging that began or ended is seen in the latest telemetry and asks for these at once. Until then, once a day is
# enough: intervals and sessions are listed as long as anybody may want them.
_SELDOM: Mapping[str, Any] = {"weight_day": 0.05, "weight_night": 0.05}

CHARGER_SESSIONS: Feed[SessionPage] = _unit_feed(
    "charger_sessions",
    endpoints.CHARGER_SESSIONS,
    chargers,
    ask_one=_newest_sessions,
    max_interval=timedelta(days=2),
    **_SELDOM,
)
CHARGER_TELEMETRY: Feed[EnergyTelemetry] = _unit_feed(
    "charger_telemetry",
    endpoints.CHARGER_TELEMETRY,
    chargers,
    _quarters,
    max_interval=timedelta(days=1),
    **_SELDOM,
)
CHARGER_LIFETIME: Feed[DailySeries] = _unit_feed(
    "charger_lifetime",
    endpoints.CHARGER_LIFETIME,
    chargers,
    # Only the chargers' endpoints use dates without hyphens.
    lambda ask: {"start_date": f"{ask.since:%Y%m%d}"},
    daily_at=CLOSE,
)
HEAT_PUMP_TELEMETRY: Feed[EnergyTelemetry] = _unit_feed(
    "heat_pump_telemetry",
    endpoints.HEAT_PUMP_TELEMETRY,
    heat_pumps,
    lambda ask: {**ask.of_today, "interval_duration": "15mins"},
    weight_day=0.2,
    weight_night=0.2,
    max_interval=timedelta(days=1),
)
HEAT_PUMP_LIFETIME: Feed[DailySeries] = _unit_feed(
    "heat_pump_lifetime", endpoints.HEAT_PUMP_LIFETIME, heat_pumps, daily_at=CLOSE
)

OF_CHARGERS: tuple[CloudFeed[V4Context, Any], ...] = (CHARGER_SESSIONS, CHARGER_TELEMETRY, CHARGER_LIFETIME)
OF_HEAT_PUMPS: tuple[CloudFeed[V4Context, Any], ...] = (HEAT_PUMP_TELEMETRY, HEAT_PUMP_LIFETIME)
ALL = (*OF_CHARGERS, *OF_HEAT_PUMPS)


def planned_for(context: V4Context) -> Mapping[str, CloudFeed[V4Context, Any]]:
    """Return these feeds with what they cost a system: one request for each of its devices."""
    return {
        feed.key: replace(feed, request=replace(feed.request, cost=max(len(serials(context)), 1)))
        for serials, feeds in ((chargers, OF_CHARGERS), (heat_pumps, OF_HEAT_PUMPS))
        for feed in feeds
    }
