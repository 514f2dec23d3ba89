"""The options of a system in the cloud: whether it shows what the entry of its gateway shows."""

from typing import Any

import probatio

from homeassistant.config_entries import ConfigFlowResult, OptionsFlowWithReload
from homeassistant.helpers.selector import SelectSelector, SelectSelectorConfig

from ...const import CONF_READINGS, READINGS, READINGS_AUTO

_SCHEMA = probatio.Schema(
    {
        probatio.Required(CONF_READINGS, default=READINGS_AUTO): SelectSelector(
            SelectSelectorConfig(options=list(READINGS), translation_key=CONF_READINGS)
        )
    }
)


class ReadingsOptionsFlow(OptionsFlowWithReload):
    """Chooses whether what the site's gateway shows is shown here as well."""

    async def async_step_settings(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Begin."""
        return await self.async_step_readings(user_input)

    async def async_step_readings(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show the form, then store the option."""
        if user_input is not None:
            return self.async_create_entry(data=user_input)
        return self.async_show_form(
            step_id="readings",
            data_schema=self.add_suggested_values_to_schema(_SCHEMA, self.config_entry.options),
        )
