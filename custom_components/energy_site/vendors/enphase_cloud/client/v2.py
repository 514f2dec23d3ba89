"""The Enphase Enlighten Systems API v2, for users who still have a key.

Enphase closed it to new users and announced its end more than once. It doesn't support batteries or
controls.
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

# The maximum number of systems on one page.
_MAX_SYSTEMS = 1000


def encode_user_id(user_id: str) -> str:
    """Return a user ID in the service's format, even from the plain number that it contains.

    The format is the number and a line feed in base64, in hexadecimal digits: 310606 becomes
    4d7a45774e6a41320a.
    """
    text = user_id.strip()
    if not (text.isascii() and text.isdigit()):
        return text
    return (b64encode(text.encode()) + b"\n").hex()


class EnlightenV2Client(EnphaseClient):
    """Sends requests to the endpoints of `v2_endpoints`.

    A method raises `ApiAuthError` if the key or user ID is rejected, `KeyRefusedError` if the
    service says that it is the key, `ApiForbiddenError` for data that the owner restricted,
    `ApiQuotaError` if the plan's requests are used up, `RangeError` for dates without data and
    other `UnprocessableError` for a request without an answer, `NoContentError` if the system has
    none of this, `RetiredError` if something other than the API responds, and other `ApiError` for
    temporary failures.
    """

    def __init__(
        self, session: ClientSession, api_key: str, user_id: str, *, budget: BudgetHooks | None = None
    ) -> None:
        """Use an application's key for the systems of a user, identified by either form of the user ID."""
        super().__init__(session, "api/v2", budget)
        self._credentials = [("key", api_key), ("user_id", encode_user_id(user_id))]

    async def get[T](
        self, endpoint: CloudEndpoint[T], system_id: int | None = None, query: Mapping[str, Value] | None = None
    ) -> T:
        """Return the parsed response of an endpoint."""
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
        """Yield the systems of all pages, with one request for each page."""
        seen: set[str | None] = {None}
        next_page: str | None = None
        while True:
            page = await self.get(endpoints.SYSTEMS, query={"next": next_page, "limit": _MAX_SYSTEMS})
            for system in page.systems:
                yield system
            # A page that refers to itself would never end.
            if (next_page := page.next) in seen:
                return
            seen.add(next_page)
