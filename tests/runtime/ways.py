"""What the entries of one home show, and what is told of it."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from custom_components.energy_site.repairs import async_create_fix_flow
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
from homeassistant.util import dt as dt_util
from tests.common import set_up

# What each entry has about itself.
OWN = {"binary_sensor.problem", "sensor.last_update", "sensor.requests"}
READINGS = {
    "sensor.solar_power",
    "sensor.solar_energy",
    "sensor.grid_power",
    "sensor.grid_import_energy",
    "sensor.battery_level",
    "sensor.inverters_reporting",
    "binary_sensor.grid_connected",
}


def names(hass: HomeAssistant, entry: MockConfigEntry) -> set[str]:
    """Return the platforms of an entry's entities, and the ends of their unique ids."""
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    return {f"{each.domain}.{each.unique_id.removeprefix(f'{entry.unique_id}_')}" for each in entities}


def devices(hass: HomeAssistant, entry: MockConfigEntry) -> list[dr.DeviceEntry]:
    """Return an entry's devices."""
    return dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)


def hub(hass: HomeAssistant, entry: MockConfigEntry) -> dr.DeviceEntry:
    """Return the device of an entry's site as a whole."""
    found = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, entry.unique_id or ""), entry.entry_id)
    assert found is not None
    return found


def issue(hass: HomeAssistant, key: str, entry: MockConfigEntry) -> ir.IssueEntry | None:
    """Return an issue of an entry."""
    return ir.async_get(hass).async_get_issue(DOMAIN, f"{key}_{entry.entry_id}")


async def fix(hass: HomeAssistant, key: str, entry: MockConfigEntry) -> None:
    """Submit a repair of an entry."""
    found = issue(hass, key, entry)
    assert found is not None
    assert found.is_fixable
    flow = await async_create_fix_flow(hass, found.issue_id, found.data)
    flow.hass = hass
    await flow.async_step_confirm({})
    await hass.async_block_till_done(wait_background_tasks=True)


def told(events: Iterable[Event[Any]], key: str) -> list[str]:
    """Return the kinds of all events that entities with this translation key told; one that is restored isn't told again."""
    seen: dict[str, set[str]] = {}
    kinds = []
    for event in events:
        entity_id, old, new = (event.data[name] for name in ("entity_id", "old_state", "new_state"))
        if not (entity_id.startswith("event.") and entity_id.endswith(f"_{key}")) or old is None or new is None:
            continue
        known = seen.setdefault(entity_id, {"unavailable", "unknown"})
        known.add(old.state)
        if new.state not in known:
            known.add(new.state)
            kinds.append(new.attributes["event_type"])
    return kinds


async def events_of(hass: HomeAssistant, calendar: str | None) -> list[dict[str, Any]]:
    """Return what a calendar has of yesterday, today and tomorrow."""
    assert calendar is not None
    now = dt_util.utcnow()
    found: Any = await hass.services.async_call(
        "calendar",
        "get_events",
        {"entity_id": calendar, "start_date_time": now - timedelta(days=1), "end_date_time": now + timedelta(days=1)},
        blocking=True,
        return_response=True,
    )
    return list(found[calendar]["events"])


async def end(hass: HomeAssistant, entry: MockConfigEntry, how: str) -> None:
    """Have an entry `removed`, or `disabled` by the user."""
    if how == "removed":
        await hass.config_entries.async_remove(entry.entry_id)
    else:
        await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)


async def bring_back(hass: HomeAssistant, entry: MockConfigEntry, how: str) -> MockConfigEntry:
    """Add an entry again that was `removed`, as it was, or enable one that was `disabled`."""
    if how == "removed":
        entry = MockConfigEntry(
            domain=DOMAIN,
            title=entry.title,
            unique_id=entry.unique_id,
            data=dict(entry.data),
            version=entry.version,
            minor_version=entry.minor_version,
        )
        await set_up(hass, entry)
    else:
        await hass.config_entries.async_set_disabled_by(entry.entry_id, None)
    return entry
