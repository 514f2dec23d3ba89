"""What a sign-in gives, and what it takes to go on with it after a restart."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

import jwt

from ....api.payload import Record
from .cookies import Cookies
from .stored import epoch, moment

SESSION_COOKIE = "_enlighten_4_session"
_MANAGER_COOKIE = "enlighten_manager_token_production"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSession:
    """A session of the account, with all that tells whose it is.

    `system_id` is the system that the sign-in leads to, `token` what `/users/self/token`
    gives, which some families of endpoints want beside the cookies.
    """

    cookies: Cookies = field(repr=False)
    signed_in_at: datetime | None = None
    user_id: str | None = field(default=None, repr=False)
    system_id: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    token_expires_at: datetime | None = None

    def session_id(self, now: datetime) -> str | None:
        """Return the session's ID, which the cookie is: it may be replaced with any answer."""
        return self.cookies.get(SESSION_COOKIE, now)

    def as_dict(self) -> dict[str, object]:
        """Return it for a private store."""
        return {
            "cookies": self.cookies.as_dict(),
            "signed_in_at": epoch(self.signed_in_at),
            "user_id": self.user_id,
            "system_id": self.system_id,
            "token": self.token,
            "token_expires_at": epoch(self.token_expires_at),
        }

    @classmethod
    def restore(cls, data: object) -> Self | None:
        """Return a stored session, `None` where there is none."""
        if not isinstance(data, dict) or not (cookies := Cookies.restore(data.get("cookies"))).by_name:
            return None
        return cls(
            cookies=cookies,
            signed_in_at=moment(data.get("signed_in_at")),
            user_id=_text(data.get("user_id")),
            system_id=_text(data.get("system_id")),
            token=_text(data.get("token")),
            token_expires_at=moment(data.get("token_expires_at")),
        )


def manager_token(reply: Record, cookies: Cookies, now: datetime) -> str | None:
    """Return the token that comes with a sign-in, in its answer or as a cookie."""
    value = reply.value("manager_token")
    return value if isinstance(value, str) and value else cookies.get(_MANAGER_COOKIE, now)


def user_id_of(token: str | None) -> str | None:
    """Return the user's ID from the claims of a token, `None` where it has none."""
    claims = Record("token", read_claims(token))
    for level in (claims, claims.record_or_empty("data")):
        if user_id := identifier(level.value("user_id")):
            return user_id
    return None


def read_claims(token: str | None) -> Mapping[str, Any]:
    """Return the claims of a token without checking its signature, which only Enphase can."""
    if not token:
        return {}
    try:
        return jwt.decode(token, options={"verify_signature": False})
    except jwt.InvalidTokenError, ValueError:
        return {}


def identifier(value: object) -> str | None:
    """Return an ID that was sent as text or as a number."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**18:
        return str(value)
    return value if isinstance(value, str) and value.isascii() and value.isalnum() and len(value) <= 36 else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
