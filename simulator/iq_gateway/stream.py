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
_NOISE = -2.794


async def frames(state: GatewayState, advance: Callable[[], None]) -> AsyncIterator[bytes]:
    """Return server-sent events, W a phase."""
    while True:
        advance()
        yield b"data: " + json.dumps(_frame(state)).encode() + b"\r\n\r\n"
        await asyncio.sleep(_SECONDS)


def _frame(state: GatewayState) -> dict[str, Any]:
    flows, volts = state.house.flow_by_phase, state.house.config.grid_voltage
    # A production meter that is disabled stands in the frames too, and in the gateway's own total.
    solar = [flow.solar if state.has_ct else _NOISE for flow in flows]
    nets = state.consumption_ct is Measurement.NET_CONSUMPTION
    measured = {
        Measurement.PRODUCTION: solar,
        Measurement.NET_CONSUMPTION: [flow.grid for flow in flows],
        Measurement.TOTAL_CONSUMPTION: [
            flow.grid + sun if nets else flow.load for flow, sun in zip(flows, solar, strict=True)
        ],
    }
    total = (Measurement.TOTAL_CONSUMPTION,) if state.consumption_ct else ()
    fitted = {Measurement.PRODUCTION, *state.config.cts, *total}
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
