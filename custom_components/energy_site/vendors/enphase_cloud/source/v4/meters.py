"""A system's meters as listed by the cloud: what each measures, and its number of phases."""

from collections.abc import Mapping
import re

from ...client.models.devices import Device, Devices

PRODUCTION, CONSUMPTION = "production", "consumption"
KINDS = (PRODUCTION, CONSUMPTION)

_KIND_OF = {"production": PRODUCTION, "net": CONSUMPTION, "total": CONSUMPTION}
_PHASES_OF = {"single": 1, "split": 2, "three": 3}
_MOST_PHASES = 3


def measures_house(devices: Devices | None) -> bool:
    """Return whether the consumption is the house's, rather than production and grid without the battery."""
    return devices is not None and any(_type(meter) == "total" for meter in devices.of("meters"))


def measures(devices: Devices | None, *types: str) -> bool | None:
    """Return whether there is a meter of some types, `None` if one has no type, like many older meters."""
    if devices is None:
        return None
    reported = {_type(meter) for meter in devices.of("meters")}
    return True if reported & set(types) else None if "" in reported else False


def phases(devices: Devices | None, kind: str) -> Mapping[int | None, int]:
    """Return the number of phases of each meter of a kind, by its ID, if known."""
    found = devices.of("meters") if devices is not None else ()
    counted = {meter.id: _phases(meter) for meter in found if _KIND_OF.get(_type(meter)) == kind}
    return {number: count for number, count in counted.items() if count is not None}


def _type(meter: Device) -> str:
    return (meter.config_type or "").strip().casefold()


def _phases(meter: Device) -> int | None:
    """Return a meter's number of phases, which is sent as a number, a word or a list such as "ph-a,ph-b"."""
    text = (meter.config_phase or "").strip().casefold()
    if text.isdecimal():
        count = int(text)
    elif (word := next((word for word in _PHASES_OF if word in text), None)) is not None:
        count = _PHASES_OF[word]
    else:
        count = len(set(re.findall(r"\bph(?:ase)?[-_ ]?[abc123]\b|\bl[123]\b", text)))
    return count if 1 <= count <= _MOST_PHASES else None
