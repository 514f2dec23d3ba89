"""Requests that are only sent because a user wants to see the response, such as for support."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from .....api.errors import ApiNotFoundError
from ...client import v4_endpoints as endpoints
from ...client.endpoint import CloudEndpoint, Value, page_query
from .context import V4Context

type _Query = Mapping[str, Value]
type _Request = Callable[[V4Context], Awaitable[object]]

_OFFSET: _Query = {"offset": 0, "limit": 100}


def _of_system(
    endpoint: CloudEndpoint[object], query: Callable[[V4Context], _Query] = lambda _: {}
) -> tuple[str, _Request]:
    return endpoint.path, lambda ask: ask.client.get(endpoint, ask.system_id, query=query(ask))


def _of_device(
    endpoint: CloudEndpoint[object],
    serials: Callable[[V4Context], tuple[str, ...]],
    query: Callable[[V4Context, str], _Query] = lambda *_: {},
) -> tuple[str, _Request]:
    """Request the endpoint for the first of some devices; raise `ApiNotFoundError` if there are none."""

    async def request(ask: V4Context) -> object:
        if not (found := serials(ask)):
            raise ApiNotFoundError(endpoint.name, 404)
        return await ask.client.get(endpoint, ask.system_id, found[0], query(ask, found[0]))

    return endpoint.path, request


def _yesterday(ask: V4Context) -> int:
    return int((ask.clock() - timedelta(days=1)).timestamp())


def _chargers(ask: V4Context) -> tuple[str, ...]:
    return ask.chargers


ALL: Mapping[str, _Request] = dict(
    (
        _of_system(endpoints.ENERGY_LIFETIME),
        _of_system(endpoints.PRODUCTION_READINGS),
        _of_system(endpoints.CONSUMPTION_READINGS),
        _of_system(endpoints.STORAGE_READINGS),
        _of_system(endpoints.RGM_STATS, lambda ask: {"start_at": _yesterday(ask)}),
        _of_system(endpoints.EVENTS, lambda ask: {"start_time": _yesterday(ask)}),
        _of_system(endpoints.ALARMS, lambda ask: {"start_time": _yesterday(ask)}),
        _of_system(endpoints.OPEN_ALARMS),
        _of_system(endpoints.EVENT_TYPES),
        _of_device(endpoints.SYSTEM_ID, lambda ask: ask.gateways, lambda _, serial: {"serial_num": serial}),
        _of_system(endpoints.MICROS_TELEMETRY, lambda ask: {**ask.of_today, **page_query(1, 20)}),
        _of_system(endpoints.CHARGERS),
        _of_device(endpoints.CHARGER_EVENTS, _chargers, lambda _, serial: {"serial_num": serial, **_OFFSET}),
        _of_device(endpoints.CHARGER_SCHEDULES, _chargers),
    )
)
"""The requests by the paths of their endpoints; their responses aren't processed."""
