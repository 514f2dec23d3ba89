"""What goes wrong in a simulated year: restarts, and a month of outages."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
import random
from typing import Any, override

from simulator.clock import ManualClock
from simulator.cloud.serving import LoopbackServer
from simulator.enphase_cloud import CloudServer
from simulator.iq_gateway.faults import Fault, HttpStatus
from simulator.iq_gateway.reply import Reply, html

from .cloud_home import Home
from .enphase_home import EnphaseEntry

DAY = 86_400.0
QUARTER = 900.0
_MONTH = 30.0

# How long after an outage its consequences may still be seen.
AFTERMATH = DAY / 4

type Deed = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """An outage: when it begins and how long it takes, in days of the month."""

    name: str
    begin: float
    days: float


SPELLS = (
    Spell(name="503", begin=1.4, days=0.3),
    Spell(name="HTML", begin=3.5, days=0.2),
    Spell(name="refused", begin=5.0, days=0.4),
    Spell(name="off", begin=8.0, days=3.0),
    Spell(name="silent", begin=14.0, days=2.0),
    Spell(name="lost", begin=19.3, days=0.3),
    Spell(name="503", begin=22.0, days=1.0),
    Spell(name="refused", begin=25.9, days=0.4),
    Spell(name="lost", begin=27.8, days=0.5),
)


class Latency(Fault):
    """Lets each answer take its time."""

    def __init__(self, clock: ManualClock, dice: random.Random) -> None:
        """Move `clock` on."""
        self._clock = clock
        self._dice = dice

    @override
    async def before(self, closing: asyncio.Event) -> Reply | None:
        self._clock.advance(self._dice.uniform(0.2, 1.5))
        return None


class PageInstead(Fault):
    """Answers a page in place of the service, which does not hear of the request: else tokens would be lost for good."""

    @override
    async def before(self, closing: asyncio.Event) -> Reply | None:
        return html(200)


class Plan:
    """Everything that is to happen, at quarters of an hour."""

    def __init__(self, home: Home[Any]) -> None:
        """Plan nothing yet."""
        self.spans: list[tuple[float, float]] = []
        self._home = home
        self._plan: list[tuple[float, Deed]] = []

    def calm(self, now: float) -> bool:
        """Tell whether there is neither an outage, nor was one some hours ago."""
        return not any(first <= now < last for first, last in self.spans)

    async def happen(self, now: float) -> None:
        """Do what is due."""
        while self._plan and self._plan[0][0] <= now:
            await self._plan.pop(0)[1]()

    def spell(self, name: str, first: float, last: float, server: LoopbackServer[Any]) -> None:
        """Plan an outage of the service, or of Home Assistant."""
        home = self._home
        match name:
            case "503":
                server.faults.add(HttpStatus(503), start=first, until=last)
            case "HTML":
                server.faults.add(PageInstead(), start=first, until=last)
            case "refused":

                async def end() -> None:
                    await server.__aexit__()

                async def begin() -> None:
                    await server.__aenter__()

                self._plan += [(first, end), (last, begin)]
            case "off":
                self._plan += [(first, home.stop), (last, home.start)]
            case _:
                self._spell_of_vendor(name, first, last)

    def _spell_of_vendor(self, name: str, first: float, last: float) -> None:
        """Plan what only one vendor's service does; what all services do is not among it."""
        raise NotImplementedError(name)

    def restarts(self, start: float, end: float, dice: random.Random) -> None:
        """Plan restarts every few days, half of them crashes."""
        at = start
        while (at := quarter(at + dice.uniform(2.0, 6.0) * DAY)) < end:
            if not any(first <= at <= last + QUARTER for first, last in self.spans):
                self._restart(at, crash=dice.random() < 0.5)

    def _restart(self, at: float, *, crash: bool) -> None:
        async def keep() -> None:
            self._home.save()

        async def restart() -> None:
            await self._home.stop(crash=crash)
            await self._home.start()

        self._plan += [(at - QUARTER, keep), (at, restart)]

    def _sort(self) -> None:
        self._plan.sort(key=lambda each: each[0])


class Trouble(Plan):
    """A month of outages, and restarts."""

    def __init__(
        self, home: Home[EnphaseEntry], cloud: CloudServer, start: float, days: float, dice: random.Random
    ) -> None:
        """Plan it for a run of some days; a short one has a shorter month of outages."""
        super().__init__(home)
        self._entries = home.entries
        scale = min(_MONTH, 0.5 * days) / _MONTH
        begin = start + 0.25 * days * DAY
        for each in SPELLS:
            first = quarter(begin + each.begin * scale * DAY)
            last = max(quarter(first + each.days * scale * DAY), first + QUARTER)
            self.spans.append((first, last + AFTERMATH))
            self.spell(each.name, first, last, cloud)
        self.restarts(start, start + days * DAY, dice)
        self._sort()

    @override
    def _spell_of_vendor(self, name: str, first: float, last: float) -> None:
        if name == "lost":
            for entry in self._entries:
                entry.served.lose(first, last)
            return

        async def hush() -> None:
            for entry in self._entries:
                entry.served.go_silent(first)

        async def speak() -> None:
            for entry in self._entries:
                entry.served.speak_again()

        self._plan += [(first, hush), (last, speak)]


def quarter(at: float) -> float:
    """Return the quarter of an hour that a time is in."""
    return at // QUARTER * QUARTER
