"""OAuth codes and tokens, regardless of their format."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from secrets import token_hex, token_urlsafe
from uuid import uuid4


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Access that an owner granted to an application, until `revoke`."""

    identifier: str = field(default_factory=lambda: token_hex(8))
    client_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens[G: Grant]:
    """A pair as the client gets it; seconds until the access token ends."""

    access: str
    refresh: str
    expires_in: int
    grant: G
    identifier: str


@dataclass(slots=True, kw_only=True)
class _Code[G: Grant]:
    grant: G
    redirect: str
    until: float


@dataclass(slots=True, kw_only=True)
class _Refresh[G: Grant]:
    grant: G
    until: float
    used_at: float | None = None


@dataclass(kw_only=True)
class TokenStore[G: Grant](ABC):
    """Codes and tokens; lifetimes in seconds.

    A refresh token can be used once. For `refresh_grace` seconds, the one used
    last is accepted again from a client that lost the answer. Without `rotates`,
    the same one is returned and stays valid. With `tells_refresh` off, none is
    returned.
    """

    access_lifetime: float
    refresh_lifetime: float
    code_lifetime: float = 600.0
    refresh_grace: float = 0.0
    rotates: bool = True
    tells_refresh: bool = True
    refreshes: int = 0
    _codes: dict[str, _Code[G]] = field(default_factory=dict)
    _access: dict[str, tuple[G, float]] = field(default_factory=dict)
    _refresh: dict[str, _Refresh[G]] = field(default_factory=dict)
    _latest: dict[str, str] = field(default_factory=dict)
    _revoked: set[str] = field(default_factory=set)

    @abstractmethod
    def new_code(self, grant: G) -> str:
        """Return a code's text."""

    @abstractmethod
    def new_access(self, grant: G, identifier: str, now: float) -> str:
        """Return an access token's text at `now`, epoch s."""

    def reported_lifetime(self) -> int:
        """Return the lifetime that the token response contains, in seconds."""
        return int(self.access_lifetime)

    def code(self, grant: G, redirect: str, now: float) -> str:
        """Return a code that can be redeemed once, by who names `redirect` again."""
        code = self.new_code(grant)
        self._codes[code] = _Code(grant=grant, redirect=redirect, until=now + self.code_lifetime)
        return code

    def redeem(self, code: str, client_id: str, redirect: str, now: float) -> Tokens[G] | None:
        """Return tokens for a code; a code is gone once it was shown."""
        entry = self._codes.pop(code, None)
        if entry is None or entry.until <= now:
            return None
        if entry.grant.client_id != client_id or entry.redirect != redirect:
            return None
        return self.issue(entry.grant, now)

    def refresh(self, token: str, client_id: str, now: float) -> Tokens[G] | None:
        """Return new tokens for a refresh token that is good."""
        entry = self._refresh.get(token)
        if entry is None or entry.until <= now or entry.grant.client_id != client_id:
            return None
        if entry.grant.identifier in self._revoked:
            return None
        if self.rotates and not self._first_or_forgiven(token, entry, now):
            return None
        if entry.used_at is None:
            entry.used_at = now
            self._latest[entry.grant.identifier] = token
        self.refreshes += 1
        return self.issue(entry.grant, now, refresh=None if self.rotates else token)

    def issue(self, grant: G, now: float, *, refresh: str | None = None) -> Tokens[G]:
        """Return a pair for `grant`, with a new refresh token unless one is given."""
        identifier = str(uuid4())
        access = self.new_access(grant, identifier, now)
        self._access[access] = grant, now + self.access_lifetime
        if refresh is None:
            refresh = f"{token_urlsafe(9)}.{token_hex(32)}"
            self._refresh[refresh] = _Refresh(grant=grant, until=now + self.refresh_lifetime)
        return Tokens(
            access=access, refresh=refresh, expires_in=self.reported_lifetime(), grant=grant, identifier=identifier
        )

    def of_access(self, token: str, now: float) -> G | None:
        """Return what an access token that is good stands for."""
        entry = self._access.get(token)
        if entry is None or entry[1] <= now or entry[0].identifier in self._revoked:
            return None
        return entry[0]

    def end_access(self) -> None:
        """Refuse all access tokens given so far; refresh tokens stay good."""
        self._access.clear()

    def revoke(self, client_id: str | None = None) -> None:
        """Refuse all tokens given so far, or those of one application."""
        grants = [entry.grant for entry in self._refresh.values()]
        self._revoked.update(grant.identifier for grant in grants if client_id is None or grant.client_id == client_id)

    def _first_or_forgiven(self, token: str, entry: _Refresh[G], now: float) -> bool:
        if entry.used_at is None:
            return True
        return self._latest[entry.grant.identifier] == token and now < entry.used_at + self.refresh_grace
