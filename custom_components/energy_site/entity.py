"""Entities of a site's parts, common to all vendors."""

from abc import abstractmethod
from collections.abc import Callable, Iterable
from typing import Any, override

from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback, async_get_current_platform

from .const import DOMAIN
from .descriptions.entity_description import AnyEntityDescription, SiteEntityDescription
from .runtime.control_errors import translated_errors
from .runtime.site import SiteRuntime
from .site.control import Control, ControlName, Value
from .site.model import Part

ATTR_DELAYED_BY = "delayed_by"
ATTR_PENDING = "pending"
ATTR_READ_ONLY_BECAUSE = "read_only_because"
ATTR_UNTIL = "until"

type Name = tuple[str | None, str]


class SiteEntity(Entity):
    """An entity that shows one value of one part.

    A missing value is unknown if everything that it is built from answers without it, otherwise
    unavailable.
    """

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, runtime: SiteRuntime, description: AnyEntityDescription, serial: str | None) -> None:
        """Show what `description` reads from its part, or from the unit with this serial number."""
        self.runtime = runtime
        self._description = description
        self._serial = serial
        self._last_written: object = None
        parts = (
            (runtime.site, serial, description.description.key)
            if serial
            else (runtime.site, description.description.key)
        )
        self._attr_unique_id = "_".join(parts)
        self.entity_description = description.description
        if serial is not None and not isinstance(description, SiteEntityDescription):
            # The device may be another entry's, which shows the rest of it.
            self.device_entry = runtime.ways.unit(serial)

    @property
    @override
    def device_info(self) -> DeviceInfo | None:
        """The data of the device, made when Home Assistant asks: kept, it would take memory for each entity."""
        serial, description = self._serial, self._description
        if serial is None or isinstance(description, SiteEntityDescription):
            # The hub is registered before any entity.
            return DeviceInfo(identifiers={(DOMAIN, self.runtime.site)})
        unit = description.unit(self.runtime.part, serial) if self.device_entry is None else None
        return None if unit is None else self.runtime.devices.unit_info(description.family, serial, unit)

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        for stop in self._listen():
            self.async_on_remove(stop)
        self._last_written = self._read()

    @callback
    def async_entity_id_changed(self, old_entity_id: str) -> None:
        """Go on as before, as nothing depends on the entity's ID; without this, Home Assistant adds it anew."""

    def _listen(self) -> tuple[CALLBACK_TYPE, ...]:
        """Start listening to what may change the state, and return what stops that."""
        return (self.runtime.poller.listen(self._description.part, self._handle_update),)

    async def async_update(self) -> None:
        """Poll the value now, as requested by an action."""
        await self.runtime.poller.async_refresh(self.runtime.source.feeds_of(self._description.part))

    @abstractmethod
    def _set_value(self, value: object) -> None:
        """Set the entity's state from a value."""

    def _should_write(self, shown: object, value: object) -> bool:
        """Return whether a new value is worth writing."""
        return shown != value

    @callback
    def _handle_update(self) -> None:
        before = self._last_written
        shown = self._read()
        if self._should_write(before, shown):
            self._last_written = shown
            self.async_write_ha_state()

    def _value(self) -> object:
        return self._description.read(self.runtime.part, self._serial)

    def _read(self) -> object:
        value = self._value()
        self._attr_available = value is not None or self.runtime.poller.is_known(self._description.part)
        self._set_value(value)
        self._attr_extra_state_attributes = self._attributes()
        stamp = self._description.stamp(self.runtime.part)
        return (value, self._attr_available, stamp, self._attr_extra_state_attributes)

    def _attributes(self) -> dict[str, Any]:
        return dict(self._description.attributes(self.runtime.part))


@callback
def async_add_as_found(
    runtime: SiteRuntime,
    async_add_entities: AddConfigEntryEntitiesCallback,
    descriptions: Iterable[AnyEntityDescription],
    make: Callable[[AnyEntityDescription, str | None], Entity],
    exists: Callable[[AnyEntityDescription, str | None], bool] | None = None,
) -> None:
    """Add an entity for each description as soon as the site has a value for it, even much later.

    What another entry of the site shows is left to that.
    With `exists`, that function decides instead of the value.
    """
    platform = async_get_current_platform().domain
    descriptions = tuple(descriptions)
    runtime.ways.forgo(platform, descriptions)
    by_part: dict[type[Part], list[AnyEntityDescription]] = {}
    for description in descriptions:
        by_part.setdefault(description.part, []).append(description)
    for part, its_descriptions in by_part.items():
        finder = _Finder(runtime, platform, async_add_entities, its_descriptions, make, exists)
        finder.add_new()
        runtime.entry.async_on_unload(runtime.poller.listen(part, finder.add_new))
        runtime.entry.async_on_unload(runtime.devices.removed.add(finder.forget))


