"""A gateway misbehaves when told, where told, and as long as told."""

import asyncio
from dataclasses import replace
import json
from typing import Any

import aiohttp
import pytest

from simulator.clock import ManualClock
from simulator.house import House
from simulator.iq_gateway import (
    Empty,
    ErrorObject,
    Fault,
    GatewayServer,
    Hang,
    HtmlPage,
    HttpStatus,
    Mutate,
    NightlyRestart,
    Reset,
    Slow,
    Truncated,
    firmware_bugs as bugs,
)

from .client import Client
from .conftest import HARDWARE, HOUR, MIDNIGHT

READINGS = "/ivp/meters/readings"


@pytest.mark.parametrize("status", [401, 403, 404, 500, 502, 503])
async def test_a_status(gateway: GatewayServer, client: Client, status: int) -> None:
    """As nginx's page, or as JSON."""
    gateway.faults.add(HttpStatus(status), READINGS, count=1)
    answer = await client.ask(READINGS)
    assert answer.status == status
    assert "<html>" in answer.text
    gateway.faults.add(HttpStatus(status, as_json=True), READINGS, count=1)
    answer = await client.ask(READINGS)
    assert answer.status == status
    assert json.loads(answer.text)["error"].startswith(f"{status} - ")
    assert (await client.ask(READINGS)).status == 200


async def test_other_endpoints_are_left_alone(gateway: GatewayServer, client: Client) -> None:
    """A fault without a path is everywhere."""
    fault = gateway.faults.add(HttpStatus(503), READINGS)
    assert (await client.ask("/ivp/meters")).status == 200
    assert (await client.ask(READINGS)).status == 503
    fault.remove()
    assert (await client.ask(READINGS)).status == 200
    assert fault.hits == 1
    gateway.faults.add(HttpStatus(503))
    assert (await client.ask("/info")).status == 503
    gateway.faults.clear()
    assert (await client.ask("/info")).status == 200


async def test_a_time_window(gateway: GatewayServer, client: Client, clock: ManualClock) -> None:
    """It begins and ends by the clock."""
    now = clock.now()
    gateway.faults.add(HttpStatus(502), start=now + 10, until=now + 20)
    seen = []
    for _ in range(3):
        seen.append((await client.ask(READINGS)).status)
        clock.advance(10)
    assert seen == [200, 502, 200]


async def test_hanging_and_slowness(gateway: GatewayServer, client: Client) -> None:
    """A client that gives up sets the gateway free."""
    gateway.faults.add(Hang(), READINGS, count=1)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await client.ask(READINGS)
    gateway.faults.add(Slow(0.01), READINGS, count=1)
    assert (await client.ask(READINGS)).status == 200


async def test_a_reset_connection(gateway: GatewayServer, client: Client) -> None:
    """No answer at all."""
    gateway.faults.add(Reset(), READINGS)
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.ask(READINGS)


async def test_truncated_json(gateway: GatewayServer, client: Client) -> None:
    """Either the body is short, or the connection breaks off."""
    gateway.faults.add(Truncated(), READINGS, count=1)
    with pytest.raises(json.JSONDecodeError):
        json.loads((await client.ask(READINGS)).text)
    gateway.faults.add(Truncated(promise_all=True), READINGS)
    with pytest.raises(aiohttp.ClientError):
        await client.ask(READINGS)


@pytest.mark.parametrize(
    ("fault", "body"),
    [
        (HtmlPage("<html>login</html>"), "<html>login</html>"),
        (ErrorObject("busy"), '{"error": "busy"}'),
        (Empty(), "[]"),
        (Mutate(lambda payload: [len(payload)]), "[3]"),
    ],
)
async def test_wrong_content_with_status_200(gateway: GatewayServer, client: Client, fault: Fault, body: str) -> None:
    """What a client must not believe."""
    gateway.faults.add(fault, READINGS)
    answer = await client.ask(READINGS)
    assert (answer.status, answer.text) == (200, body)


async def test_firmware_bugs_know_their_endpoints(gateway: GatewayServer, client: Client, clock: ManualClock) -> None:
    """Each does to the payload what real firmware does."""
    clean = {each["eid"]: each for each in await client.get(READINGS)}

    async def readings(fault: Fault) -> list[dict[str, Any]]:
        gateway.faults.clear()
        gateway.faults.add(fault)
        return list(await client.get(READINGS))

    assert (await readings(bugs.lifetime_zero()))[0]["actEnergyDlvd"] == 0
    dipped = (await readings(bugs.lifetime_dip(5.0)))[0]["actEnergyDlvd"]
    assert dipped == pytest.approx(clean[704643328]["actEnergyDlvd"] - 5)
    halved = next(each for each in await readings(bugs.storage_channel_zero()) if each["eid"] == 704643840)
    whole = clean[704643840]["actEnergyRcvd"]
    assert halved["actEnergyRcvd"] == pytest.approx(whole / 2, rel=0.01)
    assert halved["channels"][0]["voltage"] == 0
    assert [each["eid"] for each in await readings(bugs.unknown_eid())][-1] == 1023410688
    assert (await readings(bugs.disabled_ct_garbage()))[-1]["actEnergyRcvd"] == -19.677
    assert (await readings(bugs.third_channel_garbage()))[0]["channels"][2]["activePower"] == -3545
    assert (await readings(bugs.power_factor_sums()))[0]["pwrFactor"] > 1
    blank = (await readings(bugs.blank_meters()))[0]
    assert blank["eid"] == 704643328
    assert blank["actEnergyDlvd"] == blank["voltage"] == 0


