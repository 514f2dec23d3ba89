"""What v4 tells of a system: in its own shapes, late, and true."""

from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import aiohttp
import pytest

from simulator.clock import ManualClock
from simulator.enphase_cloud import (
    GRID_OUTAGE,
    PARTNER,
    Application,
    ChargeSession,
    CloudServer,
    CloudSite,
    CloudSystem,
    EvCharger,
    SystemEvent,
    lived,
)
from simulator.house import (
    BatteryConfig,
    GeneratorConfig,
    HouseConfig,
    LoadCircuit,
    LoadConfig,
    Outage,
    PhaseCount,
    Place,
)
from simulator.iq_gateway import Controller, GatewayConfig, Measurement

from .conftest import MIDNIGHT, NOON

DAY = 86_400
HOME = HouseConfig(
    place=Place(latitude=52.1, longitude=5.1, timezone="Europe/Amsterdam"),
    phases=PhaseCount.SPLIT,
    battery=BatteryConfig(units=3, level=50),
    load=LoadConfig(circuits=(LoadCircuit(contact="NC1", name="Pump", watts=900),)),
    generator=GeneratorConfig(),
    outages=(Outage(start=NOON - DAY, end=NOON - DAY + 3600),),
)
HARDWARE = GatewayConfig(
    cts=(Measurement.PRODUCTION, Measurement.NET_CONSUMPTION, Measurement.STORAGE),
    controller=Controller.SYSTEM_CONTROLLER,
    q_relay=True,
)
CHARGER = "202212345678"


@pytest.fixture
def home() -> CloudSystem:
    """Return a home with everything in it, four days old."""
    charger = EvCharger(
        serial=CHARGER, sessions=[ChargeSession(start=int(MIDNIGHT) + 1000, end=int(MIDNIGHT) + 9000, energy=14_831)]
    )
    return lived(HOME, now=NOON, days=4, hardware=HARDWARE, chargers=[charger])


@pytest.fixture
def plain() -> CloudSystem:
    """Return a home with inverters alone."""
    config = HouseConfig(place=Place(timezone="UTC"))
    bare = GatewayConfig(serial="482512000024", metered=False, cts=())
    site = CloudSite(system_id=7, name="Plain", connection_type="cellular")
    return lived(config, now=NOON, days=1, site=site, hardware=bare)


@pytest.fixture
async def cloud(
    home: CloudSystem, plain: CloudSystem, clock: ManualClock, socket_enabled: None
) -> AsyncIterator[CloudServer]:
    """Serve both."""
    async with CloudServer([home, plain], clock=clock) as server:
        yield server


@pytest.fixture
def application(cloud: CloudServer) -> Application:
    """Register an application that may do anything."""
    return cloud.add_application(plan=PARTNER)


class Api:
    """Asks v4."""

    def __init__(self, session: aiohttp.ClientSession, cloud: CloudServer, application: Application) -> None:
        """Ask with fresh tokens each time."""
        self._session = session
        self._url = f"{cloud.url}/api/v4/systems"
        self._cloud, self._application = cloud, application

    async def ask(self, path: str = "", method: str = "GET", json: Any = None, **query: Any) -> tuple[int, Any]:
        """Return status and payload."""
        url = f"{self._url}{path}"
        headers = self._cloud.headers(self._application)
        async with self._session.request(method, url, headers=headers, params=query, json=json) as response:
            return response.status, await response.json(content_type=None)

    async def get(self, path: str = "", **query: Any) -> Any:
        """Return the payload of a success."""
        status, payload = await self.ask(path, **query)
        assert status == 200, payload
        return payload


@pytest.fixture
def api(session: aiohttp.ClientSession, cloud: CloudServer, application: Application) -> Api:
    """Return a client."""
    return Api(session, cloud, application)


