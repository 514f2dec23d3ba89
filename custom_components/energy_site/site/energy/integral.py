"""Integrates power to energy, for flows without a meter."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

# Between two samples further apart than this, the power is unknown.
_LONGEST_GAP = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegralState:
    """Wh in both directions, and the last sample: W, and stored Wh if known."""

    positive: float
    negative: float
    power: float
    stored: float | None
    at: datetime


def integrate(state: IntegralState | None, power: float, at: datetime, *, stored: float | None = None) -> IntegralState:
    """Add the energy since the last sample, by the trapezoidal rule.

    Over a longer gap, the change of the battery's stored energy is used instead; if that is
    unknown, no energy is added.
    """
    if state is None:
        return IntegralState(positive=0.0, negative=0.0, power=power, stored=stored, at=at)
    if at <= state.at:
        return state
    gap = at - state.at
    if gap <= _LONGEST_GAP:
        positive, negative = _areas(state.power, power, gap.total_seconds() / 3600)
    elif stored is not None and state.stored is not None:
        positive, negative = max(state.stored - stored, 0.0), max(stored - state.stored, 0.0)
    else:
        positive, negative = 0.0, 0.0
    return replace(
        state,
        positive=state.positive + positive,
        negative=state.negative + negative,
        power=power,
        stored=stored,
        at=at,
    )


def net(state: IntegralState | None, difference: float, at: datetime) -> IntegralState:
    """Add the change of the difference between two registers, in Wh, to the direction it has."""
    if state is None or state.stored is None:
        return IntegralState(positive=0.0, negative=0.0, power=0.0, stored=difference, at=at)
    change = difference - state.stored
    return replace(
        state,
        positive=state.positive + max(change, 0.0),
        negative=state.negative + max(-change, 0.0),
        stored=difference,
        at=at,
    )


def _areas(first: float, last: float, hours: float) -> tuple[float, float]:
    """Return the areas above and below zero of the line between two powers."""
    if first * last >= 0:
        area = (first + last) / 2 * hours
        return max(area, 0.0), max(-area, 0.0)
    share = abs(first) / (abs(first) + abs(last))
    begins, ends = first / 2 * share * hours, last / 2 * (1 - share) * hours
    return max(begins, ends, 0.0), -min(begins, ends, 0.0)
