"""Connects a system in the Enphase cloud with Home Assistant: its token, its key's quota, its plan."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Self, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_API_KEY
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ...api.errors import ApiAuthError, ApiError
from ...api.parameters import Parameter
from ...const import CONF_SYSTEM_ID
from ...helpers.sessions import async_get_isolated_session
from ...helpers.zones import async_find_zone
from ...sources.budget import SystemBudget
from ..adapter import text
from ..cloud_adapter import CloudAdapter
from ..oauth import async_entry_token
from ..request_budget import KeyQuota, async_quota
from .client.errors import KeyRefusedError
from .client.v4 import EnphaseV4Client
from .const import CONF_PLAN, CONF_REFUSED, PLANS
from .parameters import PARAMETERS
from .source.v4 import diagnostic_endpoints
from .source.v4.context import V4Context
from .source.v4.history import EnphaseHistory, history_of
from .source.v4.source import EnphaseCloudSource


class EnphaseCloudAdapter(CloudAdapter[EnphaseCloudSource]):
    """Connects one system with its config entry."""

    manufacturer = "Enphase"
    diagnostic_requests = diagnostic_endpoints.ALL
    required = MappingProxyType({CONF_API_KEY: text, CONF_PLAN: PLANS.__getitem__, CONF_SYSTEM_ID: int})

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        client: EnphaseV4Client,
        quota: KeyQuota,
        budget: SystemBudget,
    ) -> None:
        """Build the source for the entry."""
        self._hass = hass
        self._entry = entry
        self.client: EnphaseV4Client = client
        self.quota = quota
        context = V4Context(
            client=client,
            system_id=int(entry.data[CONF_SYSTEM_ID]),
            clock=dt_util.utcnow,
            zone=dt_util.get_default_time_zone(),
        )
        self.source = EnphaseCloudSource(context, entry.unique_id or "", budget, async_find_zone)

    @override
    @classmethod
    async def async_create(cls, hass: HomeAssistant, entry: ConfigEntry[Any]) -> Self:
        data = entry.data
        quota = await async_quota(hass, data[CONF_API_KEY], PLANS[data[CONF_PLAN]], dt_util.utcnow())
        budget = SystemBudget(quota, entry.unique_id or "", dt_util.utcnow)
        token = await async_entry_token(hass, entry)
        client = EnphaseV4Client(async_get_isolated_session(hass), data[CONF_API_KEY], token, budget=budget)
        return cls(hass, entry, client, quota, budget)

    @property
    @override
    def parameters(self) -> Mapping[str, Parameter]:
        return PARAMETERS

    @override
    def history(self) -> EnphaseHistory:
        return history_of(self.source)

    @override
    async def async_maintain(self) -> None:
        """Do nothing: the token is renewed when it is used, and checking the firmware would cost a request."""

    @override
    async def async_handle_connection_error(self, error: ApiError) -> None:
        if isinstance(error, KeyRefusedError):
            self._entry.async_start_reauth(self._hass, data={CONF_REFUSED: CONF_API_KEY})
        elif isinstance(error, ApiAuthError):
            self._entry.async_start_reauth(self._hass)
