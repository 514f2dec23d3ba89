"""Reads long-term statistics, as the Energy dashboard would."""

from datetime import datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory

from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.const import UnitOfEnergy
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance
from homeassistant.util import dt as dt_util
from tests.common import tick
from tests.energy_dashboard.dashboard import compile_statistics

FIVE_MINUTES = timedelta(minutes=5)


async def record(hass: HomeAssistant, freezer: FrozenDateTimeFactory, *, step: float = 20) -> datetime:
    """Let the running five minutes end, in steps of so many seconds, and be recorded; return when they began."""
    now = dt_util.utcnow()
    start = now.replace(minute=now.minute - now.minute % 5, second=0, microsecond=0)
    while dt_util.utcnow() < start + FIVE_MINUTES + timedelta(seconds=5):
        await tick(hass, freezer, step)
    await compile_statistics(hass, start)
    return start


async def sums(hass: HomeAssistant, entity_ids: set[str]) -> dict[str, list[float]]:
    """Return the sums of all recorded five minutes in Wh, by the entity IDs of those that count."""

    def read() -> dict[str, list[Any]]:
        units: dict[str, str] = {"energy": UnitOfEnergy.WATT_HOUR}
        long_ago = dt_util.utc_from_timestamp(0)
        return dict(statistics_during_period(hass, long_ago, None, entity_ids, "5minute", units, {"sum", "state"}))

    rows = await get_instance(hass).async_add_executor_job(read)
    summed = {entity_id: [row["sum"] for row in found] for entity_id, found in rows.items()}
    return {entity_id: found for entity_id, found in summed.items() if None not in found}
