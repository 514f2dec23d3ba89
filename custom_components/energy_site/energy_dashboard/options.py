"""The steps of the options that add a site to the Energy dashboard, and remove it."""

from typing import Any

import probatio

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
from homeassistant.core import callback

from ..runtime.site import loaded_site
from ..site.chargers import Chargers
from .errors import EnergyDashboardError
from .memory import MEMORY
from .preferences import Removal
from .step import Proposal, async_add, async_take_back


class EnergyDashboardSteps(OptionsFlow):
    """Shows what would be added or removed, and does it once the user confirms."""

    _proposal: Proposal | None = None
    _removal: Removal | None = None

    @callback
    def energy_dashboard_offers(self) -> dict[str, bool]:
        """Return whether each item of the menu applies."""
        memory = self.hass.data.get(MEMORY)
        added = memory is not None and bool(memory.added(self.config_entry.entry_id))
        return {"energy_dashboard": self._has_counters(), "energy_dashboard_remove": added}

    async def async_step_energy_dashboard(self, _: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Begin; what is added is shown first."""
        return await self.async_step_energy_dashboard_confirm()

    async def async_step_energy_dashboard_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show what is added, then add it."""
        shown = self._proposal if user_input is not None else None
        try:
            outcome = await async_add(self.hass, self.config_entry, shown)
        except EnergyDashboardError as err:
            return self.async_abort(reason=err.reason, description_placeholders=err.placeholders)
        if outcome is None:
            return self._async_end()
        self._proposal = outcome
        return self.async_show_form(
            step_id="energy_dashboard_confirm",
            data_schema=probatio.Schema({}),
            description_placeholders=outcome.placeholders,
            errors={} if shown is None else {"base": "energy_dashboard_changed"},
        )

    async def async_step_energy_dashboard_remove(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show what is removed, then remove it."""
        shown = self._removal if user_input is not None else None
        try:
            found, changes = await async_take_back(self.hass, self.config_entry, shown)
        except EnergyDashboardError as err:
            return self.async_abort(reason=err.reason, description_placeholders=err.placeholders)
        if found == shown:
            return self._async_end()
        self._removal = found
        return self.async_show_form(
            step_id="energy_dashboard_remove",
            data_schema=probatio.Schema({}),
            description_placeholders={"removed": changes},
            errors={} if shown is None else {"base": "energy_dashboard_changed"},
        )

    @callback
    def _has_counters(self) -> bool:
        """Return whether the site is loaded, and doesn't leave all of its counters to another entry."""
        if (runtime := loaded_site(self.config_entry)) is None:
            return False
        return runtime.ways.counting is None or runtime.part(Chargers) is not None

    @callback
    def _async_end(self) -> ConfigFlowResult:
        """Leave the options as they are."""
        return self.async_create_entry(data=dict(self.config_entry.options))
