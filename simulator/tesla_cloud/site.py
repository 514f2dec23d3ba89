"""One energy site: its house, hardware, events, and behaviour."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from math import inf
from typing import Any

from simulator.cloud.archive import Archive
from simulator.cloud.days import LocalDays
from simulator.cloud.outages import OutageLog
from simulator.house import BatteryConfig, House, HouseConfig
from simulator.house.energy import MICRO

from .behaviour import SiteBehaviour, Write, WriteBehaviour
from .settings import HIDDEN_PERCENT, SiteSettings, raw_percent
from .site_details import SiteDetails
from .splits import Splits
from .uploads import Uploads
from .wall_connector import WallConnector

_LONG_STEP, _DAY = 300.0, 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """A watch window, epoch s; the battery charges in it unless the owner opted out."""

    start: float
    end: float
    storm_type: str = "hurricane"
    opted_out: bool = False
    event_id: str = "storm-000001"


@dataclass(slots=True, kw_only=True)
class Live:
    """The last live answer: when it was made (epoch s), and what it says."""

    at: float
    values: dict[str, Any]


class EnergySite:
    """A house in the Tesla cloud, with its history since it was created."""

    def __init__(
        self,
        house: House,
        details: SiteDetails | None = None,
        *,
        chargers: Iterable[WallConnector] = (),
        measured: bool = True,
        archive: Archive | None = None,
        live: Callable[[float], object] | None = None,
    ) -> None:
        """Observe `house` from now on, or from the start of `archive`.

        A site with only Wall Connectors is not `measured`. `live` advances the
        house to a time (epoch s) if something else controls it as well.
        """
        self.house = house
        self._details = details or SiteDetails()
        self.measured = measured
        self.archive = archive or Archive(house)
        self.outages = OutageLog(house, since=self.archive.start)
        self.chargers = list(chargers)
        for each in self.chargers:
            each.install(house)
        self.days = LocalDays(house.config.place.timezone)
        self.uploads = Uploads()
        self.settings = SiteSettings(house, self.details)
        self.storms: list[Storm] = []
        self.grid_services_power: float | None = None
        """W of an active grid-services event. It is only reported; the house doesn't follow it."""
        self.island_reason = ""
        """Suffix of the island status during an outage, such as `wait_for_solar`."""
        self.island_status: str | None = None
        """Overrides the island status derived from the house."""
        self.breaker_open = False
        self.live: Live | None = None
        self.step = 60.0
        """Seconds of the steps its house lives in; five minutes in a leap of days."""
        self._behaviour = SiteBehaviour()
        self._splits: dict[bool, Splits] = {}
        self._let_live = live

    @property
    def site_id(self) -> int:
        """The site's number."""
        return self.details.site_id

    def path(self, name: str) -> str:
        """Return the path of one of its endpoints, as faults and counts want it."""
        return f"/api/1/energy_sites/{self.site_id}/{name}"

    @property
    def details(self) -> SiteDetails:
        """Its static details; a new firmware applies to later writes."""
        return self._details

    @details.setter
    def details(self, details: SiteDetails) -> None:
        self._details = self.settings.details = details

    # -- how it behaves ---------------------------------------------------------

    @property
    def behaviour(self) -> SiteBehaviour:
        """How the site's endpoints behave."""
        return self._behaviour

    @behaviour.setter
    def behaviour(self, behaviour: SiteBehaviour) -> None:
        self._behaviour = behaviour
        self.settings.snaps_reserve = behaviour.reserve_snaps
        self.settings.snaps_full = behaviour.full_reserve_snaps
        self.settings.mode_moves_grid_charging = behaviour.mode_moves_grid_charging

    def set_behaviour(self, **changes: Any) -> None:
        """Change fields of `SiteBehaviour`."""
        self.behaviour = replace(self.behaviour, **changes)

    def set_write_behaviour(self, write: Write, **behaviour: Any) -> None:
        """Set the fields of `WriteBehaviour` for one write; the others get their defaults."""
        self.settings.write_behaviours[write] = WriteBehaviour(**behaviour)

    def set_write_behaviours(self, **behaviour: Any) -> None:
        """Set the fields of `WriteBehaviour` for all writes."""
        for write in Write:
            self.set_write_behaviour(write, **behaviour)

    # -- what happens to it -----------------------------------------------------

    def disconnect_internet(self, since: float) -> None:
        """Disconnect the gateway from the internet at `since` (epoch s). It keeps recording."""
        self.uploads.begin(since)

    def reconnect_internet(self, at: float, *, upload_after: float = 3600.0, keep_seconds: float = inf) -> None:
        """Connect the gateway again at `at` (epoch s).

        It uploads its rows `upload_after` s later. Of the five-minute rows, only
        the first `keep_seconds` of the gap are uploaded.
        """
        self.uploads.end(at, after=upload_after, keeps=keep_seconds)

    def disconnect_grid(self) -> None:
        """Go off grid as the owner does it in the app."""
        self.house.switches.relay_closed = False

    def reconnect_grid(self) -> None:
        """Go back on grid."""
        self.house.switches.relay_closed = True

    def start_outage(self) -> None:
        """Cut the utility's power."""
        self.house.switches.grid_available = False

    def end_outage(self) -> None:
        """Restore the utility's power."""
        self.house.switches.grid_available = True

    def storm_at(self, now: float) -> bool:
        """Whether the battery charges for a storm at `now`, epoch s."""
        return bool(self.settings.now.storm_mode) and any(
            each.start <= now < each.end and not each.opted_out for each in self.storms
        )

    def events_block(self, now: float) -> bool:
        """Whether a storm or grid-services event blocks writes at `now`, epoch s."""
        return self.behaviour.events_block_settings and (self.storm_at(now) or self.grid_services_power is not None)

    # -- what it is made of -----------------------------------------------------

    @property
    def has_solar(self) -> bool:
        """Whether there are panels."""
        return bool(self.house.config.arrays)

    @property
    def has_battery(self) -> bool:
        """Whether there is a battery."""
        return self.house.battery is not None

    @property
    def pack_wh(self) -> float:
        """Capacity of all packs in Wh. Tesla reports 1 for a site without a battery."""
        return round(self.house.battery.capacity) if self.house.battery else 1.0

    @property
    def energy_left(self) -> float:
        """Energy in the battery on the app's scale, Wh: the raw reading is whole watt-hours."""
        battery = self.house.battery
        if battery is None:
            return 0.0
        raw = round(battery.available_wh)
        return max(0.0, (raw - HIDDEN_PERCENT / 100 * self.pack_wh) / (1 - HIDDEN_PERCENT / 100))

    @property
    def level(self) -> float:
        """Percent of the battery on the app's scale."""
        return 100 * self.energy_left / self.pack_wh

    def splits(self, *, fractional: bool = False) -> Splits:
        """Return its energy by source and use, in whole Wh or in parts of one."""
        if fractional not in self._splits:
            self._splits[fractional] = Splits(self.archive, unit=1 if fractional else MICRO)
        return self._splits[fractional]

    # -- time -------------------------------------------------------------------

    def advance(self, now: float, *, step: float | None = None) -> None:
        """Let the house live until `now` (epoch s), stopping where a setting or a storm changes.

        A step is at most `step` s, by default the site's own.
        """
        while (edge := self._next_edge()) < now:
            self._live(edge, step)
        self._live(now, step)

    def _next_edge(self) -> float:
        storms = [edge for each in self.storms for edge in (each.start, each.end)]
        due = self.settings.next_due
        edges = storms if due is None else [*storms, due]
        return min((each for each in edges if each > self.house.time), default=inf)

    def _live(self, until: float, step: float | None) -> None:
        if self._let_live is not None:
            self._let_live(until)
        leap = until - self.house.time
        self.house.advance(until, step=step or (max(_LONG_STEP, self.step) if leap > _DAY else self.step))
        self.settings.apply(until)
        self.settings.storm = self.storm_at(until)


