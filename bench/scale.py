"""Many sites in one Home Assistant, with the recorder: event loop, set-up, memory, and database."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
import logging
from multiprocessing import get_context
import time

from pytest_homeassistant_custom_component.common import MockConfigEntry
from sqlalchemy import text
from sqlalchemy.orm import Session

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import async_initialize_recorder, get_instance, session_scope
from homeassistant.setup import async_setup_component

from .core import core, entry_for
from .farm import farm
from .loop_watch import Delay, LoopWatch
from .postgresql import serving
from .soak_watch import weigh

# What an installation may cost: MB of memory for each site more, and ms that the event loop is late.
MEMORY, LATE = 3.0, 5.0

_FEW = 5
_SIZES = {
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
    "postgresql": "SELECT pg_database_size(current_database())",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """So many sites that share so many inverters, watched for so many minutes."""

    sites: int
    inverters: int
    minutes: float
    postgresql: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """What is in the database: rows, series of statistics, and bytes."""

    states: int
    events: int
    series: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What was measured: seconds until the first site, each other, and all at once had everything, MB, rows an hour."""

    plan: Plan
    loaded: int
    entities: int
    unavailable: int
    first: float
    other: float
    start: float
    memory: float
    memory_a_site: float
    growth: float
    starting: Delay
    delay: Delay
    own: Delay
    collection: float
    busy: float
    states: float
    events: float
    series: int
    size: float

    @property
    def failed(self) -> bool:
        """Whether it costs more than it may, or a site is not there."""
        return self.own.p99 > LATE or self.memory_a_site > MEMORY or self.loaded < self.plan.sites


def plans(sites: int, inverters: int | None, minutes: float, *, postgresql: bool) -> list[Plan]:
    """Return what to measure: a few and many inverters a site, or as many as are asked for."""
    each = (inverters,) if inverters is not None else (sites * _FEW, sites * _FEW * 4)
    return [Plan(sites=sites, inverters=count, minutes=minutes, postgresql=postgresql) for count in each]


def measure_all(plans: Sequence[Plan]) -> bool:
    """Measure and print each plan in a process of its own, which no other has filled; return whether all went well."""
    with ProcessPoolExecutor(
        1,
        mp_context=get_context("spawn"),
        initializer=logging.disable,
        initargs=(logging.WARNING,),
        max_tasks_per_child=1,
    ) as processes:
        failed = False
        for found in processes.map(_measure, plans):
            report(found)
            failed |= found.failed
        return not failed


def _measure(plan: Plan) -> Installation:
    return asyncio.run(measure(plan))


async def measure(plan: Plan) -> Installation:
    """Add one site after the other, as an owner does, load all at once, as a start does, and let them run."""
    with ExitStack() as stack:
        config = {"db_url": stack.enter_context(serving())} if plan.postgresql else {}
        async with farm(plan.sites, plan.inverters) as planted, core() as hass:
            async_initialize_recorder(hass)
            await async_setup_component(hass, "recorder", {"recorder": config})
            entries = [entry_for(each.serial, each.host, each.fingerprint, each.token) for each in planted]
            first = await _set_up(hass, entries[:1])
            alone = weigh().memory
            others = [await _set_up(hass, [entry]) for entry in entries[1:]]
            await _rows(hass)
            added = weigh().memory
            await _unload(hass, entries)
            watch = LoopWatch()
            start = await _load(hass, entries)
            watch.stop()
            starting = watch.delay
            before, full = await _rows(hass), weigh().memory

            watch, began = LoopWatch(), time.monotonic()
            await asyncio.sleep(plan.minutes * 60)
            watch.stop()
            busy = watch.busy
            after, hours = await _rows(hass), (time.monotonic() - began) / 3600

            states = hass.states.async_all()
            loaded = sum(entry.state is ConfigEntryState.LOADED for entry in entries)
            memory = weigh().memory
            found = Installation(
                plan=plan,
                loaded=loaded,
                entities=len(states),
                unavailable=sum(state.state == STATE_UNAVAILABLE for state in states),
                first=first,
                other=sum(others) / max(1, len(others)),
                start=start,
                memory=memory,
                memory_a_site=(added - alone) / max(1, plan.sites - 1),
                growth=memory - full,
                starting=starting,
                delay=watch.delay,
                own=watch.own,
                collection=watch.longest_collection,
                busy=busy,
                states=(after.states - before.states) / hours,
                events=(after.events - before.events) / hours,
                series=after.series,
                size=(after.size - before.size) / hours,
            )
            await _unload(hass, entries)
            return found


