"""The account's own token, and those for its gateways."""

import json

from simulator.cloud.serving import Knock
from simulator.iq_gateway.access import INSTALLER_LIFETIME, OWNER_LIFETIME
from simulator.iq_gateway.reply import Reply

from . import cookies
from .accounts import Account
from .asking import Ask
from .claims import unsigned
from .cookies import cookies_of
from .errors import words
from .policy import TokenRoute
from .world import World

_NOT_YOURS = "Invalid gateway serial"


def account_token(ask: Ask) -> Reply:
    """Answer the token that battery settings took before they took cookies."""
    policy, session = ask.world.policy, ask.session
    if policy.token_route is TokenRoute.BAD_REQUEST:
        return Reply(status=400, text="Bad Request", content_type="text/plain")
    if policy.token_route is TokenRoute.NOT_FOUND:
        raise words(404, "Not Found")
    until = ask.now + policy.token_life
    claims = {"user_id": ask.account.user_id, "session_id": session.identifier, "exp": int(until)}
    session.token, session.token_until = unsigned(claims), until
    if policy.rotates_with_token:
        ask.world.accounts.sessions.rotate(session, ask.now, grace=policy.rotation_grace)
    return Reply(payload={"token": session.token, "expires_at": int(until)})


def gateway_token(world: World, knock: Knock) -> Reply:
    """Answer a gateway's token for a session that is named in the body."""
    try:
        body = json.loads(knock.body)
        identifier, serial = str(body["session_id"]), str(body["serial_num"])
    except ValueError, KeyError, TypeError:
        raise words(400, "Bad request") from None
    account = world.accounts.of(world.accounts.sessions.of_identifier(identifier, knock.now))
    if account is None:
        raise words(401, "Invalid session")
    return Reply(text=_issue(world, account, serial), content_type="text/plain")


def owner_token(world: World, knock: Knock) -> Reply:
    """Answer a gateway's token for the session of the cookie."""
    cookie = cookies_of(knock.headers.get("Cookie", "")).get(cookies.SESSION, "")
    account = world.accounts.of(world.accounts.sessions.of_cookie(cookie, knock.now))
    if account is None:
        raise words(401, "Not logged in")
    serial = knock.query.get("serial_num", "")
    token = _issue(world, account, serial)
    now = int(world.gateways[serial].clock.now())
    return Reply(payload={"token": token, "generation_time": now, "expires_at": now + lifetime_of(account)})


def _issue(world: World, account: Account, serial: str) -> str:
    gateway = world.gateways.get(serial)
    if gateway is None or serial not in account.serials:
        raise words(403, _NOT_YOURS)
    world.tokens_issued += 1
    return gateway.token(role=account.role, lifetime=lifetime_of(account), username=account.email)


def lifetime_of(account: Account) -> int:
    """Return the seconds a gateway's token lives: a year for owners, half a day for others."""
    if account.token_lifetime is not None:
        return account.token_lifetime
    return OWNER_LIFETIME if account.role == "owner" else INSTALLER_LIFETIME
