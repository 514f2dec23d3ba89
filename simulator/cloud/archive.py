"""A house's past, five minutes at a time, in whole watt-hours that add up."""

from array import array
from collections import deque
from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Literal, NamedTuple

from simulator.house import House
from simulator.house.energy import MICRO, PhaseLedger

STEP = 300
"""Seconds between two edges of the archive."""
_INVERTER_DAYS = 9

type Kind = Literal["solar", "grid_import", "grid_export", "battery_charge", "battery_discharge", "load", "generator"]
KINDS: tuple[Kind, ...] = (
    "solar",
    "grid_import",
    "grid_export",
    "battery_charge",
    "battery_discharge",
    "load",
    "generator",
)


_in_order: Callable[[PhaseLedger], tuple[int, ...]] = attrgetter(*KINDS)


class Bin(NamedTuple):
    """Energy of one interval: its end (epoch s), and Wh."""

    end: int
    wh: int


class Archive:
    """Counters of a house at every edge, kept while its time advances.

    Energy of a span is the difference of two counters, each rounded down to
    whole Wh: what one interval's rounding takes, the next one gets, so that any
    row of intervals adds up to what the house's own counters say.
    """

    def __init__(self, house: House) -> None:
        """Begin now; what `house` lived before is not known."""
        self._house = house
        self.start = int(house.time // STEP) * STEP
        self._counters: dict[Kind, array[int]] = {kind: array("q") for kind in KINDS}
        self._levels: array[float] = array("d")
        self._inverters: deque[tuple[int, ...]] = deque(maxlen=_INVERTER_DAYS * 86400 // STEP)
        self._seen = house.time
        self._latest = self._read()
        self._append(self._latest, house.battery_level)
        self.stop: Callable[[], None] = house.watch(self._watch)

    @property
    def end(self) -> int:
        """The last edge, epoch s."""
        return self.start + (len(self._levels) - 1) * STEP

    def counter(self, kind: Kind, at: float) -> int:
        """Return the house's counter in whole Wh at `at` (epoch s)."""
        return self._counters[kind][self._index(at)] // MICRO

    def edges(self, first: int) -> Iterable[tuple[int, ...]]:
        """Return the counters of all edges from the `first`-th on, in micro-watt-hours and in the order of KINDS."""
        return zip(*(self._counters[kind][first:] for kind in KINDS), strict=True)

    def energy(self, kind: Kind, begin: float, end: float) -> int:
        """Return whole Wh from `begin` to `end` (epoch s)."""
        return self.counter(kind, end) - self.counter(kind, begin)

    def moved(self, kind: Kind, begin: float, end: float) -> bool:
        """Whether anything flowed, be it less than a Wh."""
        counters = self._counters[kind]
        return counters[self._index(end)] > counters[self._index(begin)]

    def power(self, kind: Kind, begin: float, end: float) -> float:
        """Return the mean W from `begin` to `end` (epoch s)."""
        counters = self._counters[kind]
        first, last = self._index(begin), self._index(end)
        if last <= first:
            return 0.0
        return (counters[last] - counters[first]) / MICRO * 3600 / ((last - first) * STEP)

    def bins(self, kind: Kind, begin: float, end: float, step: int) -> list[Bin]:
        """Return the intervals of `step` s that lie between, as far as they are known."""
        first = max(int(begin), self.start - self.start % step)
        last = min(int(end), self.end)
        return [
            Bin(edge + step, self.energy(kind, edge, edge + step))
            for edge in range(first, last, step)
            if edge + step <= last
        ]

    def level(self, at: float) -> float | None:
        """Return the battery's level in percent at `at` (epoch s)."""
        return self._levels[self._index(at)] if self._house.battery else None

    def last_moved(self, kind: Kind, until: float) -> int | None:
        """Return the end of the last interval in which anything flowed, epoch s."""
        counters = self._counters[kind]
        index = self._index(until)
        while index > 0:
            if counters[index] > counters[index - 1]:
                return self.start + index * STEP
            index -= 1
        return None

    def inverter(self, number: int, at: float) -> int:
        """Return the lifetime Wh of the house's inverter `number` at `at`.

        Only some days are kept: what is longer ago counts as the oldest known.
        """
        missing = (self.end - int(at)) // STEP
        entry = self._inverters[max(0, len(self._inverters) - 1 - max(0, missing))]
        return entry[number] // MICRO if number < len(entry) else 0

    def _index(self, at: float) -> int:
        return min(max(0, int(at - self.start) // STEP), len(self._levels) - 1)

    def _watch(self, _: float, end: float) -> None:
        if end < self.end + STEP:
            return
        before, since = self._latest, self._seen
        after = self._read()
        level = self._house.battery_level
        while self.end + STEP <= end:
            # Where the house takes longer steps than this, its power was even.
            share = int(self.end + STEP - since), max(1, int(end - since))
            self._append(
                after
                if share[0] >= share[1]
                else tuple(old + (new - old) * share[0] // share[1] for old, new in zip(before, after, strict=True)),
                level,
            )
        self._latest, self._seen = after, end

    def _append(self, counters: tuple[int, ...], level: float | None) -> None:
        for kind, value in zip(KINDS, counters, strict=True):
            self._counters[kind].append(value)
        self._levels.append(level or 0.0)
        self._inverters.append(tuple(each.energy for each in self._house.inverters))

    def _read(self) -> tuple[int, ...]:
        return _in_order(self._house.counters)
