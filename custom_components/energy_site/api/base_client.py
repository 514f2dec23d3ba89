"""The common basis of cloud clients: one request at a time, counted and recorded."""

from abc import ABC, abstractmethod
import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from aiohttp import ClientSession
from yarl import URL

from .errors import ApiError, ApiQuotaError
from .transport import Recorded, Response, request

_TIMEOUT = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestResult:
    """The result of a request: the response's status or the error; neither if it was cancelled.

    `refusal` is the rate limit that the response reports.
    """

    status: int | None = None
    refusal: ApiQuotaError | None = None
    error: ApiError | None = None


_BODIES: ContextVar[list[tuple[str, bytes]] | None] = ContextVar("bodies", default=None)


@contextmanager
def keep_bodies() -> Iterator[list[tuple[str, bytes]]]:
    """Collect the responses to the requests made in this context: endpoint names and bodies."""
    bodies: list[tuple[str, bytes]] = []
    token = _BODIES.set(bodies)
    try:
        yield bodies
    finally:
        _BODIES.reset(token)


class BudgetHooks(Protocol):
    """Counts requests against a quota: every request sent, regardless of its result.

    No vendor documents whether rejected requests count, so they are reported as well.
    """

    def before(self, endpoint: str) -> None:
        """Allow a request to an endpoint, or raise the `ApiError` to pass to the caller."""

    def after(self, endpoint: str, result: RequestResult) -> None:
        """Record the result of a request that was allowed."""


_PARAMETERS: ContextVar[tuple[str, Mapping[str, str]]] = ContextVar("parameters")


@contextmanager
def with_parameters(endpoint: str, parameters: Mapping[str, str]) -> Iterator[None]:
    """Use these query parameters instead of the default ones for requests to an endpoint in this context."""
    token = _PARAMETERS.set((endpoint, parameters))
    try:
        yield
    finally:
        _PARAMETERS.reset(token)


class BaseClient(ABC):
    """The client of one cloud API.

    It sends one request at a time, as services respond with status 503 to concurrent requests.
    `recorded` holds the last response by endpoint name.
    """

    # Mutually exclusive parameters: a request with one of them omits the others.
    exclusive: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, session: ClientSession, address: URL, budget: BudgetHooks | None) -> None:
        """Send requests to paths below `address`, counted by `budget`."""
        self._session = session
        self._address = address
        self._budget = budget
        self._lock = asyncio.Lock()
        self.recorded: dict[str, Recorded] = {}

    @abstractmethod
    def _quota_error(self, answer: Response) -> ApiQuotaError | None:
        """Return the rate limit that a response reports, `None` for any other response."""

    async def _request(
        self,
        method: str,
        path: str,
        *,
        endpoint: str,
        query: list[tuple[str, str]],
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Response:
        """Send one counted request, and record its response."""
        if self._budget is not None:
            self._budget.before(endpoint)
        result = RequestResult()
        try:
            answer = await request(
                self._session,
                method,
                (self._address / path).with_query(self._query(endpoint, query)),
                endpoint=endpoint,
                timeout=_TIMEOUT,
                headers={"Accept": "application/json", **(headers or {})},
                json=body,
            )
            result = RequestResult(status=answer.status, refusal=self._quota_error(answer))
        except ApiError as err:
            result = RequestResult(error=err)
            raise
        finally:
            if self._budget is not None:
                self._budget.after(endpoint, result)
        self.recorded[endpoint] = Recorded(status=answer.status, body=answer.body, seconds=answer.seconds)
        if (bodies := _BODIES.get()) is not None and 200 <= answer.status < 300:
            bodies.append((endpoint, answer.body))
        return answer

    def _query(self, endpoint: str, default: list[tuple[str, str]]) -> list[tuple[str, str]]:
        requested, parameters = _PARAMETERS.get(("", {}))
        if requested != endpoint or not parameters:
            return default
        replaced = parameters.keys() | (self.exclusive if self.exclusive & parameters.keys() else set())
        return [*((key, value) for key, value in default if key not in replaced), *parameters.items()]
