"""How often a site is asked for what."""

from typing import Any

import probatio

from homeassistant.config_entries import ConfigFlowResult, OptionsFlowWithReload
from homeassistant.const import UnitOfTime
from homeassistant.helpers.selector import NumberSelector, NumberSelectorConfig, NumberSelectorMode

from ..const import INTERVALS


class IntervalOptionsFlow(OptionsFlowWithReload):
    """Changes the intervals within what is safe for the gateway."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show the intervals, then take them over."""
        if user_input is not None:
            return self.async_create_entry(data={key: int(seconds) for key, seconds in user_input.items()})
        schema = probatio.Schema(
            {
                probatio.Required(pace.value, default=usual): NumberSelector(
                    NumberSelectorConfig(
                        min=least,
                        max=greatest,
                        step=1,
                        mode=NumberSelectorMode.BOX,
                        unit_of_measurement=UnitOfTime.SECONDS,
                    )
                )
                for pace, (least, usual, greatest) in INTERVALS.items()
            }
        )
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(schema, self.config_entry.options),
        )
