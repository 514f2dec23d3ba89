"""A vendor's cloud on loopback, over plain HTTP: how it listens, misbehaves and counts."""

from abc import ABC, abstractmethod
import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, Self

from aiohttp import web

from simulator.clock import Clock, SystemClock
from simulator.iq_gateway.faults import ConnectionBroken, Faults
from simulator.iq_gateway.reply import Reply

from .refusal import RefusedError
from .stats import CloudRequest, CloudStats

_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Knock:
    """A request at `now` (epoch s); `prefix` is the part of its path that selects one of several APIs."""

    method: str
    prefix: str = ""
    path: str
    query: Mapping[str, str]
    lists: Mapping[str, list[str]]
    form: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    now: float

    @property
    def bearer(self) -> str:
        """The access token it shows, empty without one."""
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        return token.strip() if scheme.casefold() == "bearer" else ""


class Visitor(Protocol):
    """Who asks, as the counts have it."""

    @property
    def name(self) -> str:
        """The application's name, empty for an unknown one."""
        ...

    @property
    def endpoint(self) -> str:
        """The path with names for what varies, empty for an unknown one."""
        ...

    @property
    def over_quota(self) -> bool:
        """Whether a limit was reached before this request."""
        ...


class LoopbackServer[V: Visitor](ABC):
    """Listens, lets faults act, counts; what is answered is the vendor's."""

    def __init__(self, *, clock: Clock | None = None, port: int = 0) -> None:
        """Listen on `port`, or on any that is free."""
        self.clock = clock or SystemClock()
        self.faults = Faults()
        self.stats = CloudStats()
        self.log: list[CloudRequest] = []
        self._port = port
        self._closing = asyncio.Event()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        """Start to listen."""
        self._closing = asyncio.Event()
        app = web.Application(client_max_size=1 << 20)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, _LOOPBACK, self._port, reuse_address=True).start()
        self._port = int(self._runner.addresses[0][1])
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop, also for those who hang."""
        self._closing.set()
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{_LOOPBACK}:{self._port}"

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._port

    @abstractmethod
    def advance(self) -> None:
        """Let all houses live until the clock's time."""

    def split_prefix(self, path: str) -> tuple[str, str]:
        """Return the prefix of a path, and the path without it, which faults and counts use."""
        return "", path

    @abstractmethod
    def identify(self, knock: Knock) -> V:
        """Return who asks, and count the request against what is theirs."""

    @abstractmethod
    async def respond(self, knock: Knock, visitor: V) -> Reply:
        """Return the answer.

        Raises:
            RefusedError: The answer is an error.
        """

    @abstractmethod
    def answered(self, knock: Knock, visitor: V, reply: Reply) -> None:
        """Take note of the answer, before faults change it."""

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        query: dict[str, str] = dict(request.query)
        body = await request.read()
        form = await request.post() if request.content_type == "application/x-www-form-urlencoded" else {}
        prefix, path = self.split_prefix(request.path)
        knock = Knock(
            method=request.method,
            prefix=prefix,
            path=path,
            query=query,
            lists={name: request.query.getall(name) for name in query},
            form={name: value for name, value in form.items() if isinstance(value, str)},
            headers=request.headers,
            body=body,
            now=self.clock.now(),
        )
        visitor = self.identify(knock)
        status = 0
        self.stats.begin()
        try:
            reply = await self._answer(knock, visitor)
            status = reply.status
            return await self._send(request, reply)
        except ConnectionBroken:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
        finally:
            self.stats.end()
            self._note(knock, visitor, status)

    async def _answer(self, knock: Knock, visitor: V) -> Reply:
        faults = self.faults.take(knock.path, knock.now, knock.method)
        for fault in faults:
            instead = await fault.before(self._closing)
            if instead is not None:
                return instead
        self.advance()
        try:
            reply = await self.respond(knock, visitor)
        except RefusedError as refused:
            reply = refused.reply
        self.answered(knock, visitor, reply)
        for fault in faults:
            reply = fault.after(reply)
        return reply

    def _note(self, knock: Knock, visitor: V, status: int) -> None:
        request = CloudRequest(
            time=knock.now,
            method=knock.method,
            path=knock.path,
            endpoint=visitor.endpoint or knock.path,
            query=knock.query,
            body=knock.body,
            application=visitor.name,
            status=status,
            over_quota=visitor.over_quota,
        )
        self.log.append(request)
        self.stats.add(request)

    @staticmethod
    async def _send(request: web.Request, reply: Reply) -> web.StreamResponse:
        body = reply.body()
        kept = body[: int(len(body) * reply.keep)] if reply.keep < 1 else body
        if reply.promise_all and len(kept) < len(body):
            response = web.StreamResponse(status=reply.status, headers=reply.headers)
            response.content_type = reply.content_type
            response.content_length = len(body)
            await response.prepare(request)
            await response.write(kept)
            raise ConnectionBroken
        if reply.status == 204:
            return web.Response(status=204, headers=reply.headers)
        answer = web.Response(
            status=reply.status, body=kept, headers=reply.headers | {"Content-Type": reply.content_type}
        )
        for cookie in reply.cookies:
            answer.headers.add("Set-Cookie", cookie)
        return answer
