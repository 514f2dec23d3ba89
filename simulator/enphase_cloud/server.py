"""The vendor's cloud on loopback, over plain HTTP."""

from collections.abc import Iterable
from typing import Any, override

from simulator.clock import Clock
from simulator.cloud.serving import Knock, LoopbackServer
from simulator.cloud.stats import CloudRequest
from simulator.cloud.tokens import Tokens
from simulator.iq_gateway.reply import Reply, html

from . import oauth, v2_door
from .access import Application, Owner, OwnersGrant, OwnersTokens, grant
from .door import Visitor, answer_v4, identify
from .errors import v4
from .system import CloudSystem
from .users import encode_user
from .world import Policy, World


class CloudServer(LoopbackServer[Visitor]):
    """Serves systems through OAuth, the Monitoring API v4 and the Systems API v2."""

    def __init__(self, systems: Iterable[CloudSystem] = (), *, clock: Clock | None = None, port: int = 0) -> None:
        """Know `systems`; listen on `port`, or on any that is free."""
        super().__init__(clock=clock, port=port)
        self.world = World()
        for each in systems:
            self.add_system(each)

    # -- what it knows --------------------------------------------------------

    @property
    def requests(self) -> list[CloudRequest]:
        """All requests so far."""
        return self.log

    @property
    def policy(self) -> Policy:
        """How it behaves where the documents leave it open."""
        return self.world.policy

    @property
    def tokens(self) -> OwnersTokens:
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

    def grant(self, application: Application, owner: Owner | None = None) -> Tokens[OwnersGrant]:
        """Return tokens as if somebody had consented just now."""
        return self.tokens.issue(grant(application, owner or self.policy.owner), self.clock.now())

    def headers(self, application: Application, tokens: Tokens[OwnersGrant] | None = None) -> dict[str, str]:
        """Return the headers of a request to v4, with new tokens unless some are given."""
        access = (tokens or self.grant(application)).access
        return {"key": application.key, "Authorization": f"Bearer {access}"}

    @override
    def advance(self) -> None:
        for each in self.world.systems.values():
            each.advance(self.clock.now())

    # -- requests -------------------------------------------------------------

    @override
    def identify(self, knock: Knock) -> Visitor:
        return identify(self.world, knock)

    @override
    def answered(self, knock: Knock, visitor: Visitor, reply: Reply) -> None:
        if reply.status >= 400 and visitor.application is not None and not self.policy.count_refused:
            visitor.application.usage.take_back(knock.now)

    @override
    async def respond(self, knock: Knock, visitor: Visitor) -> Reply:
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
            authorization = knock.headers.get("Authorization", "")
            return oauth.token(self.world, {**knock.query, **knock.form}, authorization, knock.now, self.url)
        return html(404)
