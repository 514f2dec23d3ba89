"""One system as the cloud knows it: a house, its hardware, and what was reported."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from simulator.cloud.archive import Archive, Kind
from simulator.cloud.days import LocalDays
from simulator.house import House, HouseConfig
from simulator.iq_gateway import BatteryModel, Controller, GatewayConfig, GatewayServer, Measurement

from .charger import EvCharger, HeatPump
from .events import SystemEvent
from .settings import CloudSettings

_CONFIG_TYPES = {Measurement.NET_CONSUMPTION: "Net", Measurement.TOTAL_CONSUMPTION: "Total"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudSite:
    """What the cloud has on file: seconds between reports, and until one is shown."""

    system_id: int = 100001
    name: str = "Sunny Home"
    public_name: str = "Residential System"
    country: str = "US"
    state: str = "TX"
    city: str = "Austin"
    postal_code: str = "78701"
    connection_type: str = "ethernet"
    report_interval: float = 900.0
    delay: float = 600.0
    reference: str | None = None
    meter_since: date | None = None
    """From when on production is the meter's; None: from the first day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """A meter of the system: what it measures, and how it is wired."""

    serial: str
    name: str
    config_type: str


@dataclass(frozen=True, slots=True)
class Gap:
    """A time (epoch s) for which intervals are missing."""

    start: float
    end: float


@dataclass(slots=True)
class Reports:
    """What keeps reports away: silence since a moment (epoch s), and gaps."""

    silent_since: float | None = None
    gaps: list[Gap] = field(default_factory=list)


