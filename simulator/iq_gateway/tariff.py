"""The tariff file: rates, and how the battery is to be used."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from simulator.house import House, StorageMode

from .rates import TIME_OF_USE
from .reply import Json

_DAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
_SETTINGS = {
    StorageMode.SELF_CONSUMPTION: "ZN",
    StorageMode.SAVINGS: "ZN",
    StorageMode.BACKUP: "CP",
}
_MODES = {
    "self-consumption": StorageMode.SELF_CONSUMPTION,
    "economy": StorageMode.SAVINGS,
    "savings-mode": StorageMode.SAVINGS,
    "backup": StorageMode.BACKUP,
}
_LOCAL_CONTROL_UNTIL = (8, 3, 6086)


@dataclass(slots=True, kw_only=True)
class StorageSettings:
    """Settings as written: reserve and shutdown level in percent."""

    mode: StorageMode = StorageMode.SELF_CONSUMPTION
    reserve: float = 0.0
    charge_from_grid: bool = False
    shutdown_level: float = 5.0


class Tariff:
    """What the file says, and what governs the house, which may differ."""

    def __init__(self, house: House, *, currency: str, cloud_governed: bool) -> None:
        """Begin with what the house does."""
        self._house = house
        self.currency = currency
        self.cloud_governed = cloud_governed
        self.cloud = self._of_house()
        self.local = self._of_house()
        self._in_force = self.local
        self._written = house.time - 3 * 86400
        # With this the file takes what is written, and nothing else does.
        self.unheeded = False
        # Seconds until what was written governs the house, and what waits for that.
        self.delay = 0.0
        self._waiting: list[tuple[float, StorageSettings]] = []
        # What the owner entered in the app that energy costs.
        self.rates = TIME_OF_USE
        # Some gateways name no mode, whatever the battery does.
        self.names_mode = True

    def advance(self, now: float) -> None:
        """Let what was written come into force when it is due, epoch s."""
        while self._waiting and self._waiting[0][0] <= now:
            due, settings = self._waiting.pop(0)
            self._house.advance(due)
            self._in_force = settings
            self.govern()

    def _of_house(self) -> StorageSettings:
        if self._house.battery is None:
            return StorageSettings()
        settings = self._house.battery.settings
        return StorageSettings(
            mode=settings.mode,
            reserve=settings.reserve,
            charge_from_grid=settings.charge_from_grid,
            shutdown_level=settings.shutdown_level,
        )

    def govern(self) -> None:
        """Let the cloud's or the local settings govern the house."""
        battery = self._house.battery
        if battery is None:
            return
        wanted = self.cloud if self.cloud_governed else self._in_force
        battery.settings.mode = wanted.mode
        battery.settings.reserve = wanted.reserve
        battery.settings.charge_from_grid = wanted.charge_from_grid
        battery.settings.shutdown_level = wanted.shutdown_level

    def change(self, **changes: Any) -> None:
        """Let somebody at the gateway itself change fields of `StorageSettings`: they are in force at once."""
        self._waiting.clear()
        self.local = replace(self.local, **changes)
        self._in_force = self.local
        self.govern()

    def write(self, body: Any, firmware: tuple[int, ...], now: float) -> bool:
        """Take a PUT of the whole object; False when it is not one.

        Newer firmware ignores `opt_schedules` false while the cloud governs.
        """
        try:
            storage = body["tariff"]["storage_settings"]
            local = StorageSettings(
                mode=self.local.mode if storage["mode"] is None else _MODES[storage["mode"]],
                reserve=min(100.0, max(0.0, float(storage["reserved_soc"]))),
                charge_from_grid=bool(storage.get("charge_from_grid", False)),
                shutdown_level=float(storage.get("very_low_soc", 5)),
            )
        except KeyError, TypeError, ValueError:
            return False
        if self.cloud_governed:
            frees = storage.get("opt_schedules") is False
            if not frees or firmware >= _LOCAL_CONTROL_UNTIL:
                return True
            self.cloud_governed = False
        self.local = local
        self._written = now
        if self.unheeded:
            return True
        self._waiting.append((self._house.time + self.delay, local))
        self.advance(self._house.time)
        return True

    def payload(self, now: float) -> Json:
        """Return the file as the gateway shows it."""
        local = self.local
        written = f"{int(self._written)}"
        return {
            "tariff": {
                "currency": {"code": self.currency},
                "logger": "mylogger",
                "date": written,
                "storage_settings": {
                    "mode": local.mode.value if self.names_mode else None,
                    "operation_mode_sub_type": "",
                    "reserved_soc": float(local.reserve),
                    "very_low_soc": int(local.shutdown_level),
                    "charge_from_grid": local.charge_from_grid,
                    "date": written,
                    "opt_schedules": self.cloud_governed,
                },
                **self.rates.fields(),
            },
            "schedule": self._schedule(now),
        }

    def _schedule(self, now: float) -> Json:
        local, follows = self.local, self.cloud_governed
        day = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        setting = _SETTINGS[local.mode]
        week = {name: [{"start": 0, "duration": 1440, "setting": setting}] for name in _DAYS}
        return {
            "filename": "" if follows else "Tariff",
            "source": "" if follows else "Tariff",
            "date": day,
            "version": "" if follows else "00.00.02",
            "reserved_soc": 30.0 if follows else float(local.reserve),
            "very_low_soc": int(local.shutdown_level),
            "charge_from_grid": local.charge_from_grid,
            "batt_mode": local.mode.value,
            "battery_mode": local.mode.value,
            "operation_mode_sub_type": "",
            "opt_schedules": follows,
            "override": False,
            "override_backup_soc": 30.0,
            "override_chg_dischg_rate": 0.0,
            "override_tou_mode": "StorageTouMode_DEFAULT_TOU_MODE",
            "schedule": {
                "Disable": [{name: [{"start": 0, "duration": 1440, "setting": "ID"}]} for name in _DAYS],
                "tariff": [{"start": "1/1", "end": "1/1"} | week],
            },
        }
