"""A Tesla site as a source, without a Home Assistant."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any

import aiohttp
import pytest

from simulator.clock import ManualClock
from simulator.house import HouseConfig
from simulator.tesla_cloud import SIGN_IN_SCOPES, EnergySite, TeslaServer, lived, powerwall

from ...source_home import NOON, enable_event_loop_debug
from .home import Budget, Helm, TeslaHome

__all__ = ["enable_event_loop_debug"]

type MakeHome = Callable[..., Awaitable[TeslaHome]]


@pytest.fixture
async def make_home(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MakeHome]:
    """Return what makes a home: of a house, or of a site that is simulated already."""
    async with AsyncExitStack() as stack:

        async def make(
            house: HouseConfig | None = None,
            *,
            site: EnergySite | None = None,
            days: float = 2,
            start: datetime = NOON,
            scopes: frozenset[str] = SIGN_IN_SCOPES,
            budget: Budget | None = None,
            beside: TeslaHome | None = None,
            **details: Any,
        ) -> TeslaHome:
            clock = beside.clock if beside is not None else ManualClock(start.timestamp())
            site = site or lived(house or HouseConfig(battery=powerwall()), now=clock.now(), days=days, **details)
            if beside is not None:
                cloud, session, token = beside.cloud, beside.session, beside.token
                cloud.add_site(site)
            else:
                cloud = await stack.enter_async_context(TeslaServer([site], clock=clock))
                # A test of a year needs no other token.
                cloud.tokens.access_lifetime = 400 * 86_400.0
                session = await stack.enter_async_context(aiohttp.ClientSession())
                token = cloud.grant(cloud.add_application(), scopes=scopes).access

            monkeypatch.setenv("ENERGY_SITE_TESLA_API", cloud.url)
            monkeypatch.setenv("ENERGY_SITE_TESLA_AUTH", cloud.url)
            home = TeslaHome(
                site=site, cloud=cloud, clock=clock, session=session, token=token, budget=budget or Budget()
            )
            await home.source.prepare(home.now)
            return home

        yield make


@pytest.fixture
async def home(make_home: MakeHome) -> TeslaHome:
    """Return a home with solar and a Powerwall, of which everything was polled once."""
    home = await make_home()
    await home.poll()
    return home


@pytest.fixture
def helm(home: TeslaHome) -> Helm:
    """Return the controls of that home."""
    return Helm(home)
