"""Reads of v4 on single devices: inverters, EV chargers, heat pumps."""

from datetime import date

from . import v4_endpoints as endpoints
from .endpoint import Days, Granularity, Value, Window, page_query
from .models.common import DailySeries
from .models.ev_charger import Charger, ChargerEvent, ChargerSchedule, Session
from .models.telemetry import DeviceTelemetry, EnergyInterval, EnergyTelemetry
from .v4_link import V4Base

_TODAY = Window()
_LIFE = Days()


class DeviceReads(V4Base):
    """What the groups Device Level and EV Charger have. Each call is one request.

    Plans without a group raise `ApiPlanError`. The endpoints below
    `ev_charger/` know only Enphase's own chargers.
    """

    async def micros_telemetry(
        self, system_id: int, window: Window = _TODAY, *, page: int = 1, size: int = 20
    ) -> tuple[DeviceTelemetry, ...]:
        """Return each inverter's energy by 5 minutes, of a day at most."""
        query = {**window.query(longest=Granularity.DAY), **page_query(page, size)}
        return await self._ask(endpoints.MICROS_TELEMETRY, system_id, query=query)

    async def micro_telemetry(self, system_id: int, serial_number: str, window: Window = _TODAY) -> EnergyTelemetry:
        """Return one inverter's energy by 5 minutes, of a day at most."""
        query = window.query(longest=Granularity.DAY)
        return await self._ask(endpoints.MICRO_TELEMETRY, system_id, serial_number, query)

    async def evse_telemetry(
        self,
        system_id: int,
        serial_number: str,
        window: Window = _TODAY,
        *,
        interval: Granularity = Granularity.QUARTER_HOUR,
    ) -> EnergyTelemetry:
        """Return an EV charger's energy by 15 minutes, or by 5 where the site reports so often."""
        query = {**window.query(), "interval_duration": interval}
        return await self._ask(endpoints.EVSE_TELEMETRY, system_id, serial_number, query)

    async def heat_pump_telemetry(
        self,
        system_id: int,
        window: Window = _TODAY,
        *,
        interval: Granularity = Granularity.QUARTER_HOUR,
    ) -> EnergyTelemetry:
        """Return the heat pumps' energy by 15 minutes, or by 5 where the site reports so often."""
        query = {**window.query(), "interval_duration": interval}
        return await self._ask(endpoints.HEAT_PUMP_TELEMETRY, system_id, query=query)

    async def evse_lifetime(self, system_id: int, serial_number: str, days: Days = _LIFE) -> DailySeries:
        """Return an EV charger's energy day by day; below zero is a car that feeds the house."""
        return await self._ask(endpoints.EVSE_LIFETIME, system_id, serial_number, days.query())

    async def heat_pump_lifetime(self, system_id: int, days: Days = _LIFE) -> DailySeries:
        """Return the heat pumps' energy day by day."""
        return await self._ask(endpoints.HEAT_PUMP_LIFETIME, system_id, query=days.query())

    async def chargers(self, system_id: int) -> tuple[Charger, ...]:
        """Return the EV chargers."""
        return await self._ask(endpoints.CHARGERS, system_id)

    async def charger_events(
        self, system_id: int, serial_number: str, *, offset: int = 0, limit: int = 100
    ) -> tuple[ChargerEvent, ...]:
        """Return what happened to an EV charger, 100 events at most."""
        query: dict[str, Value] = {"serial_num": serial_number, "offset": offset, "limit": limit}
        return await self._ask(endpoints.CHARGER_EVENTS, system_id, query=query)

    async def charger_sessions(
        self, system_id: int, serial_number: str, *, offset: int = 0, limit: int = 100
    ) -> tuple[Session, ...]:
        """Return an EV charger's sessions, 100 at most."""
        query = {"offset": offset, "limit": limit}
        return await self._ask(endpoints.CHARGER_SESSIONS, system_id, serial_number, query)

    async def charger_schedules(self, system_id: int, serial_number: str) -> tuple[ChargerSchedule, ...]:
        """Return an EV charger's schedules."""
        return await self._ask(endpoints.CHARGER_SCHEDULES, system_id, serial_number)

    async def charger_lifetime(
        self, system_id: int, serial_number: str, start_date: date, end_date: date | None = None
    ) -> DailySeries:
        """Return an EV charger's energy day by day."""
        query = {"start_date": _compact(start_date), "end_date": _compact(end_date)}
        return await self._ask(endpoints.CHARGER_LIFETIME, system_id, serial_number, query)

    async def charger_telemetry(
        self, system_id: int, serial_number: str, start_date: date, *, granularity: Granularity = Granularity.DAY
    ) -> tuple[EnergyInterval, ...]:
        """Return an EV charger's energy by intervals from a day on."""
        query = {"start_date": _compact(start_date), "granularity": granularity}
        return await self._ask(endpoints.CHARGER_TELEMETRY, system_id, serial_number, query)


def _compact(day: date | None) -> str | None:
    """Write a date as only these endpoints do."""
    return None if day is None else day.strftime("%Y%m%d")
