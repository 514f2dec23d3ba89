"""What a site consists of, as far as that decides how often to ask for what."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What the gateway has told of its site so far.

    A `production_meter` or a `load_meter` is one that is believed; `doubted_meter`
    says that one of them is enabled and contradicted by what else is known.
    `unlisted_ac_batteries` says that AC Batteries stand in no list of devices' data.
    `idle_meters` says that it can measure but has no meter fitted for the
    production, `partial_inverter_list` that it lists only some inverters,
    `whole_device_data` that every listed one stands in the devices' data too.
    """

    production_meter: bool = False
    grid_meter: bool = False
    load_meter: bool = False
    storage_meter: bool = False
    doubted_meter: bool = False
    idle_meters: bool = False
    batteries: bool = False
    ac_batteries: bool = False
    unlisted_ac_batteries: bool = False
    controller: bool = False
    no_relay: bool = False
    collar: bool = False
    generator: bool = False
    circuits: bool = False
    partial_inverter_list: bool = False
    whole_device_data: bool = False

    @property
    def any_meter(self) -> bool:
        """Whether any current transformer is in use."""
        return self.production_meter or self.grid_meter or self.load_meter or self.storage_meter or self.doubted_meter

    @property
    def any_battery(self) -> bool:
        """Whether energy can be stored."""
        return self.batteries or self.ac_batteries

    def as_dict(self) -> dict[str, bool]:
        """Return plain JSON data."""
        return asdict(self)

    @classmethod
    def restore(cls, data: Mapping[str, Any]) -> Capabilities:
        """Read what `as_dict` returned; what is missing is taken as not there."""
        return cls(**{field.name: data.get(field.name) is True for field in fields(cls)})
