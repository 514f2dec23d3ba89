"""Settings of a battery by v4: what is in force, and changes of it."""

from . import v4_endpoints as endpoints
from .endpoint import Window
from .models.battery import (
    BatterySettings,
    BatterySettingsChange,
    GridStatusPayload,
    LoadContact,
    LoadContactChange,
    StormGuard,
)
from .models.telemetry import BatteryTelemetry
from .v4_link import V4Base

_TODAY = Window()


class BatteryControls(V4Base):
    """What the group System Configurations has, and single batteries from Device Level.

    Plans without a group raise `ApiPlanError`, systems without a battery
    `HardwareAbsentError`. A change that is accepted takes a while to reach the
    gateway: only a read tells what is in force. The first call of each method
    may take two requests, one for either path.
    """

    async def battery_settings(self, system_id: int) -> BatterySettings:
        """Return mode, reserve and limits."""
        return await self._ask(endpoints.BATTERY_SETTINGS, system_id)

    async def set_battery_settings(
        self, system_id: int, change: BatterySettingsChange, *, like: BatterySettings | None = None
    ) -> BatterySettings | None:
        """Change settings, in the words of `like`, the settings as they were read.

        Returns what the service answers, `None` where it only accepts. Raises
        `ValueError` for a change that the service cannot take.
        """
        return await self._change(endpoints.SET_BATTERY_SETTINGS, system_id, change.body(like))

    async def storm_guard(self, system_id: int) -> StormGuard:
        """Return whether Storm Guard is on and sees a storm."""
        return await self._ask(endpoints.STORM_GUARD, system_id)

    async def set_storm_guard(self, system_id: int, *, enabled: bool) -> StormGuard | None:
        """Turn Storm Guard on or off; `None` where the service only accepts."""
        body = {"storm_guard_status": "enabled" if enabled else "disabled"}
        return await self._change(endpoints.SET_STORM_GUARD, system_id, body)

    async def grid_status(self, system_id: int) -> GridStatusPayload:
        """Return whether the grid is there; `NotReportedError` before the site's first report."""
        return await self._ask(endpoints.GRID_STATUS, system_id)

    async def load_control(self, system_id: int) -> tuple[LoadContact, ...]:
        """Return the load circuits."""
        return await self._ask(endpoints.LOAD_CONTROL, system_id)

    async def set_load_control(self, system_id: int, change: LoadContactChange) -> tuple[LoadContact, ...] | None:
        """Change one load circuit; `None` where the service only accepts, `ValueError` where it would not."""
        return await self._change(endpoints.SET_LOAD_CONTROL, system_id, change.body())

    async def encharge_telemetry(self, system_id: int, serial_number: str, window: Window = _TODAY) -> BatteryTelemetry:
        """Return energy and charge of a single battery by 15 minutes."""
        return await self._ask(endpoints.ENCHARGE_TELEMETRY, system_id, serial_number, window.query())

    async def acb_telemetry(self, system_id: int, serial_number: str, window: Window = _TODAY) -> BatteryTelemetry:
        """Return the same of an AC battery, the older kind."""
        return await self._ask(endpoints.ACB_TELEMETRY, system_id, serial_number, window.query())
