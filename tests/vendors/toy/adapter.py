"""A site of the toy cloud in Home Assistant."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Self, override

from custom_components.energy_site.api.errors import ApiAuthError, ApiError
from custom_components.energy_site.api.parameters import Parameter
from custom_components.energy_site.helpers.sessions import async_get_isolated_session
from custom_components.energy_site.helpers.zones import async_find_zone
from custom_components.energy_site.site.quota.demand import Plan
from custom_components.energy_site.sources.budget import SystemBudget
from custom_components.energy_site.vendors.adapter import text
from custom_components.energy_site.vendors.cloud_adapter import CloudAdapter
from custom_components.energy_site.vendors.request_budget import async_quota
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_API_KEY
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .client.client import ToyClient
from .source.history import ToyHistory
from .source.source import ToySource

_PLAN = Plan(per_month=10_000, per_minute=100)


class ToyAdapter(CloudAdapter[ToySource]):
    """One site's config entry."""

    manufacturer = "Toys"
    required = MappingProxyType({CONF_API_KEY: text})

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any], client: ToyClient, source: ToySource) -> None:
        """Tie `source` to the entry."""
        self._hass = hass
        self._entry = entry
        self.client: ToyClient = client
        self.source = source

    @override
    @classmethod
    async def async_create(cls, hass: HomeAssistant, entry: ConfigEntry[Any]) -> Self:
        system = entry.unique_id or ""
        quota = await async_quota(hass, entry.data[CONF_API_KEY], _PLAN, dt_util.utcnow())
        budget = SystemBudget(quota, system, dt_util.utcnow)
        client = ToyClient(async_get_isolated_session(hass), budget)
        return cls(hass, entry, client, ToySource(client, system, budget, async_find_zone))

    @property
    @override
    def parameters(self) -> Mapping[str, Parameter]:
        return {}

    @override
    def history(self) -> ToyHistory:
        return ToyHistory(self.client)

    @override
    async def async_maintain(self) -> None:
        """Do nothing: a key has no end."""

    @override
    async def async_handle_connection_error(self, error: ApiError) -> None:
        if isinstance(error, ApiAuthError):
            self._entry.async_start_reauth(self._hass)
