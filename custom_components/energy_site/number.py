"""Numbers: levels that can be set."""

from typing import cast, override

from homeassistant.components.number import NumberEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .descriptions.controls import NUMBER_DESCRIPTIONS
from .entity import ControlEntity, async_add_controls
from .runtime.site import SiteConfigEntry
from .site.control import Control, Range

# Commands wait in the site's control queue, where a newer one replaces an older one.
PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001 - the signature is Home Assistant's.
    entry: SiteConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a number entity for every level that can be set."""
    runtime = entry.runtime_data
    async_add_controls(
        runtime,
        async_add_entities,
        NUMBER_DESCRIPTIONS,
        lambda description, serial: SiteNumber(runtime, description, serial),
    )


class SiteNumber(ControlEntity, NumberEntity):
    """A level of the site or of one of its devices."""

    @override
    def _set_value(self, value: object) -> None:
        self._attr_native_value = cast("float | None", value)

    @override
    def _limit(self, control: Control) -> None:
        if isinstance(limits := control.limits, Range):
            self._attr_native_min_value = limits.minimum
            self._attr_native_max_value = limits.maximum
            self._attr_native_step = limits.step

    @override
    async def async_set_native_value(self, value: float) -> None:
        await self._async_set(value)
