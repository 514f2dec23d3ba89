"""The repair that offers once to add a site to the Energy dashboard."""

from typing import override

import probatio

from homeassistant.components.energy.const import DOMAIN as ENERGY
from homeassistant.components.repairs import RepairsFlowResult
from homeassistant.const import EVENT_RECORDER_5MIN_STATISTICS_GENERATED
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback

from ..helpers.fix_flows import ConfirmFlow
from ..helpers.issues import IssueDescription
from ..runtime.site import SiteConfigEntry
from .errors import EnergyDashboardError
from .memory import MEMORY
from .plan import SOURCES
from .step import ISSUE_KEY, Proposal, async_add, async_plan
from .words import Words

# What isn't ready after so many runs of the statistics, which is an hour, doesn't hold up the rest. From then on,
# an hour passes between two looks.
_PATIENCE = 12


class AddToEnergyDashboardFlow(ConfirmFlow):
    """Shows what would be added to the Energy dashboard, and adds it once the user confirms."""

    _proposal: Proposal | None = None

    @override
    async def async_step_confirm(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        shown = self._proposal if user_input is not None else None
        if (entry := self._entry) is None:
            return await self._async_end("", EnergyDashboardError("energy_dashboard_deleted"))
        name = entry.title
        try:
            outcome = await async_add(self.hass, entry, shown)
        except EnergyDashboardError as err:
            return await self._async_end(name, err)
        if outcome is None:
            return self.async_create_entry(data={})
        self._proposal = outcome
        return self.async_show_form(
            step_id="confirm",
            data_schema=probatio.Schema({}),
            description_placeholders={"name": name, **outcome.placeholders},
            errors={} if shown is None else {"base": "changed"},
        )

    async def _async_end(self, name: str, err: EnergyDashboardError) -> RepairsFlowResult:
        """End with what the options say in the same situation."""
        words = await Words.async_load(self.hass)
        placeholders = {"name": name, "report": words.error(err)}
        return self.async_abort(reason="ended", description_placeholders=placeholders)

    @override
    async def _async_act(self) -> None:
        """Do nothing more than what the confirmation did."""


# It is kept until the user decides, and never raised again.
ENERGY_DASHBOARD = IssueDescription(key=ISSUE_KEY, fix_flow=AddToEnergyDashboardFlow, persistent=True)


@callback
def async_offer(hass: HomeAssistant, entry: SiteConfigEntry) -> None:
    """Offer a site to the Energy dashboard once its statistics exist, unless it is there or was offered before."""
    if not hass.data[MEMORY].was_offered(entry.entry_id):
        _OfferOnce(hass, entry).async_watch()


class _OfferOnce:
    """Waits for the statistics of one site."""

    def __init__(self, hass: HomeAssistant, entry: SiteConfigEntry) -> None:
        self._hass = hass
        self._entry = entry
        self._looks = 0
        self._stop: CALLBACK_TYPE | None = None

    @callback
    def async_watch(self) -> None:
        self._stop = self._hass.bus.async_listen(EVENT_RECORDER_5MIN_STATISTICS_GENERATED, self._async_look)
        self._entry.async_on_unload(self._async_end)

    @callback
    def _async_end(self) -> None:
        if self._stop is not None:
            self._stop()
            self._stop = None

    async def _async_look(self, _: Event) -> None:
        hass, memory = self._hass, self._hass.data[MEMORY]
        if memory.was_offered(self._entry.entry_id):
            self._async_end()
        if self._stop is None or ENERGY not in hass.config.components:
            return
        self._looks += 1
        if self._looks > _PATIENCE and self._looks % _PATIENCE:
            return
        try:
            found = await async_plan(hass, self._entry, await Words.async_load(hass))
        except EnergyDashboardError:
            # The dialog says what is in the way, if the user asks for it.
            return
        if found.is_there:
            self._async_end()
        if self._stop is None or memory.was_offered(self._entry.entry_id):
            return
        if found.rivals or (found.is_waiting and self._looks < _PATIENCE):
            return
        if not any(each.list_name == SOURCES for each in found.additions):
            return
        self._async_end()
        await memory.async_offer(self._entry.entry_id)
        self._entry.runtime_data.issues.show(ENERGY_DASHBOARD, {})
