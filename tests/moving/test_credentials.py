"""What an owner signs in with is theirs, and isn't kept for the way back to a gateway that was replaced."""

from collections.abc import AsyncIterator
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_registry import EntityRegistry
from simulator.enphase_account import AccountHome, AccountServer, HomeDetails
from simulator.iq_gateway import GatewayServer
from tests.account_service import account_service
from tests.common import step
from tests.vendors.enphase_account.homes import EMAIL, HOME, LOGIN, PASSWORD

from .common import move_back
from .power_cut import Disk, PowerCutError, power_cut, restart
from .replacing import confirm, replace_by

pytestmark = pytest.mark.parametrize("preset", ["single_phase"])

MOVES = "energy_site.moves"
SECRETS = {"username": EMAIL, "password": PASSWORD}


@pytest.fixture(autouse=True)
async def service(
    gateway: GatewayServer, successor: GatewayServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[AccountServer]:
    """Serve the account of the owner of both gateways."""
    home = AccountHome(gateway.house, HomeDetails(site_id=HOME, name="Sunny Home"), gateway=gateway)
    async with account_service(monkeypatch, [gateway, successor], homes=[home]) as server:
        server.add_account(EMAIL, PASSWORD, system_id=HOME, serials=[gateway.serial, successor.serial])
        yield server


def remember(hass: HomeAssistant, entry: MockConfigEntry, **secrets: str) -> None:
    """Let an entry have what the owner signed in with before."""
    hass.config_entries.async_update_entry(entry, data={**entry.data, **secrets})


def remembered(entry: MockConfigEntry) -> dict[str, str]:
    """Return what an entry has of the owner."""
    return {key: value for key, value in entry.data.items() if key in SECRETS}


def reached(entry: MockConfigEntry) -> dict[str, Any]:
    """Return how an entry reaches its gateway."""
    return {key: value for key, value in entry.data.items() if key not in SECRETS}


async def sign_in(hass: HomeAssistant, entry: MockConfigEntry, gateway: GatewayServer) -> str:
    """Go on with another gateway, signed in with a password that is remembered; return how it ended."""
    result = await step(hass, await replace_by(hass, entry, gateway), {})
    result = await step(hass, result, {"next_step_id": "iq_gateway_login"})
    result = await step(hass, result, LOGIN)
    await hass.async_block_till_done(wait_background_tasks=True)
    return str(result["reason"])


def assert_kept_without_secrets(hass_storage: dict[str, Any], gateway: GatewayServer) -> None:
    """Check that the way back to a gateway is kept, and nothing of its owner."""
    [moves] = hass_storage[MOVES]["data"]["moves"].values()
    [before] = [move["succession"]["before"]["data"] for move in moves]
    assert before == {
        "source": "iq_gateway",
        "host": gateway.host,
        "fingerprint": gateway.fingerprint.hex(),
        "token": before["token"],
    }
    stored = str(moves)
    assert before["token"] in stored
    assert not [secret for secret in (EMAIL, PASSWORD, "former") if secret in stored]


async def test_a_remembered_password_is_the_entrys_alone_and_stays_on_the_way_back(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    gateway: GatewayServer,
    successor: GatewayServer,
    entry: MockConfigEntry,
) -> None:
    remember(hass, entry, username="former@example.com", password="former")
    before = reached(entry)
    assert await sign_in(hass, entry, successor) == "gateway_replaced"
    assert entry.data["host"] == successor.host
    assert remembered(entry) == SECRETS
    assert_kept_without_secrets(hass_storage, gateway)

    await move_back(hass, entry)
    assert reached(entry) == before
    assert remembered(entry) == SECRETS


async def test_a_password_that_is_no_longer_remembered_does_not_come_back(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    gateway: GatewayServer,
    successor: GatewayServer,
    entry: MockConfigEntry,
) -> None:
    remember(hass, entry, **SECRETS)
    before = reached(entry)
    assert (await confirm(hass, entry, successor))["reason"] == "gateway_replaced"
    assert not remembered(entry)
    assert_kept_without_secrets(hass_storage, gateway)
    await move_back(hass, entry)
    assert dict(entry.data) == before


async def test_a_replacement_that_fails_leaves_the_password_as_it_was(
    hass: HomeAssistant, successor: GatewayServer, entry: MockConfigEntry
) -> None:
    remember(hass, entry, username="former@example.com", password="former")
    before = dict(entry.data)
    with patch.object(EntityRegistry, "async_update_entity", side_effect=ValueError("in use")):
        assert await sign_in(hass, entry, successor) == "gateway_not_replaced"
    assert dict(entry.data) == before


async def test_a_password_is_remembered_through_a_power_cut(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    gateway: GatewayServer,
    successor: GatewayServer,
    entry: MockConfigEntry,
) -> None:
    with power_cut(3, written=True), pytest.raises(PowerCutError):
        await sign_in(hass, entry, successor)
    await restart(hass, hass_storage, Disk(hass, entry), entry)
    assert entry.unique_id == successor.serial
    assert remembered(entry) == SECRETS
    assert_kept_without_secrets(hass_storage, gateway)
