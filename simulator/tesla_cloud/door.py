"""Who is let in: tokens, money, limits, registration, region, scopes."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from simulator.cloud.routing import Match
from simulator.cloud.serving import Knock
from simulator.iq_gateway.reply import Json, Reply

from .access import Application, ScopedGrant
from .asking import Ask, Handler
from .errors import failure, too_many
from .regions import Region
from .routes import ROUTES, Need
from .world import World


@dataclass(slots=True, kw_only=True)
class Visitor:
    """Whose token a request shows, what it is for, and the seconds it has to wait at a limit."""

    application: Application | None = None
    grant: ScopedGrant | None = None
    match: Match[Need, Handler] | None = None
    endpoint: str = ""
    wait: int | None = None

    @property
    def name(self) -> str:
        """The application's name."""
        return self.application.name if self.application else ""

    @property
    def over_quota(self) -> bool:
        """Whether a limit was reached before this request."""
        return self.wait is not None

    @property
    def command(self) -> bool:
        """Whether it is a write."""
        return self.match is not None and self.match.route.group is Need.COMMANDS


def identify(world: World, knock: Knock) -> Visitor:
    """Find the application of a token and count the request against its limits."""
    if not knock.path.startswith("/api/"):
        client = knock.form.get("client_id") or knock.query.get("client_id", "")
        return Visitor(application=world.applications.get(client), endpoint=knock.path)
    match, endpoint = ROUTES.match(knock.method, knock.path)
    grant = world.tokens.of_access(knock.bearer, knock.now)
    application = world.applications.get(grant.client_id) if grant else None
    visitor = Visitor(application=application, grant=grant, match=match, endpoint=endpoint)
    if application is not None:
        site = match.names.get("site_id", "") if match else ""
        limits = world.policy.limits
        visitor.wait = application.usage.wait(limits, knock.now, knock.path, site, command=visitor.command)
    return visitor


def answer(
    world: World, knock: Knock, visitor: Visitor, api: Callable[[Region], str]
) -> Json | Reply | Awaitable[Reply]:
    """Let a request in, and answer it.

    Raises:
        RefusedError: It is not let in, or its handler refuses.
    """
    application, grant, policy = visitor.application, visitor.grant, world.policy
    if application is None or grant is None:
        raise failure(401)
    if application.disabled or (policy.energy_billed and application.usage.spent(knock.now) >= application.credit):
        raise failure(402)
    if visitor.wait is not None:
        raise too_many(visitor.wait, policy.wait_in, policy.limits.a_minute or 60)
    if visitor.match is None:
        raise failure(405 if visitor.endpoint else 404)
    need = visitor.match.route.group
    region = _region(world, knock.prefix, application, grant)
    if need is Need.PARTNER:
        if grant.account is not None:
            raise failure(403, "Unauthorized: partner token required")
    else:
        _check_account(world, application, grant, need, region)
    return visitor.match.route.handler(
        Ask(
            names=visitor.match.names,
            query=knock.query,
            headers=knock.headers,
            body=knock.body,
            now=knock.now,
            world=world,
            region=region,
            application=application,
            grant=grant,
            api=api,
        )
    )


def _region(world: World, prefix: str, application: Application, grant: ScopedGrant) -> Region:
    own = grant.account.region if grant.account else grant.region or Region.NA
    if prefix:
        return Region(prefix)
    if world.policy.bare_follows_region and application.client_id in world.informed_applications:
        return own
    return world.policy.bare_region or own


def _check_account(world: World, application: Application, grant: ScopedGrant, need: Need, region: Region) -> None:
    if grant.account is None:
        raise failure(403, "Unauthorized: user token required")
    asks_region = need is Need.ACCOUNT
    unregistered = region not in application.registrations and (
        world.policy.region_needs_registration or not asks_region
    )
    elsewhere = grant.account.region is not region and not asks_region
    if elsewhere and (world.policy.region_before_registration or not unregistered):
        raise failure(421)
    if unregistered:
        raise failure(412)
    if not asks_region and need not in grant.scopes:
        raise failure(403)
