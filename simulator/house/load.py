"""What a household uses, second by second, from a seed."""

from dataclasses import dataclass
from math import exp
from random import Random

from .config import LoadConfig
from .noise import between, fraction, smooth

_DAY = 86400
_HOUR = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Appliance:
    """Something big that is switched on now and then."""

    name: str
    watts: float
    minutes: float
    uses_a_day: float
    hours: tuple[float, float]
    duty_seconds: float = 0.0


APPLIANCES = (
    Appliance(name="kettle", watts=2000, minutes=4, uses_a_day=1.6, hours=(6.5, 22)),
    Appliance(
        name="oven",
        watts=2400,
        minutes=45,
        uses_a_day=0.35,
        hours=(16, 19.5),
        duty_seconds=240,
    ),
    Appliance(
        name="hob",
        watts=1500,
        minutes=25,
        uses_a_day=0.45,
        hours=(17, 20),
        duty_seconds=60,
    ),
    Appliance(name="dishwasher", watts=1900, minutes=35, uses_a_day=0.3, hours=(19, 22.5)),
    Appliance(name="washing machine", watts=2000, minutes=25, uses_a_day=0.3, hours=(8, 20)),
    Appliance(
        name="dryer",
        watts=2300,
        minutes=60,
        uses_a_day=0.2,
        hours=(10, 21),
        duty_seconds=300,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Use:
    """One use of an appliance: from and to, epoch s; W; the wire it is on."""

    start: float
    end: float
    watts: float
    duty_seconds: float
    phase: int

    def power(self, epoch: float) -> float:
        """Return W at `epoch` while it lasts; a thermostat switches some appliances."""
        if self.duty_seconds and (epoch - self.start) // self.duty_seconds % 2:
            return self.watts * 0.05
        return self.watts


def _bump(hour: float, centre: float, width: float) -> float:
    return exp(-(((hour - centre) / width) ** 2))


class Loads:
    """The household's loads on each phase."""

    def __init__(self, config: LoadConfig, *, seed: int, phases: int) -> None:
        """Spread the loads of `config` over `phases` wires."""
        self._config = config
        self._seed = seed
        self._phases = phases
        self._uses: dict[int, tuple[_Use, ...]] = {}
        self._spread = self._base_spread()

    def powers(self, epoch: float, utc_offset: float, *, shed: frozenset[str] = frozenset()) -> list[float]:
        """Return W on each phase; `shed` names contacts that are open."""
        local = epoch + utc_offset
        hour = local % _DAY / _HOUR
        config = self._config
        flicker = 0.85 + 0.3 * smooth(self._seed + 11, epoch / 45)
        living = config.people * (90 * _bump(hour, 7.5, 1.3) + 170 * _bump(hour, 19.5, 2.6) + 25)
        mood = 0.5 + smooth(self._seed + 12, epoch / 1500)
        everywhere = (config.base_watts * flicker + living * mood) * config.scale
        powers = [everywhere * share for share in self._spread]
        for fridge in range(config.fridges):
            powers[fridge % self._phases] += self._fridge(fridge, epoch)
        for use in self._uses_around(int(local // _DAY), utc_offset):
            if use.start <= epoch < use.end:
                powers[use.phase] += use.power(epoch) * config.scale
        for index, circuit in enumerate(config.circuits):
            if circuit.contact not in shed:
                on = smooth(self._seed + 40 + index, epoch / 1200) < circuit.duty
                powers[(index + 1) % self._phases] += circuit.watts if on else 0.0
        return powers

    def _base_spread(self) -> list[float]:
        weights = [between(self._seed + 13, wire, 0.7, 1.3) for wire in range(self._phases)]
        return [weight / sum(weights) for weight in weights]

    def _fridge(self, number: int, epoch: float) -> float:
        seed = self._seed + 20 + number
        period = between(seed, 1, 2100, 3300)
        position = epoch / period + fraction(seed, 2)
        duty = 0.3 + 0.15 * smooth(seed, position / 12)
        return between(seed, 3, 80, 130) if position % 1 < duty else 2.0

    def _uses_around(self, day: int, utc_offset: float) -> list[_Use]:
        """Return today's uses and yesterday's, which may run past midnight."""
        for number in (day - 1, day):
            if number not in self._uses:
                if len(self._uses) > 3:
                    self._uses.clear()
                self._uses[number] = self._plan(number, utc_offset)
        return [*self._uses.get(day - 1, ()), *self._uses[day]]

    def _plan(self, day: int, utc_offset: float) -> tuple[_Use, ...]:
        random = Random(f"{self._seed}/{day}")
        midnight = day * _DAY - utc_offset
        uses = []
        for number, appliance in enumerate(APPLIANCES):
            expected = appliance.uses_a_day * self._config.people
            count = int(expected) + (random.random() < expected % 1)
            for _ in range(count):
                start = midnight + random.uniform(*appliance.hours) * _HOUR
                uses.append(
                    _Use(
                        start=start,
                        end=start + appliance.minutes * 60 * random.uniform(0.7, 1.3),
                        watts=appliance.watts * random.uniform(0.9, 1.05),
                        duty_seconds=appliance.duty_seconds,
                        phase=number % self._phases,
                    )
                )
        if self._config.vehicle_watts and random.random() < 0.6:
            start = midnight + random.uniform(18, 23) * _HOUR
            uses.append(
                _Use(
                    start=start,
                    end=start + random.uniform(1, 5) * _HOUR,
                    watts=self._config.vehicle_watts,
                    duty_seconds=0.0,
                    phase=0,
                )
            )
        return tuple(uses)
