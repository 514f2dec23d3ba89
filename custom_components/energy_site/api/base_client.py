"""What both of Enphase's APIs share: one request at a time, counted and recorded."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol

from aiohttp import ClientSession
from yarl import URL

from ..vendors.enphase_cloud.client.replies import quota_refusal
from . import addresses
from .errors import ApiError, ApiQuotaError
from .transport import Recorded, Response, request

_TIMEOUT = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a request ended: the answer's status, or the error in its place; neither where it was cut short.

    `refusal` is what an answer says of a quota that is used up.
    """

    status: int | None = None
    refusal: ApiQuotaError | None = None
    error: ApiError | None = None


_KEPT: ContextVar[list[tuple[str, bytes]] | None] = ContextVar("kept", default=None)


@contextmanager
def keeping() -> Iterator[list[tuple[str, bytes]]]:
    """Collect the answers to questions asked within: the endpoints' names and the bodies."""
    kept: list[tuple[str, bytes]] = []
    token = _KEPT.set(kept)
    try:
        yield kept
    finally:
        _KEPT.reset(token)


class Spending(Protocol):
    """Counts requests against a quota: each one that leaves, whatever becomes of it.

    Nobody tells whether refused requests count, so they are told as well.
    """

    def before(self, endpoint: str) -> None:
        """Allow a request to an endpoint, or raise what the asker shall get instead."""

    def after(self, endpoint: str, outcome: Outcome) -> None:
        """Note how a request that was allowed ended."""


_asked_with: ContextVar[tuple[str, Mapping[str, str]]] = ContextVar("asked_with")


@contextmanager
def asking_with(endpoint: str, parameters: Mapping[str, str]) -> Iterator[None]:
    """Give parameters along with what this task asks an endpoint within, in place of its usual ones."""
    token = _asked_with.set((endpoint, parameters))
    try:
        yield
    finally:
        _asked_with.reset(token)


def _query(endpoint: str, usual: list[tuple[str, str]]) -> list[tuple[str, str]]:
    asked, parameters = _asked_with.get(("", {}))
    if asked != endpoint or not parameters:
        return usual
    # A question that names its start in one way is not asked in another way as well.
    starts = {"start_at", "start_date"}
    replaced = parameters.keys() | (starts if starts & parameters.keys() else set())
    return [*((key, value) for key, value in usual if key not in replaced), *parameters.items()]


class Link:
    """The way to one of the APIs.

    The service answers 503 to whom asks several things at once, so there is
    one request at a time. `recorded` holds the last answer by the endpoint's
    name.
    """

    def __init__(self, session: ClientSession, base: str, spending: Spending | None) -> None:
        """Ask at a path below the vendor's address."""
        self._session = session
        self._base = base
        self._spending = spending
        self._lock = asyncio.Lock()
        self.recorded: dict[str, Recorded] = {}

    async def _send(
        self,
        method: str,
        path: str,
        *,
        endpoint: str,
        query: list[tuple[str, str]],
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Response:
        """Send one request, which is counted, and record its answer."""
        if self._spending is not None:
            self._spending.before(endpoint)
        outcome = Outcome()
        try:
            answer = await request(
                self._session,
                method,
                URL(addresses.enphase_api() / self._base / path).with_query(_query(endpoint, query)),
                endpoint=endpoint,
                timeout=_TIMEOUT,
                headers={"Accept": "application/json", **(headers or {})},
                json=body,
            )
            outcome = Outcome(status=answer.status, refusal=quota_refusal(answer))
        except ApiError as err:
            outcome = Outcome(error=err)
            raise
        finally:
            if self._spending is not None:
                self._spending.after(endpoint, outcome)
        self.recorded[endpoint] = Recorded(status=answer.status, body=answer.body, seconds=answer.seconds)
        if (kept := _KEPT.get()) is not None and 200 <= answer.status < 300:
            kept.append((endpoint, answer.body))
        return answer
