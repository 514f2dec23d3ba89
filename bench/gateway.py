"""A simulated gateway in a thread of its own, so that its work is not counted as ours."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
import threading

from simulator.clock import SystemClock
from simulator.house import House, Place
from simulator.iq_gateway import GatewayServer, Speed
from simulator.presets import PRESETS


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A gateway that answers, and what is needed to ask it."""

    server: GatewayServer
    token: str


@contextmanager
def gateway(preset: str, speed: Speed) -> Iterator[Served]:
    """Serve a preset's house, where it is noon now, until the context ends."""
    ready = threading.Event()
    served: list[Served] = []
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        found = PRESETS[preset]()
        clock = SystemClock()
        house = House(replace(found.house, place=noon_now()), start=clock.now() - 3600)
        config = replace(found.gateway, speed=speed)
        async with GatewayServer(house, config, clock=clock) as server:
            served.append(Served(server=server, token=server.token()))
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), name="gateway")
    thread.start()
    ready.wait(30)
    try:
        yield served[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


def noon_now() -> Place:
    """Return a place on which the sun stands highest at this time of the day."""
    now = datetime.now(UTC)
    return Place(latitude=10.0, longitude=(12 - now.hour - now.minute / 60) * 15, timezone="UTC")
