"""Connects a system of the Enphase v2 API with Home Assistant: its key, its quota, and the API's retirement."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Self, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_API_KEY
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from ...api.errors import ApiAuthError, ApiError
from ...api.parameters import Parameter
from ...const import CONF_SYSTEM_ID
from ...helpers.issues import EntryIssues, IssueDescription
from ...helpers.sessions import async_get_isolated_session
from ...helpers.zones import async_find_zone
from ...site.model import CounterKind
from ...sources.budget import SystemBudget
from ..adapter import text
from ..cloud_adapter import CloudAdapter
from ..request_budget import async_quota
from .client.v2 import EnlightenV2Client
from .const import CONF_USER_ID, PLAN_V2
from .parameters import PARAMETERS
from .source.v2 import diagnostic_endpoints
from .source.v2.feeds import EnlightenContext
from .source.v2.history import EnlightenHistory
from .source.v2.source import EnlightenSource

API_RETIRED = IssueDescription(key="api_retired", severity=ir.IssueSeverity.ERROR)


class EnlightenAdapter(CloudAdapter[EnlightenSource]):
    """Connects one system with its config entry."""

    manufacturer = "Enphase"
    diagnostic_requests = diagnostic_endpoints.ALL
    required = MappingProxyType({CONF_API_KEY: text, CONF_USER_ID: text, CONF_SYSTEM_ID: int})

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], client: EnlightenV2Client, source: EnlightenSource
    ) -> None:
        """Connect `source`, which uses `client`, with the entry."""
        self._hass = hass
        self._entry = entry
        self._issues = EntryIssues(hass, entry)
        self.client: EnlightenV2Client = client
        self.source = source

    @override
    @classmethod
    async def async_create(cls, hass: HomeAssistant, entry: ConfigEntry[Any]) -> Self:
        data, system = entry.data, entry.unique_id or ""
        quota = await async_quota(hass, data[CONF_API_KEY], PLAN_V2, dt_util.utcnow())
        budget = SystemBudget(quota, system, dt_util.utcnow)
        session = async_get_isolated_session(hass)
        client = EnlightenV2Client(session, data[CONF_API_KEY], data[CONF_USER_ID], budget=budget)
        context = EnlightenContext(
            client=client,
            system_id=int(data[CONF_SYSTEM_ID]),
            clock=dt_util.utcnow,
            zone=dt_util.get_default_time_zone(),
        )
        source = EnlightenSource(context, system, budget, async_find_zone)
        return cls(hass, entry, client, source)

    @override
    async def async_connect(self) -> None:
        await super().async_connect()
        self._check_retirement(dt_util.utcnow())

    @property
    @override
    def parameters(self) -> Mapping[str, Parameter]:
        return PARAMETERS

    @override
    def history(self) -> EnlightenHistory:
        source = self.source
        kinds = (CounterKind.SOLAR, CounterKind.LOAD)
        return EnlightenHistory(self.client, source.context.system_id, source.zone, kinds, meter=source.metered)

    @override
    async def async_maintain(self) -> None:
        self._check_retirement(dt_util.utcnow())

    @override
    async def async_handle_connection_error(self, error: ApiError) -> None:
        if isinstance(error, ApiAuthError):
            self._entry.async_start_reauth(self._hass)
        self._check_retirement(dt_util.utcnow())

    @callback
    def _check_retirement(self, now: datetime) -> None:
        """Raise the issue if the API is retired, and clear it if it isn't."""
        if self.source.retired(now):
            self._issues.show(API_RETIRED, {})
        elif self.source.gone_since is None:
            self._issues.clear(API_RETIRED)
