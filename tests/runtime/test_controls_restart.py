"""A wish that a restart interrupts is fulfilled or reported afterwards."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_test_home_assistant

from custom_components.energy_site.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.loader import DATA_CUSTOM_COMPONENTS
from simulator.iq_gateway import GatewayServer
from simulator.iq_gateway.faults import Unheeded
from tests.common import gateway_entry
from tests.steering import Handle, settle, start

TARIFF = "/admin/lib/tariff"
RESERVE = ("number", "backup_reserve")


@pytest.fixture
def handle(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> Handle:
    """Return the controls of the site."""
    return Handle(hass, freezer, gateway.serial)


def ours() -> list[str]:
    """Return what the integration still has under way."""
    return [str(task.get_coro()) for task in asyncio.all_tasks() if "energy_site" in repr(task.get_coro())]


async def interrupted(hass: HomeAssistant, handle: Handle, gateway: GatewayServer, entry: MockConfigEntry) -> None:
    """Unload the entry while the gateway has not heeded a wish yet."""
    gateway.faults.add(Unheeded(), TARIFF, methods=["PUT"], count=1)
    task = await handle.begin(*RESERVE, value=35)
    await handle.wait(3)
    assert handle.attribute("pending", *RESERVE) == 35
    assert await hass.config_entries.async_unload(entry.entry_id)
    await settle(hass)
    with pytest.raises(HomeAssistantError) as caught:
        await handle.finish(task, within=0)
    assert caught.value.translation_key == "control_interrupted"


async def test_unloading_leaves_nothing_under_way_and_tells_whoever_waits(
    hass: HomeAssistant, handle: Handle, gateway: GatewayServer, entry: MockConfigEntry
) -> None:
    await interrupted(hass, handle, gateway, entry)
    assert ours() == []


async def test_a_wish_is_fulfilled_after_a_reload(
    hass: HomeAssistant, handle: Handle, gateway: GatewayServer, entry: MockConfigEntry
) -> None:
    await interrupted(hass, handle, gateway, entry)
    await handle.wait(60, step=10)
    await start(hass, entry)
    await handle.wait(5)
    assert (float(handle.shown(*RESERVE)), handle.attribute("pending", *RESERVE)) == (35, None)
    event = hass.states.get(handle.entity("event", "setting"))
    assert event is not None
    assert {key: event.attributes[key] for key in ("event_type", "from", "to", "by")} == {
        "event_type": "changed",
        "from": 20,
        "to": 35,
        "by": "home_assistant",
    }


async def test_a_wish_that_is_hours_old_is_reported_and_not_fulfilled(
    hass: HomeAssistant, handle: Handle, gateway: GatewayServer, entry: MockConfigEntry
) -> None:
    await interrupted(hass, handle, gateway, entry)
    writes = len(gateway.stats.writes)
    await handle.wait(7200, step=600)
    await start(hass, entry)
    await handle.wait(60, step=5)
    assert (float(handle.shown(*RESERVE)), handle.attribute("pending", *RESERVE)) == (20, None)
    event = hass.states.get(handle.entity("event", "setting"))
    assert event is not None
    assert (event.attributes["event_type"], event.attributes["wanted"]) == ("failed", 35)
    assert len(gateway.stats.writes) == writes


# -- Home Assistant itself ------------------------------------------------------------


@pytest.fixture
async def next_hass(hass_storage: dict[str, Any], gateway: GatewayServer) -> AsyncIterator[HomeAssistant]:
    """Return the Home Assistant that starts after the first one stopped."""
    async with async_test_home_assistant() as another:
        another.data.pop(DATA_CUSTOM_COMPONENTS)
        yield another
        for entry in another.config_entries.async_loaded_entries(DOMAIN):
            await another.config_entries.async_unload(entry.entry_id)
        await another.async_block_till_done(wait_background_tasks=True)
        await another.async_stop(force=True)


async def test_a_wish_is_fulfilled_after_home_assistant_restarts(
    hass_storage: dict[str, Any],
    hass: HomeAssistant,
    gateway: GatewayServer,
    freezer: FrozenDateTimeFactory,
    next_hass: HomeAssistant,
) -> None:
    first = gateway_entry(gateway)
    await start(hass, first)
    handle = Handle(hass, freezer, gateway.serial)
    fault = gateway.faults.add(Unheeded(), TARIFF, methods=["PUT"])
    task = await handle.begin(*RESERVE, value=35)
    await handle.wait(2)
    # A loop that ends takes all with it.
    await hass.async_stop(force=True)
    for left in (task, *first.runtime_data.controls._tasks):
        left.cancel()
    await settle(hass)
    fault.remove()

    second = gateway_entry(gateway, entry_id=first.entry_id)
    await start(next_hass, second)
    handle = Handle(next_hass, freezer, gateway.serial)
    await handle.wait(5)
    assert (float(handle.shown(*RESERVE)), handle.attribute("pending", *RESERVE)) == (35, None)
    assert gateway.state.tariff.local.reserve == 35
