"""Homes whose entries are for a cloud."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant
from simulator.tesla_cloud import TeslaServer
from tests.houses import FrozenClock
from tests.vendors.tesla.lived_home import lived_home
from tests.vendors.tesla.signing_in import CALLBACK, set_up_site


@asynccontextmanager
async def powerwall_in_cloud(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MockConfigEntry]:
    """Serve Tesla's cloud with a home that has Powerwalls; return its entry, which is set up."""
    async with TeslaServer([lived_home()], clock=FrozenClock()) as server:
        monkeypatch.setenv("ENERGY_SITE_TESLA_AUTH", server.url)
        monkeypatch.setenv("ENERGY_SITE_TESLA_API", server.url)
        redirects = [CALLBACK, "https://my.home-assistant.io/redirect/oauth"]
        entry = await set_up_site(hass, server.add_application(redirects=redirects))
        await hass.async_block_till_done(wait_background_tasks=True)
        yield entry
