"""The toy cloud's part of the config flow."""

from collections.abc import Mapping
from typing import Any

import probatio

from custom_components.energy_site.const import CONF_SOURCE
from homeassistant.config_entries import ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_API_KEY

_KEY = probatio.Schema({probatio.Required(CONF_API_KEY): str})


class ToySteps(ConfigFlow):
    """One form with a key."""

    async def async_step_toy(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the key."""
        if user_input is None:
            return self._show()
        await self.async_set_unique_id("toy_1")
        self._abort_if_unique_id_configured()
        return self.async_create_entry(title="Toy house", data={CONF_SOURCE: "toy", **user_input})

    async def async_step_toy_reauth(self, _: Mapping[str, Any]) -> ConfigFlowResult:
        """Ask for another key where this one is refused."""
        return self._show()

    async def async_step_toy_reconfigure(self, _: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for another key."""
        return self._show()

    def _show(self) -> ConfigFlowResult:
        """Show the form, by the name that another vendor gave to a method with parameters of its own."""
        return self.async_show_form(step_id="toy", data_schema=_KEY)
