"""Enphase's Enlighten Systems API v2, for whoever still has a key.

Enphase closed it to newcomers and announced its end more than once. It knows
no batteries and sets nothing.
"""

from base64 import b64encode
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any

from aiohttp import ClientSession

from ....api.base_client import BudgetHooks
from ....api.errors import ApiForbiddenError
from ....api.transport import Response
from . import v2_endpoints as endpoints
from .base import EnphaseClient
from .endpoint import WEEK, CloudEndpoint, Days, Request, Value, at_most, pieces
from .error_mapping import ErrorResponse
from .errors import KeyRefusedError
from .models.common import DailySeries
from .models.devices import InvertersSummary
from .models.lifetime import EnergyLifetime
from .models.meters import MeterReadings, RgmStats
from .models.systems import Summary
from .models.telemetry import EnergyTelemetry
from .models.v2 import Envoy, Inventory, LegacySystem, LegacySystems, MonthlyProduction

_LIFE = Days()
_DAY = 86_400

# The most that the service gives in one page.
_MOST_SYSTEMS = 1000

# One month is what the service gives at once, and February is the shortest.
_MONTH = 28 * _DAY


class DatetimeFormat(StrEnum):
    """How the service shall write times; both are read."""

    EPOCH = "epoch"
    ISO_8601 = "iso8601"


def encode_user_id(user_id: str) -> str:
    """Return a user id as the service wants it, also from the plain number that is inside it.

    It is the number, base64 with a line's end, in hexadecimal digits: 310606
    becomes 4d7a45774e6a41320a.
    """
    text = user_id.strip()
    if not (text.isascii() and text.isdigit()):
        return text
    return (b64encode(text.encode()) + b"\n").hex()


