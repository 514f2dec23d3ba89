"""The meters' stream: a frame a second for as long as somebody reads."""

import asyncio
from collections.abc import AsyncIterator, Callable
import json
from typing import Any

from .config import Measurement
from .state import GatewayState

STREAM = "/stream/meter"
_SECONDS = 1.0
_PHASES = ("ph-a", "ph-b", "ph-c")


async def frames(state: GatewayState, advance: Callable[[], None]) -> AsyncIterator[bytes]:
    """Return server-sent events, W a phase."""
    while True:
        advance()
        yield b"data: " + json.dumps(_frame(state)).encode() + b"\r\n\r\n"
        await asyncio.sleep(_SECONDS)


def _frame(state: GatewayState) -> dict[str, Any]:
    flows, volts = state.house.flow_by_phase, state.house.config.grid_voltage
    measured = {
        Measurement.PRODUCTION: [flow.solar for flow in flows],
        Measurement.NET_CONSUMPTION: [flow.grid for flow in flows],
        Measurement.TOTAL_CONSUMPTION: [flow.load for flow in flows],
    }
    fitted = {*state.config.cts, *((Measurement.TOTAL_CONSUMPTION,) if state.consumption_ct else ())}
    return {
        kind.value: {
            name: _phase(watts[index] if index < len(watts) else None, volts) for index, name in enumerate(_PHASES)
        }
        for kind, watts in measured.items()
        if kind in fitted
    }


def _phase(watts: float | None, volts: float) -> dict[str, float]:
    if watts is None:
        return dict.fromkeys(("p", "q", "s", "v", "i", "pf", "f"), 0.0)
    return {
        "p": round(watts, 3),
        "q": 0.0,
        "s": round(abs(watts), 3),
        "v": volts,
        "i": round(abs(watts) / volts, 3),
        "pf": 1.0 if watts >= 0 else -1.0,
        "f": 50.0,
    }
