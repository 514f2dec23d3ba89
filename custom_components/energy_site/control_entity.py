"""Entities that can be set: the value in force, and what is wished for beside it."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, override

from homeassistant.core import callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .coordinator import SiteRuntime
from .descriptions.rows import AnyRow
from .entity import SiteEntity, async_add_as_found
from .errors import refusal
from .site.control import Control, ControlError, ControlName, Value

ATTR_PENDING = "pending"
ATTR_READ_ONLY_BECAUSE = "read_only_because"
ATTR_UNTIL = "until"


@contextmanager
def refusals(runtime: SiteRuntime) -> Iterator[None]:
    """Raise a translated error where a setting was not changed, or the site is unloaded before that is known."""
    try:
        yield
    except ControlError as err:
        raise refusal(runtime, err) from err
    except asyncio.CancelledError:
        if (task := asyncio.current_task()) is None or task.cancelling():
            raise
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key="control_interrupted") from None


class ControlEntity(SiteEntity):
    """A control of the site or of one of its devices."""

    def __init__(self, runtime: SiteRuntime, row: AnyRow, serial: str | None) -> None:
        """Show and set what `row` reads."""
        super().__init__(runtime, row, serial)
        self._control_name = ControlName(serial, row.description.key)

    @override
    async def async_added_to_hass(self) -> None:
        self.async_on_remove(self.runtime.steering.listen(self._told))
        self.async_on_remove(self.runtime.overrides.listen(self._update))
        await super().async_added_to_hass()

    async def _async_steer(self, value: Value) -> None:
        """Set the control and return once that is in force; raise a translated error where it is not."""
        if self._context is not None:
            self.runtime.happenings.contexts[self._control_name] = self._context
        with refusals(self.runtime):
            await self.runtime.steering.set(self._control_name, value)

    @override
    def _value(self) -> object:
        """Return what is in force, by whoever knows."""
        if (value := super()._value()) is not None:
            return value
        control = self.runtime.steering.control(self._control_name)
        return control.value if control is not None else None

    @callback
    def _told(self, name: ControlName) -> None:
        if name == self._control_name:
            self._update()

    @override
    def _refresh(self) -> object:
        control = self.runtime.steering.control(self._control_name)
        if control is not None:
            self._limit(control)
        self._attr_extra_state_attributes = self._attributes(control)
        limits = control.limits if control is not None else None
        return (super()._refresh(), self._attr_extra_state_attributes, limits)

    def _limit(self, control: Control) -> None:
        """Take over what is allowed now."""

    def _attributes(self, control: Control | None) -> dict[str, Any]:
        attributes: dict[str, Any] = {}
        if (pending := self.runtime.steering.pending(self._control_name)) is not None:
            attributes[ATTR_PENDING] = pending
        if control is not None and control.obstacle is not None:
            attributes[ATTR_READ_ONLY_BECAUSE] = control.obstacle.value
        if (until := self.runtime.overrides.until(self._control_name)) is not None:
            attributes[ATTR_UNTIL] = until
        return attributes


@callback
def async_add_controls(
    runtime: SiteRuntime,
    async_add_entities: AddConfigEntryEntitiesCallback,
    rows: Iterable[AnyRow],
    make: Callable[[AnyRow, str | None], Entity],
) -> None:
    """Add an entity for a row as soon as the site has the control, also where its value is not known."""

    def exists(row: AnyRow, serial: str | None) -> bool:
        return runtime.steering.control(ControlName(serial, row.description.key)) is not None

    async_add_as_found(runtime, async_add_entities, rows, make, exists)
