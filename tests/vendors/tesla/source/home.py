"""A simulated site, the cloud that serves it, and the source that polls it, all on one clock."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
import json
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aiohttp import ClientSession

from custom_components.energy_site.api.errors import ApiError
from custom_components.energy_site.site.control import Change, ChangeKind, Control, ControlError, ControlName, Value
from custom_components.energy_site.site.model import CounterKind, EnergyCounters, Part
from custom_components.energy_site.site.quota.demand import Plan
from custom_components.energy_site.site.quota.planner import Planner
from custom_components.energy_site.sources.budget import SystemBudget
from custom_components.energy_site.sources.control_queue import ControlQueue
from custom_components.energy_site.vendors.tesla.client.addresses import Region
from custom_components.energy_site.vendors.tesla.client.claims import read_claims
from custom_components.energy_site.vendors.tesla.client.client import TeslaClient
from custom_components.energy_site.vendors.tesla.source.context import Context
from custom_components.energy_site.vendors.tesla.source.source import TeslaSource
from simulator.clock import ManualClock
from simulator.iq_gateway.faults import ActiveFault
from simulator.tesla_cloud import Changed, EnergySite, TeslaServer

UNLIMITED = Plan(per_month=None, per_minute=None)

LIVE, INFO, HISTORY = "live_status", "site_info", "calendar_history"


class Budget:
    """The budget of one application, which is kept nowhere."""

    def __init__(self, plan: Plan = UNLIMITED) -> None:
        self.planner = Planner(plan)

    def keep(self) -> None:
        """Keep nothing."""


@dataclass(slots=True, kw_only=True)
class TeslaHome:
    """One site under test."""

    site: EnergySite
    cloud: TeslaServer
    clock: ManualClock
    session: ClientSession
    token: str
    budget: Budget
    source: TeslaSource = field(init=False)
    errors: list[tuple[str, ApiError]] = field(default_factory=list)
    due: dict[str, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Connect a source that knows nothing yet."""
        system = str(self.site.site_id)
        budget = SystemBudget(self.budget, system, lambda: self.now)
        context = Context(
            client=TeslaClient(self.session, self._access, region=Region.NA, budget=budget),
            site_id=self.site.site_id,
            clock=lambda: self.now,
            zone=UTC,
            claims=lambda: read_claims(self.token),
        )
        self.source = TeslaSource(context, system, budget, _find_zone)

    @property
    def now(self) -> datetime:
        """The time of all of them."""
        return datetime.fromtimestamp(self.clock.now(), UTC)

    async def start(self) -> None:
        """Make the first contact and poll everything once, as at set-up."""
        await self.source.prepare(self.now)
        await self.ask()

    async def restart(self, *, after: float = 0) -> None:
        """Continue with nothing but what was stored, and poll what is due."""
        stored = json.loads(json.dumps(self.source.as_dict()))
        await self.source.close()
        self.clock.advance(after)
        self.__post_init__()
        self.source.restore(stored)
        await self.source.prepare(self.now)
        self.due.clear()

    async def poll(self, *keys: str, after: float = 0) -> None:
        """Poll some feeds, or all, after some seconds."""
        self.clock.advance(after)
        for key in keys or self.source.feeds:
            await self.source.poll(key, self.now)

    async def ask(self, *keys: str, after: float = 0) -> None:
        """Poll some feeds, or all, after some seconds; failures are kept in `errors`."""
        self.clock.advance(after)
        for key in keys or self.source.feeds:
            try:
                await self.source.poll(key, self.now)
            except ApiError as err:
                self.errors.append((key, err))

    async def run(self, hours: float, seen: Callable[[], None] | None = None) -> None:
        """Let time pass, and poll each feed when it is due, as the coordinators do."""
        end = self.clock.now() + hours * 3600
        if hours > 12:
            # No test of days looks at what the house does within five minutes.
            self.site.step = 300.0
        while True:
            for key in self.source.feeds:
                if key not in self.due:
                    self.due[key] = self.now + self.source.wait(key, self.now)
            key = min(self.due, key=lambda each: self.due[each])
            if self.due[key].timestamp() > end:
                break
            self.clock.advance(max(self.due[key].timestamp() - self.clock.now(), 0))
            await self._poll_due(key)
            for other in sorted(self.source.take_refresh_requests()):
                await self._poll_due(other)
            if seen is not None:
                seen()
        self.clock.advance(end - self.clock.now())

    async def _poll_due(self, key: str) -> None:
        await self.ask(key)
        self.due[key] = self.now + self.source.wait(key, self.now)

    def part[P: Part](self, kind: type[P]) -> P:
        """Return a part that the site has."""
        part = self.source.part(kind)
        assert part is not None, kind
        return part

    def total(self, kind: CounterKind) -> float:
        """Return what a counter shows."""
        total = self.part(EnergyCounters).total(kind)
        assert total is not None, kind
        return total

    def answers(self, name: str, gone: Iterable[str] = (), *, count: int | None = None, **changes: Any) -> ActiveFault:
        """Change fields of an endpoint's answers, or leave them out."""
        return self.cloud.faults.add(Changed(changes, frozenset(gone)), self.site.path(name), count=count)

    def sent(self, name: str | None = None, *, since: float = 0.0) -> int:
        """Return how many requests were sent to an endpoint of the site, or to all."""
        return sum(
            (name is None or each.path == self.site.path(name)) and each.time >= since for each in self.cloud.requests
        )

    async def _access(self, *, refused: str | None = None) -> str:  # noqa: ARG002 - the signature is the client's.
        return self.token


