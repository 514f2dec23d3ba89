"""Consent of a system's owner, and the tokens that come of it.

The code and the tokens are sent in a form: the documentation's query string
would put them into every log on the way.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import ClientSession
from yarl import URL

from ....api import addresses
from ....api.errors import ApiError
from ....api.payload import Record
from ....api.transport import Response, request
from .replies import Refusal

_TIMEOUT = 30.0
_LIMIT = 64_000
_ENDPOINT = "oauth/token"
_REDIRECT = "oauth/redirect"

_ABOUT_CLIENT = ("invalid_client", "unauthorized_client")
_ABOUT_GRANT = ("invalid_grant", "invalid_token")


class OAuthError(ApiError):
    """The service refuses to give tokens."""


class ClientRefusedError(OAuthError):
    """The client id or the client secret is wrong."""


class CodeRefusedError(OAuthError):
    """The code is wrong, too old or was used before: each is good for once."""


class RedirectRefusedError(OAuthError):
    """The redirect address is another one than the code was asked for with."""


class ConsentDeniedError(OAuthError):
    """The owner did not agree, or somebody else's answer came back."""


class SignInNeededError(OAuthError):
    """The refresh token is refused: the owner has to agree anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSet:
    """What the service issues.

    The access token is good for `expires_in` seconds, a day as a rule, the
    refresh token for 30 days and for once: each renewal brings another, which
    has to be kept. `enl_uid` names the account, for ever.
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    token_type: str | None
    expires_in: int
    scope: str | None
    enl_uid: str | None = field(repr=False)
    enl_cid: str | None = field(repr=False)
    enl_password_last_changed: int | None
    is_internal_app: bool | None
    app_type: str | None


def code_page() -> URL:
    """Return the vendor's own redirect address: a page that shows the code, to be copied by hand."""
    return addresses.enphase_api() / "oauth/redirect_uri"


def authorize_url(client_id: str, redirect_uri: str | URL, *, state: str | None = None) -> URL:
    """Return the page where the owner agrees. It knows neither scopes nor PKCE."""
    query = {"response_type": "code", "client_id": client_id, "redirect_uri": str(redirect_uri)}
    return (addresses.enphase_api() / "oauth/authorize").with_query({**query, "state": state} if state else query)


def read_code(pasted: str, *, state: str | None = None) -> str:
    """Return the code out of what was pasted: the code itself, or the address that the browser ended at.

    Raises `ConsentDeniedError` where the owner refused or another `state`
    came back, `CodeRefusedError` where there is no code.
    """
    text = "".join(pasted.split())
    if "?" not in text:
        if not text or "/" in text:
            raise CodeRefusedError(_REDIRECT, "there is no code")
        return text
    try:
        query = URL(text).query
    except ValueError:
        raise CodeRefusedError(_REDIRECT, "there is no code") from None
    if query.get("error"):
        raise ConsentDeniedError(_REDIRECT, "the owner did not agree")
    if state is not None and query.get("state", state) != state:
        raise ConsentDeniedError(_REDIRECT, "the answer belongs to another question")
    if not (code := query.get("code")):
        raise CodeRefusedError(_REDIRECT, "there is no code")
    return code


async def exchange_code(
    session: ClientSession, client_id: str, client_secret: str, code: str, redirect_uri: str | URL
) -> TokenSet:
    """Turn a code into tokens.

    Raises `CodeRefusedError`, `ClientRefusedError`, `RedirectRefusedError`,
    `ConsentDeniedError` or, for a refusal without a known reason,
    `OAuthError`; another `ApiError` where the service does not answer or has
    too much to do.
    """
    form = {"grant_type": "authorization_code", "redirect_uri": str(redirect_uri), "code": code}
    return await _issue(session, client_id, client_secret, form, CodeRefusedError)


async def refresh(session: ClientSession, client_id: str, client_secret: str, refresh_token: str) -> TokenSet:
    """Renew the tokens. Where another refresh token comes, keep it before anything else: the one given is used up.

    Raises `SignInNeededError`, `ClientRefusedError` or, for a refusal without
    a known reason, `OAuthError`; another `ApiError` where the service does not
    answer or has too much to do.
    """
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    return await _issue(session, client_id, client_secret, form, SignInNeededError, known=refresh_token)


def parse_tokens(endpoint: str, payload: object, *, known: str | None = None) -> TokenSet:
    """Read the answer of `oauth/token`; a `known` refresh token stays good where there is no other (RFC 6749, 6)."""
    root = Record(endpoint, payload)
    return TokenSet(
        access_token=root.text("access_token"),
        refresh_token=root.text("refresh_token") if known is None else root.text_or_none("refresh_token") or known,
        token_type=root.text_or_none("token_type"),
        expires_in=root.integer("expires_in"),
        scope=root.text_or_none("scope"),
        enl_uid=_identifier(root, "enl_uid"),
        enl_cid=_identifier(root, "enl_cid"),
        enl_password_last_changed=root.integer_or_none("enl_password_last_changed"),
        is_internal_app=root.flag_or_none("is_internal_app"),
        app_type=root.text_or_none("app_type"),
    )


async def _issue(
    session: ClientSession,
    client_id: str,
    client_secret: str,
    form: Mapping[str, str],
    refused: type[OAuthError],
    *,
    known: str | None = None,
) -> TokenSet:
    basic = b64encode(f"{client_id}:{client_secret}".encode()).decode()
    answer = await request(
        session,
        "POST",
        addresses.enphase_api() / _ENDPOINT,
        endpoint=_ENDPOINT,
        timeout=_TIMEOUT,
        limit=_LIMIT,
        headers={"Accept": "application/json", "Authorization": f"Basic {basic}"},
        form=form,
    )
    if not 200 <= answer.status < 300:
        raise _refusal(answer, refused)
    return parse_tokens(_ENDPOINT, answer.json(), known=known)


def _refusal(answer: Response, refused: type[OAuthError]) -> ApiError:
    """Return what a refusal means; its own words hold the code or the token and are not told."""
    refusal, status = Refusal(answer), answer.status
    if status not in (400, 401, 403):
        return refusal.error()
    error = refusal.fields.text_or_none("error") if refusal.fields is not None else None
    words = refusal.words
    if error == "access_denied":
        return ConsentDeniedError(_ENDPOINT, "the owner did not agree")
    if error in _ABOUT_CLIENT:
        return ClientRefusedError(_ENDPOINT, "client id or client secret refused")
    if "redirect" in words:
        return RedirectRefusedError(_ENDPOINT, "another redirect address")
    if error in _ABOUT_GRANT or "authorization code" in words or "refresh token" in words:
        return refused(_ENDPOINT, "the code or the refresh token is refused")
    if status == 401 or "credentials" in words:
        # Nothing but the client signs in here.
        return ClientRefusedError(_ENDPOINT, "client id or client secret refused")
    return OAuthError(_ENDPOINT, f"status {status}")


def _identifier(root: Record, key: str) -> str | None:
    """Return a name that may have been sent as a number."""
    number = root.integer_or_none(key)
    return root.text_or_none(key) if number is None else str(number)
