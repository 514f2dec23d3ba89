"""Who is let in: keys, quotas, tokens, plans."""

from dataclasses import dataclass

from simulator.cloud.refusal import RefusedError
from simulator.cloud.serving import Knock
from simulator.iq_gateway.reply import Reply

from .access import Application
from .asking import Ask
from .errors import MISMATCH, NOT_SIGNED_IN, NOT_YOURS, v2, v4, v4_method
from .quota import Exceeded
from .v4_routes import NOT_SERVED, SERVED
from .world import World

_METHODS = frozenset({"GET", "POST", "PUT", "DELETE"})


@dataclass(slots=True, kw_only=True)
class Visitor:
    """Whose key a request shows, and which limit it goes beyond."""

    application: Application | None = None
    exceeded: Exceeded | None = None
    endpoint: str = ""

    @property
    def name(self) -> str:
        """The application's name."""
        return self.application.name if self.application else ""

    @property
    def over_quota(self) -> bool:
        """Whether a limit was reached before this request."""
        return self.exceeded is not None


def identify(world: World, knock: Knock) -> Visitor:
    """Find the application of a key and count the request against its plan."""
    if not knock.path.startswith("/api/"):
        return Visitor(endpoint=knock.path)
    key = knock.headers.get("key") or knock.query.get("key")
    application = world.application(key=key) if key else None
    if application is None:
        return Visitor()
    application.usage.book(knock.now, knock.method)
    exceeded = application.usage.exceeded(application.plan, knock.now, knock.method)
    if exceeded is not None:
        application.usage.refused += 1
    return Visitor(application=application, exceeded=exceeded)


def answer_v4(world: World, knock: Knock, visitor: Visitor) -> Reply:
    """Let a request to v4 in, and answer it."""
    match, template = SERVED[world.policy.config_paths].match(knock.method, knock.path)
    visitor.endpoint = template
    application = visitor.application
    if application is None:
        raise v4(401, NOT_SIGNED_IN)
    if visitor.exceeded is not None:
        raise _too_many(world, application, visitor.exceeded, knock.now)
    if knock.method not in _METHODS:
        raise v4_method(501)
    grant = world.tokens.of_access(knock.bearer, knock.now)
    if grant is None:
        raise v4(401, NOT_SIGNED_IN)
    if grant.client_id != application.client_id:
        raise v4(401, MISMATCH)
    if match is None:
        raise _unknown(world, knock, template)
    if not application.may(match.route.group):
        status = world.policy.outside_plan
        raise v4(status, NOT_SIGNED_IN if status == 401 else NOT_YOURS)
    ask = Ask(
        method=knock.method,
        path=knock.path,
        names=match.names,
        query=knock.query,
        lists=knock.lists,
        body=knock.body,
        headers=knock.headers,
        now=knock.now,
        world=world,
        application=application,
        systems=tuple(world.visible(grant)),
    )
    result = match.route.handler(ask)
    return result if isinstance(result, Reply) else Reply(payload=result)


def too_many_v2(application: Application, exceeded: Exceeded) -> RefusedError:
    """Return v2's word for too many requests, a 409."""
    reply = v2(409, f"Usage limit exceeded for plan {application.plan.name}").reply
    return RefusedError(reply.with_payload({**dict(reply.payload or {}), **_period(exceeded)}))


def _too_many(world: World, application: Application, exceeded: Exceeded, now: float) -> RefusedError:
    told = _period(exceeded) if world.policy.period_in_429 else {}
    refused = v4(429, f"Usage limit exceeded for plan {application.plan.name}", **told)
    if world.policy.retry_after:
        refused.reply.headers["Retry-After"] = str(max(1, int(exceeded.end - now)))
    return refused


def _period(exceeded: Exceeded) -> dict[str, str | int]:
    return {
        "period": exceeded.period,
        "period_start": exceeded.start,
        "period_end": exceeded.end,
        "limit": exceeded.limit,
    }


def _unknown(world: World, knock: Knock, template: str) -> RefusedError:
    if template:
        return v4_method(405)
    _, missing = NOT_SERVED[world.policy.config_paths].match(knock.method, knock.path)
    if missing and world.policy.missing_path == 405:
        return v4_method(405)
    return v4(404, f"No route matches {knock.path}")
