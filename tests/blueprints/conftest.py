"""Simulated homes, and automations in them."""

from collections.abc import AsyncIterator
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service

from homeassistant.core import HomeAssistant, ServiceCall
from simulator.iq_gateway import GatewayServer
from simulator.tesla_cloud import EnergySite, TeslaServer
from tests.houses import MORNING, FrozenClock
from tests.steering import Handle, settle
from tests.vendors.tesla.lived_home import lived_home
from tests.vendors.tesla.signing_in import CALLBACK, set_up_site

from .imported import ROOT, Automation


@pytest.fixture
async def use(hass: HomeAssistant, tmp_path: Path) -> AsyncIterator[Automation]:
    """Return what makes an automation from a blueprint that was imported."""
    (tmp_path / "blueprints").symlink_to(ROOT / "blueprints", target_is_directory=True)
    hass.config.config_dir = str(tmp_path)
    yield Automation(hass)
    await hass.services.async_call("automation", "turn_off", {"entity_id": "all"}, blocking=True)


@pytest.fixture
def messages(hass: HomeAssistant) -> list[ServiceCall]:
    """Return what was sent to the phone."""
    sent: list[ServiceCall] = async_mock_service(hass, "notify", "send_message")
    return sent


@pytest.fixture
async def handle(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> AsyncIterator[Handle]:
    """Return the entities of a gateway's home."""
    yield Handle(hass, freezer, gateway.serial)
    await hass.config_entries.async_unload(entry.entry_id)
    await settle(hass)


@pytest.fixture
async def site(
    hass: HomeAssistant, socket_enabled: None, freezer: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[EnergySite]:
    """Return a home in a cloud, set up as its owner does."""
    freezer.move_to(MORNING)
    async with TeslaServer([lived_home()], clock=FrozenClock()) as server:
        monkeypatch.setenv("ENERGY_SITE_TESLA_AUTH", server.url)
        monkeypatch.setenv("ENERGY_SITE_TESLA_API", server.url)
        application = server.add_application(redirects=[CALLBACK, "https://my.home-assistant.io/redirect/oauth"])
        entry = await set_up_site(hass, application)
        await hass.async_block_till_done(wait_background_tasks=True)
        yield next(iter(server.world.sites.values()))
        await hass.config_entries.async_unload(entry.entry_id)
        await settle(hass)
