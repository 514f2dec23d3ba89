"""The controls of a home in an owner's Enphase account, with and without its gateway beside it."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
import os
import random
from typing import Any, override
from unittest.mock import patch

import aiohttp

from custom_components.energy_site.api.errors import ApiError
from custom_components.energy_site.site.control import Change, Control, ControlKey, ControlName, Range, Value
from custom_components.energy_site.sources.control_queue import ControlQueue
from custom_components.energy_site.vendors.enphase.client.account import Account
from custom_components.energy_site.vendors.enphase_account.client.client import AccountClient
from custom_components.energy_site.vendors.enphase_account.source import feeds
from custom_components.energy_site.vendors.enphase_account.source.context import AccountContext
from custom_components.energy_site.vendors.enphase_account.source.source import AccountSource
from custom_components.energy_site.vendors.iq_gateway.adapter import intervals
from custom_components.energy_site.vendors.iq_gateway.client.client import IqGatewayClient
from custom_components.energy_site.vendors.iq_gateway.client.token import GatewayToken
from custom_components.energy_site.vendors.iq_gateway.source.source import IqGatewaySource
from simulator.clock import ManualClock
from simulator.enphase_account import AccountHome, AccountServer, Ending, Family, HomeDetails, Setting, lived, paths
from simulator.house import BatteryConfig, House, HouseConfig
from simulator.iq_gateway import GatewayServer
from simulator.iq_gateway.faults import Aftermath
from simulator.presets import PRESETS

from .account_home import EMAIL, PASSWORD
from .cloud_home import find_zone
from .control_home import CHARGE, MODE, RESERVE, Home
from .control_manners import MANNERS, Manner, Write

STORM = ControlName(None, ControlKey.STORM_GUARD)
SHUTDOWN = ControlName(None, ControlKey.SHUTDOWN_LEVEL)
DISCHARGE = ControlName(None, ControlKey.DISCHARGE_TO_GRID)
RESTRICT = ControlName(None, ControlKey.RESTRICT_DISCHARGE)
MATCH = ControlName(None, ControlKey.POWER_MATCH)

_SETTINGS = {
    RESERVE: Setting.RESERVE,
    MODE: Setting.PROFILE,
    CHARGE: Setting.CHARGE_FROM_GRID,
    STORM: Setting.STORM_GUARD,
    SHUTDOWN: Setting.SHUTDOWN_LEVEL,
    DISCHARGE: Setting.DISCHARGE_TO_GRID,
    RESTRICT: Setting.RESTRICT_DISCHARGE,
    MATCH: Setting.POWER_MATCH,
}
_PATHS = {RESERVE: paths.PROFILE, MODE: paths.PROFILE, STORM: paths.STORM_TOGGLE}
_PROFILES = {
    "self_consumption": "self-consumption",
    "savings": "cost_savings",
    "backup": "backup_only",
    "optimized": "ai_optimisation",
}
_MODES = {theirs: ours for ours, theirs in _PROFILES.items()}
_BROUGHT = frozenset({RESERVE, CHARGE})

_SITE = 801
_FIRMWARE = "D8.3.6086"
_APPLIED = 15.0
_MOST_LOST_A_DAY = 3


class GatewayBeside:
    """The gateway's entry beside the account's: it shows what is in force."""

    def __init__(self, source: IqGatewaySource, home: Home) -> None:
        """Ask the gateway through `source`, at the time of `home`."""
        self.source = source
        self.changes: list[Change] = []
        self._home = home
        self._queue = ControlQueue(
            source,
            clock=lambda: home.now,
            poll=self.ask,
            save=_keep_nothing,
            changed=self.changes.append,
            sleep=home.sleep,
        )

    async def start(self) -> None:
        """Make first contact."""
        await self.source.prepare(self._home.now)
        for key in self.source.feeds:
            await self.ask(key)

    async def ask(self, key: str) -> None:
        """Poll one of the gateway's feeds."""
        try:
            await self.source.poll(key, self._home.now)
        except ApiError:
            return

    def control(self, name: ControlName) -> Control | None:
        """Return the gateway's own state of a control."""
        return None if self.source.outage is not None else self.source.own_control(name, self._home.now)

    def expect(self, name: ControlName, value: Value, brings: Iterable[str] = ()) -> None:
        """Expect a change that is made through the cloud."""
        self._queue.expect(name, value, brings)

    async def look(self, *names: ControlName) -> bool:
        """Poll what shows the values of some controls; return whether all of it answered."""
        controls = [control for name in names if (control := self.control(name)) is not None]
        since, keys = self._home.now, dict.fromkeys(key for each in controls for key in each.feeds)
        for key in keys:
            await self.ask(key)
        self._queue.observe()
        states = self.source.states
        return bool(keys) and all((at := states[key].answered_at) is not None and at >= since for key in keys)


