"""Thirty days of an owner's account: sessions that end, cookies that change, crashes, and a service that is gone."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
import logging
import os
import random
from statistics import median
from time import perf_counter
from typing import cast
from unittest.mock import patch

import aiohttp

from custom_components.energy_site.api.errors import ApiError
from custom_components.energy_site.site.model import CounterKind, EnergyCounters
from custom_components.energy_site.vendors.enphase_account.source import feeds
from simulator.clock import ManualClock
from simulator.cloud.archive import Kind
from simulator.cloud.days import next_day
from simulator.cloud.stats import CloudRequest
from simulator.enphase_account import AccountServer, lived
from simulator.house import BatteryConfig, HouseConfig, Place

from .account_home import EMAIL, LOGGER, PASSWORD, AccountEntry, CrashError, CrashPoint, Secrets, World
from .account_trouble import Trouble
from .cloud_trouble import DAY, QUARTER, Latency

_HOUR, _MINUTE = 3600.0, 60.0
_START = datetime(2026, 10, 10, 12, tzinfo=UTC)
"""The clocks change in these thirty days."""
_ZONE = "Europe/Amsterdam"
_BUCKET = 900.0

# What the issue of the account's entry allows.
_MOST_AN_HOUR = {False: 100, True: 40}
_MOST_A_MINUTE = 10
_MOST_SIGN_INS_A_DAY = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """So many days with or without second factor, beside a gateway's entry or not."""

    days: float
    two_factor: bool
    paired: bool
    seed: int

    @property
    def name(self) -> str:
        """What it is called."""
        factor = "with" if self.two_factor else "without"
        return f"{self.days:g} days {factor} second factor, {'' if self.paired else 'not '}beside a gateway"


@dataclass(slots=True, kw_only=True)
class Result:
    """What came of a scenario."""

    scenario: Scenario
    sessions: int
    sign_ins: int
    needless_sign_ins: int
    sign_ins_a_day: int
    reauths: int
    needless_reauths: int
    back: list[tuple[float, float]]
    an_hour: int
    usual_hour: float
    a_minute: int
    off: dict[str, float]
    secrets: Counter[str]
    lines: int
    restarts: int
    crashes: Counter[CrashPoint]
    statuses: Counter[int]
    endpoints: Counter[str]
    seconds: float = 0.0

    @property
    def failed(self) -> list[str]:
        """What is not as it has to be."""
        most = _MOST_AN_HOUR[self.scenario.paired]
        held = {
            f"{self.needless_sign_ins} sign-ins while the session was good": not self.needless_sign_ins,
            # A person's own are counted apart.
            f"{self.sign_ins_a_day} sign-ins in a day": self.scenario.two_factor
            or self.sign_ins_a_day <= _MOST_SIGN_INS_A_DAY,
            f"{self.needless_reauths} reauths without need": not self.needless_reauths,
            f"{self.an_hour} requests in an hour, of {most}": self.an_hour <= most,
            f"{self.a_minute} requests in a minute": self.a_minute <= _MOST_A_MINUTE,
            f"{self.secrets.total()} secrets in {', '.join(self.secrets)}": not self.secrets.total(),
        }
        held |= {f"back {late / 60:.0f} min after the service": late <= most for late, most in self.back}
        held |= {f"{kind}: {wh:+.0f} Wh": abs(wh) < 1 for kind, wh in self.off.items()}
        if len(self.back) < 3:
            held["not back after the service"] = False
        if not self.scenario.paired and not self.off:
            held["no energy was counted"] = False
        return [what for what, holds in held.items() if not holds]


def scenarios(days: float, seed: int) -> list[Scenario]:
    """Return each way to sign in once, with readings and beside a gateway."""
    return [
        Scenario(days=days, two_factor=two_factor, paired=paired, seed=seed)
        for two_factor, paired in ((False, False), (True, False), (False, True), (True, True))
    ]


