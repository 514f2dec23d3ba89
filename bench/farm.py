"""Many simulated gateways in a process of its own, so that their work delays nobody who is measured.

`python -m bench.farm SITES INVERTERS` serves them until its input ends, and prints what is needed to ask them.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, replace
import json
import sys

from simulator.clock import SystemClock
from simulator.house import ArrayConfig, House
from simulator.iq_gateway import GatewayServer
from simulator.presets import PRESETS

from .gateway import noon_now

_LINE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """A gateway that answers, and what an entry for it has to know."""

    serial: str
    host: str
    fingerprint: str
    token: str


@asynccontextmanager
async def farm(sites: int, inverters: int) -> AsyncIterator[list[Planted]]:
    """Serve so many sites, which share so many inverters, until the context ends."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bench.farm", str(sites), str(inverters)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_LINE,
    )
    assert process.stdin is not None  # noqa: S101 - for the types: both are pipes.
    assert process.stdout is not None  # noqa: S101 - as above.
    try:
        planted = [Planted(**json.loads(await process.stdout.readline())) for _ in range(sites)]
        yield planted
    finally:
        process.stdin.close()
        await process.wait()


async def _serve(sites: int, inverters: int) -> None:
    """Serve homes with batteries, three current transformers, and a system controller, each of its own weather."""
    preset, clock = PRESETS["home"](), SystemClock()
    place = noon_now()
    async with AsyncExitStack() as stack:
        for number in range(sites):
            share = inverters // sites + (number < inverters % sites)
            config = replace(preset.house, place=place, seed=number + 1, arrays=(ArrayConfig(inverters=share),))
            gateway = replace(preset.gateway, serial=f"482512{number:06}")
            server = GatewayServer(House(config, start=clock.now() - 60), gateway, clock=clock)
            await stack.enter_async_context(server)
            planted = Planted(
                serial=server.serial, host=server.host, fingerprint=server.fingerprint.hex(), token=server.token()
            )
            print(json.dumps(asdict(planted)), flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve(*map(int, sys.argv[1:])))
