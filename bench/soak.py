"""A site that runs for a month in minutes, and what is left of the truth: `python -m bench.soak --help`."""

import argparse
import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
import logging
import os
import sys
from unittest.mock import patch

from freezegun.api import real_perf_counter
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import CONF_SOURCE, DOMAIN
from custom_components.energy_site.runtime.site import SiteRuntime
from custom_components.energy_site.site.model import CounterKind, EnergyCounters
from custom_components.energy_site.vendors.iq_gateway.const import CONF_FINGERPRINT, SOURCE
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from simulator.enphase_account import AccountServer
from simulator.house import House, Truth
from simulator.iq_gateway import GatewayServer
from simulator.presets import PRESETS

from .core import core
from .simulated_time import LoopClock, SimulatedLoop, run_simulated
from .soak_plan import DAY, Stage, happen, plan
from .soak_watch import CounterWatch, LogWatch, Weight, weigh

# In this night America/Chicago, where the usual house stands, leaves summer time.
_CLOCKS_CHANGE = datetime(2026, 11, 1, 7, tzinfo=UTC)

_KINDS = ("solar", "grid_import", "grid_export", "battery_charge", "battery_discharge", "load")
_READINGS = "meter_readings"
_SETTLED_AFTER = 2 * DAY

# What a month may cost at most: % of a counter since the start and of a day, MB, objects of Python.
_WORST_ERROR = 0.1
_WORST_DAY = 1.0
_MEMORY_GROWTH = 16.0
_OBJECT_GROWTH = 10_000

# A day with less, Wh, is no measure.
_FAINT_DAY = 1000.0

