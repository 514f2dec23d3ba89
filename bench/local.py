"""The local gateway: freshness, load, set-up and cost."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
import time

from custom_components.energy_site.runtime.site import SiteRuntime
from custom_components.energy_site.site.control import ControlName
from custom_components.energy_site.site.model import PowerFlow
from simulator.iq_gateway import Speed

from .core import WrittenStates, core, entry_of
from .gateway import gateway

# Set-up and the first questions are over by then.
_WARM_UP = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A site at work: ages in s, the gateway's busy share in %, the rest a minute."""

    median_age: float
    worst_age: float
    busy: float
    requests: float
    cpu: float
    states: float
    paths: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUp:
    """A site's start: seconds until it is loaded, and until everything was asked once."""

    loaded: float
    complete: float
    entities: int


async def running(preset: str, speed: Speed, minutes: float, *, live: bool = False) -> Running:
    """Let a site run and look at it every half second, by default at its usual pace."""
    with gateway(preset, speed) as served:
        async with core() as hass:
            entry = entry_of(served)
            entry.add_to_hass(hass)
            await hass.config_entries.async_setup(entry.entry_id)
            runtime: SiteRuntime = entry.runtime_data
            await asyncio.sleep(_WARM_UP)
            if live:
                await runtime.controls.set(ControlName(None, "live_power"), value=True)
            states, stats = WrittenStates(hass), served.server.stats
            stats.reset()
            began, cpu = time.monotonic(), time.thread_time()
            ages: list[float] = []
            while time.monotonic() - began < minutes * 60:
                await asyncio.sleep(0.5)
                flows = runtime.part(PowerFlow)
                if flows is not None and flows.solar is not None:
                    ages.append((datetime.now(UTC) - flows.solar.observed_at).total_seconds())
            elapsed = time.monotonic() - began
            spent = time.thread_time() - cpu
            await hass.config_entries.async_unload(entry.entry_id)
            return Running(
                median_age=median(ages),
                worst_age=max(ages),
                busy=100 * stats.busy_share(elapsed),
                requests=stats.total / elapsed * 60,
                cpu=spent / elapsed * 60,
                states=states.count / elapsed * 60,
                paths={path: count / elapsed * 60 for path, count in stats.requests.most_common()},
            )


async def set_up(preset: str, speed: Speed) -> SetUp:
    """Time a site's start."""
    with gateway(preset, speed) as served:
        async with core() as hass:
            entry = entry_of(served)
            entry.add_to_hass(hass)
            began = time.monotonic()
            await hass.config_entries.async_setup(entry.entry_id)
            loaded = time.monotonic() - began
            await hass.async_block_till_done()
            complete = time.monotonic() - began
            entities = len(hass.states.async_entity_ids())
            await hass.config_entries.async_unload(entry.entry_id)
            return SetUp(loaded=loaded, complete=complete, entities=entities)