async def test_systems_come_in_pages(api: Api, cloud: CloudServer) -> None:
    """Without energies, by design."""
    for number in range(8, 32):
        cloud.add_system(lived(HouseConfig(), now=NOON, days=0.1, site=CloudSite(system_id=number)))
    seen = []
    for page, count in ((1, 10), (2, 10), (3, 6), (4, 0)):
        answer = await api.get(page=page)
        assert (answer["total"], answer["current_page"], answer["count"]) == (26, page, count)
        seen += [each["system_id"] for each in answer["systems"]]
    assert seen == [*range(7, 32), 100001]
    answer = await api.get(size=500, sort_by="-id")
    assert answer["size"] == 100
    first = answer["systems"][0]
    assert (first["system_id"], first["timezone"], first["energy_lifetime"]) == (100001, "Europe/Amsterdam", -1)
    assert (await api.get("/"))["total"] == 26
    assert (await api.get("/7"))["connection_type"] == "cellular"
    status, found = await api.ask("/search", "POST", {"system": {"name": "plain"}})
    assert (status, found["total"], found["systems"][0]["live_stream"]) == (200, 1, "disabled")
    assert (await api.ask("/search", "POST", {}))[0] == 422
    assert (await api.ask("/search", "POST", []))[0] == 400
    assert (await api.ask(page="first"))[0] == 422
    assert (await api.ask("/retrieve_system_id"))[1]["details"] == "Provide envoy serial number"
    assert (await api.ask("/event_types", event_type_id=99999))[0] == 404
    assert await api.get("/retrieve_system_id", serial_num="482512000024") == {"system_id": 7}
    assert (await api.ask("/retrieve_system_id", serial_num="1"))[0] == 404


async def test_data_is_late(api: Api, home: CloudSystem, clock: ManualClock) -> None:
    """By ten minutes and until the next quarter of an hour."""
    path = f"/{home.system_id}/telemetry/production_meter"
    for seconds, last in ((0, NOON - 900), (599, NOON - 900), (1, NOON), (899, NOON), (1, NOON + 900)):
        clock.advance(seconds)
        answer = await api.get(path)
        assert answer["intervals"][-1]["end_at"] == answer["meta"]["last_report_at"] == last
    answer = await api.get(path, granularity="15mins", start_at=int(clock.now()))
    assert answer["intervals"] == []


async def test_intervals_and_days_are_the_house_s_truth(api: Api, home: CloudSystem, clock: ManualClock) -> None:
    """Of every kind, for whole days and for today so far."""
    system = f"/{home.system_id}"
    clock.advance(600)
    kinds = {
        "solar": ("/energy_lifetime", "production"),
        "load": ("/consumption_lifetime", "consumption"),
        "grid_import": ("/energy_import_lifetime", "import"),
        "grid_export": ("/energy_export_lifetime", "export"),
        "battery_charge": ("/battery_lifetime", "charge"),
        "battery_discharge": ("/battery_lifetime", "discharge"),
    }
    for kind, (path, name) in kinds.items():
        whole = await api.get(system + path, end_date="2026-06-20")
        assert whole["start_date"] == "2026-06-16"
        assert len(whole[name]) == 5
        truth = home.archive.counter(kind, NOON)  # type: ignore[arg-type]
        if kind == "load":
            # A net meter knows nothing of the battery.
            truth += home.archive.counter("battery_charge", NOON) - home.archive.counter("battery_discharge", NOON)
        assert sum(whole[name]) == int(truth)
        assert (await api.get(system + path))[name] == whole[name][:-1]
    day = {"start_date": "2026-06-19"}
    meter = await api.get(f"{system}/telemetry/production_meter", **day)
    assert len(meter["intervals"]) == 96
    assert (meter["start_date"], meter["end_date"]) == ("2026-06-19", "2026-06-19")
    micro = await api.get(f"{system}/telemetry/production_micro", **day)
    assert 150 < len(micro["intervals"]) < 220
    energy = await api.get(
        f"{system}/energy_lifetime", start_date="2026-06-19", end_date="2026-06-19", production="all"
    )
    assert energy["production"] == energy["micro_production"] == energy["meter_production"]
    for answer, name in ((meter, "wh_del"), (micro, "enwh")):
        assert sum(each[name] for each in answer["intervals"]) == energy["production"][0]
    for path, name, kind in (("import", "wh_imported", "import"), ("export", "wh_exported", "export")):
        (rows,) = (await api.get(f"{system}/energy_{path}_telemetry", **day))["intervals"]
        (whole,) = (await api.get(f"{system}/energy_{path}_lifetime", **day, end_date="2026-06-19"))[kind]
        assert sum(each[name] for each in rows) == whole
    today = await api.get(f"{system}/energy_lifetime", start_date="2026-06-20")
    summary = await api.get(f"{system}/summary")
    assert today["production"] == [summary["energy_today"]]
    assert (
        summary["energy_lifetime"] + summary["energy_today"] == int(home.house.truth.solar) or summary["energy_today"]
    )
    assert summary["source"] == "meter"
    past = await api.get(f"{system}/summary", summary_date="2026-06-19")
    assert (past["energy_today"], past["modules"], past["current_power"]) == (energy["production"][0], 0, 0)