def lived(
    config: HouseConfig,
    *,
    now: float,
    days: float,
    step: float = 900.0,
    details: SiteDetails | None = None,
    chargers: Iterable[WallConnector] = (),
    plan: Callable[[EnergySite], object] | None = None,
    **more: Any,
) -> EnergySite:
    """Return the site of a house that has lived `days` until `now` (epoch s).

    `plan` is called with the site before it lives, for charges and storms;
    outages are those of `config`. The past begins at a quarter of an hour.
    """
    site = EnergySite(House(config, start=(now - days * _DAY) // 900 * 900), details, chargers=chargers, **more)
    if plan is not None:
        plan(site)
    site.advance(now, step=step)
    return site


def powerwall(
    units: int = 1, *, health: float = 1.0, level: float = 50.0, reserve: float = 20.0, **more: Any
) -> BatteryConfig:
    """Return Powerwalls with 13,500 Wh of usable energy each at full `health`; percent on the app's scale."""
    usable = (100 - HIDDEN_PERCENT) / 100
    wanted: dict[str, Any] = {
        "capacity_wh": 13_500 / usable * health,
        "charge_watts": 5_000.0,
        "discharge_watts": 5_000.0,
        "shutdown_level": HIDDEN_PERCENT,
    }
    return BatteryConfig(units=units, level=raw_percent(level), reserve=raw_percent(reserve), **(wanted | more))
