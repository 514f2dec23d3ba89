"""A gateway on the network and its system in the cloud, for the tests of both at once."""

from collections.abc import AsyncIterator

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant
from simulator.enphase_cloud import Application, CloudServer, CloudSystem
from simulator.iq_gateway import GatewayServer
from simulator.presets import PRESETS
from tests.common import gateway_entry, set_up

from ..clouds import cloud_entry
from ..houses import FrozenClock


@pytest.fixture
async def both(system: CloudSystem, cloud: CloudServer) -> AsyncIterator[GatewayServer]:
    """Serve the gateway of the cloud's system, whose battery the cloud governs."""
    async with GatewayServer(system.house, PRESETS["home"]().gateway, clock=FrozenClock()) as server:
        system.attach(server)
        server.set_cloud_profile()
        yield server


@pytest.fixture
async def local(hass: HomeAssistant, both: GatewayServer) -> AsyncIterator[MockConfigEntry]:
    """Return the gateway's entry."""
    entry = gateway_entry(both)
    await set_up(hass, entry)
    yield entry
    await hass.async_block_till_done(wait_background_tasks=True)
    if hass.config_entries.async_get_entry(entry.entry_id) is not None:
        await hass.config_entries.async_unload(entry.entry_id)


@pytest.fixture
def readings() -> str:
    """Return whether the cloud's entry shows what the gateway's shows; a test that wants another choice parametrizes this."""
    return "auto"


@pytest.fixture
async def remote(
    hass: HomeAssistant, local: MockConfigEntry, cloud: CloudServer, application: Application, readings: str
) -> AsyncIterator[MockConfigEntry]:
    """Return the entry of the same site in the cloud."""
    entry = await cloud_entry(hass, cloud, application, options={"readings": readings})
    await set_up(hass, entry)
    yield entry
    await hass.async_block_till_done(wait_background_tasks=True)
    await hass.config_entries.async_unload(entry.entry_id)
