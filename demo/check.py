"""Whether everything is there and alive, as `--check` asks."""

from datetime import UTC, datetime, timedelta
from typing import Any

from .api import HomeAssistant
from .cloud import SITE, Cloud
from .entities import DOMAIN, Entities
from .home import PAST_DAYS, Home
from .polling import until
from .setting_up import states_of, wait_for_cloud, wait_for_tesla
from .tesla import TESLA_SITE, Tesla

_POWERS = ("solar_power", "grid_power", "battery_power", "load_power")
_PATIENCE = 40.0
# Between the house's counter and what is shown: reports are up to a quarter of an hour old.
_LAG_KWH = 2.0
# Between the hours that were imported from the cloud and the house's own: rounding.
_EXACT_KWH = 0.1
_RESERVE, _MORE = "number.backup_reserve", 10.0


class CheckFailedError(Exception):
    """Something is missing or not alive."""


async def check(assistant: HomeAssistant, home: Home, entities: Entities) -> list[str]:
    """Return what there is to say; raise `CheckFailedError` where something is wrong."""
    states = await states_of(assistant)
    missing = [each for each in entities.by_key.values() if states.get(each, {}).get("state") in (None, "unavailable")]
    if missing:
        raise CheckFailedError(f"These have no state: {', '.join(sorted(missing))}")
    shown = {key: states[entities[key]]["state"] for key in _POWERS if key in entities}
    # Inverters without a meter report every five minutes, which is too long to wait for.
    if "grid_power" in entities:
        await _require_life(assistant, entities, list(shown))
    days = await _require_past(assistant, home, entities)
    controls = await _require_control(assistant, home, entities)
    issues = await assistant.command("energy/validate")
    if complaints := [issue for source in issues["energy_sources"] for issue in source]:
        raise CheckFailedError(f"The Energy dashboard complains: {complaints}")
    powers = ", ".join(f"{key.removesuffix('_power')} {float(value):.0f} W" for key, value in shown.items())
    return [
        f"{len(entities.by_key)} entities of IQ Gateway {home.gateway.serial} are live.",
        f"Power now: {powers}.",
        f"{len(home.house.inverters)} inverters, {days} days with statistics, the Energy dashboard has no complaints.",
        *controls,
    ]


async def check_cloud(assistant: HomeAssistant, home: Home) -> str:
    """Return what there is to say of the cloud's site; raise `CheckFailedError` where something is wrong."""
    cloud, entities = home.cloud, await wait_for_cloud(assistant)
    statistic = f"{DOMAIN}:{SITE}_solar_energy"
    since = datetime.fromtimestamp(cloud.archive.start, UTC).isoformat()
    # All whole days, of which one may lack an hour: the one under way is imported as far as the cloud knows it.
    enough = PAST_DAYS * 24 - 1

    async def imported() -> list[dict[str, Any]]:
        rows = await _hours(assistant, statistic, since)
        return rows if len(rows) >= enough else []

    try:
        rows = await until(imported, patience=3 * _PATIENCE)
    except TimeoutError:
        count = len(await _hours(assistant, statistic, since))
        raise CheckFailedError(f"{statistic} has {count} hours of {enough}") from None
    told = rows[-1]["sum"]
    truth = _made(cloud, rows[-1]["end"] / 1000)
    if abs(told - truth) > _EXACT_KWH:
        raise CheckFailedError(f"{told} kWh from the sun were imported from the cloud, the house made {truth}")
    return (
        f"{len(entities.by_key)} entities of system {cloud.system.system_id} in the cloud are there; "
        f"{len(rows) // 24} days were imported, with {told:.0f} kWh from the sun."
    )


def check_account(home: Home, entities: Entities) -> str:
    """Return what there is to say of the owner's account; raise `CheckFailedError` where something is wrong."""
    settings = len(home.account.home.settings.written)
    if not settings:
        raise CheckFailedError("The reserve of the gateway's entry wasn't set through the account")
    return f"{len(entities.by_key)} entities of the owner's account are there; it took {settings} settings."


