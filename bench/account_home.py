"""A system of an owner's Enphase account as a config entry runs it, with a disk that outlives crashes, and its owner."""

from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum, auto
import json
import logging
import random
from typing import override

import aiohttp

from custom_components.energy_site.api.errors import ApiAuthError, ApiError
from custom_components.energy_site.helpers.redaction import Redactor
from custom_components.energy_site.vendors.enphase.accounts import account_name
from custom_components.energy_site.vendors.enphase.client.account import Account
from custom_components.energy_site.vendors.enphase.client.session import SESSION_COOKIE
from custom_components.energy_site.vendors.enphase_account.client.client import AccountClient
from custom_components.energy_site.vendors.enphase_account.source import feeds
from custom_components.energy_site.vendors.enphase_account.source.context import AccountContext
from custom_components.energy_site.vendors.enphase_account.source.source import AccountSource
from custom_components.energy_site.vendors.enphase_account.vocabulary import VOCABULARY
from simulator.clock import ManualClock
from simulator.enphase_account import AccountHome, AccountServer
from simulator.enphase_account.sessions import Session

from .cloud_home import find_zone

EMAIL, PASSWORD = "owner@example.com", "sun & shine+ü"
LOGGER = "custom_components.energy_site"
_ACCOUNT, _SOURCE = "account", "source"

# How long a person takes to notice that they are asked to sign in, at least and at most, and after a failure.
_NOTICES = (600.0, 10_800.0)
_TRIES_AGAIN = 7_200.0

# A device's serial number is found in digits, a word in letters: anything shorter would be found by chance.
_SHORTEST = 6


class CrashPoint(Enum):
    """The moments of an answer with another cookie at which the power may fail."""

    ANSWER_LOST = auto()
    RECEIVED = auto()
    STORED = auto()


class CrashError(BaseException):
    """Home Assistant ends here, without another word."""


@dataclass(slots=True, kw_only=True)
class World:
    """What outlives all restarts; `crash` is where the next change of the cookie is interrupted."""

    clock: ManualClock
    http: aiohttp.ClientSession
    server: AccountServer
    home: AccountHome
    dice: random.Random
    two_factor: bool
    paired: bool
    disk: dict[str, str] = field(default_factory=dict)
    crash: CrashPoint | None = None
    crashes: list[CrashPoint] = field(default_factory=list)
    lost: bool = False
    """Whether an answer with another cookie was just lost."""

    def reach(self, point: CrashPoint) -> bool:
        """Whether the power is to fail at this point."""
        if self.crash is not point:
            return False
        self.crash = None
        self.crashes.append(point)
        return True

    def now(self) -> datetime:
        """Return the time."""
        return datetime.fromtimestamp(self.clock.now(), UTC)

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.advance(seconds)

    def session(self, cookie: str | None) -> Session | None:
        """Return the session that a cookie opens now."""
        return self.server.accounts.sessions.of_cookie(cookie or "", self.clock.now())


class Secrets(logging.Handler):
    """Looks for what nobody may read, in everything that is logged or shown."""

    def __init__(self, world: World) -> None:
        """Know all that the service knows."""
        super().__init__(logging.DEBUG)
        self.found: Counter[str] = Counter()
        self.lines = 0
        self._world = world

    def _all(self) -> Iterable[str]:
        world = self._world
        server, home = world.server, world.home
        yield from (EMAIL, PASSWORD, home.serial, "Sunny Street", *(home.battery_serial(each) for each in range(2)))
        yield from server.world.nonces
        yield from (f"{each.user_id}" for each in server.accounts.by_email.values())
        yield from (mail.code for mail in server.mailbox.mails[-2:])
        for each in server.accounts.sessions.live(world.clock.now()):
            yield from (each.identifier, each.cookie, each.previous, each.manager_token, each.token, each.xsrf.latest)

    def look(self, where: str, text: str) -> None:
        """Note what is found in a text."""
        for secret in self._all():
            if len(secret) >= _SHORTEST and secret in text:
                self.found[where] += 1

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self.lines += 1
        self.look("the log", self.format(record))


