"""State and policy of the Tesla cloud."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from simulator.cloud.consent import Consent

from .access import Account, Application, FleetTokens, ScopedGrant
from .regions import Region
from .site import EnergySite
from .usage import Limits


@dataclass(slots=True, kw_only=True)
class Policy:
    """How the API behaves if the documentation leaves it open."""

    consent: Consent = Consent.GRANT
    unticked: frozenset[str] = frozenset()
    """Scopes that the owner doesn't grant."""
    consent_remembered: bool = False
    """Whether earlier consent is reused without a page, unless `prompt_missing_scopes` is set."""
    account: Account = field(default_factory=Account)
    """The account that signs in."""
    bare_region: Region | None = None
    """Region of the address without a region; None: the region of the account."""
    bare_follows_region: bool = True
    """Whether the address without a region becomes the account's once the application requested users/region."""
    region_before_registration: bool = False
    """Whether 421 takes precedence over 412."""
    region_needs_registration: bool = True
    """Whether users/region requires registration as well."""
    energy_billed: bool = False
    """Whether energy requests are billed as data and commands."""
    limits: Limits = field(default_factory=Limits)
    wait_in: str = "header"
    """Where a 429 contains its wait: `header`, `body`, `rate`, or `none`."""
    vehicles_without_scope: bool = True
    """Whether products lists vehicles without the scope vehicle_device_data."""


class World:
    """Sites, accounts, applications, tokens."""

    def __init__(self) -> None:
        """Begin without any."""
        self.sites: dict[int, EnergySite] = {}
        self.applications: dict[str, Application] = {}
        self.tokens = FleetTokens()
        self.policy = Policy()
        self.informed_applications: set[str] = set()
        """Client IDs of applications that requested users/region."""
        self.consents: dict[tuple[str, str], frozenset[str]] = {}
        """Scopes by account and application."""
        self.hosts: dict[str, str] = {}
        """Loopback address that serves a domain, such as http://127.0.0.1:8123."""

    def visible(self, grant: ScopedGrant) -> list[EnergySite]:
        """Return the sites of the account that gave `grant`, ordered by ID."""
        wanted: Iterable[int] | None = grant.account.sites if grant.account else ()
        found = self.sites if wanted is None else set(wanted) & self.sites.keys()
        return [self.sites[each] for each in sorted(found)]
