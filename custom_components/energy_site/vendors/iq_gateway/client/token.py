"""The claims of a gateway's token."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

import jwt

from ....api.errors import ApiError


class TokenRole(StrEnum):
    """The role that a token was issued for, which determines its validity and access."""

    OWNER = "owner"
    INSTALLER = "installer"


class TokenMalformedError(ApiError):
    """The text isn't a token, or only part of one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayToken:
    """A JSON web token of the token service, read without its signature.

    The gateway checks the signature. The claims show in advance which gateway and role the token is
    for, and how long it is valid.
    """

    raw: str = field(repr=False)
    serial: str | None = field(repr=False)
    role: str
    issued_at: datetime | None = None
    expires_at: datetime | None
    whole_signature: bool

    @classmethod
    def parse(cls, text: str) -> GatewayToken:
        """Read a token as entered or received; raise `TokenMalformedError` if it isn't one."""
        raw = "".join(text.split()).strip("\"'")
        try:
            parts = jwt.api_jwt.decode_complete(raw, options={"verify_signature": False})
        except (jwt.InvalidTokenError, ValueError) as err:
            raise TokenMalformedError("token", "not a complete JSON web token") from err
        claims = parts["payload"]
        expires, audience = claims.get("exp"), claims.get("aud")
        return cls(
            raw=raw,
            serial=audience if isinstance(audience, str) else None,
            role=str(claims.get("enphaseUser", TokenRole.OWNER)),
            issued_at=_moment(claims.get("iat")),
            expires_at=_moment(expires),
            # An ES256 signature has 64 bytes: a shorter one belongs to a token that was cut off while copying.
            whole_signature=parts["header"].get("alg") != "ES256" or len(parts["signature"]) == 64,
        )

    def expired(self, now: datetime) -> bool:
        """Return whether the token has expired."""
        return self.expires_at is not None and self.expires_at <= now


def _moment(epoch: object) -> datetime | None:
    if isinstance(epoch, bool) or not isinstance(epoch, int | float):
        return None
    try:
        return datetime.fromtimestamp(epoch, UTC)
    except OverflowError, OSError, ValueError:
        return None
