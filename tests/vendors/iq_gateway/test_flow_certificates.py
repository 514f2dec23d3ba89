"""Somebody on the network who knows a gateway's serial number moves nothing and gets nothing."""

from collections.abc import AsyncIterator
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from custom_components.energy_site.helpers.texts import readable
from custom_components.energy_site.repairs import async_create_fix_flow
from custom_components.energy_site.vendors.iq_gateway.const import CONF_FINGERPRINT
from homeassistant.config_entries import SOURCE_IGNORE
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from simulator.iq_gateway import GatewayServer, HttpStatus
from tests.common import gateway_entry, set_up, start_flow, step, tick

from ...flows import announced, discover


@pytest.fixture
async def impostor(gateway: GatewayServer) -> AsyncIterator[GatewayServer]:
    """Serve another box with the gateway's serial number and, of necessity, another certificate."""
    async with GatewayServer(gateway.house, gateway.config, clock=gateway.clock) as server:
        await server.rotate_certificate()
        assert server.serial == gateway.serial
        assert server.fingerprint != gateway.fingerprint
        yield server


@pytest.fixture
async def radio(gateway: GatewayServer) -> AsyncIterator[GatewayServer]:
    """Serve the same gateway at its other interface."""
    async with GatewayServer(gateway.house, gateway.config, clock=gateway.clock) as server:
        assert server.fingerprint == gateway.fingerprint
        yield server


async def fall_silent(hass: HomeAssistant, freezer: FrozenDateTimeFactory, gateway: GatewayServer) -> None:
    """Unplug a gateway and let that be noticed."""
    await gateway.unplug()
    for _ in range(6):
        await tick(hass, freezer, 10)


# -- discovery ----------------------------------------------------------------


@pytest.mark.parametrize("out", [False, True])
async def test_an_impostor_does_not_move_a_gateway_that_is_set_up(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    gateway: GatewayServer,
    impostor: GatewayServer,
    entry: MockConfigEntry,
    out: bool,
) -> None:
    if out:
        await fall_silent(hass, freezer, gateway)
    before = dict(entry.data)
    result = await discover(hass, announced(impostor))
    assert result["reason"] == ("another_certificate" if out else "already_configured")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.data == before
    assert impostor.stats.bearer == 0
    assert impostor.stats.cookie == 0
    assert ir.async_get(hass).async_get_issue(DOMAIN, f"certificate_changed_{entry.entry_id}") is None


async def test_an_impostor_does_not_move_a_gateway_that_could_not_be_set_up_yet(
    hass: HomeAssistant, gateway: GatewayServer, impostor: GatewayServer
) -> None:
    await gateway.unplug()
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    result = await discover(hass, announced(impostor))
    assert result["reason"] == "another_certificate"
    assert entry.data["host"] == gateway.host
    assert impostor.stats.bearer == 0


@pytest.mark.parametrize("loaded", [False, True])
async def test_a_gateway_that_moved_is_followed(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, gateway: GatewayServer, radio: GatewayServer, loaded: bool
) -> None:
    entry = gateway_entry(gateway)
    if not loaded:
        await gateway.unplug()
    await set_up(hass, entry)
    if loaded:
        await fall_silent(hass, freezer, gateway)
    result = await discover(hass, announced(radio))
    assert result["reason"] == "already_configured"
    assert entry.data["host"] == radio.host
    await hass.async_block_till_done(wait_background_tasks=True)
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_second_interface_of_a_gateway_that_answers_changes_nothing(
    hass: HomeAssistant, gateway: GatewayServer, radio: GatewayServer, entry: MockConfigEntry
) -> None:
    result = await discover(hass, announced(radio))
    assert result["reason"] == "already_configured"
    assert entry.data["host"] == gateway.host
    assert not radio.stats.requests


async def test_a_gateway_that_is_busy_at_start_is_not_followed_to_its_other_interface(
    hass: HomeAssistant, gateway: GatewayServer, radio: GatewayServer
) -> None:
    gateway.faults.add(HttpStatus(503))
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    result = await discover(hass, announced(radio))
    assert result["reason"] == "already_configured"
    assert entry.data["host"] == gateway.host


