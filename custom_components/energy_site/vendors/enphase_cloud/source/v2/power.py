"""The power flows at the system's last report."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from .....site.model import Flow, PowerFlow
from ...client.models.systems import Summary
from ...client.models.telemetry import EnergyTelemetry
from ..v4 import power

# Consumption changes by the minute, so an older interval says nothing about the present.
_OLDEST_LOAD = timedelta(hours=1)

_QUARTERS_OF_AN_HOUR = 4


def build(summary: Summary | None, consumption: EnergyTelemetry | None, now: datetime) -> PowerFlow | None:
    """Build the flows: solar power from the summary, consumption from its last 15 minutes."""
    solar, load = power.build(None, summary, None, now), _load(consumption, now)
    if load is None:
        return solar
    if solar is None:
        return PowerFlow(observed_at=load.observed_at, load=load)
    return replace(solar, observed_at=max(solar.observed_at, load.observed_at), load=load)


def _load(consumption: EnergyTelemetry | None, now: datetime) -> Flow | None:
    known = [
        (interval.end_at, interval.wh)
        for interval in (consumption.intervals if consumption is not None else ())
        if interval.wh is not None
    ]
    if not known:
        return None
    end_at, wh = max(known)
    at = datetime.fromtimestamp(end_at, UTC)
    return Flow(power=wh * _QUARTERS_OF_AN_HOUR, observed_at=at) if now - at < _OLDEST_LOAD else None
