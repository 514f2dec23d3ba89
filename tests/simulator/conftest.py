"""A small home with everything in it, its gateway, and a client."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from simulator.clock import ManualClock
from simulator.enphase_account import AccountHome, AccountServer, lived
from simulator.house import ArrayConfig, BatteryConfig, House, HouseConfig, LoadCircuit, LoadConfig, PhaseCount, Place
from simulator.iq_gateway import Controller, GatewayConfig, GatewayServer, Measurement

from .client import Client
from .owner import EMAIL, PASSWORD, Owner

MIDNIGHT = 1_781_913_600.0
"""20 June 2026, 00:00 UTC."""
HOUR = 3600.0
NOON = MIDNIGHT + 12 * HOUR
HOME = HouseConfig(
    place=Place(latitude=51.5, longitude=0.0, timezone="UTC"),
    phases=PhaseCount.SPLIT,
    grid_voltage=120.0,
    grid_frequency=60.0,
    arrays=(ArrayConfig(inverters=6),),
    battery=BatteryConfig(units=2, level=50, reserve=20),
    load=LoadConfig(circuits=(LoadCircuit(contact="NC1", name="Pump", watts=900, duty=1.0),)),
)
HARDWARE = GatewayConfig(
    cts=(Measurement.PRODUCTION, Measurement.NET_CONSUMPTION, Measurement.STORAGE),
    controller=Controller.SYSTEM_CONTROLLER,
)
EUROPEAN = HouseConfig(
    place=Place(latitude=52.4, longitude=4.9, timezone="Europe/Amsterdam"),
    battery=BatteryConfig(units=2, level=50, reserve=20),
)


@pytest.fixture
def clock() -> ManualClock:
    """Stand at noon of a summer's day."""
    return ManualClock(NOON)


@pytest.fixture
def house() -> House:
    """Return a home that woke up this midnight."""
    home = House(HOME, start=MIDNIGHT)
    home.advance(NOON)
    return home


@pytest.fixture
async def gateway(house: House, clock: ManualClock, socket_enabled: None) -> AsyncIterator[GatewayServer]:
    """Serve that home."""
    async with GatewayServer(house, HARDWARE, clock=clock) as server:
        yield server


@pytest.fixture
async def client(gateway: GatewayServer) -> AsyncIterator[Client]:
    """Return a client with an owner's token and a cookie jar."""
    async with Client(gateway, gateway.token()) as client:
        yield client


@pytest.fixture
async def session(socket_enabled: None) -> AsyncIterator[aiohttp.ClientSession]:
    """Return a session for services without TLS."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield session


@pytest.fixture
def account_home(clock: ManualClock) -> AccountHome:
    """Return a home in Amsterdam that the account has known for three days."""
    return lived(EUROPEAN, now=clock.now(), days=3)


@pytest.fixture
async def account(account_home: AccountHome, clock: ManualClock, socket_enabled: None) -> AsyncIterator[AccountServer]:
    """Serve the account that has that home."""
    async with AccountServer(homes=[account_home], clock=clock) as server:
        server.add_account(EMAIL, PASSWORD)
        yield server


@pytest.fixture
async def stranger(account: AccountServer, account_home: AccountHome) -> AsyncIterator[Owner]:
    """Return its owner, who has not signed in yet."""
    async with Owner(account, account_home) as owner:
        yield owner


@pytest.fixture
async def owner(stranger: Owner) -> Owner:
    """Return its owner, signed in."""
    await stranger.password()
    return stranger
