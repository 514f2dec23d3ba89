"""What hardware a gateway has."""

from dataclasses import dataclass
from enum import StrEnum

from .processor import Speed


class Measurement(StrEnum):
    """What a current transformer measures."""

    PRODUCTION = "production"
    NET_CONSUMPTION = "net-consumption"
    TOTAL_CONSUMPTION = "total-consumption"
    STORAGE = "storage"
    BACKFEED = "backfeed"
    LOAD = "load"
    EVSE = "evse"
    PV_THREE_PHASE = "pv3p"


class Controller(StrEnum):
    """What stands between the house and the grid."""

    NONE = "none"
    SYSTEM_CONTROLLER = "system_controller"
    COLLAR = "collar"


class BatteryModel(StrEnum):
    """What the house's battery is made of."""

    ENCHARGE = "encharge"
    AC_BATTERY = "ac_battery"


class DynamicLimit(StrEnum):
    """Who may read and set the dynamic limit of the export; reports disagree on that."""

    UNKNOWN = "unknown"
    INSTALLERS = "installers"
    OWNERS_READ = "owners_read"
    OWNERS = "owners"


COMBINER_UNUSED = (Measurement.LOAD, Measurement.EVSE, Measurement.PV_THREE_PHASE)
PRODUCTION_AND_NET = (Measurement.PRODUCTION, Measurement.NET_CONSUMPTION)


@dataclass(frozen=True, slots=True, kw_only=True)
class NightlyRestart:
    """A restart of services each night, by the gateway's local time (hours)."""

    hour: float = 22.95
    minutes: float = 8.0
    manner: str = "reset"
    blank_polls: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayConfig:
    """A gateway: intervals in seconds; `metered` is hardware, not whether CTs are on.

    With `meter_stream` an owner, too, gets the meters' stream. With `cloud_governed` the vendor's cloud sets how the battery is used, and
    what is written locally is kept but not obeyed. The dynamic limit works once an installer has commissioned it.
    """

    serial: str = "482512345678"
    firmware: str = "D8.3.5169"
    part_number: str = "800-00647-r11"
    metered: bool = True
    cts: tuple[Measurement, ...] = PRODUCTION_AND_NET
    disabled_cts: tuple[Measurement, ...] = ()
    controller: Controller = Controller.NONE
    battery_model: BatteryModel = BatteryModel.ENCHARGE
    q_relay: bool = False
    device_data: bool = True
    device_data_limit: int = 50
    report_interval: float = 300.0
    rollup_interval: float = 900.0
    stream_seconds: float = 900.0
    meter_stream: bool = False
    cloud_governed: bool = False
    dynamic_limit: DynamicLimit = DynamicLimit.OWNERS_READ
    limit_commissioned: bool = False
    currency: str = "EUR"
    speed: Speed = Speed.NONE
    wait: float = 1.0
    port: int = 0
    keep_alive: bool = True
    nightly_restart: NightlyRestart | None = None
