"""Systems of Enphase's cloud as config entries run them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import override

from custom_components.energy_site.sources.budget import SystemBudget
from custom_components.energy_site.sources.history_provider import HistoryProvider
from custom_components.energy_site.vendors.enphase_cloud.client.oauth import refresh
from custom_components.energy_site.vendors.enphase_cloud.client.v4 import EnphaseV4Client
from custom_components.energy_site.vendors.enphase_cloud.source.v4.context import V4Context
from custom_components.energy_site.vendors.enphase_cloud.source.v4.history import history_of
from custom_components.energy_site.vendors.enphase_cloud.source.v4.source import EnphaseCloudSource
from simulator.enphase_cloud import Application, CloudServer, CloudSystem

from .cloud_home import IN_TIME, Entry, World, find_zone


@dataclass(slots=True, kw_only=True)
class EnphaseWorld(World):
    """The cloud and the key as well."""

    cloud: CloudServer
    application: Application


class Token:
    """The owner's consent to one entry: an access token, and what renews it."""

    def __init__(self, world: EnphaseWorld) -> None:
        """Let the owner agree now."""
        self._world = world
        tokens = world.cloud.grant(world.application)
        self._access, self._refresh = tokens.access, tokens.refresh
        self._until = world.clock.now() + tokens.expires_in

    async def __call__(self, *, refused: str | None = None) -> str:
        """Return the token; another than the one that was refused."""
        world, now = self._world, self._world.clock.now()
        if now > self._until - IN_TIME or refused == self._access:
            key = world.application
            tokens = await refresh(world.session, key.client_id, key.client_secret, self._refresh)
            self._access, self._refresh = tokens.access_token, tokens.refresh_token
            self._until = now + tokens.expires_in
        return self._access


class EnphaseEntry(Entry):
    """One system of a key."""

    source: EnphaseCloudSource

    def __init__(self, world: EnphaseWorld, system: CloudSystem) -> None:
        """Know nothing of `system` yet."""
        super().__init__(world, system, f"enphase_{system.system_id}")
        self.served = system
        self._key = world.application.key
        self._token = Token(world)

    @override
    def connect(self, budget: SystemBudget) -> EnphaseCloudSource:
        world = self._world
        client = EnphaseV4Client(world.session, self._key, self._token, budget=budget)
        context = V4Context(client=client, system_id=self.served.system_id, clock=world.now)
        return EnphaseCloudSource(context, self.name, budget, find_zone)

    @override
    def provider(self) -> HistoryProvider:
        return history_of(self.source)

    @override
    def gaps(self) -> Iterable[tuple[float, float]]:
        return ((gap.start, gap.end) for gap in self.served.reports.gaps)
