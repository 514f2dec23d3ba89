"""Enphase's Monitoring API v4."""

from collections.abc import Mapping
import time
from typing import Any, Protocol

from aiohttp import ClientSession

from ....api.base_client import BudgetHooks
from ....api.errors import ApiAuthError, ApiPayloadError
from ....api.transport import Response
from .base import EnphaseClient
from .endpoint import CloudEndpoint, PlanGroup, Request, Value
from .error_mapping import ErrorResponse, UnauthorizedCause, not_granted
from .v4_endpoints import SYSTEMS

# For so many seconds a token that was good is taken to be so: it is renewed before its end.
_STILL_GOOD = 60.0

# How the service says that there is nothing at a path.
_NOTHING_THERE = (404, 405, 501)


class AccessToken(Protocol):
    """Gives the access token. To keep it, and to renew it in time, is its own affair."""

    async def __call__(self, *, refused: str | None = None) -> str:
        """Return the token; another than the one that was `refused`, if there is any."""


class EnphaseV4Client(EnphaseClient):
    """Sends requests to the endpoints of `v4_endpoints`.

    A method raises `ApiPlanError` where the plan lacks the endpoint,
    `ApiForbiddenError` where the owner's consent does not reach to this system,
    `ApiAuthError` where the token is refused even after another was requested,
    `KeyRefusedError` where it is the key that is refused, `ApiQuotaError` where
    the plan's requests are used up, `ApiNotFoundError`, `HardwareAbsentError`
    among them for a device that the system lacks, `RangeError` for dates without
    data, `UnprocessableError` for another request without an answer, and other
    `ApiError` for what may pass.

    A 401 may cost two or three more requests: one to learn whether the token
    is at fault, which is left out for an endpoint that never answered where
    the token was good a moment ago, and one or two with a renewed token. The
    first request to an endpoint with two paths may take one for either.
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
        """Send requests with the key of an application and the token of an owner who agreed to it.

        `paths` is what an earlier client's `paths` held: where the endpoints
        are that two documents put in different places, by the endpoints' names.
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
        """Return what an endpoint answers; `ValueError` for a serial number that could lead elsewhere."""
        request = Request(endpoint=endpoint, system_id=system_id, serial_number=serial_number, query=query or {})
        answer = await self._send(request)
        return endpoint.parse(endpoint.name, answer.json())

    async def update[T](self, endpoint: CloudEndpoint[T], system_id: int, body: Mapping[str, Any]) -> T | None:
        """Send a change; `None` where it was accepted without a word on what is in force now.

        It takes a while to reach the gateway: only a read tells what is in force.
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
        """Send a request, and once more with another token where the first one is at fault for a 401."""
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
        """Tell whether a token is good all the same, by what every plan has.

        The service refuses an endpoint that the plan lacks in the very words
        in which it refuses a token. Where an endpoint never answered, a token
        that was good a moment ago needs no request; where it did, the plan is
        unlikely to have changed since.
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
        """Send a request to where the endpoint is known to be; else where it is published, then where it is documented."""
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
        """Return where an endpoint is; what was kept from another time may name a place that is none."""
        known = self.paths[endpoint.name]
        return known if known == endpoint.documented_path else endpoint.path

    def _remember(self, endpoint: CloudEndpoint[Any], path: str, answer: Response) -> None:
        # A refusal of the token or a fault of the service says nothing about a path.
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
