"""The command line serves a home until it is told to stop."""

import asyncio
import signal

import aiohttp
import pytest

from simulator.__main__ import equip, main, parse, serve
from simulator.clock import ManualClock, SystemClock

from .conftest import NOON


def test_options_change_the_preset() -> None:
    """Number of inverters, place, firmware and seed."""
    arguments = ["--preset", "home", "--inverters", "7", "--city", "Lyon", "--firmware", "D8.3.5286", "--seed", "9"]
    preset = equip(parse(arguments))
    assert sum(array.inverters for array in preset.house.arrays) == 7
    assert preset.house.place.timezone == "Europe/Paris"
    assert preset.house.seed == 9
    assert preset.gateway.firmware == "D8.3.5286"


async def test_it_says_where_it_listens_and_ends(socket_enabled: None, capsys: pytest.CaptureFixture[str]) -> None:
    """With an account and a token."""
    stop = asyncio.Event()
    options = parse(["--port", "0", "--account-port", "0", "--past-days", "1", "--service-times", "none"])
    serving = asyncio.create_task(serve(options, ManualClock(NOON), stop))
    said = ""
    while "token" not in said:
        await asyncio.sleep(0)
        said += capsys.readouterr().out
    url, token = said.split()[3], said.split()[-1]
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=False)) as session,
        session.get(f"{url}/api/v1/production/inverters", headers=headers) as response,
    ):
        assert len(await response.json()) == 25
    stop.set()
    await serving


async def test_tesla_s_cloud_has_the_same_home(socket_enabled: None, capsys: pytest.CaptureFixture[str]) -> None:
    """With an application that may be answered anywhere, and a page that asks."""
    stop = asyncio.Event()
    ports = ["--port", "0", "--account-port", "0", "--tesla-port", "0"]
    options = parse([*ports, "--past-days", "1", "--service-times", "none"])
    serving = asyncio.create_task(serve(options, ManualClock(NOON), stop))
    said = ""
    while "application" not in said:
        await asyncio.sleep(0)
        said += capsys.readouterr().out
    *_, url, _, _, client_id, _, _secret = said.split()
    query = {"client_id": client_id, "redirect_uri": "https://example.com", "response_type": "code"}
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{url}/oauth2/v3/authorize", params=query) as response,
    ):
        assert 'id="allow"' in await response.text()
    stop.set()
    await serving


async def test_a_request_to_terminate_ends_it(socket_enabled: None, capsys: pytest.CaptureFixture[str]) -> None:
    """Without an error."""
    arguments = ["--preset", "standard", "--port", "0", "--account-port", "0", "--past-days", "0"]
    serving = asyncio.create_task(main(arguments))
    said = ""
    while "token" not in said:
        await asyncio.sleep(0)
        said += capsys.readouterr().out
    signal.raise_signal(signal.SIGTERM)
    await serving


def test_clocks() -> None:
    """One follows the machine, one stands still."""
    manual = ManualClock(10)
    manual.advance(5)
    assert manual.now() == 15
    with pytest.raises(ValueError, match="backwards"):
        manual.advance(-1)
    fast = SystemClock(speed=1000, start=50)
    assert fast.now() >= 50