async def run(scenario: Scenario) -> Result:
    """Let a scenario happen."""
    began, start = perf_counter(), _START.timestamp()
    clock, dice = ManualClock(start), random.Random(scenario.seed)
    house = HouseConfig(battery=BatteryConfig(units=2), seed=scenario.seed, place=Place(timezone=_ZONE))
    home = lived(house, now=start, days=5)
    async with (
        AccountServer(homes=[home], clock=clock) as server,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http,
    ):
        server.add_account(EMAIL, PASSWORD, two_factor=scenario.two_factor)
        world = World(
            clock=clock,
            http=http,
            server=server,
            home=home,
            dice=dice,
            two_factor=scenario.two_factor,
            paired=scenario.paired,
        )
        secrets = Secrets(world)
        entry = AccountEntry(world, secrets)
        trouble = Trouble(world, entry, start, scenario.days)
        server.faults.add(Latency(clock, dice))
        addresses = {"ENERGY_SITE_ENLIGHTEN": server.url, "ENERGY_SITE_ENTREZ": server.url}
        with patch.dict(os.environ, addresses), _listening(secrets):
            run = _Run(scenario=scenario, world=world, entry=entry, trouble=trouble)
            await entry.start()
            end = start + scenario.days * DAY
            await run.live(start, end)
            while clock.now() < end + DAY and not entry.is_back(end):
                # Whatever is amiss at the end passes before the books are compared.
                await run.live(clock.now() // QUARTER * QUARTER, clock.now() // QUARTER * QUARTER + 2 * QUARTER)
            result = await run.result()
    result.seconds = perf_counter() - began
    return result


@contextmanager
def _listening(secrets: Secrets) -> Iterator[None]:
    """Let nothing be logged that is not looked at."""
    logger, level, disabled = logging.getLogger(LOGGER), logging.NOTSET, logging.root.manager.disable
    logging.disable(logging.NOTSET)
    logger.addHandler(secrets)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    try:
        yield
    finally:
        logger.propagate = True
        logger.setLevel(level)
        logger.removeHandler(secrets)
        logging.disable(disabled)


@dataclass(slots=True, kw_only=True)
class _Run:
    """A scenario as it happens."""

    scenario: Scenario
    world: World
    entry: AccountEntry
    trouble: Trouble
    back: list[tuple[float, float]] = field(default_factory=list)

    async def live(self, tick: float, end: float) -> None:
        """Poll what is due, and let happen what is planned each quarter of an hour."""
        entry, clock = self.entry, self.world.clock
        while tick < end:
            due = entry.next()
            if due is not None and due[0] < tick:
                clock.advance(max(due[0] - clock.now(), 0.0))
                await self._survive(entry.poll, due[1])
                self._look_back()
                continue
            clock.advance(max(tick - clock.now(), 0.0))
            await self._survive(self.trouble.happen, tick)
            await self._survive(entry.person)
            self._look_back()
            self.world.home.advance(clock.now())
            if tick % DAY == 0:
                entry.show()
            tick += QUARTER

    async def _survive(self, act: Callable[..., Awaitable[None]], *args: object) -> None:
        """Do something, and begin again if the power fails in the middle of it."""
        try:
            await act(*args)
        except CrashError:
            await self._survive(self.entry.crash)

    def _look_back(self) -> None:
        """Note how long after the service the entry is back, or knows that its owner has to sign in."""
        now, returns = self.world.clock.now(), self.trouble.returns
        if returns and now >= returns[0][0] and (self.entry.asked_at is not None or self.entry.is_back(returns[0][0])):
            at, most = returns.pop(0)
            self.back.append((now - at, most))

    async def result(self) -> Result:
        """Return the figures, after today was asked for once more."""
        world, entry, server = self.world, self.entry, self.world.server
        times = [each.time for each in server.log]
        hours = Counter(int(each // _HOUR) for each in times)
        off = {} if self.scenario.paired else await self._off()
        entry.show()
        return Result(
            scenario=self.scenario,
            sessions=server.logins,
            sign_ins=entry.sign_ins,
            needless_sign_ins=entry.needless_sign_ins,
            # The first one set the entry up.
            sign_ins_a_day=_most_within([at for at, _ in server.world.sign_ins][1:], DAY),
            reauths=entry.reauths,
            needless_reauths=entry.needless_reauths,
            back=self.back,
            an_hour=_most_within(times, _HOUR),
            usual_hour=median(hours.values()),
            a_minute=_most_within(times, _MINUTE),
            off=off,
            secrets=entry.secrets.found,
            lines=entry.secrets.lines,
            restarts=entry.restarts,
            crashes=Counter(world.crashes),
            statuses=Counter(each.status for each in server.log),
            endpoints=Counter(_name(each) for each in server.log),
        )

    async def _off(self) -> dict[str, float]:
        """Return how far the counters are from the house, Wh."""
        world, source, home = self.world, self.entry.source, self.world.home
        with suppress(ApiError):
            await source.poll(feeds.TODAY.key, world.now())
        today = source.answer(feeds.TODAY)
        if today is None or today.reported_at is None:
            return {}
        reported = today.reported_at.timestamp()
        midnight = home.days.midnight(home.days.day(reported))
        # The last interval that ended is not believed before the next one has.
        until = midnight + max((reported - midnight) // _BUCKET - 1, 0) * _BUCKET
        if source.closed is not None:
            until = max(until, home.days.midnight(next_day(source.closed)))
        counters = source.part(EnergyCounters)
        found = {} if counters is None else counters.counts
        return {
            kind.value: (count.total or 0.0) - home.archive.energy(cast("Kind", kind.value), home.archive.start, until)
            for kind, count in found.items()
            if kind is not CounterKind.GENERATOR
        }


def _most_within(times: Sequence[float], window: float) -> int:
    """Return how many of the times, in order, lie within any window of so many s."""
    most = first = 0
    for last, at in enumerate(times):
        while times[first] <= at - window:
            first += 1
        most = max(most, last - first + 1)
    return most


def _name(request: CloudRequest) -> str:
    return f"{request.method} {request.endpoint}"


def report(result: Result) -> None:
    """Print the figures."""
    crashes = ", ".join(f"{point.name.lower()} {result.crashes[point]}" for point in CrashPoint)
    print(result.scenario.name)
    print(f"  {result.restarts} restarts, of which with another cookie: {crashes}")
    print(
        f"  sessions {result.sessions}; sign-ins {result.sign_ins}, with a good session {result.needless_sign_ins},"
        f" most in a day {result.sign_ins_a_day}"
    )
    print(f"  reauths {result.reauths}, without need {result.needless_reauths}")
    print(
        "  back after the service: "
        + ", ".join(f"{late / 60:.1f} min (of {most / 60:g})" for late, most in result.back)
    )
    print(
        f"  requests an hour {result.usual_hour:g} (median), {result.an_hour} (most); a minute {result.a_minute} (most)"
    )
    if result.off:
        print("  energy off by, Wh: " + ", ".join(f"{kind} {wh:+.0f}" for kind, wh in result.off.items()))
    print(f"  secrets found {result.secrets.total()}, in {result.lines} lines of log and what is shown")
    print("  answers " + ", ".join(f"{status or 'none'}: {each}" for status, each in sorted(result.statuses.items())))
    for endpoint, number in result.endpoints.most_common():
        print(f"    {endpoint:75} {number:6}")
    print(f"  took {result.seconds:.0f} s")
    for failure in result.failed:
        print(f"  FAILED: {failure}")
