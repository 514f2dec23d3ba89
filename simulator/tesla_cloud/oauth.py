"""Sign-in as Tesla has it: consent with boxes, codes, tokens that rotate, partner tokens."""

from collections.abc import Mapping
from html import escape
import json

from yarl import URL

from simulator.cloud.consent import Consent
from simulator.cloud.serving import Knock
from simulator.cloud.tokens import Tokens
from simulator.iq_gateway.reply import Reply

from .access import OFFLINE, SCOPES, Application, ScopedGrant
from .errors import sign_in
from .regions import REAL_HOSTS
from .world import World

AUTHORIZE, TOKEN, REVOKE = "/oauth2/v3/authorize", "/oauth2/v3/token", "/user/revoke/consent"
_ANSWER, _BOX = "answer", "box"
_LOGIN = "The refresh_token is invalid: the user has reset their password or the refresh_token has already been used"


def authorize(world: World, knock: Knock) -> Reply:
    """Answer an owner's browser: a page with boxes, or the way back to the client."""
    query, policy = knock.query, world.policy
    application = world.applications.get(query.get("client_id", ""))
    if application is None:
        raise sign_in(400, "invalid_client", "client_id is unknown")
    redirect = query.get("redirect_uri", "")
    if "*" not in application.redirects and redirect not in application.redirects:
        raise sign_in(400, "invalid_request", "redirect_uri is not registered for this client_id")
    if query.get("response_type") != "code":
        raise sign_in(400, "unsupported_response_type", "response_type must be code")
    wanted = frozenset(query.get("scope", "").split()) & application.scopes & SCOPES
    state = {"state": query["state"]} if "state" in query else {}
    kept = world.consents.get((policy.account.sub, application.client_id))
    if policy.consent_remembered and kept and query.get("prompt_missing_scopes") != "true":
        return _back(redirect, {"code": _code(world, application, kept & wanted, redirect, knock.now), **state})
    consent, ticked = policy.consent, wanted - policy.unticked
    if consent is Consent.ASK:
        if _ANSWER not in query:
            return _page(application, query, wanted)
        consent = Consent.GRANT if query[_ANSWER] == "allow" else Consent.DENY
        ticked = wanted & frozenset(knock.lists.get(_BOX, ()))
    if consent is Consent.DENY or (query.get("require_requested_scopes") == "true" and ticked != wanted):
        return _back(redirect, {"error": "access_denied", "error_description": "The user denied access", **state})
    world.consents[policy.account.sub, application.client_id] = ticked
    return _back(redirect, {"code": _code(world, application, ticked, redirect, knock.now), **state})


def token(world: World, knock: Knock) -> Reply:
    """Answer a client's request for tokens, a form or JSON."""
    form = _form(knock)
    application = world.applications.get(form.get("client_id", ""))
    if application is None:
        raise sign_in(401, "invalid_client", "client_id is unknown")
    grant_type = form.get("grant_type")
    if grant_type == "refresh_token":
        return _answer(world.tokens.refresh(form.get("refresh_token", ""), application.client_id, knock.now), world)
    if form.get("client_secret") != application.client_secret:
        raise sign_in(401, "invalid_client", "client_secret is wrong")
    match grant_type:
        case "authorization_code":
            redirect = form.get("redirect_uri", "")
            tokens = world.tokens.redeem(form.get("code", ""), application.client_id, redirect, knock.now)
            if tokens is None:
                raise sign_in(400, "invalid_grant", "The code is invalid, expired or was used before")
            return _answer(tokens, world)
        case "client_credentials":
            return _partner(world, application, form, knock.now)
        case _:
            raise sign_in(400, "unsupported_grant_type", f"grant_type {grant_type} is not supported")


def revoke(world: World, query: Mapping[str, str]) -> Reply:
    """Take back what an owner gave to an application, and send the browser on."""
    client = query.get("revoke_client_id", "")
    world.tokens.revoke(client)
    world.consents = {key: scopes for key, scopes in world.consents.items() if key[1] != client}
    return _back(query["back_url"], {}) if "back_url" in query else _html("<p>Access was revoked.</p>")


def _code(world: World, application: Application, scopes: frozenset[str], redirect: str, now: float) -> str:
    grant = ScopedGrant(client_id=application.client_id, account=world.policy.account, scopes=scopes)
    return world.tokens.code(grant, redirect, now)


def _partner(world: World, application: Application, form: Mapping[str, str], now: float) -> Reply:
    if application.open_source:
        raise sign_in(403, "unauthorized_client", "This client may not use client_credentials")
    if not form.get("audience"):
        raise sign_in(400, "invalid_request", "audience is required")
    scopes = (frozenset(form.get("scope", "").split()) or SCOPES) & application.scopes
    region = next((region for region, host in REAL_HOSTS.items() if host == form["audience"]), None)
    tokens = world.tokens.issue(ScopedGrant(client_id=application.client_id, scopes=scopes, region=region), now)
    payload = {"access_token": tokens.access, "expires_in": tokens.expires_in, "token_type": "Bearer"}
    return Reply(payload=payload)


def _answer(tokens: Tokens[ScopedGrant] | None, world: World) -> Reply:
    if tokens is None:
        raise sign_in(401, "login_required", _LOGIN)
    payload = {
        "access_token": tokens.access,
        "id_token": tokens.access,
        "expires_in": tokens.expires_in,
        "token_type": "Bearer",
    }
    if OFFLINE in tokens.grant.scopes and world.tokens.tells_refresh:
        payload["refresh_token"] = tokens.refresh
    return Reply(payload=payload, headers={"Cache-Control": "no-store"})


def _form(knock: Knock) -> Mapping[str, str]:
    if knock.form:
        return knock.form
    try:
        content = json.loads(knock.body)
    except ValueError:
        return {}
    return {name: str(value) for name, value in content.items()} if isinstance(content, dict) else {}


def _back(redirect: str, answer: Mapping[str, str]) -> Reply:
    location = str(URL(redirect).update_query(answer))
    return Reply(status=302, content_type="text/html", headers={"Location": location})


def _page(application: Application, query: Mapping[str, str], wanted: frozenset[str]) -> Reply:
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in query.items()
    )
    boxes = "".join(
        f'<p><label><input type="checkbox" name="{_BOX}" value="{scope}" checked> {scope}</label></p>'
        for scope in sorted(wanted)
    )
    buttons = "".join(
        f'<button id="{answer}" name="{_ANSWER}" value="{answer}">{answer.capitalize()}</button> '
        for answer in ("allow", "deny")
    )
    title = f"<p>{escape(application.name)} would like to access your Tesla account.</p>"
    return _html(f'{title}<form action="{AUTHORIZE}" method="get">{hidden}{boxes}{buttons}</form>')


def _html(text: str) -> Reply:
    page = f"<!DOCTYPE html><html><head><title>Tesla</title></head><body>{text}</body></html>\n"
    return Reply(text=page, content_type="text/html")
