"""Entities over the parts of a site: the same for every vendor."""

from abc import abstractmethod
from collections.abc import Callable, Iterable
from typing import Any, override

from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .descriptions.rows import AnyRow, SiteRow
from .runtime.control_errors import translated_errors
from .runtime.site import SiteRuntime
from .site.control import Control, ControlName, Value
from .site.model import Part

ATTR_PENDING = "pending"
ATTR_READ_ONLY_BECAUSE = "read_only_because"
ATTR_UNTIL = "until"

type Name = tuple[str | None, str]


class SiteEntity(Entity):
    """An entity that shows one value of one part.

    A value that is missing is unknown where everything it is made of answers
    without it, else unavailable.
    """

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, runtime: SiteRuntime, row: AnyRow, serial: str | None) -> None:
        """Show what `row` reads from its part, or from the unit with this serial number."""
        self.runtime = runtime
        self._row = row
        self._serial = serial
        self._shown: object = None
        parts = (runtime.site, serial, row.description.key) if serial else (runtime.site, row.description.key)
        self._attr_unique_id = "_".join(parts)
        self.entity_description = row.description
        if serial is None or isinstance(row, SiteRow):
            # The hub is registered before any entity.
            self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, runtime.site)})
        elif (unit := row.unit(runtime.part, serial)) is not None:
            self._attr_device_info = runtime.devices.unit_info(row.family, serial, unit)

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(self.runtime.poller.listen(self._row.part, self._update))
        self._shown = self._refresh()

    async def async_update(self) -> None:
        """Ask for the value now, when an action wants it so."""
        await self.runtime.poller.async_refresh(self.runtime.source.feeds_of(self._row.part))

    @abstractmethod
    def _take(self, value: object) -> None:
        """Make a value the entity's state."""

    def _worth_writing(self, shown: object, value: object) -> bool:
        """Tell whether a new value is worth a state."""
        return shown != value

    @callback
    def _update(self) -> None:
        before = self._shown
        shown = self._refresh()
        if self._worth_writing(before, shown):
            self._shown = shown
            self.async_write_ha_state()

    def _value(self) -> object:
        return self._row.read(self.runtime.part, self._serial)

    def _refresh(self) -> object:
        value = self._value()
        self._attr_available = value is not None or self.runtime.poller.is_known(self._row.part)
        self._take(value)
        return (value, self._attr_available, self._row.stamp(self.runtime.part))


@callback
def async_add_as_found(
    runtime: SiteRuntime,
    async_add_entities: AddConfigEntryEntitiesCallback,
    rows: Iterable[AnyRow],
    make: Callable[[AnyRow, str | None], Entity],
    exists: Callable[[AnyRow, str | None], bool] | None = None,
) -> None:
    """Add an entity for a row as soon as the site has a value for it, now or in a year.

    With `exists` that decides in place of a value.
    """
    by_part: dict[type[Part], list[AnyRow]] = {}
    for row in rows:
        by_part.setdefault(row.part, []).append(row)
    for part, its_rows in by_part.items():
        finder = _Finder(runtime, async_add_entities, its_rows, make, exists)
        finder.add_new()
        runtime.entry.async_on_unload(runtime.poller.listen(part, finder.add_new))
        runtime.entry.async_on_unload(runtime.devices.removed.add(finder.forget))


class _Finder:
    """Finds the entities of one part that were not there before."""

    def __init__(
        self,
        runtime: SiteRuntime,
        async_add_entities: AddConfigEntryEntitiesCallback,
        rows: list[AnyRow],
        make: Callable[[AnyRow, str | None], Entity],
        exists: Callable[[AnyRow, str | None], bool] | None,
    ) -> None:
        self._runtime = runtime
        self._async_add_entities = async_add_entities
        self._rows = rows
        self._make = make
        self._exists = exists
        self._known: set[Name] = set()

    @callback
    def add_new(self) -> None:
        """Add what has a value for the first time."""
        found: list[Entity] = []
        for row in self._rows:
            for serial in self._present(row):
                name = (serial, row.description.key)
                if name not in self._known:
                    self._known.add(name)
                    found.append(self._make(row, serial))
        if found:
            self._async_add_entities(found)

    def _present(self, row: AnyRow) -> Iterable[str | None]:
        parts, exists = self._runtime.part, self._exists
        if exists is None:
            return row.present(parts)
        return [serial for serial in row.candidates(parts) if exists(row, serial)]

    @callback
    def forget(self, serial: str) -> None:
        """Find the entities of a removed device anew, should it come back."""
        self._known = {name for name in self._known if name[0] != serial}


class ControlEntity(SiteEntity):
    """A control of the site or of one of its devices."""

    def __init__(self, runtime: SiteRuntime, row: AnyRow, serial: str | None) -> None:
        """Show and set what `row` reads."""
        super().__init__(runtime, row, serial)
        self._control_name = ControlName(serial, row.description.key)

    @override
    async def async_added_to_hass(self) -> None:
        self.async_on_remove(self.runtime.controls.pending_changed.add(self._handle_change))
        self.async_on_remove(self.runtime.overrides.changed.add(self._update))
        await super().async_added_to_hass()

    async def _async_set(self, value: Value) -> None:
        """Set the control and return once that is in force; raise a translated error where it is not."""
        if self._context is not None:
            self.runtime.events.contexts[self._control_name] = self._context
        with translated_errors(self.runtime.hass, self.runtime.site):
            await self.runtime.controls.set(self._control_name, value)

    @override
    def _value(self) -> object:
        """Return what is in force, by whoever knows."""
        if (value := super()._value()) is not None:
            return value
        control = self.runtime.controls.control(self._control_name)
        return control.value if control is not None else None

    @callback
    def _handle_change(self, name: ControlName) -> None:
        if name == self._control_name:
            self._update()

    @override
    def _refresh(self) -> object:
        control = self.runtime.controls.control(self._control_name)
        if control is not None:
            self._limit(control)
        self._attr_extra_state_attributes = self._attributes(control)
        limits = control.limits if control is not None else None
        return (super()._refresh(), self._attr_extra_state_attributes, limits)

    def _limit(self, control: Control) -> None:
        """Take over what is allowed now."""

    def _attributes(self, control: Control | None) -> dict[str, Any]:
        attributes: dict[str, Any] = {}
        if (pending := self.runtime.controls.pending(self._control_name)) is not None:
            attributes[ATTR_PENDING] = pending
        if control is not None and control.block_reason is not None:
            attributes[ATTR_READ_ONLY_BECAUSE] = control.block_reason.value
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
        return runtime.controls.control(ControlName(serial, row.description.key)) is not None

    async_add_as_found(runtime, async_add_entities, rows, make, exists)
