"""A Home Assistant core with the integration, and a gateway's entry in it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory
from unittest.mock import patch

from pytest_homeassistant_custom_component.common import MockConfigEntry, async_test_home_assistant

from custom_components.energy_site.const import CONF_SOURCE, DOMAIN
from custom_components.energy_site.vendors.iq_gateway.const import CONF_FINGERPRINT, SOURCE
from homeassistant import loader
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import frame
from homeassistant.setup import async_setup_component

from .gateway import Served

_COMPONENT = Path(__file__).parents[1] / "custom_components" / DOMAIN


@asynccontextmanager
async def core() -> AsyncIterator[HomeAssistant]:
    """Run a core that finds the integration as a custom one."""
    # The sign-in of clouds brings a web server along, which nobody needs here.
    with (
        TemporaryDirectory() as folder,
        patch("homeassistant.components.http.HomeAssistantHTTP.async_bind"),
        patch("homeassistant.components.http.HomeAssistantHTTP.start"),
    ):
        copytree(_COMPONENT, Path(folder) / "custom_components" / DOMAIN, ignore=lambda *_: ["__pycache__"])
        async with async_test_home_assistant(config_dir=folder) as hass:
            hass.data.pop(loader.DATA_CUSTOM_COMPONENTS)
            frame.async_setup(hass)
            # The resolver of the sessions asks it for the machine's addresses.
            await async_setup_component(hass, "network", {})
            yield hass
            await hass.async_stop(force=True)


def entry_of(served: Served) -> MockConfigEntry:
    """Return the entry that the config flow would have made."""
    server = served.server
    return entry_for(server.serial, server.host, server.fingerprint.hex(), served.token)


def entry_for(serial: str, host: str, fingerprint: str, token: str) -> MockConfigEntry:
    """Return the entry that the config flow would have made for a gateway that is served elsewhere."""
    return MockConfigEntry(
        domain=DOMAIN,
        title="IQ Gateway",
        unique_id=serial,
        data={CONF_SOURCE: SOURCE, "host": host, CONF_FINGERPRINT: fingerprint, "token": token},
    )


class WrittenStates:
    """Counts the states that reach the recorder."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Count from now on."""
        self.count = 0
        hass.bus.async_listen(EVENT_STATE_CHANGED, self._written)

    @callback
    def _written(self, _: Event[EventStateChangedData]) -> None:
        self.count += 1
