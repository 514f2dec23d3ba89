"""The meters' set-up over a restart: without it no reading can be understood."""

from collections.abc import Mapping
from typing import Any

from ..client.models.meters import MeterConfig


def as_dict(meters: tuple[MeterConfig, ...] | None) -> list[dict[str, Any]]:
    """Return what the meters are, as plain JSON data; how they do is asked anew."""
    return [
        {"eid": meter.eid, "enabled": meter.enabled, "type": meter.measurement_type, "phases": meter.phase_count}
        for meter in meters or ()
    ]


def restore(kept: object) -> tuple[MeterConfig, ...] | None:
    """Read what `as_dict` returned; `None` where a part of it cannot be read, since half of the meters is a wrong set-up."""
    if not isinstance(kept, list) or not kept:
        return None
    meters = [_meter(fields) for fields in kept if isinstance(fields, Mapping)]
    read = tuple(meter for meter in meters if meter is not None)
    return read if len(read) == len(kept) else None


def _meter(fields: Mapping[str, Any]) -> MeterConfig | None:
    match dict(fields):
        case {"eid": int() as eid, "enabled": bool() as enabled, "type": str() as kind, "phases": int() as phases}:
            return MeterConfig(
                eid=eid,
                enabled=enabled,
                measurement_type=kind,
                phase_count=min(max(phases, 1), 3),
                metering_status=None,
                status_flags=(),
            )
    return None