async def test_batteries_share_what_they_all_did(api: Api, home: CloudSystem) -> None:
    """Levels are texts where the vendor has texts."""
    system = f"/{home.system_id}"
    whole = await api.get(f"{system}/telemetry/battery", start_date="2026-06-19")
    assert whole["last_reported_aggregate_soc"].endswith("%")
    assert {each["soc"]["devices_reporting"] for each in whole["intervals"]} == {3}
    units = [
        await api.get(f"{system}/devices/encharges/{serial}/telemetry", start_date="2026-06-19")
        for serial in home.encharges
    ]
    for name in ("charge", "discharge"):
        for number, each in enumerate(whole["intervals"]):
            assert each[name]["enwh"] == sum(unit["intervals"][number][name]["enwh"] for unit in units)
    assert units[0]["last_reported_soc"] == whole["last_reported_aggregate_soc"]
    assert (await api.ask(f"{system}/devices/encharges/1/telemetry"))[0] == 404
    assert (await api.ask(f"{system}/devices/acbs/1/telemetry"))[1]["details"] == "System doesn't have acb"
    assert (await api.ask("/7/devices/encharges/1/telemetry"))[1]["details"] == "System doesn't have encharge"


async def test_inverters_share_what_the_roof_made(api: Api, home: CloudSystem) -> None:
    """Each by five minutes, and all in the summary."""
    system = f"/{home.system_id}"
    answer = await api.get(f"{system}/devices/micros/telemetry", granularity="day", size=8)
    assert (answer["total_devices"], answer["count"]) == (12, 8)
    one = await api.get(f"{system}/devices/micros/{answer['devices'][3]['serial_number']}/telemetry")
    assert one["intervals"] == answer["devices"][3]["intervals"] != []
    (envoy,) = await api.get("/inverters_summary_by_envoy_or_site", site_id=home.system_id, size=100)
    assert len(envoy["micro_inverters"]) == 12
    total = sum(each["energy"]["value"] for each in envoy["micro_inverters"])
    assert 0 <= home.archive.counter("solar", NOON - 900) - total < 12
    by_serial = {"envoy_serial_number": home.serial, "site_id": 7}
    (first,) = await api.get("/inverters_summary_by_envoy_or_site", **by_serial)
    assert first["micro_inverters"] == envoy["micro_inverters"][:10]
    assert (await api.ask("/inverters_summary_by_envoy_or_site", envoy_serial_number="1"))[0] == 404
    status, error = await api.ask("/inverters_summary_by_envoy_or_site")
    assert (status, error["details"]) == (422, "Envoy serial number or Site id mandatory")


async def test_latest_telemetry_balances(api: Api, home: CloudSystem, clock: ManualClock) -> None:
    """Net consumption is production and grid; what is a week old is null."""
    path = f"/{home.system_id}/latest_telemetry"
    devices = (await api.get(path))["devices"]
    power = {
        name: sum(each["power"] for each in devices["meters"] if each["name"] == name)
        for name in ("production", "consumption")
    }
    battery = sum(each["power"] for each in devices["encharges"])
    load = home.archive.power("load", NOON - 1200, NOON - 900)
    assert len(devices["meters"]) == 4
    assert power["consumption"] - battery == pytest.approx(load, abs=3)
    assert power["production"] > 0
    home.go_silent(NOON)
    clock.advance(8 * DAY)
    devices = (await api.get(path))["devices"]
    assert {each["power"] for each in devices["meters"]} == {None}


