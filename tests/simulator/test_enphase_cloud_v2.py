"""The Systems API v2, as its documents have it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
import json
from typing import Any

import aiohttp
import pytest

from simulator.clock import ManualClock
from simulator.enphase_cloud import (
    LEGACY_WATT,
    Application,
    CloudServer,
    CloudSite,
    CloudSystem,
    decode_user,
    encode_user,
    lived,
)
from simulator.house import BatteryConfig, HouseConfig, Place
from simulator.iq_gateway import GatewayConfig

from .conftest import MIDNIGHT, NOON

DAY = 86_400
OFFSET = 2 * 3600
TODAY = int(MIDNIGHT) - OFFSET
"""This midnight in Amsterdam, epoch s."""


@pytest.fixture
def home() -> CloudSystem:
    """Return a home whose meter came on its third day."""
    config = HouseConfig(place=Place(timezone="Europe/Amsterdam"), battery=BatteryConfig())
    since = datetime.fromtimestamp(NOON - 8 * DAY, UTC).date()
    return lived(config, now=NOON, days=10, site=CloudSite(system_id=66, name="Home", meter_since=since))


@pytest.fixture
async def cloud(home: CloudSystem, clock: ManualClock, socket_enabled: None) -> AsyncIterator[CloudServer]:
    """Serve it, and one with inverters alone."""
    bare = GatewayConfig(serial="482512000024", metered=False, cts=())
    site = CloudSite(system_id=67, name="Plain", connection_type="wifi")
    plain = lived(HouseConfig(), now=NOON, days=1, site=site, hardware=bare)
    async with CloudServer([home, plain], clock=clock) as server:
        yield server


@pytest.fixture
def application(cloud: CloudServer) -> Application:
    """Register an application of v2's free plan."""
    return cloud.add_application("Legacy", plan=LEGACY_WATT)


class Api:
    """Asks v2."""

    def __init__(self, session: aiohttp.ClientSession, cloud: CloudServer, application: Application) -> None:
        """Ask for a user who shows everything."""
        self._session = session
        self._url = f"{cloud.url}/api/v2/systems"
        self.query = {"key": application.key, "user_id": cloud.add_legacy_user()}

    async def ask(self, path: str = "", **query: Any) -> tuple[int, Any]:
        """Return status and payload, None without content."""
        async with self._session.get(self._url + path, params=self.query | query) as response:
            text = await response.text()
            return response.status, json.loads(text) if text else None

    async def get(self, path: str = "", **query: Any) -> Any:
        """Return the payload of a success."""
        status, payload = await self.ask(path, **query)
        assert status == 200, payload
        return payload


@pytest.fixture
def api(session: aiohttp.ClientSession, cloud: CloudServer, application: Application) -> Api:
    """Return a client."""
    return Api(session, cloud, application)


def test_user_ids_are_numbers_in_disguise() -> None:
    """As the demo's is."""
    assert encode_user(310606) == "4d7a45774e6a41320a"
    assert decode_user("4d7a45774e6a41320a") == 310606
    assert [decode_user(each) for each in ("310606", "zz", "4d", "")] == [None] * 4


async def test_systems_come_in_batches(api: Api, cloud: CloudServer, application: Application) -> None:
    """The next one begins after the last one's number."""
    application.plan = replace(LEGACY_WATT, per_minute=100)
    for number in range(100, 105):
        cloud.add_system(lived(HouseConfig(), now=NOON, days=0.1, site=CloudSite(system_id=number)))
    seen: list[int] = []
    query: dict[str, Any] = {"limit": 3}
    while True:
        answer = await api.get(**query)
        seen += [each["system_id"] for each in answer["systems"]]
        if "next" not in answer:
            break
        query["next"] = answer["next"]
    assert seen == [66, 67, *range(100, 105)]
    assert [each["system_id"] for each in (await api.get(system_name="lai"))["systems"]] == [67]
    assert [each["system_id"] for each in (await api.get(**{"system_id[]": "66"}))["systems"]] == [66]
    assert (await api.get(connection_type="cellular"))["systems"] == []
    assert "status" in (await api.get())["systems"][0]["meta"]
    assert (await api.ask(next="zz"))[0] == 422