# Sensors of energy hold back what is less than this, Wh.
_SENSOR_STEP = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Soak:
    """What is to be run."""

    days: float = 30.0
    seed: int = 1
    preset: str = "home"
    intervals: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What one counter counted, Wh: really, as the site's part has it, as its sensor shows it; % of its worst day."""

    truth: float
    part: float
    sensor: float
    worst_day: float

    @property
    def error(self) -> float:
        """How far the part is off, %."""
        return 100 * abs(self.part - self.truth) / self.truth if self.truth else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a soak came to."""

    soak: Soak
    counters: dict[str, Counted]
    happenings: int
    log: LogWatch
    falls: list[str]
    states: float
    requests: float
    logins: int
    settled: Weight
    end: Weight
    seconds: float
    told: list[tuple[float, str]]

    def broken(self) -> list[str]:
        """Return the limits that do not hold."""
        held = {f"{kind}: {each.error:.3f} % off": each.error <= _WORST_ERROR for kind, each in self.counters.items()}
        held |= {
            f"{kind}: the sensor stays {each.sensor - each.part:.0f} Wh from its part": abs(each.sensor - each.part)
            <= _SENSOR_STEP
            for kind, each in self.counters.items()
        }
        held |= {
            f"{kind}: {each.worst_day:.2f} % off on one day": each.worst_day <= _WORST_DAY
            for kind, each in self.counters.items()
        }
        held |= {
            f"{len(self.log.tracebacks)} tracebacks": not self.log.tracebacks,
            f"{len(self.falls)} counters fell": not self.falls,
            f"{len(self.log.lines)} lines of log": len(self.log.lines) <= 2 * self.happenings,
            f"{len(self.log.loud)} warnings": len(self.log.loud) <= self.happenings,
            f"{self.end.tasks - self.settled.tasks} more tasks": self.end.tasks <= self.settled.tasks,
            f"{self.end.memory - self.settled.memory:.0f} MB more": self.end.memory - self.settled.memory
            <= _MEMORY_GROWTH,
            f"{self.end.objects - self.settled.objects} more objects": self.end.objects
            <= self.settled.objects + _OBJECT_GROWTH,
        }
        return [limit for limit, holds in held.items() if not holds]


def run(soak: Soak) -> Result:
    """Run a site through its days; the change of the clocks lies in their middle."""
    began = real_perf_counter()
    start = _CLOCKS_CHANGE - timedelta(days=soak.days / 2)
    result = run_simulated(start, lambda loop: _run(soak, loop))
    return replace(result, seconds=real_perf_counter() - began)


@asynccontextmanager
async def _site(soak: Soak, loop: SimulatedLoop) -> AsyncIterator[tuple[Stage, AccountServer]]:
    """Serve a house and its account, and set it up in a core."""
    preset = PRESETS[soak.preset]()
    clock = LoopClock()
    house = House(replace(preset.house, seed=preset.house.seed + soak.seed), start=clock.now() - DAY)
    house.advance(clock.now())
    async with (
        GatewayServer(house, preset.gateway, clock=clock) as gateway,
        AccountServer([gateway]) as account,
        core() as hass,
    ):
        loop.expects_traffic = lambda: gateway.stats.in_flight > 0
        account.add_account("owner@example.com", "right", serials=[gateway.serial])
        addresses = {"ENERGY_SITE_ENLIGHTEN": account.url, "ENERGY_SITE_ENTREZ": account.url}
        with patch.dict(os.environ, addresses):
            await hass.config.async_set_time_zone(preset.house.place.timezone)
            entry = _entry(gateway, soak)
            entry.add_to_hass(hass)
            await hass.config_entries.async_setup(entry.entry_id)
            await hass.async_block_till_done(wait_background_tasks=True)
            yield Stage(hass=hass, entry=entry, gateway=gateway), account
            await hass.config_entries.async_unload(entry.entry_id)


def _entry(gateway: GatewayServer, soak: Soak) -> MockConfigEntry:
    """Return an entry with a remembered password, whose token is to be renewed on the way."""
    return MockConfigEntry(
        domain=DOMAIN,
        title="IQ Gateway",
        unique_id=gateway.serial,
        data={
            CONF_SOURCE: SOURCE,
            "host": gateway.host,
            CONF_FINGERPRINT: gateway.fingerprint.hex(),
            "token": gateway.token(lifetime=(30 + 0.25 * soak.days) * DAY),
            "username": "owner@example.com",
            "password": "right",
        },
        options=dict(soak.intervals),
    )


async def _run(soak: Soak, loop: SimulatedLoop) -> Result:
    log = LogWatch()
    told: list[tuple[float, str]] = []
    ours = logging.getLogger(f"custom_components.{DOMAIN}")
    level = ours.level
    logging.getLogger().addHandler(log)
    ours.setLevel(logging.INFO)
    try:
        async with _site(soak, loop) as (stage, account):
            happenings = plan(soak.days, soak.seed)
            books = _Books(stage)
            watch = CounterWatch(stage.hass, frozenset(books.entities.values()))
            await books.open()
            start = loop.time()
            telling = asyncio.create_task(
                happen(stage, happenings, lambda name: told.append((loop.time() - start, name)))
            )
            days = asyncio.create_task(books.end_days())
            settle = min(_SETTLED_AFTER, soak.days * DAY / 2)
            await asyncio.sleep(settle)
            settled = weigh()
            await asyncio.sleep(soak.days * DAY - settle)
            await telling
            end = weigh()
            days.cancel()
            watch.stop()
            return Result(
                soak=soak,
                counters=await books.close(),
                happenings=len(happenings),
                log=log,
                falls=watch.falls,
                states=watch.states / soak.days / 1440,
                requests=stage.gateway.stats.total / soak.days / 1440,
                logins=account.logins,
                settled=settled,
                end=end,
                seconds=0.0,
                told=told,
            )
    finally:
        logging.getLogger().removeHandler(log)
        ours.setLevel(level)


class _Books:
    """Compares counters with the truth, since the start and of each day."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        site = stage.gateway.serial
        registry = er.async_get(stage.hass)
        self.entities = {
            kind: found
            for kind in _KINDS
            if (found := registry.async_get_entity_id("sensor", DOMAIN, f"{site}_{kind}_energy")) is not None
        }
        self._worst = dict.fromkeys(_KINDS, 0.0)
        self._before: tuple[Truth, dict[str, float], dict[str, float]] | None = None

    async def open(self) -> None:
        """Begin to compare."""
        self._before = await self._look()

    async def close(self) -> dict[str, Counted]:
        """Compare what was counted since it was opened."""
        assert self._before is not None  # noqa: S101 - it was opened.
        truth, part, sensor = self._before
        truth_now, part_now, sensor_now = await self._look()
        return {
            kind: Counted(
                truth=getattr(truth_now, kind) - getattr(truth, kind),
                part=part_now[kind] - part[kind],
                sensor=sensor_now[kind] - sensor[kind],
                worst_day=self._worst[kind],
            )
            for kind in self.entities
        }

    async def end_days(self) -> None:
        """Compare each day's energy shortly before it ends, from the first midnight on."""
        loop, house = asyncio.get_running_loop(), self._stage.gateway.house
        first = house.local_day(loop.time())
        while True:
            into = (loop.time() + house.utc_offset(loop.time())) % DAY
            await asyncio.sleep((DAY - 120 - into) % DAY or DAY)
            if house.local_day(loop.time()) > first:
                await self._compare_day()

    async def _compare_day(self) -> None:
        counters, house = await self._read(), self._stage.gateway.house
        before = house.diary.today.phases
        for kind in self.entities if counters is not None else ():
            true = getattr(house.truth, kind) - sum(getattr(phase, kind) for phase in before)
            today = counters.today(CounterKind(kind)) if counters is not None else None
            if today is not None and true > _FAINT_DAY:
                self._worst[kind] = max(self._worst[kind], 100 * abs(today - true) / true)

    async def _look(self) -> tuple[Truth, dict[str, float], dict[str, float]]:
        """Return what the meters should have counted, what the part has and what sensors show."""
        counters = await self._read()
        part = {kind: (counters and counters.total(CounterKind(kind))) or 0.0 for kind in self.entities}
        shown = {kind: _watt_hours(self._stage.hass, entity) for kind, entity in self.entities.items()}
        return self._stage.gateway.house.truth, part, shown

    async def _read(self) -> EnergyCounters | None:
        """Read the meters now; a site that is not loaded has no counters."""
        if self._stage.entry.state is not ConfigEntryState.LOADED:
            return None
        runtime: SiteRuntime = self._stage.entry.runtime_data
        await runtime.poller.coordinators[_READINGS].async_refresh()
        return runtime.part(EnergyCounters)


