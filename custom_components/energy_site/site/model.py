"""The parts of a site, in W, Wh, %, V, A, Hz and degrees C.

Signs are the same everywhere: positive is towards the house. Grid + import,
battery + discharge, solar + production, load + consumption. `None` means that
the site does not report the value.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from .status import SystemStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A piece of what is known of a site; `observed_at` is the newest value's time."""

    observed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One flow's power in W, as a whole and a phase, L1 first."""

    power: float
    phases: tuple[float | None, ...] = ()
    observed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerFlow(Part):
    """What flows now."""

    solar: Flow | None = None
    grid: Flow | None = None
    battery: Flow | None = None
    load: Flow | None = None
    generator: Flow | None = None

    def filled_up(self, others: PowerFlow) -> PowerFlow:
        """Return these flows, and `others` where these lack one."""
        return PowerFlow(
            observed_at=self.observed_at,
            solar=self.solar or others.solar,
            grid=self.grid or others.grid,
            battery=self.battery or others.battery,
            load=self.load or others.load,
            generator=self.generator or others.generator,
        )


class CounterKind(StrEnum):
    """What is counted for ever, each in its own direction."""

    SOLAR = "solar"
    GRID_IMPORT = "grid_import"
    GRID_EXPORT = "grid_export"
    BATTERY_CHARGE = "battery_charge"
    BATTERY_DISCHARGE = "battery_discharge"
    LOAD = "load"
    GENERATOR = "generator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Wh of one counter: since ever, and since the site's midnight."""

    total: float
    today: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyCounters(Part):
    """All counters. `rejected` is how many samples were refused as impossible."""

    counts: Mapping[CounterKind, Count]
    rejected: int

    def total(self, kind: CounterKind) -> float | None:
        """Return Wh since ever."""
        count = self.counts.get(kind)
        return count.total if count else None

    def today(self, kind: CounterKind) -> float | None:
        """Return Wh since the site's midnight."""
        count = self.counts.get(kind)
        return count.today if count else None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceInfo:
    """What a device is, for the registry of whoever shows it."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Battery(Part):
    """All batteries as one, and each: %, Wh."""

    level: float | None = None
    available_energy: float | None = None
    capacity: float | None = None
    health: float | None = None
    units: Mapping[str, BatteryUnit] = field(default_factory=dict)
    ac_units: Mapping[str, BatteryUnit] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inverter:
    """One inverter: W, Wh, V, A, Hz, degrees C.

    `connected` is `None` at night, when all are silent.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Inverters(Part):
    """All inverters. `complete` is false where the site lists only some of them.

    `silent` are those that stopped reporting a day or more ago while others go on.
    """

    units: Mapping[str, Inverter]
    complete: bool
    reporting: int
    silent: tuple[str, ...] = ()


class ControllerKind(StrEnum):
    """Devices between the house and the grid."""

    SYSTEM_CONTROLLER = "system_controller"
    COLLAR = "collar"
    COMBINER = "combiner"
    GATEWAY = "gateway"
    RELAY = "relay"


@dataclass(frozen=True, slots=True, kw_only=True)
class Controller:
    """One such device: degrees C, V a phase, Hz."""

    kind: ControllerKind
    device: DeviceInfo
    state: str | None = None
    temperature: float | None = None
    frequency: float | None = None
    voltages: tuple[float | None, ...] = ()
    last_reported: datetime | None = None
    connected: bool | None = None


class GridState(StrEnum):
    """How the house and the grid stand to each other."""

    ON_GRID = "on_grid"
    OFF_GRID = "off_grid"
    SYNCHRONIZING = "synchronizing"
    GENERATOR = "generator"


class Transition(StrEnum):
    """A switch between the house and the grid on its way."""

    OPENING = "opening"
    CLOSING = "closing"


