"""What v4 is asked for, with which query, and what is read from its answers."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date
from typing import Any

import aiohttp
import pytest

from custom_components.energy_site.api.errors import ApiPayloadError
from custom_components.energy_site.api.payload import Record
from custom_components.energy_site.vendors.enphase_cloud.client.endpoint import Days, Granularity, Window
from custom_components.energy_site.vendors.enphase_cloud.client.models import common, telemetry
from custom_components.energy_site.vendors.enphase_cloud.client.models.common import DailySeries, Quantity
from custom_components.energy_site.vendors.enphase_cloud.client.models.devices import parse_inverters_summary
from custom_components.energy_site.vendors.enphase_cloud.client.models.systems import parse_summary, parse_system
from custom_components.energy_site.vendors.enphase_cloud.client.v4 import EnphaseV4Client
from custom_components.energy_site.vendors.enphase_cloud.system_pages import SystemPages

from .server import CloudServer, Tokens, serving
from .shapes import DEVICES, ENDPOINTS, ENERGY, INVERTERS, LIFETIME, SAMPLES, SUMMARY, SYSTEM

NOON, LATER = 1_384_122_400, 1_384_208_800
DAY = date(2026, 6, 20)

type Ask = Callable[[EnphaseV4Client], Awaitable[Any]]


@pytest.fixture
async def cloud(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CloudServer]:
    """Serve v4."""
    async with serving(monkeypatch) as server:
        yield server


@pytest.fixture
def client(session: aiohttp.ClientSession, cloud: CloudServer) -> EnphaseV4Client:
    """Return a client of it."""
    return EnphaseV4Client(session, "key", Tokens())


WEEK = Window(granularity=Granularity.WEEK, start_at=NOON)
ON_A_DAY = Window(start_date=DAY)
JUNE = Days(start_date=date(2026, 6, 1), end_date=date(2026, 6, 30))

_WEEK = {"granularity": ["week"], "start_at": [str(NOON)]}
_ON_A_DAY = {"granularity": ["day"], "start_date": ["2026-06-20"]}
_JUNE = {"start_date": ["2026-06-01"], "end_date": ["2026-06-30"]}
_PAGE = {"page": ["1"], "size": ["100"]}
_SPAN = {"start_time": [str(NOON)], "end_time": [str(LATER)]}

# What is asked, by the endpoint that is to answer it and the query it is to get.
ASKED: list[tuple[str, Ask, dict[str, list[str]]]] = [
    ("SYSTEMS", lambda c: c.systems(page=2, size=10), {"page": ["2"], "size": ["10"]}),
    ("SYSTEM", lambda c: c.system(67), {}),
    ("SYSTEM_ID", lambda c: c.system_id_of("1218347675"), {"serial_num": ["1218347675"]}),
    ("SUMMARY", lambda c: c.summary(67, summary_date=DAY), {"summary_date": ["2026-06-20"]}),
    ("DEVICES", lambda c: c.devices(67), {}),
    ("INVERTERS", lambda c: c.inverters(67), {"site_id": ["67"], **_PAGE}),
    ("INVERTERS", lambda c: c.inverters_of("12"), {"envoy_serial_number": ["12"], **_PAGE}),
    ("EVENTS", lambda c: c.events(67, NOON, LATER), _SPAN),
    ("OPEN_EVENTS", lambda c: c.open_events(67), {}),
    ("ALARMS", lambda c: c.alarms(67, NOON, LATER, cleared=False), {**_SPAN, "cleared": ["false"]}),
    ("OPEN_ALARMS", lambda c: c.open_alarms(67), {}),
    ("EVENT_TYPES", lambda c: c.event_types(2), {"event_type_id": ["2"]}),
    ("PRODUCTION_READINGS", lambda c: c.production_meter_readings(67, end_at=NOON), {"end_at": [str(NOON)]}),
    ("CONSUMPTION_READINGS", lambda c: c.consumption_meter_readings(67), {}),
    ("STORAGE_READINGS", lambda c: c.storage_meter_readings(67), {}),
    ("RGM_STATS", lambda c: c.rgm_stats(67, start_at=NOON), {"start_at": [str(NOON)]}),
    ("ENERGY_LIFETIME", lambda c: c.energy_lifetime(67, JUNE, everything=True), {**_JUNE, "production": ["all"]}),
    ("ENERGY_LIFETIME", lambda c: c.energy_lifetime(67), {}),
    ("CONSUMPTION_LIFETIME", lambda c: c.consumption_lifetime(67, JUNE), _JUNE),
    ("BATTERY_LIFETIME", lambda c: c.battery_lifetime(67, JUNE), _JUNE),
    ("IMPORT_LIFETIME", lambda c: c.energy_import_lifetime(67, JUNE), _JUNE),
    ("EXPORT_LIFETIME", lambda c: c.energy_export_lifetime(67, JUNE), _JUNE),
    ("PRODUCTION_MICRO", lambda c: c.production_micro(67), {"granularity": ["day"]}),
    ("PRODUCTION_METER", lambda c: c.production_meter(67, WEEK), _WEEK),
    ("CONSUMPTION_METER", lambda c: c.consumption_meter(67, ON_A_DAY), _ON_A_DAY),
    ("BATTERY_TELEMETRY", lambda c: c.battery_telemetry(67, WEEK), _WEEK),
    ("IMPORT_TELEMETRY", lambda c: c.energy_import(67, ON_A_DAY), _ON_A_DAY),
    ("EXPORT_TELEMETRY", lambda c: c.energy_export(67, ON_A_DAY), _ON_A_DAY),
    ("LATEST_TELEMETRY", lambda c: c.latest_telemetry(67), {}),
    (
        "MICROS_TELEMETRY",
        lambda c: c.micros_telemetry(67, ON_A_DAY),
        {**_ON_A_DAY, "page": ["1"], "size": ["20"]},
    ),
    ("MICRO_TELEMETRY", lambda c: c.micro_telemetry(67, "S-1", ON_A_DAY), _ON_A_DAY),
    ("ENCHARGE_TELEMETRY", lambda c: c.encharge_telemetry(67, "S-1", WEEK), _WEEK),
    ("ACB_TELEMETRY", lambda c: c.acb_telemetry(67, "S-1", WEEK), _WEEK),
    ("EVSE_LIFETIME", lambda c: c.evse_lifetime(67, "S-1", JUNE), _JUNE),
    (
        "EVSE_TELEMETRY",
        lambda c: c.evse_telemetry(67, "S-1", ON_A_DAY, interval=Granularity.FIVE_MINUTES),
        {**_ON_A_DAY, "interval_duration": ["5mins"]},
    ),
    ("HEAT_PUMP_LIFETIME", lambda c: c.heat_pump_lifetime(67, JUNE), _JUNE),
    (
        "HEAT_PUMP_TELEMETRY",
        lambda c: c.heat_pump_telemetry(67, ON_A_DAY),
        {**_ON_A_DAY, "interval_duration": ["15mins"]},
    ),
    ("CHARGERS", lambda c: c.chargers(67), {}),
    (
        "CHARGER_EVENTS",
        lambda c: c.charger_events(67, "S-1"),
        {"serial_num": ["S-1"], "offset": ["0"], "limit": ["100"]},
    ),
    ("CHARGER_SESSIONS", lambda c: c.charger_sessions(67, "S-1", offset=5), {"offset": ["5"], "limit": ["100"]}),
    ("CHARGER_SCHEDULES", lambda c: c.charger_schedules(67, "S-1"), {}),
    ("CHARGER_LIFETIME", lambda c: c.charger_lifetime(67, "S-1", DAY), {"start_date": ["20260620"]}),
    (
        "CHARGER_TELEMETRY",
        lambda c: c.charger_telemetry(67, "S-1", DAY),
        {"start_date": ["20260620"], "granularity": ["day"]},
    ),
]


@pytest.mark.parametrize(
    ("name", "ask", "query"), [pytest.param(name, ask, query, id=name) for name, ask, query in ASKED]
)
async def test_each_call_asks_its_endpoint_once_with_its_query(
    cloud: CloudServer, client: EnphaseV4Client, name: str, ask: Ask, query: dict[str, list[str]]
) -> None:
    endpoint, payload = ENDPOINTS[f"v4 {name}"], SAMPLES["v4"][name]
    cloud.answer(f"/api/v4/{endpoint.path.format(system_id=67, serial_number='S-1')}", payload)
    assert await ask(client) == endpoint.parse(endpoint.name, payload)
    [asked] = cloud.asked
    assert asked.query == query


def test_every_endpoint_that_is_read_has_its_call() -> None:
    reads = {
        key.removeprefix("v4 ") for key, each in ENDPOINTS.items() if key.startswith("v4") and each.method == "GET"
    }
    settings = {"BATTERY_SETTINGS", "STORM_GUARD", "GRID_STATUS", "LOAD_CONTROL"}
    assert reads - settings == {name for name, _, _ in ASKED}


# -- pages --------------------------------------------------------------------


async def listed(client: EnphaseV4Client) -> list[str]:
    """Read all pages, as the config flow does."""
    pages = SystemPages(client, None)
    while not pages.complete:
        await pages.read_one()
    return [found.system_id for found in pages.found]


async def test_all_systems_come_page_by_page(cloud: CloudServer, client: EnphaseV4Client) -> None:
    pages: tuple[tuple[object, ...], ...] = ((1, 2), ("unreadable", 3), (4,))
    for number, ids in enumerate(pages, 1):
        systems = [{"system_id": each} for each in ids]
        cloud.answer("/api/v4/systems", {"total": 5, "current_page": number, "size": 2, "systems": systems})
    cloud.answer("/api/v4/systems", {"total": 5, "systems": []})
    assert await listed(client) == ["1", "2", "3", "4"]
    assert [asked.query["page"] for asked in cloud.asked] == [["1"], ["2"], ["3"], ["4"]]


async def test_a_service_that_repeats_a_page_is_left(cloud: CloudServer, client: EnphaseV4Client) -> None:
    cloud.answer("/api/v4/systems", {"total": 10**12, "systems": [SYSTEM]})
    assert await listed(client) == ["67"]
    assert len(cloud.asked) == 2


async def test_one_page_is_asked_for_where_there_is_one(cloud: CloudServer, client: EnphaseV4Client) -> None:
    cloud.answer("/api/v4/systems", {"total": 1, "systems": [SYSTEM]})
    assert await listed(client) == ["67"]
    assert len(cloud.asked) == 1


@pytest.mark.parametrize(
    "ask",
    [
        lambda c: c.systems(size=101),
        lambda c: c.systems(page=0),
        lambda c: c.inverters(67, size=0),
        lambda c: c.events(67, NOON, NOON + 8 * 86_400),
        lambda c: c.alarms(67, NOON, NOON - 1),
        lambda c: c.rgm_stats(67, start_at=NOON, end_at=NOON + 604_801),
        lambda c: c.energy_import(67, WEEK),
        lambda c: c.production_micro(67, WEEK),
        lambda c: c.production_meter(67, Window(start_at=NOON, start_date=DAY)),
    ],
)
async def test_what_the_service_would_refuse_costs_no_request(
    cloud: CloudServer, client: EnphaseV4Client, ask: Ask
) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        await ask(client)
    assert not cloud.asked


# -- what is read -------------------------------------------------------------


def test_a_summary_with_holes_and_news_is_read() -> None:
    summary = parse_summary("e", SUMMARY)
    assert (summary.current_power, summary.energy_lifetime, summary.operational_at) == (3322, 19050353, None)
    assert (summary.status, summary.summary_date) == ("a_word_of_tomorrow", date(2014, 1, 6))
    assert summary.evse_power[0].evse_max_charge_w == 11520


def test_a_list_never_tells_the_energies_that_are_minus_one_by_design() -> None:
    assert "-1" not in repr(parse_system("e", SYSTEM))
    assert not any(hasattr(parse_system("e", SYSTEM), name) for name in ("energy_lifetime", "energy_today"))


def test_a_person_and_a_place_do_not_show() -> None:
    shown = repr(parse_system("e", SYSTEM))
    assert not any(secret in shown for secret in ("Sample Residence", "Sebastopol", "95472", "67"))


def test_devices_are_told_by_their_kind_and_a_null_list_is_none() -> None:
    devices = ENDPOINTS["v4 DEVICES"].parse("e", DEVICES)
    assert [device.kind for device in devices.devices] == ["micros", "meters", "gateways", "heat_pump"]
    [gateway] = devices.of("gateways")
    assert (gateway.emu_sw_version, gateway.cellular) == ("D8.3.5169", True)
    assert devices.of("heat_pump")[0].sku == "HP-X"
    assert devices.of("generators") == ()


def test_power_of_an_inverter_is_an_object_or_a_bare_number_and_energy_may_be_in_kilojoules() -> None:
    [summary] = parse_inverters_summary("e", INVERTERS)
    first, second = summary.micro_inverters
    assert (first.power_produced, second.power_produced) == (
        Quantity(value=34, units="W"),
        Quantity(value=20, units=None),
    )
    assert (first.energy, second.energy) == (Quantity(value=3600, units="kJ"), Quantity(value=7, units="Wh"))
    assert first.energy is not None
    assert first.energy.wh == pytest.approx(1000)
    assert Quantity(value=1, units="kWh").wh == 1000
    assert Quantity(value=1, units="W").wh is None
    assert Quantity(value=1, units=None).wh == 1


@pytest.mark.parametrize(
    "nesting", [lambda items: items, lambda items: [items], lambda items: [[item] for item in items]]
)
def test_intervals_are_read_however_deep_they_are_nested(nesting: Callable[[list[Any]], list[Any]]) -> None:
    items = [{"end_at": NOON, "wh_exported": 5}, {"end_at": LATER, "wh_exported": 0}]
    read = telemetry.parse_export("e", {**ENERGY, "intervals": nesting(items)})
    assert [(each.end_at, each.wh) for each in read.intervals] == [(NOON, 5), (LATER, 0)]


def test_nothing_new_is_an_empty_list_and_no_list_an_error() -> None:
    assert telemetry.parse_production("e", {"intervals": []}).intervals == ()
    with pytest.raises(ApiPayloadError):
        telemetry.parse_production("e", {"intervals": None})


def test_an_interval_that_is_broken_takes_no_other_along() -> None:
    intervals = [{"end_at": NOON, "enwh": 1}, {"enwh": 2}, {"end_at": "soon"}, 7, {"end_at": LATER, "enwh": "?"}]
    read = telemetry.parse_consumption("e", {"intervals": intervals})
    assert [(each.end_at, each.wh) for each in read.intervals] == [(NOON, 1), (LATER, None)]


@pytest.mark.parametrize(
    ("sent", "read"), [("97%", 97), (" 5.5 % ", 5.5), (12, 12), ("12", 12), ("%", None), ("-3%", None), ("9999%", None)]
)
def test_a_charge_is_a_number_or_text_with_a_percent_sign(sent: object, read: float | None) -> None:
    assert telemetry.parse_battery("e", {"intervals": [], "last_reported_soc": sent}).last_reported_soc == read


@pytest.mark.parametrize("count", [92, 96, 100])
def test_a_day_may_have_fewer_or_more_intervals_than_usual(count: int) -> None:
    intervals = [{"end_at": NOON + 900 * index, "enwh": 1} for index in range(count)]
    assert len(telemetry.parse_production("e", {"intervals": intervals}).intervals) == count


@pytest.mark.parametrize(
    ("sent", "seconds"),
    [
        (1473901755, 1473901755),
        ("1473901755", 1473901755),
        ("2016-09-15T01:09:15+00:00", 1473901755),
        ("2016-09-14T18:09:15-07:00", 1473901755),
        ("2016-09-15T01:09:15Z", 1473901755),
        ("2016-09-15T01:09:15", None),
        ("yesterday", None),
        (0, None),
        (1473901755000, None),
        (None, None),
    ],
)
def test_a_time_is_read_in_both_formats(sent: object, seconds: int | None) -> None:
    assert common.epoch(Record("e", {"at": sent}), "at") == seconds


# -- days ---------------------------------------------------------------------


def series(*values: float | None, start: date | None = date(2013, 1, 1)) -> DailySeries:
    """Return a series from New Year's Day on."""
    return DailySeries(start_date=start, values=values)


