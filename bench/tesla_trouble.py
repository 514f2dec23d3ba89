"""What goes wrong with sites of Tesla's cloud: their grid, their internet, the service, and Home Assistant."""

from dataclasses import dataclass
from functools import partial
import random
from typing import override

from .cloud_home import Home
from .cloud_trouble import AFTERMATH, DAY, QUARTER, Plan, quarter
from .tesla_home import CrashError, CrashPoint, TeslaEntry, TeslaWorld

_HOUR = 3600.0

# How long Home Assistant takes to be back after the power failed, and until what it had not kept is polled again.
_BACK_AFTER = 180.0
_AFTER_CRASH = 1800.0

_SERVICE = (("503", 0.13, 0.3), ("HTML", 0.2, 0.2), ("refused", 0.27, 0.4), ("off", 0.78, 3.0), ("503", 0.9, 1.0))
"""Name, when as a share of the time, and days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offline:
    """A time without internet at the gateway: when it begins as a share of the time, and how long it takes in days.

    The intervals of the first `keep` hours are uploaded `after` hours later, the rest as days only.
    """

    begin: float
    days: float
    after: float
    keep: float | None = None


_OFFLINE = (
    Offline(begin=0.06, days=0.2, after=0.5),
    Offline(begin=0.3, days=7.0, after=6.0),
    Offline(begin=0.56, days=1.6, after=30.0),
    Offline(begin=0.64, days=3.0, after=2.0, keep=8.0),
)

_OUTAGES = (0.25, 1.0, 3.0, 0.5, 9.0)
"""Hours; one begins each month."""


class TeslaTrouble(Plan):
    """A year of troubles, or a shorter time with shorter ones."""

    def __init__(
        self, world: TeslaWorld, home: Home[TeslaEntry], start: float, days: float, dice: random.Random
    ) -> None:
        """Plan it for a run of some days."""
        super().__init__(home)
        self._world = world
        self._entries = home.entries
        end, scale = start + days * DAY, min(1.0, days / 30.0)
        for name, share, lasts in _SERVICE:
            first = quarter(start + share * days * DAY)
            last = max(quarter(first + lasts * scale * DAY), first + QUARTER)
            self.spans.append((first, last + AFTERMATH))
            self.spell(name, first, last, world.cloud)
        for each in _OFFLINE:
            first = quarter(start + each.begin * days * DAY)
            last = max(quarter(first + each.days * scale * DAY), first + QUARTER)
            self.spans.append((first, last + AFTERMATH))
            self._offline(each, first, last, scale)
        self._fail_grids(start, end, scale, dice)
        self.restarts(start, end, dice)
        self._interrupt_renewals(start, end, scale)
        self._sort()

    async def crash(self) -> None:
        """Lose what was not kept, and begin again."""
        now = self._world.clock.now()
        self.spans.append((now, now + _AFTER_CRASH))
        while True:
            await self._home.stop(crash=True)
            self._world.clock.advance(_BACK_AFTER)
            try:
                await self._home.start()
            except CrashError:
                continue
            return

    @override
    async def happen(self, now: float) -> None:
        """Do what is due, whatever it interrupts."""
        if self._world.crash is not None and self._home.running:
            # Everything is kept every few minutes, which only matters if a crash follows.
            self._home.save()
        try:
            await super().happen(now)
        except CrashError:
            await self.crash()

    def _offline(self, offline: Offline, first: float, last: float, scale: float) -> None:
        keep = float("inf") if offline.keep is None else max(offline.keep * scale, 1.0) * _HOUR

        async def disconnect() -> None:
            for entry in self._entries:
                entry.site.disconnect_internet(first)

        async def reconnect() -> None:
            for entry in self._entries:
                entry.site.reconnect_internet(last, upload_after=offline.after * scale * _HOUR, keep_seconds=keep)

        self._plan += [(first, disconnect), (last, reconnect)]

    def _fail_grids(self, start: float, end: float, scale: float, dice: random.Random) -> None:
        """Let the grid fail each month, also while nobody looks or shortly before a crash."""
        for number, entry in enumerate(self._entries):
            at, turn = start + (5.0 + number) * scale * DAY, 0
            while at < end - 3.0 * scale * DAY:
                first = quarter(at)
                last = first + max(_OUTAGES[turn % len(_OUTAGES)] * _HOUR // QUARTER, 1.0) * QUARTER
                self._fail_grid(entry, first, last)
                in_calm = not any(begin <= first <= finish and last >= begin for begin, finish in self.spans)
                if in_calm and turn % 3 == 1:
                    self._plan += [(first - QUARTER, self._home.stop), (last + QUARTER, self._home.start)]
                    self.spans.append((first - QUARTER, last + QUARTER + AFTERMATH))
                elif in_calm and turn % 3 == 2:
                    self._restart(first + QUARTER, crash=True)
                at, turn = at + dice.uniform(26.0, 34.0) * scale * DAY, turn + 1

    def _fail_grid(self, entry: TeslaEntry, first: float, last: float) -> None:
        async def fail() -> None:
            entry.site.start_outage()

        async def heal() -> None:
            entry.site.end_outage()

        self._plan += [(first, fail), (last, heal)]

    def _interrupt_renewals(self, start: float, end: float, scale: float) -> None:
        """Let a crash wait for the next renewal every few days, and let Tesla forget access tokens."""
        points = list(CrashPoint)
        # A lost answer twice in a row, which only the previous token survives.
        points.append(CrashPoint.ANSWER_LOST)
        at, turn = start + 1.1 * scale * DAY, 0
        while at < end:
            self._plan.append((quarter(at), partial(self._arm, points[turn % len(points)])))
            if turn % 5 == 4:
                self._plan.append((quarter(at + 0.3 * scale * DAY), self._forget_access))
            at, turn = at + 2.7 * scale * DAY, turn + 1

    @override
    def _restart(self, at: float, *, crash: bool) -> None:
        super()._restart(at, crash=crash)
        if crash:
            self.spans.append((at, at + _AFTER_CRASH))

    async def _arm(self, point: CrashPoint) -> None:
        self._world.crash = point
        if self._home.running:
            self._home.save()

    async def _forget_access(self) -> None:
        self._world.cloud.tokens.end_access()
