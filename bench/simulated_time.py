"""An event loop whose time is simulated: it passes only while nobody works, and then in one leap."""

import asyncio
from asyncio import Future, SelectorEventLoop
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from math import ceil
import selectors
from typing import Any, override

from freezegun import api, freeze_time
from freezegun.api import FrozenDateTimeFactory
from pytest_homeassistant_custom_component import patch_time

from simulator.clock import Clock
from tests.frozen_dates import spare_copies

# Real seconds in which what was sent on loopback has surely arrived.
_ON_ITS_WAY = 0.0005

# Real seconds to look again while a thread works.
_THREAD = 0.05


_FREEZEGUN = {
    "FakeDate": patch_time.HAFakeDate,
    "FakeDatetime": patch_time.HAFakeDatetime,
    "datetime_to_fakedatetime": patch_time.ha_datetime_to_fakedatetime,
    "_get_module_attributes": patch_time.ha_get_module_attributes,
    "_get_module_attributes_hash": patch_time.ha_get_module_attributes_hash,
    "_should_use_real_time": patch_time.ha_should_use_real_time,
    "get_current_time": patch_time.ha_get_current_time,
}


class SimulatedLoop(SelectorEventLoop):
    """Leaps to the next timer as soon as nothing else can happen before it.

    All clocks of the process are its clock, so that what waits for an hour
    waits for an hour, and a time limit of ten seconds ends after ten seconds.
    """

    def __init__(self, frozen: FrozenDateTimeFactory) -> None:
        """Start at the time at which the clocks are frozen."""
        self._frozen = frozen
        self._now = round(datetime.now(UTC).timestamp() * 1_000_000)
        self.threads = 0
        self.expects_traffic: Callable[[], bool] = lambda: False
        super().__init__(_Selector(self))
        # Else a timer that is due at this very moment would wait for ever: seconds since the epoch are no finer.
        self._clock_resolution = 1e-6

    @override
    def time(self) -> float:
        return self._now / 1_000_000

    def leap(self, seconds: float) -> None:
        """Let time pass."""
        microseconds = ceil(seconds * 1_000_000)
        self._now += microseconds
        self._frozen.tick(timedelta(microseconds=microseconds))

    @override
    def run_in_executor[*Ts, T](self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts) -> Future[T]:
        job = super().run_in_executor(executor, func, *args)
        self.threads += 1
        job.add_done_callback(self._ended)
        return job

    @override
    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        # Its threads end in real time.
        self.threads += 1
        await super().shutdown_default_executor(None)

    def _ended(self, _: Future[Any]) -> None:
        self.threads -= 1


class _Selector(selectors.DefaultSelector):
    """Waits for the time that is simulated instead of the real one."""

    def __init__(self, loop: SimulatedLoop) -> None:
        super().__init__()
        self._loop = loop

    @override
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if timeout is None or self._loop.threads:
            return super().select(_THREAD)
        if self._loop.expects_traffic() and (ready := super().select(_ON_ITS_WAY)):
            return ready
        self._loop.leap(timeout)
        return []


class LoopClock(Clock):
    """The simulator's clock, which is that of the process."""

    @override
    def now(self) -> float:
        """Return the simulated seconds since the epoch."""
        return asyncio.get_running_loop().time()


@contextmanager
def frozen_at(start: datetime) -> Iterator[FrozenDateTimeFactory]:
    """Stop all clocks of the process at `start`."""
    # As the plugin does it for tests: importing this has replaced clocks of the core that freezegun cannot find.
    for name, replacement in _FREEZEGUN.items():
        setattr(api, name, replacement)
    spare_copies()
    with freeze_time(start) as frozen:
        if not isinstance(frozen, FrozenDateTimeFactory):
            raise TypeError("clocks that go on by themselves cannot be simulated")
        yield frozen


def run_simulated[T](start: datetime, main: Callable[[SimulatedLoop], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine in a process whose clocks stand at `start` and go on as it waits."""
    with frozen_at(start) as frozen:
        loop = SimulatedLoop(frozen)
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            return runner.run(main(loop))
