"""The options of a Tesla site: how many requests a month may have."""

from typing import Any

import probatio

from homeassistant.config_entries import ConfigFlowResult, OptionsFlowWithReload
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
)
from homeassistant.util import dt as dt_util

from .application import async_entry_quota
from .budget import CONF_BUDGET, CONF_REQUESTS, CREDIT, CUSTOM, FREE, MOST_REQUESTS, PLANS

# Fewer requests don't even cover what is polled daily.
LEAST_REQUESTS = 500


class BudgetOptionsFlow(OptionsFlowWithReload):
    """Changes how many requests the application may send each month."""

    async def async_step_settings(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Begin."""
        return await self.async_step_budget(user_input)

    async def async_step_budget(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show the form, then store the options."""
        errors: dict[str, str] = {}
        if user_input is not None:
            if user_input[CONF_BUDGET] != CUSTOM:
                return await self._async_choose({CONF_BUDGET: user_input[CONF_BUDGET]})
            if CONF_REQUESTS in user_input:
                return await self._async_choose({CONF_BUDGET: CUSTOM, CONF_REQUESTS: int(user_input[CONF_REQUESTS])})
            errors = {CONF_REQUESTS: "requests_needed"}
        schema = probatio.Schema(
            {
                probatio.Required(CONF_BUDGET, default=FREE): SelectSelector(
                    SelectSelectorConfig(options=[FREE, CREDIT, CUSTOM], translation_key=CONF_BUDGET)
                ),
                probatio.Optional(CONF_REQUESTS): NumberSelector(
                    NumberSelectorConfig(min=LEAST_REQUESTS, max=MOST_REQUESTS, step=1, mode=NumberSelectorMode.BOX)
                ),
            }
        )
        return self.async_show_form(
            step_id="budget",
            data_schema=self.add_suggested_values_to_schema(schema, user_input or self.config_entry.options),
            errors=errors,
            description_placeholders={
                "free": f"{PLANS[FREE].per_month:,}",
                "credit": f"{PLANS[CREDIT].per_month:,}",
            },
        )

    async def _async_choose(self, options: dict[str, Any]) -> ConfigFlowResult:
        """Store the options. A budget that is chosen again isn't lowered any more, even if it is the same."""
        quota = await async_entry_quota(self.hass, self.config_entry)
        quota.lift(dt_util.utcnow())
        return self.async_create_entry(data=options)