async def test_who_may_ask(api: Api, cloud: CloudServer) -> None:
    """A key, a user of it, and a system of theirs."""
    denied = {"reason": "401", "message": ["Not authorized to access requested resource."]}
    for query in ({"key": "x"}, {"user_id": "310606"}, {"user_id": encode_user(1)}):
        assert await api.ask(**query) == (401, denied)
    theirs = cloud.add_legacy_user(5, systems=[67])
    assert (await api.ask("/66/summary", user_id=theirs))[0] == 401
    assert (await api.ask("/67/summary", user_id=theirs))[0] == 200
    cloud.policy.v2_consumption = False
    assert (await api.ask("/66/consumption_lifetime"))[0] == 401
    assert (await api.ask("/66/energy_lifetime"))[0] == 200


async def test_too_many_requests_are_a_conflict(api: Api) -> None:
    """With the period they are about."""
    for _ in range(10):
        await api.get()
    assert await api.ask() == (
        409,
        {
            "reason": "409",
            "message": ["Usage limit exceeded for plan Watt"],
            "period": "minute",
            "period_start": NOON,
            "period_end": NOON + 60,
            "limit": 10,
        },
    )


async def test_days_are_merged_from_inverters_and_meter(api: Api, home: CloudSystem) -> None:
    """By default until yesterday; today only when asked for."""
    answer = await api.get("/66/energy_lifetime", production="all")
    assert (answer["start_date"], answer["meter_start_date"]) == ("2026-06-10", "2026-06-12")
    assert len(answer["production"]) == 10
    assert answer["micro_production"] == answer["production"]
    assert answer["meter_production"] == [0, 0, *answer["production"][2:]]
    today = await api.get("/66/energy_lifetime", start_date="2026-06-20", end_date="2026-06-25")
    assert len(today["production"]) == 1
    whole = sum(answer["production"]) + today["production"][0]
    assert whole == home.archive.counter("solar", NOON - 900)
    summary = await api.get("/66/summary")
    assert summary["energy_lifetime"] == sum(answer["production"])
    assert summary["energy_today"] == today["production"][0]
    assert len((await api.get("/66/consumption_lifetime"))["consumption"]) == 10
    past = await api.get("/66/summary", summary_date="2026-06-15")
    assert (past["current_power"], past["modules"], past["size_w"]) == (0, 0, 0)
    assert past["energy_today"] == answer["production"][5]


async def test_a_silent_system_has_trailing_zeroes(api: Api, home: CloudSystem) -> None:
    """Where they are asked for."""
    home.go_silent(TODAY - 2 * DAY)
    answer = await api.get("/66/energy_lifetime", end_date="2026-06-19")
    assert answer["production"][-2:] == [0, 0]
    assert answer["meta"]["status"] == "comm"
    assert answer["meta"]["last_report_at"] == TODAY - 2 * DAY
    assert len((await api.get("/66/energy_lifetime"))["production"]) == 9


async def test_without_data_there_is_no_content(api: Api, cloud: CloudServer) -> None:
    """No meter, no production."""
    assert await api.ask("/67/consumption_lifetime") == (204, None)
    assert (await api.get("/67/consumption_stats"))["intervals"] == []
    assert (await api.get("/67/rgm_stats"))["intervals"] == []
    cloud.add_system(lived(HouseConfig(arrays=()), now=NOON, days=1, site=CloudSite(system_id=68)))
    assert await api.ask("/68/energy_lifetime") == (204, None)


