"""Home Assistant's part, without Home Assistant: systems on one key, polled when due, forgotten and taken up again."""

from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
import json
from math import floor
import random
from typing import Any, override
from zoneinfo import ZoneInfo

import aiohttp

from custom_components.energy_site.api.errors import ApiError
from custom_components.energy_site.site.history.rows import StatisticsRow
from custom_components.energy_site.site.model import CounterKind
from custom_components.energy_site.site.quota.demand import Plan, Purpose
from custom_components.energy_site.site.quota.planner import Planner
from custom_components.energy_site.sources.budget import RequestBudget, SystemBudget
from custom_components.energy_site.sources.history import HistoryFetcher
from custom_components.energy_site.sources.history_provider import StatisticsStore
from custom_components.energy_site.sources.history_turns import HistoryTurns
from custom_components.energy_site.vendors.enphase_cloud.client.oauth import refresh
from custom_components.energy_site.vendors.enphase_cloud.client.v4 import EnphaseV4Client
from custom_components.energy_site.vendors.enphase_cloud.const import PLANS
from custom_components.energy_site.vendors.enphase_cloud.source.v4.context import V4Context
from custom_components.energy_site.vendors.enphase_cloud.source.v4.history import history_of
from custom_components.energy_site.vendors.enphase_cloud.source.v4.source import EnphaseCloudSource
from simulator.clock import ManualClock
from simulator.enphase_cloud import Application, CloudServer, CloudSystem

HISTORY = "history"
_HOUR = 3600.0

# Seconds that a person needs to set a system up.
_SETTING_UP = 200.0

# Tokens are renewed so many seconds before they end, as Home Assistant does.
_IN_TIME = 20.0


class CountingPlanner(Planner):
    """Tells what its requests were for."""

    def __init__(self, plan: Plan, purposes: Counter[Purpose]) -> None:
        """Count in `purposes`."""
        super().__init__(plan)
        self._purposes = purposes
        self._last = Purpose.FRESHNESS

    @override
    def spend(self, count: int, now: datetime, *, purpose: Purpose, system: str | None = None) -> None:
        self._purposes[purpose] += count
        self._last = purpose
        super().spend(count, now, purpose=purpose, system=system)

    @override
    def refund(self, count: int, now: datetime) -> None:
        self._purposes[self._last] -= count
        super().refund(count, now)


@dataclass(slots=True)
class PlainPurse(RequestBudget):
    """A key's planner; its books are written down at each stop."""

    planner: Planner

    @override
    def keep(self) -> None:
        """Do nothing."""


@dataclass(slots=True)
class Series:
    """One flow's rows, and their hours in order."""

    rows: dict[datetime, StatisticsRow] = field(default_factory=dict)
    hours: list[datetime] = field(default_factory=list)


class PlainBooks(StatisticsStore):
    """Statistics in memory, which outlive every restart."""

    def __init__(self) -> None:
        """Begin empty."""
        self.series: dict[CounterKind, Series] = {}

    @override
    def available(self) -> bool:
        return True

    @override
    async def rows(self, kind: CounterKind, start: datetime, end: datetime) -> tuple[list[StatisticsRow], float]:
        series = self._of(kind)
        first, last = bisect_left(series.hours, start), bisect_left(series.hours, end)
        before = series.rows[series.hours[first - 1]].sum if first else 0.0
        return [series.rows[hour] for hour in series.hours[first:last]], before

    @override
    async def last(self, kind: CounterKind) -> datetime | None:
        hours = self._of(kind).hours
        return hours[-1] if hours else None

    @override
    async def mend(self, kind: CounterKind) -> None:
        """Do nothing: nothing is ever left halfway in memory."""

    @override
    def write(self, kind: CounterKind, rows: Sequence[StatisticsRow]) -> None:
        series = self._of(kind)
        for row in rows:
            if row.start not in series.rows:
                insort(series.hours, row.start)
            series.rows[row.start] = row

    @override
    def shift(self, kind: CounterKind, since: datetime, kwh: float) -> None:
        series = self._of(kind)
        for hour in series.hours[bisect_left(series.hours, since) :] if kwh else ():
            row = series.rows[hour]
            series.rows[hour] = StatisticsRow(start=hour, energy=row.energy, sum=row.sum + kwh)

    def _of(self, kind: CounterKind) -> Series:
        return self.series.setdefault(kind, Series())


@dataclass(slots=True)
class World:
    """The cloud, the key, the time and the dice, the same for all systems and over all restarts."""

    clock: ManualClock
    cloud: CloudServer
    application: Application
    session: aiohttp.ClientSession
    dice: random.Random
    purposes: Counter[Purpose] = field(default_factory=Counter)

    def now(self) -> datetime:
        """Return the time."""
        return datetime.fromtimestamp(self.clock.now(), UTC)


