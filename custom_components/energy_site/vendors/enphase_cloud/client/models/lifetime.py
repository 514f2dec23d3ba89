"""Daily energy over a system's lifetime, in v4 and in v2."""

from dataclasses import dataclass

from .....api.payload import Record
from .common import DailySeries, parse_series


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryLifetime:
    """`battery_lifetime`: Wh by day into and out of all batteries."""

    charge: DailySeries
    discharge: DailySeries


def parse_energy_lifetime(endpoint: str, payload: object) -> DailySeries:
    """Read `energy_lifetime`.

    It is the merged series: from the inverters until the first full day after a meter was
    installed, and from the meter after that.
    """
    return parse_series(Record(endpoint, payload), "production")


def parse_battery_lifetime(endpoint: str, payload: object) -> BatteryLifetime:
    """Read `battery_lifetime`."""
    root = Record(endpoint, payload)
    return BatteryLifetime(charge=parse_series(root, "charge"), discharge=parse_series(root, "discharge"))


def parse_consumption_lifetime(endpoint: str, payload: object) -> DailySeries:
    """Read `consumption_lifetime`, an EV charger's `lifetime` or a heat pump's `hp_lifetime`."""
    return parse_series(Record(endpoint, payload), "consumption")


def parse_import_lifetime(endpoint: str, payload: object) -> DailySeries:
    """Read `energy_import_lifetime`."""
    return parse_series(Record(endpoint, payload), "import")


def parse_export_lifetime(endpoint: str, payload: object) -> DailySeries:
    """Read `energy_export_lifetime`."""
    return parse_series(Record(endpoint, payload), "export")
