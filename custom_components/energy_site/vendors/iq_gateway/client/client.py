"""Asks one gateway, one question at a time."""

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
    """What the gateway was asked of late."""

    def __init__(self) -> None:
        """Start with nothing asked."""
        self.requests = 0
        self._recent: deque[tuple[float, float]] = deque(maxlen=600)
        self._native: deque[float] = deque(maxlen=8)

    def add(self, seconds: float, *, native: bool) -> None:
        """Note a request that kept the gateway busy this long.

        Only `native` answers tell whether it is in trouble: scripts are slow anyway.
        """
        self.requests += 1
        self._recent.append((time.monotonic(), seconds))
        if native:
            self._native.append(seconds)

    @property
    def latency(self) -> float | None:
        """Mean seconds of the last native answers, `None` before the first."""
        return sum(self._native) / len(self._native) if self._native else None

    @property
    def share(self) -> float:
        """Share of the last ten minutes in which the gateway worked for us, 0 to 1."""
        return sum(seconds for _, seconds in self._since(10 * _MINUTE)) / (10 * _MINUTE)

    @property
    def per_minute(self) -> float:
        """Requests a minute over the last ten."""
        return len(self._since(10 * _MINUTE)) / 10

    def _since(self, seconds: float) -> list[tuple[float, float]]:
        start = time.monotonic() - seconds
        return [entry for entry in self._recent if entry[0] >= start]