async def test_five_minutes_without_the_night(api: Api, home: CloudSystem) -> None:
    """A day at most, listed by their ends, rounded down, gaps kept."""
    home.lose(TODAY - DAY + 12 * 3600, TODAY - DAY + 13 * 3600)
    answer = await api.get("/66/stats", start_at=TODAY - DAY + 7, end_at=TODAY + DAY)
    rows = answer["intervals"]
    assert 150 < len(rows) < 210
    assert all(each["enwh"] * 12 == each["powr"] for each in rows)
    assert all(TODAY - DAY < each["end_at"] <= TODAY and each["end_at"] % 300 == 0 for each in rows)
    assert not [each for each in rows if TODAY - DAY // 2 < each["end_at"] <= TODAY - DAY // 2 + 3600]
    today = (await api.get("/66/stats"))["intervals"]
    summary = await api.get("/66/summary")
    assert sum(each["enwh"] for each in today) == summary["energy_today"]
    assert (await api.get("/66/stats", start_at=TODAY - 400 * DAY, end_at=int(NOON)))["intervals"] == []
    early = await api.get("/66/stats", start_at=TODAY - 20 * DAY, end_at=TODAY - 5 * DAY)
    assert early["intervals"][0]["end_at"] > home.archive.start
    for query in (
        {"start_at": int(NOON) - 600},
        {"start_at": TODAY - 40 * DAY, "end_at": TODAY - 30 * DAY},
    ):
        status, error = await api.ask("/66/stats", **query)
        assert status == 422
        assert (error["first_interval"], error["last_interval"]) == (home.archive.start + 300, NOON - 900)


async def test_meters_for_seven_days(api: Api) -> None:
    """Not for a second more."""
    begin = TODAY - 8 * DAY
    rows = (await api.get("/66/rgm_stats", start_at=begin, end_at=begin + 7 * DAY))["intervals"]
    assert len(rows) == 672
    energies = (await api.get("/66/energy_lifetime", start_date="2026-06-12", end_date="2026-06-18"))["production"]
    assert sum(each["wh_del"] for each in rows) == sum(energies)
    status, error = await api.ask("/66/rgm_stats", start_at=begin, end_at=begin + 7 * DAY + 900)
    days = "Requested date range in one API hit cannot be more than 7 days."
    assert (status, error["message"]) == (422, f"{days} {{:start_at=> {begin}, :end_at=> {begin + 7 * DAY + 900}}}")
    rows = (await api.get("/66/consumption_stats", start_at=begin, end_at=TODAY))["intervals"]
    assert len(rows) == 768


async def test_odometers_and_months(api: Api, home: CloudSystem) -> None:
    """A month must be over."""
    (reading,) = (await api.get("/66/production_meter_readings", end_at=TODAY + 100))["meter_readings"]
    assert reading == {
        "serial_number": f"{home.serial}EIM1",
        "value": home.archive.counter("solar", TODAY),
        "read_at": TODAY,
    }
    assert (await api.ask("/66/monthly_production", start_date="2026-06-01"))[0] == 422
    month = await api.get("/66/monthly_production", start_date="2026-05-15")
    assert month["end_date"] == "2026-06-14"
    energies = (await api.get("/66/energy_lifetime", end_date="2026-06-14"))["production"]
    assert month["production_wh"] == sum(energies)


async def test_devices(api: Api, home: CloudSystem) -> None:
    """Gateways, inventory, inverters, and the way from a serial number."""
    assert (await api.get("/66/envoys"))["envoys"][0]["serial_number"] == home.serial
    inventory = await api.get("/66/inventory")
    assert (len(inventory["inverters"]), len(inventory["meters"])) == (12, 2)
    (envoy,) = await api.get("/inverters_summary_by_envoy_or_site", site_id=66)
    assert len(envoy["micro_inverters"]) == 12
    assert await api.get("/search_system_id", serial_num=home.serial) == {"system_id": 66}
    assert await api.ask("/search_system_id", serial_num="1") == (
        404,
        {"reason": "404", "errorMessages": ["Envoy not found with this serial number"]},
    )


async def test_times_have_two_forms(api: Api, session: aiohttp.ClientSession, cloud: CloudServer) -> None:
    """Seconds, or ISO 8601 with the place's offset; and a callback."""
    epoch = await api.get("/66/rgm_stats")
    iso = await api.get("/66/rgm_stats", datetime_format="iso8601")
    assert iso["intervals"][0]["end_at"] == "2026-06-20T00:15:00+02:00"
    for before, after in zip(epoch["intervals"], iso["intervals"], strict=True):
        assert datetime.fromisoformat(after["end_at"]).timestamp() == before["end_at"]
    listed = (await api.get(datetime_format="iso8601"))["systems"][0]["meta"]["last_report_at"]
    assert datetime.fromisoformat(listed).utcoffset() == timedelta(hours=2)
    query = api.query | {"callback": "show"}
    async with session.get(f"{cloud.url}/api/v2/systems/66/summary", params=query) as response:
        assert (await response.text()).startswith('show({"system_id": 66')


async def test_what_cannot_be_asked(api: Api, cloud: CloudServer) -> None:
    """Is told with its reason; after its end nothing can."""
    for path, query in (
        ("/66/summary", {"summary_date": "2026-06-21"}),
        ("/66/summary", {"summary_date": "soon"}),
        ("/66/energy_lifetime", {"start_date": "2026-06-21"}),
        ("/66/consumption_stats", {"start_at": "x"}),
        ("/66/consumption_stats", {"start_at": 2000, "end_at": 1000}),
    ):
        status, error = await api.ask(path, **query)
        assert (status, error["reason"]) == (422, "422")
        assert isinstance(error["message"], str)
    assert (await api.ask("", datetime_format="swatch"))[0] == 422
    assert (await api.ask("/here/summary"))[0] == 404
    cloud.policy.unavailable = True
    assert (await api.ask("/66/rgm_stats"))[0] == 500
    cloud.policy.v2_retired = 410
    assert (await api.ask())[0] == 410