def test_zeroes_at_the_end_are_no_days_and_zeroes_between_are() -> None:
    lifetime = ENDPOINTS["v4 ENERGY_LIFETIME"].parse("e", LIFETIME)
    assert lifetime.production.values == (15422, 15421, 0, 18505, 0, 0)
    assert list(lifetime.production.days()) == [
        (date(2013, 1, 1), 15422),
        (date(2013, 1, 2), 15421),
        (date(2013, 1, 3), 0),
        (date(2013, 1, 4), 18505),
    ]
    assert lifetime.meter_start_date == date(2013, 1, 2)
    assert lifetime.micro_production.values[1] == 15000


def test_a_zero_of_a_day_that_was_reported_counts() -> None:
    last = date(2013, 1, 3)
    assert [value for _, value in series(5, 0, 0, 0).days(last_reported=last)] == [5, 0, 0]
    assert [value for _, value in series(0, 0).days(last_reported=last)] == [0, 0]
    assert list(series(5, 0).days(last_reported=date(2012, 1, 1))) == [(date(2013, 1, 1), 5)]


def test_a_day_that_is_no_number_keeps_its_place() -> None:
    parse = ENDPOINTS["v4 CONSUMPTION_LIFETIME"].parse
    read = parse("e", {"start_date": "2013-01-01", "consumption": [1, None, "x", 4]})
    assert list(read.days()) == [(date(2013, 1, 1), 1), (date(2013, 1, 4), 4)]


def test_a_system_that_never_produced_has_no_days() -> None:
    assert list(series(start=None).days()) == []
    assert list(series(1, 2, start=None).days()) == []
    assert list(series(1, 2, start=date.max).days()) == [(date.max, 1)]
