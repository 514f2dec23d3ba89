"""What a person does in a new Home Assistant, done for them."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import ClientSession

from .account import ACCOUNT_SITE, CAREFUL, EMAIL
from .api import HomeAssistant, HomeAssistantError
from .cloud import PLAN, SITE, agree
from .entities import DOMAIN, Entities
from .home import Home
from .past import Mean
from .polling import until
from .statistics import COUNTED, COUNTED_TODAY, Series, Shown, as_imported, series
from .tesla import TESLA_SITE, Tesla, agree_at_tesla

TITLE, URL_PATH, ICON = "Energy Site", "energy-site", "mdi:solar-power-variant"
STRATEGY = {"strategy": {"type": "custom:energy-site"}}
_READY = ("solar_power", "solar_energy")
# What the gateway doesn't have.
_READY_IN_CLOUD = ("quota_used",)
_READY_IN_ACCOUNT = ("sign_ins", "outages_this_year")
_IN_ENERGY_DASHBOARD = (
    *(key for key in COUNTED if key != "generator_energy"),
    *(f"{name}_power" for name in ("solar", "grid", "battery", "load")),
    "battery_level",
)
# For so many seconds nothing new appears once everything is there.
_CALM = 3.0


async def wait_until_running(assistant: HomeAssistant, *, patience: float = 120.0) -> None:
    """Wait for Home Assistant, then become its owner and wait until it is done starting."""

    async def running() -> bool:
        return bool((await assistant.command("get_config"))["state"] == "RUNNING")

    await until(assistant.answers, patience=patience)
    await assistant.become_owner()
    await until(running, patience=patience)


async def add_site(assistant: HomeAssistant, home: Home) -> str:
    """Walk through the integration's own config flow, and return the ID of the entry."""
    flow = await assistant.start_flow(DOMAIN)
    for step, answers in (
        ("user", {"next_step_id": "iq_gateway"}),
        ("iq_gateway", {"host": home.gateway.host}),
        ("iq_gateway_auth", {"next_step_id": "iq_gateway_login"}),
        ("iq_gateway_login", {"username": EMAIL, "password": home.account.password, "remember_password": True}),
    ):
        flow = await _answer(assistant, flow, step, answers)
    return _require_entry(flow)


async def add_cloud(assistant: HomeAssistant, session: ClientSession, home: Home) -> None:
    """Walk through the config flow of the home's cloud, and through the cloud's own pages."""
    application, system_id = home.cloud.application, str(home.cloud.system.system_id)
    credentials = {
        "api_key": application.key,
        "client_id": application.client_id,
        "client_secret": application.client_secret,
        "plan": PLAN.name.lower(),
        "paste_code": True,
    }
    flow = await assistant.start_flow(DOMAIN)
    flow = await _answer(assistant, flow, "user", {"next_step_id": "enphase_cloud"})
    flow = await _answer(assistant, flow, "enphase_cloud", credentials)
    page = (flow.get("description_placeholders") or {}).get("authorize_url", "")
    code = await agree(session, page) if page else ""
    flow = await _answer(assistant, flow, "enphase_code", {"code": code})
    flow = await _answer(assistant, flow, "system", {"system": system_id})
    _require_entry(flow)


async def add_account(assistant: HomeAssistant, home: Home) -> None:
    """Walk through the config flow of the owner's account, with the code that is sent to them."""
    account = home.account
    credentials = {"username": CAREFUL, "password": account.password, "remember_password": False}
    flow = await assistant.start_flow(DOMAIN)
    flow = await _answer(assistant, flow, "user", {"next_step_id": "enphase_account"})
    flow = await _answer(assistant, flow, "enphase_account", credentials)
    code = {"code": account.server.mailbox.code(CAREFUL), "send_again": False}
    _require_entry(await _answer(assistant, flow, "enphase_account_code", code))


async def add_tesla(assistant: HomeAssistant, session: ClientSession, tesla: Tesla) -> None:
    """Walk through the config flow of a Tesla site, and through Tesla's own pages."""
    application = tesla.application
    credentials = {
        "client_id": application.client_id,
        "client_secret": application.client_secret,
        "region": "na",
        "paste_code": True,
    }
    flow = await assistant.start_flow(DOMAIN)
    flow = await _answer(assistant, flow, "user", {"next_step_id": "tesla"})
    flow = await _answer(assistant, flow, "tesla", credentials)
    page = (flow.get("description_placeholders") or {}).get("authorize_url", "")
    code = await agree_at_tesla(session, page) if page else ""
    flow = await _answer(assistant, flow, "tesla_code", {"code": code})
    flow = await _answer(assistant, flow, "site", {"site": str(tesla.site.site_id)})
    _require_entry(flow)


async def _answer(
    assistant: HomeAssistant, flow: Mapping[str, Any], step: str, answers: Mapping[str, Any]
) -> dict[str, Any]:
    """Answer a step of a config flow, which has to be this one, and return the next."""
    if flow.get("step_id") != step or flow.get("errors"):
        raise HomeAssistantError(f"The config flow answers {flow} where {step} was expected")
    return await assistant.step(flow["flow_id"], answers)


def _require_entry(flow: Mapping[str, Any]) -> str:
    """Return the ID of the entry that a config flow has made."""
    if flow["type"] != "create_entry":
        raise HomeAssistantError(f"The config flow ends with {flow}")
    return str(flow["result"]["entry_id"])


