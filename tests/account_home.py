"""A simulated Enphase account, and an integration that uses it and may be restarted."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
import json
from typing import Any

import aiohttp
import pytest

from custom_components.energy_site.vendors.enphase.client.account import Account
from custom_components.energy_site.vendors.enphase.client.addresses import enlighten
from custom_components.energy_site.vendors.enphase.client.exchange import Ask
from simulator.clock import ManualClock
from simulator.enphase_account import AccountHome, AccountServer, paths
from simulator.house import House
from simulator.iq_gateway import GatewayServer
from tests.account_service import account_service

from .vendors.iq_gateway.client.shapes import HOME

EMAIL, PASSWORD = "Owner@Example.com", "p&ss+w\u00f6rd ="


@dataclass(slots=True)
class Integration:
    """Everything around an account: the time, a private store, and restarts.

    `stored` is what a restart would find. With `crashes`, nothing is stored anymore. `waited`
    are the seconds that requests waited for their turn, in which the time moves on.
    """

    server: AccountServer
    clock: ManualClock
    http: aiohttp.ClientSession
    stored: str = "null"
    saves: int = 0
    crashes: bool = False
    waited: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        """Return the time."""
        return datetime.fromtimestamp(self.clock.now(), UTC)

    def account(self, email: str = EMAIL, password: str | None = None) -> Account:
        """Return an account as after a start, with what was stored, and the password if it is remembered."""
        account: Account

        async def save() -> None:
            if not self.crashes:
                self.stored = json.dumps(account.as_dict())
                self.saves += 1

        account = Account(self.http, email, clock=self.now, save=save, sleep=self.sleep)
        account.restore(json.loads(self.stored))
        account.password = password
        return account

    async def sleep(self, seconds: float) -> None:
        """Let the time pass, and the loop turn."""
        self.waited.append(seconds)
        self.clock.advance(seconds)

    def pass_time(self, **time: float) -> None:
        """Let time pass."""
        self.clock.advance(timedelta(**time).total_seconds())

    def asked(self, path: str) -> int:
        """Return how often a path was asked for."""
        return self.server.requests[path]

    async def until_asked(self, path: str, times: int = 1) -> None:
        """Wait until a path was asked for so often."""
        while self.asked(path) < times:  # noqa: ASYNC110 - The server counts, and tells nobody.
            await asyncio.sleep(0.001)

    @property
    def logins(self) -> int:
        """How often a password was sent."""
        return self.asked(paths.LOGIN)


def read_of(path: str, **more: Any) -> Ask:
    """Return a read of a path of the app's services."""
    return Ask(method="GET", url=enlighten() / path.lstrip("/"), endpoint=path.lstrip("/"), **more)


@pytest.fixture
async def server(
    gateway: GatewayServer, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[AccountServer]:
    """Serve an account that owns a gateway and a home."""
    home = AccountHome(House(HOME, start=clock.now()))
    async with account_service(monkeypatch, [gateway], homes=[home], clock=clock) as server:
        server.add_account(EMAIL, PASSWORD)
        yield server


@pytest.fixture
def integration(server: AccountServer, clock: ManualClock, session: aiohttp.ClientSession) -> Integration:
    """Return an integration that has just been set up."""
    return Integration(server, clock, session)


@pytest.fixture
def home(server: AccountServer) -> AccountHome:
    """Return the home."""
    return next(iter(server.world.homes.values()))
