"""The settings of a battery, the state of the grid, and the load circuits.

Two vocabularies are in use. The published one has `battery_mode` and `reserve_soc`; another
document describes the same as `profile` and `battery_backup_percentage`, at paths without `config`.
Both are read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from .....api.payload import Record, parse_each
from .common import percent, switched


class BatteryMode(StrEnum):
    """How a battery is used, regardless of the spelling."""

    SELF_CONSUMPTION = "self_consumption"
    SAVINGS = "savings"
    FULL_BACKUP = "full_backup"
    AI_OPTIMISATION = "ai_optimisation"
    DR_EVENT = "dr_event"
    """A grid service controls the battery, and any other setting would interfere with it."""


# The service checks case and hyphens of these.
WRITTEN: Mapping[BatteryMode, str] = {
    BatteryMode.SELF_CONSUMPTION: "Self-consumption",
    BatteryMode.SAVINGS: "Savings Mode",
    BatteryMode.FULL_BACKUP: "Full Backup",
}
"""The modes that can be set, in the service's spelling."""

_PROFILES: Mapping[BatteryMode, str] = {
    BatteryMode.SELF_CONSUMPTION: "self-consumption",
    BatteryMode.SAVINGS: "cost_savings",
    BatteryMode.FULL_BACKUP: "backup_only",
}

_SPELLED: Mapping[str, BatteryMode] = {
    "selfconsumption": BatteryMode.SELF_CONSUMPTION,
    "savings": BatteryMode.SAVINGS,
    "savingsmode": BatteryMode.SAVINGS,
    "costsavings": BatteryMode.SAVINGS,
    "economy": BatteryMode.SAVINGS,
    "backup": BatteryMode.FULL_BACKUP,
    "fullbackup": BatteryMode.FULL_BACKUP,
    "backuponly": BatteryMode.FULL_BACKUP,
    "aioptimisation": BatteryMode.AI_OPTIMISATION,
    "aioptimization": BatteryMode.AI_OPTIMISATION,
    "dreventactive": BatteryMode.DR_EVENT,
    "drevent": BatteryMode.DR_EVENT,
}


class LoadMode(StrEnum):
    """The mode of a load circuit, in the service's spelling."""

    SCHEDULED = "Scheduled"
    BASIC = "Basic"
    ADVANCED_BATTERY_POWERED = "Advanced_BatteryPowered"
    ADVANCED_GENERATOR_POWERED = "Advanced_GeneratorPowered"
    MANUAL_ALWAYS_NOT_POWERED = "Manual_always_not_powered"
    MANUAL_ALWAYS_POWERED = "Manual_always_powered"


