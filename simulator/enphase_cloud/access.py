"""Applications, what owners let them see, and their tokens."""

from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_hex, token_urlsafe
from typing import override

from simulator.cloud.tokens import Grant, TokenStore

from .plans import WATT, Group, Plan
from .quota import Usage

ACCESS_LIFETIME = 86_400.0
REFRESH_LIFETIME = 30 * 86_400.0


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
class OwnersGrant(Grant):
    """What an owner gave to an application."""

    owner: Owner


def grant(application: Application, owner: Owner) -> OwnersGrant:
    """Return what `owner` gives to `application` by consenting."""
    return OwnersGrant(client_id=application.client_id, owner=owner)


@dataclass(kw_only=True)
class OwnersTokens(TokenStore[OwnersGrant]):
    """Codes and tokens of owners."""

    access_lifetime: float = ACCESS_LIFETIME
    refresh_lifetime: float = REFRESH_LIFETIME

    @override
    def new_code(self, grant: OwnersGrant) -> str:
        return token_urlsafe(5)[:6]

    @override
    def new_access(self, grant: OwnersGrant, identifier: str, now: float) -> str:
        return f"{token_urlsafe(9)}.{sha256(identifier.encode()).hexdigest()}"

    @override
    def reported_lifetime(self) -> int:
        # The real service answers some seconds less than the whole lifetime.
        return max(1, int(self.access_lifetime) - 7)