class _Finder:
    """Finds new entities of one part."""

    def __init__(
        self,
        runtime: SiteRuntime,
        platform: str,
        async_add_entities: AddConfigEntryEntitiesCallback,
        descriptions: list[AnyEntityDescription],
        make: Callable[[AnyEntityDescription, str | None], Entity],
        exists: Callable[[AnyEntityDescription, str | None], bool] | None,
    ) -> None:
        self._runtime = runtime
        self._platform = platform
        self._async_add_entities = async_add_entities
        self._descriptions = descriptions
        self._make = make
        self._exists = exists
        self._known: set[Name] = set()

    @callback
    def add_new(self) -> None:
        """Add the entities that have a value for the first time."""
        found: list[Entity] = []
        for description in self._descriptions:
            for serial in description.candidates(self._runtime.part):
                # This runs with each answer: what is there already is not read once more.
                name = (serial, description.description.key)
                if (
                    name not in self._known
                    and self._has(description, serial)
                    and self._runtime.ways.shows(self._platform, description, serial)
                ):
                    self._known.add(name)
                    found.append(self._make(description, serial))
        if found:
            self._async_add_entities(found)

    def _has(self, description: AnyEntityDescription, serial: str | None) -> bool:
        if self._exists is None:
            return description.exists(self._runtime.part, serial)
        return self._exists(description, serial)

    @callback
    def forget(self, serial: str) -> None:
        """Forget the entities of a removed device, so that they are added again if it returns."""
        self._known = {name for name in self._known if name[0] != serial}


class ControlEntity(SiteEntity):
    """A control of the site or of one of its devices."""

    def __init__(self, runtime: SiteRuntime, description: AnyEntityDescription, serial: str | None) -> None:
        """Show and set the value that `description` reads."""
        super().__init__(runtime, description, serial)
        self._control_name = ControlName(serial, description.description.key)
        self._control: Control | None = None

    @override
    def _listen(self) -> tuple[CALLBACK_TYPE, ...]:
        return (
            self.runtime.controls.pending_changed.add(self._handle_change),
            self.runtime.overrides.changed.add(self._handle_update),
            *super()._listen(),
        )

    async def _async_set(self, value: Value) -> None:
        """Set the control and return once the value is active; raise a translated error if that fails."""
        if self._context is not None:
            self.runtime.events.contexts[self._control_name] = self._context
        with translated_errors(self.runtime.hass, self.runtime.site):
            await self.runtime.controls.set(self._control_name, value)

    @override
    def _value(self) -> object:
        """Return the active value: the control's, which another entry may know better, or the part's."""
        control = self.runtime.controls.control(self._control_name)
        return control.value if control is not None and control.value is not None else super()._value()

    @callback
    def _handle_change(self, name: ControlName) -> None:
        if name == self._control_name:
            self._handle_update()

    @override
    def _read(self) -> object:
        self._control = control = self.runtime.controls.control(self._control_name)
        if control is not None:
            self._limit(control)
        return (super()._read(), control.limits if control is not None else None)

    def _limit(self, control: Control) -> None:
        """Apply the current limits."""

    @override
    def _attributes(self) -> dict[str, Any]:
        attributes, control = super()._attributes(), self._control
        if (pending := self.runtime.controls.pending(self._control_name)) is not None:
            attributes[ATTR_PENDING] = pending
            if control is not None and control.delayed_by is not None:
                attributes[ATTR_DELAYED_BY] = control.delayed_by.value
        if control is not None and control.block_reason is not None:
            attributes[ATTR_READ_ONLY_BECAUSE] = control.block_reason.value
        if (until := self.runtime.overrides.until(self._control_name)) is not None:
            attributes[ATTR_UNTIL] = until
        return attributes


@callback
def async_add_controls(
    runtime: SiteRuntime,
    async_add_entities: AddConfigEntryEntitiesCallback,
    descriptions: Iterable[AnyEntityDescription],
    make: Callable[[AnyEntityDescription, str | None], Entity],
) -> None:
    """Add an entity for each description as soon as the site has the control, even if its value is unknown."""

    def exists(description: AnyEntityDescription, serial: str | None) -> bool:
        return runtime.controls.control(ControlName(serial, description.description.key)) is not None

    async_add_as_found(runtime, async_add_entities, descriptions, make, exists)
