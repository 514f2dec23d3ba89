"""Who may read a gateway: tokens signed for it, and its session cookies."""

from dataclasses import dataclass
from functools import lru_cache
from secrets import token_hex

from cryptography.hazmat.primitives.asymmetric import ec
import jwt

OWNER_LIFETIME = 31_536_000
INSTALLER_LIFETIME = 43_200
_SESSION_LIFETIME = 600.0


@lru_cache(maxsize=1)
def _signing_key() -> ec.EllipticCurvePrivateKey:
    """Return the vendor's key: one a process, as there is one vendor."""
    return ec.generate_private_key(ec.SECP256R1())


class TokenAuthority:
    """Issues and checks the tokens of one gateway."""

    def __init__(self, serial: str) -> None:
        """Accept tokens made for `serial`."""
        self._serial = serial
        self._issued: set[str] = set()
        self._revoked: set[str] = set()

    def issue(
        self,
        *,
        role: str,
        serial: str,
        lifetime: float,
        issued_at: float,
        username: str,
    ) -> str:
        """Return a signed token: times in epoch s, role owner or installer."""
        identifier = token_hex(8)
        self._issued.add(identifier)
        return jwt.encode(
            {
                "aud": serial,
                "iss": "Entrez",
                "enphaseUser": role,
                "exp": int(issued_at + lifetime),
                "iat": int(issued_at),
                "jti": identifier,
                "username": username,
            },
            _signing_key(),
            algorithm="ES256",
            headers={"kid": "simulated"},
        )

    def revoke(self) -> None:
        """Refuse every token issued so far."""
        self._revoked |= self._issued

    def role(self, token: str, now: float) -> str | None:
        """Return the role a token gives at `now` (epoch s), None for no entry."""
        try:
            claims = jwt.decode(
                token,
                _signing_key().public_key(),
                algorithms=["ES256"],
                options={
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_aud": False,
                },
            )
        except jwt.InvalidTokenError:
            return None
        valid = (
            claims.get("aud") == self._serial and claims.get("exp", 0) > now and claims.get("jti") not in self._revoked
        )
        return str(claims.get("enphaseUser")) if valid else None


@dataclass(slots=True, kw_only=True)
class _Session:
    role: str
    until: float


class Sessions:
    """Session cookies: ten minutes from their last use."""

    def __init__(self) -> None:
        """Begin without any."""
        self._open: dict[str, _Session] = {}

    def open(self, role: str, now: float) -> str:
        """Return the identifier of a new session."""
        for identifier in [key for key, each in self._open.items() if each.until <= now]:
            del self._open[identifier]
        identifier = token_hex(16)
        self._open[identifier] = _Session(role=role, until=now + _SESSION_LIFETIME)
        return identifier

    def role(self, identifier: str | None, now: float) -> str | None:
        """Return the role of a session that is still open, and prolong it."""
        session = self._open.get(identifier or "")
        if session is None or session.until <= now:
            return None
        session.until = now + _SESSION_LIFETIME
        return session.role

    def close_all(self) -> None:
        """Forget every session, as a restart does."""
        self._open.clear()
