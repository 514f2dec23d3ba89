"""Adding a site to the Energy dashboard and removing it, as the options and the repair both do."""

from collections.abc import Callable
from dataclasses import dataclass

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from ..runtime.site import SiteConfigEntry, SiteRuntime, loaded_site
from .candidates import async_candidates
from .errors import EnergyDashboardError
from .memory import async_memory
from .plan import AdditionPlan, plan
from .preferences import Removal, async_append, async_issues, async_manager, async_remove, present, removal, takes_home
from .words import Words

ISSUE_KEY = "energy_dashboard"

# Who knows the other integrations of a site sets what finds their statistics.
FOREIGN_STATISTICS: HassKey[Callable[[SiteRuntime], frozenset[str]]] = HassKey(f"{DOMAIN}_foreign_statistics")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What would be added, to be shown to the user; `added` and `remarks` are lists in their language."""

    plan: AdditionPlan
    added: str
    remarks: str

    @property
    def placeholders(self) -> dict[str, str]:
        """The placeholders of the form."""
        return {"added": self.added, "remarks": self.remarks}


async def async_plan(hass: HomeAssistant, entry: SiteConfigEntry, words: Words) -> AdditionPlan:
    """Return what would be added of a site, as far as it is there; raise `EnergyDashboardError` if nothing can be known."""
    manager = await async_manager(hass)
    if (runtime := loaded_site(entry)) is None:
        raise EnergyDashboardError("energy_dashboard_not_loaded", name=entry.title)
    former = (await async_memory(hass)).former(entry.entry_id)
    foreign = hass.data[FOREIGN_STATISTICS](runtime)
    candidates = await async_candidates(runtime, words.parts, former, foreign)
    # Nothing is awaited from here on, so that what is there is what the plan is made for.
    return plan(candidates, present(manager), takes_home=takes_home())


async def async_add(hass: HomeAssistant, entry: SiteConfigEntry, shown: Proposal | None) -> Proposal | None:
    """Add what was `shown`; return what to show if that isn't what would be added now.

    Raises `EnergyDashboardError` if nothing can be added, or Home Assistant complains about what was.
    """
    words = await Words.async_load(hass)
    manager = await async_manager(hass)
    found = await async_plan(hass, entry, words)
    if not found.additions or found.rivals:
        # Whoever confirms the repair can do nothing more about it, and it isn't raised again.
        _close_repair(hass, entry)
    counting = entry.runtime_data.ways.counting
    if not found.additions and not found.remarks and counting is not None:
        raise EnergyDashboardError("energy_dashboard_gateway", other=counting.title)
    if found.rivals:
        raise EnergyDashboardError(
            "energy_dashboard_other_meter",
            meters=words.statistics(found.rivals),
            wanted=words.additions(found.additions) or words.reasons(found),
        )
    if not found.additions:
        raise EnergyDashboardError("energy_dashboard_nothing", remarks=words.reasons(found))
    if shown is None or shown.plan.items != found.items:
        return Proposal(plan=found, added=words.additions(found.additions), remarks=words.remarks(found))
    added = await async_append(manager, found.additions)
    memory = await async_memory(hass)
    await memory.async_keep(entry.entry_id, (*memory.added(entry.entry_id), *added))
    _close_repair(hass, entry)
    if issues := await async_issues(hass, manager, added):
        raise EnergyDashboardError("energy_dashboard_added", added=words.items(added), issues=words.issues(issues))
    return None


async def async_take_back(hass: HomeAssistant, entry: SiteConfigEntry, shown: Removal | None) -> tuple[Removal, str]:
    """Remove what was added, if what would be removed now was `shown`; return it in either case, also as a list.

    Raises `EnergyDashboardError` if nothing can be removed.
    """
    words, manager, memory = await Words.async_load(hass), await async_manager(hass), await async_memory(hass)
    added = memory.added(entry.entry_id)
    found = removal(manager, added)
    changes = words.removal(found.removed, found.kept, found.gone)
    if not found.removed:
        await memory.async_keep(entry.entry_id, ())
        raise EnergyDashboardError("energy_dashboard_removed_by_user", remarks=changes)
    if found == shown:
        await async_remove(manager, added)
        await memory.async_keep(entry.entry_id, ())
    return found, changes


@callback
def _close_repair(hass: HomeAssistant, entry: SiteConfigEntry) -> None:
    ir.async_delete_issue(hass, DOMAIN, f"{ISSUE_KEY}_{entry.entry_id}")
