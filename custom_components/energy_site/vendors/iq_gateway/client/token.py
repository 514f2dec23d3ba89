"""What a gateway's token says of itself."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

import jwt

from ....api.errors import ApiError


class TokenRole(StrEnum):
    """Whom a token was issued for; it decides its life and its reach."""

    OWNER = "owner"
    INSTALLER = "installer"


class TokenMalformedError(ApiError):
    """The text is no token, or only a part of one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayToken:
    """A JSON web token of the tokens service, read without its signature.

    The gateway checks the signature. The claims tell beforehand which gateway
    the token is for, whom it was issued for and until when it is valid.
    """

    raw: str = field(repr=False)
    serial: str | None = field(repr=False)
    role: str
    issued_at: datetime | None = None
    expires_at: datetime | None
    whole_signature: bool

    @classmethod
    def parse(cls, text: str) -> GatewayToken:
        """Read a token as it was pasted or sent; raise `TokenMalformedError`."""
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
            # ES256 signs with 64 bytes: fewer are a token cut off while copying.
            whole_signature=parts["header"].get("alg") != "ES256" or len(parts["signature"]) == 64,
        )

    def expired(self, now: datetime) -> bool:
        """Tell whether the token's time is over."""
        return self.expires_at is not None and self.expires_at <= now


def _moment(epoch: object) -> datetime | None:
    if isinstance(epoch, bool) or not isinstance(epoch, int | float):
        return None
    try:
        return datetime.fromtimestamp(epoch, UTC)
    except OverflowError, OSError, ValueError:
        return None
