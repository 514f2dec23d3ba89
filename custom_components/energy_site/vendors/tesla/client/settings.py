"""What can be set at a site, and how it is sent."""

from collections.abc import Mapping
from enum import StrEnum
import json


class OperationMode(StrEnum):
    """What a battery is for. Tesla documents the first two."""

    SELF_CONSUMPTION = "self_consumption"
    AUTONOMOUS = "autonomous"
    """Time-based control by the tariff."""
    BACKUP = "backup"


class PreferredExportRule(StrEnum):
    """What may be exported to the grid."""

    BATTERY_OK = "battery_ok"
    PV_ONLY = "pv_only"
    NEVER = "never"


class OptimizationStrategy(StrEnum):
    """How a tariff is used."""

    ECONOMICS = "economics"
    BALANCED = "balanced"


def whole_percent(value: float) -> int:
    """Return a percentage as it is sent; `ValueError` outside of 0 to 100 and for a fraction."""
    if isinstance(value, bool) or not 0 <= value <= 100 or value != int(value):
        raise ValueError("a reserve is a whole number from 0 to 100 %")
    return int(value)


def time_of_use(tariff: Mapping[str, object], strategy: OptimizationStrategy | None) -> dict[str, object]:
    """Return the body for a tariff in Tesla's own structure; `ValueError` for one that JSON can't hold."""
    json.dumps(tariff, allow_nan=False)
    sent: dict[str, object] = {} if strategy is None else {"optimization_strategy": OptimizationStrategy(strategy)}
    return {"tou_settings": {**sent, "tariff_content_v2": tariff}}