class AccountControlHome(Home):
    """A home that is steered through the account."""

    longer = (60.0, 900.0)
    patience = (60.0, 930.0, 330.0)
    asks_again = frozenset({403})

    def __init__(
        self,
        home: AccountHome,
        server: AccountServer,
        clock: ManualClock,
        account: Account,
        gateway: IqGatewaySource | None = None,
    ) -> None:
        """Steer `home` with an account that is signed in, with the `gateway` of another entry beside it or not."""
        self.home, self.server = home, server
        # When its session was lost.
        self.lost_at: list[float] = []
        self.beside: GatewayBeside | None = None
        context = AccountContext(
            client=AccountClient(account, f"{home.site_id}"),
            site_id=f"{home.site_id}",
            clock=lambda: self.now,
            zone=UTC,
        )
        source = AccountSource(context, f"enphase_account_{home.site_id}", find_zone)
        source.leaves = lambda _: gateway is not None
        super().__init__(clock, source, server.faults)
        if gateway is not None:
            self.beside = GatewayBeside(gateway, self)
            source.witness = lambda: self.beside

    @override
    def live(self) -> None:
        self.home.advance(self.clock.now())

    @override
    def truth(self, name: ControlName) -> Value:
        self.live()
        value: Any = getattr(self.home.settings.in_force, _SETTINGS[name])
        if name == MODE:
            return _MODES[value]
        return float(value) if name in {RESERVE, SHUTDOWN} else bool(value)

    @override
    def force(self, name: ControlName, value: Value) -> None:
        self.live()
        theirs: Any = _PROFILES[str(value)] if name == MODE else value
        self.home.change_in_app(_SETTINGS[name], round(theirs) if name in {RESERVE, SHUTDOWN} else theirs)

    @override
    def path(self, name: ControlName) -> str:
        return self.home.path(_PATHS.get(name, paths.BATTERY_SETTINGS))

    @override
    def feeds(self, name: ControlName) -> tuple[str, ...]:
        return (feeds.SETTINGS.key, feeds.PROFILE.key, feeds.SCHEDULES.key, feeds.SITE.key)

    @override
    async def look(self, names: Any) -> None:
        names = tuple(names)
        if self.beside is not None:
            await self.beside.look(*names)
        await super().look(names)

    @override
    def slow(self, seconds: float) -> None:
        self.home.set_endings(apply_after=seconds)

    @override
    def ignore(self, name: ControlName) -> None:
        self.home.set_ending(_SETTINGS[name], Ending.IGNORE)

    @override
    def pretend(self, name: ControlName) -> bool:
        return False

    @override
    def after_write(self, name: ControlName, act: Callable[[], None], *, count: int | None = 1) -> None:
        def taken() -> None:
            behaviour = self.home.settings.behaviours.get(_SETTINGS[name])
            after = behaviour.apply_after if behaviour is not None else None
            self.later((_APPLIED if after is None else after) + 0.5, act)

        self.fault(Aftermath(taken), name, count=count)

    @override
    async def renew(self) -> None:
        for key in self.source.feeds:
            await self.ask(key)

    @override
    def behave(self) -> None:
        self.home.set_endings()
        self.home.set_behaviour(wants_other_shape=frozenset())
        if self.truth(MODE) == "backup":
            self.force(MODE, "self_consumption")

    @override
    async def calm(self, names: Any) -> None:
        await super().calm(names)
        # Else what was just asked would let the next requests wait for another minute.
        self.advance(61.0)

    @override
    async def settle(self, names: Any) -> None:
        await super().settle(names)
        written = self.home.settings.written
        for number, each in enumerate(written):
            # Somebody else may have set the same a moment before, which is no repetition.
            same = [(other.setting, other.value) for other in written[:number]]
            self.repeats += each.value == each.before and (each.setting, each.value) in same
        written.clear()

    @override
    def untouched(self, name: ControlName) -> list[ControlName]:
        return [each for each in _SETTINGS if each != name and each not in self.moved_along(name)]

    @override
    def is_witnessed(self, name: ControlName) -> bool:
        return self.beside is not None and self.beside.control(name) is not None and name != MODE

    @override
    def moved_along(self, name: ControlName) -> frozenset[ControlName]:
        return _BROUGHT if name == MODE else frozenset()


def _dropped(home: Home, write: Write, _: random.Random) -> bool:
    if isinstance(home, AccountControlHome):
        home.home.set_ending(_SETTINGS[write.name], Ending.DROP)
    return True


