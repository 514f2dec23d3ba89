"""Enphase's Enlighten Systems API v2, for whoever still has a key.

Enphase closed it to newcomers and announced its end more than once. It knows
no batteries and sets nothing.
"""

from base64 import b64encode
from collections.abc import AsyncIterator, Mapping

from aiohttp import ClientSession

from ....api.base_client import BudgetHooks
from ....api.errors import ApiForbiddenError
from . import v2_endpoints as endpoints
from .base import EnphaseClient
from .endpoint import CloudEndpoint, Request, Value
from .error_mapping import ErrorResponse
from .errors import KeyRefusedError, NoContentError
from .models.v2 import LegacySystem

# The most that the service gives in one page.
_MAX_SYSTEMS = 1000


def encode_user_id(user_id: str) -> str:
    """Return a user id as the service wants it, also from the plain number that is inside it.

    It is the number, base64 with a line's end, in hexadecimal digits: 310606
    becomes 4d7a45774e6a41320a.
    """
    text = user_id.strip()
    if not (text.isascii() and text.isdigit()):
        return text
    return (b64encode(text.encode()) + b"\n").hex()


class EnlightenV2Client(EnphaseClient):
    """Sends requests to the endpoints of `v2_endpoints`.

    A method raises `ApiAuthError` where key or user id are refused,
    `KeyRefusedError` where it says that it is the key, `ApiForbiddenError` for
    what the owner keeps, `ApiQuotaError` where the plan's requests are used up,
    `RangeError` for dates without data and other `UnprocessableError` for a
    request without an answer, `NoContentError` where the system has none of
    this, `RetiredError` where something else answers in place of the API, and
    other `ApiError` for what may pass.
    """

    def __init__(
        self, session: ClientSession, api_key: str, user_id: str, *, budget: BudgetHooks | None = None
    ) -> None:
        """Send requests with the key of an application for the systems of a user, who is named by either form of id."""
        super().__init__(session, "api/v2", budget)
        self._credentials = [("key", api_key), ("user_id", encode_user_id(user_id))]

    async def get[T](
        self, endpoint: CloudEndpoint[T], system_id: int | None = None, query: Mapping[str, Value] | None = None
    ) -> T:
        """Return what an endpoint answers."""
        request = Request(endpoint=endpoint, system_id=system_id, query=query or {})
        async with self._lock:
            answer = await self._request(
                endpoint.method,
                request.path(endpoint.path),
                endpoint=endpoint.name,
                query=[*self._credentials, *request.fields()],
            )
        refusal = ErrorResponse(answer)
        if retired := refusal.retired():
            raise retired
        if answer.status == 204 and endpoint.may_be_empty:
            raise NoContentError(endpoint.name, answer.status)
        if 200 <= answer.status < 300:
            return endpoint.parse(endpoint.name, answer.json())
        error = refusal.error()
        if answer.status == 401 and endpoint.permission and not isinstance(error, KeyRefusedError):
            raise ApiForbiddenError(endpoint.name, 401)
        raise error

    async def all_systems(self) -> AsyncIterator[LegacySystem]:
        """Go through the systems of all pages, with a request for each page."""
        seen: set[str | None] = {None}
        next_page: str | None = None
        while True:
            page = await self.get(endpoints.SYSTEMS, query={"next": next_page, "limit": _MAX_SYSTEMS})
            for system in page.systems:
                yield system
            # A page that names itself as the next one would have no end.
            if (next_page := page.next) in seen:
                return
            seen.add(next_page)
