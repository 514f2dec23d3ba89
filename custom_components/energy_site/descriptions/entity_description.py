"""The entries of the platforms' tables: a description, and the source of its value."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from homeassistant.helpers.entity import EntityDescription

from ..site.model import Part
from .families import Family


class Parts(Protocol):
    """Returns the latest state of a part."""

    def __call__[P: Part](self, kind: type[P]) -> P | None:
        """Return the part of this type, `None` if it is unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteEntityDescription[P: Part]:
    """A value of the site as a whole.

    An entity is added once there is a value. With `stamp_fn`, a repeated value is reported again,
    so that integrations over time know that it still applies. `unit_fn` returns the unit if the
    site decides it.
    """

    part: type[P]
    description: EntityDescription
    value_fn: Callable[[P], object]
    stamp_fn: Callable[[P], datetime | None] | None = None
    unit_fn: Callable[[P], str | None] | None = None
    attributes_fn: Callable[[P], Mapping[str, Any]] | None = None

    def candidates(self, parts: Parts) -> Iterable[str | None]:
        """Return the units that could have a value: the site itself (`None`) once it has the part."""
        return () if parts(self.part) is None else (None,)

    def exists(self, parts: Parts, serial: str | None) -> bool:
        """Return whether a candidate has the entity: once it has a value."""
        return self.read(parts, serial) is not None

    def read(self, parts: Parts, serial: str | None) -> object:  # noqa: ARG002 - the same signature as a device's description.
        """Return the current value, `None` if it is unknown."""
        part = parts(self.part)
        return None if part is None else self.value_fn(part)

    def stamp(self, parts: Parts) -> datetime | None:
        """Return when the value was observed, if it is reported even when it repeats."""
        if self.stamp_fn is None or (part := parts(self.part)) is None:
            return None
        return self.stamp_fn(part)

    def unit_of_measurement(self, parts: Parts) -> str | None:
        """Return the unit if the site decides it."""
        if self.unit_fn is None or (part := parts(self.part)) is None:
            return None
        return self.unit_fn(part)

    def attributes(self, parts: Parts) -> Mapping[str, Any]:
        """Return what is shown along with the value, as far as it is known."""
        if self.attributes_fn is None or (part := parts(self.part)) is None:
            return {}
        return {key: value for key, value in self.attributes_fn(part).items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceEntityDescription[P: Part, U]:
    """A value of each unit of a family.

    With `always`, every unit has the entity, otherwise those that have ever had a value.
    """

    family: Family[P, U]
    description: EntityDescription
    value_fn: Callable[[U], object]
    always: bool = False

    @property
    def part(self) -> type[P]:
        """The part that lists the family's units."""
        return self.family.part

    def candidates(self, parts: Parts) -> Iterable[str | None]:
        """Return the serial numbers of all units."""
        part = parts(self.family.part)
        return () if part is None else tuple(self.family.units(part))

    def exists(self, parts: Parts, serial: str | None) -> bool:
        """Return whether a candidate has the entity: always, or once it has a value."""
        return self.always or self.read(parts, serial) is not None

    def unit(self, parts: Parts, serial: str) -> U | None:
        """Return the current state of a unit, `None` if it is unknown."""
        part = parts(self.family.part)
        return None if part is None else self.family.units(part).get(serial)

    def read(self, parts: Parts, serial: str | None) -> object:
        """Return the current value, `None` if it is unknown."""
        if serial is None or (unit := self.unit(parts, serial)) is None:
            return None
        return self.value_fn(unit)

    def stamp(self, parts: Parts) -> datetime | None:  # noqa: ARG002 - the same signature as a site's description.
        """Return `None`, as units only report changes."""
        return None

    def unit_of_measurement(self, parts: Parts) -> str | None:  # noqa: ARG002 - the same signature as a site's description.
        """Return nothing: the unit of a device's value is always the same."""
        return None

    def attributes(self, parts: Parts) -> Mapping[str, Any]:  # noqa: ARG002 - the same signature as a site's description.
        """Return nothing: a device's values have none."""
        return {}


type AnyEntityDescription = SiteEntityDescription[Any] | DeviceEntityDescription[Any, Any]
