"""Automations from the blueprints, imported as an owner has them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from freezegun.api import FrozenDateTimeFactory

from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import dump
from tests.steering import Handle, settle
from tests.vendors.tesla.lived_home import SITE

ROOT = Path(__file__).parents[2]
PRICE = "sensor.market_price"


class Automation:
    """An automation from a blueprint that was imported."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Make it once its inputs are known."""
        self._hass = hass
        self._config: dict[str, Any] = {}

    async def __call__(self, name: str, **inputs: Any) -> None:
        """Make it, and turn it on."""
        self._config = {
            "id": name,
            "alias": name,
            "use_blueprint": {"path": f"energy_site/{name}.yaml", "input": inputs},
        }
        assert await async_setup_component(self._hass, "automation", {"automation": [self._config]})
        await settle(self._hass)
        state = self._hass.states.get(f"automation.{name}")
        assert state is not None
        assert state.state == "on", name

    async def _call(self, service: str, *, blocking: bool = True) -> None:
        target = {"entity_id": "all"} if service != "reload" else {}
        await self._hass.services.async_call("automation", service, target, blocking=blocking)
        await settle(self._hass)

    async def run(self) -> None:
        """Run it, as its owner can from the menu."""
        # What it does may take time, which stands still until the test lets it pass.
        await self._call("trigger", blocking=False)

    async def _reload(self, *configs: dict[str, Any]) -> None:
        self._write(*configs)
        await self._call("reload")

    def _write(self, *configs: dict[str, Any]) -> None:
        Path(self._hass.config.path("configuration.yaml")).write_text(dump({"automation": list(configs)}))

    @asynccontextmanager
    async def missing(self, how: str) -> AsyncIterator[None]:
        """Let it miss what happens meanwhile: `off` turns it off and on, `restart` restarts Home Assistant."""
        if how == "off":
            await self._call("turn_off")
            yield
            await self._call("turn_on")
            return
        await self._reload()
        assert [state.state for state in self._hass.states.async_all("automation")] == ["unavailable"]
        yield
        self._hass.set_state(CoreState.starting)
        await self._reload(self._config)
        self._hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
        self._hass.set_state(CoreState.running)
        await settle(self._hass)


def cloud_handle(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> Handle:
    """Return the entities of the home in the cloud."""
    return Handle(hass, freezer, SITE)
