"""A house: sun, weather, loads, battery and grid, integrated over time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from math import floor
from zoneinfo import ZoneInfo

from .battery import Battery
from .config import GeneratorConfig, HouseConfig
from .diary import DayStart, Diary
from .dispatch import Shares, off_grid, on_grid
from .energy import MICRO, Ledger, PhaseLedger, Truth, split
from .flows import Flow, together
from .inverter import Inverter, output
from .load import Loads
from .roof import Roof
from .weather import Weather

_HOUR = 3600.0
type Observer = Callable[[float, float], None]
type Plugged = Callable[[float], float]
"""W of something big that is plugged in, at a moment (epoch s): the same for a whole quarter of an hour."""


@dataclass(slots=True, kw_only=True)
class Switches:
    """What people and vendors can switch."""

    grid_available: bool = True
    relay_closed: bool = True
    generator: str = "auto"
    production_allowed: bool = True
    solar_share: float = 1.0
    export_limit: float | None = None
    shed: frozenset[str] = frozenset()


def step_for(leap: float) -> float:
    """Return the step for a leap of `leap` seconds: fine when asked often."""
    if leap <= 15:
        return 1.0
    return 10.0 if leap <= _HOUR else 60.0


class House:
    """The physics of one home, without any clock: it is told how far to go."""

    def __init__(self, config: HouseConfig, *, start: float) -> None:
        """Build the house as it is at `start`, seconds since the epoch."""
        self.config = config
        self.time = float(start)
        self.battery = Battery(config.battery) if config.battery else None
        self.weather = Weather(config.seed, cloudiness=config.cloudiness, place=config.place)
        self.roof = Roof(config, start=start)
        self.switches = Switches(export_limit=config.export_limit)
        self.generator_runs = False
        self.plugged: list[Plugged] = []
        """Such as cars, which are charged on grid only."""
        self.islanded = False
        """Whether the last step was lived without the utility."""
        self._loads = Loads(config.load, seed=config.seed, phases=config.phases)
        self._zone = ZoneInfo(config.place.timezone)
        self._offset = 0.0
        self._offset_until = 0.0
        self._observers: list[Observer] = []
        self._ledger = Ledger(
            [PhaseLedger() for _ in range(config.phases)],
        )
        self._open_books()
        self._flows: tuple[Flow, ...] = ()
        self._solve(self.time, 1.0)
        self.diary = Diary(self._day_start())

    # -- what is asked of a house -------------------------------------------

    @property
    def on_grid(self) -> bool:
        """Whether the utility is there and the house is connected to it."""
        return self.switches.relay_closed and self.utility_up

    @property
    def utility_up(self) -> bool:
        """Whether the utility itself has power."""
        if not self.config.outages:
            return self.switches.grid_available
        return self.switches.grid_available and not any(
            outage.start <= self.time < outage.end for outage in self.config.outages
        )

    @property
    def truth(self) -> Truth:
        """Counters since the beginning, starting totals included, Wh."""
        return self._ledger.total().truth()

    @property
    def counters(self) -> PhaseLedger:
        """The same, all phases together, in micro-watt-hours."""
        return self._ledger.total()

    @property
    def truth_by_phase(self) -> tuple[Truth, ...]:
        """The counters of each phase, Wh."""
        return tuple(phase.truth() for phase in self._ledger.phases)

    @property
    def imbalance(self) -> int:
        """What came in less what went out, in micro-watt-hours."""
        return self._ledger.total().imbalance

    @property
    def flow(self) -> Flow:
        """Power now, W."""
        return together(self._flows)

    @property
    def flow_by_phase(self) -> tuple[Flow, ...]:
        """Power now on each phase, W."""
        return self._flows

    @property
    def inverters(self) -> list[Inverter]:
        """Every inverter there ever was, the removed ones too."""
        return self.roof.inverters

    @property
    def battery_level(self) -> float | None:
        """State of charge in percent, None without a battery."""
        return self.battery.level if self.battery else None

    def utc_offset(self, epoch: float) -> float:
        """Return the seconds local time is ahead of UTC."""
        if not self._offset_until - 900 <= epoch < self._offset_until:
            moment = datetime.fromtimestamp(epoch, UTC).astimezone(self._zone)
            ahead = moment.utcoffset()
            self._offset = ahead.total_seconds() if ahead else 0.0
            self._offset_until = (epoch // 900 + 1) * 900
        return self._offset

    def local_day(self, epoch: float) -> int:
        """Return the number of the local day `epoch` is in."""
        return int((epoch + self.utc_offset(epoch)) // 86400)

    def watch(self, observer: Observer) -> Callable[[], None]:
        """Call `observer(from, to)` after each step; return how to stop that."""
        self._observers.append(observer)
        # No closure: a copy of the house, for who begins with its past again and again, has observers of its own.
        return partial(self._forget, observer)

    def _forget(self, observer: Observer) -> None:
        self._observers.remove(observer)

    # -- time ---------------------------------------------------------------

    def advance(self, to: float, *, step: float | None = None) -> None:
        """Live on until `to` (epoch s), in steps of at most `step` seconds.

        Steps end on whole multiples of their length, so that quarter hours and
        midnights are step ends.
        """
        length = step or step_for(to - self.time)
        while self.time < to:
            end = min(to, (floor(self.time / length) + 1) * length)
            self._step(self._before_next_outage_edge(end), length)

    def _before_next_outage_edge(self, end: float) -> float:
        if not self.config.outages:
            return end
        edges = (edge for outage in self.config.outages for edge in (outage.start, outage.end))
        return min((edge for edge in edges if self.time < edge < end), default=end)

    def _step(self, end: float, length: float) -> None:
        begin = self.time
        # Sun and loads are taken at the middle of the whole step, so that many
        # small advances add up to the same as one.
        middle = floor(begin / length) * length + length / 2
        self._solve(middle, end - begin)
        self._book(end - begin)
        self.time = end
        if self.local_day(end) != self.diary.today.day:
            self.diary.write(self._day_start())
        for observer in tuple(self._observers):
            observer(begin, end)

    def _solve(self, moment: float, seconds: float) -> None:
        """Find the power of everything at `moment`, to hold for `seconds`."""
        hours = seconds / _HOUR
        offset = self.utc_offset(moment)
        loads = self._loads.powers(moment, offset, shed=self.switches.shed)
        self.islanded = not self.on_grid
        if self.plugged and not self.islanded:
            loads[0] += sum(each(moment) for each in self.plugged)
        switches = self.switches
        solar = self.roof.shine(
            moment,
            self.weather,
            share=switches.solar_share if switches.production_allowed else 0.0,
        )
        if self.on_grid:
            self.generator_runs = False
            shares = on_grid(
                solar=solar,
                load=sum(loads),
                battery=self.battery,
                export_limit=self.switches.export_limit,
                local_hour=(moment + offset) % 86400 / _HOUR,
                hours=hours,
            )
        else:
            shares = off_grid(
                solar=solar,
                load=sum(loads),
                battery=self.battery,
                generator=self._running_generator(),
                hours=hours,
            )
        self.roof.throttle(shares.solar / solar if solar > 0 else 1.0)
        self._flows = self._by_phase(shares, loads)

    def _running_generator(self) -> GeneratorConfig | None:
        generator = self.config.generator
        if generator is None or self.switches.generator == "off":
            self.generator_runs = False
        elif self.switches.generator == "on" or self.battery is None or self.battery.level <= generator.start_level:
            self.generator_runs = True
        elif self.battery.level >= generator.stop_level:
            self.generator_runs = False
        return generator if self.generator_runs else None

    def _by_phase(self, shares: Shares, loads: list[float]) -> tuple[Flow, ...]:
        wires = len(loads)
        solar = self.roof.power_by_phase()
        generator = [shares.generator / wires] * wires
        battery = [shares.battery / wires] * wires
        if self.on_grid:
            grid = [loads[wire] - solar[wire] - battery[wire] - generator[wire] for wire in range(wires)]
        else:
            # Off the grid the system controller's transformer balances the
            # phases: each carries what its sources give.
            made = [solar[wire] + generator[wire] for wire in range(wires)]
            if shares.battery < 0 and sum(made) > 0:
                battery = [shares.battery * part / sum(made) for part in made]
            loads = [max(0.0, made[wire] + battery[wire]) for wire in range(wires)]
            grid = [0.0] * wires
        return tuple(
            Flow(
                solar=solar[wire],
                grid=grid[wire],
                battery=battery[wire],
                load=loads[wire],
                generator=generator[wire],
            )
            for wire in range(wires)
        )

    def _book(self, seconds: float) -> None:
        scale = seconds / _HOUR * MICRO
        solar = self.roof.book(scale)
        battery = [round(flow.battery * scale) for flow in self._flows]
        generator = [round(flow.generator * scale) for flow in self._flows]
        if self.on_grid:
            load = [round(flow.load * scale) for flow in self._flows]
        else:
            load = [sum(parts) for parts in zip(solar, battery, generator, strict=True)]
            # Rounding may leave a phase a few micro-watt-hours below nothing;
            # the battery gives them.
            for wire, energy in enumerate(load):
                if energy < 0:
                    battery[wire] -= energy
                    load[wire] = 0
        self._ledger.book(solar=solar, load=load, battery=battery, generator=generator)
        if self.battery:
            moved = sum(battery) / MICRO
            self.battery.take(max(0.0, -moved), max(0.0, moved))

    def _day_start(self) -> DayStart:
        return DayStart(
            day=self.local_day(self.time),
            epoch=self.time,
            phases=self.truth_by_phase,
            inverters=tuple(each.energy for each in self.inverters),
        )

    def _open_books(self) -> None:
        totals = self.config.starting_totals
        even = [1.0] * self.config.phases
        for name in PhaseLedger.__slots__:
            if name == "solar":
                parts = self.roof.begin_with(round(totals.solar * MICRO))
            else:
                parts = split(round(getattr(totals, name) * MICRO), even)
            for phase, part in zip(self._ledger.phases, parts, strict=True):
                setattr(phase, name, part)

    # -- changes to the house -----------------------------------------------

    def add_inverter(self, *, array: int = 0) -> Inverter:
        """Install one more inverter on an array."""
        return self.roof.install(array, self.time)

    def remove_inverter(self, serial: str) -> None:
        """Take an inverter off the roof; what it made stays made."""
        self.roof.find(serial).removed = True

    def inverter(self, serial: str) -> Inverter:
        """Return the inverter with this serial number."""
        return self.roof.find(serial)

    def available_solar(self) -> float:
        """Return the W the roof could make if nothing held it back."""
        per_watt = self.roof.per_watt
        return sum(output(each, per_watt[each.array]) for each in self.inverters)
