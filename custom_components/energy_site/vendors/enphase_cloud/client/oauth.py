"""Authorization by a system's owner, and the resulting tokens.

The code and the tokens are sent as a form: the query string of the documentation would expose them
to every log on the way.
"""

from base64 import b64encode
from collections.abc import Mapping

from aiohttp import ClientSession
from yarl import URL

from ....api.errors import ApiError
from ....api.oauth import (
    ClientRefusedError,
    CodeRefusedError,
    ConsentDeniedError,
    OAuthError,
    RedirectRefusedError,
    SignInNeededError,
    TokenSet,
)
from ....api.payload import Record
from ....api.transport import Response, request
from .addresses import enphase_api
from .error_mapping import ErrorResponse

_TIMEOUT = 30.0
_LIMIT = 64_000
_ENDPOINT = "oauth/token"

_ABOUT_CLIENT = ("invalid_client", "unauthorized_client")
_ABOUT_GRANT = ("invalid_grant", "invalid_token")


def code_page() -> URL:
    """Return Enphase's own redirect URI: a page that shows the code, to be copied manually."""
    return enphase_api() / "oauth/redirect_uri"


def authorize_url(client_id: str, redirect_uri: str | URL, *, state: str | None = None) -> URL:
    """Return the page on which the owner authorizes access. It supports neither scopes nor PKCE."""
    query = {"response_type": "code", "client_id": client_id, "redirect_uri": str(redirect_uri)}
    return (enphase_api() / "oauth/authorize").with_query({**query, "state": state} if state else query)


async def exchange_code(
    session: ClientSession, client_id: str, client_secret: str, code: str, redirect_uri: str | URL
) -> TokenSet:
    """Exchange a code for tokens.

    Raises `CodeRefusedError`, `ClientRefusedError`, `RedirectRefusedError`, `ConsentDeniedError`
    or, for a rejection without a known reason, `OAuthError`; another `ApiError` if the service is
    unreachable or overloaded.
    """
    form = {"grant_type": "authorization_code", "redirect_uri": str(redirect_uri), "code": code}
    return await _issue(session, client_id, client_secret, form, CodeRefusedError)


async def refresh(session: ClientSession, client_id: str, client_secret: str, refresh_token: str) -> TokenSet:
    """Renew the tokens. A new refresh token has to be stored first of all, as the given one is used up.

    Raises `SignInNeededError`, `ClientRefusedError` or, for a rejection without a known reason,
    `OAuthError`; another `ApiError` if the service is unreachable or overloaded.
    """
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    return await _issue(session, client_id, client_secret, form, SignInNeededError, known=refresh_token)


def parse_tokens(endpoint: str, payload: object, *, known: str | None = None) -> TokenSet:
    """Read the response of `oauth/token`; without a new refresh token, the `known` one stays valid (RFC 6749, 6).

    The access token is usually valid for a day, the refresh token for 30 days.
    """
    root = Record(endpoint, payload)
    return TokenSet(
        access_token=root.text("access_token"),
        refresh_token=root.text("refresh_token") if known is None else root.text_or_none("refresh_token") or known,
        token_type=root.text_or_none("token_type"),
        expires_in=root.integer("expires_in"),
        account=_identifier(root, "enl_uid"),
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
        enphase_api() / _ENDPOINT,
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
    """Return the error for a rejection; its own text contains the code or the token, and isn't used."""
    refusal, status = ErrorResponse(answer), answer.status
    if status not in (400, 401, 403):
        return refusal.error()
    error = refusal.fields.text_or_none("error") if refusal.fields is not None else None
    words = refusal.words
    if error == "access_denied":
        return ConsentDeniedError(_ENDPOINT, "the owner did not agree")
    if error in _ABOUT_CLIENT:
        return ClientRefusedError(_ENDPOINT, "client id or client secret refused")
    if "redirect" in words:
        return RedirectRefusedError(_ENDPOINT, "another redirect URI")
    if error in _ABOUT_GRANT or "authorization code" in words or "refresh token" in words:
        return refused(_ENDPOINT, "the code or the refresh token is refused")
    if status == 401 or "credentials" in words:
        # Only the client authenticates here.
        return ClientRefusedError(_ENDPOINT, "client id or client secret refused")
    return OAuthError(_ENDPOINT, f"status {status}")


def _identifier(root: Record, key: str) -> str | None:
    """Return an identifier that may have been sent as a number."""
    number = root.integer_or_none(key)
    return root.text_or_none(key) if number is None else str(number)
