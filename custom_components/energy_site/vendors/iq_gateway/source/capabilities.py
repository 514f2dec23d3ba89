"""The hardware of a site that determines its polling intervals."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """The known hardware of the gateway's site.

    A `production_meter` or a `load_meter` is a plausible one; `doubted_meter` means that one of
    them is enabled, but contradicted by other values. `unlisted_ac_batteries` means that AC
    Batteries aren't in the device data. `idle_meters` means that the gateway can measure but has no
    meter installed for the production, `partial_inverter_list` that it lists only some inverters,
    `whole_device_data` that every listed inverter is in the device data as well, and `export_limit`
    that the export or the production is or was limited.
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
    export_limit: bool = False

    @property
    def any_meter(self) -> bool:
        """Whether any current transformer is in use."""
        return self.production_meter or self.grid_meter or self.load_meter or self.storage_meter or self.doubted_meter

    @property
    def any_battery(self) -> bool:
        """Whether the site can store energy."""
        return self.batteries or self.ac_batteries

    def as_dict(self) -> dict[str, bool]:
        """Return the capabilities as plain JSON data."""
        return asdict(self)

    @classmethod
    def restore(cls, data: Mapping[str, Any]) -> Capabilities:
        """Return the capabilities from the data of `as_dict`; missing ones are false."""
        return cls(**{field.name: data.get(field.name) is True for field in fields(cls)})
