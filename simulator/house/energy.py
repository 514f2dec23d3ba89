"""Energy that adds up: whole micro-watt-hours, so that no rounding leaks."""

from dataclasses import dataclass, field

MICRO = 1_000_000


def split(total: int, weights: list[float]) -> list[int]:
    """Split `total` by `weights` so that the parts add up to it exactly."""
    whole = sum(weights)
    parts = [int(total * weight / whole) for weight in weights[:-1]]
    return [*parts, total - sum(parts)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What really flowed since the beginning, Wh.

    Import and export are counted on each phase and added up, as the meters of
    a split-phase or three-phase gateway do.
    """

    solar: float
    grid_import: float
    grid_export: float
    battery_charge: float
    battery_discharge: float
    load: float
    generator: float


@dataclass(slots=True)
class PhaseLedger:
    """Counters of one phase in micro-watt-hours."""

    solar: int = 0
    grid_import: int = 0
    grid_export: int = 0
    battery_charge: int = 0
    battery_discharge: int = 0
    load: int = 0
    generator: int = 0

    @property
    def imbalance(self) -> int:
        """What came in less what went out: a step never changes it."""
        return (
            self.solar
            + self.grid_import
            + self.battery_discharge
            + self.generator
            - self.load
            - self.grid_export
            - self.battery_charge
        )

    def truth(self) -> Truth:
        """Return the counters in Wh."""
        return Truth(
            solar=self.solar / MICRO,
            grid_import=self.grid_import / MICRO,
            grid_export=self.grid_export / MICRO,
            battery_charge=self.battery_charge / MICRO,
            battery_discharge=self.battery_discharge / MICRO,
            load=self.load / MICRO,
            generator=self.generator / MICRO,
        )


@dataclass(slots=True)
class Ledger:
    """Counters of a house, a phase at a time."""

    phases: list[PhaseLedger] = field(default_factory=list)

    def book(
        self,
        *,
        solar: list[int],
        load: list[int],
        battery: list[int],
        generator: list[int],
    ) -> None:
        """Book a step, micro-watt-hours a phase; the grid settles the rest."""
        for wire, phase in enumerate(self.phases):
            phase.solar += solar[wire]
            phase.load += load[wire]
            phase.generator += generator[wire]
            phase.battery_discharge += max(0, battery[wire])
            phase.battery_charge += max(0, -battery[wire])
            grid = load[wire] - solar[wire] - battery[wire] - generator[wire]
            phase.grid_import += max(0, grid)
            phase.grid_export += max(0, -grid)

    def total(self) -> PhaseLedger:
        """Return all phases together."""
        total = PhaseLedger()
        for phase in self.phases:
            total.solar += phase.solar
            total.grid_import += phase.grid_import
            total.grid_export += phase.grid_export
            total.battery_charge += phase.battery_charge
            total.battery_discharge += phase.battery_discharge
            total.load += phase.load
            total.generator += phase.generator
        return total
