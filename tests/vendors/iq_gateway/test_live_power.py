"""Live power: sensors by the second while somebody looks, and nothing of it left behind."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from simulator.house import House
from simulator.iq_gateway import GatewayServer
from simulator.presets import PRESETS
from tests.common import gateway_entry, number, state
from tests.houses import MORNING, FrozenClock
from tests.steering import Handle, settle, start

STATUS = "/ivp/livedata/status"
ARM = "/ivp/livedata/stream"
STREAM = "/stream/meter"
LIVE = ("switch", "live_power")


@pytest.fixture
async def streaming(socket_enabled: None, freezer: FrozenDateTimeFactory) -> AsyncIterator[GatewayServer]:
    """Serve a house without battery, whose gateway streams to its owner."""
    freezer.move_to(MORNING)
    preset = PRESETS["generator"]()
    house = replace(preset.house, generator=None)
    clock = FrozenClock()
    config = replace(preset.gateway, meter_stream=True)
    async with GatewayServer(House(house, start=clock.now()), config, clock=clock) as server:
        yield server


async def loaded(hass: HomeAssistant, gateway: GatewayServer, **options: float) -> MockConfigEntry:
    """Return an entry with these options that is set up."""
    entry = gateway_entry(gateway, options=options)
    await start(hass, entry)
    return entry


async def unload(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Unload an entry."""
    await hass.config_entries.async_unload(entry.entry_id)
    await settle(hass)


def ours() -> list[str]:
    """Return what the integration still has under way."""
    return [repr(task) for task in asyncio.all_tasks() if "custom_components/energy_site" in repr(task)]


def follows(hass: HomeAssistant, gateway: GatewayServer) -> None:
    """Check that the sensors show what flows now."""
    for name in ("solar", "grid", "load"):
        assert number(hass, gateway.serial, f"{name}_power") == pytest.approx(
            getattr(gateway.house.flow, name), abs=2
        ), name


async def test_sensors_follow_the_house_by_the_second(
    hass: HomeAssistant, gateway: GatewayServer, freezer: FrozenDateTimeFactory
) -> None:
    entry = await loaded(hass, gateway)
    handle = Handle(hass, freezer, gateway.serial)
    assert handle.shown(*LIVE) == "off"
    await handle.set(*LIVE, value=True)
    assert handle.shown(*LIVE) == "on"
    reported = set()
    gateway.stats.reset()
    for _ in range(20):
        await handle.wait(1)
        follows(hass, gateway)
        found = state(hass, "sensor", gateway.serial, "solar_power")
        assert found is not None
        reported.add(found.last_reported)
    assert len(reported) >= 18
    assert gateway.stats.requests[STATUS] >= 18
    await handle.set(*LIVE, value=False)
    assert handle.shown(*LIVE) == "off"
    gateway.stats.reset()
    await handle.wait(60)
    assert gateway.stats.requests[STATUS] <= 1
    await unload(hass, entry)


async def test_it_ends_by_itself_after_a_quarter_of_an_hour(
    hass: HomeAssistant, gateway: GatewayServer, freezer: FrozenDateTimeFactory
) -> None:
    entry = await loaded(hass, gateway)
    handle = Handle(hass, freezer, gateway.serial)
    await handle.set(*LIVE, value=True)
    await handle.wait(880, step=5)
    assert handle.shown(*LIVE) == "on"
    await handle.wait(40, step=5)
    assert handle.shown(*LIVE) == "off"
    gateway.stats.reset()
    await handle.wait(60)
    assert gateway.stats.requests[STATUS] <= 1
    await unload(hass, entry)


async def test_pace_and_end_are_what_a_person_chose(
    hass: HomeAssistant, gateway: GatewayServer, freezer: FrozenDateTimeFactory
) -> None:
    entry = await loaded(hass, gateway, live=5, live_minutes=2)
    handle = Handle(hass, freezer, gateway.serial)
    await handle.set(*LIVE, value=True)
    gateway.stats.reset()
    await handle.wait(60)
    assert 10 <= gateway.stats.requests[STATUS] <= 13
    assert handle.shown(*LIVE) == "on"
    await handle.wait(70)
    assert handle.shown(*LIVE) == "off"
    await unload(hass, entry)


async def test_the_meters_stream_is_used_where_it_is_given(
    hass: HomeAssistant, streaming: GatewayServer, freezer: FrozenDateTimeFactory
) -> None:
    entry = await loaded(hass, streaming)
    handle = Handle(hass, freezer, streaming.serial)
    await handle.set(*LIVE, value=True)
    streaming.stats.reset()
    for _ in range(10):
        await handle.wait(1)
        follows(hass, streaming)
    assert streaming.stats.requests[ARM] == 0
    assert streaming.stats.requests[STREAM] == 0
    await unload(hass, entry)


async def test_a_reload_ends_it_and_leaves_nothing_behind(
    hass: HomeAssistant, streaming: GatewayServer, freezer: FrozenDateTimeFactory
) -> None:
    entry = await loaded(hass, streaming)
    handle = Handle(hass, freezer, streaming.serial)
    await handle.set(*LIVE, value=True)
    await handle.wait(3)
    await unload(hass, entry)
    assert ours() == []
    streaming.stats.reset()
    await handle.wait(30)
    assert not streaming.stats.requests
    await start(hass, entry)
    assert handle.shown(*LIVE) == "off"
    await unload(hass, entry)


async def test_diagnostics_work_meanwhile(
    hass: HomeAssistant,
    streaming: GatewayServer,
    hass_client: ClientSessionGenerator,
    freezer: FrozenDateTimeFactory,
) -> None:
    entry = await loaded(hass, streaming)
    await async_setup_component(hass, "diagnostics", {})
    handle = Handle(hass, freezer, streaming.serial)
    await handle.set(*LIVE, value=True)
    await handle.wait(2)
    try:
        found = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    finally:
        # An open stream would keep the simulated gateway from stopping while the clock stands still.
        await unload(hass, entry)
    assert found["parts"]["LivePower"]["on"] is True
    assert found["parts"]["LivePower"]["flowing"] is True
    assert found["feeds"]["live_data"]["interval"] == 1
