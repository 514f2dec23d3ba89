"""Home Assistant's part, without Home Assistant: systems on one key, polled when due, forgotten and taken up again."""

from abc import ABC, abstractmethod
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
import json
from math import floor
import random
from typing import Any, Protocol, override
from zoneinfo import ZoneInfo

import aiohttp

from custom_components.energy_site.api.errors import ApiError
from custom_components.energy_site.site.history.rows import StatisticsRow
from custom_components.energy_site.site.history.series import CostSeries, Series
from custom_components.energy_site.site.quota.demand import Plan, Purpose
from custom_components.energy_site.site.quota.planner import Planner
from custom_components.energy_site.sources.budget import RequestBudget, SystemBudget
from custom_components.energy_site.sources.cloud import CloudSource
from custom_components.energy_site.sources.history import HistoryFetcher
from custom_components.energy_site.sources.history_provider import HistoryProvider, StatisticsStore
from custom_components.energy_site.sources.history_turns import HistoryTurns
from simulator.clock import ManualClock
from simulator.cloud.archive import Archive
from simulator.cloud.days import LocalDays
from simulator.house import House

HISTORY = "history"
_HOUR = 3600.0

# Seconds that a person needs to set a system up.
_SETTING_UP = 200.0

# Tokens are renewed so many seconds before they end, as Home Assistant does.
IN_TIME = 20.0


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
class Book:
    """One series' rows, and their hours in order."""

    rows: dict[datetime, StatisticsRow] = field(default_factory=dict)
    hours: list[datetime] = field(default_factory=list)


class PlainBooks(StatisticsStore):
    """Statistics in memory, which outlive every restart."""

    def __init__(self) -> None:
        """Begin empty."""
        self.series: dict[Series, Book] = {}

    @override
    def available(self) -> bool:
        return True

    @override
    async def rows(self, series: Series, start: datetime, end: datetime) -> tuple[list[StatisticsRow], float]:
        book = self._of(series)
        first, last = bisect_left(book.hours, start), bisect_left(book.hours, end)
        before = book.rows[book.hours[first - 1]].sum if first else 0.0
        return [book.rows[hour] for hour in book.hours[first:last]], before

    @override
    async def last(self, series: Series) -> datetime | None:
        hours = self._of(series).hours
        return hours[-1] if hours else None

    @override
    async def unit(self, series: Series) -> str | None:
        if not self._of(series).hours:
            return None
        return series.currency if isinstance(series, CostSeries) else "kWh"

    @override
    async def mend(self, series: Series) -> None:
        """Do nothing: nothing is ever left halfway in memory."""

    @override
    def write(self, series: Series, rows: Sequence[StatisticsRow]) -> None:
        book = self._of(series)
        for row in rows:
            if row.start not in book.rows:
                insort(book.hours, row.start)
            book.rows[row.start] = row

    @override
    def shift(self, series: Series, since: datetime, amount: float) -> None:
        book = self._of(series)
        for hour in book.hours[bisect_left(book.hours, since) :] if amount else ():
            row = book.rows[hour]
            book.rows[hour] = StatisticsRow(start=hour, energy=row.energy, sum=row.sum + amount)

    def _of(self, series: Series) -> Book:
        return self.series.setdefault(series, Book())


@dataclass(slots=True, kw_only=True)
class World:
    """The time and the dice, the same for all systems and over all restarts."""

    clock: ManualClock
    session: aiohttp.ClientSession
    dice: random.Random
    purposes: Counter[Purpose] = field(default_factory=Counter)

    def now(self) -> datetime:
        """Return the time."""
        return datetime.fromtimestamp(self.clock.now(), UTC)


class System(Protocol):
    """A simulated system of any cloud."""

    house: House
    archive: Archive
    days: LocalDays


class Entry(ABC):
    """One system as a config entry runs it."""

    source: CloudSource[Any]
    history: HistoryTurns

    def __init__(self, world: World, system: System, name: str) -> None:
        """Know nothing of `system` yet, whose entry has the unique ID `name`."""
        self.system = system
        self.name = name
        self.books = PlainBooks()
        self.memory: dict[str, Any] = {}
        self.due: dict[str, float] = {}
        self.started = False
        self._world = world
        self._offset = self._micro = 0.0

    @abstractmethod
    def connect(self, budget: SystemBudget) -> CloudSource[Any]:
        """Return a source that knows nothing yet."""

    @abstractmethod
    def provider(self) -> HistoryProvider:
        """Return the history provider of the current source."""

    @abstractmethod
    def gaps(self) -> Iterable[tuple[float, float]]:
        """Return when (epoch s) the cloud knows no intervals, and never will."""

    def may_learn(self, start: float, end: float) -> bool:  # noqa: ARG002 - most clouds tell days when they are complete.
        """Return whether the cloud may still be told more of a day (epoch s) that isn't final."""
        return True

    @property
    def counted_since(self) -> float:
        """When (epoch s) the counters began."""
        return self.system.archive.start

    async def start(self, key_budget: RequestBudget) -> None:
        """Start as `SiteRuntime` and its coordinators do."""
        world, self.started = self._world, False
        self._offset, self._micro = world.dice.random(), world.dice.uniform(0.05, 0.5)
        self.source = source = self.connect(SystemBudget(key_budget, self.name, world.now))
        source.restore(self.memory)
        await source.prepare(world.now())
        self.due = {}
        for key in source.essential():
            await self.poll(key)
            source.outage = None
        self.history = HistoryTurns(source, self.provider(), self._fetcher, world.now)
        if isinstance(kept := self.memory.get(HISTORY), Mapping):
            self.history.restore(kept)
        waiting = [key for key, state in source.states.items() if state.polled_at is None]
        for key in source.feeds:
            if key not in waiting and key not in self.due:
                self._plan(key, source.wait(key, world.now()).total_seconds())
        for key in waiting:
            await self.poll(key)
        self.started = True
        await self.run(HISTORY)

    def as_dict(self) -> dict[str, Any]:
        """Return what outlives a restart."""
        return {**self.source.as_dict(), HISTORY: self.history.as_dict()}

    def save(self) -> None:
        """Keep what outlives a restart, as JSON."""
        self.memory = json.loads(json.dumps(self.as_dict()))

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
        for wish in sorted(source.take_refresh_requests()):
            await self.poll(wish)

    def _plan(self, key: str, seconds: float) -> None:
        # Coordinators wait from the last whole second of the machine's uptime.
        begun = floor(self._world.clock.now() + self._offset) - self._offset
        self.due[key] = begun + self._micro + seconds

    def _fetcher(self, allowance: Any, changed: Any) -> HistoryFetcher:
        return HistoryFetcher(self.provider(), self.books, allowance=allowance, clock=self._world.now, changed=changed)


class Home[E: Entry]:
    """All entries of one key."""

    def __init__(self, world: World, entries: Sequence[E], plan: Plan) -> None:
        """Spend the requests of `plan` on `entries`."""
        self.entries = entries
        self.running = False
        self.restarts = 0
        self._world = world
        self._plan = plan
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

    def next(self) -> tuple[float, E, str] | None:
        """Return what is due first."""
        if not self.running:
            return None
        at, number, key = min(
            (at, number, key) for number, each in enumerate(self.entries) for key, at in each.due.items()
        )
        return at, self.entries[number], key


async def find_zone(name: str) -> tzinfo | None:
    """Return the zone of a name."""
    return ZoneInfo(name)
