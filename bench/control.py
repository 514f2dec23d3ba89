"""Controls: is what was said to be in force in force, and was what failed reported?"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
import random
from statistics import median
from zoneinfo import ZoneInfo

import aiohttp

from custom_components.energy_site.clients.errors import ApiError
from custom_components.energy_site.clients.iq_gateway.client import IqGatewayClient
from custom_components.energy_site.clients.iq_gateway.token import GatewayToken
from custom_components.energy_site.iq_gateway import intervals
from custom_components.energy_site.site.control import Change, ChangeKind, ControlError, ControlName, Value
from custom_components.energy_site.sources.iq_gateway.source import IqGatewaySource
from custom_components.energy_site.sources.steering import Steering
from simulator.clock import ManualClock
from simulator.house import House
from simulator.house.battery import Battery
from simulator.iq_gateway import Fault, GatewayServer, HttpStatus, Reset
from simulator.iq_gateway.faults import AnswerLost, Unheeded
from simulator.presets import PRESETS

_START = datetime(2026, 6, 20, 17, tzinfo=UTC).timestamp()
_TARIFF = "/admin/lib/tariff"
_SECONDS_BETWEEN = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How the gateway takes a write: how often out of a hundred, and what it does."""

    name: str
    weight: int
    fault: Callable[[random.Random], Fault] | None = None
    delay: tuple[float, float] = (0.0, 0.0)


MANNERS = (
    Manner(name="accepts", weight=35),
    Manner(name="takes up to 25 s", weight=15, delay=(1.0, 25.0)),
    Manner(name="takes longer than 30 s", weight=5, delay=(40.0, 90.0)),
    Manner(name="ignores", weight=10, fault=lambda _: Unheeded()),
    Manner(name="refuses", weight=10, fault=lambda dice: HttpStatus(dice.choice((400, 403, 409)))),
    Manner(name="is overloaded", weight=10, fault=lambda dice: HttpStatus(dice.choice((500, 503)))),
    Manner(name="drops the request", weight=8, fault=lambda _: Reset()),
    Manner(name="drops the answer", weight=7, fault=lambda _: AnswerLost()),
)
# Overload and lost connections pass, after so many requests at most.
_PASSING = frozenset({"is overloaded", "drops the request", "drops the answer"})
_MOST_HITS = 8


@dataclass(slots=True)
class Tally:
    """What came of the writes; times in s."""

    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    silent_failures: int = 0
    false_failures: int = 0
    late: int = 0
    late_untold: int = 0
    seconds: list[float] = field(default_factory=list)


class _Site:
    """A home, its gateway and its steering, all on one clock."""

    def __init__(self, battery: Battery, gateway: GatewayServer, clock: ManualClock, client: IqGatewayClient) -> None:
        self.battery, self.gateway, self.clock = battery, gateway, clock
        token = GatewayToken.parse(gateway.token())
        self.source = IqGatewaySource(client, gateway.serial, token, intervals({}), UTC, _find_zone)
        self.changes: list[Change] = []
        self.steering = Steering(
            self.source,
            clock=lambda: self.now,
            ask=self.ask,
            keep=_keep_nothing,
            changed=self.changes.append,
            sleep=self.sleep,
        )

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.now(), UTC)

    async def ask(self, key: str) -> None:
        try:
            await self.source.poll(key, self.now)
        except ApiError:
            return

    async def sleep(self, seconds: float) -> None:
        self.clock.advance(seconds)
        await asyncio.sleep(0)

    def in_force(self, key: str) -> Value:
        """Return what governs the house, whoever says what."""
        self.gateway.advance()
        settings = self.battery.settings
        found: Mapping[str, Value] = {
            "backup_reserve": settings.effective_reserve,
            "charge_from_grid": settings.charge_from_grid,
        }
        return found[key]


async def control(writes: int, seed: int) -> Tally:
    """Write again and again, and compare what was said with what governs the house."""
    dice, tally, clock = random.Random(seed), Tally(), ManualClock(_START)  # noqa: S311 - dice, no secrets.
    preset = PRESETS["home"]()
    house = House(preset.house, start=clock.now() - 3600)
    async with (
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
        GatewayServer(house, preset.gateway, clock=clock) as gateway,
    ):
        client = IqGatewayClient(session, gateway.host, fingerprint=gateway.fingerprint, token=gateway.token())
        if house.battery is None:
            raise ValueError("a house without a battery has nothing to set")
        site = _Site(house.battery, gateway, clock, client)
        await site.source.prepare(site.now)
        for key in site.source.feeds:
            await site.ask(key)
        for _ in range(writes):
            await _write(site, dice, tally)
    return tally


async def _write(site: _Site, dice: random.Random, tally: Tally) -> None:
    manner = dice.choices(MANNERS, [manner.weight for manner in MANNERS])[0]
    key, wanted = dice.choice(
        (("backup_reserve", float(dice.randint(5, 95))), ("charge_from_grid", not site.in_force("charge_from_grid")))
    )
    site.gateway.state.tariff.delay = dice.uniform(*manner.delay)
    if manner.fault is not None:
        passing = manner.name in _PASSING
        site.gateway.faults.add(
            manner.fault(dice), _TARIFF, methods=["PUT"], count=dice.randint(1, _MOST_HITS) if passing else None
        )
    site.changes.clear()
    began = site.now
    outcome = "confirmed"
    try:
        await site.steering.set(ControlName(None, key), wanted)
    except ControlError as err:
        outcome = err.failure.value
        tally.false_failures += site.in_force(key) == wanted
    else:
        tally.silent_failures += site.in_force(key) != wanted
        tally.seconds.append((site.now - began).total_seconds())
    tally.outcomes[manner.name, outcome] += 1
    site.gateway.faults.clear()
    await _let_pass(site)
    if outcome != "confirmed" and site.in_force(key) == wanted:
        tally.late += 1
        told = any(change.kind is ChangeKind.CHANGED and change.ours for change in site.changes)
        tally.late_untold += not told


async def _let_pass(site: _Site) -> None:
    """Let come what comes late, and be seen."""
    site.clock.advance(_SECONDS_BETWEEN)
    for key in ("secondary_control", "tariff", "schedule", "relay", "ensemble_inventory"):
        await site.ask(key)
    site.steering.observe()


def report(tally: Tally) -> None:
    """Print what came of the writes."""
    print(f"{tally.outcomes.total()} writes to a gateway that        outcome          times")
    for (manner, outcome), count in sorted(tally.outcomes.items()):
        print(f"  {manner:34} {outcome:14} {count:5}")
    print(f"\n  silent failures {tally.silent_failures}")
    print(f"  false failures  {tally.false_failures}")
    print(f"  came after it was reported as failed {tally.late}, of these not told {tally.late_untold}")
    times = sorted(tally.seconds)
    print(f"  time to confirm {median(times):.1f} s (median), {times[-1]:.1f} s (worst)")


async def _keep_nothing() -> None:
    return


async def _find_zone(name: str) -> tzinfo | None:
    return ZoneInfo(name)