class Token:
    """The owner's consent to one entry: an access token, and what renews it."""

    def __init__(self, world: World) -> None:
        """Let the owner agree now."""
        self._world = world
        tokens = world.cloud.grant(world.application)
        self._access, self._refresh = tokens.access, tokens.refresh
        self._until = world.clock.now() + tokens.expires_in

    async def __call__(self, *, refused: str | None = None) -> str:
        """Return the token; another than the one that was refused."""
        world, now = self._world, self._world.clock.now()
        if now > self._until - _IN_TIME or refused == self._access:
            key = world.application
            tokens = await refresh(world.session, key.client_id, key.client_secret, self._refresh)
            self._access, self._refresh = tokens.access_token, tokens.refresh_token
            self._until = now + tokens.expires_in
        return self._access


class Entry:
    """One system as a config entry runs it."""

    def __init__(self, world: World, system: CloudSystem) -> None:
        """Know nothing of `system` yet."""
        self.system = system
        self.books = PlainBooks()
        self.memory: dict[str, Any] = {}
        self.due: dict[str, float] = {}
        self.source: EnphaseCloudSource
        self.history: HistoryTurns
        self._world = world
        self._token = Token(world)
        self._offset = self._micro = 0.0

    async def start(self, key_budget: RequestBudget) -> None:
        """Start as `SiteRuntime` and its coordinators do."""
        world, name = self._world, f"enphase_{self.system.system_id}"
        self._offset, self._micro = world.dice.random(), world.dice.uniform(0.05, 0.5)
        budget = SystemBudget(key_budget, name, world.now)
        client = EnphaseV4Client(world.session, world.application.key, self._token, budget=budget)
        context = V4Context(client=client, system_id=self.system.system_id, clock=world.now)
        self.source = source = EnphaseCloudSource(context, name, budget, _find_zone)
        source.restore(self.memory)
        await source.prepare(world.now())
        self.due = {}
        for key in source.essential():
            await self.poll(key)
            source.outage = None
        self.history = HistoryTurns(source, history_of(source), self._fetcher, world.now)
        if isinstance(kept := self.memory.get(HISTORY), Mapping):
            self.history.restore(kept)
        waiting = [key for key, state in source.states.items() if state.polled_at is None]
        for key in source.feeds:
            if key not in waiting and key not in self.due:
                self._plan(key, source.wait(key, world.now()).total_seconds())
        for key in waiting:
            await self.poll(key)
        await self.run(HISTORY)

    def save(self) -> None:
        """Keep what outlives a restart, as JSON."""
        self.memory = json.loads(json.dumps({**self.source.as_dict(), HISTORY: self.history.as_dict()}))

    async def run(self, key: str) -> None:
        """Do what is due."""
        if key != HISTORY:
            await self.poll(key)
            return
        self.due[HISTORY] = self._world.clock.now() + _HOUR
        await self.history.async_run()

    async def poll(self, key: str) -> None:
        """Ask one feed, and plan when it is asked next."""
        source, now = self.source, self._world.now()
        try:
            await source.poll(key, now)
        except ApiError:
            pass
        finally:
            self._plan(key, source.wait(key, now).total_seconds())
        for wish in source.take_refresh_requests():
            await self.poll(wish)

    def _plan(self, key: str, seconds: float) -> None:
        # Coordinators wait from the last whole second of the machine's uptime.
        begun = floor(self._world.clock.now() + self._offset) - self._offset
        self.due[key] = begun + self._micro + seconds

    def _fetcher(self, allowance: Any, changed: Any) -> HistoryFetcher:
        world, provider = self._world, history_of(self.source)
        return HistoryFetcher(provider, self.books, allowance=allowance, clock=world.now, changed=changed)


class Home:
    """All entries of one key."""

    def __init__(self, world: World, systems: Sequence[CloudSystem]) -> None:
        """Have an entry for each of `systems`."""
        self.entries = [Entry(world, system) for system in systems]
        self.running = False
        self.restarts = 0
        self._world = world
        self._plan = PLANS[world.application.plan.name.lower()]
        self._spent: dict[str, Any] | None = None
        self._budget = PlainPurse(CountingPlanner(self._plan, world.purposes))

    async def start(self) -> None:
        """Start anew, with what was kept."""
        self._budget = PlainPurse(CountingPlanner(self._plan, self._world.purposes))
        if self._spent is not None:
            self._budget.planner.restore(self._spent)
        self.running = True
        for entry in self.entries:
            await entry.start(self._budget)
            if self._spent is None:
                # A person sets one system up after the other.
                self._world.clock.advance(_SETTING_UP)

    def save(self) -> None:
        """Keep everything, as from time to time and at each proper end."""
        for entry in self.entries:
            entry.save()

    async def stop(self, *, crash: bool = False) -> None:
        """End; a `crash` loses what the entries did not keep since."""
        if not crash:
            self.save()
        self._spent = json.loads(json.dumps(self._budget.planner.as_dict()))
        self.running = False
        self.restarts += 1

    def next(self) -> tuple[float, Entry, str] | None:
        """Return what is due first."""
        if not self.running:
            return None
        at, number, key = min(
            (at, number, key) for number, each in enumerate(self.entries) for key, at in each.due.items()
        )
        return at, self.entries[number], key


async def _find_zone(name: str) -> tzinfo | None:
    return ZoneInfo(name)


def latest(hours: Sequence[datetime], at: datetime) -> datetime | None:
    """Return the last hour that is not later."""
    index = bisect_right(hours, at)
    return hours[index - 1] if index else None
