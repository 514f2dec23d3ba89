"""Where each watt-hour came from and went to, five minutes at a time."""

from array import array
from collections.abc import Sequence

from simulator.cloud.archive import STEP, Archive
from simulator.house.energy import MICRO

FIELDS = (
    "solar_energy_exported",
    "generator_energy_exported",
    "grid_energy_imported",
    "grid_energy_exported_from_solar",
    "grid_energy_exported_from_battery",
    "battery_energy_exported",
    "battery_energy_imported_from_grid",
    "battery_energy_imported_from_solar",
    "battery_energy_imported_from_generator",
    "consumer_energy_imported_from_grid",
    "consumer_energy_imported_from_solar",
    "consumer_energy_imported_from_battery",
    "consumer_energy_imported_from_generator",
)
NEVER = ("grid_services_energy_imported", "grid_services_energy_exported", "grid_energy_exported_from_generator")
"""Fields that are always 0 for a simulated house."""


def split(flows: Sequence[int]) -> tuple[int, ...]:
    """Return FIELDS for energies in the order of KINDS.

    The parts of export, charge and load always add up to the whole: what the
    counters' rounding takes from one source, another that flows has.
    """
    solar, imported, exported, charged, discharged, used, generated = flows
    solar_charged = min(solar, charged)
    generator_charged = min(generated, charged - solar_charged)
    grid_charged = charged - solar_charged - generator_charged
    battery_exported = min(max(0, exported - (solar - solar_charged)), discharged)
    solar_exported = exported - battery_exported
    grid_used = min(max(0, imported - grid_charged), used)
    battery_used = min(discharged - battery_exported, used - grid_used)
    generator_used = min(generated - generator_charged, used - grid_used - battery_used)
    solar_used = min(max(0, solar - solar_charged - solar_exported), used - grid_used - battery_used - generator_used)
    rest = used - grid_used - battery_used - generator_used - solar_used
    if solar:
        solar_used += rest
    elif discharged:
        battery_used += rest
    elif generated:
        generator_used += rest
    else:
        grid_used += rest
    return (
        solar,
        generated,
        imported,
        solar_exported,
        battery_exported,
        discharged,
        grid_charged,
        solar_charged,
        generator_charged,
        grid_used,
        solar_used,
        battery_used,
        generator_used,
    )


class Splits:
    """Running sums of FIELDS in whole units of `unit` micro-watt-hours: any span is a difference of two.

    The archive rounds each counter down, so that what one row's rounding takes
    the next one gets.
    """

    def __init__(self, archive: Archive, *, unit: int = MICRO) -> None:
        """Split what `archive` holds, and what it will hold."""
        self._archive = archive
        self._unit = unit
        self._sums: tuple[array[int], ...] = tuple(array("q", [0]) for _ in FIELDS)
        self._last: tuple[int, ...] = ()

    def between(self, begin: float, end: float) -> list[float]:
        """Return FIELDS in Wh from `begin` to `end`, epoch s."""
        self._catch_up()
        first, last = self._index(begin), self._index(end)
        scale = 1 if self._unit == MICRO else self._unit / MICRO
        return [(sums[last] - sums[first]) * scale for sums in self._sums]

    def _catch_up(self) -> None:
        sums, unit, archive = self._sums, self._unit, self._archive
        if self._last and len(sums[0]) > (archive.end - archive.start) // STEP:
            return
        for micro in archive.edges(len(sums[0]) if self._last else 0):
            counters = tuple([each // unit for each in micro])
            if self._last:
                parts = split([after - before for before, after in zip(self._last, counters, strict=True)])
                for running, part in zip(sums, parts, strict=True):
                    running.append(running[-1] + part)
            self._last = counters

    def _index(self, at: float) -> int:
        return min(max(0, int(at - self._archive.start) // STEP), len(self._sums[0]) - 1)
