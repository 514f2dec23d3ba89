"""Sites of Tesla's cloud as config entries run them: with their outages, and tokens that crashes interrupt."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Any, override

from custom_components.energy_site.api.errors import ApiAuthError
from custom_components.energy_site.api.oauth import SignInNeededError
from custom_components.energy_site.site.history.intervals import day_of, midnight
from custom_components.energy_site.site.model import GridStatus
from custom_components.energy_site.site.outage import OutageEvent, OutageWatch
from custom_components.energy_site.site.past_outages import PastOutages
from custom_components.energy_site.sources.budget import SystemBudget
from custom_components.energy_site.sources.history_provider import HistoryProvider
from custom_components.energy_site.vendors.tesla.client.addresses import Region
from custom_components.energy_site.vendors.tesla.client.claims import read_claims
from custom_components.energy_site.vendors.tesla.client.client import TeslaClient
from custom_components.energy_site.vendors.tesla.client.oauth import refresh
from custom_components.energy_site.vendors.tesla.source.context import Context
from custom_components.energy_site.vendors.tesla.source.history import TeslaHistory
from custom_components.energy_site.vendors.tesla.source.source import TeslaSource
from simulator.tesla_cloud import EnergySite, TeslaServer
from simulator.tesla_cloud.access import Application

from .cloud_home import IN_TIME, Entry, World, find_zone

_WATCH = "outages"


class CrashPoint(Enum):
    """The moments of a token's renewal at which the power may fail."""

    BEFORE_REQUEST = auto()
    ANSWER_LOST = auto()
    STORED = auto()


class CrashError(Exception):
    """Home Assistant ends here, without another word."""


@dataclass(slots=True, kw_only=True)
class TeslaWorld(World):
    """The cloud and the application as well; `crash` is where the next renewal is interrupted."""

    cloud: TeslaServer
    application: Application
    crash: CrashPoint | None = None
    crashes: list[CrashPoint] = field(default_factory=list)

    def reach(self, point: CrashPoint) -> None:
        """Crash if that is planned for this point of a renewal."""
        if self.crash is point:
            self.crash = None
            self.crashes.append(point)
            raise CrashError(point)


class TeslaToken:
    """The owner's consent to one entry, renewed in the order of `vendors.oauth.EntryToken`.

    What is stored survives a crash; nothing else does.
    """

    def __init__(self, world: TeslaWorld) -> None:
        """Let the owner agree now."""
        self._world = world
        tokens = world.cloud.grant(world.application)
        self._stored = (tokens.access, tokens.refresh, world.clock.now() + tokens.expires_in)
        self._dead: str | None = None
        self.reauths = self.renewals = 0

    @property
    def access(self) -> str:
        """The access token as it is stored."""
        return self._stored[0]

    async def __call__(self, *, refused: str | None = None) -> str:
        """Return the token; another than the one that was refused."""
        access, token, until = self._stored
        if refused == access or self._world.clock.now() > until - IN_TIME:
            await self._renew(token)
        return self.access

    async def _renew(self, token: str) -> None:
        world = self._world
        if token == self._dead:
            raise ApiAuthError("oauth/token", 401)
        world.reach(CrashPoint.BEFORE_REQUEST)
        try:
            renewed = await refresh(world.session, world.application.client_id, token, region=Region.NA)
        except SignInNeededError as err:
            self._dead = token
            self.reauths += 1
            raise ApiAuthError("oauth/token", 401) from err
        world.reach(CrashPoint.ANSWER_LOST)
        self._stored = (renewed.access_token, renewed.refresh_token, world.clock.now() + renewed.expires_in)
        self.renewals += 1
        world.reach(CrashPoint.STORED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an owner was told of an outage, and when (epoch s)."""

    at: float
    event: OutageEvent


class TeslaEntry(Entry):
    """One site of an application."""

    source: TeslaSource

    def __init__(self, world: TeslaWorld, site: EnergySite) -> None:
        """Know nothing of `site` yet."""
        super().__init__(world, site, f"tesla_{site.site_id}")
        self.site = site
        self.token = TeslaToken(world)
        self.told: list[Told] = []
        self._outages = OutageWatch()
        self._set_up = datetime.fromtimestamp(world.clock.now(), UTC)

    @override
    def connect(self, budget: SystemBudget) -> TeslaSource:
        world = self._world
        context = Context(
            client=TeslaClient(world.session, self.token, region=Region.NA, budget=budget),
            site_id=self.site.site_id,
            clock=world.now,
            zone=UTC,
            claims=lambda: read_claims(self.token.access),
        )
        self._outages = OutageWatch()
        self._outages.restore(self.memory.get(_WATCH, {}))
        return TeslaSource(context, self.name, budget, find_zone)

    @override
    def provider(self) -> HistoryProvider:
        return TeslaHistory(self.source)

    @override
    def gaps(self) -> Iterable[tuple[float, float]]:
        return ((gap.kept_until, gap.end) for gap in self.site.uploads.gaps if gap.kept_until < gap.end)

    @override
    def may_learn(self, start: float, end: float) -> bool:
        return any(gap.start < end and start < gap.end for gap in self.site.uploads.gaps)

    @property
    @override
    def counted_since(self) -> float:
        # The day of the set-up counts as a whole.
        zone = self.site.days.zone
        return max(midnight(day_of(self._set_up, zone), zone).timestamp(), self.site.archive.start)

    @override
    def as_dict(self) -> dict[str, Any]:
        return {**super().as_dict(), _WATCH: self._outages.as_dict()}

    @override
    async def poll(self, key: str) -> None:
        await super().poll(key)
        now, grid, past = self._world.now(), self.source.part(GridStatus), self.source.part(PastOutages)
        events = [self._outages.observe(grid)] if grid is not None else []
        events += self._outages.review(past.outages, now) if past is not None else []
        told = [Told(at=now.timestamp(), event=event) for event in events if event is not None]
        self.told += told
        if told and self.started:
            self.save()
