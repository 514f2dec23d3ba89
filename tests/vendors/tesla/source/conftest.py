"""A Tesla site as a source, without a Home Assistant."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import pytest

from custom_components.energy_site.site.model import Part
from custom_components.energy_site.site.quota.demand import Plan
from custom_components.energy_site.site.quota.planner import Planner
from custom_components.energy_site.sources.budget import SystemBudget
from custom_components.energy_site.vendors.tesla.client.addresses import Region
from custom_components.energy_site.vendors.tesla.client.claims import read_claims
from custom_components.energy_site.vendors.tesla.client.client import TeslaClient
from custom_components.energy_site.vendors.tesla.source.context import Context
from custom_components.energy_site.vendors.tesla.source.source import TeslaSource
from simulator.clock import ManualClock
from simulator.house import HouseConfig
from simulator.tesla_cloud import SIGN_IN_SCOPES, EnergySite, TeslaServer, lived, powerwall

# A Wednesday noon in June.
NOON = datetime(2026, 6, 17, 12, tzinfo=ZoneInfo("Europe/Amsterdam"))


@pytest.fixture(autouse=True)
def enable_event_loop_debug() -> None:
    """Leave out the event loop's own checks, which take as long as everything else together."""


class Unlimited:
    """A budget without limits."""

    def __init__(self) -> None:
        self.planner = Planner(Plan(per_month=None, per_minute=None))

    def keep(self) -> None:
        """Keep nothing."""


@dataclass(slots=True)
class TeslaHome:
    """A simulated site, the cloud that serves it, and the source that polls it."""

    site: EnergySite
    cloud: TeslaServer
    clock: ManualClock
    source: TeslaSource

    @property
    def now(self) -> datetime:
        """The time of all of them."""
        return datetime.fromtimestamp(self.clock.now(), UTC)

    async def poll(self, *keys: str, after: float = 0) -> None:
        """Poll some feeds, or all, after some seconds."""
        self.clock.advance(after)
        for key in keys or self.source.feeds:
            await self.source.poll(key, self.now)

    def part[P: Part](self, kind: type[P]) -> P:
        """Return a part that the site has."""
        part = self.source.part(kind)
        assert part is not None
        return part


type MakeHome = Callable[..., Any]


@pytest.fixture
async def make_home(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MakeHome]:
    """Return what makes a home: of a house, or of a site that is simulated already."""
    async with AsyncExitStack() as stack:

        async def make(
            house: HouseConfig | None = None,
            *,
            site: EnergySite | None = None,
            days: float = 2,
            scopes: frozenset[str] = SIGN_IN_SCOPES,
            **details: Any,
        ) -> TeslaHome:
            clock = ManualClock(NOON.timestamp())
            site = site or lived(house or HouseConfig(battery=powerwall()), now=clock.now(), days=days, **details)
            cloud = await stack.enter_async_context(TeslaServer([site], clock=clock))
            session = await stack.enter_async_context(aiohttp.ClientSession())
            monkeypatch.setenv("ENERGY_SITE_TESLA_API", cloud.url)
            monkeypatch.setenv("ENERGY_SITE_TESLA_AUTH", cloud.url)
            application = cloud.add_application()
            token = cloud.grant(application, scopes=scopes).access

            async def access(*, refused: str | None = None) -> str:
                nonlocal token
                if refused == token:
                    token = cloud.grant(application, scopes=scopes).access
                return token

            async def find_zone(name: str) -> ZoneInfo | None:
                return ZoneInfo(name)

            def now() -> datetime:
                return datetime.fromtimestamp(clock.now(), UTC)

            budget = SystemBudget(Unlimited(), "me", now)
            context = Context(
                client=TeslaClient(session, access, region=Region.NA, budget=budget),
                site_id=site.site_id,
                clock=now,
                zone=UTC,
                claims=lambda: read_claims(token),
            )
            source = TeslaSource(context, "me", budget, find_zone)
            await source.prepare(now())
            return TeslaHome(site, cloud, clock, source)

        yield make


@pytest.fixture
async def home(make_home: MakeHome) -> TeslaHome:
    """Return a home with solar and a Powerwall, of which everything was polled once."""
    home: TeslaHome = await make_home()
    await home.poll()
    return home
