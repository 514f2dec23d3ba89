"""Binary sensors: connections, alerts and problems."""

from typing import cast, override

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .descriptions.site import BINARY_DESCRIPTIONS
from .entity import SiteEntity, async_add_as_found
from .runtime.site import SiteConfigEntry

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001 - the signature is Home Assistant's.
    entry: SiteConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a binary sensor for every state that the site reports."""
    runtime = entry.runtime_data
    async_add_as_found(
        runtime,
        async_add_entities,
        BINARY_DESCRIPTIONS,
        lambda description, serial: SiteBinarySensor(runtime, description, serial),
    )


class SiteBinarySensor(SiteEntity, BinarySensorEntity):
    """A binary state of the site or of one of its devices."""

    @override
    def _set_value(self, value: object) -> None:
        self._attr_is_on = cast("bool | None", value)
