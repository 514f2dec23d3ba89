"""All inverters of a house."""

from .config import HouseConfig
from .energy import split
from .inverter import Inverter, output, yield_of
from .noise import between, fraction
from .sun import clear_sky, on_plane, sun_position
from .weather import Weather


class Roof:
    """The arrays and their inverters."""

    def __init__(self, config: HouseConfig, *, start: float) -> None:
        """Install what the configuration says; `start` is when, epoch s."""
        self._config = config
        self.inverters: list[Inverter] = []
        self.per_watt: list[float] = [0.0] * len(config.arrays)
        self.air_temperature = 15.0
        self._dark = False
        self._by_serial: dict[str, Inverter] = {}
        for number, array in enumerate(config.arrays):
            for _ in range(array.inverters):
                self.install(number, start)

    def install(self, array: int, when: float) -> Inverter:
        """Add an inverter with a mismatch of its own."""
        config = self._config
        index = len(self.inverters)
        mismatch = between(config.seed + 7, index, 0.965, 1.02)
        inverter = Inverter(
            serial=self._serial(index),
            array=array,
            panel_watts=config.arrays[array].panel_watts * mismatch,
            rated_watts=config.arrays[array].inverter_watts,
            phase=index % config.phases,
            installed_at=when,
        )
        self.inverters.append(inverter)
        self._by_serial[inverter.serial] = inverter
        return inverter

    def find(self, serial: str) -> Inverter:
        """Return the inverter with this serial number."""
        return self._by_serial[serial]

    def shine(self, moment: float, weather: Weather, *, share: float) -> float:
        """Set each inverter's power for the sun at `moment`; return all W.

        None makes more than `share` (0..1) of its rating.
        """
        sun = sun_position(moment, self._config.place)
        if sun.elevation <= 0:
            self.air_temperature = weather.temperature(moment)
            self._go_dark()
            return 0.0
        self._dark = False
        sky = weather.under_clouds(clear_sky(sun.elevation), moment)
        self.air_temperature = weather.temperature(moment)
        self.per_watt = [
            yield_of(
                on_plane(sky, sun, tilt=array.tilt, azimuth=array.azimuth),
                self.air_temperature,
            )
            for array in self._config.arrays
        ]
        total = 0.0
        for inverter in self.inverters:
            power = output(inverter, self.per_watt[inverter.array])
            if share < 1:
                power = min(power, share * inverter.rated_watts)
            inverter.power = power
            total += power
        return total

    def _go_dark(self) -> None:
        if self._dark:
            return
        self._dark = True
        self.per_watt = [0.0] * len(self._config.arrays)
        for inverter in self.inverters:
            inverter.power = 0.0

    def throttle(self, share: float) -> None:
        """Hold the inverters to `share` (0..1) of what they could make together."""
        if self._dark:
            return
        if share < 1 and not self._config.limits_evenly:
            self._cap(share * sum(inverter.power for inverter in self.inverters))
            share = 1.0
        for inverter in self.inverters:
            if share < 1:
                inverter.power *= share
            if inverter.power > inverter.peak_watts:  # noqa: PLR1730 # Half the time of max(), for each inverter and step.
                inverter.peak_watts = inverter.power

    def _cap(self, left: float) -> None:
        """Hold the strongest inverters to the same power, so that `left` W remain of all."""
        ascending = sorted(self.inverters, key=lambda inverter: inverter.power)
        for index, inverter in enumerate(ascending):
            inverter.power = min(inverter.power, left / (len(ascending) - index))
            left -= inverter.power

    def power_by_phase(self) -> list[float]:
        """Return W on each phase; a split phase takes half of every inverter."""
        config = self._config
        if self._dark:
            return [0.0] * config.phases
        if config.split_phase or config.phases == 1:
            whole = sum(inverter.power for inverter in self.inverters)
            return [whole / config.phases] * config.phases
        powers = [0.0] * config.phases
        for inverter in self.inverters:
            powers[inverter.phase] += inverter.power
        return powers

    def book(self, scale: float) -> list[int]:
        """Count energy; `scale` makes micro-watt-hours of W. Return it a phase."""
        energies = [0] * self._config.phases
        if self._dark:
            return energies
        for inverter in self.inverters:
            if inverter.power:
                energy = round(inverter.power * scale)
                inverter.energy += energy
                energies[inverter.phase] += energy
        return self._shared(energies)

    def begin_with(self, energy: int) -> list[int]:
        """Give the inverters a past that adds up to `energy`; return it a phase."""
        weights = [inverter.panel_watts for inverter in self.inverters]
        energies = [0] * self._config.phases
        if not weights:
            return energies
        for inverter, part in zip(self.inverters, split(energy, weights), strict=True):
            inverter.energy = part
            energies[inverter.phase] += part
            inverter.peak_watts = inverter.rated_watts * 0.93 if energy else 0.0
        return self._shared(energies)

    def _shared(self, energies: list[int]) -> list[int]:
        if self._config.split_phase:
            return split(sum(energies), [1.0] * len(energies))
        return energies

    def _serial(self, index: int) -> str:
        maker = int(fraction(self._config.seed + 9, 0) * 9000) + 1000
        return f"4822{maker:04d}{index + 1:04d}"
