"""What is asked only because a person wants to see it, for support or out of curiosity."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from .....api.errors import ApiNotFoundError
from .....site.quota.demand import PollRequest
from .....sources.cloud import CloudFeed
from ...client import v4_endpoints as endpoints
from ...client.endpoint import CloudEndpoint
from .context import Context

_DAY = timedelta(days=1)


def _feed[T](key: str, endpoint: CloudEndpoint[T], ask: Callable[[Context], Awaitable[T]]) -> CloudFeed[Context, T]:
    return CloudFeed(
        key=key,
        endpoint=endpoint.path,
        cost=2.0,
        name=endpoint.name,
        ask=ask,
        read=endpoint.parse,
        request=PollRequest(key=key, cost=1),
        wanted=lambda _: False,
    )


def _yesterday(ask: Context) -> int:
    return int((ask.clock() - _DAY).timestamp())


def _first(serials: tuple[str, ...], endpoint: CloudEndpoint[Any]) -> str:
    """Return the first of some devices; without any there is nothing at the endpoint."""
    if not serials:
        raise ApiNotFoundError(endpoint.name, 404)
    return serials[0]


def _of_charger[T](
    endpoint: CloudEndpoint[T], ask: Callable[[Context, str], Awaitable[T]]
) -> Callable[[Context], Awaitable[T]]:
    return lambda context: ask(context, _first(context.chargers, endpoint))


ALL: tuple[CloudFeed[Context, Any], ...] = (
    _feed(
        "production_readings",
        endpoints.PRODUCTION_READINGS,
        lambda ask: ask.client.production_meter_readings(ask.system_id),
    ),
    _feed(
        "consumption_readings",
        endpoints.CONSUMPTION_READINGS,
        lambda ask: ask.client.consumption_meter_readings(ask.system_id),
    ),
    _feed("storage_readings", endpoints.STORAGE_READINGS, lambda ask: ask.client.storage_meter_readings(ask.system_id)),
    _feed(
        "rgm_stats",
        endpoints.RGM_STATS,
        lambda ask: ask.client.rgm_stats(ask.system_id, start_at=_yesterday(ask)),
    ),
    _feed("events", endpoints.EVENTS, lambda ask: ask.client.events(ask.system_id, _yesterday(ask))),
    _feed("alarms", endpoints.ALARMS, lambda ask: ask.client.alarms(ask.system_id, _yesterday(ask))),
    _feed("open_alarms", endpoints.OPEN_ALARMS, lambda ask: ask.client.open_alarms(ask.system_id)),
    _feed("event_types", endpoints.EVENT_TYPES, lambda ask: ask.client.event_types()),
    _feed(
        "retrieve_system_id",
        endpoints.SYSTEM_ID,
        lambda ask: ask.client.system_id_of(_first(ask.gateways, endpoints.SYSTEM_ID)),
    ),
    _feed(
        "micros_telemetry",
        endpoints.MICROS_TELEMETRY,
        lambda ask: ask.client.micros_telemetry(ask.system_id, ask.window),
    ),
    _feed(
        "ev_charger_events",
        endpoints.CHARGER_EVENTS,
        _of_charger(endpoints.CHARGER_EVENTS, lambda ask, serial: ask.client.charger_events(ask.system_id, serial)),
    ),
    _feed(
        "ev_charger_sessions",
        endpoints.CHARGER_SESSIONS,
        _of_charger(endpoints.CHARGER_SESSIONS, lambda ask, serial: ask.client.charger_sessions(ask.system_id, serial)),
    ),
    _feed(
        "ev_charger_schedules",
        endpoints.CHARGER_SCHEDULES,
        _of_charger(
            endpoints.CHARGER_SCHEDULES, lambda ask, serial: ask.client.charger_schedules(ask.system_id, serial)
        ),
    ),
    _feed(
        "ev_charger_lifetime",
        endpoints.CHARGER_LIFETIME,
        _of_charger(
            endpoints.CHARGER_LIFETIME,
            lambda ask, serial: ask.client.charger_lifetime(ask.system_id, serial, ask.today - timedelta(days=30)),
        ),
    ),
)
