"""What v4 is asked for, with which query, and what is read from its answers."""

from collections.abc import AsyncIterator, Callable
from datetime import date
from typing import Any

import aiohttp
import pytest

from custom_components.energy_site.api.errors import ApiPayloadError
from custom_components.energy_site.api.payload import Record
from custom_components.energy_site.vendors.enphase_cloud.client.endpoint import page_query
from custom_components.energy_site.vendors.enphase_cloud.client.models import common, telemetry
from custom_components.energy_site.vendors.enphase_cloud.client.models.common import DailySeries, Quantity
from custom_components.energy_site.vendors.enphase_cloud.client.models.devices import parse_inverters
from custom_components.energy_site.vendors.enphase_cloud.client.models.systems import parse_summary, parse_system
from custom_components.energy_site.vendors.enphase_cloud.client.v4 import EnphaseV4Client
from custom_components.energy_site.vendors.enphase_cloud.system_pages import SystemPages

from .server import CloudServer, Tokens, serving
from .shapes import DEVICES, ENDPOINTS, ENERGY, INVERTERS, LIFETIME, SAMPLES, SUMMARY, SYSTEM

NOON, LATER = 1_384_122_400, 1_384_208_800
DAY = date(2026, 6, 20)


@pytest.fixture
async def cloud(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CloudServer]:
    """Serve v4."""
    async with serving(monkeypatch) as server:
        yield server


@pytest.fixture
def client(session: aiohttp.ClientSession, cloud: CloudServer) -> EnphaseV4Client:
    """Return a client of it."""
    return EnphaseV4Client(session, "key", Tokens())


V4 = {key.removeprefix("v4 "): each for key, each in ENDPOINTS.items() if key.startswith("v4")}
READS = [name for name, endpoint in V4.items() if endpoint.method == "GET"]


@pytest.mark.parametrize("name", READS)
async def test_an_endpoint_is_asked_once_and_its_answer_read(
    cloud: CloudServer, client: EnphaseV4Client, name: str
) -> None:
    endpoint, payload = V4[name], SAMPLES["v4"][name]
    cloud.answer(f"/api/v4/{endpoint.path.format(system_id=67, serial_number='S-1')}", payload)
    assert await client.get(endpoint, 67, "S-1", {"start_date": DAY}) == endpoint.parse(endpoint.name, payload)
    [asked] = cloud.asked
    assert (asked.method, asked.query) == ("GET", {"start_date": ["2026-06-20"]})


async def test_a_query_is_written_as_the_service_reads_it(cloud: CloudServer, client: EnphaseV4Client) -> None:
    cloud.answer("/api/v4/systems/67/summary", SUMMARY)
    await client.get(V4["SUMMARY"], 67, query={"day": DAY, "at": NOON, "word": "week", "none": None, "ids[]": (1, 2)})
    assert cloud.last.query == {"day": ["2026-06-20"], "at": [str(NOON)], "word": ["week"], "ids[]": ["1", "2"]}


@pytest.mark.parametrize(("page", "size"), [(1, 101), (0, 10), (1, 0)])
def test_a_page_that_the_service_would_refuse_is_not_asked_for(page: int, size: int) -> None:
    with pytest.raises(ValueError, match="page"):
        page_query(page, size)


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


# -- what is read -------------------------------------------------------------


def test_a_summary_with_holes_and_news_is_read() -> None:
    summary = parse_summary("e", SUMMARY)
    assert (summary.current_power, summary.energy_lifetime, summary.battery_capacity_wh) == (3322, 19050353, 10080)
    assert (summary.status, summary.summary_date) == ("a_word_of_tomorrow", date(2014, 1, 6))


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
    assert devices.of("generators") == ()


def test_power_of_an_inverter_is_an_object_or_a_bare_number_and_energy_may_be_in_kilojoules() -> None:
    first, second = parse_inverters("e", INVERTERS)
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
    assert lifetime.values == (15422, 15421, 0, 18505, 0, 0)
    assert list(lifetime.days()) == [
        (date(2013, 1, 1), 15422),
        (date(2013, 1, 2), 15421),
        (date(2013, 1, 3), 0),
        (date(2013, 1, 4), 18505),
    ]


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