class IqGatewayClient:
    """A gateway with firmware 7 or newer, over HTTPS with its pinned certificate.

    The gateway checks a token's signature in software, which costs it more
    than most answers do. The session it opens for the first request spares it
    that, so the session's cookie goes along with the token.
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
        """Ask the gateway at `host`, with a port where it has another than 443.

        `fingerprint` is the SHA-256 of its certificate; without one nothing
        but `read_fingerprint` is possible. `renew_token` signs in for a new
        token when the gateway refuses the one it has, as often as `sign_ins`,
        which outlives the client, allows. `date` is the gateway's time by its last
        answer.
        """
        self._session = session
        self._base = URL(f"https://{host}")
        self._fingerprint = fingerprint
        self._token = token
        self._renew_token = renew_token
        self._cookie: str | None = None
        self._lock = asyncio.Lock()
        self._sign_ins = sign_ins or SignIns()
        self._refuses_new = False
        self._refused = False
        self.load = Load()
        self.date: datetime | None = None
        self.recorded: dict[str, Recorded] = {}

    async def read_fingerprint(self) -> bytes:
        """Return the SHA-256 fingerprint of the certificate the host shows.

        A pin that no certificate has ends the connection after the handshake,
        so not a single byte of a request leaves.
        """
        try:
            await self._send("GET", "/info", endpoint=_INFO, timeout=_TIMEOUT, limit=INFO_LIMIT, pin=bytes(32))
        except ApiCertificateError as err:
            return err.fingerprint
        raise ApiConnectionError(_INFO, "no certificate")

    async def info(self, *, pin: bytes | None = None) -> GatewayInfo:
        """Ask who the gateway is, without a token; `pin` trusts another certificate for once."""
        async with self._lock:
            answer = await self._send("GET", "/info", endpoint=_INFO, timeout=_TIMEOUT, limit=INFO_LIMIT, pin=pin)
            self._record("/info", answer)
        answer.raise_for_status()
        return parse_info(_INFO, answer.body)

    async def check_token(self) -> bool:
        """Ask whether the token is good. A gateway without that question counts as a yes."""
        async with self._lock:
            return await self._check_token()

    async def renew(self) -> bool:
        """Sign in for a new token before the old one ends; tell whether there is one now.

        Raises a `VerdictError` where the account's service refuses for good, and
        an `AccountServiceError` where it does not do its work at present, or is
        not to be asked again yet.
        """
        async with self._lock:
            return await self._renewed()

    async def get[T](self, endpoint: Endpoint[T]) -> T:
        """Ask for an endpoint's answer.

        Raises `ApiAuthError` where the token is refused and could not be
        renewed, `RenewalPendingError` among them where it may be later,
        `ApiForbiddenError` and `ApiNotFoundError` where this gateway
        does not give this endpoint, and other `ApiError` for what may pass.
        """
        async with self._lock:
            answer = await self._authorized("GET", endpoint.path, endpoint.timeout, endpoint.limit)
            self._record(endpoint.path, answer)
        answer.raise_for_status()
        payload = answer.json()
        _raise_for_complaint(endpoint.name, payload)
        return endpoint.parse(endpoint.name, payload)

    async def raw(self, endpoint: Endpoint[Any], query: Mapping[str, str] | None = None) -> Response:
        """Ask an endpoint, perhaps with parameters, and return what came, whatever its status."""
        path = str(URL(endpoint.path).with_query(query)) if query else endpoint.path
        async with self._lock:
            answer = await self._request("GET", path, endpoint.timeout, endpoint.limit)
            if not query:
                self._record(path, answer)
        return answer

    async def send(self, command: Command, payload: object) -> None:
        """Send a command.

        A success says that it was understood, not that it is obeyed. Raises an
        `ApiError` like `get`, and `ApiPayloadError` where the answer complains.
        """
        async with self._lock:
            await self._send_command(command, payload)

    async def change[T](self, endpoint: Endpoint[T], command: Command, edit: Callable[[Any], object]) -> None:
        """Ask for an object, let `edit` return what to send back for it, and send that.

        Nothing else is asked in between. The gateway keeps what it is sent as
        a whole, so an older copy would undo what others changed. `edit` raises
        an `ApiPayloadError` where the object is in another shape.
        """
        async with self._lock:
            answer = await self._authorized("GET", endpoint.path, endpoint.timeout, endpoint.limit)
            answer.raise_for_status()
            await self._send_command(command, edit(answer.json()))

    async def open_stream(self, path: str) -> MeterStream:
        """Open the meters' stream, which goes on beside other questions.

        Raises `ApiForbiddenError` and `ApiNotFoundError` where this gateway does
        not stream to the token's owner.
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
        # After a refusal one question tells whether it still stands.
        if self._refused:
            await self._ensure_token(name)
        answer = await self._request(method, path, timeout, limit, payload)
        if answer.status == 403:
            raise ApiForbiddenError(name, 403)
        if answer.status != 401:
            return answer
        # A session that ended, a token that ended, or an endpoint for others?
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
        """Let the gateway judge the token, and sign in for another where it refuses this one."""
        if await self._check_token():
            return
        try:
            renewed = await self._renewed()
        except AccountServiceError as err:
            raise RenewalPendingError(name, err) from err
        if not renewed:
            raise ApiAuthError(name, 401)

    async def _renewed(self) -> bool:
        """Sign in for a new token where that may be done now; tell whether the gateway takes it."""
        if self._renew_token is None or (self._refuses_new and self._sign_ins.resting):
            return False
        self._token = await self._sign_ins.sign_in(self._renew_token)
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
    """Return the gateway's time as it stands in an answer's head."""
    try:
        return parsedate_to_datetime(header or "").astimezone(UTC)
    except ValueError, OverflowError:
        return None


def _raise_for_complaint(endpoint: str, payload: object) -> None:
    if isinstance(payload, dict) and "error" in payload:
        raise ApiPayloadError(endpoint, "an error in place of an answer")


async def probe_plain_http(session: ClientSession, host: str) -> GatewayInfo:
    """Ask `/info` without encryption, as only firmware before 7 is asked.

    Raises `ApiStatusError` where it is busy, `ApiPayloadError` where something else answers.
    """
    answer = await request(
        session, "GET", URL(f"http://{host}/info"), endpoint=_INFO, timeout=_TIMEOUT, limit=INFO_LIMIT
    )
    if (error := ApiStatusError(_INFO, answer.status)).busy:
        raise error
    if answer.status != 200:
        raise ApiPayloadError(_INFO, f"status {answer.status}")
    return parse_info(_INFO, answer.body)