async def test_meters_have_odometers(api: Api, home: CloudSystem) -> None:
    """Names differ by meter."""
    system = f"/{home.system_id}"
    (reading,) = (await api.get(f"{system}/production_meter_readings", end_at=int(NOON) - DAY + 100))["meter_readings"]
    assert reading == {
        "serial_number": f"{home.serial}EIM1",
        "value": home.archive.counter("solar", NOON - DAY),
        "read_at": NOON - DAY,
    }
    (reading,) = (await api.get(f"{system}/consumption_meter_readings"))["meter_readings"]
    assert reading["serial_num"] == f"{home.serial}EIM2"
    (reading,) = (await api.get(f"{system}/storage_meter_readings"))["meter_readings"]
    assert reading["value_charged"] > reading["value_discharged"] > 0
    stats = await api.get(f"{system}/rgm_stats", start_at=int(NOON) - DAY, end_at=int(NOON) - 900)
    parts = [each["wh_del"] for each in stats["meter_intervals"][0]["intervals"]]
    assert sum(parts) == sum(each["wh_del"] for each in stats["intervals"])
    assert (await api.ask(f"{system}/rgm_stats", start_at=int(NOON) - 8 * DAY, end_at=int(NOON)))[0] == 422


async def test_devices_are_listed_by_kind(api: Api, home: CloudSystem) -> None:
    """Gateways with their firmware, meters with how they are wired."""
    answer = await api.get(f"/{home.system_id}/devices")
    counts = {kind: len(each) for kind, each in answer["devices"].items() if each}
    assert counts == {
        "micros": 12,
        "meters": 3,
        "gateways": 1,
        "q_relays": 1,
        "encharges": 3,
        "enpowers": 1,
        "ev_chargers": 1,
        "generators": 1,
    }
    assert sum(counts.values()) == answer["total_devices"]
    assert [each["config_type"] for each in answer["devices"]["meters"]] == ["Production", "Net", "Storage"]
    plain = (await api.get("/7/devices"))["devices"]
    assert plain["gateways"][0]["cellular_modem"]["imei"]
    assert plain["meters"] == []


async def test_events_and_alarms(api: Api, home: CloudSystem, cloud: CloudServer) -> None:
    """For a week at a time, outages of the house among them."""
    system = f"/{home.system_id}"
    home.events += [
        SystemEvent(event_type_id=2, start=int(NOON) - 5000, serial="1", alarm=True),
        SystemEvent(event_type_id=1, start=int(NOON) - 90_000, end=int(NOON) - 89_000, alarm=True),
    ]
    found = await api.get(f"{system}/events", start_time=int(NOON) - 2 * DAY, end_time=int(NOON))
    assert [each["event_type_id"] for each in found] == [1, GRID_OUTAGE, 2]
    assert [each["event_type_id"] for each in await api.get(f"{system}/open_events")] == [2]
    span = {"start_time": int(NOON) - 2 * DAY, "end_time": int(NOON)}
    assert len(await api.get(f"{system}/alarms", **span)) == 2
    assert [each["event_type_id"] for each in await api.get(f"{system}/alarms", **span, cleared="true")] == [1]
    assert len(await api.get(f"{system}/open_alarms")) == 1
    cloud.policy.wrap_events = True
    assert len((await api.get(f"{system}/open_events"))["events"]) == 1
    assert len((await api.get("/event_types", event_type_id=GRID_OUTAGE))["event_types"]) == 1
    assert (await api.ask(f"{system}/events"))[1]["details"] == "start_time is required"
    assert (await api.ask(f"{system}/events", start_time=int(NOON) - 8 * DAY, end_time=int(NOON)))[0] == 422


