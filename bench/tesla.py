"""A year of Tesla's cloud within a budget: is it kept, how old is what is shown, and is the past right?"""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
import os
import random
from time import perf_counter
from typing import cast
from unittest.mock import patch

import aiohttp

from custom_components.energy_site.api.errors import ApiError
from custom_components.energy_site.site.model import CounterKind, EnergyCounters
from custom_components.energy_site.site.quota.daylight import Daylight
from custom_components.energy_site.site.quota.demand import Purpose
from custom_components.energy_site.vendors.tesla.budget import CREDIT, FREE, PLANS
from custom_components.energy_site.vendors.tesla.source import feeds
from simulator.clock import ManualClock
from simulator.cloud.archive import STEP, Kind
from simulator.cloud.months import month_of
from simulator.house import HouseConfig, Place
from simulator.tesla_cloud import EnergySite, OutageUnit, SiteDetails, TeslaServer, lived, powerwall

from .cloud_home import Home
from .cloud_result import SystemResult
from .cloud_trouble import DAY, QUARTER, Latency
from .cloud_truth import Watch, judge
from .tesla_home import CrashError, CrashPoint, TeslaEntry, TeslaWorld
from .tesla_result import OutageResult, TeslaResult, TeslaSystem
from .tesla_trouble import TeslaTrouble

_ASIDE = 10.0
_HOUR = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """So many sites of one application for so many days from `start` on; their houses have `past` days behind them.

    A house lived its past in steps of `step` seconds, within which its power was even.
    """

    name: str
    budget: str
    days: float
    start: datetime
    systems: int = 1
    seed: int = 1
    past: float = 365.0
    step: float = 900.0
    zone: str = "Europe/Amsterdam"


def scenarios(days: float, systems: int | None, seed: int) -> list[Scenario]:
    """Return a year within Tesla's credit, the months around changes of clocks, and one after ten years."""
    found = [
        Scenario(
            name="a year", budget=CREDIT, days=days, start=datetime(2026, 2, 3, 12, tzinfo=UTC), systems=each, seed=seed
        )
        for each in ((systems,) if systems else (1, 2))
    ]
    month = min(days, 30.0)
    changes = (
        ("spring", datetime(2026, 3, 29, 1, tzinfo=UTC), "Europe/Amsterdam"),
        ("autumn", datetime(2026, 10, 25, 1, tzinfo=UTC), "Europe/Amsterdam"),
        ("autumn in California", datetime(2026, 11, 1, 9, tzinfo=UTC), "America/Los_Angeles"),
    )
    found += [
        Scenario(
            name=f"a month in {season}",
            budget=FREE,
            days=month,
            start=change - timedelta(days=month / 2),
            seed=seed,
            past=30.0,
            zone=zone,
        )
        for season, change, zone in changes
    ]
    decade = Scenario(
        name="a month after ten years",
        budget=CREDIT,
        days=month,
        start=datetime(2026, 6, 1, 6, tzinfo=UTC),
        seed=seed,
        past=3652.0,
        step=_HOUR,
    )
    return [*found, decade]


async def run(scenario: Scenario) -> TeslaResult:
    """Let a scenario happen."""
    began, start = perf_counter(), scenario.start.timestamp() // QUARTER * QUARTER
    clock = ManualClock(start)
    dice = random.Random(scenario.seed)
    sites = [_site(number, scenario, start) for number in range(scenario.systems)]
    async with (
        TeslaServer(sites, clock=clock) as cloud,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
    ):
        with patch.dict(os.environ, {"ENERGY_SITE_TESLA_API": cloud.url, "ENERGY_SITE_TESLA_AUTH": cloud.url}):
            world = TeslaWorld(
                clock=clock, cloud=cloud, application=cloud.add_application(), session=session, dice=dice
            )
            home = Home(world, [TeslaEntry(world, site) for site in sites], PLANS[scenario.budget])
            trouble = TeslaTrouble(world, home, start, scenario.days, dice)
            cloud.faults.add(Latency(clock, dice))
            run = _Run(scenario=scenario, world=world, home=home, trouble=trouble)
            await run.live(start)
            return await run.result(began)


def _site(number: int, scenario: Scenario, start: float) -> EnergySite:
    house = HouseConfig(
        battery=powerwall(1 + number), seed=scenario.seed * 100 + number, place=Place(timezone=scenario.zone)
    )
    details = SiteDetails(site_id=7001 + number, name=f"site {number + 1}")
    site = lived(house, now=start, days=scenario.past, step=scenario.step, details=details)
    site.set_behaviour(outage_unit=list(OutageUnit)[number % len(OutageUnit)])
    return site


