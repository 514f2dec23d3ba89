"""Settings of a site: accepted by the API, active at the house after a delay."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from simulator.cloud.pending import PendingChanges
from simulator.cloud.refusal import RefusedError
from simulator.house import House, StorageMode
from simulator.iq_gateway.reply import Reply

from .behaviour import Write, WriteBehaviour
from .site_details import SiteDetails
from .tariffs import Tariff

HIDDEN_PERCENT = 5.0
"""Part of the pack that the app's scale leaves out."""
MODES = {
    "self_consumption": StorageMode.SELF_CONSUMPTION,
    "autonomous": StorageMode.SAVINGS,
    "backup": StorageMode.BACKUP,
}
EXPORT_RULES = ("battery_ok", "pv_only", "never")


@dataclass(slots=True, kw_only=True)
class ActiveSettings:
    """Settings that are active at the site; percent on the app's scale."""

    reserve: int
    vehicle_reserve: int
    mode: str
    storm_mode: bool | None
    grid_charging: bool
    export_rule: str
    strategy: str
    tariff: Tariff | None


class SiteSettings:
    """Settings of one site, also stored without a battery."""

    def __init__(self, house: House, details: SiteDetails) -> None:
        """Apply the initial settings to `house`."""
        self._house = house
        self.details = details
        self.now = ActiveSettings(
            reserve=details.backup_reserve_percent,
            vehicle_reserve=details.vehicle_reserve_percent,
            mode=details.mode,
            storm_mode=details.storm_mode,
            grid_charging=details.grid_charging,
            export_rule=details.export_rule,
            strategy=details.strategy,
            tariff=None,
        )
        self.write_behaviours: dict[Write, WriteBehaviour] = {}
        self.hidden: set[Write] = set()
        """Writes whose settings are no longer reported."""
        self.storm_mode_written = False
        self.snaps_reserve = True
        self.snaps_full = False
        self.mode_moves_grid_charging = False
        self._storm = False
        self._pending = PendingChanges()
        house.watch(self._watch)
        self._govern()

    @property
    def next_due(self) -> float | None:
        """When the next write becomes active, epoch s."""
        return self._pending.next_due

    @property
    def storm(self) -> bool:
        """Whether the battery charges for a storm now, which changes no setting."""
        return self._storm

    @storm.setter
    def storm(self, active: bool) -> None:
        if active != self._storm:
            self._storm = active
            self._govern()

    def take(self, write: Write, body: Mapping[str, Any], now: float, *, blocked: bool) -> None:
        """Handle a write at `now` (epoch s) by its behaviour; a `blocked` one has no effect.

        Raises:
            RefusedError: The write is rejected.
        """
        behaviour = self.write_behaviours.get(write, WriteBehaviour())
        if behaviour.refused is not None:
            raise RefusedError(Reply(payload=behaviour.refused.payload(behaviour.reason)))
        if not behaviour.ignored and not blocked:
            self._pending.put(now + behaviour.delay, partial(self._set, write, body, hidden=behaviour.hidden))

    def change_in_app(self, write: Write, body: Mapping[str, Any], at: float | None = None) -> None:
        """Apply the body of a write as if made in the app, now or `at` (epoch s)."""
        change = partial(self._set, write, body, hidden=False)
        if at is None:
            change()
        else:
            self._pending.put(at, change)

    def apply(self, now: float) -> None:
        """Apply what is due by `now`, epoch s."""
        self._pending.apply(now)

    def _watch(self, _: float, end: float) -> None:
        self._pending.apply(end)

    def _set(self, write: Write, body: Mapping[str, Any], *, hidden: bool) -> None:
        now = self.now
        if hidden:
            self.hidden.add(write)
        match write:
            case Write.BACKUP:
                now.reserve = self._snapped(int(body["backup_reserve_percent"]))
            case Write.VEHICLE_RESERVE:
                now.vehicle_reserve = int(body["off_grid_vehicle_charging_reserve_percent"])
            case Write.OPERATION:
                now.mode = body["default_real_mode"]
                if self.mode_moves_grid_charging:
                    now.grid_charging = now.mode == "autonomous"
            case Write.STORM_MODE:
                now.storm_mode = body["enabled"]
                self.storm_mode_written = True
            case Write.GRID:
                if "disallow_charge_from_grid_with_solar_installed" in body:
                    now.grid_charging = not body["disallow_charge_from_grid_with_solar_installed"]
                now.export_rule = body.get("customer_preferred_export_rule", now.export_rule)
            case Write.TARIFF:
                now.tariff = body.get("tariff_content_v2", now.tariff)
                now.strategy = body.get("optimization_strategy", now.strategy)
        self._govern()

    def _snapped(self, percent: int) -> int:
        if self.snaps_reserve and self.details.newer_reserve_rule and 80 < percent < 100:
            return 80
        return 80 if self.snaps_full and percent == 100 else percent

    def _govern(self) -> None:
        battery, now = self._house.battery, self.now
        limit = self._house.config.export_limit
        self._house.switches.export_limit = 0.0 if now.export_rule == "never" else limit
        if battery is None:
            return
        battery.settings.reserve = raw_percent(now.reserve)
        battery.settings.mode = StorageMode.BACKUP if self._storm else MODES[now.mode]
        battery.settings.charge_from_grid = now.grid_charging


def raw_percent(percent: float) -> float:
    """Return the level of the whole pack for a percent of the app's scale."""
    return HIDDEN_PERCENT + percent * (100 - HIDDEN_PERCENT) / 100
