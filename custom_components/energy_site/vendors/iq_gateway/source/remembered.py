"""Stores the meters' configuration across restarts, as readings cannot be interpreted without it."""

from collections.abc import Mapping
from typing import Any

from ..client.models.meters import MeterConfig


def as_dict(meters: tuple[MeterConfig, ...] | None) -> list[dict[str, Any]]:
    """Return the meters' configuration as plain JSON data; their status is polled again."""
    return [
        {"eid": meter.eid, "enabled": meter.enabled, "type": meter.measurement_type, "phases": meter.phase_count}
        for meter in meters or ()
    ]


def restore(kept: object) -> tuple[MeterConfig, ...] | None:
    """Return the meters from the data of `as_dict`, `None` unless all can be read, as half of them would be wrong."""
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
