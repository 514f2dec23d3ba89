"""One microinverter and its panel."""

from dataclasses import dataclass
from math import log1p

EFFICIENCY = 0.967
_HOT_LOSS_PER_DEGREE = 0.0034
_STANDARD_TEMPERATURE = 25.0
_PANEL_HEATING = 0.028
_STANDARD_IRRADIANCE = 1000.0
_START_WATTS = 1.5


@dataclass(slots=True, kw_only=True)
class Inverter:
    """An inverter: its panel's W (with its own mismatch) and what it has made."""

    serial: str
    array: int
    panel_watts: float
    rated_watts: float
    phase: int
    installed_at: float
    shade: float = 1.0
    dead: bool = False
    removed: bool = False
    power: float = 0.0
    peak_watts: float = 0.0
    energy: int = 0
    """Micro-watt-hours since the simulation began, starting totals included."""

    @property
    def energy_wh(self) -> float:
        """Lifetime energy in Wh."""
        return self.energy / 1e6

    @property
    def works(self) -> bool:
        """Whether it would produce in the sun."""
        return not (self.dead or self.removed)


def yield_of(irradiance: float, air_temperature: float) -> float:
    """Return AC W a W of panel (STC) at `irradiance` W/m² and air in degrees C."""
    cell = air_temperature + _PANEL_HEATING * irradiance
    heat = 1 - _HOT_LOSS_PER_DEGREE * (cell - _STANDARD_TEMPERATURE)
    return EFFICIENCY * irradiance / _STANDARD_IRRADIANCE * heat


def output(inverter: Inverter, per_watt: float) -> float:
    """Return AC W, clipped at the rating; too little light starts nothing."""
    watts = inverter.panel_watts * per_watt * inverter.shade
    if watts < _START_WATTS or not inverter.works:
        return 0.0
    return min(watts, inverter.rated_watts)


def dc_voltage(inverter: Inverter, air_temperature: float) -> float:
    """Return the panel's voltage in V: it grows with light, falls with heat."""
    if inverter.power <= 0:
        return 0.0
    light = inverter.power / inverter.panel_watts
    return 31.5 + 2.4 * log1p(9 * light) - 0.11 * (air_temperature + 28 * light - 25)


def dc_current(inverter: Inverter, air_temperature: float) -> float:
    """Return the panel's current in A."""
    voltage = dc_voltage(inverter, air_temperature)
    return inverter.power / EFFICIENCY / voltage if voltage else 0.0


def temperature(inverter: Inverter, air_temperature: float) -> float:
    """Return the inverter's own temperature in degrees C."""
    return air_temperature + 22 * inverter.power / inverter.rated_watts
