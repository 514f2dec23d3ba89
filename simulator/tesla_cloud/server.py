"""Tesla's sign-in and Fleet API on loopback, over plain HTTP."""

from collections.abc import Iterable
from inspect import isawaitable
from secrets import token_hex
from typing import Any, override

from simulator.clock import Clock
from simulator.cloud.serving import Knock, LoopbackServer
from simulator.cloud.stats import CloudRequest
from simulator.cloud.tokens import Tokens
from simulator.iq_gateway.reply import Reply, html

from . import oauth
from .access import COMMANDS, DEVICE_DATA, OFFLINE, Account, Application, FleetTokens, Registration, ScopedGrant
from .door import Visitor, answer, identify
from .regions import Region
from .site import EnergySite
from .world import Policy, World

SIGN_IN_SCOPES = frozenset({"openid", OFFLINE, DEVICE_DATA, COMMANDS})


class TeslaServer(LoopbackServer[Visitor]):
    """Serves sites. Each region has its own address; the address without a region serves all of them."""

    def __init__(self, sites: Iterable[EnergySite] = (), *, clock: Clock | None = None, port: int = 0) -> None:
        """Know `sites`; listen on `port`, or on any that is free."""
        super().__init__(clock=clock, port=port)
        self.world = World()
        for each in sites:
            self.add_site(each)

    # -- what it knows --------------------------------------------------------

    @property
    def requests(self) -> list[CloudRequest]:
        """All requests so far."""
        return self.log

    @property
    def policy(self) -> Policy:
        """How the API behaves if the documentation leaves it open."""
        return self.world.policy

    @property
    def tokens(self) -> FleetTokens:
        """Codes and tokens, and how long they live."""
        return self.world.tokens

    @property
    def hosts(self) -> dict[str, str]:
        """Addresses (http://127.0.0.1:port) by the domain that is to be registered."""
        return self.world.hosts

    def api_url(self, region: Region) -> str:
        """Return the address of one region's API."""
        return f"{self.url}/{region}"

    def add_site(self, site: EnergySite) -> EnergySite:
        """Serve one more site."""
        if site.site_id in self.world.sites:
            msg = f"there is a site {site.site_id} already"
            raise ValueError(msg)
        self.world.sites[site.site_id] = site
        return site

    def add_application(
        self,
        name: str = "My application",
        *,
        redirects: Iterable[str] = (),
        regions: Iterable[Region] = Region,
        **more: Any,
    ) -> Application:
        """Add an application, registered in `regions` already; `more` are fields of `Application`."""
        application = Application(name=name, redirects=frozenset(redirects), **more)
        registration = Registration(domain="example.com", public_key=f"04{token_hex(64)}")
        application.registrations.update(dict.fromkeys(regions, registration))
        self.world.applications[application.client_id] = application
        return application

    def grant(
        self, application: Application, account: Account | None = None, scopes: Iterable[str] = SIGN_IN_SCOPES
    ) -> Tokens[ScopedGrant]:
        """Return tokens as if the account had just granted access."""
        grant = ScopedGrant(
            client_id=application.client_id, account=account or self.policy.account, scopes=frozenset(scopes)
        )
        return self.tokens.issue(grant, self.clock.now())

    def headers(self, application: Application, tokens: Tokens[ScopedGrant] | None = None) -> dict[str, str]:
        """Return the headers of a request, with new tokens unless some are given."""
        return {"Authorization": f"Bearer {(tokens or self.grant(application)).access}"}

    @override
    def advance(self) -> None:
        for each in self.world.sites.values():
            each.advance(self.clock.now())

    # -- requests -------------------------------------------------------------

    @override
    def split_prefix(self, path: str) -> tuple[str, str]:
        for region in Region:
            if path.startswith(f"/{region}/api/"):
                return region.value, path.removeprefix(f"/{region}")
        return "", path

    @override
    def identify(self, knock: Knock) -> Visitor:
        return identify(self.world, knock)

    @override
    def answered(self, knock: Knock, visitor: Visitor, reply: Reply) -> None:
        if visitor.application is not None and visitor.match is not None and reply.status < 500:
            visitor.application.usage.bill(knock.now, command=visitor.command)

    @override
    async def respond(self, knock: Knock, visitor: Visitor) -> Reply:
        match knock.method, knock.path:
            case "GET", oauth.AUTHORIZE:
                return oauth.authorize(self.world, knock)
            case "POST", oauth.TOKEN:
                return oauth.token(self.world, knock)
            case "GET", oauth.REVOKE:
                return oauth.revoke(self.world, knock.query)
            case _, path if path.startswith("/api/"):
                result = answer(self.world, knock, visitor, self.api_url)
                result = await result if isawaitable(result) else result
                return result if isinstance(result, Reply) else Reply(payload=result)
            case _:
                return html(404)
