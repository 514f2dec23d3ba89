"""A cloud for a year on the free plan: is the quota kept, how old is what is shown, and is the past right?"""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
import os
import random
from time import perf_counter
from typing import cast
from unittest.mock import patch

import aiohttp

from custom_components.energy_site.api.errors import ApiError
from custom_components.energy_site.site.model import CounterKind, EnergyCounters
from custom_components.energy_site.site.quota.demand import Purpose
from custom_components.energy_site.vendors.enphase_cloud.const import PLANS
from custom_components.energy_site.vendors.enphase_cloud.source.v4 import feeds
from simulator.clock import ManualClock
from simulator.cloud.archive import Kind
from simulator.enphase_cloud import WATT, CloudServer, CloudSite, CloudSystem, lived
from simulator.house import EnergyTotals
from simulator.presets import PRESETS

from .cloud_home import Home
from .cloud_result import SystemResult, report_system
from .cloud_trouble import DAY, QUARTER, Latency, Trouble
from .cloud_truth import Watch, judge
from .enphase_home import EnphaseEntry, EnphaseWorld

_START = datetime(2026, 2, 3, 12, tzinfo=UTC).timestamp()
_HOUSES = ("home", "three_phase", "single_phase")

# A feed that is asked by hand at the end; so many seconds between two stay within a minute's requests.
_ASIDE = 10.0
_ENERGY = (
    feeds.SUMMARY,
    feeds.CONSUMPTION,
    feeds.IMPORT,
    feeds.EXPORT,
    feeds.BATTERY,
    feeds.CONSUMPTION_LIFETIME,
    feeds.IMPORT_LIFETIME,
    feeds.EXPORT_LIFETIME,
    feeds.BATTERY_LIFETIME,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """So many systems on one key for so many days; their houses have `past` days behind them."""

    days: float = 365.0
    systems: int = 1
    seed: int = 1
    past: float = 365.0


@dataclass(slots=True, kw_only=True)
class CloudResult:
    """What came of a scenario."""

    scenario: Scenario
    requests: int
    over_quota: int
    months: dict[str, int]
    purposes: Counter[Purpose]
    endpoints: Counter[str]
    statuses: Counter[int]
    restarts: int
    seconds: float
    systems: list[SystemResult] = field(default_factory=list)

    @property
    def failed(self) -> list[str]:
        """What is not as it has to be."""
        found = [f"{self.over_quota} requests over the quota"] if self.over_quota else []
        return [*found, *(failure for system in self.systems for failure in system.failed)]


async def run(scenario: Scenario) -> CloudResult:
    """Let a scenario happen."""
    began, clock = perf_counter(), ManualClock(_START)
    dice = random.Random(scenario.seed)
    systems = [_system(number, scenario) for number in range(scenario.systems)]
    async with (
        CloudServer(systems, clock=clock) as cloud,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
    ):
        with patch.dict(os.environ, {"ENERGY_SITE_ENPHASE_API": cloud.url}):
            world = EnphaseWorld(
                clock=clock, cloud=cloud, application=cloud.add_application(plan=WATT), session=session, dice=dice
            )
            home = Home(world, [EnphaseEntry(world, system) for system in systems], PLANS[WATT.name.lower()])
            trouble = Trouble(home, cloud, _START, scenario.days, dice)
            cloud.faults.add(Latency(clock, dice))
            watches = [Watch(entry) for entry in home.entries]
            await _live(scenario, world, home, trouble, watches)
            usage = world.application.usage
            result = CloudResult(
                scenario=scenario,
                requests=cloud.stats.applications[world.application.name],
                over_quota=cloud.stats.over_quota[world.application.name],
                months=dict(usage.months),
                purposes=Counter(world.purposes),
                endpoints=Counter(cloud.stats.endpoints),
                statuses=Counter(cloud.stats.statuses),
                restarts=home.restarts,
                seconds=0.0,
            )
            for entry, watch in zip(home.entries, watches, strict=True):
                series = judge(entry, clock.now())
                off = await _off(world, entry)
                result.systems.append(SystemResult(name=entry.served.site.name, watch=watch, off=off, series=series))
    result.seconds = perf_counter() - began
    return result


def _system(number: int, scenario: Scenario) -> CloudSystem:
    preset = PRESETS[_HOUSES[number % len(_HOUSES)]]()
    # Counters of a life that the archive does not know would differ from its days.
    house = replace(preset.house, seed=scenario.seed * 100 + number, starting_totals=EnergyTotals())
    site = CloudSite(system_id=701 + number, name=f"{_HOUSES[number % len(_HOUSES)]} {701 + number}")
    return lived(house, now=_START, days=scenario.past, site=site, hardware=preset.gateway)


async def _live(
    scenario: Scenario, world: EnphaseWorld, home: Home[EnphaseEntry], trouble: Trouble, watches: list[Watch]
) -> None:
    clock, tick, end = world.clock, _START, _START + scenario.days * DAY
    await home.start()
    while tick < end:
        due = home.next()
        if due is not None and due[0] < tick:
            clock.advance(max(due[0] - clock.now(), 0.0))
            await due[1].run(due[2])
            continue
        clock.advance(max(tick - clock.now(), 0.0))
        for entry in home.entries:
            # A quarter ahead, so that no request makes it live by the minute; the cloud tells what was reported.
            entry.system.house.advance(tick + QUARTER, step=QUARTER)
        await trouble.happen(tick)
        if home.running:
            for watch in watches:
                watch.look(clock.now(), calm=trouble.calm(tick))
        tick += QUARTER


async def _off(world: EnphaseWorld, entry: EnphaseEntry) -> dict[CounterKind, float]:
    """Ask for all energy once more, and return how far the counters are off, Wh."""
    source, system = entry.source, entry.served
    at = system.horizon(world.clock.now())
    with source.user_requested():
        for feed in _ENERGY:
            world.clock.advance(_ASIDE)
            with suppress(ApiError):
                # What cannot be asked shows in how far the counter is off.
                await source.poll(feed.key, world.now())
    counters = source.part(EnergyCounters)
    counts = counters.counts if counters is not None else {}
    return {
        kind: (each.total or 0.0) - system.archive.counter(cast("Kind", kind.value), at)
        for kind, each in counts.items()
    }


def report(result: CloudResult) -> None:
    """Print the figures."""
    scenario = result.scenario
    days, systems = scenario.days, scenario.systems
    print(
        f"{days:g} days, {systems} system{'s' * (systems > 1)} on one key of the free plan, {result.restarts} restarts"
    )
    print(f"  requests {result.requests}, over the quota {result.over_quota}")
    print(f"  most in a month {max(result.months.values())} of {WATT.per_month}: {list(result.months.values())}")
    print("  spent on " + ", ".join(f"{purpose.name.lower()} {result.purposes[purpose]}" for purpose in Purpose))
    print("  answers " + ", ".join(f"{status or 'none'}: {count}" for status, count in sorted(result.statuses.items())))
    for endpoint, count in result.endpoints.most_common():
        print(f"    {endpoint:68} {count:6}")
    for system in result.systems:
        report_system(system)
    print(f"  took {result.seconds:.0f} s")
    for failure in result.failed:
        print(f"  FAILED: {failure}")