async def _find_zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError, ValueError, OSError:
        return None


class Helm:
    """The controls of one home, and what was told of them; waiting lets the clock advance."""

    def __init__(self, home: TeslaHome) -> None:
        self.home = home
        self.changes: list[Change] = []
        self.stored: list[dict[str, Any]] = []
        self.meanwhile: Callable[[], Awaitable[None]] | None = None
        self.queue = self._make_queue()
        self.queue.observe()

    def _make_queue(self) -> ControlQueue:
        return ControlQueue(
            self.home.source,
            clock=lambda: self.home.now,
            poll=self._poll,
            save=self._save,
            changed=self.changes.append,
            sleep=self._sleep,
        )

    async def restart(self, *, after: float = 0) -> None:
        """Continue with nothing but what was stored."""
        self.queue.stop()
        stored = json.loads(json.dumps(self.queue.as_dict()))
        await self.home.restart(after=after)
        self.queue = self._make_queue()
        self.queue.restore(stored)

    async def set(self, key: str, value: Value) -> None:
        """Set a control and wait for the outcome."""
        await self.queue.set(ControlName(None, key), value)

    async def fail(self, key: str, value: Value) -> ControlError:
        """Set a control, and return why that failed."""
        try:
            await self.set(key, value)
        except ControlError as err:
            return err
        raise AssertionError(f"{key} was not refused")

    async def ended(self, key: str) -> None:
        """Wait until a command ends."""
        told = asyncio.Event()
        self.queue.pending_changed.add(lambda _: told.set())
        while self.pending(key) is not None:
            await told.wait()
            told.clear()

    def control(self, key: str) -> Control | None:
        """Return a control, `None` if the site doesn't have it."""
        return self.queue.control(ControlName(None, key))

    def value(self, key: str) -> Value | None:
        """Return what a control shows."""
        control = self.control(key)
        assert control is not None, key
        return control.value

    def pending(self, key: str) -> Value | None:
        """Return the requested value that isn't active yet."""
        return self.queue.pending(ControlName(None, key))

    def told(self, key: str) -> list[ChangeKind]:
        """Return the kinds of all that was told of a setting."""
        return [change.kind for change in self.changes if change.name.key == key]

    async def poll(self, after: float = 0) -> None:
        """Poll the settings, as time would have it, and look for changes."""
        await self.home.ask("site_info", after=after)
        self.queue.observe()

    def written(self, name: str | None = None) -> list[Any]:
        """Return the bodies of all writes, or those of one kind."""
        return [
            json.loads(each.body)
            for each in self.home.cloud.requests
            if each.method == "POST" and (name is None or each.path == self.home.site.path(name))
        ]

    async def _poll(self, key: str) -> None:
        with self.home.source.user_requested():
            await self.home.ask(key)

    async def _save(self) -> None:
        self.stored.append(self.queue.as_dict())

    async def _sleep(self, seconds: float) -> None:
        self.home.clock.advance(seconds)
        if self.meanwhile is not None:
            await self.meanwhile()
        await asyncio.sleep(0)
