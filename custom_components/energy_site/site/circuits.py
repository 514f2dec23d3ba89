"""Load circuits that a system switches, and its generator: frozen, without I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from .model import Part


class CircuitMode(StrEnum):
    """What determines whether a circuit has power."""

    MANUAL = "manual"
    BATTERY_LEVEL = "battery_level"
    GENERATOR = "generator"
    SCHEDULE = "schedule"
    BASIC = "basic"
    ALWAYS_ON = "always_on"
    ALWAYS_OFF = "always_off"


class CircuitAction(StrEnum):
    """What a circuit does when the source of power changes."""

    POWERED = "powered"
    NOT_POWERED = "not_powered"
    SCHEDULE = "schedule"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadCircuit:
    """One switched circuit: whether it has power, its actions, and its battery levels in %."""

    name: str | None = None
    kind: str | None = None
    closed: bool | None = None
    mode: CircuitMode | None = None
    grid_action: CircuitAction | None = None
    off_grid_action: CircuitAction | None = None
    generator_action: CircuitAction | None = None
    level_low: float | None = None
    level_high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadCircuits(Part):
    """The switched circuits by the names of their contacts."""

    circuits: Mapping[str, LoadCircuit]


class GeneratorMode(StrEnum):
    """What determines whether a generator runs."""

    OFF = "off"
    ON = "on"
    AUTO = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Generator(Part):
    """A generator: whether it runs, the levels in % that start and stop it, its rated power in W."""

    running: bool | None = None
    mode: GeneratorMode | None = None
    start_level: float | None = None
    stop_level: float | None = None
    rated_power: float | None = None
    manufacturer: str | None = None
    model: str | None = None
