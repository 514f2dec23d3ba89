"""A house that obeys physics: pure, seeded, without input or output."""

from .config import (
    ArrayConfig,
    BatteryConfig,
    EnergyTotals,
    GeneratorConfig,
    HouseConfig,
    LoadCircuit,
    LoadConfig,
    Outage,
    PhaseCount,
    StorageMode,
)
from .energy import Truth
from .flows import Flow
from .history import HistoryRow, history, record
from .house import House
from .inverter import Inverter
from .sun import Place

__all__ = [
    "ArrayConfig",
    "BatteryConfig",
    "EnergyTotals",
    "Flow",
    "GeneratorConfig",
    "HistoryRow",
    "House",
    "HouseConfig",
    "Inverter",
    "LoadCircuit",
    "LoadConfig",
    "Outage",
    "PhaseCount",
    "Place",
    "StorageMode",
    "Truth",
    "history",
    "record",
]
