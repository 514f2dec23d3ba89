"""What goes wrong in a simulated year: restarts, and a month of outages."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
import random
from typing import override

from simulator.clock import ManualClock
from simulator.enphase_cloud import CloudServer
from simulator.iq_gateway.faults import Fault, HttpStatus
from simulator.iq_gateway.reply import Reply, html

from .cloud_home import Home

DAY = 86_400.0
QUARTER = 900.0
_MONTH = 30.0

# How long after an outage its consequences may still be seen.
_AFTERMATH = DAY / 4

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


class Trouble:
    """Everything that is to happen, at quarters of an hour."""

    def __init__(self, home: Home, cloud: CloudServer, start: float, days: float, dice: random.Random) -> None:
        """Plan it for a run of some days; a short one has a shorter month of outages."""
        self._home = home
        self._cloud = cloud
        self.spans: list[tuple[float, float]] = []
        self._plan: list[tuple[float, Deed]] = []
        scale = min(_MONTH, 0.5 * days) / _MONTH
        begin = start + 0.25 * days * DAY
        for spell in SPELLS:
            first = _quarter(begin + spell.begin * scale * DAY)
            last = max(_quarter(first + spell.days * scale * DAY), first + QUARTER)
            self.spans.append((first, last + _AFTERMATH))
            self._spell(spell.name, first, last)
        at = start
        while (at := _quarter(at + dice.uniform(2.0, 6.0) * DAY)) < start + days * DAY:
            if not any(first <= at <= last + QUARTER for first, last in self.spans):
                self._restart(at, crash=dice.random() < 0.5)
        self._plan.sort(key=lambda each: each[0])

    def calm(self, now: float) -> bool:
        """Tell whether there is neither an outage, nor was one some hours ago."""
        return not any(first <= now < last for first, last in self.spans)

    async def happen(self, now: float) -> None:
        """Do what is due."""
        while self._plan and self._plan[0][0] <= now:
            await self._plan.pop(0)[1]()

    def _spell(self, name: str, first: float, last: float) -> None:
        home, cloud = self._home, self._cloud
        match name:
            case "503":
                cloud.faults.add(HttpStatus(503), start=first, until=last)
            case "HTML":
                cloud.faults.add(PageInstead(), start=first, until=last)
            case "refused":

                async def end() -> None:
                    await cloud.__aexit__()

                async def begin() -> None:
                    await cloud.__aenter__()

                self._plan += [(first, end), (last, begin)]
            case "off":
                self._plan += [(first, home.stop), (last, home.start)]
            case "silent":

                async def hush() -> None:
                    for entry in home.entries:
                        entry.system.go_silent(first)

                async def speak() -> None:
                    for entry in home.entries:
                        entry.system.speak_again()

                self._plan += [(first, hush), (last, speak)]
            case "lost":
                for entry in home.entries:
                    entry.system.lose(first, last)

    def _restart(self, at: float, *, crash: bool) -> None:
        async def keep() -> None:
            self._home.save()

        async def restart() -> None:
            await self._home.stop(crash=crash)
            await self._home.start()

        self._plan += [(at - QUARTER, keep), (at, restart)]


def _quarter(at: float) -> float:
    return at // QUARTER * QUARTER
