"""A Tesla account to sign in to."""

from collections.abc import AsyncIterator

from freezegun.api import FrozenDateTimeFactory
import pytest

from simulator.house import House, HouseConfig
from simulator.tesla_cloud import Application, EnergySite, SiteDetails, TeslaServer, powerwall
from tests.houses import MORNING, FrozenClock

from .signing_in import CABIN, CALLBACK, HOME


@pytest.fixture
async def fleet(
    socket_enabled: None, freezer: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[TeslaServer]:
    """Serve a cloud with two sites that have no past: enough to sign in to."""
    freezer.move_to(MORNING)
    clock = FrozenClock()
    sites = (
        EnergySite(House(config, start=clock.now()), SiteDetails(site_id=site_id, name=name))
        for site_id, name, config in (
            (HOME, "Sunny Home", HouseConfig(battery=powerwall())),
            (CABIN, "Cabin", HouseConfig()),
        )
    )
    async with TeslaServer(sites, clock=clock) as server:
        monkeypatch.setenv("ENERGY_SITE_TESLA_AUTH", server.url)
        monkeypatch.setenv("ENERGY_SITE_TESLA_API", server.url)
        yield server


@pytest.fixture
def application(fleet: TeslaServer) -> Application:
    """Return an application from which an owner's browser finds back to Home Assistant."""
    return fleet.add_application(redirects=[CALLBACK, "https://my.home-assistant.io/redirect/oauth"])
