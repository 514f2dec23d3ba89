"""The vendor's cloud on loopback, over plain HTTP."""

import asyncio
from collections.abc import Iterable
from secrets import token_hex
from typing import Any, Self

from aiohttp import web

from simulator.clock import Clock, SystemClock
from simulator.iq_gateway.faults import ConnectionBroken, Faults
from simulator.iq_gateway.reply import Reply, html

from . import oauth, v2_door
from .access import Application, Grant, Owner, Tokens, TokenStore
from .door import Knock, Visitor, answer_v4, identify
from .errors import RefusedError, v4
from .stats import CloudRequest, CloudStats
from .system import CloudSystem
from .users import encode_user
from .world import Policy, World

_LOOPBACK = "127.0.0.1"


class CloudServer:
    """Serves systems through OAuth, the Monitoring API v4 and the Systems API v2."""

    def __init__(self, systems: Iterable[CloudSystem] = (), *, clock: Clock | None = None, port: int = 0) -> None:
        """Know `systems`; listen on `port`, or on any that is free."""
        self.clock = clock or SystemClock()
        self.world = World()
        self.faults = Faults()
        self.stats = CloudStats()
        self.requests: list[CloudRequest] = []
        self._port = port
        self._closing = asyncio.Event()
        self._runner: web.AppRunner | None = None
        for each in systems:
            self.add_system(each)

    # -- life -----------------------------------------------------------------

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

    # -- what it knows --------------------------------------------------------

    @property
    def policy(self) -> Policy:
        """How it behaves where the documents leave it open."""
        return self.world.policy

    @property
    def tokens(self) -> TokenStore:
        """Codes and tokens, and how long they live."""
        return self.world.tokens

    def add_system(self, system: CloudSystem) -> CloudSystem:
        """Serve one more system."""
        if system.system_id in self.world.systems:
            msg = f"there is a system {system.system_id} already"
            raise ValueError(msg)
        self.world.systems[system.system_id] = system
        return system

    def add_application(
        self, name: str = "My application", *, redirects: Iterable[str] = (), **more: Any
    ) -> Application:
        """Register an application; `more` are fields of `Application`."""
        application = Application(name=name, redirects=frozenset(redirects), **more)
        self.world.applications[application.client_id] = application
        return application

    def add_legacy_user(self, number: int = 310606, systems: Iterable[int] | None = None) -> str:
        """Let v2 know a user who shows `systems` (None: all); return the user id it wants."""
        self.world.legacy_users[number] = None if systems is None else frozenset(systems)
        return encode_user(number)

    def grant(self, application: Application, owner: Owner | None = None) -> Tokens:
        """Return tokens as if somebody had consented just now."""
        grant = Grant(identifier=token_hex(8), client_id=application.client_id, owner=owner or self.policy.owner)
        return self.tokens.issue(grant, self.clock.now())

    def headers(self, application: Application, tokens: Tokens | None = None) -> dict[str, str]:
        """Return the headers of a request to v4, with new tokens unless some are given."""
        access = (tokens or self.grant(application)).access
        return {"key": application.key, "Authorization": f"Bearer {access}"}

    def advance(self) -> None:
        """Let all houses live until the clock's time."""
        for each in self.world.systems.values():
            each.advance(self.clock.now())

    # -- requests -------------------------------------------------------------

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        query: dict[str, str] = dict(request.query)
        lists = {name: request.query.getall(name) for name in query}
        knock = Knock(
            method=request.method,
            path=request.path,
            query=query,
            lists=lists,
            headers=request.headers,
            body=await request.read(),
            now=self.clock.now(),
        )
        visitor = identify(self.world, knock)
        status = 0
        self.stats.begin()
        try:
            reply = await self._answer(request, knock, visitor)
            status = reply.status
            return await self._send(request, reply)
        except ConnectionBroken:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
        finally:
            self.stats.end()
            self._note(knock, visitor, status)

    async def _answer(self, request: web.Request, knock: Knock, visitor: Visitor) -> Reply:
        faults = self.faults.take(knock.path, knock.now, knock.method)
        for fault in faults:
            instead = await fault.before(self._closing)
            if instead is not None:
                return instead
        self.advance()
        try:
            reply = await self._respond(request, knock, visitor)
        except RefusedError as refused:
            reply = refused.reply
        if reply.status >= 400 and visitor.application is not None and not self.policy.count_refused:
            visitor.application.usage.take_back(knock.now)
        for fault in faults:
            reply = fault.after(reply)
        return reply

    async def _respond(self, request: web.Request, knock: Knock, visitor: Visitor) -> Reply:
        path, most = knock.path, self.policy.max_concurrent
        if most is not None and self.stats.in_flight > most:
            raise v4(503, "Too many concurrent requests")
        if path.startswith("/api/v4/"):
            return answer_v4(self.world, knock, visitor)
        if path.startswith("/api/v2/"):
            return v2_door.answer(self.world, knock, visitor)
        if path == "/oauth/authorize" and knock.method == "GET":
            return oauth.authorize(self.world, knock.query, knock.now, self.url)
        if path == oauth.DEFAULT_PATH and knock.method == "GET":
            return oauth.show_code(knock.query)
        if path == "/oauth/token" and knock.method == "POST":
            form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
            authorization = knock.headers.get("Authorization", "")
            return oauth.token(self.world, {**knock.query, **form}, authorization, knock.now, self.url)
        return html(404)

    def _note(self, knock: Knock, visitor: Visitor, status: int) -> None:
        request = CloudRequest(
            time=knock.now,
            method=knock.method,
            path=knock.path,
            endpoint=visitor.endpoint or knock.path,
            query=knock.query,
            body=knock.body,
            application=visitor.name,
            status=status,
            over_quota=visitor.exceeded is not None,
        )
        self.requests.append(request)
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
        return web.Response(
            status=reply.status, body=kept, headers=reply.headers | {"Content-Type": reply.content_type}
        )
