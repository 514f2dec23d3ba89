"""Whether a home with several ways is shown once, which `--check` looks at for a cloud and an account, with the gateway and without."""

import asyncio
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from .api import HomeAssistant
from .check import CheckFailedError
from .entities import DOMAIN
from .home import Home
from .polling import until

# What each entry has about itself.
_OWN = {"binary_sensor.problem", "sensor.last_update", "sensor.requests"}
_PATIENCE = 180.0
# For so many seconds nothing new appears once everything is there.
_CALM = 8.0
# What an account shows comes with its requests, of which there are only some a minute.
_CALM_OF_ACCOUNT, _PATIENCE_WITH_ACCOUNT = 70.0, 600.0
_READINGS = {"sensor.solar_power", "sensor.solar_energy", "sensor.load_energy", "binary_sensor.grid_connected"}

type Entity = Mapping[str, Any]


async def count_with_everything(assistant: HomeAssistant, site: str) -> str:
    """Let the entry of `site` show everything it has, count, and let it leave to the gateway what that shows."""
    entry = await _entry_of(assistant, site)
    await _choose(assistant, entry, "always")
    told = f"With everything: {await _count(assistant, entry)}."
    await _choose(assistant, entry, "auto")
    return told


async def require_one_home(assistant: HomeAssistant, home: Home, site: str) -> str:
    """Return how much the entry of `site` adds to the gateway's; raise `CheckFailedError` if it repeats anything."""
    entry, serial = await _entry_of(assistant, site), home.gateway.serial
    counted = await _count(assistant, entry)
    entities = await _entities(assistant)
    doubles = _names(entities, site) & _names(entities, serial) - _OWN
    numbered = {each["entity_id"] for each in entities if each["entity_id"].endswith("_2")}
    if doubles or numbered:
        raise CheckFailedError(f"Shown twice: {', '.join(sorted(doubles | numbered))}")
    devices = await assistant.command("config/device_registry/list")
    here, there = _hub(devices, serial), _hub(devices, site)
    linked = await assistant.command("config/device_registry/list_linked_devices", device_id=here)
    if there not in linked["linked_devices"]:
        raise CheckFailedError(f"The device of {site} isn't linked with the gateway's")
    return f"Beside the gateway, {site} has {counted}, 0 of them shown twice; its device is linked with the gateway's."


async def require_one_home_without_gateway(assistant: HomeAssistant, home: Home, account: str, cloud: str) -> str:
    """Disable the gateway's entry, and let those of the other two sites show what it did, but nothing twice."""
    gateway = await _entry_of(assistant, home.gateway.serial)
    await assistant.command("config_entries/disable", entry_id=gateway, disabled_by="user")
    counts: list[str] = []
    for site, calm in ((account, _CALM_OF_ACCOUNT), (cloud, _CALM)):
        entry = await _entry_of(assistant, site)
        issue = f"gateway_gone_{entry}"
        await until(partial(_is_open, assistant, issue), patience=_PATIENCE)
        await assistant.fix(issue, DOMAIN)
        if site == account:
            await until(partial(_has, assistant, site, _READINGS), patience=_PATIENCE_WITH_ACCOUNT)
        counts.append(f"{site} has {await _count(assistant, entry, calm=calm)}")
    entities = await _entities(assistant)
    if doubles := _names(entities, account) & _names(entities, cloud) - _OWN:
        raise CheckFailedError(f"Shown twice without the gateway: {', '.join(sorted(doubles))}")
    return f"Without the gateway, {' and '.join(counts)}, 0 of them shown twice."


async def _has(assistant: HomeAssistant, site: str, wanted: set[str]) -> bool:
    return wanted <= _names(await _entities(assistant), site)


async def _is_open(assistant: HomeAssistant, issue_id: str) -> bool:
    issues = (await assistant.command("repairs/list_issues"))["issues"]
    return any((each["domain"], each["issue_id"]) == (DOMAIN, issue_id) for each in issues)


async def require_one_outage(assistant: HomeAssistant, home: Home) -> str:
    """Take the grid away and give it back; each must be told by one event, however many entries the home has."""
    before = await _told(assistant)
    switches = home.house.switches
    for is_available in (False, True):
        switches.grid_available = is_available
        await until(partial(_is_news, assistant, before), patience=_PATIENCE)
        await asyncio.sleep(_CALM)
        after = await _told(assistant)
        changed = [entity_id for entity_id, at in after.items() if at != before.get(entity_id)]
        if len(changed) != 1:
            raise CheckFailedError(f"An outage was told by {', '.join(changed)}")
        before = after
    return "An outage was told once, and so was its end."


async def _told(assistant: HomeAssistant) -> dict[str, str]:
    """Return when each event of an outage was told last."""
    states = await assistant.command("get_states")
    return {
        state["entity_id"]: state["state"]
        for state in states
        if {"grid_lost", "grid_restored"} <= set(state["attributes"].get("event_types", ()))
    }


async def _is_news(assistant: HomeAssistant, seen: Mapping[str, str]) -> bool:
    return await _told(assistant) != seen


async def _entry_of(assistant: HomeAssistant, site: str) -> str:
    """Return the config entry of a site."""
    entities = await _entities(assistant)
    return next(str(each["config_entry_id"]) for each in entities if each["unique_id"].startswith(f"{site}_"))


async def _choose(assistant: HomeAssistant, entry: str, readings: str) -> None:
    """Choose in an entry's options what it shows."""
    menu = await assistant.start_options(entry)
    form = await assistant.step_options(menu["flow_id"], {"next_step_id": "settings"})
    await assistant.step_options(form["flow_id"], {"readings": readings})


async def _count(assistant: HomeAssistant, entry: str, *, calm: float = _CALM) -> str:
    """Return how many entities and devices an entry has once nothing new appears."""
    counts, before = await _counts(assistant, entry), None
    async with asyncio.timeout(_PATIENCE + 3 * calm):
        while counts != before:
            await asyncio.sleep(calm)
            counts, before = await _counts(assistant, entry), counts
    return f"{counts[0]} entities and {counts[1]} devices"


async def _counts(assistant: HomeAssistant, entry: str) -> tuple[int, int]:
    devices = await assistant.command("config/device_registry/list")
    entities = await _entities(assistant)
    return (
        sum(each["config_entry_id"] == entry for each in entities),
        sum(entry in each["config_entries"] for each in devices),
    )


async def _entities(assistant: HomeAssistant) -> list[Entity]:
    registry = await assistant.command("config/entity_registry/list")
    return [each for each in registry if each["platform"] == DOMAIN]


def _names(entities: Iterable[Entity], site: str) -> set[str]:
    """Return the platforms of a site's entities, and the ends of their unique ids."""
    prefix = f"{site}_"
    return {
        f"{each['entity_id'].partition('.')[0]}.{each['unique_id'].removeprefix(prefix)}"
        for each in entities
        if each["unique_id"].startswith(prefix)
    }


def _hub(devices: Iterable[Mapping[str, Any]], site: str) -> str:
    """Return the device of a site as a whole: a gateway's is another's as well, but alone there has one identifier."""
    found = [each for each in devices if [DOMAIN, site] in each["identifiers"]]
    return str(min(found, key=lambda each: len(each["identifiers"]))["id"])
