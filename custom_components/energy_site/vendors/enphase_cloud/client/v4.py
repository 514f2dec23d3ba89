"""The Enphase Monitoring API v4."""

from collections.abc import Mapping
import time
from typing import Any

from aiohttp import ClientSession

from ....api.base_client import BudgetHooks
from ....api.errors import ApiAuthError, ApiPayloadError
from ....api.oauth import AccessToken
from ....api.transport import Response
from .base import EnphaseClient
from .endpoint import CloudEndpoint, PlanGroup, Request, Value
from .error_mapping import ErrorResponse, UnauthorizedCause, not_granted
from .v4_endpoints import SYSTEMS

# A token that was accepted is assumed to be valid for this many seconds, as it is renewed before it expires.
_STILL_GOOD = 60.0

# The statuses for a path that doesn't exist.
_NOTHING_THERE = (404, 405, 501)


class EnphaseV4Client(EnphaseClient):
    """Sends requests to the endpoints of `v4_endpoints`.

    A method raises `ApiPlanError` if the plan lacks the endpoint, `ApiForbiddenError` if the owner
    hasn't authorized access to this system, `ApiAuthError` if the token is rejected even after it
    was renewed, `KeyRefusedError` if the key is rejected, `ApiQuotaError` if the plan's requests
    are used up, `ApiNotFoundError`, including `HardwareAbsentError` for a device that the system
    lacks, `RangeError` for dates without data, `UnprocessableError` for another request without an
    answer, and other `ApiError` for temporary failures.

    A 401 may cost two or three more requests: one to find out whether the token is the cause, which
    is omitted for an endpoint that never answered if the token was accepted a moment ago, and one
    or two with a renewed token. The first request to an endpoint with two paths may cost one for
    each.
    """

    def __init__(
        self,
        session: ClientSession,
        api_key: str,
        access_token: AccessToken,
        *,
        budget: BudgetHooks | None = None,
        paths: Mapping[str, str] | None = None,
    ) -> None:
        """Use an application's key and the token of an owner who authorized it.

        `paths` is an earlier client's `paths`: the working paths, by endpoint name, of endpoints
        that two documents place differently.
        """
        super().__init__(session, "api/v4", budget)
        self._api_key = api_key
        self._access_token = access_token
        self._refused: str | None = None
        self._good: str | None = None
        self._good_until = 0.0
        self._granted: set[str] = set()
        self.paths: dict[str, str] = dict(paths or {})

    async def get[T](
        self,
        endpoint: CloudEndpoint[T],
        system_id: int | None = None,
        serial_number: str | None = None,
        query: Mapping[str, Value] | None = None,
    ) -> T:
        """Return an endpoint's parsed response; raise `ValueError` for a serial number that could change the path."""
        request = Request(endpoint=endpoint, system_id=system_id, serial_number=serial_number, query=query or {})
        answer = await self._send(request)
        return endpoint.parse(endpoint.name, answer.json())

    async def update[T](self, endpoint: CloudEndpoint[T], system_id: int, body: Mapping[str, Any]) -> T | None:
        """Send a change; return `None` if it was accepted without reporting the resulting values.

        A change takes a while to reach the gateway: only a read shows the active values.
        """
        answer = await self._send(Request(endpoint=endpoint, system_id=system_id, body=body))
        if not answer.body.strip():
            return None
        payload = answer.json()
        try:
            return endpoint.parse(endpoint.name, payload)
        except ApiPayloadError:
            return None

    async def _send(self, request: Request[Any]) -> Response:
        async with self._lock:
            answer = await self._authorized(request)
        if not 200 <= answer.status < 300:
            raise ErrorResponse(answer).error(group=request.endpoint.group)
        return answer

    async def _authorized(self, request: Request[Any]) -> Response:
        """Send a request, and repeat it with a renewed token if the first one caused a 401."""
        token = await self._access_token()
        answer = await self._request_authorized(request, token)
        doubt = self._doubt(answer)
        if doubt in (None, UnauthorizedCause.KEY, UnauthorizedCause.PLAN):
            return answer
        if token == self._refused:
            raise ApiAuthError(request.endpoint.name, 401)
        if doubt is UnauthorizedCause.UNCLEAR and await self._vouched(request, token):
            raise not_granted(request.endpoint.name, 401, request.endpoint.group)
        renewed = await self._access_token(refused=token)
        if renewed != token:
            answer = await self._request_authorized(request, renewed)
            doubt = self._doubt(answer)
            if doubt in (None, UnauthorizedCause.KEY, UnauthorizedCause.PLAN):
                return answer
            if doubt is UnauthorizedCause.UNCLEAR and await self._vouched(request, renewed):
                raise not_granted(request.endpoint.name, 401, request.endpoint.group)
        self._refused = renewed
        raise ApiAuthError(request.endpoint.name, 401)

    def _doubt(self, answer: Response) -> UnauthorizedCause | None:
        return ErrorResponse(answer).doubt if answer.status == 401 else None

    async def _vouched(self, request: Request[Any], token: str) -> bool:
        """Return whether a token is valid nevertheless, using an endpoint that every plan includes.

        The service rejects an endpoint that the plan lacks in exactly the same words as an invalid
        token. If an endpoint never answered, a token that was accepted a moment ago needs no
        request; if it did, the plan is unlikely to have changed since.
        """
        endpoint = request.endpoint
        if endpoint is SYSTEMS:
            return False
        optional = endpoint.group is not PlanGroup.SYSTEM_DETAILS and endpoint.name not in self._granted
        if optional and token == self._good and time.monotonic() < self._good_until:
            return True
        probe = await self._request_authorized(Request(endpoint=SYSTEMS, query={"page": 1, "size": 1}), token)
        if probe.status in (401, 403):
            return False
        if not 200 <= probe.status < 300:
            raise ErrorResponse(probe).error(group=SYSTEMS.group)
        return True

    async def _request_authorized(self, request: Request[Any], token: str) -> Response:
        """Send a request to the endpoint's known path, otherwise to its published and then its documented path."""
        endpoint = request.endpoint
        if endpoint.documented_path is None:
            return await self._request_at(endpoint.path, request, token)
        if endpoint.name in self.paths:
            return await self._request_at(self._known(endpoint), request, token)
        answer = await self._request_at(endpoint.path, request, token)
        if answer.status not in _NOTHING_THERE:
            self._remember(endpoint, endpoint.path, answer)
            return answer
        other = await self._request_at(endpoint.documented_path, request, token)
        if other.status in _NOTHING_THERE:
            self.paths[endpoint.name] = endpoint.path
            return answer
        self._remember(endpoint, endpoint.documented_path, other)
        return other

    def _known(self, endpoint: CloudEndpoint[Any]) -> str:
        """Return an endpoint's path; a stored one may be from another time and no longer exist."""
        known = self.paths[endpoint.name]
        return known if known == endpoint.documented_path else endpoint.path

    def _remember(self, endpoint: CloudEndpoint[Any], path: str, answer: Response) -> None:
        # A rejected token or a failure of the service says nothing about a path.
        if 200 <= answer.status < 300 or answer.status == 422:
            self.paths[endpoint.name] = path

    async def _request_at(self, path: str, request: Request[Any], token: str) -> Response:
        answer = await self._request(
            request.endpoint.method,
            request.path(path),
            endpoint=request.endpoint.name,
            query=request.fields(),
            headers={"key": self._api_key, "Authorization": f"Bearer {token}"},
            body=request.body,
        )
        if 200 <= answer.status < 300:
            self._good, self._good_until = token, time.monotonic() + _STILL_GOOD
            self._granted.add(request.endpoint.name)
        return answer
