"""What all requests to the Fleet API share, an owner's and an application's."""

from typing import Any, override

from aiohttp import ClientSession

from ....api.base_client import BaseClient, BudgetHooks
from ....api.errors import ApiAuthError, ApiQuotaError, ApiStatusError
from ....api.oauth import AccessToken
from ....api.transport import Response
from .addresses import Region, tesla_api
from .endpoint import FleetRequest
from .error_mapping import accepted, content, quota_refusal, status_error


class FleetClient(BaseClient):
    """Sends requests to the Fleet API of a region.

    A 401 costs one request more, with a renewed token. A token that is refused even then
    isn't renewed again.
    """

    def __init__(
        self, session: ClientSession, access_token: AccessToken, *, region: Region, budget: BudgetHooks | None = None
    ) -> None:
        """Send requests with a token to a region."""
        super().__init__(session, tesla_api(region), budget)
        self._access_token = access_token
        self._refused: str | None = None
        self.region = region

    @override
    def _quota_error(self, answer: Response) -> ApiQuotaError | None:
        return quota_refusal(answer)

    async def _read[T](self, request: FleetRequest[T]) -> T:
        """Return what an endpoint answers."""
        answer = await self._send(request)
        return request.endpoint.parse(answer.endpoint, content(answer.endpoint, answer.json()))

    async def _write[T](self, request: FleetRequest[T]) -> T:
        """Send a change, and return what was made of the answer that accepts it."""
        answer = await self._send(request)
        return request.endpoint.parse(answer.endpoint, accepted(answer))

    async def _send(self, request: FleetRequest[Any]) -> Response:
        async with self._lock:
            answer = await self._authorized(request)
        if not 200 <= answer.status < 300:
            raise self._error(request, answer)
        return answer

    def _error(self, request: FleetRequest[Any], answer: Response) -> ApiStatusError:
        return status_error(answer, of_site=request.endpoint.of_site)

    async def _authorized(self, request: FleetRequest[Any]) -> Response:
        """Send a request, and once more with another token where the first one is refused."""
        token = await self._access_token()
        answer = await self._request_with(request, token)
        if answer.status != 401:
            return answer
        if token != self._refused:
            renewed = await self._access_token(refused=token)
            if renewed != token:
                answer = await self._request_with(request, renewed)
                if answer.status != 401:
                    return answer
            self._refused = renewed
        raise ApiAuthError(request.endpoint.name, 401)

    async def _request_with(self, request: FleetRequest[Any], token: str) -> Response:
        return await self._request(
            request.endpoint.method,
            request.path,
            endpoint=request.endpoint.name,
            query=request.fields(),
            headers={"Authorization": f"Bearer {token}"},
            body=request.body,
        )
