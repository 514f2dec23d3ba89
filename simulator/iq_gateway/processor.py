"""The gateway's one slow processor: how long it takes, and one at a time."""

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from random import Random


class Speed(StrEnum):
    """How fast a gateway is: measured boxes, their geometric mean, or no time."""

    NONE = "none"
    FAST = "fast"
    SLOW = "slow"
    TYPICAL = "typical"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Seconds a request takes on a slow and on a fast gateway."""

    slow: float
    fast: float

    def seconds(self, speed: Speed) -> float:
        """Return the seconds at a speed."""
        match speed:
            case Speed.NONE:
                return 0.0
            case Speed.FAST:
                return self.fast
            case Speed.SLOW:
                return self.slow
            case Speed.TYPICAL:
                return sqrt(self.slow * self.fast)


NATIVE = Cost(slow=0.28, fast=0.044)
RUBY = Cost(slow=5.4, fast=1.8)
COSTS = {
    "/info": Cost(slow=0.286, fast=0.024),
    "/info.xml": Cost(slow=0.286, fast=0.024),
    "/auth/check_jwt": Cost(slow=0.25, fast=0.034),
    "/production": Cost(slow=11.1, fast=2.96),
    "/home": Cost(slow=9.3, fast=6.4),
    "/home.json": Cost(slow=9.3, fast=6.4),
    "/inventory": Cost(slow=5.8, fast=2.1),
    "/inventory.json": Cost(slow=6.2, fast=3.0),
    "/production.json": Cost(slow=5.0, fast=0.68),
    "/production.json?details=1": Cost(slow=5.4, fast=1.79),
    "/admin/lib/tariff": Cost(slow=0.32, fast=0.08),
    "/api/v1/production": Cost(slow=0.37, fast=0.043),
    "/api/v1/production/inverters": Cost(slow=0.307, fast=0.026),
    "/inv": Cost(slow=0.296, fast=0.029),
    "/ivp/meters": Cost(slow=0.30, fast=0.066),
    "/ivp/meters/readings": Cost(slow=0.32, fast=0.083),
    "/ivp/meters/reports": Cost(slow=0.276, fast=0.044),
    "/ivp/meters/gridReading": Cost(slow=0.339, fast=0.047),
    "/ivp/meters/pvReading": Cost(slow=0.331, fast=0.036),
    "/ivp/pdm/device_data": Cost(slow=0.34, fast=0.046),
    "/ivp/pdm/energy": Cost(slow=0.28, fast=0.044),
    "/ivp/ensemble/secctrl": Cost(slow=0.27, fast=0.044),
    "/ivp/ensemble/power": Cost(slow=0.25, fast=0.034),
    "/ivp/ensemble/inventory": Cost(slow=0.28, fast=0.035),
    "/ivp/ensemble/status": Cost(slow=0.258, fast=0.04),
    "/ivp/ensemble/dry_contacts": Cost(slow=0.256, fast=0.047),
    "/ivp/ensemble/generator": Cost(slow=0.256, fast=0.042),
}
_RUBY_PREFIXES = ("/admin/", "/datatab/", "/installer/")
_VERIFICATION_SHARE = 0.3
_VERIFICATION_LEAST = Cost(slow=0.04, fast=0.01)
_JITTER = 0.15


class Processor:
    """Serves requests one after the other, each for its own time."""

    def __init__(self, speed: Speed, *, seed: int = 0, wait: float = 1.0) -> None:
        """Take `wait` real seconds for each modelled one; 0 only counts them."""
        self.speed = speed
        self.wait = wait
        self._random = Random(seed)
        self._lock = asyncio.Lock()
        self._works: set[asyncio.Task[None]] = set()

    async def occupy(self, seconds: float) -> None:
        """Wait for the processor and keep it for so many modelled seconds.

        A client that goes away does not stop the work it caused.
        """
        if seconds <= 0:
            return
        work = asyncio.create_task(self._work(seconds))
        self._works.add(work)
        work.add_done_callback(self._works.discard)
        await asyncio.shield(work)

    async def _work(self, seconds: float) -> None:
        async with self._lock:
            await asyncio.sleep(seconds * self.wait)

    def abandon(self) -> None:
        """Drop all work, as a power cut does."""
        for work in self._works:
            work.cancel()

    def seconds(self, path: str, query: str, *, verify: bool) -> float:
        """Return the seconds a request takes; `verify` checks a signature too."""
        if self.speed is Speed.NONE:
            return 0.0
        seconds = cost_of(path, query).seconds(self.speed)
        if verify:
            seconds += max(
                _VERIFICATION_LEAST.seconds(self.speed),
                _VERIFICATION_SHARE * NATIVE.seconds(self.speed),
            )
        return seconds * self._random.uniform(1 - _JITTER, 1 + _JITTER)


def cost_of(path: str, query: str = "") -> Cost:
    """Return what a path costs."""
    found = COSTS.get(f"{path}?{query}") or COSTS.get(path)
    if found is not None:
        return found
    return RUBY if path.startswith(_RUBY_PREFIXES) else NATIVE
