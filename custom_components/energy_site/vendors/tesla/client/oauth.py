"""Consent of a site's owner, the tokens that come of it, and the application's own token."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from aiohttp import ClientSession
from yarl import URL

from ....api.errors import ApiError, ApiPayloadError
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
from .addresses import Region, audience, region_named, tesla_authorize, tesla_token
from .claims import read_claims
from .error_mapping import status_error
from .errors import OfflineAccessDeniedError, PartnerTokenRefusedError

READ_SCOPE = "energy_device_data"
WRITE_SCOPE = "energy_cmds"
_OFFLINE_SCOPE = "offline_access"
SCOPES = ("openid", _OFFLINE_SCOPE, READ_SCOPE, WRITE_SCOPE)
"""What is asked of the owner, who may grant less."""

_TIMEOUT = 30.0
_LIMIT = 64_000
_ENDPOINT = "oauth/token"

_ABOUT_GRANT = ("invalid_grant", "invalid_token", "login_required", "invalid_auth_code")
_ABOUT_CLIENT = ("invalid_client", "unauthorized_client")


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerToken:
    """The application's own token, good for `expires_in` seconds."""

    access_token: str = field(repr=False)
    expires_in: int


def authorize_url(
    client_id: str,
    redirect_uri: str | URL,
    *,
    region: Region,
    state: str | None = None,
    scopes: Iterable[str] = SCOPES,
) -> URL:
    """Return the page where the owner signs in and ticks the scopes; those that lacked are asked for again."""
    query = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": str(redirect_uri),
        "scope": " ".join(scopes),
        "prompt": "login",
        "prompt_missing_scopes": "true",
    }
    return authorize_endpoint(region).with_query({**query, "state": state} if state else query)


def authorize_endpoint(region: Region) -> URL:
    """Return the address of the page without its query."""
    return tesla_authorize(region) / "oauth2/v3/authorize"


def token_endpoint(region: Region) -> URL:
    """Return the address that issues tokens."""
    return tesla_token(region) / "oauth2/v3/token"


def consent_url(client_id: str, back_url: str | URL, *, region: Region) -> URL:
    """Return the page where the owner withdraws a consent, to give it anew with another scope."""
    query = {"revoke_client_id": client_id, "back_url": str(back_url)}
    return (tesla_authorize(region) / "user/revoke/consent").with_query(query)


def region_of_code(code: str) -> Region | None:
    """Return the region that a code's beginning names, such as `EU_`; `None` where there is none."""
    return region_named(code.partition("_")[0]) if "_" in code else None


async def exchange_code(
    session: ClientSession,
    client_id: str,
    client_secret: str,
    code: str,
    redirect_uri: str | URL,
    *,
    region: Region,
) -> TokenSet:
    """Turn a code into tokens.

    Raises `CodeRefusedError`, `ClientRefusedError`, `RedirectRefusedError`,
    `ConsentDeniedError`, `OfflineAccessDeniedError` or, for a refusal without a known reason,
    `OAuthError`; another `ApiError` where the service does not answer or has too much to do.
    """
    form = {
        "grant_type": "authorization_code",
        "client_id": client_id,
        "client_secret": client_secret,
        "code": code,
        "redirect_uri": str(redirect_uri),
        "audience": audience(region),
    }
    return parse_tokens(_ENDPOINT, await _issue(session, region, form, CodeRefusedError))


async def refresh(session: ClientSession, client_id: str, refresh_token: str, *, region: Region) -> TokenSet:
    """Renew the tokens. Keep the new refresh token before anything else: the one given is used up.

    The one that was used last is accepted for a day more, for the case that the answer got
    lost. Raises `SignInNeededError`, `ClientRefusedError` or, for a refusal without a known
    reason, `OAuthError`; another `ApiError` where the service does not answer or has too
    much to do.
    """
    form = {"grant_type": "refresh_token", "client_id": client_id, "refresh_token": refresh_token}
    return parse_tokens(_ENDPOINT, await _issue(session, region, form, SignInNeededError), known=refresh_token)


async def partner_token(
    session: ClientSession,
    client_id: str,
    client_secret: str,
    *,
    region: Region,
    scopes: Iterable[str] = (SCOPES[0], READ_SCOPE, WRITE_SCOPE),
) -> PartnerToken:
    """Return the application's own token for a region.

    Raises `PartnerTokenRefusedError`, `ClientRefusedError` or, for a refusal without a known
    reason, `OAuthError`; another `ApiError` where the service does not answer or has too
    much to do.
    """
    form = {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": client_secret,
        "scope": " ".join(scopes),
        "audience": audience(region),
    }
    root = Record(_ENDPOINT, await _issue(session, region, form, PartnerTokenRefusedError))
    return PartnerToken(access_token=root.text("access_token"), expires_in=root.integer("expires_in"))


def parse_tokens(endpoint: str, payload: object, *, known: str | None = None) -> TokenSet:
    """Read the tokens; a `known` refresh token stays good where there is no other (RFC 6749, 6).

    The access token is good for 8 hours as a rule, the refresh token for three months.
    """
    root = Record(endpoint, payload)
    access_token = root.text("access_token")
    claims, expires_in = read_claims(access_token), root.integer("expires_in")
    if known is None and claims.allows(_OFFLINE_SCOPE) is not True and "refresh_token" not in root:
        raise OfflineAccessDeniedError(endpoint, "the owner granted no refresh token")
    return TokenSet(
        access_token=access_token,
        refresh_token=root.text("refresh_token") if known is None else root.text_or_none("refresh_token") or known,
        token_type=root.text_or_none("token_type"),
        expires_in=expires_in,
        account=claims.account,
    )


async def _issue(session: ClientSession, region: Region, form: Mapping[str, str], refused: type[OAuthError]) -> object:
    answer = await request(
        session,
        "POST",
        token_endpoint(region),
        endpoint=_ENDPOINT,
        timeout=_TIMEOUT,
        limit=_LIMIT,
        headers={"Accept": "application/json"},
        form=form,
    )
    if not 200 <= answer.status < 300:
        raise _refusal(answer, refused)
    payload: object = answer.json()
    return payload


def _refusal(answer: Response, refused: type[OAuthError]) -> ApiError:
    """Return what a refusal means; its own words may hold the code or the token and aren't repeated.

    What isn't in OAuth's form comes from a proxy in front of the service and says nothing
    about a token.
    """
    try:
        root = Record(_ENDPOINT, answer.json())
    except ApiPayloadError:
        root = Record(_ENDPOINT, {})
    error = root.text_or_none("error")
    if error is None or answer.status not in (400, 401, 403):
        return status_error(answer, of_site=False)
    words = f"{error} {root.text_or_none('error_description') or ''}".casefold()
    if error == "access_denied":
        return ConsentDeniedError(_ENDPOINT, "the owner did not agree")
    if "redirect" in words:
        return RedirectRefusedError(_ENDPOINT, "another redirect URI")
    if error == "unauthorized_client" and refused is PartnerTokenRefusedError:
        return refused(_ENDPOINT, "the application gets no token of its own")
    if error in _ABOUT_CLIENT:
        return ClientRefusedError(_ENDPOINT, "client id or client secret refused")
    if error in _ABOUT_GRANT or "authorization code" in words or "refresh token" in words:
        return refused(_ENDPOINT, "the code or the refresh token is refused")
    return OAuthError(_ENDPOINT, f"status {answer.status}")
