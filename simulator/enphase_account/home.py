"""One home in the account: its house, its gateway, what is set and what goes on."""

from dataclasses import dataclass, replace
from math import inf
from typing import Any

from simulator.cloud.archive import Archive
from simulator.cloud.days import LocalDays
from simulator.cloud.outages import OutageLog
from simulator.house import House, HouseConfig, StorageMode
from simulator.iq_gateway import GatewayServer
from simulator.iq_gateway.reply import Json

from .behaviour import Ending, HomeBehaviour, Setting, WriteBehaviour
from .config import BACKUP, Config
from .details import HomeDetails
from .happenings import Happenings
from .schedules import Row, Schedules
from .settings import AccountSettings, Remembered
from .storms import Events, Storm
from .tariffs import NOT_ENTERED
from .uploads import Uploads

_STEP, _LONG_STEP, _DAY = 60.0, 300.0, 86_400.0
_MODES = {
    "self-consumption": StorageMode.SELF_CONSUMPTION,
    "cost_savings": StorageMode.SAVINGS,
    "ai_optimisation": StorageMode.SAVINGS,
    BACKUP: StorageMode.BACKUP,
}


_PROFILES = {mode: profile for profile, mode in reversed(_MODES.items())}


@dataclass(slots=True, kw_only=True)
class Disclaimers:
    """When (epoch s) an owner accepted Enphase's statements."""

    charge_from_grid: float | None = None
    storm_guard: float | None = None