def _clamped(home: Home, write: Write, _: random.Random) -> bool:
    control = home.steering.control(write.name)
    if not isinstance(home, AccountControlHome) or control is None or not isinstance(control.limits, Range):
        return False
    middle = round((float(write.before) + float(write.wanted)) / 2)
    home.home.set_ending(_SETTINGS[write.name], Ending.MOVE, value=middle)
    return True


def _refused_in_words(home: Home, write: Write, dice: random.Random) -> bool:
    if isinstance(home, AccountControlHome):
        home.home.set_ending(_SETTINGS[write.name], Ending.REFUSE, status=dice.choice((400, 409)))
    return True


def _shown_late(home: Home, _: Write, dice: random.Random) -> bool:
    if isinstance(home, AccountControlHome):
        home.home.set_endings(shown_after=dice.uniform(300.0, 880.0))
    return True


def _session_lost(home: Home, _: Write, __: random.Random) -> bool:
    """Lose the session between the read and the write, less often a day than an account signs in again."""
    if isinstance(home, AccountControlHome):
        now = home.clock.now()
        home.lost_at = [at for at in home.lost_at if at > now - 86_400.0]
        if len(home.lost_at) >= _MOST_LOST_A_DAY:
            return False
        home.lost_at.append(now)
        end = home.server.accounts.end_sessions
        home.faults.add(Aftermath(end), home.home.path(paths.SITE_SETTINGS), count=1)
    return True


def _other_shape(home: Home, _: Write, __: random.Random) -> bool:
    if isinstance(home, AccountControlHome):
        home.home.set_behaviour(wants_other_shape=frozenset({Family.BATTERY_CONFIG}))
    return True


ACCOUNT_MANNERS = (
    *MANNERS,
    Manner(name="drops after pending", weight=8, prepare=_dropped),
    Manner(name="clamps", weight=8, prepare=_clamped),
    Manner(name="refuses in words", weight=6, prepare=_refused_in_words),
    Manner(name="shows it up to 15 min later", weight=8, prepare=_shown_late),
    Manner(name="loses the session", weight=3, prepare=_session_lost),
    Manner(name="wants the other shape", weight=6, prepare=_other_shape),
)


@asynccontextmanager
async def account_home(start: float) -> AsyncIterator[AccountControlHome]:
    """Serve a home that is known to the account only, and make first contact."""
    house = HouseConfig(battery=BatteryConfig(units=2))
    details = HomeDetails(site_id=_SITE, disclaimer_accepted=True)
    clock = ManualClock(start)
    async with _served(lived(house, now=start, days=2, details=details), clock) as home:
        yield home


@asynccontextmanager
async def paired_account_home(start: float) -> AsyncIterator[AccountControlHome]:
    """Serve a home whose gateway has an entry too, and make first contact with both."""
    preset, clock = PRESETS["home"](), ManualClock(start)
    house = House(preset.house, start=start - 3600)
    gateway = GatewayServer(house, preset.gateway, clock=clock)
    gateway.set_firmware(_FIRMWARE)
    async with gateway, aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        token = gateway.token()
        client = IqGatewayClient(session, gateway.host, fingerprint=gateway.fingerprint, token=token)
        served = AccountHome(house, HomeDetails(site_id=_SITE, disclaimer_accepted=True), gateway=gateway)
        source = IqGatewaySource(client, gateway.serial, GatewayToken.parse(token), intervals({}), UTC, find_zone)
        async with _served(served, clock, source) as home:
            yield home


@asynccontextmanager
async def _served(
    served: AccountHome, clock: ManualClock, gateway: IqGatewaySource | None = None
) -> AsyncIterator[AccountControlHome]:
    served.save_window("rbd")
    served.remember("cost_savings", reserve=30, charge_from_grid=True)
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(AccountServer(homes=[served], clock=clock))
        http = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
        addresses = {"ENERGY_SITE_ENLIGHTEN": server.url, "ENERGY_SITE_ENTREZ": server.url}
        stack.enter_context(patch.dict(os.environ, addresses))
        server.add_account(EMAIL, PASSWORD)
        server.policy.session_days = 365.0

        async def sleep(seconds: float) -> None:
            await home.sleep(seconds)

        account = Account(
            http,
            EMAIL,
            clock=lambda: datetime.fromtimestamp(clock.now(), UTC),
            save=_keep_nothing,
            sleep=sleep,
        )
        home = AccountControlHome(served, server, clock, account, gateway)
        account.password = PASSWORD
        await account.sign_in(PASSWORD)
        if home.beside is not None:
            await home.beside.start()
        await home.source.prepare(home.now)
        for key in home.source.feeds:
            await home.ask(key)
        yield home


async def _keep_nothing() -> None:
    return