async def _set_up(hass: HomeAssistant, entries: Sequence[MockConfigEntry]) -> float:
    """Add sites, and return after how many seconds everything was asked."""
    for entry in entries:
        entry.add_to_hass(hass)
    return await _load(hass, entries)


async def _load(hass: HomeAssistant, entries: Sequence[MockConfigEntry]) -> float:
    began = time.monotonic()
    await asyncio.gather(*(hass.config_entries.async_setup(entry.entry_id) for entry in entries))
    await hass.async_block_till_done()
    return time.monotonic() - began


async def _unload(hass: HomeAssistant, entries: Sequence[MockConfigEntry]) -> None:
    await asyncio.gather(*(hass.config_entries.async_unload(entry.entry_id) for entry in entries))


async def _rows(hass: HomeAssistant) -> Rows:
    """Look into the database, once everything before has been written."""
    instance = get_instance(hass)
    await instance.async_block_till_done()
    return await instance.async_add_executor_job(_count, hass)


def _count(hass: HomeAssistant) -> Rows:
    with session_scope(hass=hass, read_only=True) as session:
        return Rows(
            states=_ask(session, "SELECT count(*) FROM states"),
            events=_ask(session, "SELECT count(*) FROM events"),
            series=_ask(session, "SELECT count(*) FROM statistics_meta"),
            size=_ask(session, _SIZES[session.get_bind().dialect.name]),
        )


def _ask(session: Session, query: str) -> int:
    return int(session.execute(text(query)).scalar_one())


def report(found: Installation) -> None:
    """Print what was measured."""
    plan = found.plan
    print(f"{plan.sites} sites with {plan.inverters} inverters for {plan.minutes:g} min, in {_database(plan)}")
    for label, value, unit in (
        ("sites loaded", found.loaded, ""),
        ("entities", found.entities, f"({found.unavailable} unavailable)"),
        ("set-up of the first site", found.first, "s"),
        ("set-up of each other one", found.other, "s"),
        ("start with all of them at once", found.start, "s"),
        ("memory at the end", found.memory, "MB"),
        ("memory for each site that is added", found.memory_a_site, f"MB (at most {MEMORY:g})"),
        ("memory that was added while they ran", found.growth, "MB"),
        ("processor of the event loop", found.busy, "%"),
        ("states an hour", found.states, ""),
        ("events an hour", found.events, ""),
        ("series of statistics", found.series, "(a row each 5 min, and each hour)"),
        ("database an hour", found.size / 1e6, "MB"),
    ):
        print(f"  {label:42} {value:12.2f} {unit}" if isinstance(value, float) else f"  {label:42} {value:12} {unit}")
    print(f"  {'event loop, ms':42} {'p50':>12} {'p99':>8} {'max':>8}")
    for label, delay in (
        ("late while all start at once", found.starting),
        ("late while they run", found.delay),
        (f"by its own work (p99 at most {LATE:g})", found.own),
    ):
        print(f"  {label:42} {delay.median:12.2f} {delay.p99:8.2f} {delay.worst:8.2f}")
    print(f"  {'longest collection of garbage in it':42} {'':21} {found.collection:8.2f}")


def _database(plan: Plan) -> str:
    return "PostgreSQL" if plan.postgresql else "SQLite"