class EnlightenV2Client(EnphaseClient):
    """Everything that v2 has. Each call is one request, but for those that go through several.

    Each call raises, beside what its method says: `ApiAuthError` where key or
    user id are refused, `KeyRefusedError` where it says that it is the key,
    `ApiQuotaError` where the plan's requests are used up, `RangeError` and
    other `UnprocessableError` for a request without an answer, `RetiredError`
    where something else answers in place of the API, and other `ApiError` for
    what may pass.
    """

    def __init__(
        self,
        session: ClientSession,
        api_key: str,
        user_id: str,
        *,
        budget: BudgetHooks | None = None,
        datetime_format: DatetimeFormat | None = None,
    ) -> None:
        """Ask with the key of an application for the systems of a user, who is named by either form of id."""
        super().__init__(session, "api/v2", budget)
        self._credentials = [("key", api_key), ("user_id", encode_user_id(user_id))]
        self._format = [("datetime_format", datetime_format.value)] if datetime_format else []

    async def systems(
        self,
        *,
        next_page: str | None = None,
        limit: int = 100,
        system_ids: Sequence[int] = (),
        statuses: Sequence[str] = (),
        system_name: str | None = None,
    ) -> LegacySystems:
        """Return a page of the systems, 1000 at most; all must match what is given, names in part."""
        query: dict[str, Value] = {"next": next_page, "limit": limit, "system_name": system_name}
        several: dict[str, Value] = {"system_id[]": system_ids, "status[]": statuses}
        return await self._ask(endpoints.SYSTEMS, query={**query, **several})

    async def all_systems(self) -> AsyncIterator[LegacySystem]:
        """Go through the systems of all pages, with a request for each page."""
        seen: set[str] = set()
        page = await self.systems(limit=_MOST_SYSTEMS)
        while True:
            for system in page.systems:
                yield system
            # A page that names itself as the next one would have no end.
            if page.next is None or page.next in seen:
                return
            seen.add(page.next)
            page = await self.systems(next_page=page.next, limit=_MOST_SYSTEMS)

    async def search_system_id(self, serial_number: str) -> int:
        """Return the system of a gateway; `ApiNotFoundError` where there is none."""
        return await self._ask(endpoints.SEARCH_SYSTEM_ID, query={"serial_num": serial_number})

    async def summary(self, system_id: int, *, summary_date: date | None = None) -> Summary:
        """Return a system's day, today where the system stands or another one; `RangeError` for a future day."""
        return await self._ask(endpoints.SUMMARY, system_id, {"summary_date": summary_date})

    async def energy_lifetime(
        self, system_id: int, days: Days = _LIFE, *, everything: bool = False
    ) -> EnergyLifetime | None:
        """Return production day by day; with `everything` also by inverters and by meters alone; `None` for no data."""
        query = {**days.query(), "production": "all" if everything else None}
        return await self._ask_or_none(endpoints.ENERGY_LIFETIME, system_id, query)

    async def consumption_lifetime(self, system_id: int, days: Days = _LIFE) -> DailySeries | None:
        """Return consumption day by day, `None` without a meter; `ApiForbiddenError` where the owner keeps it."""
        return await self._ask_or_none(endpoints.CONSUMPTION_LIFETIME, system_id, days.query())

    async def stats(self, system_id: int, *, start_at: int | None = None, end_at: int | None = None) -> EnergyTelemetry:
        """Return production by 5 minutes, of the last year; `ValueError` for more than a day.

        Nights are left out. `RangeError` where the system has nothing then.
        """
        at_most(start_at, end_at, _DAY)
        return await self._ask(endpoints.STATS, system_id, {"start_at": start_at, "end_at": end_at})

    async def stats_by_day(self, system_id: int, start_at: int, end_at: int) -> AsyncIterator[EnergyTelemetry]:
        """Go through `stats` of a longer time, with a request a day."""
        for start, end in pieces(start_at, end_at, _DAY):
            yield await self.stats(system_id, start_at=start, end_at=end)

    async def consumption_stats(
        self, system_id: int, *, start_at: int | None = None, end_at: int | None = None
    ) -> EnergyTelemetry:
        """Return consumption by 15 minutes, of the last year; `ValueError` for more than 28 days.

        `ApiForbiddenError` where the owner keeps it.
        """
        at_most(start_at, end_at, _MONTH)
        return await self._ask(endpoints.CONSUMPTION_STATS, system_id, {"start_at": start_at, "end_at": end_at})

    async def consumption_stats_by_month(
        self, system_id: int, start_at: int, end_at: int
    ) -> AsyncIterator[EnergyTelemetry]:
        """Go through `consumption_stats` of a longer time, with a request for 28 days."""
        for start, end in pieces(start_at, end_at, _MONTH):
            yield await self.consumption_stats(system_id, start_at=start, end_at=end)

    async def rgm_stats(self, system_id: int, *, start_at: int | None = None, end_at: int | None = None) -> RgmStats:
        """Return revenue-grade production by 15 minutes, of the last year; `ValueError` for more than seven days."""
        at_most(start_at, end_at, WEEK)
        return await self._ask(endpoints.RGM_STATS, system_id, {"start_at": start_at, "end_at": end_at})

    async def rgm_stats_by_week(self, system_id: int, start_at: int, end_at: int) -> AsyncIterator[RgmStats]:
        """Go through `rgm_stats` of a longer time, with a request for seven days."""
        for start, end in pieces(start_at, end_at, WEEK):
            yield await self.rgm_stats(system_id, start_at=start, end_at=end)

    async def production_meter_readings(self, system_id: int, *, end_at: int | None = None) -> MeterReadings:
        """Return the production meters' odometers, now or at `end_at` in seconds since the epoch."""
        return await self._ask(endpoints.PRODUCTION_READINGS, system_id, {"end_at": end_at})

    async def monthly_production(self, system_id: int, start_date: date) -> MonthlyProduction:
        """Return a month's production, which is over; deprecated in favour of `energy_lifetime`."""
        return await self._ask(endpoints.MONTHLY_PRODUCTION, system_id, {"start_date": start_date})

    async def envoys(self, system_id: int) -> tuple[Envoy, ...]:
        """Return the active gateways."""
        return await self._ask(endpoints.ENVOYS, system_id)

    async def inventory(self, system_id: int) -> Inventory:
        """Return the devices."""
        return await self._ask(endpoints.INVENTORY, system_id)

    async def inverters(self, system_id: int) -> tuple[InvertersSummary, ...]:
        """Return power and life's energy of each inverter."""
        return await self._ask(endpoints.INVERTERS, query={"site_id": system_id})

    async def _ask[T](
        self, endpoint: CloudEndpoint[T], system_id: int | None = None, query: Mapping[str, Value] | None = None
    ) -> T:
        answer = await self._answer(Request(endpoint=endpoint, system_id=system_id, query=query or {}))
        return endpoint.parse(endpoint.name, answer.json())

    async def _ask_or_none[T](self, endpoint: CloudEndpoint[T], system_id: int, query: Mapping[str, Value]) -> T | None:
        answer = await self._answer(Request(endpoint=endpoint, system_id=system_id, query=query))
        return None if answer.status == 204 else endpoint.parse(endpoint.name, answer.json())

    async def _answer(self, request: Request[Any]) -> Response:
        endpoint = request.endpoint
        async with self._lock:
            answer = await self._request(
                endpoint.method,
                request.path(endpoint.path),
                endpoint=endpoint.name,
                query=[*self._credentials, *self._format, *request.fields()],
            )
        refusal = ErrorResponse(answer)
        if retired := refusal.retired():
            raise retired
        if 200 <= answer.status < 300:
            return answer
        error = refusal.error()
        if answer.status == 401 and endpoint.permission and not isinstance(error, KeyRefusedError):
            raise ApiForbiddenError(endpoint.name, 401)
        raise error
