"""Quotas, plans, the dear stream, and everything that goes wrong on the way."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
import json
from typing import Any

import aiohttp
import pytest

from simulator.clock import ManualClock
from simulator.enphase_cloud import (
    KILOWATT,
    MEGAWATT,
    PARTNER,
    WATT,
    Application,
    CloudServer,
    CloudSystem,
    Group,
    lived,
)
from simulator.house import BatteryConfig, HouseConfig
from simulator.iq_gateway.faults import Hang, HtmlPage, HttpStatus, Mutate, Reset, Slow, Truncated

from .conftest import NOON

SYSTEMS = "/api/v4/systems"
MONTH = 30 * 86_400


@pytest.fixture
def home() -> CloudSystem:
    """Return a home with a battery."""
    return lived(HouseConfig(battery=BatteryConfig()), now=NOON, days=0.5)


@pytest.fixture
async def cloud(home: CloudSystem, clock: ManualClock, socket_enabled: None) -> AsyncIterator[CloudServer]:
    """Serve it."""
    async with CloudServer([home], clock=clock) as server:
        server.tokens.access_lifetime = 400 * 86_400
        yield server


@pytest.fixture
def application(cloud: CloudServer) -> Application:
    """Register an application of the free plan."""
    return cloud.add_application("Free")


async def ask(
    session: aiohttp.ClientSession,
    cloud: CloudServer,
    application: Application,
    path: str = SYSTEMS,
    method: str = "GET",
    headers: dict[str, str] | None = None,
) -> tuple[int, Any]:
    """Return status and payload of a request."""
    headers = cloud.headers(application) if headers is None else headers
    async with session.request(method, cloud.url + path, headers=headers) as response:
        return response.status, await response.json(content_type=None)


async def test_a_plan_has_requests_a_minute(
    session: aiohttp.ClientSession, cloud: CloudServer, application: Application, clock: ManualClock
) -> None:
    """Of the clock's minute, and per key."""
    for _ in range(10):
        assert (await ask(session, cloud, application))[0] == 200
    status, error = await ask(session, cloud, application)
    assert (status, error) == (
        429,
        {
            "message": "Too Many Requests",
            "details": "Usage limit exceeded for plan Watt",
            "code": 429,
            "period": "minute",
            "period_start": NOON,
            "period_end": NOON + 60,
            "limit": 10,
        },
    )
    assert (await ask(session, cloud, cloud.add_application("Other")))[0] == 200
    cloud.policy.period_in_429 = False
    assert "period" not in (await ask(session, cloud, application))[1]
    clock.advance(60)
    assert (await ask(session, cloud, application))[0] == 200
    assert cloud.stats.count(application="Free") == 13
    assert cloud.stats.count(application="Free", path=SYSTEMS, status=429) == 2
    assert cloud.stats.over_quota == {"Free": 2, "Other": 0}
    assert application.usage.used(clock.now()) == 13
    assert [each.over_quota for each in cloud.requests].count(True) == 2


async def test_a_plan_has_requests_a_month(
    session: aiohttp.ClientSession, cloud: CloudServer, application: Application, clock: ManualClock
) -> None:
    """Of the calendar; only the free one refuses more."""
    application.usage.use(999, clock.now())
    assert (await ask(session, cloud, application))[0] == 200
    status, error = await ask(session, cloud, application)
    assert (status, error["period"], error["limit"]) == (429, "month", 1000)
    assert error["period_end"] == NOON - 12 * 3600 + 11 * 86_400
    application.plan = replace(KILOWATT, per_month=1)
    assert (await ask(session, cloud, application))[0] == 200
    application.plan = WATT
    clock.advance(error["period_end"] - clock.now())
    assert (await ask(session, cloud, application))[0] == 200


async def test_failures_count_unless_told_otherwise(
    session: aiohttp.ClientSession, cloud: CloudServer, application: Application, clock: ManualClock
) -> None:
    """It is not documented whether they do."""
    assert (await ask(session, cloud, application, f"{SYSTEMS}/9"))[0] == 404
    assert application.usage.used(clock.now()) == 1
    cloud.policy.count_refused = False
    assert (await ask(session, cloud, application, f"{SYSTEMS}/9"))[0] == 404
    assert application.usage.used(clock.now()) == 1


@pytest.mark.parametrize(
    ("plan", "path", "allowed"),
    [
        (WATT, "summary", True),
        (WATT, "telemetry/battery", True),
        (WATT, "telemetry/production_micro", True),
        (WATT, "devices/micros/telemetry", False),
        (KILOWATT, "devices/micros/telemetry", True),
        (PARTNER, "devices/micros/telemetry", True),
    ],
)
async def test_a_plan_has_groups(
    session: aiohttp.ClientSession, cloud: CloudServer, application: Application, plan: Any, path: str, allowed: bool
) -> None:
    """What is outside looks like a bad token, or is forbidden."""
    application.plan = plan
    path = f"{SYSTEMS}/100001/{path}"
    status, error = await ask(session, cloud, application, path)
    if allowed:
        assert status == 200
        return
    assert (status, error) == (401, {"message": "Not Authorized", "details": "User is not authorized", "code": 401})
    cloud.policy.outside_plan = 403
    assert (await ask(session, cloud, application, path))[1] == {
        "message": "Forbidden",
        "details": "Not authorized to access this resource",
        "code": 403,
    }