async def wait_for_site(assistant: HomeAssistant, home: Home) -> Entities:
    """Return the gateway's entities once they are there and have values."""
    expected = {f"{inverter.serial}_power" for inverter in home.house.inverters} | set(_READY)
    return await _wait_for(assistant, home.gateway.serial, expected)


async def wait_for_cloud(assistant: HomeAssistant) -> Entities:
    """Return the entities of the home's cloud once they are there and have values."""
    return await _wait_for(assistant, SITE, _READY_IN_CLOUD)


async def wait_for_account(assistant: HomeAssistant) -> Entities:
    """Return the entities of the owner's account once they are there."""
    return await _wait_for(assistant, ACCOUNT_SITE, _READY_IN_ACCOUNT)


async def wait_for_tesla(assistant: HomeAssistant) -> Entities:
    """Return the entities of the Tesla site once they are there and have values."""
    return await _wait_for(assistant, TESLA_SITE, _READY)


async def _wait_for(
    assistant: HomeAssistant, site: str, expected: Iterable[str], *, patience: float = 180.0
) -> Entities:
    async def alive() -> Entities | None:
        registry = await assistant.command("config/entity_registry/list")
        entities = Entities.of_site(registry, site)
        states = await states_of(assistant)
        there = all(key in entities and _number(states.get(entities[key])) is not None for key in expected)
        return entities if there else None

    found = await until(alive, patience=patience)
    # What changes slowly, settings among it, is asked for once that is done.
    while True:
        await asyncio.sleep(_CALM)
        before, found = found, await until(alive, patience=patience)
        if before.by_key.keys() == found.by_key.keys():
            return found


async def states_of(assistant: HomeAssistant) -> dict[str, dict[str, Any]]:
    """Return all states by entity id."""
    return {state["entity_id"]: state for state in await assistant.command("get_states")}


async def import_past(assistant: HomeAssistant, home: Home, entities: Entities) -> int:
    """Give the sensors the house's past; return how many got one."""
    shown = await _shown(assistant, entities)
    house = home.house
    known = {each["statistic_id"]: each for each in await assistant.command("recorder/list_statistic_ids")}
    imported = 0
    for each in series(home.rows, house, shown):
        if each.key in entities and (about := known.get(entities[each.key])):
            await assistant.command(
                "recorder/import_statistics",
                metadata=_metadata(each, about),
                stats=[as_imported(point) for point in each.points],
            )
            imported += 1
    return imported


async def add_to_energy_dashboard(assistant: HomeAssistant, entry_id: str, entities: Entities) -> None:
    """Choose that in the options of the site, once all its statistics are there."""
    wanted = {entities[key] for key in _IN_ENERGY_DASHBOARD if key in entities}

    since = (datetime.now(UTC) - timedelta(days=2)).isoformat()

    async def counted() -> bool:
        # Home Assistant's list also has what it will have statistics of.
        rows = await assistant.command(
            "recorder/statistics_during_period", start_time=since, statistic_ids=sorted(wanted), period="hour"
        )
        return wanted == set(rows)

    await until(counted, patience=120.0)
    menu = await assistant.start_options(entry_id)
    form = await assistant.step_options(menu["flow_id"], {"next_step_id": "energy_dashboard"})
    if form.get("step_id") != "energy_dashboard_confirm":
        raise HomeAssistantError(f"The site can't be added to the Energy dashboard: {form}")
    done = await assistant.step_options(form["flow_id"], {})
    if done["type"] != "create_entry":
        raise HomeAssistantError(f"The site was not added to the Energy dashboard as it should be: {done}")


async def show(assistant: HomeAssistant) -> None:
    """Set up the integration's own dashboard, which makes itself, as the first thing that is seen."""
    await assistant.command(
        "lovelace/dashboards/create", url_path=URL_PATH, title=TITLE, icon=ICON, mode="storage", show_in_sidebar=True
    )
    await assistant.command("lovelace/config/save", url_path=URL_PATH, config=STRATEGY)
    await assistant.command("frontend/set_system_data", key="core", value={"default_panel": URL_PATH})


async def _shown(assistant: HomeAssistant, entities: Entities) -> dict[str, Shown]:
    """Return what Home Assistant showed of each counter, at first and now."""
    keys = [key for key in (*COUNTED, *COUNTED_TODAY) if key in entities]
    since = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    ids = ",".join(entities[key] for key in keys)
    told = await assistant.get(f"history/period/{since}", filter_entity_id=ids, significant_changes_only="0")
    firsts: dict[str, float] = {}
    for states in told:
        numbers = [number for state in states if (number := _number(state)) is not None]
        if numbers:
            firsts[states[0]["entity_id"]] = numbers[0]
    states = await states_of(assistant)
    found: dict[str, Shown] = {}
    for key in keys:
        entity_id = entities[key]
        now = _number(states.get(entity_id))
        if now is not None:
            found[key] = Shown(first=firsts.get(entity_id, now), now=now)
    return found


def _metadata(each: Series, about: dict[str, Any]) -> dict[str, Any]:
    measured = bool(each.points) and isinstance(each.points[0], Mean)
    return {
        "mean_type": int(measured),
        "has_sum": not measured,
        "name": None,
        "source": "recorder",
        "statistic_id": about["statistic_id"],
        "unit_class": about["unit_class"],
        "unit_of_measurement": about["statistics_unit_of_measurement"],
    }


def _number(state: dict[str, Any] | None) -> float | None:
    try:
        return float(state["state"]) if state else None
    except ValueError:
        return None
