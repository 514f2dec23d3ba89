"""How late an event loop is."""

import asyncio
from dataclasses import dataclass
import gc
from threading import get_ident
import time
from typing import Literal

_BEAT = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """How late what was due ran, in ms: at the median, for the latest in a hundred, and at worst."""

    median: float
    p99: float
    worst: float


class LoopWatch:
    """Asks an event loop to be called every 5 ms, and notes how late it was.

    A loop is late because of its own work, or because others have the processor or the
    interpreter. What it worked itself since the last call is the most that can be its own doing,
    and Python collects its garbage in whichever thread happens to ask for memory.
    """

    def __init__(self) -> None:
        """Watch the running loop from now on."""
        self._loop = asyncio.get_running_loop()
        self._late: list[float] = []
        self._own: list[float] = []
        self._began, self._cpu_began = time.monotonic(), time.thread_time()
        self._cpu = self._cpu_began
        self._due = self._loop.time() + _BEAT
        self._timer = self._loop.call_at(self._due, self._beat)
        self._thread = get_ident()
        self._collecting = 0.0
        self.longest_collection = 0.0
        """For how many ms the loop's thread once collected garbage."""
        gc.callbacks.append(self._collect)

    def stop(self) -> None:
        """Watch no longer."""
        self._timer.cancel()
        gc.callbacks.remove(self._collect)

    @property
    def delay(self) -> Delay:
        """How late it was."""
        return _delay(self._late)

    @property
    def own(self) -> Delay:
        """How late it can have been because of its own work."""
        return _delay(self._own)

    @property
    def busy(self) -> float:
        """The part of a processor that the loop's thread used, in %."""
        return 100 * (time.thread_time() - self._cpu_began) / (time.monotonic() - self._began)

    def _collect(self, phase: Literal["start", "stop"], _: dict[str, int]) -> None:
        if get_ident() != self._thread:
            return
        if phase == "start":
            self._collecting = time.thread_time()
            return
        self.longest_collection = max(self.longest_collection, 1000 * (time.thread_time() - self._collecting))

    def _beat(self) -> None:
        cpu = time.thread_time()
        late = max(0.0, self._loop.time() - self._due)
        self._late.append(late)
        self._own.append(min(late, cpu - self._cpu))
        self._cpu = cpu
        self._due = self._loop.time() + _BEAT
        self._timer = self._loop.call_at(self._due, self._beat)


def _delay(seconds: list[float]) -> Delay:
    found = sorted(1000 * each for each in seconds)
    return Delay(median=found[len(found) // 2], p99=found[len(found) * 99 // 100], worst=found[-1])