async def test_settings_are_for_the_dear_plans(
    session: aiohttp.ClientSession, cloud: CloudServer, application: Application
) -> None:
    """And for applications that ticked the box."""
    path = f"{SYSTEMS}/config/100001/battery_settings"
    for plan, status in ((WATT, 401), (KILOWATT, 401), (MEGAWATT, 200), (PARTNER, 200)):
        application.plan = plan
        assert (await ask(session, cloud, application, path))[0] == status
    application.ticked = frozenset({Group.SYSTEM_DETAILS})
    assert (await ask(session, cloud, application, path))[0] == 401
    assert (await ask(session, cloud, application))[0] == 200


async def test_errors_have_many_shapes(
    session: aiohttp.ClientSession, cloud: CloudServer, application: Application
) -> None:
    """A list here, a text there."""
    status, error = await ask(session, cloud, application, f"{SYSTEMS}/1")
    assert (status, error["details"]) == (404, 'System not found for {:id=>"1"}')
    status, error = await ask(session, cloud, application, f"{SYSTEMS}/1/production_meter_readings")
    assert (status, error["message"]) == (404, "Not Authorized")
    status, error = await ask(session, cloud, application, method="DELETE")
    assert (status, error) == (405, {"reason": "405", "message": ["Method not allowed"]})
    assert (await ask(session, cloud, application, method="PATCH"))[0] == 501
    assert (await ask(session, cloud, application, f"{SYSTEMS}/100001/nothing"))[0] == 404
    headers = cloud.headers(application)
    assert (await ask(session, cloud, application, headers={"key": application.key}))[0] == 401
    assert (await ask(session, cloud, application, headers={"Authorization": headers["Authorization"]}))[0] == 401
    only = {"Authorization": headers["Authorization"]}
    assert (await ask(session, cloud, application, f"{SYSTEMS}?key={application.key}", headers=only))[0] == 200
    cloud.policy.unavailable = True
    status, error = await ask(session, cloud, application, f"{SYSTEMS}/100001/rgm_stats")
    assert (status, error) == (500, {"errorCode": 7, "errorMessages": ["Data is temporarily unavailable"]})
    async with session.get(f"{cloud.url}/elsewhere") as response:
        assert (response.status, response.content_type) == (404, "text/html")


async def test_faults_act_on_a_path(
    session: aiohttp.ClientSession, cloud: CloudServer, application: Application
) -> None:
    """Whatever can go wrong does, once."""
    headers = cloud.headers(application)

    async def get() -> tuple[int, str]:
        async with session.get(cloud.url + SYSTEMS, headers=headers) as response:
            return response.status, await response.text()

    cloud.faults.add(HttpStatus(502), SYSTEMS, count=1)
    status, text = await get()
    assert status == 502
    assert text.startswith("<html>")
    cloud.faults.add(HtmlPage(), SYSTEMS, count=1)
    assert (await get())[1].startswith("<!DOCTYPE")
    cloud.faults.add(Mutate(lambda body: {**body, "systems": None}), SYSTEMS, count=1)
    assert '"systems": null' in (await get())[1]
    cloud.faults.add(Truncated(keep=0.5), SYSTEMS, count=1)
    assert not (await get())[1].endswith("}")
    for fault in (Reset(), Truncated(keep=0.5, promise_all=True)):
        # The client tries once more by itself where a kept connection breaks.
        active = cloud.faults.add(fault, SYSTEMS)
        with pytest.raises(aiohttp.ClientError):
            await get()
        active.remove()
    cloud.faults.add(Hang(), SYSTEMS, count=1)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await get()
    assert (await get())[0] == 200
    assert cloud.stats.statuses[502] == 1


async def test_too_many_at_a_time(session: aiohttp.ClientSession, cloud: CloudServer, application: Application) -> None:
    """Are turned away."""
    cloud.policy.max_concurrent = 1
    cloud.faults.add(Slow(0.05), SYSTEMS)
    statuses = [status for status, _ in await asyncio.gather(*(ask(session, cloud, application) for _ in range(2)))]
    assert sorted(statuses) == [200, 503]
    assert cloud.stats.max_in_flight == 2


async def test_live_data_is_a_stream(
    session: aiohttp.ClientSession, cloud: CloudServer, application: Application
) -> None:
    """Of a length that is asked for."""
    application.plan = PARTNER
    url = f"{cloud.url}/api/v4/systems/100001/live_data"
    for duration, status in (("30", 200), ("29", 462), ("301", 463), ("x", 461)):
        headers = cloud.headers(application) | {"duration": duration}
        async with session.get(url, headers=headers) as response:
            assert response.status == status
            text = await response.text()
        if status == 200:
            events = [json.loads(each.removeprefix("data: ")) for each in text.split("\n\n") if each]
            data = events[0]["data"]
            flows = data["pv_power"] + data["grid_power"] + data["battery_power"] + data["generator_power"]
            assert flows == pytest.approx(data["consumption_power"], abs=3)
        else:
            assert json.loads(text)["error"]["code"] == status
