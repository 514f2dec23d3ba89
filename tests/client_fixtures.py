"""A simulated gateway, a client that knows it, and the time they live by."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
import logging

import aiohttp
import pytest

from custom_components.energy_site.vendors.iq_gateway.client.client import IqGatewayClient
from simulator.clock import ManualClock
from simulator.house import House
from simulator.iq_gateway import GatewayServer

from .vendors.iq_gateway.client.shapes import HARDWARE, HOME, NOON


@pytest.fixture(autouse=True)
def everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Keep what is logged for a person who looks for a fault."""
    caplog.set_level(logging.DEBUG, logger="custom_components.energy_site")


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """Return a session as the integration's own: it keeps no cookies."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


@pytest.fixture
def clock() -> ManualClock:
    """Stand at noon of a summer's day."""
    return ManualClock(NOON)


@pytest.fixture
async def gateway(clock: ManualClock) -> AsyncIterator[GatewayServer]:
    """Serve a home with everything in it."""
    async with GatewayServer(House(HOME, start=clock.now()), HARDWARE, clock=clock) as server:
        yield server


@pytest.fixture
def client(gateway: GatewayServer, session: aiohttp.ClientSession) -> IqGatewayClient:
    """Return a client that knows the gateway's certificate and has a good token."""
    return IqGatewayClient(session, gateway.host, fingerprint=gateway.fingerprint, token=gateway.token())


@dataclass(slots=True)
class Time:
    """A clock for the client, which waits for nobody."""

    passed: float = field(default=1000.0)

    def monotonic(self) -> float:
        """Return the seconds since some moment."""
        return self.passed


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    """Let the client live by a clock that the test turns."""
    time = Time()
    for module in ("client", "sign_ins"):
        monkeypatch.setattr(f"custom_components.energy_site.vendors.iq_gateway.client.{module}.time", time)
    return time


@pytest.fixture(autouse=True)
def enable_event_loop_debug() -> None:
    """Leave out the event loop's own checks, which take as long as everything else together."""
