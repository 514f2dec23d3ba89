"""Selects: settings with several options."""

from typing import cast, override

from homeassistant.components.select import SelectEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .descriptions.controls import SELECT_DESCRIPTIONS
from .entity import ControlEntity, async_add_controls
from .runtime.site import SiteConfigEntry
from .site.control import Choice, Control

# Commands wait in the site's control queue, where a newer one replaces an older one.
PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001 - the signature is Home Assistant's.
    entry: SiteConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a select entity for every setting with several options."""
    runtime = entry.runtime_data
    async_add_controls(
        runtime,
        async_add_entities,
        SELECT_DESCRIPTIONS,
        lambda description, serial: SiteSelect(runtime, description, serial),
    )


class SiteSelect(ControlEntity, SelectEntity):
    """A setting of the site or one of its devices with several options."""

    @override
    def _set_value(self, value: object) -> None:
        self._attr_current_option = cast("str | None", value)

    @override
    def _limit(self, control: Control) -> None:
        if isinstance(limits := control.limits, Choice):
            # The active value may not be selectable, such as a vendor's own optimization.
            others = [control.value] if isinstance(control.value, str) and control.value not in limits.options else []
            self._attr_options = [*limits.options, *others]

    @override
    async def async_select_option(self, option: str) -> None:
        await self._async_set(option)
