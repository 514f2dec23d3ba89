"""The real Energy dashboard, and a small house."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.components.energy.data import EnergyManager
from homeassistant.components.recorder.core import Recorder
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from simulator.house import House
from simulator.iq_gateway import GatewayServer
from simulator.presets import PRESETS
from tests.common import gateway_entry, set_up
from tests.houses import MORNING, FrozenClock

from .dashboard import let_statistics_come, open_dashboard


@pytest.fixture
async def gateway(preset: str, socket_enabled: None, freezer: FrozenDateTimeFactory) -> AsyncIterator[GatewayServer]:
    """Serve a simulated house with one inverter on each roof, which is less to set up."""
    freezer.move_to(MORNING)
    made, clock = PRESETS[preset](), FrozenClock()
    house = replace(made.house, arrays=tuple(replace(array, inverters=1) for array in made.house.arrays))
    async with GatewayServer(House(house, start=clock.now()), made.gateway, clock=clock) as server:
        yield server


@pytest.fixture(autouse=True)
def _only_sensors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set up no other platform, as the Energy dashboard shows nothing of them."""
    monkeypatch.setattr("custom_components.energy_site.PLATFORMS", [Platform.SENSOR])


@pytest.fixture
def preferences() -> dict[str, Any]:
    """Return what somebody saved before; a test that wants some parametrizes this."""
    return {}


@pytest.fixture
async def manager(recorder_mock: Recorder, hass: HomeAssistant, preferences: dict[str, Any]) -> EnergyManager:
    """Return the real Energy dashboard."""
    return await open_dashboard(hass, **preferences)


@pytest.fixture
async def site(
    manager: EnergyManager, hass: HomeAssistant, gateway: GatewayServer, freezer: FrozenDateTimeFactory
) -> AsyncIterator[MockConfigEntry]:
    """Return an entry whose sensors have statistics."""
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    await let_statistics_come(hass, freezer)
    yield entry
    if hass.config_entries.async_get_entry(entry.entry_id) is not None:
        await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
