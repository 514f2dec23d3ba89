"""A home whose gateway is replaced stays one home, although the cloud lists the old one for long, or forever."""

from collections.abc import AsyncIterator
from dataclasses import replace

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.runtime.home import home_entries
from homeassistant.core import HomeAssistant
from simulator.enphase_cloud import CloudSystem
from simulator.iq_gateway import GatewayServer
from simulator.presets import PRESETS
from tests.common import entity_id, gateway_entry, set_up, state, step

from ..houses import FrozenClock
from ..steering import begin, wait
from .ways import OWN, issue, names

RESERVE = "backup_reserve"


@pytest.fixture
async def successor(system: CloudSystem) -> AsyncIterator[GatewayServer]:
    """Serve the gateway that replaces the home's, whose battery the cloud governs too."""
    config = replace(PRESETS["home"]().gateway, serial="482699123456")
    async with GatewayServer(system.house, config, clock=FrozenClock()) as server:
        system.attach(server)
        server.set_cloud_profile()
        yield server


async def go_on_with(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, entry: MockConfigEntry, gateway: GatewayServer
) -> None:
    """Confirm in the gateway's entry that another one replaced it, and let a while pass."""
    result = await step(hass, await entry.start_reconfigure_flow(hass), {"host": gateway.host})
    result = await step(hass, result, {"host": gateway.host, "replaced": True})
    result = await step(hass, result, {})
    result = await step(hass, result, {"next_step_id": "iq_gateway_token"})
    result = await step(hass, result, {"token": gateway.token()})
    assert result["reason"] == "gateway_replaced"
    await hass.async_block_till_done(wait_background_tasks=True)
    await wait(hass, freezer, 900, step=30)


async def test_nothing_is_shown_twice_and_nothing_is_missed(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    both: GatewayServer,
    local: MockConfigEntry,
    remote: MockConfigEntry,
    successor: GatewayServer,
) -> None:
    before = names(hass, remote)
    await both.unplug()
    await go_on_with(hass, freezer, local, successor)
    assert names(hass, remote) == before
    assert names(hass, remote) & names(hass, local) <= OWN
    assert issue(hass, "gateway_gone", remote) is None
    assert issue(hass, "governed_remotely", local) is None
    assert remote.runtime_data.ways.counting is local
    await hass.config_entries.async_reload(remote.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert names(hass, remote) == before


async def test_the_battery_is_set_through_the_cloud_as_before(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    both: GatewayServer,
    local: MockConfigEntry,
    remote: MockConfigEntry,
    successor: GatewayServer,
    system: CloudSystem,
) -> None:
    await both.unplug()
    await go_on_with(hass, freezer, local, successor)
    target = entity_id(hass, "number", successor.serial, RESERVE)
    task = await begin(hass, "number", "set_value", {"entity_id": target, "value": 45})
    await wait(hass, freezer, 120, step=5)
    await task
    assert system.house.battery is not None
    assert system.house.battery.settings.reserve == 45
    shown = state(hass, "number", successor.serial, RESERVE)
    assert shown is not None
    assert shown.state == "45.0"
    assert remote.runtime_data.ways.others == (local,)


async def test_the_old_gateway_is_of_another_home_once_it_is_set_up_there(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    both: GatewayServer,
    local: MockConfigEntry,
    successor: GatewayServer,
) -> None:
    await go_on_with(hass, freezer, local, successor)
    elsewhere = gateway_entry(both)
    await set_up(hass, elsewhere)
    assert home_entries(hass, local) == [local]
    assert home_entries(hass, elsewhere) == [elsewhere]
    await hass.config_entries.async_unload(elsewhere.entry_id)
