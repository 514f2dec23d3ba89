"""A simulated gateway, its account, and an entry that is set up with them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import override

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant
from simulator.clock import Clock
from simulator.enphase_account import AccountServer
from simulator.house import House
from simulator.iq_gateway import GatewayServer
from simulator.presets import PRESETS
from tests.common import gateway_entry, set_up

# A clear morning in Austin, whose house is the usual one.
MORNING = datetime(2026, 6, 15, 16, 0, tzinfo=UTC)


class FrozenClock(Clock):
    """The simulator's clock, which is the test's."""

    @override
    def now(self) -> float:
        """Return the test's time in seconds since the epoch."""
        return datetime.now(UTC).timestamp()


@pytest.fixture
def preset() -> str:
    """Return the name of the house; a test that wants another one parametrizes this."""
    return "home"


@pytest.fixture
async def gateway(preset: str, socket_enabled: None, freezer: FrozenDateTimeFactory) -> AsyncIterator[GatewayServer]:
    """Serve a simulated house."""
    freezer.move_to(MORNING)
    house = PRESETS[preset]()
    clock = FrozenClock()
    async with GatewayServer(House(house.house, start=clock.now()), house.gateway, clock=clock) as server:
        yield server


@pytest.fixture
async def account(gateway: GatewayServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AccountServer]:
    """Serve the account that owns the gateway."""
    async with AccountServer([gateway]) as server:
        server.add_account("owner@example.com", "right", serials=[gateway.serial])
        monkeypatch.setenv("ENERGY_SITE_ENLIGHTEN", server.url)
        monkeypatch.setenv("ENERGY_SITE_ENTREZ", server.url)
        yield server


@pytest.fixture
async def entry(hass: HomeAssistant, gateway: GatewayServer) -> AsyncIterator[MockConfigEntry]:
    """Return an entry that is set up with the gateway."""
    found = gateway_entry(gateway)
    await set_up(hass, found)
    yield found
    await hass.async_block_till_done(wait_background_tasks=True)
    await hass.config_entries.async_unload(found.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