async def test_firmware_bugs_of_production(gateway: GatewayServer, client: Client, clock: ManualClock) -> None:
    """Wraps, repeats and stalls."""
    path = "/api/v1/production"
    fault = gateway.faults.add(bugs.daily_wrap())
    assert (await client.get(path))["wattHoursToday"] > 4e9
    fault.remove()
    fault = gateway.faults.add(bugs.unsigned_watts())
    assert (await client.get(path))["wattsNow"] == 2**32 - 4
    assert (await client.get("/ivp/pdm/energy"))["production"]["eim"]["wattsNow"] == 2**32 - 4
    fault.remove()
    fault = gateway.faults.add(bugs.today_is_lifetime())
    sums = await client.get(path)
    assert sums["wattHoursToday"] == sums["wattHoursLifetime"]
    fault.remove()
    gateway.faults.add(bugs.stalled_production())
    first = await client.get(path)
    clock.advance(HOUR)
    assert await client.get(path) == first


async def test_today_may_reset_late(gateway: GatewayServer, client: Client, clock: ManualClock) -> None:
    """Some minutes after midnight."""
    path = "/api/v1/production"
    gateway.faults.add(bugs.today_resets_late(), until=MIDNIGHT + 24 * HOUR + 600)
    clock.advance(11.9 * HOUR)
    evening = (await client.get(path))["wattHoursToday"]
    clock.advance(0.15 * HOUR)
    assert (await client.get(path))["wattHoursToday"] == evening > 0
    clock.advance(600)
    assert (await client.get(path))["wattHoursToday"] == 0


async def test_live_data_may_stall(gateway: GatewayServer, client: Client, clock: ManualClock) -> None:
    """Its time stamp goes on."""
    gateway.faults.add(bugs.stalled_live_data())
    await client.send("POST", "/ivp/livedata/stream", {"enable": 1})
    first = (await client.get("/ivp/livedata/status"))["meters"]
    clock.advance(30)
    second = (await client.get("/ivp/livedata/status"))["meters"]
    assert second["last_update"] == first["last_update"] + 30
    assert second["load"] == first["load"]


async def test_firmware_bugs_of_devices(
    gateway: GatewayServer, client: Client, house: House, clock: ManualClock
) -> None:
    """Inverters and batteries have theirs."""
    gateway.faults.add(bugs.no_inverters(), count=1)
    assert await client.get("/api/v1/production/inverters") == []
    gateway.faults.add(bugs.partial_inverters(2))
    assert len(await client.get("/api/v1/production/inverters")) == 2
    gateway.faults.add(bugs.temperature_unknown())
    assert (await client.get("/ivp/ensemble/inventory"))[0]["devices"][0]["temperature"] == "unknown"
    house.inverters[0].energy += 2 * 10**12
    clock.advance(300)
    gateway.faults.add(bugs.inverter_lifetime_wraps())
    gateway.faults.add(bugs.no_last_reading())
    channel = next(iter((await client.get("/ivp/pdm/device_data")).values()))["channels"][0]
    assert channel["lifetime"]["joulesProduced"] < 2**32
    assert channel["lastReading"] == {}


async def test_firmware_bugs_of_the_slow_page(gateway: GatewayServer, client: Client) -> None:
    """Total is net, and meters are shown as not active."""
    gateway.faults.add(bugs.total_is_net())
    gateway.faults.add(bugs.no_active_meter())
    page = await client.get("/production.json")
    total, net = page["consumption"]
    assert total["whLifetime"] == net["whLifetime"]
    assert [row["activeCount"] for row in page["production"]] == [6, 0]


async def test_a_disabled_ct_may_be_listed(gateway: GatewayServer, client: Client) -> None:
    """With a kind of its own."""
    gateway.faults.add(bugs.disabled_ct_listed())
    assert (await client.get("/ivp/meters"))[-1] | {"eid": 0} == {
        "eid": 0,
        "state": "disabled",
        "measurementType": "evse",
        "phaseMode": "split",
        "phaseCount": 2,
        "meteringStatus": "normal",
        "statusFlags": [],
    }


async def test_a_reboot_may_let_clients_hang(gateway: GatewayServer, client: Client, clock: ManualClock) -> None:
    """Until it is over."""
    gateway.reboot(60, manner="hang")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await client.ask(READINGS)
    clock.advance(61)
    assert (await client.ask(READINGS)).status == 200


async def test_a_reboot(gateway: GatewayServer, client: Client, clock: ManualClock) -> None:
    """Connections break, sessions end, and the meters are blank for a while."""
    await client.ask(READINGS)
    gateway.reboot(60, blank_polls=2)
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.ask(READINGS)
    clock.advance(61)
    powers = [(await client.get(READINGS))[0]["actEnergyDlvd"] for _ in range(3)]
    assert powers[:2] == [0, 0]
    assert powers[2] > 0
    assert gateway.stats.sessions == 2


async def test_the_nightly_restart(house: House, socket_enabled: None) -> None:
    """Every night at the gateway's local time."""
    clock = ManualClock(MIDNIGHT + 22.9 * HOUR)
    config = replace(HARDWARE, nightly_restart=NightlyRestart(hour=23.0, minutes=5, blank_polls=1))
    async with GatewayServer(house, config, clock=clock) as gateway, Client(gateway, gateway.token()) as client:
        for _ in range(2):
            assert (await client.ask(READINGS)).status == 200
            clock.advance(0.15 * HOUR)
            with pytest.raises(aiohttp.ClientConnectionError):
                await client.ask(READINGS)
            clock.advance(0.1 * HOUR)
            assert (await client.get(READINGS))[0]["voltage"] == 0
            assert (await client.get(READINGS))[0]["voltage"] > 200
            clock.advance(23.75 * HOUR)
