"""All the cloud knows, and how it is told to behave."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from simulator.cloud.consent import Consent

from .access import Application, Owner, OwnersGrant, OwnersTokens
from .system import CloudSystem


class ConfigPaths(StrEnum):
    """Where the battery, storm, grid and load endpoints are, and in which words.

    Official: `/systems/config/{id}/...`; documented: `/systems/{id}/...`.
    """

    OFFICIAL = "official"
    DOCUMENTED = "documented"
    BOTH = "both"


@dataclass(slots=True, kw_only=True)
class Policy:
    """How the cloud answers where its documents leave it open."""

    config_paths: ConfigPaths = ConfigPaths.OFFICIAL
    missing_path: int = 404
    """Status of the form of those paths that is not served: 404 or 405."""
    outside_plan: int = 401
    """Status of an endpoint outside of the plan: 401 (as a bad token) or 403."""
    period_in_429: bool = True
    """Whether a 429 tells which period it is about."""
    retry_after: bool = False
    """Whether a refusal has a Retry-After header; the real one has none."""
    count_refused: bool = True
    """Whether requests beyond a limit and failures use up the plan as well."""
    wrap_events: bool = False
    """Whether lists of events, alarms and event types are in an object."""
    max_concurrent: int | None = None
    """More requests at a time than this get a 503."""
    consent: Consent = Consent.GRANT
    owner: Owner = field(default_factory=Owner)
    """Whoever signs in when an application asks for consent."""
    v2_retired: int | None = None
    """Status of every request to v2 after its end (401, 403, 404, 410)."""
    v2_consumption: bool = True
    """Whether the users of v2 permitted consumption data."""
    days_of_24_hours: bool = False
    """Whether a day's window holds 96 quarters of an hour at most, also where clocks change."""
    unavailable: bool = False
    """Whether meter statistics are temporarily unavailable."""


class World:
    """Systems, applications, tokens."""

    def __init__(self) -> None:
        """Begin without any."""
        self.systems: dict[int, CloudSystem] = {}
        self.applications: dict[str, Application] = {}
        self.tokens = OwnersTokens()
        self.policy = Policy()
        self.legacy_users: dict[int, frozenset[int] | None] = {}
        """Users of v2 by their number, and the systems they let others see."""

    def application(self, *, key: str | None = None, client_id: str | None = None) -> Application | None:
        """Return the application with this key or this client id."""
        for each in self.applications.values():
            if each.key == key or each.client_id == client_id:
                return each
        return None

    def visible(self, grant: OwnersGrant) -> list[CloudSystem]:
        """Return the systems a grant is about, by their number."""
        return self._among(grant.owner.systems)

    def visible_to_legacy(self, user: int) -> list[CloudSystem]:
        """Return the systems a user of v2 lets others see."""
        return self._among(self.legacy_users.get(user, frozenset()))

    def _among(self, systems: Iterable[int] | None) -> list[CloudSystem]:
        wanted = self.systems if systems is None else set(systems) & self.systems.keys()
        return [self.systems[each] for each in sorted(wanted)]
