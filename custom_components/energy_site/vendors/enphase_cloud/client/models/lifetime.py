"""Energy day by day over a system's life, in v4 and in v2."""

from dataclasses import dataclass
from datetime import date

from .....api.payload import Record
from .common import DailySeries, day, parse_meta, parse_series


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyLifetime:
    """`energy_lifetime`: Wh a day.

    `production` is the merged series: from the inverters until the first full
    day after a meter came, which is `meter_start_date`, and from the meter
    after that. The other two are told only with production=all.
    """

    production: DailySeries
    micro_production: DailySeries | None
    meter_production: DailySeries | None
    meter_start_date: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryLifetime:
    """`battery_lifetime`: Wh a day into and out of all batteries."""

    charge: DailySeries
    discharge: DailySeries


def parse_energy_lifetime(endpoint: str, payload: object) -> EnergyLifetime:
    """Read `energy_lifetime`."""
    root = Record(endpoint, payload)
    return EnergyLifetime(
        production=parse_series(root, "production"),
        micro_production=_series_or_none(root, "micro_production"),
        meter_production=_series_or_none(root, "meter_production"),
        meter_start_date=day(root, "meter_start_date"),
    )


def parse_battery_lifetime(endpoint: str, payload: object) -> BatteryLifetime:
    """Read `battery_lifetime`."""
    root = Record(endpoint, payload)
    return BatteryLifetime(charge=parse_series(root, "charge"), discharge=parse_series(root, "discharge"))


def parse_consumption_lifetime(endpoint: str, payload: object) -> DailySeries:
    """Read `consumption_lifetime`, `evse_lifetime`, `hp_lifetime` or an EV charger's `lifetime`."""
    return parse_series(Record(endpoint, payload), "consumption")


def parse_import_lifetime(endpoint: str, payload: object) -> DailySeries:
    """Read `energy_import_lifetime`."""
    return parse_series(Record(endpoint, payload), "import")


def parse_export_lifetime(endpoint: str, payload: object) -> DailySeries:
    """Read `energy_export_lifetime`."""
    return parse_series(Record(endpoint, payload), "export")


def _series_or_none(root: Record, key: str) -> DailySeries | None:
    if not isinstance(root.value(key), list):
        return None
    return DailySeries(start_date=day(root, "start_date"), values=root.numbers(key), meta=parse_meta(root))
