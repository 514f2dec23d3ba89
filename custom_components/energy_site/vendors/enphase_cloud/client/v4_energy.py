"""Reads of v4 on the energy of a site as a whole."""

from . import v4_endpoints as endpoints
from .endpoint import WEEK, Days, Granularity, Window, at_most
from .models.common import DailySeries
from .models.lifetime import BatteryLifetime, EnergyLifetime
from .models.meters import MeterReadings, RgmStats, StorageReadings
from .models.telemetry import BatteryTelemetry, EnergyTelemetry, LatestTelemetry
from .v4_link import V4Base

_TODAY = Window()
_LIFE = Days()


class EnergyReads(V4Base):
    """What the groups Site Production and Site Consumption have; every plan has them. Each call is one request.

    A telemetry without anything new is empty, not an error. A request for
    dates without data is a `RangeError`, one for a battery that is not there
    a `HardwareAbsentError`.
    """

    async def production_micro(self, system_id: int, window: Window = _TODAY) -> EnergyTelemetry:
        """Return the inverters' power and energy by 5 minutes, of a day at most."""
        query = window.query(longest=Granularity.DAY)
        return await self._ask(endpoints.PRODUCTION_MICRO, system_id, query=query)

    async def production_meter(self, system_id: int, window: Window = _TODAY) -> EnergyTelemetry:
        """Return the production meters' energy by 15 minutes."""
        return await self._ask(endpoints.PRODUCTION_METER, system_id, query=window.query())

    async def consumption_meter(self, system_id: int, window: Window = _TODAY) -> EnergyTelemetry:
        """Return the consumption meters' energy by 15 minutes."""
        return await self._ask(endpoints.CONSUMPTION_METER, system_id, query=window.query())

    async def energy_import(self, system_id: int, window: Window = _TODAY) -> EnergyTelemetry:
        """Return the energy from the grid by 15 minutes, of a day at most."""
        query = window.query(longest=Granularity.DAY)
        return await self._ask(endpoints.IMPORT_TELEMETRY, system_id, query=query)

    async def energy_export(self, system_id: int, window: Window = _TODAY) -> EnergyTelemetry:
        """Return the energy to the grid by 15 minutes, of a day at most."""
        query = window.query(longest=Granularity.DAY)
        return await self._ask(endpoints.EXPORT_TELEMETRY, system_id, query=query)

    async def battery_telemetry(self, system_id: int, window: Window = _TODAY) -> BatteryTelemetry:
        """Return energy and charge of all batteries by 15 minutes."""
        return await self._ask(endpoints.BATTERY_TELEMETRY, system_id, query=window.query())

    async def latest_telemetry(self, system_id: int) -> LatestTelemetry:
        """Return the newest power of each phase of each device."""
        return await self._ask(endpoints.LATEST_TELEMETRY, system_id)

    async def energy_lifetime(self, system_id: int, days: Days = _LIFE, *, everything: bool = False) -> EnergyLifetime:
        """Return production day by day; with `everything` also by inverters and by meters alone."""
        query = {**days.query(), "production": "all" if everything else None}
        return await self._ask(endpoints.ENERGY_LIFETIME, system_id, query=query)

    async def consumption_lifetime(self, system_id: int, days: Days = _LIFE) -> DailySeries:
        """Return consumption day by day."""
        return await self._ask(endpoints.CONSUMPTION_LIFETIME, system_id, query=days.query())

    async def battery_lifetime(self, system_id: int, days: Days = _LIFE) -> BatteryLifetime:
        """Return the energy into and out of all batteries day by day."""
        return await self._ask(endpoints.BATTERY_LIFETIME, system_id, query=days.query())

    async def energy_import_lifetime(self, system_id: int, days: Days = _LIFE) -> DailySeries:
        """Return the energy from the grid day by day."""
        return await self._ask(endpoints.IMPORT_LIFETIME, system_id, query=days.query())

    async def energy_export_lifetime(self, system_id: int, days: Days = _LIFE) -> DailySeries:
        """Return the energy to the grid day by day."""
        return await self._ask(endpoints.EXPORT_LIFETIME, system_id, query=days.query())

    async def production_meter_readings(self, system_id: int, *, end_at: int | None = None) -> MeterReadings:
        """Return the production meters' odometers, now or at `end_at` in seconds since the epoch."""
        return await self._ask(endpoints.PRODUCTION_READINGS, system_id, query={"end_at": end_at})

    async def consumption_meter_readings(self, system_id: int, *, end_at: int | None = None) -> MeterReadings:
        """Return the consumption meters' odometers, now or at `end_at` in seconds since the epoch."""
        return await self._ask(endpoints.CONSUMPTION_READINGS, system_id, query={"end_at": end_at})

    async def storage_meter_readings(self, system_id: int, *, end_at: int | None = None) -> StorageReadings:
        """Return the battery meters' odometers, now or at `end_at` in seconds since the epoch."""
        return await self._ask(endpoints.STORAGE_READINGS, system_id, query={"end_at": end_at})

    async def rgm_stats(self, system_id: int, *, start_at: int | None = None, end_at: int | None = None) -> RgmStats:
        """Return revenue-grade production by 15 minutes; `ValueError` for more than seven days."""
        at_most(start_at, end_at, WEEK)
        return await self._ask(endpoints.RGM_STATS, system_id, query={"start_at": start_at, "end_at": end_at})
