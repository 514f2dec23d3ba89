"""An IQ Gateway's local API on loopback, for a simulated house."""

from . import firmware_bugs, wiring
from .config import BatteryModel, Controller, DynamicLimit, GatewayConfig, Measurement, NightlyRestart
from .faults import (
    ActiveFault,
    Empty,
    ErrorObject,
    Fault,
    Faults,
    Hang,
    HtmlPage,
    HttpStatus,
    Mutate,
    Reset,
    Slow,
    Truncated,
)
from .host import GatewayHost
from .processor import Speed
from .server import GatewayServer
from .stats import Stats

__all__ = [
    "ActiveFault",
    "BatteryModel",
    "Controller",
    "DynamicLimit",
    "Empty",
    "ErrorObject",
    "Fault",
    "Faults",
    "GatewayConfig",
    "GatewayHost",
    "GatewayServer",
    "Hang",
    "HtmlPage",
    "HttpStatus",
    "Measurement",
    "Mutate",
    "NightlyRestart",
    "Reset",
    "Slow",
    "Speed",
    "Stats",
    "Truncated",
    "firmware_bugs",
    "wiring",
]
