"""The energy part of Tesla's Fleet API, as an owner's application uses it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, override

from aiohttp import ClientSession

from ....api.base_client import BudgetHooks
from ....api.oauth import AccessToken
from ....api.transport import Response
from . import endpoints
from .addresses import Region, tesla_api
from .base import FleetClient
from .endpoint import FleetEndpoint, FleetRequest
from .error_mapping import content, status_error
from .history_query import HistoryPeriod, history_query
from .models.account import Product
from .models.backup_history import BackupHistory
from .models.charge_history import ChargeSession
from .models.energy_history import EnergyHistory
from .models.live_status import LiveStatus
from .models.site_info import SiteInfo
from .settings import OperationMode, OptimizationStrategy, PreferredExportRule, time_of_use, whole_percent

_OTHER_REGION = 421

# A token isn't shown to China's servers unless the account is known to belong there.
_ASKED: tuple[Region, ...] = (Region.NA, Region.EU)


class TeslaClient(FleetClient):
    """Sends requests to the endpoints of `endpoints`.

    A method raises `ApiAuthError` where the token is refused even after another was
    requested, `PaymentRequiredError` where the application is disabled,
    `ScopeMissingError` where the owner didn't grant the scope, `NotRegisteredError` where the
    application isn't registered in the account's region, `WrongRegionError` where no region
    answers, `SiteUnavailableError` for a site that is stale or offline, `SiteOfflineError`
    where Tesla knows which, `ApiQuotaError` with the wait that Tesla asks for,
    `ApiRefusedError` for another no, `ApiPayloadError` for an answer that can't be read, and other `ApiError`
    for what may pass.

    What a `set_` method sent was accepted when it returns, and isn't in force yet: only
    a later read of `site_info` tells. An `ApiConnectionError`, an `ApiPayloadError` or a
    status of 500 or more leaves open whether it was.

    Where another region has the account, the request is repeated there, at a cost of
    two requests or three. `region` is the one that answers from then on.
    """

    def __init__(
        self,
        session: ClientSession,
        access_token: AccessToken,
        *,
        region: Region,
        budget: BudgetHooks | None = None,
        region_changed: Callable[[Region], None] | None = None,
    ) -> None:
        """Send requests with an owner's token; `region_changed` is called with another region that answered."""
        super().__init__(session, access_token, region=region, budget=budget)
        self._region_changed = region_changed
        self._region_confirmed = False

    async def get[T](
        self, endpoint: FleetEndpoint[T], site_id: int | None = None, query: Mapping[str, str] | None = None
    ) -> T:
        """Return what an endpoint answers."""
        return await self._read(FleetRequest(endpoint=endpoint, site_id=site_id, query=query or {}))

    async def products(self) -> tuple[Product, ...]:
        """Return the energy sites of the account."""
        return await self.get(endpoints.PRODUCTS)

    async def account_region(self) -> Region:
        """Return the region that the account belongs to."""
        return await self.get(endpoints.REGION)

    async def site_info(self, site_id: int) -> SiteInfo:
        """Return what a site is, and what is set there."""
        return await self.get(endpoints.SITE_INFO, site_id)

    async def live_status(self, site_id: int) -> LiveStatus:
        """Return what a site does now."""
        return await self.get(endpoints.LIVE_STATUS, site_id)

    async def energy_history(
        self, site_id: int, start: datetime, end: datetime, *, period: HistoryPeriod, time_zone: str | None = None
    ) -> EnergyHistory:
        """Return the energy between two times with their offsets from UTC, perhaps with more around it."""
        query = history_query(start, end, period=period, time_zone=time_zone)
        return await self.get(endpoints.ENERGY_HISTORY, site_id, query)

    async def backup_history(
        self, site_id: int, start: datetime, end: datetime, *, period: HistoryPeriod, time_zone: str | None = None
    ) -> BackupHistory:
        """Return the times without the grid, in a unit that `BackupHistory.resolve` finds."""
        query = history_query(start, end, period=period, time_zone=time_zone)
        return await self.get(endpoints.BACKUP_HISTORY, site_id, query)

    async def charge_history(
        self, site_id: int, start: datetime, end: datetime, *, time_zone: str | None = None
    ) -> tuple[ChargeSession, ...]:
        """Return what the Wall Connectors of a site charged, in order."""
        return await self.get(endpoints.CHARGE_HISTORY, site_id, history_query(start, end, time_zone=time_zone))

    async def set_backup_reserve(self, site_id: int, percent: float) -> None:
        """Set the backup reserve in whole %. Firmware since 25.18.4 makes 80 of 81 to 99."""
        await self._set(endpoints.SET_BACKUP_RESERVE, site_id, {"backup_reserve_percent": whole_percent(percent)})

    async def set_off_grid_vehicle_charging_reserve(self, site_id: int, percent: float) -> None:
        """Set the reserve that vehicles leave in the battery without the grid, in whole %."""
        body = {"off_grid_vehicle_charging_reserve_percent": whole_percent(percent)}
        await self._set(endpoints.SET_OFF_GRID_VEHICLE_CHARGING_RESERVE, site_id, body)

    async def set_operation_mode(self, site_id: int, mode: OperationMode) -> None:
        """Set the mode, which may change whether the battery charges from the grid."""
        await self._set(endpoints.SET_OPERATION_MODE, site_id, {"default_real_mode": OperationMode(mode)})

    async def set_storm_mode(self, site_id: int, *, enabled: bool) -> None:
        """Turn Storm Watch on or off."""
        await self._set(endpoints.SET_STORM_MODE, site_id, {"enabled": enabled})

    async def set_charge_from_grid(self, site_id: int, *, allowed: bool) -> None:
        """Allow or disallow that the battery charges from the grid."""
        body = {"disallow_charge_from_grid_with_solar_installed": not allowed}
        await self._set(endpoints.SET_GRID_IMPORT_EXPORT, site_id, body)

    async def set_export_rule(self, site_id: int, rule: PreferredExportRule) -> None:
        """Set what may be exported to the grid."""
        body = {"customer_preferred_export_rule": PreferredExportRule(rule)}
        await self._set(endpoints.SET_GRID_IMPORT_EXPORT, site_id, body)

    async def set_time_of_use(
        self, site_id: int, tariff: Mapping[str, object], *, strategy: OptimizationStrategy | None = None
    ) -> None:
        """Set a tariff in the structure of `tariff_content_v2`; the strategy stays as it is without one."""
        await self._set(endpoints.SET_TIME_OF_USE, site_id, time_of_use(tariff, strategy))

    async def _set(self, endpoint: FleetEndpoint[None], site_id: int, body: Mapping[str, Any]) -> None:
        await self._write(FleetRequest(endpoint=endpoint, site_id=site_id, body=body))

    @override
    async def _authorized(self, request: FleetRequest[Any]) -> Response:
        """Send a request, and once more to another region that has the account."""
        answer = await super()._authorized(request)
        if answer.status != _OTHER_REGION or self._region_confirmed:
            return answer
        region = await self._look_up_region()
        if region is self.region:
            # Who asks again will hear the same.
            self._region_confirmed = True
            return answer
        here, self._address = self._address, tesla_api(region)
        answer = await super()._authorized(request)
        if answer.status == _OTHER_REGION:
            self._address, self._region_confirmed = here, True
            return answer
        self.region = region
        if self._region_changed is not None:
            self._region_changed(region)
        return answer

    async def _look_up_region(self) -> Region:
        """Ask for the account's region here, and elsewhere if this isn't told here either."""
        request = FleetRequest(endpoint=endpoints.REGION)
        here = self._address
        try:
            answer = await super()._authorized(request)
            for address in [each for region in _ASKED if (each := tesla_api(region)) != here]:
                if answer.status != _OTHER_REGION:
                    break
                self._address = address
                answer = await super()._authorized(request)
        finally:
            self._address = here
        if not 200 <= answer.status < 300:
            raise status_error(answer, of_site=False)
        return endpoints.REGION.parse(answer.endpoint, content(answer.endpoint, answer.json()))
