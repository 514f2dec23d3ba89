"""An IQ Gateway on loopback."""

from typing import override

from simulator.clock import Clock
from simulator.house import House, StorageMode

from .config import GatewayConfig, NightlyRestart
from .dynamic_limit import DPEL, denial
from .firmware_bugs import blank_meters
from .host import Call, GatewayHost
from .reply import Reply, html, not_found, unauthorized
from .routes import INSTALLER_ONLY, read, write
from .state import GatewayState
from .stream import STREAM, frames


class GatewayServer(GatewayHost):
    """Serves one house through the local API of firmware 7 and 8."""

    def __init__(
        self,
        house: House,
        config: GatewayConfig | None = None,
        *,
        clock: Clock | None = None,
    ) -> None:
        """Fit a gateway into `house`; its time is the clock's."""
        self.config = config or GatewayConfig()
        super().__init__(
            serial=self.config.serial,
            clock=clock,
            speed=self.config.speed,
            wait=self.config.wait,
            port=self.config.port,
            keep_alive=self.config.keep_alive,
        )
        self.house = house
        self.state = GatewayState(house, self.config)
        self._restarted_on: int | None = None
        self._blank_after: int = 0

    # -- control ------------------------------------------------------------

    def set_firmware(self, firmware: str) -> None:
        """Run another firmware, as after an upgrade."""
        self.state.firmware = firmware

    def reboot(self, seconds: float, *, manner: str = "reset", blank_polls: int = 0) -> None:
        """Restart: connections `reset` or `hang` for `seconds` of the clock.

        Sessions and the live stream end; afterwards the meters are blank for so
        many polls.
        """
        self.break_connections(seconds, manner=manner)
        self.close_sessions()
        self.state.live.switch(on=False, now=self.clock.now())
        self._blank_after = blank_polls

    def set_cloud_profile(
        self,
        *,
        mode: StorageMode | None = None,
        reserve: float | None = None,
        charge_from_grid: bool | None = None,
        shutdown_level: float | None = None,
    ) -> None:
        """Let the vendor's cloud govern the battery, with these settings."""
        tariff = self.state.tariff
        cloud = tariff.cloud
        cloud.mode = cloud.mode if mode is None else mode
        cloud.reserve = cloud.reserve if reserve is None else reserve
        if charge_from_grid is not None:
            cloud.charge_from_grid = charge_from_grid
        if shutdown_level is not None:
            cloud.shutdown_level = shutdown_level
        tariff.cloud_governed = True
        tariff.govern()

    def end_cloud_profile(self) -> None:
        """Let the local settings govern again."""
        self.state.tariff.cloud_governed = False
        self.state.tariff.govern()

    def advance(self) -> None:
        """Let the house live until the clock's time."""
        self.state.skew = self.clock_skew
        self.state.advance(self.clock.now())

    # -- requests -----------------------------------------------------------

    @override
    def broken(self) -> str | None:
        if self.config.nightly_restart:
            self._restart_nightly(self.config.nightly_restart)
        manner = super().broken()
        if manner is None and self._blank_after:
            self.faults.add(blank_meters(), count=self._blank_after)
            self._blank_after = 0
        return manner

    def _restart_nightly(self, plan: NightlyRestart) -> None:
        now = self.clock.now()
        local = now + self.clock_skew + self.house.utc_offset(now)
        into = (local % 86400) - plan.hour * 3600
        day = int(local // 86400)
        if 0 <= into < plan.minutes * 60 and self._restarted_on != day:
            self._restarted_on = day
            self.reboot(
                plan.minutes * 60 - into,
                manner=plan.manner,
                blank_polls=plan.blank_polls,
            )

    def _streaming(self, call: Call) -> Reply:
        if not self.config.metered:
            return not_found()
        if not self.config.meter_stream and call.role != "installer":
            return unauthorized()
        return Reply(frames=frames(self.state, self.advance), content_type="text/event-stream")

    @override
    async def respond(self, call: Call) -> Reply:
        if call.path in INSTALLER_ONLY and call.role != "installer":
            return unauthorized()
        if call.path == DPEL and (denied := denial(self.config, call.method, call.role)) is not None:
            return denied
        self.advance()
        if call.path == STREAM:
            return self._streaming(call)
        if call.method in ("GET", "HEAD"):
            return read(self.state, call)
        if call.method in ("POST", "PUT"):
            return write(self.state, call)
        return html(405)
