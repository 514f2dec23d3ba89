"""What an access token says of itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt

from .addresses import Region, region_named

# Tesla's tokens have about a thousand characters and five scopes.
_LONGEST = 16_384
_LONGEST_WORD = 128
_MOST_SCOPES = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenClaims:
    """Who agreed to what, and in which region; `None` for what the token doesn't say.

    The signature isn't checked: this decides what is offered, and Tesla decides what is
    allowed. `account` is the same for all tokens of an account.
    """

    scopes: frozenset[str] | None = None
    account: str | None = field(repr=False, default=None)
    region: Region | None = None

    def allows(self, scope: str) -> bool | None:
        """Tell whether the owner granted a scope, `None` where the token doesn't say."""
        return None if self.scopes is None else scope in self.scopes


def read_claims(access_token: str) -> TokenClaims:
    """Read an access token. One that is no JSON web token says nothing."""
    claims = _claims(access_token)
    region = claims.get("ou_code")
    return TokenClaims(
        scopes=_scopes(claims.get("scp")),
        account=_word(claims.get("sub")),
        region=region_named(region) if isinstance(region, str) else None,
    )


def _claims(access_token: str) -> Mapping[str, Any]:
    if len(access_token) > _LONGEST:
        return {}
    try:
        claims: Mapping[str, Any] = jwt.decode(access_token, options={"verify_signature": False})
    except jwt.InvalidTokenError, ValueError, RecursionError:
        return {}
    return claims


def _scopes(sent: object) -> frozenset[str] | None:
    listed = sent.split() if isinstance(sent, str) else sent
    if not isinstance(listed, list) or len(listed) > _MOST_SCOPES:
        return None
    words = frozenset(word for item in listed if (word := _word(item)) is not None)
    # None at all may have been granted, but what isn't a list of words says nothing of it.
    return words if words or not listed else None


def _word(value: object) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= _LONGEST_WORD and value.isprintable() else None
