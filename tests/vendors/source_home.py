"""A source of a cloud, the clock it lives by, and its controls, without a Home Assistant."""

from abc import ABC, abstractmethod
import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
import json
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest

from custom_components.energy_site.api.errors import ApiError
from custom_components.energy_site.site.control import Change, ChangeKind, Control, ControlError, ControlName, Value
from custom_components.energy_site.site.model import CounterKind, EnergyCounters, Part
from custom_components.energy_site.sources.control_queue import ControlQueue
from custom_components.energy_site.sources.source import Source
from simulator.clock import ManualClock

# A Wednesday noon in June.
NOON = datetime(2026, 6, 17, 12, tzinfo=ZoneInfo("Europe/Amsterdam"))


@pytest.fixture(autouse=True)
def enable_event_loop_debug() -> None:
    """Leave out the event loop's own checks, which take as long as everything else together."""


@dataclass(slots=True, kw_only=True)
class PolledHome[S: Source](ABC):
    """One home under test, polled by a source."""

    clock: ManualClock
    source: S = field(init=False)
    errors: list[tuple[str, ApiError]] = field(default_factory=list)
    due: dict[str, datetime] = field(default_factory=dict)

    @abstractmethod
    def connect(self) -> None:
        """Connect a source that knows nothing yet."""

    @property
    def now(self) -> datetime:
        """The time of all of them."""
        return datetime.fromtimestamp(self.clock.now(), UTC)

    async def start(self) -> None:
        """Make the first contact and poll everything once, as at set-up."""
        await self.source.prepare(self.now)
        await self.ask()

    async def restart(self, *, after: float = 0) -> None:
        """Continue with nothing but what was stored."""
        stored = json.loads(json.dumps(self.source.as_dict()))
        await self.source.close()
        self.clock.advance(after)
        self.connect()
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

    async def _poll_due(self, key: str) -> None:
        await self.ask(key)
        self.due[key] = self.now + self.source.wait(key, self.now)


class PolledHelm[H: PolledHome[Any]]:
    """The controls of one home, and what was told of them; waiting lets the clock advance."""

    settings: str
    """The feed of the settings."""

    def __init__(self, home: H) -> None:
        self.home = home
        self.changes: list[Change] = []
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
        await self._settle()
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
        await self.home.ask(*(keys or (self.settings,)), after=after)
        self.queue.observe()

    async def _settle(self) -> None:
        """Poll what has to be known after a restart: nothing."""

    async def _poll(self, key: str) -> None:
        with self.home.source.user_requested():
            await self.home.ask(key)

    async def _save(self) -> None:
        """Keep nothing."""

    async def _sleep(self, seconds: float) -> None:
        self.home.clock.advance(seconds)
        if self.meanwhile is not None:
            await self.meanwhile()
        await asyncio.sleep(0)


async def find_zone(name: str) -> ZoneInfo | None:
    """Return the time zone of a name, `None` if there is none."""
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError, ValueError, OSError:
        return None
