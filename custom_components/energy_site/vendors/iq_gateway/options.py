"""The options of a gateway: polling intervals, and how its phases are counted."""

from typing import Any

import probatio

from homeassistant.config_entries import ConfigFlowResult, OptionsFlowWithReload
from homeassistant.const import UnitOfTime
from homeassistant.helpers.selector import BooleanSelector, NumberSelector, NumberSelectorConfig, NumberSelectorMode

from .const import CONF_LIVE_MINUTES, CONF_NET_PHASES, INTERVALS, LIVE_MINUTES


class IntervalOptionsFlow(OptionsFlowWithReload):
    """Changes the intervals within safe limits for the gateway, and how energy is counted."""

    async def async_step_settings(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show the form, then store the options."""
        if user_input is not None:
            intervals = {key: int(chosen) for key, chosen in user_input.items() if key != CONF_NET_PHASES}
            return self.async_create_entry(data={**intervals, CONF_NET_PHASES: user_input[CONF_NET_PHASES]})
        schema = probatio.Schema(
            {
                **{_field(pace, bounds): _box(bounds, UnitOfTime.SECONDS) for pace, bounds in INTERVALS.items()},
                _field(CONF_LIVE_MINUTES, LIVE_MINUTES): _box(LIVE_MINUTES, UnitOfTime.MINUTES),
                probatio.Required(CONF_NET_PHASES, default=False): BooleanSelector(),
            }
        )
        return self.async_show_form(
            step_id="settings",
            data_schema=self.add_suggested_values_to_schema(schema, self.config_entry.options),
        )


type Bounds = tuple[int, int, int]


def _field(key: str, bounds: Bounds) -> probatio.Required:
    return probatio.Required(str(key), default=bounds[1])


def _box(bounds: Bounds, unit: UnitOfTime) -> NumberSelector:
    minimum, _, maximum = bounds
    return NumberSelector(
        NumberSelectorConfig(min=minimum, max=maximum, step=1, mode=NumberSelectorMode.BOX, unit_of_measurement=unit)
    )