async def check_tesla(assistant: HomeAssistant, tesla: Tesla) -> str:
    """Return what there is to say of the Tesla site; raise `CheckFailedError` where something is wrong."""
    entities, site = await wait_for_tesla(assistant), tesla.site
    statistic = f"{DOMAIN}:{TESLA_SITE}_solar_energy"
    since = datetime.fromtimestamp(site.archive.start, UTC).isoformat()
    enough = (PAST_DAYS - 1) * 24

    async def imported() -> list[dict[str, Any]]:
        rows = await _hours(assistant, statistic, since)
        return rows if len(rows) >= enough else []

    try:
        rows = await until(imported, patience=3 * _PATIENCE)
    except TimeoutError:
        count = len(await _hours(assistant, statistic, since))
        raise CheckFailedError(f"{statistic} has {count} hours of {enough}") from None
    truth = site.archive.energy("solar", site.archive.start, rows[-1]["end"] / 1000) / 1000
    if abs(rows[-1]["sum"] - truth) > _EXACT_KWH:
        raise CheckFailedError(f"{rows[-1]['sum']} kWh from the sun were imported from Tesla, the house made {truth}")
    states = await states_of(assistant)
    if float(states[entities["outages_this_year"]]["state"]) < 1:
        raise CheckFailedError("Tesla's outage of last week is missing")
    return (
        f"{len(entities.by_key)} entities of site {site.site_id} in Tesla's cloud are there; "
        f"{len(rows) // 24} days were imported, with {rows[-1]['sum']:.0f} kWh from the sun."
    )


def _made(cloud: Cloud, until: float) -> float:
    """Return the kWh from the sun since the cloud knows the house, until a moment (epoch s)."""
    return cloud.archive.energy("solar", cloud.archive.start, until) / 1000


async def _require_control(assistant: HomeAssistant, home: Home, entities: Entities) -> list[str]:
    """Set the backup reserve and set it back; each time it must be in force and be told."""
    if (battery := home.house.battery) is None:
        return []
    if _RESERVE not in entities:
        raise CheckFailedError("There is a battery but no backup reserve")
    entity_id = entities[_RESERVE]
    before = float((await states_of(assistant))[entity_id]["state"])
    other = before + _MORE if before + _MORE <= 100 else before - _MORE
    for wanted in (other, before):
        target = {"entity_id": entity_id}
        await assistant.command(
            "call_service", domain="number", service="set_value", target=target, service_data={"value": wanted}
        )
        state = (await states_of(assistant))[entity_id]
        real = battery.settings.reserve
        if not float(state["state"]) == real == wanted or "pending" in state["attributes"]:
            raise CheckFailedError(f"The backup reserve was set to {wanted} %, is {real} % and is shown as {state}")
    return [f"The backup reserve was set to {other:.0f} % and back, and confirmed each time."]


async def _require_life(assistant: HomeAssistant, entities: Entities, keys: list[str]) -> None:
    """Wait until a power has changed or was reported again."""
    ids = [entities[key] for key in keys]
    before = await states_of(assistant)

    async def anything_new() -> bool:
        after = await states_of(assistant)
        return any(after[each]["last_reported"] != before[each]["last_reported"] for each in ids)

    try:
        await until(anything_new, patience=_PATIENCE)
    except TimeoutError:
        raise CheckFailedError(f"For {_PATIENCE:.0f} s nothing new came for {', '.join(ids)}") from None


async def _require_past(assistant: HomeAssistant, home: Home, entities: Entities) -> int:
    """Return how many days of the solar energy there are statistics of; the last must meet what is shown."""
    entity_id = entities["solar_energy"]
    since = (datetime.now(UTC) - timedelta(days=30)).isoformat()
    rows = await until(lambda: _hours(assistant, entity_id, since), patience=3 * _PATIENCE)
    shown = float((await states_of(assistant))[entity_id]["state"])
    truth = home.house.truth.solar / 1000
    last = rows[-1]["state"]
    if not last - _LAG_KWH <= shown or abs(shown - truth) > _LAG_KWH:
        raise CheckFailedError(f"Solar energy is {shown} kWh, its past ends at {last}, the house has made {truth}")
    return len(rows) // 24


async def _hours(assistant: HomeAssistant, entity_id: str, since: str) -> list[dict[str, Any]]:
    found = await assistant.command(
        "recorder/statistics_during_period",
        start_time=since,
        statistic_ids=[entity_id],
        period="hour",
        types=["state", "sum"],
    )
    return list(found.get(entity_id, []))