@dataclass(frozen=True, slots=True, kw_only=True)
class BatterySettings:
    """`battery_settings`: `reserve_soc` and `battery_shutdown_level` in %.

    `battery_mode` is as sent, `mode` is its meaning or `None` for a new word. The reserve cannot be
    set below the shutdown level, which is read-only here, like `charge_from_grid`.
    `documented_words` is true if the other vocabulary was sent, and `tariff` is then its tariff,
    unchanged.
    """

    battery_mode: str | None
    reserve_soc: float | None
    charge_from_grid: bool | None
    battery_shutdown_level: float | None
    documented_words: bool
    tariff: object = field(repr=False, default=None)

    @property
    def mode(self) -> BatteryMode | None:
        """The meaning of `battery_mode`, `None` for an unknown word."""
        return _SPELLED.get(_plain(self.battery_mode or ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class BatterySettingsChange:
    """The settings to change; `None` leaves a setting unchanged. `reserve_soc` is in whole %.

    The published documentation describes `charge_from_grid` as read-only; only reading it shows
    whether a system changed it nevertheless.
    """

    mode: BatteryMode | None = None
    reserve_soc: int | None = None
    charge_from_grid: bool | None = None

    def body(self, like: BatterySettings | None) -> dict[str, object]:
        """Return the body to send, in the vocabulary of the settings that were read.

        Raises `ValueError` for a mode that cannot be set, a reserve outside 0 to 100, and an empty
        change.
        """
        if self.mode is not None and self.mode not in WRITTEN:
            raise ValueError("this mode cannot be set")
        if self.reserve_soc is not None and not 0 <= self.reserve_soc <= 100:
            raise ValueError("a reserve is from 0 to 100 %")
        if self == BatterySettingsChange():
            raise ValueError("nothing to set")
        sent = self._published() if like is None or not like.documented_words else self._documented(like)
        return {key: value for key, value in sent.items() if value is not None}

    def _published(self) -> dict[str, object]:
        return {
            "battery_mode": None if self.mode is None else WRITTEN[self.mode],
            "reserve_soc": self.reserve_soc,
            "charge_from_grid": _word(self.charge_from_grid),
        }

    def _documented(self, like: BatterySettings) -> dict[str, object]:
        """Return all settings, as this vocabulary's document describes a replacement, which may lose omitted ones."""
        reserve = like.reserve_soc if self.reserve_soc is None else self.reserve_soc
        charge = like.charge_from_grid if self.charge_from_grid is None else self.charge_from_grid
        return {
            "profile": like.battery_mode if self.mode is None else _PROFILES[self.mode],
            "battery_backup_percentage": _whole(reserve),
            "very_low_soc": _whole(like.battery_shutdown_level),
            "charge_from_grid": _word(charge),
            "tariff": like.tariff,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class StormGuard:
    """`storm_guard`: whether it is on, and whether a storm is currently expected."""

    enabled: bool | None
    storm_alert: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GridStatusPayload:
    """`grid_status` as sent."""

    grid_state: str | None

    @property
    def on_grid(self) -> bool | None:
        """Whether the grid is connected; `None` while it is unknown or changing."""
        return {"ongrid": True, "offgrid": False}.get(_plain(self.grid_state or ""))

    @property
    def changing(self) -> bool:
        """Whether the connection to the grid is changing."""
        return _plain(self.grid_state or "").startswith(("transition", "synchroni"))


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadContact:
    """A load circuit of `load_control`: `soc_low` and `soc_high` in %."""

    name: str
    load_name: str | None
    mode: str | None
    soc_low: float | None
    soc_high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadContactChange:
    """What to set for one load circuit, with the name of its `LoadContact`."""

    name: str
    mode: LoadMode | None = None
    soc_low: int | None = None

    def body(self) -> dict[str, object]:
        """Return the body to send.

        Raises `ValueError` for a `soc_low` outside 10 to 90, and if it is missing for a circuit in
        battery mode.
        """
        if self.soc_low is None and self.mode is LoadMode.ADVANCED_BATTERY_POWERED:
            raise ValueError("a circuit that the battery powers needs a soc_low")
        if self.soc_low is not None and not 10 <= self.soc_low <= 90:
            raise ValueError("soc_low is from 10 to 90 %")
        sent: dict[str, object] = {"name": self.name, "mode": self.mode, "soc_low": self.soc_low}
        return {key: value for key, value in sent.items() if value is not None}


def parse_battery_settings(endpoint: str, payload: object) -> BatterySettings:
    """Read `battery_settings` in either vocabulary."""
    root = Record(endpoint, payload)
    documented = "profile" in root or "battery_backup_percentage" in root
    root.expect("battery_mode", "reserve_soc", "profile", "battery_backup_percentage")
    return BatterySettings(
        battery_mode=root.code_or_none("battery_mode") or root.code_or_none("profile"),
        reserve_soc=_first(root, "reserve_soc", "battery_backup_percentage"),
        charge_from_grid=switched(root, "charge_from_grid"),
        battery_shutdown_level=_first(root, "battery_shutdown_level", "very_low_soc"),
        documented_words=documented and "battery_mode" not in root,
        tariff=root.value("tariff"),
    )


def parse_storm_guard(endpoint: str, payload: object) -> StormGuard:
    """Read `storm_guard`, or the response to its change."""
    root = Record(endpoint, payload)
    key = next((key for key in ("storm_guard_status", "storm_guard", "status") if key in root), "storm_guard_status")
    root.expect(key, "storm_alert")
    return StormGuard(
        enabled=switched(root, key),
        storm_alert=root.flag_or_none("storm_alert"),
    )


def parse_grid_status(endpoint: str, payload: object) -> GridStatusPayload:
    """Read `grid_status`."""
    root = Record(endpoint, payload)
    root.expect("grid_state", "grid_status")
    return GridStatusPayload(grid_state=root.code_or_none("grid_state") or root.code_or_none("grid_status"))


def parse_load_control(endpoint: str, payload: object) -> tuple[LoadContact, ...]:
    """Read `load_control`, or the response to its change."""
    return parse_each(Record(endpoint, payload).required_records("load_control_data"), _contact)


def _first(root: Record, *keys: str) -> float | None:
    return next((value for key in keys if (value := percent(root, key)) is not None), None)


def _contact(item: Record) -> LoadContact:
    return LoadContact(
        name=item.identifier("name"),
        load_name=item.name_or_none("load_name"),
        mode=item.code_or_none("mode"),
        soc_low=percent(item, "soc_low"),
        soc_high=percent(item, "soc_high"),
    )


def _plain(word: str) -> str:
    return "".join(letter for letter in word.casefold() if letter.isalpha())


def _word(switch: bool | None) -> str | None:  # noqa: FBT001 - three states, named by their type
    return None if switch is None else "enabled" if switch else "disabled"


def _whole(percentage: float | None) -> int | None:
    return None if percentage is None else round(percentage)
