"""Signs an Enphase account in to get a gateway's token."""

from aiohttp import ClientSession
from yarl import URL

from .. import addresses
from ..errors import ApiError, ApiPayloadError, ApiStatusError
from ..payload import Record
from ..transport import Response, request
from .token import GatewayToken, TokenMalformedError, TokenRole

_TIMEOUT = 30.0

# Enlighten answers 406 to the name that Home Assistant's own session sends.
_HEADERS = {"User-Agent": "energy-site/1.0"}


class LoginError(ApiError):
    """The account's service refuses to issue a token."""


class CredentialsRefusedError(LoginError):
    """The e-mail address or the password is wrong."""


class TwoFactorError(LoginError):
    """The account asks for a second factor, which a program cannot give."""


class AccountBlockedError(LoginError):
    """Too many sign-ins: the service wants a pause."""


class GatewayNotInAccountError(LoginError):
    """The account does not own a gateway with this serial number."""


async def fetch_token(session: ClientSession, username: str, password: str, serial: str) -> GatewayToken:
    """Sign in once and return a token for the gateway with this serial number.

    Raises a `LoginError` where the service refuses, another `ApiError` where
    it cannot be reached or answers in another shape. It is never tried twice:
    the service locks accounts that sign in too often.
    """
    session_id = await _sign_in(session, username, password)
    token = await _issue(session, session_id, username, serial)
    if token.role != TokenRole.INSTALLER:
        return token
    # Somebody who installed their own system gets an installer's token, valid
    # for 12 hours, from this service but an owner's from the older one.
    try:
        return await _issue_as_owner(session, session_id, serial)
    except ApiError:
        return token


async def _sign_in(session: ClientSession, username: str, password: str) -> str:
    endpoint = "login"
    answer = await request(
        session,
        "POST",
        addresses.enlighten() / "login/login.json",
        endpoint=endpoint,
        timeout=_TIMEOUT,
        headers=_HEADERS,
        form={"user[email]": username, "user[password]": password},
    )
    if answer.status == 401:
        raise CredentialsRefusedError(endpoint, "e-mail address or password refused")
    if answer.status in (403, 429):
        raise AccountBlockedError(endpoint, f"status {answer.status}")
    answer.raise_for_status()
    reply = Record(endpoint, answer.json())
    if session_id := reply.text_or_none("session_id"):
        return session_id
    if reply.flag_or_none("isBlocked"):
        raise AccountBlockedError(endpoint, "the account is blocked")
    if reply.flag_or_none("success") or "login_otp_nonce" in answer.cookies:
        raise TwoFactorError(endpoint, "the account asks for a second factor")
    raise ApiPayloadError(endpoint, "no session in the answer")


async def _issue(session: ClientSession, session_id: str, username: str, serial: str) -> GatewayToken:
    endpoint = "tokens"
    answer = await request(
        session,
        "POST",
        addresses.entrez() / "tokens",
        endpoint=endpoint,
        timeout=_TIMEOUT,
        headers=_HEADERS,
        json={"session_id": session_id, "serial_num": serial, "username": username},
    )
    _raise_for_refusal(answer)
    try:
        return GatewayToken.parse(answer.text())
    except TokenMalformedError as err:
        raise GatewayNotInAccountError(endpoint, "the answer is no token") from err


async def _issue_as_owner(session: ClientSession, session_id: str, serial: str) -> GatewayToken:
    answer = await request(
        session,
        "GET",
        URL(addresses.enlighten() / "entrez-auth-token").with_query(serial_num=serial),
        endpoint="entrez-auth-token",
        timeout=_TIMEOUT,
        headers={**_HEADERS, "Cookie": f"_enlighten_4_session={session_id}"},
    )
    answer.raise_for_status()
    return GatewayToken.parse(Record(answer.endpoint, answer.json()).text("token"))


def _raise_for_refusal(answer: Response) -> None:
    if answer.status in (400, 401, 403, 404, 422):
        raise GatewayNotInAccountError(answer.endpoint, f"status {answer.status}")
    try:
        answer.raise_for_status()
    except ApiStatusError as err:
        if err.status == 429:
            raise AccountBlockedError(answer.endpoint, "status 429") from err
        raise