class AccountEntry:
    """One system as a config entry runs it."""

    def __init__(self, world: World, secrets: Secrets) -> None:
        """Know nothing of the system yet."""
        self.secrets = secrets
        self.running = False
        self.restarts = 0
        self.reauths = self.needless_reauths = 0
        self.sign_ins = self.needless_sign_ins = 0
        self.asked_at: float | None = None
        self.due: dict[str, float] = {}
        self._world = world
        self._signs_in_at: float | None = None
        self._cookie: str | None = None
        self._logger = logging.getLogger(LOGGER)

    @property
    def ended(self) -> bool:
        """Whether the session that it has is over, as the service sees it."""
        return self._world.session(self._held()) is None

    def _held(self) -> str | None:
        session = self.account.session
        return None if session is None else session.cookies.get(SESSION_COOKIE, self._world.now())

    # -- life -------------------------------------------------------------------

    async def start(self) -> None:
        """Start as Home Assistant does, with what is on the disk."""
        world = self._world
        account = self.account = Account(world.http, EMAIL, clock=world.now, save=self._save_account, sleep=world.sleep)
        if (kept := world.disk.get(account_name(EMAIL))) is not None:
            account.restore(json.loads(kept))
        account.password = None if world.two_factor else PASSWORD
        self._cookie = self._held()
        client = self.client = AccountClient(account, f"{world.home.site_id}")
        self.source = AccountSource(
            AccountContext(client=client, site_id=f"{world.home.site_id}", clock=world.now, zone=UTC),
            f"enphase_account_{world.home.site_id}",
            find_zone,
        )
        self.source.leaves = lambda _: world.paired
        if account.session is None and not world.disk:
            await self._sign_in()
        if (memory := world.disk.get(_SOURCE)) is not None:
            self.source.restore(json.loads(memory))
        await self.source.prepare(world.now())
        self.running, self.due = True, {}
        order = [*self.source.essential(), *(key for key in self.source.feeds if self.source.is_wanted(key))]
        for key in dict.fromkeys(order):
            await self.poll(key)
        if not isinstance(self.source.outage, ApiAuthError):
            # A sign-in that a crash interrupted was stored before.
            self.asked_at = self._signs_in_at = None

    async def stop(self, *, crash: bool = False) -> None:
        """End; a `crash` loses what was not kept."""
        if not crash:
            self.save()
            await self.account.drain()
        self.running = False
        self.restarts += 1

    async def crash(self) -> None:
        """Lose what was not kept, and begin again some minutes later."""
        await self.stop(crash=True)
        self._world.clock.advance(180.0)
        await self.start()

    def save(self) -> None:
        """Keep what Home Assistant keeps from time to time and at each proper end."""
        self._world.disk[_SOURCE] = json.dumps(self.source.as_dict())

    async def _save_account(self) -> None:
        """Store the account, unless the power fails just now."""
        world, cookie = self._world, self._held()
        changed = cookie != self._cookie
        self._cookie = cookie
        if changed and world.reach(CrashPoint.RECEIVED):
            raise CrashError
        self._write()
        if changed and world.reach(CrashPoint.STORED):
            raise CrashError

    def _write(self) -> None:
        self._world.disk[account_name(EMAIL)] = json.dumps(self.account.as_dict())

    # -- polling ----------------------------------------------------------------

    def next(self) -> tuple[float, str] | None:
        """Return what is due first."""
        return min(((at, key) for key, at in self.due.items()), default=None) if self.running else None

    async def poll(self, key: str) -> None:
        """Ask one feed, and plan when it is asked next."""
        world, source = self._world, self.source
        now = world.now()
        try:
            await source.poll(key, now)
        except ApiAuthError as err:
            self.secrets.look("an error", str(err))
            self._ask_for_person()
        except ApiError as err:
            self.secrets.look("an error", str(err))
            self._logger.debug("No data of %s: %s", key, err)
        self.due[key] = world.clock.now() + max(source.wait(key, now).total_seconds(), 1.0)
        if world.lost:
            world.lost = False
            raise CrashError
        for wish in sorted(source.take_refresh_requests()):
            await self.poll(wish)

    def _ask_for_person(self) -> None:
        """Ask the owner to sign in, once until they did."""
        world = self._world
        if self.asked_at is None:
            self.asked_at = world.clock.now()
            self.reauths += 1
            self.needless_reauths += not self.ended
            self._signs_in_at = self.asked_at + world.dice.uniform(*_NOTICES)

    def note_sign_in(self) -> None:
        """Note that the service is asked for a session, and whether that had to be."""
        self.sign_ins += 1
        self.needless_sign_ins += not self.ended

    # -- the owner ---------------------------------------------------------------

    async def person(self) -> None:
        """Sign in, if somebody asked for it and the owner has seen it."""
        world = self._world
        if self._signs_in_at is None or world.clock.now() < self._signs_in_at or not self.running:
            return
        self._signs_in_at = world.clock.now() + _TRIES_AGAIN
        with suppress(ApiError):
            await self._sign_in()
            self._signs_in_at = self.asked_at = None
            # As after each reauthentication, the entry is set up again.
            await self.stop()
            await self.start()

    async def _sign_in(self) -> None:
        """Enter the password, and the code of the e-mail if one is wanted."""
        world = self._world
        if not await self.account.sign_in(PASSWORD):
            await self.account.send_code()
            world.clock.advance(40.0)
            await self.account.enter_code(f" {world.server.mailbox.code(EMAIL)} ")

    # -- what is shown -----------------------------------------------------------

    def show(self) -> None:
        """Look for secrets in what diagnostics and files show."""
        redactor = Redactor(VOCABULARY)
        redactor.hide(f"{self._world.home.site_id}", EMAIL)
        for path, answer in self.client.recorded.items():
            self.secrets.look("diagnostics", f"{path} {redactor.redact_text(answer.body.decode(errors='replace'))}")
        self.secrets.look("diagnostics", json.dumps(redactor.redact(self.source.as_dict()), default=str))
        for name in self._world.disk:
            self.secrets.look("a file's name", name)
        self.secrets.look("a text of the account", f"{self.account!r} {self.client!r}")

    def is_back(self, since: float) -> bool:
        """Whether the essential feeds have answered since an epoch s."""
        states = self.source.states
        return all(
            (at := states[key].answered_at) is not None and at.timestamp() >= since
            for key in (feeds.SETTINGS.key, *((feeds.TODAY.key,) if not self._world.paired else ()))
        )
