"""How well devices of the battery system reach the gateway by radio."""

from ....site.radio import Radio
from ..client.models.ensemble import EnsembleDevice

_BEST = 5


def radio(device: EnsembleDevice) -> Radio:
    """Return the levels that a device reports."""
    return Radio(sub_ghz=_level(device.comm_level_sub_ghz), ghz_2_4=_level(device.comm_level_2_4_ghz))


def _level(value: float | None) -> float | None:
    return value if value is not None and 0 <= value <= _BEST else None
