"""The parts of a site, in W, Wh, %, V, A, Hz and degrees C.

Signs are the same everywhere: positive is towards the house. Grid + import,
battery + discharge, solar + production, load + consumption. `None` means that
the site does not report the value.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from .radio import Radio
from .status import Problem, SystemStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a site's state; `observed_at` is the time of the newest value."""

    observed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One flow's power in W, in total and by phase, L1 first."""

    power: float
    phases: tuple[float | None, ...] = ()
    observed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerFlow(Part):
    """The current power flows."""

    solar: Flow | None = None
    grid: Flow | None = None
    battery: Flow | None = None
    load: Flow | None = None
    generator: Flow | None = None

    def filled_up(self, others: PowerFlow) -> PowerFlow:
        """Return these flows, completed by those of `others`."""
        return PowerFlow(
            observed_at=self.observed_at,
            solar=self.solar or others.solar,
            grid=self.grid or others.grid,
            battery=self.battery or others.battery,
            load=self.load or others.load,
            generator=self.generator or others.generator,
        )


class CounterKind(StrEnum):
    """The energy that is counted over the lifetime, each kind in its own direction.

    What chargers charge is a part of the load. It is known by session, and so only in a history.
    """

    SOLAR = "solar"
    GRID_IMPORT = "grid_import"
    GRID_EXPORT = "grid_export"
    BATTERY_CHARGE = "battery_charge"
    BATTERY_DISCHARGE = "battery_discharge"
    LOAD = "load"
    GENERATOR = "generator"
    CHARGER = "charger"

    @classmethod
    def of_key(cls, key: str) -> CounterKind | None:
        """Return what the entity with this key counts, `None` if that isn't a lifetime energy of the site."""
        kind = key.removesuffix("_energy")
        return cls(kind) if kind != key and kind in cls else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """One counter in Wh: the total, and the energy since the site's midnight."""

    total: float
    today: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyCounters(Part):
    """All counters. `rejected` is the number of samples that were rejected as impossible."""

    counts: Mapping[CounterKind, Count]
    rejected: int

    def total(self, kind: CounterKind) -> float | None:
        """Return the total Wh, `None` if it is unknown."""
        count = self.counts.get(kind)
        return count.total if count else None

    def today(self, kind: CounterKind) -> float | None:
        """Return the Wh since the site's midnight, `None` if it is unknown."""
        count = self.counts.get(kind)
        return count.today if count else None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceInfo:
    """A device's identity, for a device registry."""

    serial: str = field(repr=False)
    model: str | None = None
    model_id: str | None = None
    firmware: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryUnit:
    """One battery: %, W, VA, Wh, degrees C."""

    device: DeviceInfo
    level: float | None = None
    power: float | None = None
    apparent_power: float | None = None
    capacity: float | None = None
    available_energy: float | None = None
    health: float | None = None
    temperature: float | None = None
    max_cell_temperature: float | None = None
    charged_energy: float | None = None
    discharged_energy: float | None = None
    state: str | None = None
    phase: str | None = None
    last_reported: datetime | None = None
    connected: bool | None = None
    sleeping: bool | None = None
    dc_switch_off: bool | None = None
    cycles: int | None = None
    radio: Radio | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Battery(Part):
    """All batteries combined, and each of them: %, Wh.

    `backup_time_left` is the minutes that they can run the house at its current power.
    """

    level: float | None = None
    available_energy: float | None = None
    capacity: float | None = None
    health: float | None = None
    backup_time_left: float | None = None
    units: Mapping[str, BatteryUnit] = field(default_factory=dict)
    ac_units: Mapping[str, BatteryUnit] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inverter:
    """One inverter: W, Wh, V, A, Hz, degrees C.

    `connected` is `None` at night, when no inverter reports.
    """

    device: DeviceInfo
    power: float | None = None
    max_power: float | None = None
    energy: float | None = None
    energy_today: float | None = None
    dc_voltage: float | None = None
    dc_current: float | None = None
    ac_voltage: float | None = None
    ac_current: float | None = None
    ac_frequency: float | None = None
    temperature: float | None = None
    last_reported: datetime | None = None
    connected: bool | None = None
    phase: str | None = None


# An inverter that is silent for this long while others report needs attention.
_SILENT = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inverters(Part):
    """All inverters. `complete` is false if the site lists only some of them."""

    units: Mapping[str, Inverter]
    complete: bool
    reporting: int

    @property
    def silent(self) -> tuple[str, ...]:
        """The serial numbers of those that stopped reporting at least a day ago while others continue."""
        reported = {serial: unit.last_reported for serial, unit in self.units.items()}
        newest = max((at for at in reported.values() if at is not None), default=None)
        return tuple(
            sorted(
                serial
                for serial, at in reported.items()
                if newest is not None and at is not None and newest - at > _SILENT
            )
        )


class ControllerKind(StrEnum):
    """Devices between the house and the grid."""

    SYSTEM_CONTROLLER = "system_controller"
    COLLAR = "collar"
    COMBINER = "combiner"
    GATEWAY = "gateway"
    RELAY = "relay"


@dataclass(frozen=True, slots=True, kw_only=True)
class Controller:
    """One such device: degrees C, V by phase, Hz."""

    kind: ControllerKind
    device: DeviceInfo
    state: str | None = None
    temperature: float | None = None
    frequency: float | None = None
    voltages: tuple[float | None, ...] = ()
    last_reported: datetime | None = None
    connected: bool | None = None
    radio: Radio | None = None


class GridState(StrEnum):
    """The relation between the house and the grid."""

    ON_GRID = "on_grid"
    OFF_GRID = "off_grid"
    SYNCHRONIZING = "synchronizing"
    GENERATOR = "generator"


