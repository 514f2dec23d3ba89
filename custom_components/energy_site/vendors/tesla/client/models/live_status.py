"""What a site does now."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from .....api.payload import Record, parse_each
from .common import expect, instant, not_negative, percent, whole, word

_KNOWN = (
    "timestamp",
    "solar_power",
    "battery_power",
    "load_power",
    "grid_power",
    "percentage_charged",
    "grid_status",
    "island_status",
    "wall_connectors",
)


class WallConnectorState(IntEnum):
    """The states of a Wall Connector; new ones come with new firmware."""

    CHARGING = 1
    UNPLUGGED = 2
    UNPLUGGED_FAULTED = 3
    WAITING_FOR_VEHICLE = 4
    TIME_RESTRICTED = 5
    FAULT_CHARGING = 6
    FAULT = 7
    OFFLINE = 8


class WallConnectorFault(IntEnum):
    """The fault states of a Wall Connector, most of which are no faults."""

    STARTUP = 1
    READY = 2
    CRITICAL_FAULT = 3
    NON_CRITICAL_FAULT = 4
    RETRY_PENDING = 5
    LOCKOUT = 6
    FOLDBACK = 7
    CHARGING = 8
    CONFIGURATION_REQUIRED = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveWallConnector:
    """A Wall Connector of `live_status`: power in W.

    The states are the numbers as sent, most of which `WallConnectorState` and
    `WallConnectorFault` name. The vehicle that is plugged in isn't read.
    """

    din: str = field(repr=False)
    wall_connector_state: int | None
    wall_connector_fault_state: int | None
    wall_connector_power: float | None

    @property
    def state(self) -> WallConnectorState | None:
        """The state, `None` for one without a name."""
        return _named(WallConnectorState, self.wall_connector_state)

    @property
    def fault(self) -> WallConnectorFault | None:
        """The fault state, `None` for one without a name."""
        return _named(WallConnectorFault, self.wall_connector_fault_state)


@dataclass(frozen=True, slots=True, kw_only=True)
class StormWatch:
    """A window in which a storm is expected, past or to come; `None` for a time without an offset from UTC."""

    watch_event_id: str | None = field(repr=False)
    start: datetime | None
    end: datetime | None
    storm_type: str | None
    opted_out: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveStatus:
    """`live_status`: power in W, energy in Wh, level in %.

    `battery_power` is positive while the battery discharges, `grid_power` while the site
    imports. The level and `energy_left` leave out the 5 % of the pack that Tesla keeps.
    `grid_status` and `island_status` are the words as sent, of which new ones come with
    new firmware. `timestamp` is the age of it all: while a gateway is offline, its last
    values stand. `None` is what wasn't sent, or not in a form that can be believed;
    `wall_connectors` is `None` where the answer leaves them out, as single answers do.
    """

    timestamp: datetime | None
    solar_power: float | None
    battery_power: float | None
    load_power: float | None
    grid_power: float | None
    generator_power: float | None
    grid_services_power: float | None
    grid_services_active: bool | None
    percentage_charged: float | None
    energy_left: float | None
    total_pack_energy: float | None
    backup_capable: bool | None
    grid_status: str | None
    island_status: str | None
    battery_breaker_open: bool | None
    storm_mode_active: bool | None
    storm_mode_states: tuple[StormWatch, ...]
    wall_connectors: tuple[LiveWallConnector, ...] | None


def parse_live_status(endpoint: str, payload: object) -> LiveStatus:
    """Read `live_status`, in which any field may be missing, but not all of them."""
    root = Record(endpoint, payload)
    expect(root, *_KNOWN)
    connectors = root.value("wall_connectors")
    return LiveStatus(
        timestamp=instant(root, "timestamp"),
        solar_power=root.number_or_none("solar_power"),
        battery_power=root.number_or_none("battery_power"),
        load_power=root.number_or_none("load_power"),
        grid_power=root.number_or_none("grid_power"),
        generator_power=root.number_or_none("generator_power"),
        grid_services_power=root.number_or_none("grid_services_power"),
        grid_services_active=root.flag_or_none("grid_services_active"),
        percentage_charged=percent(root, "percentage_charged"),
        energy_left=not_negative(root, "energy_left"),
        total_pack_energy=not_negative(root, "total_pack_energy"),
        backup_capable=root.flag_or_none("backup_capable"),
        grid_status=root.code_or_none("grid_status"),
        island_status=root.code_or_none("island_status"),
        battery_breaker_open=root.flag_or_none("battery_breaker_open"),
        storm_mode_active=root.flag_or_none("storm_mode_active"),
        storm_mode_states=parse_each(root.records("storm_mode_states"), _storm),
        wall_connectors=parse_each(root.records("wall_connectors"), _wall_connector)
        if isinstance(connectors, list)
        else None,
    )


def _wall_connector(item: Record) -> LiveWallConnector:
    return LiveWallConnector(
        din=item.identifier("din"),
        wall_connector_state=whole(item, "wall_connector_state"),
        wall_connector_fault_state=whole(item, "wall_connector_fault_state"),
        wall_connector_power=item.number_or_none("wall_connector_power"),
    )


def _storm(item: Record) -> StormWatch:
    return StormWatch(
        watch_event_id=item.text_or_none("watch_event_id"),
        start=instant(item, "start_time"),
        end=instant(item, "end_time"),
        storm_type=word(item, "storm_type"),
        opted_out=item.flag_or_none("opted_out"),
    )


def _named[E: IntEnum](names: type[E], number: int | None) -> E | None:
    return next((name for name in names if name == number), None)
