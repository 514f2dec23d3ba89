"""Applications, accounts, grants, and tokens."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
import json
from secrets import token_hex
from typing import Any, override
from uuid import uuid4

from simulator.cloud.tokens import Grant, TokenStore

from .regions import REAL_HOSTS, Region
from .usage import Usage

_DAY = 86_400.0
DEVICE_DATA, COMMANDS, OFFLINE = "energy_device_data", "energy_cmds", "offline_access"
SCOPES = frozenset({"openid", OFFLINE, "user_data", "vehicle_device_data", DEVICE_DATA, COMMANDS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """An application's domain in one region, and its public key as an uncompressed point in hex."""

    domain: str
    public_key: str


@dataclass(slots=True, kw_only=True)
class Application:
    """A registered application.

    `redirects` are its redirect URIs and `origins` the domains it can register,
    `*` for any; `scopes` are those it can request. A `disabled` application gets
    402. An `open_source` one (PKCE) gets no partner token.
    """

    name: str
    redirects: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset({"*"})
    scopes: frozenset[str] = SCOPES
    disabled: bool = False
    open_source: bool = False
    credit: float = 10.0
    """Monthly credit in dollars. Once it's spent, the application is disabled, if energy requests are billed."""
    client_id: str = field(default_factory=lambda: str(uuid4()))
    client_secret: str = field(default_factory=lambda: f"ta-secret.{token_hex(8)}")
    registrations: dict[Region, Registration] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A Tesla account: its `sites` (None: all) and the `vehicles` that products lists between them."""

    sub: str = "8f8b9c9e-0d4b-4f7a-9d55-0c5b6a2f7f10"
    email: str = "owner@example.com"
    region: Region = Region.NA
    sites: frozenset[int] | None = None
    vehicles: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopedGrant(Grant):
    """What an account granted to an application. A partner token has no account, but a `region` in its audience."""

    account: Account | None = None
    region: Region | None = None
    scopes: frozenset[str] = frozenset()


@dataclass(kw_only=True)
class FleetTokens(TokenStore[ScopedGrant]):
    """Codes with the region as prefix, JWT access tokens, refresh tokens that are valid for three months."""

    access_lifetime: float = 28_800.0
    refresh_lifetime: float = 90 * _DAY
    refresh_grace: float = _DAY

    @override
    def new_code(self, grant: ScopedGrant) -> str:
        region = grant.account.region if grant.account else Region.NA
        return f"{region.upper()}_{token_hex(32)}"

    @override
    def new_access(self, grant: ScopedGrant, identifier: str, now: float) -> str:
        account = grant.account
        claims = {
            "iss": "https://fleet-auth.tesla.com/oauth2/v3/nts",
            "azp": grant.client_id,
            "sub": account.sub if account else grant.client_id,
            "aud": [*REAL_HOSTS.values()],
            "scp": sorted(grant.scopes),
            "amr": ["pwd"],
            "exp": int(now + self.access_lifetime),
            "iat": int(now),
            "ou_code": (account.region if account else Region.NA).upper(),
            "locale": "en-US",
            "jti": identifier,
        }
        head = {"alg": "RS256", "typ": "JWT", "kid": "simulated"}
        return ".".join((_part(head), _part(claims), token_hex(32)))


def _part(content: Mapping[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")
