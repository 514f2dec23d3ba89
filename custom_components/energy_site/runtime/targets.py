"""The sites that an action is for: by its target, by an entry, or the only one there is."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Final

from homeassistant.const import ATTR_ENTITY_ID, ENTITY_MATCH_ALL
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv, device_registry as dr, entity_registry as er, service
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids

from ..const import DOMAIN
from .site import SiteConfigEntry, SiteRuntime

ATTR_CONFIG_ENTRY_ID: Final = "config_entry_id"

_TARGET: Final = tuple(map(str, cv.ENTITY_SERVICE_FIELDS))


@callback
def async_sites_of(
    call: ServiceCall, can: Callable[[SiteRuntime], bool] = lambda _: True, *, only_one_can: bool = False
) -> list[SiteRuntime]:
    """Return the sites that an action is for, of several only those that `can` carry it out if there are any.

    Without a site in the action, it is the only one, with `only_one_can` also the only one that can. Raise a translated
    error if a site isn't loaded, the target contains none, or it is ambiguous which one is meant.
    """
    entry_ids = _entry_ids(call)
    if not entry_ids and only_one_can:
        entries: list[SiteConfigEntry] = call.hass.config_entries.async_loaded_entries(DOMAIN)
        capable = [entry.entry_id for entry in entries if can(entry.runtime_data)]
        entry_ids = capable if len(capable) == 1 else []
    sites = [_site(call.hass, entry_id) for entry_id in entry_ids or (None,)]
    return [site for site in sites if can(site)] or sites


def _site(hass: HomeAssistant, entry_id: str | None) -> SiteRuntime:
    entry: SiteConfigEntry = service.async_get_config_entry(hass, DOMAIN, entry_id)
    return entry.runtime_data


def _entry_ids(call: ServiceCall) -> list[str]:
    """Return the entries that are named or in the target; raise a translated error if the target contains none."""
    named = [call.data[ATTR_CONFIG_ENTRY_ID]] if ATTR_CONFIG_ENTRY_ID in call.data else []
    if not any(call.data.get(field) for field in _TARGET):
        return named
    if not (found := _targeted(call)):
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_site_in_target")
    return list(dict.fromkeys([*named, *found]))


def _targeted(call: ServiceCall) -> list[str]:
    hass = call.hass
    if call.data.get(ATTR_ENTITY_ID) == ENTITY_MATCH_ALL:
        return [entry.entry_id for entry in hass.config_entries.async_loaded_entries(DOMAIN)]
    selected = async_extract_referenced_entity_ids(hass, TargetSelection(dict(call.data)), primary_entities_only=False)
    entities, devices = er.async_get(hass), dr.async_get(hass)
    owners = [
        *(
            entity.config_entry_id
            for entity_id in sorted(selected.referenced | selected.indirectly_referenced)
            if (entity := entities.async_get(entity_id)) is not None
        ),
        *(
            device.config_entry_id
            for device_id in sorted(selected.referenced_devices)
            if (device := devices.async_get(device_id)) is not None
        ),
    ]
    ours = {entry.entry_id for entry in hass.config_entries.async_entries(DOMAIN, include_disabled=False)}
    return [owner for owner in dict.fromkeys(owners) if owner in ours]


def without_doubles(sites: Iterable[SiteRuntime]) -> list[SiteRuntime]:
    """Leave out those before which another entry of the same home is among the sites, so that one home is set once."""
    found = list(sites)
    entries = [site.entry for site in found]
    return [site for site in found if not any(each in entries for each in site.ways.others)]


async def async_for_each(
    sites: Iterable[SiteRuntime], act: Callable[[SiteRuntime], Coroutine[Any, Any, ServiceResponse]]
) -> ServiceResponse:
    """Act on all sites, and return the answer of the only one, or those of several by their entries.

    If it fails for one, the others are still acted on before that is raised.
    """
    found = list(sites)
    answers = await asyncio.gather(*(act(site) for site in found), return_exceptions=True)
    good: dict[str, Any] = {}
    for site, answer in zip(found, answers, strict=True):
        if isinstance(answer, BaseException):
            raise answer
        good[site.entry.entry_id] = answer
    return good if len(good) > 1 else next(iter(good.values()))
