"""Reads of v4 on systems and their devices."""

from datetime import date

from . import v4_endpoints as endpoints
from .endpoint import WEEK, at_most, page_query
from .models.devices import Devices, InvertersSummary
from .models.events import Alarm, Event, EventType
from .models.systems import Summary, System, SystemsPage
from .v4_link import V4Base


class SystemsReads(V4Base):
    """What the group System Details has; every plan has it. Each call is one request unless it says else."""

    async def systems(self, *, page: int = 1, size: int = 100) -> SystemsPage:
        """Return a page of the systems whose owners agreed; 100 systems a page at most."""
        return await self._ask(endpoints.SYSTEMS, query=page_query(page, size))

    async def system(self, system_id: int) -> System:
        """Return one system."""
        return await self._ask(endpoints.SYSTEM, system_id)

    async def system_id_of(self, serial_number: str) -> int:
        """Return the system of a gateway; `ApiNotFoundError` where it is retired or somebody else's."""
        return await self._ask(endpoints.SYSTEM_ID, query={"serial_num": serial_number})

    async def summary(self, system_id: int, *, summary_date: date | None = None) -> Summary:
        """Return a system's day, today where the system stands or another one; `RangeError` for a future day."""
        return await self._ask(endpoints.SUMMARY, system_id, query={"summary_date": summary_date})

    async def devices(self, system_id: int) -> Devices:
        """Return all active devices."""
        return await self._ask(endpoints.DEVICES, system_id)

    async def inverters(self, system_id: int, *, page: int = 1, size: int = 100) -> tuple[InvertersSummary, ...]:
        """Return power and life's energy of each inverter, 100 of them a page at most."""
        query = {"site_id": system_id, **page_query(page, size)}
        return await self._ask(endpoints.INVERTERS, query=query)

    async def inverters_of(self, envoy: str, *, page: int = 1, size: int = 100) -> tuple[InvertersSummary, ...]:
        """Return the same for the inverters behind the gateway with this serial number."""
        query = {"envoy_serial_number": envoy, **page_query(page, size)}
        return await self._ask(endpoints.INVERTERS, query=query)

    async def events(self, system_id: int, start_time: int, end_time: int | None = None) -> tuple[Event, ...]:
        """Return events of seven days at most, in seconds since the epoch, up to nine months ago.

        Without an end it is a day. Raises `ValueError` for a longer range.
        """
        at_most(start_time, end_time, WEEK)
        return await self._ask(endpoints.EVENTS, system_id, query={"start_time": start_time, "end_time": end_time})

    async def open_events(self, system_id: int) -> tuple[Event, ...]:
        """Return the events that go on."""
        return await self._ask(endpoints.OPEN_EVENTS, system_id)

    async def alarms(
        self, system_id: int, start_time: int, end_time: int | None = None, *, cleared: bool | None = None
    ) -> tuple[Alarm, ...]:
        """Return alarms of seven days at most, as `events` does; only those cleared or not where asked."""
        at_most(start_time, end_time, WEEK)
        flag = None if cleared is None else str(cleared).lower()
        query = {"start_time": start_time, "end_time": end_time, "cleared": flag}
        return await self._ask(endpoints.ALARMS, system_id, query=query)

    async def open_alarms(self, system_id: int) -> tuple[Alarm, ...]:
        """Return the alarms that go on."""
        return await self._ask(endpoints.OPEN_ALARMS, system_id)

    async def event_types(self, event_type_id: int | None = None) -> tuple[EventType, ...]:
        """Return what the kinds of events mean, or one of them; it hardly ever changes."""
        return await self._ask(endpoints.EVENT_TYPES, query={"event_type_id": event_type_id})
