"""All that Tesla's cloud knows, and how it is told to behave."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from simulator.cloud.consent import Consent

from .access import Account, Application, FleetTokens, ScopedGrant
from .regions import Region
from .site import EnergySite
from .usage import Limits


@dataclass(slots=True, kw_only=True)
class Policy:
    """How the cloud answers where its documents leave it open."""

    consent: Consent = Consent.GRANT
    unticked: frozenset[str] = frozenset()
    """Scopes whose boxes the owner leaves empty."""
    consent_kept: bool = False
    """Whether a consent given before is answered without asking, unless missing scopes are to be asked for."""
    account: Account = field(default_factory=Account)
    """Whoever signs in when an application asks for consent."""
    bare_region: Region | None = None
    """Region of the API's address without a region; None: whichever is the account's."""
    bare_follows: bool = True
    """Whether that is the account's once the application asked users/region: a client may know one address only."""
    region_before_registration: bool = False
    """Whether 421 is answered before 412 where both are due."""
    region_needs_registration: bool = True
    """Whether users/region is answered 412 as well."""
    energy_billed: bool = False
    """Whether energy requests cost what the price list says of data and commands."""
    limits: Limits = field(default_factory=Limits)
    wait_told: str = "header"
    """Where a 429 tells its wait: `header`, `body`, `rate` or `none`."""
    vehicles_without_scope: bool = True
    """Whether products tells vehicles to who asked for energy only."""


class World:
    """Sites, accounts, applications, tokens."""

    def __init__(self) -> None:
        """Begin without any."""
        self.sites: dict[int, EnergySite] = {}
        self.applications: dict[str, Application] = {}
        self.tokens = FleetTokens()
        self.policy = Policy()
        self.told_regions: set[str] = set()
        """Applications that asked users/region, by client id."""
        self.consents: dict[tuple[str, str], frozenset[str]] = {}
        """Scopes by account and application."""
        self.hosts: dict[str, str] = {}
        """Where a domain is served: an address such as http://127.0.0.1:8123."""

    def visible(self, grant: ScopedGrant) -> list[EnergySite]:
        """Return the sites of whoever gave `grant`, by their number."""
        wanted: Iterable[int] | None = grant.account.sites if grant.account else ()
        found = self.sites if wanted is None else set(wanted) & self.sites.keys()
        return [self.sites[each] for each in sorted(found)]
