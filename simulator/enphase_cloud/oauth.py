"""OAuth 2.0 as v4 has it: consent, codes, tokens that rotate."""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from html import escape
from typing import Any

from yarl import URL

from simulator.cloud.consent import Consent
from simulator.cloud.tokens import Tokens
from simulator.iq_gateway.reply import Reply

from .access import Application, OwnersGrant, grant
from .errors import oauth
from .world import World

DEFAULT_REDIRECT = "https://api.enphaseenergy.com/oauth/redirect_uri"
DEFAULT_PATH = "/oauth/redirect_uri"
_ANSWER = "user_oauth_approval"


def authorize(world: World, query: Mapping[str, str], now: float, own_url: str) -> Reply:
    """Answer an owner's browser: a page that asks, or the way back to the client."""
    application = world.application(client_id=query.get("client_id", ""))
    if application is None:
        raise oauth(401, "invalid_client", "Bad client credentials")
    if query.get("response_type") != "code":
        raise oauth(400, "unsupported_response_type", f"Unsupported response types: [{query.get('response_type')}]")
    redirect = _redirect(application, query.get("redirect_uri"), own_url)
    consent = world.policy.consent
    if consent is Consent.ASK:
        if _ANSWER not in query:
            return _page(application, query, world)
        consent = Consent.GRANT if query[_ANSWER] == "true" else Consent.DENY
    state = {"state": query["state"]} if "state" in query else {}
    if consent is Consent.DENY:
        return _back(redirect, own_url, {"error": "access_denied", **state})
    code = world.tokens.code(grant(application, world.policy.owner), redirect, now)
    return _back(redirect, own_url, {"code": code, **state})


def show_code(query: Mapping[str, str]) -> Reply:
    """Return the default page, which shows the code for its owner to copy."""
    if "code" not in query:
        text = f"<p>{escape(query.get('error', 'No code'))}</p>"
    else:
        text = f'<p>Your authorization code is</p><p id="code">{escape(query["code"])}</p>'
    return _html(text)


def token(world: World, parameters: Mapping[str, str], authorization: str, now: float, own_url: str) -> Reply:
    """Answer a client's request for tokens."""
    application = _client(world, authorization)
    tokens: Tokens[OwnersGrant] | None
    match parameters.get("grant_type"):
        case "authorization_code":
            redirect = _redirect(application, parameters.get("redirect_uri"), own_url)
            code = parameters.get("code", "")
            tokens = world.tokens.redeem(code, application.client_id, redirect, now)
            if tokens is None:
                raise oauth(400, "invalid_grant", f"Invalid authorization code: {code}")
        case "refresh_token":
            refresh = parameters.get("refresh_token", "")
            tokens = world.tokens.refresh(refresh, application.client_id, now)
            if tokens is None:
                raise oauth(400, "invalid_grant", "Invalid refresh token")
        case None:
            raise oauth(400, "invalid_request", "Missing grant type")
        case other:
            raise oauth(400, "unsupported_grant_type", f"Unsupported grant type: {other}")
    payload = _payload(tokens)
    if parameters["grant_type"] == "refresh_token" and not world.tokens.tells_refresh:
        del payload["refresh_token"]
    return Reply(payload=payload, headers={"Cache-Control": "no-store"})


def _payload(tokens: Tokens[OwnersGrant]) -> dict[str, Any]:
    return {
        "access_token": tokens.access,
        "token_type": "bearer",
        "refresh_token": tokens.refresh,
        "expires_in": tokens.expires_in,
        "scope": "read write",
        "enl_uid": tokens.grant.owner.uid,
        "enl_cid": "5",
        "enl_password_last_changed": "1638870641",
        "is_internal_app": False,
        "app_type": "system",
        "jti": tokens.identifier,
    }


def _client(world: World, authorization: str) -> Application:
    scheme, _, coded = authorization.partition(" ")
    try:
        client_id, _, secret = b64decode(coded, validate=True).decode().partition(":")
    except Base64Error, ValueError:
        client_id, secret = "", ""
    application = world.application(client_id=client_id)
    if scheme.casefold() != "basic" or application is None or application.client_secret != secret:
        raise oauth(401, "invalid_client", "Bad client credentials")
    return application


def _redirect(application: Application, wanted: str | None, own_url: str) -> str:
    if wanted in {None, "", DEFAULT_REDIRECT, f"{own_url}{DEFAULT_PATH}"}:
        return DEFAULT_REDIRECT
    if wanted not in application.redirects and "*" not in application.redirects:
        raise oauth(400, "invalid_grant", f"Invalid redirect: {wanted} does not match one of the registered values.")
    return str(wanted)


def _back(redirect: str, own_url: str, answer: Mapping[str, str]) -> Reply:
    target = f"{own_url}{DEFAULT_PATH}" if redirect == DEFAULT_REDIRECT else redirect
    location = str(URL(target).update_query(answer))
    return Reply(status=302, content_type="text/html", headers={"Location": location})


def _page(application: Application, query: Mapping[str, str], world: World) -> Reply:
    yes, no = (str(URL("/oauth/authorize").with_query({**query, _ANSWER: word})) for word in ("true", "false"))
    systems = world.systems if world.policy.owner.systems is None else world.policy.owner.systems
    return _html(
        f"<p>{escape(application.name)} would like to access {len(systems)} of your systems.</p>"
        f'<p><a id="allow" href="{escape(yes)}">Allow access</a> <a id="deny" href="{escape(no)}">Deny</a></p>'
    )


def _html(text: str) -> Reply:
    page = f"<!DOCTYPE html><html><head><title>Enlighten</title></head><body>{text}</body></html>\n"
    return Reply(text=page, content_type="text/html")