async def test_ev_chargers(api: Api, home: CloudSystem) -> None:
    """Their intervals add up to their sessions; errors have a shape of their own."""
    system, one = f"/{home.system_id}", f"/{home.system_id}/ev_charger/{CHARGER}"
    assert (await api.get(f"{system}/ev_charger/devices"))["devices"]["ev_chargers"][0]["serial_number"] == CHARGER
    assert (await api.get(f"{one}/sessions"))["sessions"][0]["energy_added"] == 14.831
    assert (await api.get(f"{system}/ev_charger/events", serial_num=CHARGER))["count"] == 2
    assert (await api.get(f"{one}/schedules"))["charger_schedules"][0]["is_active"]
    assert (await api.get(f"{one}/lifetime", start_date="20260619", end_date="20260620"))["consumption"] == [0, 14_831]
    assert sum(each["consumption"] for each in (await api.get(f"{one}/telemetry"))["consumption"]) == 14_831
    rows = (await api.get(f"{system}/{CHARGER}/evse_telemetry", interval_duration="5mins"))["intervals"]
    assert sum(each["wh_consumed"] for each in rows) == 14_831
    assert sum((await api.get(f"{system}/{CHARGER}/evse_lifetime", end_date="2026-06-20"))["consumption"]) == 14_831
    status, error = await api.ask(f"{system}/ev_charger/1/lifetime", start_date="20260619")
    assert (status, error["code"]) == (400, "400")
    assert (await api.ask(f"{one}/start_charging", "POST", {"connectorId": "1", "chargingLevel": "40"}))[0] == 202
    assert home.chargers[0].commands == ["start"]


async def test_what_a_system_lacks_is_empty(api: Api, clock: ManualClock) -> None:
    """No meter, no battery."""
    assert (await api.get("/7/consumption_lifetime"))["consumption"] == []
    assert (await api.get("/7/telemetry/production_meter"))["intervals"] == []
    assert (await api.get("/7/telemetry/battery"))["last_reported_aggregate_soc"] is None
    assert (await api.get("/7/production_meter_readings"))["meter_readings"] == []
    assert (await api.get("/7/summary"))["source"] == "microinverters"
    assert "meter_start_date" not in await api.get("/7/energy_lifetime")


async def test_a_system_that_never_produced(api: Api, cloud: CloudServer) -> None:
    """Has no beginning."""
    cloud.add_system(lived(HouseConfig(arrays=()), now=NOON, days=1, site=CloudSite(system_id=8)))
    answer = await api.get("/8/energy_lifetime")
    assert (answer["start_date"], answer["production"]) == (None, [])
    assert (await api.get("/8/summary"))["operational_at"] is None


async def test_lost_intervals_stay_lost(api: Api, home: CloudSystem) -> None:
    """A gap is a gap, not a row of zeroes."""
    home.lose(NOON - DAY, NOON - DAY + 3600)
    rows = (await api.get(f"/{home.system_id}/telemetry/consumption_meter", start_date="2026-06-19"))["intervals"]
    assert len(rows) == 92
    assert max(after["end_at"] - before["end_at"] for before, after in pairwise(rows)) == 4500


@pytest.mark.parametrize(
    ("path", "query", "details"),
    [
        ("telemetry/battery", {"start_at": int(NOON) + 3600}, "Requested date is in the future"),
        ("telemetry/battery", {"start_date": "2023-01-01"}, "Requested date range is invalid for this system."),
        ("telemetry/battery", {"start_date": "yesterday"}, "Failed to parse date yesterday"),
        ("telemetry/production_micro", {"granularity": "week"}, "Granularity week is not supported"),
        ("energy_import_telemetry", {"granularity": "week"}, "Granularity week is not supported"),
        ("energy_lifetime", {"start_date": "2026-06-21"}, "Requested date is in the future"),
        ("summary", {"summary_date": "2026-06-21"}, "Requested date is in the future"),
        ("energy_lifetime", {"start_date": "2026-06-19", "end_date": "2026-06-18"}, "Requested date range is invalid"),
    ],
)
async def test_dates_out_of_range_are_refused(
    api: Api, home: CloudSystem, path: str, query: dict[str, Any], details: str
) -> None:
    """With the vendor's words."""
    status, error = await api.ask(f"/{home.system_id}/{path}", **query)
    assert (status, error["message"], error["code"]) == (422, "Unprocessable Entity", 422)
    assert error["details"].startswith(details)


@pytest.mark.parametrize(("granularity", "count"), [("15mins", 1), ("day", 96), ("week", 384)])
async def test_granularity_limits_a_call(api: Api, home: CloudSystem, granularity: str, count: int) -> None:
    """From a moment, a day is 24 hours."""
    begin = int(MIDNIGHT) - 4 * DAY + DAY // 2
    answer = await api.get(f"/{home.system_id}/telemetry/battery", start_at=begin + 7, granularity=granularity)
    assert answer["start_at"] == begin
    assert len(answer["intervals"]) == min(count, 383)
