"""A home that two integrations show, and what its owner does with them."""

from dataclasses import dataclass, field
from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from simulator.iq_gateway import GatewayServer

from . import common
from .common import CORE, Stored


@dataclass(slots=True)
class Home:
    """The home, with our entry, and that of Home Assistant's own integration."""

    hass: HomeAssistant
    gateway: GatewayServer
    entry: MockConfigEntry
    old: MockConfigEntry
    before: Stored = field(init=False)

    def __post_init__(self) -> None:
        self.remember()

    @property
    def serial(self) -> str:
        """The serial number of the gateway."""
        return self.gateway.serial

    def remember(self) -> None:
        """Remember what is registered now."""
        self.before = common.registries(self.hass)

    def changes(self) -> dict[str, Any]:
        """Return what is registered differently since."""
        return common.differences(self.before, common.registries(self.hass))

    def old_id(self, key: str) -> str:
        """Return the entity ID of a sensor of the site in the old integration."""
        found = er.async_get(self.hass).async_get_entity_id("sensor", CORE, f"{self.serial}_{key}")
        assert found is not None
        return found

    def owner_of(self, entity_id: str) -> tuple[str, str] | None:
        """Return the integration and the unique ID of a registered entity."""
        return common.owner_of(self.hass, entity_id)

    def shows(self, entity_id: str) -> bool:
        """Return whether an entity shows anything."""
        state = self.hass.states.get(entity_id)
        return state is not None and state.state != "unavailable"

    async def look(self) -> ConfigFlowResult:
        """Go as far as the list of what a move does."""
        return await common.look(self.hass, self.entry, self.old)

    async def move_in(self) -> ConfigFlowResult:
        """Move in."""
        return await common.move_in(self.hass, self.entry, self.old)

    async def move_back(self) -> ConfigFlowResult:
        """Undo the move."""
        return await common.move_back(self.hass, self.entry)
