"""The names in the ledger of what entities show, so that a counter can go on from the value of another one's."""

import re

from ....site.model import CounterKind
from . import inverters
from .meters import counters, measurement_type, phase_counter

_PHASE = re.compile(r"(.+)_l([123])")
_METER = "_meter_"


def counter_name(key: str, serial: str | None) -> str | None:
    """Return the counter that the entity with this key shows, of the site or of a device; `None` if none does."""
    if serial is not None:
        return inverters.counter(serial) if key == "energy" else None
    if (phase := _PHASE.fullmatch(key)) is not None:
        name = counter_name(phase[1], None)
        return None if name is None else phase_counter(int(phase[2]) - 1, name)
    if (counted := CounterKind.of_key(key)) is not None:
        return counted
    kind, meter, direction = key.partition(_METER)
    if not meter or direction not in ("delivered", "received") or (measured := measurement_type(kind)) is None:
        return None
    return counters(measured)[0 if direction == "delivered" else 1]
