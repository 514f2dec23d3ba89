"""What a house is made of."""

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from .sun import Place


class PhaseCount(IntEnum):
    """Live wires of the house's connection."""

    SINGLE = 1
    SPLIT = 2
    THREE = 3


class StorageMode(StrEnum):
    """How the battery is used."""

    SELF_CONSUMPTION = "self-consumption"
    SAVINGS = "economy"
    BACKUP = "backup"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrayConfig:
    """Panels that face one way: degrees of tilt and azimuth, W a panel (STC)."""

    inverters: int
    tilt: float = 35.0
    azimuth: float = 180.0
    panel_watts: float = 430.0
    inverter_watts: float = 366.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryConfig:
    """Identical battery units: Wh and W each; level and reserves in percent."""

    units: int = 1
    capacity_wh: float = 5000.0
    charge_watts: float = 3200.0
    discharge_watts: float = 3840.0
    round_trip_efficiency: float = 0.9
    level: float = 50.0
    reserve: float = 20.0
    shutdown_level: float = 5.0
    mode: StorageMode = StorageMode.SELF_CONSUMPTION
    charge_from_grid: bool = False
    backup_power: bool = True
    peak_hours: tuple[float, float] = (16.0, 21.0)
    grid_charge_hours: tuple[float, float] = (0.0, 6.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadCircuit:
    """A load behind a dry contact of the system controller: W while it runs."""

    contact: str
    name: str
    watts: float
    duty: float = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadConfig:
    """What the household uses: W of standby, and a scale for everything else."""

    base_watts: float = 220.0
    fridges: int = 2
    people: float = 2.5
    scale: float = 1.0
    vehicle_watts: float = 0.0
    circuits: tuple[LoadCircuit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratorConfig:
    """A standby generator: W; starts and stops by battery level (percent)."""

    watts: float = 10_000.0
    start_level: float = 30.0
    stop_level: float = 70.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """The utility fails from `start` to `end`, seconds since the epoch."""

    start: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyTotals:
    """Counters a house has when the simulation begins, Wh."""

    solar: float = 0.0
    grid_import: float = 0.0
    grid_export: float = 0.0
    battery_charge: float = 0.0
    battery_discharge: float = 0.0
    load: float = 0.0
    generator: float = 0.0

    @classmethod
    def plausible(cls, *, solar: float, load: float, battery: float = 0.0) -> EnergyTotals:
        """Return totals that fit together, from lifetime Wh of solar and load."""
        direct = min(solar, load) * 0.45
        charge = min(battery, solar - direct)
        discharge = charge * 0.9
        return cls(
            solar=solar,
            load=load,
            battery_charge=charge,
            battery_discharge=discharge,
            grid_import=load - direct - discharge,
            grid_export=solar - direct - charge,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseConfig:
    """A house; every house of one seed lives the same life.

    A limit of the export holds all inverters to the same share of what they could make, or else the strong ones to the
    same power.
    """

    seed: int = 1
    place: Place = field(default_factory=Place)
    phases: PhaseCount = PhaseCount.SINGLE
    grid_voltage: float = 230.0
    grid_frequency: float = 50.0
    arrays: tuple[ArrayConfig, ...] = (ArrayConfig(inverters=12),)
    battery: BatteryConfig | None = None
    load: LoadConfig = field(default_factory=LoadConfig)
    generator: GeneratorConfig | None = None
    export_limit: float | None = None
    limits_evenly: bool = True
    cloudiness: float = 0.55
    outages: tuple[Outage, ...] = ()
    starting_totals: EnergyTotals = field(default_factory=EnergyTotals)

    @property
    def split_phase(self) -> bool:
        """Two phases are the two halves of a North American split phase."""
        return self.phases == PhaseCount.SPLIT