class AccountHome:
    """A home as the account knows it, with its past since it was created.

    With a `gateway` the cloud governs that gateway's battery; the house is the gateway's.
    """

    def __init__(
        self,
        house: House,
        details: HomeDetails | None = None,
        *,
        archive: Archive | None = None,
        gateway: GatewayServer | None = None,
    ) -> None:
        """Observe `house` from now on, or from the start of `archive`."""
        self.house, self.gateway = house, gateway
        self.details = details or HomeDetails()
        self.archive = archive or Archive(house)
        self.outages = OutageLog(house, since=self.archive.start)
        self.days = LocalDays(house.config.place.timezone)
        self.behaviour = HomeBehaviour()
        self.uploads = Uploads()
        self.events = Events()
        self.happenings = Happenings()
        self.schedules = Schedules()
        # What the owner entered in the app that energy costs, `None` where there is no such service: only one client
        # reports of it.
        self.tariff: Json | None = NOT_ENTERED
        accepted = self.archive.start if self.details.disclaimer_accepted else None
        self.disclaimers = Disclaimers(charge_from_grid=accepted)
        self._storm = False
        self._governed: Config | None = None
        self._synchronized = house.time
        self.settings = AccountSettings(_initial(house), next_report=self.uploads.next, govern=self._govern)
        self.settings.reserve_limits = self.details.reserve_min, self.details.reserve_max
        self.settings.shutdown_limits = self.details.shutdown_min, self.details.shutdown_max
        self.settings.held = self._held
        house.watch(self._watch)

    @property
    def site_id(self) -> int:
        """The home's number."""
        return self.details.site_id

    @property
    def serial(self) -> str:
        """The gateway's serial number."""
        return self.gateway.serial if self.gateway else self.details.serial

    @property
    def firmware(self) -> str:
        """The gateway's firmware."""
        return self.gateway.state.firmware if self.gateway else self.details.firmware

    def battery_serial(self, index: int) -> str:
        """Return the serial number of a battery, counted from 0, as the gateway has it."""
        return f"4923{self.serial[-6:]}{index + 1:02d}"

    def path(self, template: str) -> str:
        """Return one of `paths` for this home, as faults and counts want it."""
        return template.format(site_id=self.site_id)

    # -- how it behaves ---------------------------------------------------------

    def set_behaviour(self, **changes: Any) -> None:
        """Change fields of `HomeBehaviour`."""
        self.behaviour = replace(self.behaviour, **changes)

    def set_ending(self, setting: Setting, ending: Ending = Ending.ACCEPT, **more: Any) -> None:
        """Set what becomes of writes of one setting; `more` are fields of `WriteBehaviour`."""
        self.settings.behaviours[setting] = WriteBehaviour(ending=ending, **more)

    def set_endings(self, ending: Ending = Ending.ACCEPT, **more: Any) -> None:
        """Set what becomes of writes of all settings."""
        for setting in Setting:
            self.set_ending(setting, ending, **more)

    # -- what happens to it -----------------------------------------------------

    def change_in_app(
        self, setting: Setting, value: Any, *, apply_after: float = 0.0, shown_after: float | None = 0.0
    ) -> None:
        """Set something as if in the app: by default it is in force and shown at once.

        `shown_after` None: the cloud shows it with the gateway's next report.
        """
        behaviour = WriteBehaviour(apply_after=apply_after, shown_after=shown_after)
        self.settings.put(setting, {setting.value: value}, self.house.time, behaviour)

    def remember(self, profile: str, *, reserve: int, charge_from_grid: bool = False) -> None:
        """Set what comes back with a profile that is not the current one."""
        self.settings.memory[profile] = Remembered(reserve=reserve, charge_from_grid=charge_from_grid)

    def save_window(self, family: str, begin: str = "00:00", end: str = "23:59", **more: Any) -> Row:
        """Save a window of `cfg`, `dtg` or `rbd` as if in the app; `more` are fields of `Row`."""
        zone = self.house.config.place.timezone
        row = Row(family=family, begin=begin, end=end, zone=zone, updated=self.house.time, **more)
        self.schedules.add(row)
        return row

    def accept_disclaimer(self, *, accepted: bool = True) -> None:
        """Accept Enphase's statement about charging from the grid as if in the app, or forget that."""
        self.disclaimers.charge_from_grid = self.house.time if accepted else None

    def begin_storm(self, seconds: float = 6 * 3600.0, **more: Any) -> Storm:
        """Let a storm begin now; `more` are fields of `Storm`."""
        storm = Storm(start=self.house.time, end=self.house.time + seconds, **more)
        self.events.storms.append(storm)
        self._weather(self.house.time)
        return storm

    def end_storm(self) -> None:
        """Let all storms be over."""
        now = self.house.time
        self.events.storms = [replace(each, end=min(each.end, now)) for each in self.events.storms]
        self._weather(now)

    def go_silent(self) -> None:
        """Let the gateway reach the cloud no more: it reports nothing, and hears nothing."""
        self.uploads.silence(self.house.time)

    def speak_again(self) -> None:
        """Let the gateway report again, what was missed included."""
        self.uploads.speak(self.house.time)

    def start_outage(self) -> None:
        """Cut the utility's power."""
        self.house.switches.grid_available = False

    def end_outage(self) -> None:
        """Restore the utility's power."""
        self.house.switches.grid_available = True

    def storming(self, now: float) -> bool:
        """Whether the battery charges for a storm at an epoch s."""
        return self.settings.in_force.storm_guard and self.events.storm(now) is not None

    # -- what was reported ------------------------------------------------------

    def last_report(self, now: float) -> float:
        """Return the gateway's last report until `now`, epoch s."""
        return self.uploads.last(now)

    def horizon(self, now: float) -> int:
        """Return until when the cloud has data at `now`, epoch s."""
        last = int(self.last_report(now)) // 300 * 300
        return max(self.archive.start, min(last, self.archive.end))

    def communicates(self, now: float) -> bool:
        """Whether the last report is not long ago."""
        return now - self.last_report(now) < 3600 + self.uploads.interval

    # -- time -------------------------------------------------------------------

    def advance(self, now: float) -> None:
        """Let the house live until `now` (epoch s), stopping where something comes into force."""
        while (edge := self._next_edge()) < now:
            self._live(edge)
        self._live(now)

    def _next_edge(self) -> float:
        edges = [edge for each in self.events.storms for edge in (each.start, each.end)]
        due = self.settings.next_due
        return min((each for each in (*edges, *(() if due is None else (due,))) if each > self.house.time), default=inf)

    def _live(self, until: float) -> None:
        if self.gateway is not None:
            self.gateway.state.advance(until)
        leap = until - self.house.time
        self.house.advance(until, step=_LONG_STEP if leap > _DAY else _STEP)
        self._catch_up(until)

    def _watch(self, _: float, end: float) -> None:
        self._catch_up(end)

    def _catch_up(self, now: float) -> None:
        self.settings.advance(now)
        self._weather(now)
        if self.gateway is None or self.gateway.state.tariff.cloud_governed:
            return
        if self.last_report(now) > self._synchronized:
            # What was set at the gateway lasts until it next talks to the cloud.
            self.settings.refresh()

    def _weather(self, now: float) -> None:
        if (storm := self.storming(now)) != self._storm:
            self._storm = storm
            self.settings.refresh()

    def _held(self, setting: Setting) -> bool:
        if setting is Setting.STORM_GUARD:
            return False
        if self.uploads.silent(self.house.time):
            return True
        if self.behaviour.events_hold_writes and (self.events.demand_response is not None or self.events.calibration):
            return True
        if setting not in {Setting.PROFILE, Setting.RESERVE}:
            return False
        return self.behaviour.storm_holds_writes and self.storming(self.house.time)

    def _govern(self, config: Config) -> None:
        battery = self.house.battery
        if battery is None:
            return
        self._stall(config)
        mode = StorageMode.BACKUP if self._storm else _MODES.get(config.profile, StorageMode.SELF_CONSUMPTION)
        if self.gateway is not None:
            self._synchronized = self.house.time
            self.gateway.set_cloud_profile(
                reserve=config.reserve,
                mode=mode,
                charge_from_grid=config.charge_from_grid,
                shutdown_level=config.shutdown_level,
            )
            return
        battery.settings.mode = mode
        battery.settings.reserve = config.reserve
        battery.settings.charge_from_grid = config.charge_from_grid
        battery.settings.shutdown_level = config.shutdown_level

    def _stall(self, config: Config) -> None:
        """Let a battery idle that was just allowed to charge, or charge again once its profile was written."""
        before, battery = self._governed, self.house.battery
        self._governed = config
        if before is None or battery is None:
            return
        if before.profile != config.profile:
            battery.settings.stalled = False
        elif config.charge_from_grid and not before.charge_from_grid:
            battery.settings.stalled = self.behaviour.idles_below_reserve


def _initial(house: House) -> Config:
    """Return what the house's battery does already."""
    if house.battery is None:
        return Config()
    settings = house.battery.settings
    return Config(
        profile=_PROFILES[settings.mode],
        reserve=round(settings.effective_reserve),
        charge_from_grid=settings.charge_from_grid,
        shutdown_level=round(settings.shutdown_level),
    )


def lived(
    config: HouseConfig,
    *,
    now: float,
    days: float,
    step: float = 900.0,
    details: HomeDetails | None = None,
) -> AccountHome:
    """Return the home of a house that has lived `days` until `now` (epoch s); its past begins at a quarter of an hour."""
    house = House(config, start=(now - days * _DAY) // 900 * 900)
    archive = Archive(house)
    house.advance(now, step=step)
    return AccountHome(house, details, archive=archive)
