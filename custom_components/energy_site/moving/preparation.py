"""Prepares a move: its plan, what refers to the old devices, and what is stored for the way back."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import ATTR_FRIENDLY_NAME
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from ..runtime.site import SiteRuntime
from ..site.energy.continuing import agrees
from .evidence import async_gather
from .journal import JOURNAL, Move, Phase
from .planner import Evidence, MovePlan, Site, plan
from .registries import devices_before, entity_before
from .sites import async_integration_of, devices_of
from .table import Alteration, OldIntegration


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """A planned move from an old entry.

    `by_device` are the names of the automations and scripts that refer to the old devices, `by_words`
    of those that refer to entities whose words or meaning change.
    """

    old: ConfigEntry[Any]
    integration: OldIntegration
    plan: MovePlan
    evidence: dict[str, Evidence]
    goes_on: bool
    by_device: tuple[str, ...]
    by_words: tuple[str, ...]


async def async_prepare(runtime: SiteRuntime, old: ConfigEntry[Any]) -> Preparation:
    """Plan the move from an old entry."""
    hass, registry = runtime.hass, er.async_get(runtime.hass)
    integration = await async_integration_of(hass, old)
    theirs = er.async_entries_for_config_entry(registry, old.entry_id)
    ours = er.async_entries_for_config_entry(registry, runtime.entry.entry_id)
    evidence = await async_gather(hass, old, theirs, ours)
    moved_in = hass.data[JOURNAL].moved_in(runtime.entry.entry_id)
    taken = {entity.unique_id for entity in ours if entity.id in moved_in}
    site = Site(
        name=runtime.site,
        entities={(entity.domain, entity.unique_id): entity for entity in ours},
        taken=taken,
        seeds=lambda key, serial: runtime.source.counter_name(key, serial) is not None,
        agrees=_agree,
    )
    made = plan(integration, theirs, site, evidence)
    words = [
        pair.old.entity_id for pair in made.pairs if not {Alteration.WORDS, Alteration.MEANING}.isdisjoint(pair.changes)
    ]
    devices = {pair.old.device_id for pair in made.pairs if pair.old.device_id is not None}
    return Preparation(
        old=old,
        integration=integration,
        plan=made,
        evidence=evidence,
        goes_on=integration.holds_more(old, devices_of(hass, old)),
        by_device=_mentions(hass, devices, of_devices=True),
        by_words=_mentions(hass, words, of_devices=False),
    )


@callback
def move_of(runtime: SiteRuntime, prepared: Preparation) -> Move:
    """Return what is stored of a move before it begins."""
    old, pairs = prepared.old, prepared.plan.pairs
    entities = []
    for pair in pairs:
        counter = runtime.source.counter_name(pair.becomes.key, pair.serial) if pair.counter else None
        seen = prepared.evidence[pair.old.entity_id]
        same = pair.becomes.change is not Alteration.REGISTER
        entities.append(entity_before(pair, counter, same=same, value=seen.value, at=seen.at))
    devices = dict.fromkeys(pair.old.device_id for pair in pairs if pair.old.device_id is not None)
    return Move(
        old_entry_id=old.entry_id,
        domain=old.domain,
        title=old.title,
        goes_on=prepared.goes_on,
        disabled_by=old.disabled_by,
        phase=Phase.STOPPING,
        entities=tuple(entities),
        devices=devices_before(runtime.hass, pairs),
        disabled_devices=tuple(devices) if prepared.goes_on else (),
    )


def _agree(old: Evidence, ours: Evidence) -> bool:
    """Return whether our counter can be the old one, a moment later."""
    if old.value is None or ours.value is None or old.at is None or ours.at is None:
        return False
    return agrees(old.value, ours.value, (ours.at - old.at).total_seconds() / 3600)


@callback
def _mentions(hass: HomeAssistant, references: Iterable[str], *, of_devices: bool) -> tuple[str, ...]:
    """Return the names of the automations and scripts that refer to some devices or entities."""
    from homeassistant.components import automation, script

    asked = (
        (automation.automations_with_device, script.scripts_with_device)
        if of_devices
        else (automation.automations_with_entity, script.scripts_with_entity)
    )
    found = {entity_id for reference in references for ask in asked for entity_id in ask(hass, reference)}
    return tuple(sorted(_name(hass, entity_id) for entity_id in found))


def _name(hass: HomeAssistant, entity_id: str) -> str:
    state = hass.states.get(entity_id)
    return entity_id if state is None else str(state.attributes.get(ATTR_FRIENDLY_NAME, entity_id))