@dataclass(slots=True, kw_only=True)
class _Run:
    """A scenario as it happens; `life` is how many requests the energy of all days of a site took."""

    scenario: Scenario
    world: TeslaWorld
    home: Home[TeslaEntry]
    trouble: TeslaTrouble
    watches: dict[str, Watch] = field(default_factory=dict)
    life: dict[str, int] = field(default_factory=dict)

    async def live(self, tick: float) -> None:
        """Poll what is due, and look at everything each quarter of an hour."""
        home, clock, end = self.home, self.world.clock, tick + self.scenario.days * DAY
        # Tesla doesn't say where a site is, so that its day is that of its clocks.
        self.watches = {entry.name: Watch(entry, Daylight(zone=entry.site.days.zone)) for entry in home.entries}
        await home.start()
        while tick < end:
            due = home.next()
            if due is not None and due[0] < tick:
                clock.advance(max(due[0] - clock.now(), 0.0))
                await self._poll(due[1], due[2])
                continue
            clock.advance(max(tick - clock.now(), 0.0))
            await self.trouble.happen(tick)
            for entry in home.entries:
                # A quarter ahead, so that no request makes it live by the minute; the cloud tells what has happened.
                entry.site.advance(tick + QUARTER, step=QUARTER)
            if home.running:
                for entry in home.entries:
                    self._look(entry, tick)
            tick += QUARTER

    async def _poll(self, entry: TeslaEntry, key: str) -> None:
        now = self.world.clock.now()
        if key == feeds.LIVE.key:
            self.watches[entry.name].look_before(now, calm=self.trouble.calm(now))
        try:
            await entry.run(key)
        except CrashError:
            await self.trouble.crash()

    def _look(self, entry: TeslaEntry, tick: float) -> None:
        self.watches[entry.name].look(self.world.clock.now(), calm=self.trouble.calm(tick))
        if entry.name not in self.life and entry.history.as_dict()["energy"]["through"] is not None:
            path = entry.site.path("calendar_history")
            self.life[entry.name] = sum(
                each.path == path and each.query.get("period") == "month" for each in self.world.cloud.requests
            )

    async def result(self, began: float) -> TeslaResult:
        """Return the figures, after all energy was asked for once more."""
        world, cloud, home = self.world, self.world.cloud, self.home
        sent = [each for each in cloud.requests if each.path.startswith("/api/")]
        result = TeslaResult(
            name=self.scenario.name,
            budget=self.scenario.budget,
            days=self.scenario.days,
            limit=PLANS[self.scenario.budget].per_month or 0,
            months=dict(Counter(month_of(each.time) for each in sent)),
            purposes=Counter({purpose: world.purposes[purpose] for purpose in Purpose}),
            endpoints=Counter(
                " ".join(filter(None, (each.endpoint, each.query.get("kind"), each.query.get("period"))))
                for each in sent
            ),
            statuses=Counter(each.status for each in cloud.requests),
            restarts=home.restarts,
            crashes=Counter(world.crashes),
        )
        for entry in home.entries:
            series, outages = judge(entry, world.clock.now()), _outages(entry)
            system = SystemResult(
                name=entry.site.details.name or entry.name,
                watch=self.watches[entry.name],
                off=await self._off(entry),
                series=series,
            )
            result.systems.append(
                TeslaSystem(
                    system=system,
                    outages=outages,
                    life=self.life.get(entry.name),
                    reauths=entry.token.reauths,
                    renewals=entry.token.renewals,
                )
            )
        result.seconds = perf_counter() - began
        return result

    async def _off(self, entry: TeslaEntry) -> dict[CounterKind, float]:
        """Ask for all energy once more, and return how far the counters are off, Wh."""
        source, archive, clock = entry.source, entry.site.archive, self.world.clock
        with source.user_requested():
            for feed in (feeds.DAYS, feeds.TODAY):
                clock.advance(_ASIDE)
                at = clock.now() // STEP * STEP
                with suppress(ApiError, CrashError):
                    # What cannot be asked shows in how far the counter is off.
                    await source.poll(feed.key, self.world.now())
        counters = source.part(EnergyCounters)
        return {
            kind: (each.total or 0.0) - archive.energy(cast("Kind", kind.value), entry.counted_since, at)
            for kind, each in (counters.counts if counters is not None else {}).items()
        }


def _outages(entry: TeslaEntry) -> OutageResult:
    """Assign what was told to the outages that were: each to the latest that had begun."""
    since = entry.counted_since
    real = [each for each in entry.site.outages.all if each.start >= since and not each.running]
    ended: Counter[float] = Counter()
    lost: Counter[float] = Counter()
    worst = late = 0.0
    for told in entry.told:
        outage = max((each for each in real if each.start <= told.at), key=lambda each: each.start, default=None)
        key = outage.start if outage is not None else 0.0
        if told.event.lost:
            lost[key] += 1
            continue
        ended[key] += 1
        if outage is not None and told.event.lasted is not None:
            worst = max(worst, abs(told.event.lasted.total_seconds() - (outage.end - outage.start)))
            late = max(late, told.at - outage.end)
    return OutageResult(
        real=len(real),
        untold=sum(ended[each.start] == 0 for each in real),
        repeated=sum(max(count - 1, 0) for counts in (ended, lost) for count in counts.values()),
        invented=ended[0.0] + lost[0.0],
        seen=lost.total(),
        worst=worst,
        late=late,
    )


__all__ = ["CrashPoint", "Scenario", "run", "scenarios"]