class Transition(StrEnum):
    """A movement of the switch between the house and the grid."""

    OPENING = "opening"
    CLOSING = "closing"


@dataclass(frozen=True, slots=True, kw_only=True)
class GridStatus(Part):
    """Whether the grid is connected, and the devices that report it.

    `enabled` is whether the house is meant to use the grid: it stays true when the grid fails.
    `transition` is the current movement of the switch between them, `reason` the vendor's word
    for why the house has no power.
    """

    state: GridState | None = None
    enabled: bool | None = None
    transition: Transition | None = None
    reason: str | None = None
    controllers: Mapping[str, Controller] = field(default_factory=dict)

    @property
    def connected(self) -> bool | None:
        """Whether the house is connected to the grid."""
        return None if self.state is None else self.state is GridState.ON_GRID


class Activity(StrEnum):
    """What the battery's controller is doing."""

    IDLE = "idle"
    ZERO_NET = "zero_net"
    CHARGE_FROM_GRID = "charge_from_grid"
    CHARGE_FROM_SOLAR = "charge_from_solar"
    DISCHARGE_TO_GRID = "discharge_to_grid"
    DISCHARGE_TO_LOAD = "discharge_to_load"
    NO_DISCHARGE = "no_discharge"
    FREQUENCY_RESPONSE = "frequency_response"
    MANAGED_CHARGE = "managed_charge"
    MANAGED_CHARGE_FROM_GRID = "managed_charge_from_grid"
    MANAGED_DISCHARGE = "managed_discharge"
    OTHER = "other"


class OperatingMode(StrEnum):
    """How the battery is used."""

    SELF_CONSUMPTION = "self_consumption"
    SAVINGS = "savings"
    BACKUP = "backup"
    OPTIMIZED = "optimized"


class ExportRule(StrEnum):
    """What may be exported to the grid."""

    BATTERY_OK = "battery_ok"
    PV_ONLY = "pv_only"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Part):
    """The active settings, not requested ones: %.

    `cloud_controlled` is true if the vendor's cloud controls the battery and local settings are
    ignored.
    """

    backup_reserve: float | None = None
    shutdown_level: float | None = None
    operating_mode: OperatingMode | None = None
    charge_from_grid: bool | None = None
    discharge_to_grid: bool | None = None
    restrict_discharge: bool | None = None
    power_match: bool | None = None
    export_rule: ExportRule | None = None
    off_grid_vehicle_charging_reserve: float | None = None
    activity: Activity | None = None
    cloud_controlled: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm(Part):
    """Whether the battery is charged ahead of a storm, and whether a storm is expected."""

    guarded: bool | None = None
    alert: bool | None = None
    charging: bool | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePower(Part):
    """Power by the second: whether it is turned on, until when, and whether values arrive."""

    on: bool
    until: datetime | None = None
    flowing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota(Part):
    """This month's requests: used and left, when the count resets, and when the next request is due.

    `ahead` is true if most of them are used long before the end of the month. `reported_at` is when
    the site last reported to its cloud, `history` is how much of its history was fetched, in %.
    """

    used: int
    left: int | None
    limit: int | None
    resets_at: datetime
    ahead: bool = False
    exhausted: bool = False
    next_update: datetime | None = None
    reported_at: datetime | None = None
    history: float | None = None


class MeterFault(StrEnum):
    """Problems of a meter."""

    PRODUCTION_NOT_MEASURING = "production_not_measuring"
    PRODUCTION_REVERSED = "production_reversed"
    PRODUCTION_PARTIAL = "production_partial"
    PRODUCTION_ABOVE = "production_above"
    PRODUCTION_NEGATIVE = "production_negative"
    PRODUCTION_DISABLED = "production_disabled"
    CONSUMPTION_DISABLED = "consumption_disabled"
    CONSUMPTION_ON_GRID = "consumption_on_grid"

    @property
    def is_hint(self) -> bool:
        """Whether this is no fault, but could be improved."""
        return self in (MeterFault.PRODUCTION_DISABLED, MeterFault.CONSUMPTION_DISABLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterFinding:
    """What a meter measured, and what is expected from other values, in W."""

    fault: MeterFault
    measured: float | None
    expected: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Health(Part):
    """The state of the source itself. `load` is the share of its time that polling takes, in %.

    `signal` is that of the radio in use, in %. `problems` are those that the meters report, `None`
    if they were never requested; `findings` are contradictions found in their values. `open_events`
    is the number of problems in a cloud, `newest_problem` the latest of them, `status` the cloud's state of the whole system, `ailing`
    the values that have failed for long. `sign_ins` counts those to the vendor's account.
    """

    firmware: str | None = None
    last_update: datetime | None = None
    credentials_expire: datetime | None = None
    requests: int = 0
    load: float | None = None
    latency: float | None = None
    last_cloud_report: datetime | None = None
    cloud_connected: bool | None = None
    signal: float | None = None
    storage_used: float | None = None
    problems: tuple[str, ...] | None = None
    findings: tuple[MeterFinding, ...] = ()
    open_events: int | None = None
    newest_problem: Problem | None = None
    sign_ins: int | None = None
    status: SystemStatus | None = None
    ailing: tuple[str, ...] = ()
    breaker_open: bool | None = None

    @property
    def in_trouble(self) -> bool | None:
        """Whether there is any problem, `None` if nothing is known."""
        if self.problems is None and self.open_events is None and self.status is None and self.breaker_open is None:
            return None
        faults = any(not each.fault.is_hint for each in self.findings)
        status = self.status is not None and self.status.in_trouble
        return bool(self.problems or self.open_events or faults or status or self.breaker_open)
