"""Signs in to an Enphase account to get a gateway's token."""

import re

from aiohttp import ClientSession
from yarl import URL

from ....api.errors import (
    AccountServiceError,
    ApiConnectionError,
    ApiError,
    ApiPayloadError,
    ApiStatusError,
    VerdictError,
)
from ....api.payload import Record
from ....api.transport import Response, request
from .addresses import enlighten, entrez
from .token import GatewayToken, TokenRole

_TIMEOUT = 30.0
_LIMIT = 64_000

# Enlighten responds with status 406 to the user agent of Home Assistant's own session.
_HEADERS = {"User-Agent": "energy-site/1.0"}


# How long the service locks out an account if its response doesn't say.
_BLOCKED_FOR = 3600.0
_SESSIONS_FULL_FOR = 86_400.0

_SESSIONS_FULL = "too many active sessions"

# Words of the service's own error for a gateway of a different account. Proxies in front of the service
# report errors too, of a bad gateway or of permissions.
_NOT_YOURS = re.compile(r"\bserial|\benvoy|\bown(s|er|ed)?\b|\bbelong|not (found )?in (this|your) account")


class CredentialsRefusedError(VerdictError):
    """The email address or the password is wrong."""

    translation_key = "invalid_auth"


class TwoFactorError(VerdictError):
    """The account requires a second factor, which a program cannot provide."""

    translation_key = "two_factor"


class GatewayNotInAccountError(VerdictError):
    """The account does not own a gateway with this serial number."""

    translation_key = "gateway_not_in_account"


class AccountUnreachableError(AccountServiceError):
    """The account service cannot be reached."""


class AccountBlockedError(AccountServiceError):
    """Too many sign-ins: the service requires a pause."""

    translation_key = "account_blocked"


class SessionsFullError(AccountServiceError):
    """Too many sessions of the account are open."""

    translation_key = "account_sessions_full"


class AccountClientRefusedError(AccountServiceError):
    """The service rejects this program, regardless of the account."""

    translation_key = "account_client_refused"


async def fetch_token(session: ClientSession, username: str, password: str, serial: str) -> GatewayToken:
    """Sign in once and return a token for the gateway with this serial number.

    Raises a `VerdictError` if the service rejects these credentials, and an `AccountServiceError`
    for any other failure. It never retries, as the service locks accounts that sign in too often.
    """
    try:
        return await _fetch(session, username, password, serial)
    except VerdictError, AccountServiceError:
        raise
    except ApiConnectionError as err:
        raise AccountUnreachableError(err.endpoint, err.reason) from err
    except ApiStatusError as err:
        kind, wait = (AccountBlockedError, _BLOCKED_FOR) if err.status == 429 else (AccountServiceError, None)
        raise kind(err.endpoint, err.reason, retry_after=err.retry_after or wait) from err
    except ApiError as err:
        raise AccountServiceError(err.endpoint, err.reason) from err


async def _fetch(session: ClientSession, username: str, password: str, serial: str) -> GatewayToken:
    session_id = await _sign_in(session, username, password)
    token = await _issue(session, session_id, username, serial)
    if token.role != TokenRole.INSTALLER:
        return token
    # An owner who installed their own system gets an installer's token from this service, which is
    # valid for 12 hours, but an owner's token from the older one.
    try:
        return _of_gateway(await _issue_as_owner(session, session_id, serial), serial)
    except ApiError:
        return token


async def _sign_in(session: ClientSession, username: str, password: str) -> str:
    endpoint = "login"
    answer = await request(
        session,
        "POST",
        enlighten() / "login/login.json",
        endpoint=endpoint,
        timeout=_TIMEOUT,
        limit=_LIMIT,
        headers=_HEADERS,
        form={"user[email]": username, "user[password]": password},
    )
    if _SESSIONS_FULL in answer.text().lower():
        raise SessionsFullError(endpoint, "too many active sessions", retry_after=_SESSIONS_FULL_FOR)
    if answer.status == 401:
        raise CredentialsRefusedError(endpoint, "e-mail address or password refused")
    if answer.status == 406:
        raise AccountClientRefusedError(endpoint, "status 406", retry_after=answer.retry_after)
    answer.raise_for_status()
    reply = Record(endpoint, answer.json())
    if session_id := reply.text_or_none("session_id"):
        return session_id
    if reply.flag_or_none("isBlocked"):
        raise AccountBlockedError(endpoint, "the account is blocked", retry_after=_BLOCKED_FOR)
    if reply.flag_or_none("success") or reply.flag_or_none("requires_mfa") or "login_otp_nonce" in answer.cookies:
        raise TwoFactorError(endpoint, "the account asks for a second factor")
    raise ApiPayloadError(endpoint, "no session in the answer")


async def _issue(session: ClientSession, session_id: str, username: str, serial: str) -> GatewayToken:
    endpoint = "tokens"
    answer = await request(
        session,
        "POST",
        entrez() / "tokens",
        endpoint=endpoint,
        timeout=_TIMEOUT,
        limit=_LIMIT,
        headers=_HEADERS,
        json={"session_id": session_id, "serial_num": serial, "username": username},
    )
    if _says_not_yours(answer):
        raise GatewayNotInAccountError(endpoint, "the gateway is not in the account")
    answer.raise_for_status()
    return _of_gateway(GatewayToken.parse(answer.text()), serial)


async def _issue_as_owner(session: ClientSession, session_id: str, serial: str) -> GatewayToken:
    answer = await request(
        session,
        "GET",
        URL(enlighten() / "entrez-auth-token").with_query(serial_num=serial),
        endpoint="entrez-auth-token",
        timeout=_TIMEOUT,
        limit=_LIMIT,
        headers={**_HEADERS, "Cookie": f"_enlighten_4_session={session_id}"},
    )
    answer.raise_for_status()
    return GatewayToken.parse(Record(answer.endpoint, answer.json()).text("token"))


def _of_gateway(token: GatewayToken, serial: str) -> GatewayToken:
    """Return the token if it isn't for a different gateway, so that it cannot replace a valid one."""
    if token.serial not in (None, serial):
        raise ApiPayloadError("tokens", "a token of another gateway")
    return token


def _says_not_yours(answer: Response) -> bool:
    """Return whether the service reports, in its own JSON, that the gateway isn't in the account."""
    if not (answer.status == 200 or 400 <= answer.status < 500):
        return False
    try:
        reply = answer.json()
    except ApiPayloadError:
        return False
    if not isinstance(reply, dict):
        return False
    words = (reply.get(key) for key in ("message", "error", "error_description", "reason"))
    return any(isinstance(said, str) and _NOT_YOURS.search(said.lower()) for said in words)