async def test_an_announced_address_is_not_taken_over_before_the_gateway_answers_there(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, gateway: GatewayServer, entry: MockConfigEntry
) -> None:
    await fall_silent(hass, freezer, gateway)
    result = await discover(hass, announced(gateway))
    assert result["reason"] == "cannot_connect"
    assert entry.data["host"] == gateway.host


async def test_a_gateway_that_was_ignored_stays_ignored(hass: HomeAssistant, gateway: GatewayServer) -> None:
    MockConfigEntry(domain=DOMAIN, unique_id=gateway.serial, source=SOURCE_IGNORE, data={}).add_to_hass(hass)
    result = await discover(hass, announced(gateway))
    assert result["reason"] == "already_configured"
    assert not gateway.stats.requests


# -- an address that was typed ------------------------------------------------


async def test_adding_an_impostor_does_not_move_the_gateway_that_is_set_up(
    hass: HomeAssistant, gateway: GatewayServer, impostor: GatewayServer, entry: MockConfigEntry
) -> None:
    result = await step(hass, await start_flow(hass), {"host": impostor.host})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "another_certificate"
    assert entry.data["host"] == gateway.host
    assert impostor.stats.bearer == 0


async def test_adding_a_gateway_again_at_its_new_address_moves_it(
    hass: HomeAssistant, radio: GatewayServer, entry: MockConfigEntry
) -> None:
    result = await step(hass, await start_flow(hass), {"host": radio.host})
    assert result["reason"] == "already_configured"
    assert entry.data["host"] == radio.host


async def test_reconfiguring_shows_both_addresses_and_certificates_before_anything_is_trusted(
    hass: HomeAssistant, gateway: GatewayServer, impostor: GatewayServer, entry: MockConfigEntry
) -> None:
    result = await step(hass, await entry.start_reconfigure_flow(hass), {"host": impostor.host})
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "certificate"
    assert result["description_placeholders"] == {
        "old_host": gateway.host,
        "old": readable(gateway.fingerprint.hex()),
        "new_host": impostor.host,
        "new": readable(impostor.fingerprint.hex()),
    }
    assert entry.data["host"] == gateway.host
    assert impostor.stats.bearer == 0


async def test_a_new_certificate_is_trusted_once_that_is_confirmed(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry
) -> None:
    await gateway.rotate_certificate()
    gateway.stats.reset()
    result = await step(hass, await entry.start_reconfigure_flow(hass), {"host": gateway.host})
    assert result["step_id"] == "certificate"
    assert gateway.stats.bearer == 0
    result = await step(hass, result, {})
    assert result["reason"] == "reconfigure_successful"
    assert entry.data[CONF_FINGERPRINT] == gateway.fingerprint.hex()


# -- the repair of a renewed certificate --------------------------------------


async def test_the_repair_of_a_renewed_certificate_says_at_which_address(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, gateway: GatewayServer, entry: MockConfigEntry
) -> None:
    await gateway.rotate_certificate()
    for _ in range(6):
        await tick(hass, freezer, 10)
    found = ir.async_get(hass).async_get_issue(DOMAIN, f"certificate_changed_{entry.entry_id}")
    assert found is not None
    assert found.translation_placeholders is not None
    assert found.translation_placeholders["host"] == gateway.host


async def test_the_repair_of_a_renewed_certificate_trusts_it_at_no_other_address(
    hass: HomeAssistant, gateway: GatewayServer, radio: GatewayServer
) -> None:
    entry = gateway_entry(gateway, data={CONF_FINGERPRINT: "00" * 32})
    await set_up(hass, entry)
    found = ir.async_get(hass).async_get_issue(DOMAIN, f"certificate_changed_{entry.entry_id}")
    assert found is not None
    hass.config_entries.async_update_entry(entry, data={**entry.data, "host": radio.host})
    flow: Any = await async_create_fix_flow(hass, found.issue_id, found.data)
    flow.hass = hass
    await flow.async_step_init({})
    assert entry.data[CONF_FINGERPRINT] == "00" * 32
