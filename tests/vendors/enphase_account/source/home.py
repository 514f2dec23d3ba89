"""A simulated home, the account's services that know it, and the source that polls it, all on one clock."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
import json
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aiohttp import ClientSession, TraceConfig

from custom_components.energy_site.api.errors import ApiError
from custom_components.energy_site.site.control import Change, ChangeKind, Control, ControlError, ControlName, Value
from custom_components.energy_site.site.model import CounterKind, EnergyCounters, Part
from custom_components.energy_site.sources.control_queue import ControlQueue
from custom_components.energy_site.vendors.enphase.client.account import Account
from custom_components.energy_site.vendors.enphase_account.client.client import AccountClient
from custom_components.energy_site.vendors.enphase_account.source.context import AccountContext
from custom_components.energy_site.vendors.enphase_account.source.source import AccountSource
from simulator.clock import ManualClock
from simulator.enphase_account import AccountHome, AccountServer

EMAIL, PASSWORD = "owner@example.com", "sunshine"

# Between two requests of one piece of work, the event loop turns less often than this.
_QUIET = 30


@dataclass(slots=True, kw_only=True)
class SourceHome:
    """One home under test; waiting for a request's turn lets the clock advance."""

    home: AccountHome
    server: AccountServer
    clock: ManualClock
    session: ClientSession
    readings: bool = True
    account: Account = field(init=False)
    source: AccountSource = field(init=False)
    requests_in_flight: int = 0
    errors: list[tuple[str, ApiError]] = field(default_factory=list)
    due: dict[str, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Connect an account and a source that know nothing yet."""
        trace = TraceConfig()
        trace.on_request_start.append(self._begin_request)
        trace.on_request_end.append(self._end_request)
        trace.on_request_exception.append(self._end_request)
        trace.freeze()
        self.session.trace_configs.append(trace)
        self.account = Account(self.session, EMAIL, clock=lambda: self.now, save=self._save, sleep=self._sleep)
        self.account.password = PASSWORD
        self._connect()

    def _connect(self) -> None:
        context = AccountContext(
            client=AccountClient(self.account, str(self.home.site_id)),
            site_id=str(self.home.site_id),
            clock=lambda: self.now,
            zone=UTC,
        )
        self.source = AccountSource(
            context,
            f"enphase_account_{self.home.site_id}",
            _find_zone,
            sign_ins=lambda: self.account.sign_ins,
        )
        self.source.leaves = lambda _: not self.readings

    @property
    def now(self) -> datetime:
        """The time of all of them."""
        return datetime.fromtimestamp(self.clock.now(), UTC)

    async def start(self) -> None:
        """Sign in, make the first contact and poll everything once, as at set-up."""
        if self.account.session is None:
            await self.account.sign_in(PASSWORD)
        await self.source.prepare(self.now)
        await self.ask()

    async def restart(self, *, after: float = 0) -> None:
        """Continue with nothing but what was stored."""
        stored = json.loads(json.dumps(self.source.as_dict()))
        await self.source.close()
        self.clock.advance(after)
        self._connect()
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

    async def settle(self) -> None:
        """Poll everything, a minute later where the requests of one don't suffice."""
        for key in self.source.feeds:
            with self.source.user_requested():
                await self.ask(key)

    async def run(self, hours: float, seen: Callable[[], None] | None = None) -> None:
        """Let time pass, and poll each feed when it is due, as the coordinators do."""
        end = self.clock.now() + hours * 3600
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
        self.clock.advance(max(end - self.clock.now(), 0))

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

    def sent(self, template: str | None = None, *, method: str = "GET", since: float = 0.0) -> int:
        """Return how many requests were sent to an endpoint of the site, or to all."""
        path = self.home.path(template) if template is not None else None
        return sum(
            each.time >= since and (path is None or (each.path == path and each.method == method))
            for each in self.server.log
        )

    async def _begin_request(self, *_: object) -> None:
        self.requests_in_flight += 1

    async def _end_request(self, *_: object) -> None:
        self.requests_in_flight -= 1

    async def _save(self) -> None:
        """Keep nothing."""

    async def _sleep(self, seconds: float) -> None:
        self.clock.advance(seconds)
        await asyncio.sleep(0)


async def _find_zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError, ValueError, OSError:
        return None


class Helm:
    """The controls of one home, and what was told of them; waiting lets the clock advance."""

    def __init__(self, home: SourceHome) -> None:
        self.home = home
        self.changes: list[Change] = []
        self.meanwhile: Callable[[], Awaitable[None]] | None = None
        self._waiting: list[tuple[float, object]] = []
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
        await self.home.settle()
        self.queue = self._make_queue()
        self.queue.restore(stored)

    async def set(self, key: str, value: Value) -> float:
        """Set a control, wait for the outcome, and return after how many seconds it was known."""
        began = self.home.clock.now()
        await self.queue.set(ControlName(None, key), value)
        return self.home.clock.now() - began

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

    async def poll(self, *keys: str, after: float = 0) -> None:
        """Poll some feeds, by default the settings, as time would have it, and look for changes."""
        await self.home.ask(*(keys or ("battery_settings",)), after=after)
        self.queue.observe()

    async def _poll(self, key: str) -> None:
        with self.home.source.user_requested():
            await self.home.ask(key)

    def written(self) -> list[Any]:
        """Return the bodies of all writes that reached the service."""
        log = self.home.server.log
        return [json.loads(each.body) for each in log if each.method == "PUT" and "batteryConfig" in each.path]

    async def _save(self) -> None:
        """Keep nothing."""

    async def _sleep(self, seconds: float) -> None:
        """Let the clock advance in the order in which waits end, however many wait at once."""
        turn = (self.home.clock.now() + seconds, object())
        self._waiting.append(turn)
        try:
            # The clock stands still while anybody works: sends a request, or learns of what has just happened.
            quiet, waiting = 0, list(self._waiting)
            while quiet < _QUIET or min(waiting, key=lambda each: each[0]) is not turn:
                quiet = 0 if self.home.requests_in_flight or waiting != self._waiting else quiet + 1
                waiting = list(self._waiting)
                await asyncio.sleep(0)
            self.home.clock.advance(max(turn[0] - self.home.clock.now(), 0))
        finally:
            self._waiting.remove(turn)
        if self.meanwhile is not None:
            await self.meanwhile()
