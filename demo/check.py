"""Whether everything is there and alive, as `--check` asks."""

from datetime import UTC, datetime, timedelta
from typing import Any

from .api import HomeAssistant
from .entities import Entities
from .home import Home
from .polling import until
from .setting_up import states_of

_POWERS = ("solar_power", "grid_power", "battery_power", "load_power")
_PATIENCE = 40.0
# Between the house's counter and what is shown: reports are up to a quarter of an hour old.
_LAG_KWH = 2.0


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
    issues = await assistant.command("energy/validate")
    if complaints := [issue for source in issues["energy_sources"] for issue in source]:
        raise CheckFailedError(f"The Energy dashboard complains: {complaints}")
    powers = ", ".join(f"{key.removesuffix('_power')} {float(value):.0f} W" for key, value in shown.items())
    return [
        f"{len(entities.by_key)} entities of IQ Gateway {home.gateway.serial} are live.",
        f"Power now: {powers}.",
        f"{len(home.house.inverters)} inverters, {days} days with statistics, the Energy dashboard has no complaints.",
    ]


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
