"""A simulated home that Home Assistant's own integration has shown so far."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from simulator.clock import Clock
from simulator.house import House
from simulator.house.config import EnergyTotals
from simulator.iq_gateway import GatewayServer
from tests.common import set_up, tick

from ..houses import FrozenClock
from .common import core_entry
from .home import Home

# What counts, in either integration.
COUNTERS = ["sensor.*energy*", "sensor.*production*", "sensor.*consumption*", "sensor.*charge*", "sensor.old_*"]


@pytest.fixture
def recorder_config() -> dict[str, Any]:
    """Record what has a sum that could jump, as each state of anything else takes its time as well."""
    return {"include": {"entity_globs": COUNTERS}}


@pytest.fixture
async def old(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, gateway: GatewayServer
) -> AsyncIterator[MockConfigEntry]:
    """Return the entry of Home Assistant's own integration, which really runs."""
    found = core_entry(gateway)
    await set_up(hass, found)
    assert found.state is ConfigEntryState.LOADED
    # It asks for the gateway's network address a while after it was set up.
    await tick(hass, freezer, 40)
    yield found
    if found.state is ConfigEntryState.LOADED:
        await hass.config_entries.async_unload(found.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.fixture
def home(hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, old: MockConfigEntry) -> Home:
    """Return the home, which both integrations show."""
    return Home(hass, gateway, entry, old)


@pytest.fixture
async def successor(gateway: GatewayServer) -> AsyncIterator[GatewayServer]:
    """Serve another gateway with the same inverters and batteries, whose own registers begin lower."""
    clock: Clock = FrozenClock()
    totals = EnergyTotals.plausible(solar=9_000, load=8_000, battery=2_000)
    # Its batteries are called as before: the simulator names them by these last six digits.
    serial = f"482699{gateway.serial[-6:]}"
    house = House(replace(gateway.house.config, starting_totals=totals), start=clock.now())
    async with GatewayServer(house, replace(gateway.config, serial=serial), clock=clock) as server:
        yield server
