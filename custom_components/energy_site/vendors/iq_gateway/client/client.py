"""Sends requests to one gateway, one at a time."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
import time
from typing import Any

from aiohttp import ClientSession
from yarl import URL

from ....api.errors import (
    AccountServiceError,
    ApiAuthError,
    ApiCertificateError,
    ApiConnectionError,
    ApiForbiddenError,
    ApiNotFoundError,
    ApiPayloadError,
    ApiStatusError,
    RenewalPendingError,
)
from ....api.transport import Recorded, Response, open_response, request
from .endpoints import INFO_LIMIT, Command, Endpoint
from .models.info import GatewayInfo, parse_info
from .sign_ins import SignIns
from .stream import MeterStream

_INFO = "info"
_CHECK = "auth/check_jwt"
_TIMEOUT = 10.0

_MINUTE = 60.0


class Load:
    """The load that recent requests put on the gateway."""

    def __init__(self) -> None:
        """Start without requests."""
        self.requests = 0
        self._recent: deque[tuple[float, float]] = deque(maxlen=600)
        self._native: deque[float] = deque(maxlen=8)

    def add(self, seconds: float, *, native: bool) -> None:
        """Record a request that kept the gateway busy for this long.

        Only `native` responses show whether it is overloaded, as scripts are always slow.
        """
        self.requests += 1
        self._recent.append((time.monotonic(), seconds))
        if native:
            self._native.append(seconds)

    @property
    def latency(self) -> float | None:
        """The mean time of the last native responses in seconds, `None` before the first."""
        return sum(self._native) / len(self._native) if self._native else None

    @property
    def share(self) -> float:
        """The share of the last ten minutes in which the gateway handled these requests, from 0 to 1."""
        return sum(seconds for _, seconds in self._since(10 * _MINUTE)) / (10 * _MINUTE)

    @property
    def per_minute(self) -> float:
        """The requests per minute over the last ten minutes."""
        return len(self._since(10 * _MINUTE)) / 10

    def _since(self, seconds: float) -> list[tuple[float, float]]:
        start = time.monotonic() - seconds
        return [entry for entry in self._recent if entry[0] >= start]


class IqGatewayClient:
    """A gateway with firmware 7 or newer, over HTTPS with its pinned certificate.

    The gateway checks a token's signature in software, which takes longer than most responses. The
    session that it opens for the first request avoids that, so the session's cookie is sent along
    with the token.
    """

    def __init__(
        self,
        session: ClientSession,
        host: str,
        *,
        fingerprint: bytes | None = None,
        token: str | None = None,
        renew_token: Callable[[], Awaitable[str]] | None = None,
        sign_ins: SignIns | None = None,
    ) -> None:
        """Send requests to the gateway at `host`, which includes a port other than 443.

        `fingerprint` is the SHA-256 fingerprint of its certificate; without it, only
        `read_fingerprint` is possible. `renew_token` signs in for a new token when the gateway
        rejects the current one, as often as `sign_ins`, which outlives the client, allows. `date`
        is the gateway's time in its last response.
        """
        self._session = session
        self._base = URL(f"https://{host}")
        self._fingerprint = fingerprint
        self._token = token
        self.renew_token = renew_token
        self._cookie: str | None = None
        self._lock = asyncio.Lock()
        self._sign_ins = sign_ins or SignIns()
        self._refuses_new = False
        self._refused = False
        self.load = Load()
        self.date: datetime | None = None
        self.recorded: dict[str, Recorded] = {}

    async def read_fingerprint(self) -> bytes:
        """Return the SHA-256 fingerprint of the host's certificate.

        A pin that no certificate has ends the connection after the handshake, so no byte of a
        request is sent.
        """
        try:
            await self._send("GET", "/info", endpoint=_INFO, timeout=_TIMEOUT, limit=INFO_LIMIT, pin=bytes(32))
        except ApiCertificateError as err:
            return err.fingerprint
        raise ApiConnectionError(_INFO, "no certificate")

    async def info(self, *, pin: bytes | None = None) -> GatewayInfo:
        """Request the gateway's identity, without a token; `pin` trusts a different certificate once."""
        async with self._lock:
            answer = await self._send("GET", "/info", endpoint=_INFO, timeout=_TIMEOUT, limit=INFO_LIMIT, pin=pin)
            self._record("/info", answer)
        answer.raise_for_status()
        return parse_info(_INFO, answer.body)

    async def check_token(self) -> bool:
        """Return whether the token is valid. A gateway without this endpoint counts as accepting it."""
        async with self._lock:
            return await self._check_token()

    async def renew(self) -> bool:
        """Sign in for a new token before the old one expires; return whether there is a valid one now.

        Raises a `VerdictError` if the account service rejects the credentials, and an
        `AccountServiceError` if it fails temporarily, or it is too early to retry.
        """
        async with self._lock:
            return await self._renewed()

    async def get[T](self, endpoint: Endpoint[T]) -> T:
        """Return the parsed response of an endpoint.

        Raises `ApiAuthError` if the token is rejected and could not be renewed, including
        `RenewalPendingError` if it may be later, `ApiForbiddenError` and `ApiNotFoundError` if this
        gateway doesn't provide the endpoint, and other `ApiError` for temporary failures.
        """
        async with self._lock:
            answer = await self._authorized("GET", endpoint.path, endpoint.timeout, endpoint.limit)
            self._record(endpoint.path, answer)
        answer.raise_for_status()
        payload = answer.json()
        _raise_for_complaint(endpoint.name, payload)
        return endpoint.parse(endpoint.name, payload)

    async def raw(self, endpoint: Endpoint[Any], query: Mapping[str, str] | None = None) -> Response:
        """Request an endpoint, optionally with parameters, and return the response, whatever its status."""
        path = str(URL(endpoint.path).with_query(query)) if query else endpoint.path
        async with self._lock:
            answer = await self._request("GET", path, endpoint.timeout, endpoint.limit)
            if not query:
                self._record(path, answer)
        return answer

    async def send(self, command: Command, payload: object) -> None:
        """Send a command.

        A success means that the command was understood, not that it is applied. Raises an
        `ApiError` like `get`, and `ApiPayloadError` if the response reports an error.
        """
        async with self._lock:
            await self._send_command(command, payload)

    async def change[T](self, endpoint: Endpoint[T], command: Command, edit: Callable[[Any], object]) -> None:
        """Request an object, and send back the result of `edit`.

        No other request is sent in between. The gateway replaces the whole object, so an older copy
        would undo the changes of others. `edit` raises an `ApiPayloadError` if the object has a
        different format.
        """
        async with self._lock:
            answer = await self._authorized("GET", endpoint.path, endpoint.timeout, endpoint.limit)
            answer.raise_for_status()
            await self._send_command(command, edit(answer.json()))

    async def open_stream(self, path: str) -> MeterStream:
        """Open the meters' stream, which continues alongside other requests.

        Raises `ApiForbiddenError` and `ApiNotFoundError` if this gateway doesn't stream to the
        token's owner.
        """
        name = path.lstrip("/")
        async with self._lock:
            if self._fingerprint is None:
                raise ApiConnectionError(name, "no certificate is pinned")
            answer = await open_response(
                self._session,
                self._base.join(URL(path)),
                endpoint=name,
                pin=self._fingerprint,
                timeout=_TIMEOUT,
                headers={"Accept": "text/event-stream", **self._credentials()},
            )
            self.load.requests += 1
        if answer.status == 200 and answer.content_type != "text/html":
            return MeterStream(name, answer)
        answer.close()
        if answer.status in (401, 403):
            raise ApiForbiddenError(name, answer.status)
        if answer.status >= 500:
            raise ApiStatusError(name, answer.status)
        raise ApiNotFoundError(name, answer.status)

    def _credentials(self) -> dict[str, str]:
        headers = {}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        if self._cookie:
            headers["Cookie"] = f"sessionId={self._cookie}"
        return headers

    async def _send_command(self, command: Command, payload: object) -> None:
        answer = await self._authorized(command.method, command.path, command.timeout, INFO_LIMIT, payload)
        answer.raise_for_status()
        if answer.body.lstrip()[:1] == b"<":
            raise ApiPayloadError(command.name, "HTML in place of an answer")
        if answer.body.strip():
            _raise_for_complaint(command.name, answer.json())

    async def _authorized(self, method: str, path: str, timeout: float, limit: int, payload: object = None) -> Response:
        name = path.lstrip("/")
        # After a rejection, a single request shows whether it still applies.
        if self._refused:
            await self._ensure_token(name)
        answer = await self._request(method, path, timeout, limit, payload)
        if answer.status == 403:
            raise ApiForbiddenError(name, 403)
        if answer.status != 401:
            return answer
        # The session has ended, the token has expired, or the endpoint is for others.
        self._cookie = None
        await self._ensure_token(name)
        answer = await self._request(method, path, timeout, limit, payload)
        if answer.status in (401, 403):
            raise ApiForbiddenError(name, answer.status)
        return answer

    async def _check_token(self) -> bool:
        answer = await self._send(
            "GET", "/auth/check_jwt", endpoint=_CHECK, timeout=_TIMEOUT, limit=INFO_LIMIT, bearer=True
        )
        if (error := ApiStatusError(_CHECK, answer.status)).busy:
            raise error
        self._refused = answer.status in (401, 403)
        return not self._refused

    async def _ensure_token(self, name: str) -> None:
        """Have the gateway check the token, and sign in for a new one if it rejects this one."""
        if await self._check_token():
            return
        try:
            renewed = await self._renewed()
        except AccountServiceError as err:
            raise RenewalPendingError(name, err) from err
        if not renewed:
            raise ApiAuthError(name, 401)

    async def _renewed(self) -> bool:
        """Sign in for a new token if that is allowed now; return whether the gateway accepts it."""
        if self.renew_token is None or (self._refuses_new and self._sign_ins.resting):
            return False
        self._token = await self._sign_ins.sign_in(self.renew_token)
        self._refuses_new = not await self._check_token()
        return not self._refuses_new

    async def _request(self, method: str, path: str, timeout: float, limit: int, payload: object = None) -> Response:
        endpoint = path.lstrip("/").partition("?")[0]
        return await self._send(
            method, path, endpoint=endpoint, timeout=timeout, limit=limit, bearer=True, payload=payload
        )

    async def _send(
        self,
        method: str,
        path: str,
        *,
        endpoint: str,
        timeout: float,
        limit: int,
        pin: bytes | None = None,
        bearer: bool = False,
        payload: object = None,
    ) -> Response:
        pin = pin or self._fingerprint
        if pin is None:
            raise ApiConnectionError(endpoint, "no certificate is pinned")
        headers = {"Accept": "application/json"}
        if bearer:
            headers |= self._credentials()
        started = time.monotonic()
        try:
            answer = await request(
                self._session,
                method,
                self._base.join(URL(path)),
                endpoint=endpoint,
                timeout=timeout,
                limit=limit,
                pin=pin,
                headers=headers,
                json=payload,
            )
        finally:
            self.load.add(time.monotonic() - started, native=timeout <= _TIMEOUT)
        self.date = _date(answer.headers.get("Date"))
        if bearer and (cookie := answer.cookies.get("sessionId")):
            self._cookie = cookie
        return answer

    def _record(self, path: str, answer: Response) -> None:
        self.recorded[path] = Recorded(status=answer.status, body=answer.body, seconds=answer.seconds)


def _date(header: str | None) -> datetime | None:
    """Return the gateway's time from a response's header."""
    try:
        return parsedate_to_datetime(header or "").astimezone(UTC)
    except ValueError, OverflowError:
        return None


def _raise_for_complaint(endpoint: str, payload: object) -> None:
    if isinstance(payload, dict) and "error" in payload:
        raise ApiPayloadError(endpoint, "an error in place of an answer")


async def probe_plain_http(session: ClientSession, host: str) -> GatewayInfo:
    """Request `/info` without encryption, to detect firmware before 7.

    Raises `ApiStatusError` if the gateway is busy, `ApiPayloadError` if something else responds.
    """
    answer = await request(
        session, "GET", URL(f"http://{host}/info"), endpoint=_INFO, timeout=_TIMEOUT, limit=INFO_LIMIT
    )
    if (error := ApiStatusError(_INFO, answer.status)).busy:
        raise error
    if answer.status != 200:
        raise ApiPayloadError(_INFO, f"status {answer.status}")
    return parse_info(_INFO, answer.body)
