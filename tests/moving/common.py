"""Moving in, as a person does it, and what is compared before and after."""

from typing import Any

import orjson
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.config_entries import ConfigEntry, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.json import json_bytes
from simulator.iq_gateway.host import GatewayHost

CORE = "enphase_envoy"

type Stored = dict[str, dict[str, Any]]

# Each change of a registered thing stamps it, so that a change there and back can't leave this alone.
_STAMPS = ("modified_at",)


def core_entry(gateway: GatewayHost, **changes: Any) -> MockConfigEntry:
    """Return an entry of Home Assistant's own integration for a gateway, with a token that the user pasted."""
    data = {
        "host": gateway.host,
        "name": f"Envoy {gateway.serial}",
        "username": "",
        "password": "",
        "token": gateway.token(),
        "use_manual_token": True,
    }
    title = f"Envoy {gateway.serial}"
    return MockConfigEntry(domain=CORE, unique_id=gateway.serial, title=title, data=data, **changes)


async def choose(hass: HomeAssistant, entry: ConfigEntry[Any], item: str) -> ConfigFlowResult:
    """Open an entry's options and choose an item of the menu."""
    menu = await hass.config_entries.options.async_init(entry.entry_id)
    assert menu["type"] is FlowResultType.MENU
    assert item in menu["menu_options"]
    return await hass.config_entries.options.async_configure(menu["flow_id"], {"next_step_id": item})


async def offers(hass: HomeAssistant, entry: ConfigEntry[Any]) -> list[str]:
    """Return the menu of an entry's options, without what belongs to the Energy dashboard."""
    menu = await hass.config_entries.options.async_init(entry.entry_id)
    hass.config_entries.options.async_abort(menu["flow_id"])
    found = menu.get("menu_options", [])
    assert isinstance(found, list)
    return [item for item in found if not item.startswith("energy_dashboard")]


async def answer(hass: HomeAssistant, result: ConfigFlowResult, **user_input: Any) -> ConfigFlowResult:
    """Answer a step of an options flow."""
    result = await hass.config_entries.options.async_configure(result["flow_id"], user_input)
    await hass.async_block_till_done(wait_background_tasks=True)
    return result


async def look(hass: HomeAssistant, entry: ConfigEntry[Any], old: ConfigEntry[Any]) -> ConfigFlowResult:
    """Go as far as the list of what a move does."""
    result = await choose(hass, entry, "move_in")
    assert result["step_id"] == "move_in"
    result = await answer(hass, result, entry=old.entry_id)
    assert result["step_id"] == "move_in_confirm", result
    return result


def told(result: ConfigFlowResult) -> str:
    """Return the list that a dialog shows."""
    placeholders = result["description_placeholders"]
    assert placeholders is not None
    return str(placeholders["list"])


def ended(result: ConfigFlowResult) -> str:
    """Return why a dialog ended without having done anything."""
    assert result["type"] is FlowResultType.ABORT, result
    return result["reason"]


async def move_in(hass: HomeAssistant, entry: ConfigEntry[Any], old: ConfigEntry[Any]) -> ConfigFlowResult:
    """Move in from an old entry."""
    options = dict(entry.options)
    result = await answer(hass, await look(hass, entry, old))
    assert result["type"] is FlowResultType.CREATE_ENTRY, result
    assert dict(entry.options) == options
    return result


async def move_back(hass: HomeAssistant, entry: ConfigEntry[Any]) -> ConfigFlowResult:
    """Undo the last move."""
    result = await choose(hass, entry, "move_back")
    assert result["step_id"] == "move_back_confirm"
    result = await answer(hass, result)
    assert result["type"] is FlowResultType.CREATE_ENTRY, result
    return result


def registries(hass: HomeAssistant) -> Stored:
    """Return what Home Assistant would store of its entities and devices now, but for the time of the last change."""
    found: Stored = {}
    for registry in (er.async_get(hass), dr.async_get(hass)):
        stored: dict[str, Any] = orjson.loads(json_bytes(registry._data_to_save()))
        for kind, registered in stored.items():
            for each in registered if isinstance(registered, list) else ():
                fields = {key: value for key, value in each.items() if key not in _STAMPS}
                # They are sets, whose order is another in each process.
                fields |= {key: sorted(fields[key]) for key in ("identifiers", "connections") if key in fields}
                found[f"{kind} {each['id']}"] = fields
    return found


def owner_of(hass: HomeAssistant, entity_id: str) -> tuple[str, str] | None:
    """Return the integration and the unique ID of a registered entity."""
    entity = er.async_get(hass).async_get(entity_id)
    return None if entity is None else (entity.platform, entity.unique_id)


def differences(before: Stored, after: Stored) -> dict[str, dict[str, tuple[Any, Any]]]:
    """Return what is stored differently: what, which of its fields, and their values before and after."""
    found: dict[str, dict[str, tuple[Any, Any]]] = {}
    for name in before.keys() | after.keys():
        one, other = before.get(name, {}), after.get(name, {})
        if one != other:
            fields = one.keys() | other.keys()
            found[name] = {key: (one.get(key), other.get(key)) for key in fields if one.get(key) != other.get(key)}
    return found
