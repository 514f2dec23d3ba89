"""Steers a simulated home; waiting lets its clock advance."""

import asyncio
from collections.abc import Awaitable, Callable
import json
from typing import Any

from custom_components.energy_site.site.control import Change, Control, ControlError, ControlName, Value
from custom_components.energy_site.sources.control_queue import ControlQueue
from simulator.house.battery import BatterySettings

from .driver import Site


class Helm:
    """The steering of one home, and what was heard of it."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.changes: list[Change] = []
        self.kept: list[dict[str, Any]] = []
        self.meanwhile: Callable[[], Awaitable[None]] | None = None
        self.steering = self._take()

    def _take(self) -> ControlQueue:
        return ControlQueue(
            self.site.source,
            clock=lambda: self.site.now,
            poll=self._ask,
            save=self._keep,
            changed=self.changes.append,
            sleep=self._sleep,
        )

    async def set(self, key: str, value: Value, serial: str | None = None) -> None:
        """Set a control and wait for the outcome."""
        await self.steering.set(ControlName(serial, key), value)

    async def fail(self, key: str, value: Value, serial: str | None = None) -> ControlError:
        """Set a control, and return why that failed."""
        try:
            await self.set(key, value, serial)
        except ControlError as err:
            return err
        raise AssertionError(f"{key} was confirmed")

    def control(self, key: str, serial: str | None = None) -> Control:
        """Return a control that has to be there."""
        control = self.steering.control(ControlName(serial, key))
        assert control is not None, key
        return control

    def value(self, key: str, serial: str | None = None) -> Value | None:
        """Return what a control shows."""
        return self.control(key, serial).value

    async def poll(self, *keys: str) -> None:
        """Ask some feeds, as time would have it, and look for changes."""
        await self.site.ask(*keys)
        self.steering.observe()

    async def ended(self, name: ControlName) -> None:
        """Wait until a wish was fulfilled or failed."""
        told = asyncio.Event()
        self.steering.pending_changed.add(lambda _: told.set())
        while self.steering.pending(name) is not None:
            await told.wait()
            told.clear()

    @property
    def settings(self) -> BatterySettings:
        """What governs the house's battery."""
        assert self.site.house.battery is not None
        return self.site.house.battery.settings

    def restart(self) -> None:
        """Go on with nothing but what was written down."""
        memory = json.loads(json.dumps(self.kept[-1]))
        self.site.restart()
        self.steering = self._take()
        self.steering.restore(memory)

    def written(self) -> list[Any]:
        """Return the bodies of all that was written, as JSON."""
        return [json.loads(write.body) for write in self.site.gateway.stats.writes]

    async def _ask(self, key: str) -> None:
        await self.site.ask(key)

    async def _keep(self) -> None:
        self.kept.append(self.steering.as_dict())

    async def _sleep(self, seconds: float) -> None:
        self.site.clock.advance(seconds)
        if self.meanwhile is not None:
            await self.meanwhile()
        await asyncio.sleep(0)
