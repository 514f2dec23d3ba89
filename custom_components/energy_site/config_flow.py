"""Sets sites up, signs them in anew, and changes how they are polled."""

from collections.abc import Mapping
from typing import Any, override

from homeassistant.config_entries import ConfigEntry, ConfigFlow, ConfigFlowResult, OptionsFlow
from homeassistant.const import CONF_NAME
from homeassistant.core import callback
from homeassistant.helpers.typing import DiscoveryInfoType

from .const import CONF_SERIAL, CONF_SOURCE, DOMAIN, SOURCE_ENLIGHTEN, SOURCE_ENPHASE_CLOUD, SOURCE_IQ_GATEWAY
from .vendors.enphase_cloud.flow import EnphaseCloudSteps
from .vendors.enphase_cloud.flow_v2 import EnlightenSteps
from .vendors.iq_gateway.flow import IqGatewaySteps
from .vendors.iq_gateway.options import IntervalOptionsFlow


class EnergySiteConfigFlow(IqGatewaySteps, EnphaseCloudSteps, EnlightenSteps, ConfigFlow, domain=DOMAIN):
    """Leads to one site, whoever made it."""

    VERSION = 1
    MINOR_VERSION = 1

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        return self.async_show_menu(
            step_id="user", menu_options=[SOURCE_IQ_GATEWAY, SOURCE_ENPHASE_CLOUD, SOURCE_ENLIGHTEN]
        )

    @override
    async def async_step_integration_discovery(self, discovery_info: DiscoveryInfoType) -> ConfigFlowResult:
        """Set up the cloud of a gateway whose battery that cloud governs."""
        await self.async_set_unique_id(f"cloud_of_{discovery_info[CONF_SERIAL]}")
        self.context["title_placeholders"] = {"name": discovery_info[CONF_NAME]}
        return await self.async_step_enphase_cloud()

    @override
    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        if entry_data[CONF_SOURCE] == SOURCE_ENPHASE_CLOUD:
            return await self.async_enphase_reauth(entry_data)
        if entry_data[CONF_SOURCE] == SOURCE_ENLIGHTEN:
            return await self.async_enlighten_again(self._get_reauth_entry())
        return await super().async_step_reauth(entry_data)

    @override
    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        entry = self._get_reconfigure_entry()
        if entry.data[CONF_SOURCE] == SOURCE_ENPHASE_CLOUD:
            return await self.async_enphase_reconfigure()
        if entry.data[CONF_SOURCE] == SOURCE_ENLIGHTEN:
            return await self.async_enlighten_again(entry)
        return await super().async_step_reconfigure(user_input)

    @classmethod
    @callback
    @override
    def async_supports_options_flow(cls, config_entry: ConfigEntry) -> bool:
        return bool(config_entry.data[CONF_SOURCE] == SOURCE_IQ_GATEWAY)

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> OptionsFlow:
        return IntervalOptionsFlow()