def _watt_hours(hass: HomeAssistant, entity_id: str) -> float:
    state = hass.states.get(entity_id)
    if state is None or state.state in (STATE_UNAVAILABLE, STATE_UNKNOWN):
        return 0.0
    return float(state.state) * (1000 if state.attributes["unit_of_measurement"] == "kWh" else 1)


def main() -> None:
    """Run a site, print what it came to, and fail where a limit does not hold."""
    parser = argparse.ArgumentParser(prog="scripts/soak", description=run.__doc__)
    parser.add_argument("--days", type=float, default=30.0, help="how many simulated days")
    parser.add_argument("--seed", type=int, default=1, help="which faults, and which weather")
    parser.add_argument("--preset", default="home", help="the house that runs; it has to have the usual one's meters")
    parser.add_argument("--power", type=float, default=12.0, help="seconds between two looks at the power")
    parser.add_argument("--log", action="store_true", help="print what happened and what was logged, in its order")
    options = parser.parse_args()
    intervals = {"power": options.power}
    result = run(Soak(days=options.days, seed=options.seed, preset=options.preset, intervals=intervals))
    if options.log:
        _print_log(result)
    _print(result)
    sys.exit(1 if result.broken() else 0)


def _print(result: Result) -> None:
    soak = result.soak
    asked = ", ".join(f"{pace} every {seconds:g} s" for pace, seconds in soak.intervals.items())
    print(f"{soak.preset} for {soak.days:g} days, seed {soak.seed}, {asked}: {result.seconds / 60:.1f} min\n")
    print(f"{'Counter':20} {'truth Wh':>14} {'part Wh':>14} {'sensor Wh':>14} {'error %':>9} {'worst day %':>12}")
    for kind, each in result.counters.items():
        print(
            f"{kind:20} {each.truth:14.1f} {each.part:14.1f} {each.sensor:14.1f} {each.error:9.4f} {each.worst_day:12.4f}"
        )
    settled, end = result.settled, result.end
    for label, value in (
        ("faults and other happenings", f"{result.happenings}"),
        ("lines of log, with those of the ends", f"{len(result.log.lines)}, {len(result.log.loud)} of them warnings"),
        ("tracebacks", f"{len(result.log.tracebacks)}"),
        ("counters that fell", f"{len(result.falls)}"),
        ("sign-ins", f"{result.logins}"),
        ("requests a minute", f"{result.requests:.1f}"),
        ("states written a minute", f"{result.states:.1f}"),
        ("memory, settled and at the end", f"{settled.memory:.0f} MB, {end.memory:.0f} MB"),
        ("objects, settled and at the end", f"{settled.objects}, {end.objects}"),
        ("tasks, settled and at the end", f"{settled.tasks}, {end.tasks}"),
    ):
        print(f"{label:40} {value}")
    for traceback in result.log.tracebacks[:3]:
        print(f"\n{traceback}")
    broken = result.broken()
    print("\nEvery limit holds." if not broken else "\nBroken: " + "; ".join(broken))


def _print_log(result: Result) -> None:
    start = (_CLOCKS_CHANGE - timedelta(days=result.soak.days / 2)).timestamp()
    events = [(at, name) for at, name in result.told]
    events += [(line.at - start, f"    {logging.getLevelName(line.level)} {line.text}") for line in result.log.lines]
    for at, text in sorted(events):
        print(f"day {at / DAY:6.2f}  {text}")


if __name__ == "__main__":
    main()
