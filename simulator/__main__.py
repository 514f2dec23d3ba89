"""Serve a simulated home: `python -m simulator --help`."""

import argparse
import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
import signal
import sys

from .clock import Clock, SystemClock
from .cloud.archive import Archive
from .enphase_account import AccountServer
from .house import House, HouseConfig, record
from .iq_gateway import GatewayServer, Speed
from .presets import PLACES, PRESETS, Preset
from .tesla_cloud import Consent, EnergySite, TeslaServer

_DAY = 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was asked on the command line."""

    preset: str
    port: int
    account_port: int
    inverters: int | None
    city: str | None
    speed: float
    firmware: str | None
    seed: int | None
    service_times: Speed
    past_days: int
    tesla_port: int | None
    email: str
    password: str


def parse(arguments: Sequence[str] | None = None) -> Options:
    """Return the options of a command line."""
    parser = argparse.ArgumentParser(prog="python -m simulator", description=__doc__)
    parser.add_argument("--preset", choices=sorted(PRESETS), default="home")
    parser.add_argument("--port", type=int, default=8443, help="of the gateway")
    parser.add_argument("--account-port", type=int, default=8444)
    parser.add_argument("--inverters", type=int, help="instead of the preset's number")
    parser.add_argument("--city", choices=sorted(PLACES))
    parser.add_argument("--speed", type=float, default=1.0, help="simulated s a second")
    parser.add_argument("--firmware", help="such as D8.3.5286")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--service-times", type=Speed, choices=list(Speed), default=Speed.TYPICAL)
    parser.add_argument("--past-days", type=int, default=8, help="lived before the start")
    parser.add_argument("--tesla-port", type=int, help="serve the home in Tesla's cloud too")
    parser.add_argument("--email", default="owner@example.com")
    parser.add_argument("--password", default="sunshine")
    return Options(**vars(parser.parse_args(arguments)))


def equip(options: Options) -> Preset:
    """Return the preset with what the options change."""
    preset = PRESETS[options.preset]()
    house = preset.house
    if options.inverters is not None:
        house = with_inverters(house, options.inverters)
    if options.city is not None:
        house = replace(house, place=PLACES[options.city])
    if options.seed is not None:
        house = replace(house, seed=options.seed)
    gateway = replace(preset.gateway, speed=options.service_times, port=options.port)
    if options.firmware is not None:
        gateway = replace(gateway, firmware=options.firmware)
    return Preset(house=house, gateway=gateway)


def with_inverters(house: HouseConfig, count: int) -> HouseConfig:
    """Return the house with `count` inverters, spread over its arrays as before."""
    whole = sum(array.inverters for array in house.arrays)
    shares = [count * array.inverters // whole for array in house.arrays]
    shares[0] += count - sum(shares)
    arrays = tuple(replace(array, inverters=share) for array, share in zip(house.arrays, shares, strict=True))
    return replace(house, arrays=arrays)


async def serve(options: Options, clock: Clock, stop: asyncio.Event) -> None:
    """Serve a home until `stop` is set."""
    preset = equip(options)
    now = clock.now()
    house = House(preset.house, start=now - options.past_days * _DAY)
    archive = Archive(house)
    record(house, now, step=_DAY)
    gateway = GatewayServer(house, preset.gateway, clock=clock)
    accounts = AccountServer([gateway], port=options.account_port)
    accounts.add_account(options.email, options.password)
    async with AsyncExitStack() as servers:
        await servers.enter_async_context(gateway)
        await servers.enter_async_context(accounts)
        lines = [
            f"IQ Gateway {gateway.serial}  https://{gateway.host}",
            f"Account services         {accounts.url}",
            f"Sign in with             {options.email} / {options.password}",
            f"Or with this token       {gateway.token()}",
        ]
        if options.tesla_port is not None:
            site = EnergySite(house, archive=archive, live=gateway.state.advance)
            tesla = await servers.enter_async_context(TeslaServer([site], clock=clock, port=options.tesla_port))
            tesla.policy.consent = Consent.ASK
            application = tesla.add_application(redirects=["*"])
            lines += [
                f"Tesla sign-in and API    {tesla.url}",
                f"Tesla application        {application.client_id} / {application.client_secret}",
            ]
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()
        await stop.wait()


async def main(arguments: Sequence[str] | None = None) -> None:
    """Serve a home until Ctrl-C or a request to terminate."""
    options = parse(arguments)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await serve(options, SystemClock(speed=options.speed), stop)


if __name__ == "__main__":
    asyncio.run(main())
