"""Power at one moment."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """W on one phase or on all: solar and load are never negative.

    Grid: import is positive, export negative. Battery: discharge is positive,
    charge negative.
    """

    solar: float = 0.0
    grid: float = 0.0
    battery: float = 0.0
    load: float = 0.0
    generator: float = 0.0


def together(phases: tuple[Flow, ...]) -> Flow:
    """Return the sum of the phases."""
    return Flow(
        solar=sum(phase.solar for phase in phases),
        grid=sum(phase.grid for phase in phases),
        battery=sum(phase.battery for phase in phases),
        load=sum(phase.load for phase in phases),
        generator=sum(phase.generator for phase in phases),
    )