class CloudSystem:
    """A house in the cloud; with `gateway` writes go through it, so that it shows them."""

    def __init__(
        self,
        house: House,
        site: CloudSite | None = None,
        *,
        gateway: GatewayServer | None = None,
        hardware: GatewayConfig | None = None,
        archive: Archive | None = None,
        chargers: Iterable[EvCharger] = (),
        heat_pumps: Iterable[HeatPump] = (),
    ) -> None:
        """Know `house` from now on, or from where `archive` begins."""
        self.house = house
        self.site = site or CloudSite()
        self.gateway = gateway
        self.hardware: GatewayConfig = gateway.config if gateway else hardware or GatewayConfig()
        self.archive = archive or Archive(house)
        self.days = LocalDays(house.config.place.timezone)
        self.settings = CloudSettings(house, gateway)
        self.chargers = tuple(chargers)
        self.heat_pumps = tuple(heat_pumps)
        self.reports = Reports()
        self.corrections: dict[Kind, int] = {}
        """Wh that were taken off a life since, as after a meter was swapped: its oldest days have less."""
        self.status: str | None = None
        """Shown instead of what the system's state gives."""
        self.events: list[SystemEvent] = []

    def attach(self, gateway: GatewayServer) -> None:
        """Steer the house through its `gateway` from now on; settings begin anew."""
        self.settings.stop()
        self.gateway, self.hardware = gateway, gateway.config
        self.settings = CloudSettings(self.house, gateway)

    @property
    def system_id(self) -> int:
        """The system's number."""
        return self.site.system_id

    # -- time -----------------------------------------------------------------

    def advance(self, now: float) -> None:
        """Let the house live until `now`, epoch s."""
        self.settings.advance(now)

    def horizon(self, now: float) -> int:
        """Return until when the cloud has data at `now`, epoch s."""
        interval = self.site.report_interval
        last = (now - self.site.delay) // interval * interval
        silent = self.reports.silent_since
        if silent is not None:
            last = min(last, silent // interval * interval)
        return int(max(self.archive.start, min(last, self.archive.end)))

    def go_silent(self, since: float) -> None:
        """Report nothing from `since` (epoch s) on; the gateway keeps it for later."""
        self.reports.silent_since = since

    def speak_again(self) -> None:
        """Report again, what was missed included."""
        self.reports.silent_since = None

    def lose(self, start: float, end: float) -> None:
        """Let the intervals between (epoch s) be missing for ever."""
        self.reports.gaps.append(Gap(start, end))

    def lost(self, begin: float, end: float) -> bool:
        """Whether the interval is missing."""
        return any(gap.start < end and begin < gap.end for gap in self.reports.gaps)

    @property
    def operational_day(self) -> date:
        """The first local day."""
        return self.days.day(self.archive.start)

    def produced(self, now: float) -> bool:
        """Whether it has ever reported production."""
        return self.archive.last_moved("solar", self.horizon(now)) is not None

    def state(self, now: float) -> str:
        """Return the status: `comm` where reports are missing."""
        if self.status is not None:
            return self.status
        return "comm" if self.reports.silent_since is not None and now > self.reports.silent_since else "normal"

    def meta(self, now: float) -> dict[str, Any]:
        """Return how fresh the data is."""
        horizon = self.horizon(now)
        return {
            "status": self.state(now),
            "last_report_at": horizon,
            "last_energy_at": self.archive.last_moved("solar", horizon),
            "operational_at": self.archive.start,
        }

    def correct(self, kind: Kind, wh: int) -> None:
        """Take Wh off what was told of a life so far."""
        self.corrections[kind] = self.corrections.get(kind, 0) + wh

    def consumed(self, begin: float, end: float) -> int:
        """Return Wh from `begin` to `end` (epoch s) as the meter of consumption has it.

        A net meter adds production and grid up, which is the house and what the battery takes.
        """
        meter, energy = self.consumption_meter, self.archive.energy
        taken = energy("load", begin, end)
        if meter is None or meter.config_type == "Total":
            return taken
        return taken + energy("battery_charge", begin, end) - energy("battery_discharge", begin, end)

    # -- hardware -------------------------------------------------------------

    @property
    def serial(self) -> str:
        """The gateway's serial number."""
        return self.hardware.serial

    @property
    def firmware(self) -> str:
        """The gateway's firmware."""
        return self.gateway.state.firmware if self.gateway else self.hardware.firmware

    @property
    def production_meter(self) -> Meter | None:
        """The meter of production, None where inverters count alone."""
        if not self.hardware.metered or Measurement.PRODUCTION not in self.hardware.cts:
            return None
        return Meter(serial=f"{self.serial}EIM1", name="production", config_type="Production")

    @property
    def consumption_meter(self) -> Meter | None:
        """The meter of consumption."""
        for kind, config_type in _CONFIG_TYPES.items():
            if self.hardware.metered and kind in self.hardware.cts:
                return Meter(serial=f"{self.serial}EIM2", name="consumption", config_type=config_type)
        return None

    @property
    def storage_meter(self) -> Meter | None:
        """The meter of the battery, which newer hardware has."""
        if not self.hardware.metered or Measurement.STORAGE not in self.hardware.cts or self.house.battery is None:
            return None
        return Meter(serial=f"{self.serial}EIM4", name="storage", config_type="Storage")

    @property
    def meters(self) -> list[Meter]:
        """All meters."""
        return [each for each in (self.production_meter, self.consumption_meter, self.storage_meter) if each]

    @property
    def encharges(self) -> list[str]:
        """Serial numbers of the IQ Batteries."""
        return self._units(BatteryModel.ENCHARGE)

    @property
    def ac_batteries(self) -> list[str]:
        """Serial numbers of the old AC Batteries."""
        return self._units(BatteryModel.AC_BATTERY)

    @property
    def controller(self) -> Controller:
        """What stands between the house and the grid."""
        return self.hardware.controller

    @property
    def controller_serial(self) -> str:
        """The serial number of the system controller or collar, as the gateway has it."""
        return f"4825{self.serial[-6:]}90"

    @property
    def working_inverters(self) -> int:
        """How many inverters report."""
        return sum(each.works for each in self.house.inverters)

    @property
    def size(self) -> int:
        """W of all panels."""
        return round(sum(each.panel_watts for each in self.house.inverters if not each.removed))

    def _units(self, model: BatteryModel) -> list[str]:
        battery = self.house.battery
        if battery is None or self.hardware.battery_model is not model:
            return []
        return [f"4923{self.serial[-6:]}{number + 1:02d}" for number in range(battery.config.units)]


def lived(
    config: HouseConfig, *, now: float, days: float, step: float = 900.0, site: CloudSite | None = None, **more: Any
) -> CloudSystem:
    """Return the system of a house that has lived `days` until `now` (epoch s).

    A year takes a second or two with steps of 900 s. `more` goes to
    `CloudSystem`. The past begins at a quarter of an hour.
    """
    house = House(config, start=(now - days * 86_400) // 900 * 900)
    archive = Archive(house)
    house.advance(now, step=step)
    return CloudSystem(house, site, archive=archive, **more)
