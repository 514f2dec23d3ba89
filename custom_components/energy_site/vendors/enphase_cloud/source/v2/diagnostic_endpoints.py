"""Requests that are only sent because a user wants to see the response, such as for support."""

from collections.abc import Awaitable, Callable, Mapping

from .....api.errors import ApiNotFoundError
from ...client import v2_endpoints as endpoints
from .feeds import EnlightenContext


async def _system_id(ask: EnlightenContext) -> object:
    """Search for the system by its own gateway."""
    endpoint = endpoints.SEARCH_SYSTEM_ID
    if ask.gateway is None:
        envoys = await ask.client.get(endpoints.ENVOYS, ask.system_id)
        if not envoys:
            raise ApiNotFoundError(endpoint.name, 404)
        ask.gateway = envoys[0].serial_number
    return await ask.client.get(endpoint, query={"serial_num": ask.gateway})


async def _monthly_production(ask: EnlightenContext) -> object:
    return await ask.client.get(endpoints.MONTHLY_PRODUCTION, ask.system_id, {"start_date": ask.last_whole_month})


ALL: Mapping[str, Callable[[EnlightenContext], Awaitable[object]]] = {
    endpoints.SEARCH_SYSTEM_ID.path: _system_id,
    endpoints.MONTHLY_PRODUCTION.path: _monthly_production,
}
"""The requests by the paths of their endpoints; their responses aren't processed."""
