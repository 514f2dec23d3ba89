"""What the cloud lets people set, and how slowly it comes into force."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from simulator.cloud.pending import PendingChanges
from simulator.house import House, StorageMode
from simulator.iq_gateway import GatewayServer
from simulator.iq_gateway.contacts import CONTACTS

from .errors import v4

_NOT_POWERED, _POWERED = "Manual_always_not_powered", "Manual_always_powered"
LOAD_MODES = (
    "Scheduled",
    "Basic",
    "Advanced_BatteryPowered",
    _NOT_POWERED,
    _POWERED,
    "Advanced_GeneratorPowered",
)
DEMAND_RESPONSE = "DR Event Active"
_STORM = "Storm Guard is active"


class WriteBehaviour(StrEnum):
    """What becomes of a write: in force soon, refused, answered only, or in force late."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    IGNORE = "ignore"
    LATE = "late"


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryWish:
    """Battery settings somebody asked for: percent of reserve; None leaves a thing alone."""

    mode: StorageMode | None = None
    reserve: int | None = None
    charge_from_grid: bool | None = None
    energy_independence: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadContact:
    """A contact's settings: percent of battery level, seconds of the day."""

    name: str
    load_name: str
    owner_can_override: bool = True
    mode: str = "Basic"
    soc_low: int = 30
    soc_high: int = 50
    essential_start_time: int = 32_400
    essential_end_time: int = 57_600


class CloudSettings:
    """Settings of one system: what is in force is the house's."""

    def __init__(self, house: House, gateway: GatewayServer | None = None) -> None:
        """Steer `house`, through its `gateway` where there is one."""
        self._house = house
        self._gateway = gateway
        self.writes = WriteBehaviour.ACCEPT
        self.write_delay = 15.0
        """Seconds until an accepted write is in force."""
        self.late_delay = 600.0
        """Seconds until a late one is."""
        self.charge_from_grid_writable = False
        """Whether the official paths take it; the vendor documents it as read only."""
        self.energy_independence = False
        self.storm_guard = True
        self.demand_response = False
        """Whether a grid-services event holds the battery."""
        self.contacts: dict[str, LoadContact] = {
            each.contact: LoadContact(name=each.contact, load_name=each.name) for each in house.config.load.circuits
        }
        self._storm_alert = False
        self._mode_before_storm: StorageMode | None = None
        self._pending = PendingChanges()
        self.stop: Callable[[], None] = house.watch(self._watch)

    # -- what is in force -----------------------------------------------------

    @property
    def mode(self) -> StorageMode:
        """The mode in force; a storm makes it full backup."""
        battery = self._house.battery
        return battery.settings.mode if battery else StorageMode.SELF_CONSUMPTION

    @property
    def reserve(self) -> int:
        """Percent kept for an outage; full backup keeps everything."""
        battery = self._house.battery
        return round(battery.settings.effective_reserve) if battery else 0

    @property
    def charge_from_grid(self) -> bool:
        """Whether the battery may charge from the grid."""
        battery = self._house.battery
        return bool(battery and battery.settings.charge_from_grid)

    @property
    def shutdown_level(self) -> int:
        """Percent below which the battery turns off: the least reserve there is."""
        battery = self._house.battery
        return round(battery.settings.shutdown_level) if battery else 0

    @property
    def storm_alert(self) -> bool:
        """Whether a weather service warns; the guard makes it full backup."""
        return self._storm_alert

    @storm_alert.setter
    def storm_alert(self, alert: bool) -> None:
        self._storm_alert = alert
        self._meet_storm()

    @property
    def storm_active(self) -> bool:
        """Whether Storm Guard is at work."""
        return self.storm_guard and self._storm_alert

    @property
    def next_due(self) -> float | None:
        """When the next write comes into force, epoch s."""
        return self._pending.next_due

    # -- writes ---------------------------------------------------------------

    def set_battery(self, wish: BatteryWish, now: float) -> None:
        """Take battery settings at `now` (epoch s); events block them."""
        if self.demand_response:
            raise v4(422, DEMAND_RESPONSE)
        if self.storm_active:
            raise v4(422, _STORM)
        self._take(now, lambda: self._set_battery(wish))

    def set_storm_guard(self, now: float, *, enabled: bool) -> None:
        """Take Storm Guard's switch at `now` (epoch s)."""
        if self.demand_response:
            raise v4(422, DEMAND_RESPONSE)
        self._take(now, lambda: self._set_storm_guard(enabled=enabled))

    def set_contact(self, name: str, changes: dict[str, Any], now: float) -> LoadContact:
        """Take a contact's changes at `now` (epoch s); return how it will be."""
        if self.demand_response:
            raise v4(422, DEMAND_RESPONSE)
        wanted = replace(self.contacts[name], **changes)
        self._take(now, lambda: self._set_contact(wanted))
        return wanted

    def advance(self, now: float) -> None:
        """Let the house live until `now` (epoch s), stopping where a write comes into force."""
        while (due := self.next_due) is not None and due <= now:
            self._live(due)
            self._pending.apply(due)
        self._live(now)

    def _take(self, now: float, apply: Callable[[], None]) -> None:
        if self.writes is WriteBehaviour.REFUSE:
            raise v4(422, "Unable to update the settings of this system")
        if self.writes is WriteBehaviour.IGNORE:
            return
        delay = self.late_delay if self.writes is WriteBehaviour.LATE else self.write_delay
        self._pending.put(now + delay, apply)

    def _live(self, until: float) -> None:
        if self._gateway is not None:
            self._gateway.state.advance(until)
        else:
            # A leap of days would otherwise take seconds, minute by minute.
            leap = until - self._house.time
            self._house.advance(until, step=300.0 if leap > 86_400 else None)

    def _watch(self, _: float, end: float) -> None:
        self._pending.apply(end)

    def _set_battery(self, wish: BatteryWish) -> None:
        if wish.energy_independence is not None:
            self.energy_independence = wish.energy_independence
        self._govern(wish)

    def _govern(self, wish: BatteryWish) -> None:
        battery = self._house.battery
        if self._gateway is not None:
            self._gateway.set_cloud_profile(
                mode=wish.mode, reserve=wish.reserve, charge_from_grid=wish.charge_from_grid
            )
        elif battery is not None:
            settings = battery.settings
            settings.mode = settings.mode if wish.mode is None else wish.mode
            settings.reserve = settings.reserve if wish.reserve is None else wish.reserve
            if wish.charge_from_grid is not None:
                settings.charge_from_grid = wish.charge_from_grid

    def _set_storm_guard(self, *, enabled: bool) -> None:
        self.storm_guard = enabled
        self._meet_storm()

    def _meet_storm(self) -> None:
        before = self._mode_before_storm
        if self.storm_active and before is None:
            self._mode_before_storm = self.mode
            self._govern(BatteryWish(mode=StorageMode.BACKUP))
        elif not self.storm_active and before is not None:
            self._mode_before_storm = None
            self._govern(BatteryWish(mode=before))

    def _set_contact(self, wanted: LoadContact) -> None:
        self.contacts[wanted.name] = wanted
        off = wanted.mode == _NOT_POWERED
        if self._gateway is not None and wanted.name in CONTACTS:
            order = {"id": wanted.name, "status": "open" if off else "closed"}
            self._gateway.state.contacts.switch(order, self._house.time)
            return
        shed = self._house.switches.shed - {wanted.name}
        self._house.switches.shed = shed | {wanted.name} if off else shed
