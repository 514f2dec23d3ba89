"""Switches: settings that can be on or off."""

from typing import Any, cast, override

from homeassistant.components.switch import SwitchEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .descriptions.controls import SWITCH_DESCRIPTIONS
from .entity import ControlEntity, async_add_controls
from .runtime.site import SiteConfigEntry

# Commands wait in the site's control queue, where a newer one replaces an older one.
PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001 - the signature is Home Assistant's.
    entry: SiteConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a switch for every setting that can be on or off."""
    runtime = entry.runtime_data
    async_add_controls(
        runtime,
        async_add_entities,
        SWITCH_DESCRIPTIONS,
        lambda description, serial: SiteSwitch(runtime, description, serial),
    )


class SiteSwitch(ControlEntity, SwitchEntity):
    """A switchable setting of the site or of one of its devices."""

    @override
    def _set_value(self, value: object) -> None:
        self._attr_is_on = cast("bool | None", value)

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        await self._async_set(value=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        await self._async_set(value=False)
