"""OAuth of an application with a rotating refresh token, as every vendor's cloud has it."""

from dataclasses import dataclass, field

from yarl import URL

from .errors import ApiError

_REDIRECT = "oauth/redirect"


class OAuthError(ApiError):
    """The service refuses to give tokens."""


class ClientRefusedError(OAuthError):
    """The client id or the client secret is wrong."""


class CodeRefusedError(OAuthError):
    """The code is wrong, too old or was used before: each is good for once."""


class RedirectRefusedError(OAuthError):
    """The redirect URI differs from the one that the code was requested with."""


class ConsentDeniedError(OAuthError):
    """The owner did not agree, or somebody else's answer came back."""


class SignInNeededError(OAuthError):
    """The refresh token is refused: the owner has to authorize access again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSet:
    """What a service issues.

    The access token is good for `expires_in` seconds. The refresh token is good for
    once: each renewal brings another, which has to be stored. `account` identifies who
    agreed, for ever, `None` where the service does not tell.
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    token_type: str | None
    expires_in: int
    account: str | None = field(repr=False)


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
