"""A system of an account as a source, without a Home Assistant."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any

import aiohttp
import pytest

from simulator.clock import ManualClock
from simulator.enphase_account import AccountHome, HomeDetails, lived
from simulator.house import BatteryConfig, HouseConfig
from tests.account_service import account_service

from ...source_home import NOON, enable_event_loop_debug
from .home import EMAIL, PASSWORD, Helm, SourceHome

__all__ = ["enable_event_loop_debug"]

type MakeHome = Callable[..., Awaitable[SourceHome]]


@pytest.fixture
async def make_home(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MakeHome]:
    """Return what makes a home: of a house, or one that is simulated already."""
    async with AsyncExitStack() as stack:

        async def make(
            house: HouseConfig | None = None,
            *,
            home: AccountHome | None = None,
            days: float = 2,
            start: datetime = NOON,
            details: HomeDetails | None = None,
            readings: bool = True,
            **account: Any,
        ) -> SourceHome:
            clock = ManualClock(start.timestamp())
            home = home or lived(
                house or HouseConfig(battery=BatteryConfig(units=2)), now=clock.now(), days=days, details=details
            )
            server = await stack.enter_async_context(account_service(monkeypatch, homes=[home], clock=clock))
            server.add_account(EMAIL, PASSWORD, **account)
            session = await stack.enter_async_context(
                aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)
            )
            # What is lost on its way is the client's to send again.
            session._retry_connection = False
            made = SourceHome(home=home, server=server, clock=clock, session=session, readings=readings)
            await made.account.sign_in(PASSWORD)
            await made.source.prepare(made.now)
            return made

        yield make


@pytest.fixture
async def home(make_home: MakeHome) -> SourceHome:
    """Return a home with solar and batteries, of which everything was polled once."""
    home = await make_home()
    await home.settle()
    return home


@pytest.fixture
async def helm(home: SourceHome) -> AsyncIterator[Helm]:
    """Return the controls of that home."""
    helm = Helm(home)
    yield helm
    helm.queue.stop()
