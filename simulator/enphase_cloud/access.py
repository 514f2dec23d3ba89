"""Applications, what owners let them see, and their tokens."""

from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_hex, token_urlsafe
from typing import Any
from uuid import uuid4

from .plans import WATT, Group, Plan
from .quota import Usage

ACCESS_LIFETIME = 86_400.0
REFRESH_LIFETIME = 30 * 86_400.0
CODE_LIFETIME = 600.0


@dataclass(slots=True, kw_only=True)
class Application:
    """A registered application: its key and its OAuth client belong together.

    `redirects` are the addresses it may be answered at besides the default page,
    `*` any;
    `ticked` are the groups chosen at registration, None for all of its plan.
    """

    name: str
    plan: Plan = WATT
    redirects: frozenset[str] = frozenset()
    ticked: frozenset[Group] | None = None
    key: str = field(default_factory=lambda: token_hex(16))
    client_id: str = field(default_factory=lambda: token_hex(16))
    client_secret: str = field(default_factory=lambda: token_hex(16))
    usage: Usage = field(default_factory=Usage)

    def may(self, group: Group) -> bool:
        """Whether its plan and its registration hold `group`."""
        return group in self.plan.groups and (self.ticked is None or group in self.ticked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whoever consents; `systems` are theirs, None for all there are."""

    uid: str = "217231"
    systems: frozenset[int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What an owner gave to an application; ends with `revoke`."""

    identifier: str
    client_id: str
    owner: Owner


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """A pair as the client gets it; seconds until the access token ends."""

    access: str
    refresh: str
    expires_in: int
    owner: Owner
    identifier: str

    def payload(self) -> dict[str, Any]:
        """Return the token endpoint's answer."""
        return {
            "access_token": self.access,
            "token_type": "bearer",
            "refresh_token": self.refresh,
            "expires_in": self.expires_in,
            "scope": "read write",
            "enl_uid": self.owner.uid,
            "enl_cid": "5",
            "enl_password_last_changed": "1638870641",
            "is_internal_app": False,
            "app_type": "system",
            "jti": self.identifier,
        }


@dataclass(slots=True, kw_only=True)
class _Code:
    grant: Grant
    redirect: str
    until: float


@dataclass(slots=True, kw_only=True)
class _Refresh:
    grant: Grant
    until: float
    used_at: float | None = None


@dataclass(slots=True)
class TokenStore:
    """Codes and tokens; lifetimes in seconds.

    A refresh token is good once; for `refresh_grace` seconds after that it is
    taken again, as by a client that lost the answer. Without `rotates` the
    same one is given back and stays good, or with `tells_refresh` off not told at all.
    """

    access_lifetime: float = ACCESS_LIFETIME
    refresh_lifetime: float = REFRESH_LIFETIME
    refresh_grace: float = 0.0
    rotates: bool = True
    tells_refresh: bool = True
    refreshes: int = 0
    _codes: dict[str, _Code] = field(default_factory=dict)
    _access: dict[str, tuple[Grant, float]] = field(default_factory=dict)
    _refresh: dict[str, _Refresh] = field(default_factory=dict)
    _revoked: set[str] = field(default_factory=set)

    def code(self, application: Application, owner: Owner, redirect: str, now: float) -> str:
        """Return a code that can be redeemed once, at `redirect`'s application."""
        code = token_urlsafe(5)[:6]
        grant = Grant(identifier=token_hex(8), client_id=application.client_id, owner=owner)
        self._codes[code] = _Code(grant=grant, redirect=redirect, until=now + CODE_LIFETIME)
        return code

    def redeem(self, code: str, client_id: str, redirect: str, now: float) -> Tokens | None:
        """Return tokens for a code; a code is gone once it was shown."""
        entry = self._codes.pop(code, None)
        if entry is None or entry.until <= now:
            return None
        if entry.grant.client_id != client_id or entry.redirect != redirect:
            return None
        return self.issue(entry.grant, now)

    def refresh(self, token: str, client_id: str, now: float) -> Tokens | None:
        """Return new tokens for a refresh token that is good."""
        entry = self._refresh.get(token)
        if entry is None or entry.until <= now or entry.grant.client_id != client_id:
            return None
        if entry.grant.identifier in self._revoked:
            return None
        if self.rotates and entry.used_at is not None and now >= entry.used_at + self.refresh_grace:
            return None
        if entry.used_at is None:
            entry.used_at = now
        self.refreshes += 1
        return self.issue(entry.grant, now, refresh=None if self.rotates else token)

    def issue(self, grant: Grant, now: float, *, refresh: str | None = None) -> Tokens:
        """Return a pair for `grant`, with a new refresh token unless one is given."""
        identifier = str(uuid4())
        access = f"{token_urlsafe(9)}.{sha256(identifier.encode()).hexdigest()}"
        self._access[access] = grant, now + self.access_lifetime
        if refresh is None:
            refresh = f"{token_urlsafe(9)}.{token_hex(32)}"
            self._refresh[refresh] = _Refresh(grant=grant, until=now + self.refresh_lifetime)
        # The real service answers some seconds less than the whole lifetime.
        return Tokens(
            access=access,
            refresh=refresh,
            expires_in=max(1, int(self.access_lifetime) - 7),
            owner=grant.owner,
            identifier=identifier,
        )

    def of_access(self, token: str, now: float) -> Grant | None:
        """Return what an access token that is good stands for."""
        grant, until = self._access.get(token, (None, 0.0))
        if grant is None or until <= now or grant.identifier in self._revoked:
            return None
        return grant

    def end_access(self) -> None:
        """Refuse all access tokens given so far; refresh tokens stay good."""
        self._access.clear()

    def revoke(self, client_id: str | None = None) -> None:
        """Refuse all tokens given so far, or those of one application."""
        grants = [entry.grant for entry in self._refresh.values()]
        self._revoked.update(grant.identifier for grant in grants if client_id is None or grant.client_id == client_id)
