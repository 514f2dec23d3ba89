"""A gateway has one slow processor, and counts what it was made to do."""

import asyncio
from dataclasses import replace

import pytest

from simulator.clock import ManualClock
from simulator.house import House
from simulator.iq_gateway import GatewayServer, Speed
from simulator.iq_gateway.processor import NATIVE, cost_of

from .client import Client
from .conftest import HARDWARE


@pytest.fixture
def slow_gateway(house: House, clock: ManualClock, socket_enabled: None) -> GatewayServer:
    """Return a gateway that counts its seconds without taking them."""
    return GatewayServer(house, replace(HARDWARE, speed=Speed.TYPICAL, wait=0.0), clock=clock)


async def test_the_processor_counts_modelled_seconds(slow_gateway: GatewayServer) -> None:
    """A Ruby page costs what dozens of native ones cost."""
    async with slow_gateway as gateway, Client(gateway, gateway.token()) as client:
        await client.ask("/ivp/meters")
        verified = gateway.stats.busy
        gateway.stats.reset()
        await client.ask("/ivp/meters")
        native = gateway.stats.busy
        assert verified - native > 0.015
        await client.ask("/production.json")
        assert gateway.stats.busy > 10 * native
        assert gateway.stats.requests == {"/ivp/meters": 1, "/production.json": 1}
        assert [each.path for each in gateway.stats.recent] == ["/ivp/meters", "/production.json"]
        assert gateway.stats.busy_share(60) == gateway.stats.busy / 60


async def test_requests_are_served_one_after_the_other(
    house: House, clock: ManualClock, socket_enabled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many come at once."""
    config = replace(HARDWARE, speed=Speed.FAST, wait=0.01)
    working, most = 0, 0
    async with GatewayServer(house, config, clock=clock) as gateway, Client(gateway, gateway.token()) as client:
        sleep = asyncio.sleep

        async def watch(seconds: float) -> None:
            nonlocal working, most
            working += 1
            most = max(most, working)
            await sleep(seconds)
            working -= 1

        monkeypatch.setattr("simulator.iq_gateway.processor.asyncio.sleep", watch)
        await asyncio.gather(*(client.ask("/ivp/meters") for _ in range(4)))
    assert most == 1
    assert gateway.stats.max_in_flight > 1
    assert gateway.stats.in_flight == 0


def test_times_are_those_measured() -> None:
    """The typical gateway is the geometric mean of a slow and a fast one."""
    cost = cost_of("/production")
    assert (cost.seconds(Speed.SLOW), cost.seconds(Speed.FAST)) == (11.1, 2.96)
    assert cost.seconds(Speed.TYPICAL) == pytest.approx(5.73, abs=0.01)
    assert cost.seconds(Speed.NONE) == 0
    assert cost_of("/ivp/anything") == NATIVE
    assert cost_of("/production.json", "details=1").slow == 5.4
