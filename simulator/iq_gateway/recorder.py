"""What a gateway remembers: inverter reports and quarter-hour sums."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace

from simulator.house import Flow, House, Inverter, Truth
from simulator.house.inverter import dc_current, dc_voltage, temperature
from simulator.house.noise import fraction, smooth


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What an inverter last told: epoch s, s, J, W, V, A, Hz, degrees C.

    `energy` is its lifetime in micro-watt-hours at that moment.
    """

    end: float
    duration: float
    energy: int
    joules: int
    watts: int
    peak_watts: int
    ac_voltage: float
    ac_frequency: float
    dc_voltage: float
    dc_current: float
    temperature: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollup:
    """Counters at the last full quarter of an hour (Wh) and mean W in it."""

    end: float
    phases: tuple[Truth, ...]
    inverters: int
    mean: Flow


@dataclass(frozen=True, slots=True, kw_only=True)
class _Due:
    """Inverters in the order they report within an interval."""

    offsets: list[float]
    indexes: list[int]


class Recorder:
    """Watches a house and keeps what a real gateway would have been told."""

    def __init__(self, house: House, *, report_interval: float, rollup_interval: float) -> None:
        """Begin with one report of each inverter and the sums as they are."""
        self._house = house
        self._interval = report_interval
        self._rollup_interval = rollup_interval
        self.reports: dict[str, Report] = {}
        self._due = _Due(offsets=[], indexes=[])
        self.rollup = replace(self._roll(house.time, house.truth, rollup_interval), mean=house.flow)
        self._before = house.truth
        dark = house.available_solar() <= 0
        for inverter in house.inverters:
            if inverter.works:
                quiet = 6 * 3600.0 if dark else 0.0
                self._report(inverter, house.time - quiet)
        self.stop = house.watch(self._watch)

    def _offset(self, inverter: Inverter) -> float:
        return fraction(int(inverter.serial), 1) * self._interval

    def _watch(self, begin: float, end: float) -> None:
        house = self._house
        if len(self._due.indexes) != len(house.inverters):
            ordered = sorted((self._offset(inverter), index) for index, inverter in enumerate(house.inverters))
            self._due = _Due(
                offsets=[offset for offset, _ in ordered],
                indexes=[index for _, index in ordered],
            )
        for index in self._due_between(begin, end):
            inverter = house.inverters[index]
            last = self.reports.get(inverter.serial)
            made = last is None or inverter.energy > last.energy
            if inverter.works and (inverter.power > 0 or made):
                self._report(inverter, end)
        if end // self._rollup_interval > begin // self._rollup_interval:
            self.rollup = self._roll(end, self._before, end - self.rollup.end)
            self._before = house.truth

    def _due_between(self, begin: float, end: float) -> list[int]:
        due = self._due
        if end - begin >= self._interval:
            return due.indexes
        low, high = begin % self._interval, end % self._interval
        first = bisect_right(due.offsets, low)
        if high >= low:
            return due.indexes[first : bisect_right(due.offsets, high)]
        return due.indexes[first:] + due.indexes[: bisect_left(due.offsets, high)]

    def _report(self, inverter: Inverter, end: float) -> None:
        house = self._house
        last = self.reports.get(inverter.serial)
        duration = end - last.end if last else self._interval
        # After a night the first interval is not the whole night.
        duration = min(max(duration, 1.0), 3 * self._interval)
        if last:
            joules = round((inverter.energy - last.energy) * 0.0036)
            watts = round(joules / duration)
        else:
            watts = round(inverter.power)
            joules = round(watts * duration)
        air = house.roof.air_temperature
        seed = int(inverter.serial)
        self.reports[inverter.serial] = Report(
            end=end,
            duration=duration,
            energy=inverter.energy,
            joules=joules,
            watts=watts,
            peak_watts=max(round(inverter.peak_watts), watts),
            ac_voltage=line_voltage(house, end) * (1 + 0.004 * (fraction(seed, 2) - 0.5)),
            ac_frequency=frequency(house, end),
            dc_voltage=dc_voltage(inverter, air),
            dc_current=dc_current(inverter, air),
            temperature=temperature(inverter, air),
        )

    def _roll(self, end: float, before: Truth, seconds: float) -> Rollup:
        truth = self._house.truth
        hours = max(seconds, 1.0) / 3600
        return Rollup(
            end=end,
            phases=self._house.truth_by_phase,
            inverters=sum(inverter.energy for inverter in self._house.inverters),
            mean=Flow(
                solar=(truth.solar - before.solar) / hours,
                grid=(truth.grid_import - before.grid_import - truth.grid_export + before.grid_export) / hours,
                load=(truth.load - before.load) / hours,
            ),
        )


def phase_voltage(house: House, epoch: float, phase: int) -> float:
    """Return V between a phase and neutral; solar power lifts it a little."""
    nominal = house.config.grid_voltage
    wander = smooth(house.config.seed + 60 + phase, epoch / 240) - 0.5
    lift = 0.0008 * house.flow_by_phase[phase].solar
    return nominal * (1 + 0.025 * wander) + lift


def line_voltage(house: House, epoch: float) -> float:
    """Return V at an inverter: both halves of a split phase, else one phase."""
    if house.config.split_phase:
        return phase_voltage(house, epoch, 0) + phase_voltage(house, epoch, 1)
    return phase_voltage(house, epoch, 0)


def frequency(house: House, epoch: float) -> float:
    """Return Hz; a house of its own is less steady than the grid."""
    nominal = house.config.grid_frequency
    width = 0.04 if house.on_grid else 0.4
    return nominal + width * (smooth(house.config.seed + 70, epoch / 20) - 0.5)
