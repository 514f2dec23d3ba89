"""OAuth of an application with a rotating refresh token, common to the vendors' clouds."""

from dataclasses import dataclass, field
from typing import Protocol

from yarl import URL

from .errors import ApiError

_REDIRECT = "oauth/redirect"


class OAuthError(ApiError):
    """The service refuses to issue tokens."""


class ClientRefusedError(OAuthError):
    """The client ID or client secret is wrong."""


class CodeRefusedError(OAuthError):
    """The code is wrong, expired or was already used: each can be used once."""


class RedirectRefusedError(OAuthError):
    """The redirect URI differs from the one used to request the code."""


class ConsentDeniedError(OAuthError):
    """The owner didn't authorize access, or the response belongs to a different request."""


class SignInNeededError(OAuthError):
    """The refresh token is rejected: the owner needs to authorize access again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSet:
    """The tokens issued by a service.

    The access token is valid for `expires_in` seconds. The refresh token can be used once: each
    renewal returns a new one, which has to be stored. `account` permanently identifies the account
    that authorized access, `None` if the service doesn't report it.
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    token_type: str | None
    expires_in: int
    account: str | None = field(repr=False)


class AccessToken(Protocol):
    """Gives the access token. To keep it, and to renew it in time, is its own affair."""

    async def __call__(self, *, refused: str | None = None) -> str:
        """Return the token; another than the one that was `refused`, if there is any."""


def read_code(pasted: str, *, state: str | None = None) -> str:
    """Return the code from the user's input: the code itself, or the address that the browser was redirected to.

    Raises `ConsentDeniedError` if the owner declined or the `state` differs, `CodeRefusedError` if
    there is no code.
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
