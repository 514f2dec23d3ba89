"""Sets sites up, signs them in anew, and changes how they are polled."""

from typing import Any, override

from homeassistant.config_entries import ConfigEntry, ConfigFlow, ConfigFlowResult, OptionsFlow
from homeassistant.core import callback

from .const import DOMAIN, SOURCE_IQ_GATEWAY
from .flows.iq_gateway import IqGatewaySteps
from .flows.options import IntervalOptionsFlow


class EnergySiteConfigFlow(IqGatewaySteps, ConfigFlow, domain=DOMAIN):
    """Leads to one site, whoever made it."""

    VERSION = 1
    MINOR_VERSION = 1

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        return self.async_show_menu(step_id="user", menu_options=[SOURCE_IQ_GATEWAY])

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> OptionsFlow:
        return IntervalOptionsFlow()
