"""Everything a gateway is before it knows any data: TLS, access, time, faults."""

from abc import ABC, abstractmethod
import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.utils import formatdate
from typing import Self
from zlib import crc32

from aiohttp import web

from simulator.clock import Clock, SystemClock

from .access import OWNER_LIFETIME, Sessions, TokenAuthority
from .certificate import Certificate, certificate
from .faults import ConnectionBroken, Faults
from .processor import Processor, Speed
from .reply import ACCEPTED_PAGE, Reply, html, unauthorized
from .stats import Stats, Written

_LOOPBACK = "127.0.0.1"
_PUBLIC = frozenset({"/info", "/info.xml"})
_HEADERS = {
    "Server": "openresty/1.17.8.1",
    "Strict-Transport-Security": "max-age=63072000; includeSubdomains",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request that was let in: who asks is `role`, owner or installer."""

    method: str
    path: str
    query: dict[str, str]
    body: bytes
    role: str | None
    now: float


@dataclass(slots=True)
class _Visit:
    """What a request caused: processor seconds, a check, a session's cookie."""

    seconds: float = 0.0
    verified: bool = False
    cookie: str | None = None


class GatewayHost(ABC):
    """An HTTPS server on loopback with a gateway's manners."""

    def __init__(
        self,
        *,
        serial: str,
        clock: Clock | None = None,
        speed: Speed = Speed.NONE,
        wait: float = 1.0,
        port: int = 0,
        keep_alive: bool = True,
    ) -> None:
        """Listen on `port`, or on any that is free; `speed` is the processor's.

        Some gateways close each connection: without `keep_alive` this one does.
        """
        self._keep_alive = keep_alive
        self.serial = serial
        self.clock = clock or SystemClock()
        self.stats = Stats()
        self.faults = Faults()
        self.processor = Processor(speed, seed=crc32(serial.encode()), wait=wait)
        self.clock_skew = 0.0
        self._tokens = TokenAuthority(serial)
        self._sessions = Sessions()
        self._port = port
        self._generation = 0
        self._closing = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._break: str | None = None
        self._broken_until = 0.0

    @abstractmethod
    async def respond(self, call: Call) -> Reply:
        """Answer a request that was let in."""

    # -- life ---------------------------------------------------------------

    async def __aenter__(self) -> Self:
        """Start to listen."""
        await self.plug_in()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop, also for those who hang."""
        await self.unplug()

    async def plug_in(self) -> None:
        """Listen, on the same port as before."""
        if self._runner is not None:
            return
        self._closing = asyncio.Event()
        app = web.Application(client_max_size=1 << 20)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(
            self._runner,
            _LOOPBACK,
            self._port,
            ssl_context=self._certificate.context,
            reuse_address=True,
        )
        await site.start()
        self._port = int(self._runner.addresses[0][1])

    async def unplug(self) -> None:
        """Stop listening: connections are refused until it is plugged in again."""
        self._closing.set()
        self.processor.abandon()
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def rotate_certificate(self) -> None:
        """Make a new certificate, as gateways do about yearly, and use it."""
        self._generation += 1
        if self._runner is not None:
            await self.unplug()
            await self.plug_in()

    # -- identity -----------------------------------------------------------

    @property
    def _certificate(self) -> Certificate:
        return certificate(self.serial, self._generation)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._port

    @property
    def host(self) -> str:
        """Address and port."""
        return f"{_LOOPBACK}:{self._port}"

    @property
    def connections(self) -> int:
        """How many connections are open now."""
        server = self._runner.server if self._runner is not None else None
        return len(server.connections) if server is not None else 0

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 of the certificate."""
        return self._certificate.fingerprint

    # -- access -------------------------------------------------------------

    def token(
        self,
        role: str = "owner",
        serial: str | None = None,
        lifetime: float = OWNER_LIFETIME,
        issued_at: float | None = None,
        username: str = "owner@example.com",
    ) -> str:
        """Return a token; with another `serial` it is one this gateway refuses."""
        return self._tokens.issue(
            role=role,
            serial=serial or self.serial,
            lifetime=lifetime,
            issued_at=self.clock.now() if issued_at is None else issued_at,
            username=username,
        )

    def revoke_tokens(self) -> None:
        """Refuse all tokens and sessions given so far."""
        self._tokens.revoke()
        self._sessions.close_all()

    def close_sessions(self) -> None:
        """Forget the session cookies; tokens stay good."""
        self._sessions.close_all()

    def now(self) -> float:
        """Return the time the gateway believes it is, epoch s."""
        return self.clock.now() + self.clock_skew

    def break_connections(self, seconds: float, *, manner: str = "reset") -> None:
        """For `seconds` of the clock, `reset` connections or let them `hang`."""
        self._break = manner
        self._broken_until = self.clock.now() + seconds

    def broken(self) -> str | None:
        """Return how connections fail now, None when they do not."""
        if self._break and self.clock.now() >= self._broken_until:
            self._break = None
        return self._break

    # -- requests -----------------------------------------------------------

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        visit = _Visit()
        self.stats.begin(request.path)
        try:
            reply = await self._answer(request, visit)
            self.stats.statuses[reply.status] += 1
            return await self._send(request, reply, visit.cookie)
        except ConnectionBroken:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
        finally:
            self.stats.end(self.clock.now(), request.path, visit.seconds)

    async def _answer(self, request: web.Request, visit: _Visit) -> Reply:
        path = request.path
        manner = self.broken()
        if manner == "hang":
            await self._closing.wait()
        if manner:
            raise ConnectionBroken
        faults = self.faults.take(path, self.clock.now(), request.method)
        for fault in faults:
            instead = await fault.before(self._closing)
            if instead is not None:
                return instead
        body = await request.read()
        if request.method not in ("GET", "HEAD"):
            self.stats.writes.append(Written(request.method, path, body))
        role = self._let_in(request, visit)
        query = request.query_string
        visit.seconds = self.processor.seconds(path, query, verify=visit.verified)
        await self.processor.occupy(visit.seconds)
        if path == "/auth/check_jwt":
            reply = html(200, ACCEPTED_PAGE) if role else unauthorized()
        elif role is None and path not in _PUBLIC:
            reply = unauthorized()
        else:
            reply = await self.respond(
                Call(
                    method=request.method,
                    path=path,
                    query=dict(request.query),
                    body=body,
                    role=role,
                    now=self.clock.now(),
                )
            )
        for fault in faults:
            reply = fault.after(reply)
        return reply

    def _let_in(self, request: web.Request, visit: _Visit) -> str | None:
        """Return the role of who asks; without a session a token is verified."""
        now = self.clock.now()
        identifier = request.cookies.get("sessionId")
        bearer = request.headers.get("Authorization", "")
        token = bearer.removeprefix("Bearer ").strip()
        self.stats.bearer += bool(token)
        self.stats.cookie += bool(identifier)
        role = self._sessions.role(identifier, now)
        if role is not None and request.path != "/auth/check_jwt":
            return role
        if not token:
            return None
        visit.verified = True
        # The token's times are judged by the gateway's own clock.
        role = self._tokens.role(token, self.now())
        if role is not None:
            self.stats.sessions += 1
            visit.cookie = self._sessions.open(role, now)
        return role

    async def _stream(self, request: web.Request, frames: AsyncIterator[bytes], kind: str) -> web.StreamResponse:
        response = web.StreamResponse(headers=_HEADERS)
        response.content_type = kind
        await response.prepare(request)
        async for frame in frames:
            if self.broken() or self._closing.is_set():
                raise ConnectionBroken
            await response.write(frame)
        return response

    async def _send(self, request: web.Request, reply: Reply, cookie: str | None) -> web.StreamResponse:
        if reply.frames is not None:
            return await self._stream(request, reply.frames, reply.content_type)
        body = reply.body()
        kept = body[: int(len(body) * reply.keep)] if reply.keep < 1 else body
        headers = _HEADERS | {"Date": formatdate(self.now(), usegmt=True)} | reply.headers
        if reply.promise_all and len(kept) < len(body):
            response = web.StreamResponse(status=reply.status, headers=headers)
            response.content_type = reply.content_type
            response.content_length = len(body)
            await response.prepare(request)
            await response.write(kept)
            raise ConnectionBroken
        answer = web.Response(
            status=reply.status,
            body=kept,
            headers=headers | {"Content-Type": reply.content_type},
        )
        if not self._keep_alive:
            answer.force_close()
        if cookie is not None:
            answer.headers.add("Set-Cookie", f"sessionId={cookie}; Secure; HttpOnly; path=/")
        return answer
