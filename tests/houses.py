"""A simulated gateway, its account, and an entry that is set up with them."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import override
from unittest.mock import AsyncMock, patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.syrupy import HomeAssistantSnapshotExtension
from syrupy.assertion import SnapshotAssertion

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from simulator.clock import Clock
from simulator.enphase_account import AccountServer
from simulator.enphase_cloud import MEGAWATT, Application, CloudServer, CloudSite, CloudSystem, Plan
from simulator.house import House, HouseConfig
from simulator.iq_gateway import GatewayServer
from simulator.presets import PRESETS
from tests.account_service import account_service
from tests.common import gateway_entry, set_up

from .clouds import usual_system

# A clear morning in Austin, whose house is the usual one.
MORNING = datetime(2026, 6, 15, 16, 0, tzinfo=UTC)


class FrozenClock(Clock):
    """The simulator's clock, which is the test's."""

    @override
    def now(self) -> float:
        """Return the test's time in seconds since the epoch."""
        return datetime.now(UTC).timestamp()


@pytest.fixture
def preset() -> str:
    """Return the name of the house; a test that wants another one parametrizes this."""
    return "home"


@pytest.fixture
async def gateway(preset: str, socket_enabled: None, freezer: FrozenDateTimeFactory) -> AsyncIterator[GatewayServer]:
    """Serve a simulated house."""
    freezer.move_to(MORNING)
    house = PRESETS[preset]()
    clock = FrozenClock()
    async with GatewayServer(House(house.house, start=clock.now()), house.gateway, clock=clock) as server:
        yield server


@pytest.fixture
async def account(gateway: GatewayServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AccountServer]:
    """Serve the account that owns the gateway."""
    async with account_service(monkeypatch, [gateway]) as server:
        server.add_account("owner@example.com", "right", serials=[gateway.serial])
        yield server


@pytest.fixture
async def entry(hass: HomeAssistant, gateway: GatewayServer) -> AsyncIterator[MockConfigEntry]:
    """Return an entry that is set up with the gateway."""
    found = gateway_entry(gateway)
    await set_up(hass, found)
    yield found
    await hass.async_block_till_done(wait_background_tasks=True)
    await hass.config_entries.async_unload(found.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.fixture
def plan() -> Plan:
    """Return the plan of the cloud's key; a test that wants another one parametrizes this."""
    return MEGAWATT


@pytest.fixture
def system(freezer: FrozenDateTimeFactory) -> CloudSystem:
    """Return a house with a month behind it that the cloud knows."""
    freezer.move_to(MORNING)
    return usual_system(MORNING.timestamp())


@pytest.fixture
async def cloud(
    system: CloudSystem, socket_enabled: None, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[CloudServer]:
    """Serve the cloud."""
    async with CloudServer([system], clock=FrozenClock()) as server:
        monkeypatch.setenv("ENERGY_SITE_ENPHASE_API", server.url)
        yield server


@pytest.fixture
def application(cloud: CloudServer, plan: Plan) -> Application:
    """Return the application that was registered with the cloud."""
    return cloud.add_application("test", plan=plan)


@pytest.fixture
async def vendor(
    socket_enabled: None, freezer: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[CloudServer]:
    """Serve a cloud with two systems that have no past: enough to sign in to."""
    freezer.move_to(MORNING)
    clock = FrozenClock()
    systems = (
        CloudSystem(House(HouseConfig(), start=clock.now()), CloudSite(system_id=system_id, name=name))
        for system_id, name in ((100001, "Sunny Home"), (100002, "Cabin"))
    )
    async with CloudServer(systems, clock=clock) as server:
        monkeypatch.setenv("ENERGY_SITE_ENPHASE_API", server.url)
        yield server


@pytest.fixture
def registered(vendor: CloudServer) -> Application:
    """Return an application from which an owner's browser finds back to Home Assistant."""
    return vendor.add_application(redirects=["https://example.com/auth/external/callback"])


@pytest.fixture
def no_runtime() -> Iterator[AsyncMock]:
    """Let entries be loaded without asking anybody anything; return what loads them."""
    with (
        patch("custom_components.energy_site.async_setup_entry", return_value=True) as set_up_entry,
        patch("custom_components.energy_site.async_unload_entry", return_value=True),
    ):
        yield set_up_entry


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Return snapshots without what is another one each time, such as IDs of the registries."""
    return snapshot.use_extension(HomeAssistantSnapshotExtension)


@pytest.fixture
async def small_entry(
    hass: HomeAssistant,
    preset: str,
    platform: Platform,
    socket_enabled: None,
    freezer: FrozenDateTimeFactory,
    entity_registry_enabled_by_default: None,
) -> AsyncIterator[MockConfigEntry]:
    """Return an entry with one platform, of a house with an inverter on each roof: its snapshots stay readable."""
    freezer.move_to(MORNING)
    made = PRESETS[preset]()
    house = replace(made.house, arrays=tuple(replace(array, inverters=1) for array in made.house.arrays))
    clock = FrozenClock()
    async with GatewayServer(House(house, start=clock.now()), made.gateway, clock=clock) as server:
        entry = gateway_entry(server, entry_id=f"snapshot_{preset}")
        with (
            patch("custom_components.energy_site.PLATFORMS", [platform]),
            # How long an answer takes is the machine's affair.
            patch("custom_components.energy_site.api.transport.time.monotonic", return_value=0.0),
        ):
            await set_up(hass, entry)
            yield entry
            await hass.config_entries.async_unload(entry.entry_id)
            await hass.async_block_till_done(wait_background_tasks=True)
