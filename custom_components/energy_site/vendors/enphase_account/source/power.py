"""What flows at a site, as the means of the last interval that can be believed."""

from collections.abc import Container
from datetime import datetime, timedelta

from ....site.model import CounterKind, Flow, PowerFlow
from ..client.models.power import LatestPower
from .energy import Believed

# A gateway reports every 5 to 15 minutes, and an interval is believed a quarter of an hour after its end.
_OLDEST_MEAN = timedelta(minutes=60)
_OLDEST_SAMPLE = timedelta(minutes=30)


def build(
    today: Believed | None, latest: LatestPower | None, kinds: Container[CounterKind], now: datetime
) -> PowerFlow | None:
    """Build the power flows, positive towards the house; what is too old isn't current, and so unknown.

    The latest power is that of the production alone. `kinds` are what the site counts.
    """
    if today is not None and now - today.ends_at > _OLDEST_MEAN:
        today = None

    def mean(*terms: tuple[CounterKind, int]) -> Flow | None:
        counted = [(kind, sign) for kind, sign in terms if kind in kinds]
        powers = [(today.power(kind), sign) for kind, sign in counted] if today is not None else []
        known = [sign * power for power, sign in powers if power is not None]
        if today is None or len(known) < len(terms):
            return None
        return Flow(power=sum(known), observed_at=today.ends_at)

    solar = _sample(latest, now) or mean((CounterKind.SOLAR, 1))
    flows = {
        "grid": mean((CounterKind.GRID_IMPORT, 1), (CounterKind.GRID_EXPORT, -1)),
        "battery": mean((CounterKind.BATTERY_DISCHARGE, 1), (CounterKind.BATTERY_CHARGE, -1)),
        "load": mean((CounterKind.LOAD, 1)),
        "generator": mean((CounterKind.GENERATOR, 1)),
    }
    observed = [flow.observed_at for flow in (solar, *flows.values()) if flow is not None]
    return PowerFlow(observed_at=max(observed), solar=solar, **flows) if observed else None


def _sample(latest: LatestPower | None, now: datetime) -> Flow | None:
    if latest is None or latest.power is None or latest.measured_at is None:
        return None
    at = min(latest.measured_at, now)
    return Flow(power=latest.power, observed_at=at) if now - at <= _OLDEST_SAMPLE else None
