"""A gateway that the account governs: it follows the cloud, and heeds nothing that is written to it."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from simulator.clock import ManualClock
from simulator.enphase_account import AccountHome, AccountServer, paths
from simulator.house import House
from simulator.iq_gateway import GatewayServer

from .client import Client
from .conftest import HARDWARE
from .owner import EMAIL, PASSWORD, Owner


@pytest.fixture
async def gateway(house: House, clock: ManualClock, socket_enabled: None) -> AsyncIterator[GatewayServer]:
    """Serve a gateway of today's firmware."""
    async with GatewayServer(house, replace(HARDWARE, firmware="D8.3.6086"), clock=clock) as server:
        yield server


@pytest.fixture
def account_home(gateway: GatewayServer) -> AccountHome:
    """Return the home of that gateway."""
    return AccountHome(gateway.house, gateway=gateway)


async def test_the_gateway_has_a_reserve_long_before_the_cloud_shows_it(
    owner: Owner, client: Client, clock: ManualClock
) -> None:
    await owner.set(paths.PROFILE, {"profile": "self-consumption", "batteryBackupPercentage": 35})
    assert (await client.get("/ivp/ensemble/secctrl"))["configured_backup_soc"] == 20
    # Nobody asks the cloud meanwhile.
    clock.advance(16)
    assert (await client.get("/ivp/ensemble/secctrl"))["configured_backup_soc"] == 35
    assert (await owner.settings())["batteryBackupPercentage"] == 20
    clock.advance(300)
    assert (await owner.settings())["batteryBackupPercentage"] == 35


async def test_the_gateway_shows_charging_and_the_shutdown_level_too(
    owner: Owner, client: Client, clock: ManualClock
) -> None:
    await owner.set(paths.BATTERY_SETTINGS, {"chargeFromGrid": True, "acceptedItcDisclaimer": True, "veryLowSoc": 15})
    clock.advance(16)
    assert (await client.get("/ivp/ensemble/secctrl"))["VLS_Limit"] == 15
    assert (await client.get("/ivp/sc/sched"))["Charge From Grid Allowed"] is True


async def test_what_is_written_to_the_gateway_is_answered_and_not_heeded(client: Client, owner: Owner) -> None:
    tariff = await client.get("/admin/lib/tariff")
    tariff["tariff"]["storage_settings"] |= {"reserved_soc": 60.0, "opt_schedules": False}
    assert await client.send("PUT", "/admin/lib/tariff", {"tariff": tariff["tariff"]})
    assert (await client.get("/ivp/ensemble/secctrl"))["configured_backup_soc"] == 20
    assert (await client.get("/admin/lib/tariff"))["tariff"]["storage_settings"]["opt_schedules"] is True


async def test_older_firmware_heeds_it_until_it_talks_to_the_cloud(
    gateway: GatewayServer, client: Client, account_home: AccountHome, clock: ManualClock
) -> None:
    gateway.set_firmware("D8.3.5169")
    tariff = await client.get("/admin/lib/tariff")
    tariff["tariff"]["storage_settings"] |= {"reserved_soc": 60.0, "opt_schedules": False}
    await client.send("PUT", "/admin/lib/tariff", {"tariff": tariff["tariff"]})
    assert (await client.get("/ivp/ensemble/secctrl"))["configured_backup_soc"] == 60
    clock.advance(600)
    assert (await client.get("/ivp/ensemble/secctrl"))["configured_backup_soc"] == 20


async def test_a_storm_shows_at_the_gateway_as_full_backup(client: Client, account_home: AccountHome) -> None:
    account_home.begin_storm()
    assert (await client.get("/ivp/ensemble/secctrl"))["configured_backup_soc"] == 100
    account_home.end_storm()
    assert (await client.get("/ivp/ensemble/secctrl"))["configured_backup_soc"] == 20


async def test_the_account_names_the_gateway_and_gives_its_token(
    account: AccountServer, owner: Owner, gateway: GatewayServer
) -> None:
    devices = (await owner.read(paths.DEVICES))["result"][0]["devices"]
    assert (devices[0]["serial_number"], devices[0]["envoy_sw_version"]) == (gateway.serial, "D8.3.6086")
    assert account.accounts.by_email[EMAIL].serials == {gateway.serial}
    assert account.accounts.check(EMAIL, PASSWORD) is not None
