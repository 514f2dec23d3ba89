"""A site is unloaded, reloaded or removed in the middle of something: no traceback, and nothing goes on."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
import logging

import aiohttp
from freezegun.api import FrozenDateTimeFactory, real_monotonic
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.energy_site.api.errors import ApiConnectionError
from custom_components.energy_site.const import DOMAIN
from custom_components.energy_site.vendors.iq_gateway.client.client import IqGatewayClient
from custom_components.energy_site.vendors.iq_gateway.client.endpoints import METERS
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from simulator.enphase_account import AccountServer
from simulator.enphase_cloud import Application, CloudServer
from simulator.iq_gateway import GatewayServer, Hang, HttpStatus
from tests.common import entity_id, gateway_entry, set_up, status

from ..clouds import cloud_entry

READINGS = "/ivp/meters/readings"

type End = Callable[[HomeAssistant, MockConfigEntry], Awaitable[None]]


@pytest.fixture
def preset() -> str:
    """Let the house be a small one: it is not what these tests are about."""
    return "single_phase"


async def unload(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Unload as a person does who disables the entry."""
    assert await hass.config_entries.async_unload(entry.entry_id)


async def reload(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Reload, and unload what came of that."""
    await hass.config_entries.async_reload(entry.entry_id)
    assert await hass.config_entries.async_unload(entry.entry_id)


async def remove(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Delete the entry."""
    await hass.config_entries.async_remove(entry.entry_id)


ENDS = pytest.mark.parametrize("end", [unload, reload, remove])


async def until(condition: Callable[[], object]) -> None:
    """Wait for something that is under way."""
    # A thread may be at it: how many turns of the loop that takes is up to the machine.
    end = real_monotonic() + 60
    while not condition():
        if real_monotonic() > end:
            pytest.fail("it never came to that")
        await asyncio.sleep(0)


def go_on(hass: HomeAssistant, freezer: FrozenDateTimeFactory, seconds: float) -> None:
    """Let time pass without waiting for what it brings."""
    freezer.tick(timedelta(seconds=seconds))
    async_fire_time_changed(hass)


def ours() -> list[str]:
    """Return what goes on of ours."""
    running = (task for task in asyncio.all_tasks() if task is not asyncio.current_task())
    return [repr(task) for task in running if "custom_components/energy_site" in repr(task) or DOMAIN in repr(task)]


async def quiet(hass: HomeAssistant, caplog: pytest.LogCaptureFixture) -> None:
    """Check that nothing goes on, and that nothing went wrong."""
    for _ in range(50):
        await asyncio.sleep(0)
    assert ours() == []
    await hass.async_block_till_done(wait_background_tasks=True)
    wrong = [
        record
        for record in caplog.records
        if record.levelno >= logging.ERROR or (record.exc_info and record.levelno > logging.DEBUG)
    ]
    assert [record.getMessage() for record in wrong] == []
    assert "never retrieved" not in caplog.text
    assert "was never awaited" not in caplog.text


@ENDS
@pytest.mark.parametrize("path", [READINGS, "/home", "/ivp/pdm/device_data"])
async def test_in_the_middle_of_a_poll(
    hass: HomeAssistant,
    gateway: GatewayServer,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    path: str,
    end: End,
) -> None:
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    fault = gateway.faults.add(Hang(), path, count=1)
    go_on(hass, freezer, 6 * 3600)
    await until(lambda: fault.hits)
    await end(hass, entry)
    await quiet(hass, caplog)


@ENDS
async def test_in_the_middle_of_the_first_polls(
    hass: HomeAssistant,
    gateway: GatewayServer,
    caplog: pytest.LogCaptureFixture,
    end: End,
) -> None:
    entry = gateway_entry(gateway)
    entry.add_to_hass(hass)
    fault = gateway.faults.add(Hang(), "/inventory", count=1)
    await hass.config_entries.async_setup(entry.entry_id)
    await until(lambda: fault.hits)
    await end(hass, entry)
    await quiet(hass, caplog)


@ENDS
async def test_in_the_middle_of_a_refresh_by_hand(
    hass: HomeAssistant,
    gateway: GatewayServer,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    end: End,
) -> None:
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    fault = gateway.faults.add(Hang(), READINGS, count=1)
    asked = hass.async_create_task(entry.runtime_data.poller.async_refresh(entry.runtime_data.source.feeds))
    await until(lambda: fault.hits)
    await end(hass, entry)
    gateway.faults.clear()
    asked.cancel()
    await quiet(hass, caplog)


@ENDS
@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_in_the_middle_of_a_change(
    hass: HomeAssistant,
    gateway: GatewayServer,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    method: str,
    end: End,
) -> None:
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    reserve = entity_id(hass, "number", gateway.serial, "backup_reserve")
    fault = gateway.faults.add(Hang(), "/admin/lib/tariff", methods=[method], count=1)
    call = hass.services.async_call("number", "set_value", {"entity_id": reserve, "value": 35}, blocking=True)
    asked = asyncio.ensure_future(call)
    await until(lambda: fault.hits)
    await end(hass, entry)
    with pytest.raises(HomeAssistantError):
        await asked
    await quiet(hass, caplog)


@ENDS
async def test_in_the_middle_of_a_renewal(
    hass: HomeAssistant,
    gateway: GatewayServer,
    account: AccountServer,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    end: End,
) -> None:
    entry = gateway_entry(gateway, data={"username": "owner@example.com", "password": "right"})
    await set_up(hass, entry)
    account.hold("/tokens")
    gateway.revoke_tokens()
    go_on(hass, freezer, 11)
    await until(lambda: account.requests["/tokens"])
    if end is reload:
        account.accept()
    await end(hass, entry)
    account.accept()
    await quiet(hass, caplog)


@ENDS
async def test_in_the_middle_of_an_outage(
    hass: HomeAssistant,
    gateway: GatewayServer,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    end: End,
) -> None:
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    gateway.faults.add(HttpStatus(503), [READINGS, *(path for path in gateway.stats.requests if path != "/info")])
    go_on(hass, freezer, 11)
    await until(lambda: entry.runtime_data.source.outage)
    go_on(hass, freezer, 11)
    await end(hass, entry)
    await quiet(hass, caplog)


@ENDS
@pytest.mark.usefixtures("recorder_mock")
async def test_in_the_middle_of_fetching_the_past(
    hass: HomeAssistant,
    cloud: CloudServer,
    application: Application,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    end: End,
) -> None:
    entry = await cloud_entry(hass, cloud, application)
    await set_up(hass, entry)
    fault = cloud.faults.add(Hang())
    wanted = {"start": "2026-06-02", "end": "2026-06-02"}
    call = hass.services.async_call(DOMAIN, "import_history", wanted, blocking=True, return_response=True)
    asked = asyncio.ensure_future(call)
    await until(lambda: fault.hits)
    await end(hass, entry)
    asked.cancel()
    await quiet(hass, caplog)


@ENDS
@pytest.mark.usefixtures("recorder_mock")
async def test_while_the_past_is_about_to_be_fetched(
    hass: HomeAssistant,
    cloud: CloudServer,
    application: Application,
    caplog: pytest.LogCaptureFixture,
    end: End,
) -> None:
    entry = await cloud_entry(hass, cloud, application)
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    assert status(entry) is ConfigEntryState.LOADED
    await end(hass, entry)
    await quiet(hass, caplog)


async def test_a_session_that_was_closed_is_a_lost_connection(gateway: GatewayServer) -> None:
    session = aiohttp.ClientSession()
    client = IqGatewayClient(session, gateway.host, fingerprint=gateway.fingerprint, token=gateway.token())
    assert await client.get(METERS)
    await session.close()
    with pytest.raises(ApiConnectionError):
        await client.get(METERS)
    with pytest.raises(ApiConnectionError):
        await client.open_stream("/stream/meter")