@dataclass(frozen=True, slots=True, kw_only=True)
class GridStatus(Part):
    """Whether the grid is there, and the devices that know.

    `enabled` is whether the house is meant to use the grid: it stays true when
    the grid fails. `transition` is how the switch between them moves.
    """

    state: GridState | None = None
    enabled: bool | None = None
    transition: Transition | None = None
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
    """What the battery is for."""

    SELF_CONSUMPTION = "self_consumption"
    SAVINGS = "savings"
    BACKUP = "backup"
    OPTIMIZED = "optimized"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Part):
    """What is active, not what was requested: %.

    `cloud_controlled` says that the vendor's cloud steers the battery and
    local settings are ignored.
    """

    backup_reserve: float | None = None
    shutdown_level: float | None = None
    operating_mode: OperatingMode | None = None
    charge_from_grid: bool | None = None
    activity: Activity | None = None
    cloud_controlled: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm(Part):
    """Whether the battery fills up ahead of a storm, and whether one is expected."""

    guarded: bool | None = None
    alert: bool | None = None


class CircuitMode(StrEnum):
    """What decides whether a circuit has power."""

    MANUAL = "manual"
    BATTERY_LEVEL = "battery_level"
    GENERATOR = "generator"
    SCHEDULE = "schedule"
    BASIC = "basic"
    ALWAYS_ON = "always_on"
    ALWAYS_OFF = "always_off"


class CircuitAction(StrEnum):
    """What a circuit does when the source of power changes."""

    POWERED = "powered"
    NOT_POWERED = "not_powered"
    SCHEDULE = "schedule"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadCircuit:
    """One switched circuit: whether it has power, what it does when, %."""

    name: str | None = None
    kind: str | None = None
    closed: bool | None = None
    mode: CircuitMode | None = None
    grid_action: CircuitAction | None = None
    off_grid_action: CircuitAction | None = None
    generator_action: CircuitAction | None = None
    level_low: float | None = None
    level_high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadCircuits(Part):
    """The switched circuits by their contact's name."""

    circuits: Mapping[str, LoadCircuit]


class GeneratorMode(StrEnum):
    """Who decides whether a generator runs."""

    OFF = "off"
    ON = "on"
    AUTO = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Generator(Part):
    """A generator: whether it runs, the levels in % that start and stop it, W."""

    running: bool | None = None
    mode: GeneratorMode | None = None
    start_level: float | None = None
    stop_level: float | None = None
    rated_power: float | None = None
    manufacturer: str | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePower(Part):
    """Power by the second: whether it was asked for, until when, and whether it flows."""

    on: bool
    until: datetime | None = None
    flowing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota(Part):
    """Requests of this month: used and left, when the count starts anew, and when anything is asked next.

    `ahead` says that most of them are used long before the month's end. `reported_at` is when the site told its cloud anything last, `history` how
    much of its past was fetched in %.
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
    """What speaks against a meter."""

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
        """Whether nothing is wrong, but could be better."""
        return self in (MeterFault.PRODUCTION_DISABLED, MeterFault.CONSUMPTION_DISABLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterFinding:
    """What a meter measured and what else is known of the same power, in W."""

    fault: MeterFault
    measured: float | None
    expected: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Health(Part):
    """How the source itself does. `load` is the share in % of its time that we take.

    `signal` is in % of the radio in use, `problems` the meters' complaints, `None`
    where no meter was ever asked, `findings` what contradicts them, `open_events` how many
    complaints a cloud has, `status` its word for the whole system, `ailing` what it has
    long answered with an error.
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
    status: SystemStatus | None = None
    ailing: tuple[str, ...] = ()

    @property
    def in_trouble(self) -> bool | None:
        """Whether anything complains, `None` where nothing was asked."""
        if self.problems is None and self.open_events is None and self.status is None:
            return None
        faults = any(not each.fault.is_hint for each in self.findings)
        status = self.status is not None and self.status.in_trouble
        return bool(self.problems or self.open_events or faults or status)
