"""All a gateway knows, for those who write its payloads."""

from collections.abc import Callable

from simulator.house import House

from .config import BatteryModel, Controller, GatewayConfig, Measurement
from .contacts import DryContacts
from .dynamic_limit import DynamicExportLimit
from .live import LiveStream
from .recorder import Recorder
from .relay import MainsRelay
from .tariff import Tariff


class GatewayState:
    """A gateway's view of its house at one moment."""

    def __init__(self, house: House, config: GatewayConfig) -> None:
        """Look at `house` with the hardware of `config`."""
        self.house = house
        self.config = config
        self.firmware = config.firmware
        self.skew = 0.0
        self.recorder = Recorder(
            house,
            report_interval=config.report_interval,
            rollup_interval=config.rollup_interval,
        )
        self.relay = MainsRelay(house)
        self.tariff = Tariff(house, currency=config.currency, cloud_governed=config.cloud_governed)
        self.contacts = DryContacts(house, present=config.controller is Controller.SYSTEM_CONTROLLER)
        self.live = LiveStream(seconds=config.stream_seconds)
        # Seconds until a command to switches and generator is carried out, and those that wait for that.
        self.reaction = 0.0
        self._waiting: list[tuple[float, Callable[[], object]]] = []
        self.dynamic_limit = DynamicExportLimit(house, commissioned=config.limit_commissioned)
        self.pv_limit: dict[str, bool | int] = {"enable": False, "pv_limit_pct": 100}

    def react(self, act: Callable[[], object]) -> None:
        """Carry a command out after the time that this takes."""
        self._waiting.append((self.house.time + self.reaction, act))

    def advance(self, now: float) -> None:
        """Let the house live until `now`, epoch s."""
        while self._waiting and self._waiting[0][0] <= now:
            due, act = self._waiting.pop(0)
            self.relay.advance(due)
            act()
        self.tariff.advance(now)
        self.relay.advance(now)

    @property
    def now(self) -> float:
        """The gateway's time, epoch s."""
        return self.house.time + self.skew

    def stamp(self, epoch: float) -> int:
        """Return a moment of the house as the gateway's clock has it."""
        return int(epoch + self.skew)

    @property
    def version(self) -> tuple[int, ...]:
        """The firmware as numbers."""
        return tuple(int(part) for part in self.firmware.lstrip("DR").split("."))

    @property
    def encharges(self) -> int:
        """The number of Encharge batteries."""
        return self._units(BatteryModel.ENCHARGE)

    @property
    def ac_batteries(self) -> int:
        """The number of AC Batteries."""
        return self._units(BatteryModel.AC_BATTERY)

    def _units(self, model: BatteryModel) -> int:
        battery = self.house.battery
        fits = battery is not None and self.config.battery_model is model
        return battery.config.units if battery and fits else 0

    @property
    def has_ct(self) -> bool:
        """Whether a production CT is on."""
        return self.config.metered and Measurement.PRODUCTION in self.config.cts

    @property
    def consumption_ct(self) -> Measurement | None:
        """How consumption is measured, None when it is not."""
        for kind in (Measurement.NET_CONSUMPTION, Measurement.TOTAL_CONSUMPTION):
            if self.config.metered and kind in self.config.cts:
                return kind
        return None

    def battery_serial(self, index: int) -> str:
        """Return the serial number of a battery unit."""
        return f"4923{self.config.serial[-6:]}{index + 1:02d}"

    @property
    def controller_serial(self) -> str:
        """The serial number of the system controller or collar."""
        return f"4825{self.config.serial[-6:]}90"
