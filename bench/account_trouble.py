"""What goes wrong in a month of an owner's account: sessions, cookies, the service, its gateway, and Home Assistant."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import override

from simulator.enphase_account import UNAVAILABLE, WALL, paths, too_many
from simulator.enphase_account.cookies import SESSION
from simulator.iq_gateway.faults import ConnectionBroken, Fault
from simulator.iq_gateway.reply import Reply

from .account_home import AccountEntry, CrashPoint, World
from .cloud_trouble import DAY, QUARTER, quarter

type Deed = Callable[[], Awaitable[None]]
_HOUR = 3600.0

# As shares of the run: when the service is gone, and for how many days. The last is how long after its return (s)
# the entry has to be back: a wall stops all requests for an hour at a time.
_OUTAGES = ((0.3, 1.0, UNAVAILABLE, 1200.0), (0.42, 0.15, WALL, 4200.0), (0.87, 0.1, UNAVAILABLE, 1200.0))
_OPTIONAL = (0.5, 7.0)
_FULL = (0.78, 0.5)
_TOO_MANY = 0.47
_SILENT = (0.2, 0.25)
_GRID = (0.15, 0.62)
_LIVES = (1.0, 9.0)
_ROTATES_EVERY = 37
_GRACE = 900.0


class LoginWatch(Fault):
    """Notes each sign-in that reached the service, and does nothing else."""

    def __init__(self, note: Callable[[], None]) -> None:
        """Tell `note`."""
        self._note = note

    @override
    def after(self, reply: Reply) -> Reply:
        self._note()
        return reply


class LosesCookie(Fault):
    """Loses an answer that has another cookie, if the power is to fail at this point."""

    def __init__(self, world: World) -> None:
        """Ask `world` whether it is to fail."""
        self._world = world

    @override
    async def before(self, closing: asyncio.Event) -> Reply | None:
        # aiohttp repeats by itself what was lost, which a power failure does not allow.
        if self._world.lost:
            raise ConnectionBroken
        return None

    @override
    def after(self, reply: Reply) -> Reply:
        changes = any(each.startswith(f"{SESSION}=") for each in reply.cookies)
        if changes and self._world.reach(CrashPoint.ANSWER_LOST):
            self._world.lost = True
            raise ConnectionBroken
        return reply


class Trouble:
    """All that is to happen in a run of some days, at quarters of an hour."""

    def __init__(self, world: World, entry: AccountEntry, start: float, days: float) -> None:
        """Plan it; a short run has shorter troubles."""
        self._world, self._entry = world, entry
        self._plan: list[tuple[float, Deed]] = []
        self._scale = min(1.0, days / 30.0)
        self.returns: list[tuple[float, float]] = []
        """When (epoch s) the service is back after it was gone, and how long (s) the entry may be away after that."""
        self._arrange(start, days)
        self._plan.sort(key=lambda each: each[0])

    async def happen(self, now: float) -> None:
        """Do what is due."""
        # Each sign-in from now on opens a session of another length.
        self._world.server.policy.session_days = self._world.dice.uniform(*_LIVES) * self._scale
        while self._plan and self._plan[0][0] <= now:
            await self._plan.pop(0)[1]()

    def _arrange(self, start: float, days: float) -> None:
        world, end, scale = self._world, start + days * DAY, self._scale
        server, home = world.server, world.home
        server.policy.rotates_every = _ROTATES_EVERY
        server.faults.add(LoginWatch(self._entry.note_sign_in), paths.LOGIN)
        server.faults.add(LosesCookie(world))

        def at(share: float) -> float:
            return quarter(start + share * days * DAY)

        for share, lasts, how, late in _OUTAGES:
            first = at(share)
            last = max(quarter(first + lasts * scale * DAY), first + QUARTER)
            server.faults.add(how, start=first, until=last)
            self.returns.append((last, late))
        server.faults.add(too_many(600), start=at(_TOO_MANY), until=at(_TOO_MANY) + 120.0)
        first = at(_OPTIONAL[0])
        self._between(first, first + _OPTIONAL[1] * scale * DAY, self._refuse_events, self._answer_events)
        first = at(_FULL[0])
        self._between(first, first + _FULL[1] * scale * DAY, self._fill_sessions, self._free_sessions)
        first = at(_SILENT[0])
        self._between(first, first + _SILENT[1] * scale * DAY, _later(home.go_silent), _later(home.speak_again))
        for share in _GRID:
            first = at(share)
            self._between(first, first + 2 * _HOUR * scale, _later(home.start_outage), _later(home.end_outage))
        night = quarter(start) + 3 * _HOUR
        while (night := night + DAY * scale) < end:
            self._plan.append((night, self._restart))
        self._interrupt(start, end)
        self._plan.append((at(0.5), partial(self._allow_old_cookies)))

    def _between(self, first: float, last: float, begin: Deed, end: Deed) -> None:
        self._plan += [(quarter(first), begin), (max(quarter(last), quarter(first) + QUARTER), end)]

    def _interrupt(self, start: float, end: float) -> None:
        """Let a crash wait for the next change of the cookie, at each point in turn."""
        moment, turn, points = start + 0.7 * self._scale * DAY, 0, list(CrashPoint)
        while moment < end:
            self._plan.append((quarter(moment), partial(self._arm, points[turn % len(points)])))
            moment, turn = moment + 2.3 * self._scale * DAY, turn + 1

    # -- deeds ------------------------------------------------------------------

    async def _arm(self, point: CrashPoint) -> None:
        self._world.crash = point
        if self._entry.running:
            self._entry.save()

    async def _restart(self) -> None:
        await self._entry.stop()
        self._world.clock.advance(60.0)
        await self._entry.start()

    async def _allow_old_cookies(self) -> None:
        self._world.server.policy.rotation_grace = _GRACE

    async def _refuse_events(self) -> None:
        self._world.home.set_behaviour(read_statuses={paths.EVENTS: 401})

    async def _answer_events(self) -> None:
        self._world.home.set_behaviour(read_statuses={})

    async def _fill_sessions(self) -> None:
        self._world.server.policy.most_sessions = 0
        self._world.server.accounts.end_sessions()

    async def _free_sessions(self) -> None:
        self._world.server.policy.most_sessions = None


def _later(deed: Callable[[], object]) -> Deed:
    async def do() -> None:
        deed()

    return do
