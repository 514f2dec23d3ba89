"""What an entry of a platform's table is: a description, and where its value stands."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from homeassistant.helpers.entity import EntityDescription

from ..site.model import Part
from .families import Family


class Parts(Protocol):
    """Gives a part as it is known now."""

    def __call__[P: Part](self, kind: type[P]) -> P | None:
        """Return the part of a kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteEntityDescription[P: Part]:
    """A value of the site as a whole.

    An entity exists once there is a value. With `stamp_fn` a value that repeats
    is reported again, since those who integrate it need to know that it lasts.
    """

    part: type[P]
    description: EntityDescription
    value_fn: Callable[[P], object]
    stamp_fn: Callable[[P], datetime | None] | None = None

    def candidates(self, parts: Parts) -> Iterable[str | None]:
        """Return for which units there could be a value: the site itself, once it has the part."""
        return () if parts(self.part) is None else (None,)

    def present(self, parts: Parts) -> Iterable[str | None]:
        """Return for which units there is a value: the site itself, or nobody."""
        return () if self.read(parts, None) is None else (None,)

    def read(self, parts: Parts, serial: str | None) -> object:  # noqa: ARG002 - the same signature as a device's description.
        """Return the value as it is known now."""
        part = parts(self.part)
        return None if part is None else self.value_fn(part)

    def stamp(self, parts: Parts) -> datetime | None:
        """Return when a value was observed that is reported even where it repeats."""
        if self.stamp_fn is None or (part := parts(self.part)) is None:
            return None
        return self.stamp_fn(part)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceEntityDescription[P: Part, U]:
    """A value of each unit of a family.

    With `always` every unit has the entity, else those for which there was a value.
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

    def present(self, parts: Parts) -> Iterable[str | None]:
        """Return the serial numbers of the units with a value."""
        part = parts(self.family.part)
        if part is None:
            return ()
        units = self.family.units(part)
        return [serial for serial, unit in units.items() if self.always or self.value_fn(unit) is not None]

    def unit(self, parts: Parts, serial: str) -> U | None:
        """Return a unit as it is known now."""
        part = parts(self.family.part)
        return None if part is None else self.family.units(part).get(serial)

    def read(self, parts: Parts, serial: str | None) -> object:
        """Return the value as it is known now."""
        if serial is None or (unit := self.unit(parts, serial)) is None:
            return None
        return self.value_fn(unit)

    def stamp(self, parts: Parts) -> datetime | None:  # noqa: ARG002 - the same signature as a site's description.
        """Return nothing: units report what changes."""
        return None


type AnyEntityDescription = SiteEntityDescription[Any] | DeviceEntityDescription[Any, Any]
