"""The old API: a key and a user in the query, pages by token, ranges in pieces, and its end."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date
from typing import Any

import aiohttp
import pytest

from custom_components.energy_site.api.errors import (
    ApiAuthError,
    ApiError,
    ApiForbiddenError,
    ApiNotFoundError,
    ApiPayloadError,
    ApiQuotaError,
    ApiStatusError,
)
from custom_components.energy_site.vendors.enphase_cloud.client.endpoint import Days
from custom_components.energy_site.vendors.enphase_cloud.client.errors import KeyRefusedError, RangeError, RetiredError
from custom_components.energy_site.vendors.enphase_cloud.client.v2 import (
    DatetimeFormat,
    EnlightenV2Client,
    encode_user_id,
)

from .legacy_shapes import META, V2_SYSTEMS
from .server import CloudServer, RequestBudget, serving
from .shapes import ENDPOINTS, LIFETIME, RGM, SAMPLES, SUMMARY

KEY, USER = "0123456789abcdef", "4d7a45774e6a41320a"
NOON, DAY = 1_384_122_400, 86_400
JUNE = Days(start_date=date(2026, 6, 1), end_date=date(2026, 6, 30))
REFUSED = {"reason": "401", "message": ["Not authorized to access requested resource."]}

type Ask = Callable[[EnlightenV2Client], Awaitable[Any]]


@pytest.fixture
async def cloud(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CloudServer]:
    """Serve v2."""
    async with serving(monkeypatch) as server:
        yield server


@pytest.fixture
def client(session: aiohttp.ClientSession, cloud: CloudServer) -> EnlightenV2Client:
    """Return a client of it."""
    return EnlightenV2Client(session, KEY, USER)


_JUNE = {"start_date": ["2026-06-01"], "end_date": ["2026-06-30"]}
_SPAN = {"start_at": [str(NOON)], "end_at": [str(NOON + DAY)]}

ASKED: list[tuple[str, Ask, dict[str, list[str]]]] = [
    (
        "SYSTEMS",
        lambda c: c.systems(limit=10, system_ids=(1, 2), statuses=("comm",), system_name="Green"),
        {"limit": ["10"], "system_id[]": ["1", "2"], "status[]": ["comm"], "system_name": ["Green"]},
    ),
    ("SEARCH_SYSTEM_ID", lambda c: c.search_system_id("23435345345"), {"serial_num": ["23435345345"]}),
    ("SUMMARY", lambda c: c.summary(67, summary_date=date(2026, 6, 20)), {"summary_date": ["2026-06-20"]}),
    ("ENERGY_LIFETIME", lambda c: c.energy_lifetime(67, JUNE, everything=True), {**_JUNE, "production": ["all"]}),
    ("CONSUMPTION_LIFETIME", lambda c: c.consumption_lifetime(67, JUNE), _JUNE),
    ("STATS", lambda c: c.stats(67, start_at=NOON, end_at=NOON + DAY), _SPAN),
    ("CONSUMPTION_STATS", lambda c: c.consumption_stats(67, start_at=NOON, end_at=NOON + DAY), _SPAN),
    ("RGM_STATS", lambda c: c.rgm_stats(67, start_at=NOON, end_at=NOON + DAY), _SPAN),
    ("PRODUCTION_READINGS", lambda c: c.production_meter_readings(67, end_at=NOON), {"end_at": [str(NOON)]}),
    ("MONTHLY_PRODUCTION", lambda c: c.monthly_production(67, date(2011, 7, 1)), {"start_date": ["2011-07-01"]}),
    ("ENVOYS", lambda c: c.envoys(67), {}),
    ("INVENTORY", lambda c: c.inventory(67), {}),
    ("INVERTERS", lambda c: c.inverters(67), {"site_id": ["67"]}),
]


@pytest.mark.parametrize(("name", "ask", "query"), [pytest.param(*each, id=each[0]) for each in ASKED])
async def test_each_call_asks_its_endpoint_with_key_user_and_query(
    cloud: CloudServer, client: EnlightenV2Client, name: str, ask: Ask, query: dict[str, list[str]]
) -> None:
    endpoint, payload = ENDPOINTS[f"v2 {name}"], SAMPLES["v2"][name]
    cloud.answer(f"/api/v2/{endpoint.path.format(system_id=67)}", payload)
    assert await ask(client) == endpoint.parse(endpoint.name, payload)
    [asked] = cloud.asked
    assert asked.query == {"key": [KEY], "user_id": [USER], **query}
    assert "authorization" not in asked.headers
    assert [*client.recorded] == [endpoint.path]


def test_all_thirteen_are_there() -> None:
    assert len({name for name, _, _ in ASKED}) == len(SAMPLES["v2"]) == 13
    assert {key for key in ENDPOINTS if key.startswith("v2")} == {f"v2 {name}" for name in SAMPLES["v2"]}


def test_a_user_is_named_by_a_number_or_by_what_is_made_of_it() -> None:
    assert encode_user_id("310606") == USER
    assert encode_user_id(f" {USER}\n") == USER


async def test_every_request_is_counted(session: aiohttp.ClientSession, cloud: CloudServer) -> None:
    budget = RequestBudget()
    cloud.answer("/api/v2/systems/67/summary", SUMMARY)
    client = EnlightenV2Client(session, KEY, USER, budget=budget)
    await client.summary(67)
    with pytest.raises(ApiError):
        await client.envoys(67)
    assert [(endpoint, result.status) for endpoint, result in budget.outcomes] == [
        ("systems/{system_id}/summary", 200),
        ("systems/{system_id}/envoys", 404),
    ]


# -- pages and pieces ---------------------------------------------------------


async def test_all_systems_come_by_the_token_of_the_next_page(cloud: CloudServer, client: EnlightenV2Client) -> None:
    cloud.answer("/api/v2/systems", V2_SYSTEMS)
    cloud.answer("/api/v2/systems", {"systems": [{"system_id": 72}, {"name": "broken"}]})
    assert [system.system_id async for system in client.all_systems()] == [67, 72]
    assert [asked.query.get("next") for asked in cloud.asked] == [None, ["4e7a453d0a"]]


async def test_a_page_that_names_itself_as_the_next_has_an_end(cloud: CloudServer, client: EnlightenV2Client) -> None:
    cloud.answer("/api/v2/systems", V2_SYSTEMS)
    assert [system.system_id async for system in client.all_systems()] == [67, 67]


async def test_long_ranges_are_asked_for_in_the_pieces_that_the_service_gives(
    cloud: CloudServer, client: EnlightenV2Client
) -> None:
    for name in ("RGM_STATS", "STATS", "CONSUMPTION_STATS"):
        cloud.answer(f"/api/v2/systems/67/{name.lower()}", SAMPLES["v2"][name])
    end = NOON + 15 * DAY
    assert len([each async for each in client.rgm_stats_by_week(67, NOON, end)]) == 3
    edges = [(int(asked.query["start_at"][0]), int(asked.query["end_at"][0])) for asked in cloud.asked]
    assert edges == [(NOON, NOON + 7 * DAY), (NOON + 7 * DAY, NOON + 14 * DAY), (NOON + 14 * DAY, end)]
    assert len([each async for each in client.stats_by_day(67, NOON, NOON + 2 * DAY)]) == 2
    assert len([each async for each in client.consumption_stats_by_month(67, NOON, NOON + 30 * DAY)]) == 2


@pytest.mark.parametrize(
    "ask",
    [
        lambda c: c.rgm_stats(67, start_at=NOON, end_at=NOON + 7 * DAY + 1),
        lambda c: c.stats(67, start_at=NOON, end_at=NOON + DAY + 1),
        lambda c: c.consumption_stats(67, start_at=NOON, end_at=NOON - 1),
    ],
)
async def test_a_range_that_would_be_cut_or_refused_costs_no_request(
    cloud: CloudServer, client: EnlightenV2Client, ask: Ask
) -> None:
    with pytest.raises(ValueError, match="range"):
        await ask(client)
    assert not cloud.asked


# -- what is read -------------------------------------------------------------


@pytest.mark.parametrize("name", ["energy_lifetime", "consumption_lifetime"])
async def test_no_content_is_no_data(cloud: CloudServer, client: EnlightenV2Client, name: str) -> None:
    cloud.answer(f"/api/v2/systems/67/{name}", raw=b"", status=204)
    assert await getattr(client, name)(67) is None


async def test_merged_production_comes_with_the_day_of_the_meter(cloud: CloudServer, client: EnlightenV2Client) -> None:
    cloud.answer("/api/v2/systems/67/energy_lifetime", LIFETIME)
    lifetime = await client.energy_lifetime(67)
    assert lifetime is not None
    assert lifetime.meter_start_date == date(2013, 1, 2)
    assert len(list(lifetime.production.days())) == 4
    assert lifetime.production.meta is not None
    assert lifetime.production.meta.last_report_at == META["last_report_at"]


async def test_gaps_between_intervals_are_kept(cloud: CloudServer, client: EnlightenV2Client) -> None:
    night = [{"end_at": NOON, "enwh": 3, "powr": 36}, {"end_at": NOON + 40_000, "enwh": 2, "powr": 24}]
    cloud.answer("/api/v2/systems/67/stats", {"system_id": 67, "intervals": night, "meta": META})
    stats = await client.stats(67)
    assert [(each.end_at, each.wh, each.powr) for each in stats.intervals] == [(NOON, 3, 36), (NOON + 40_000, 2, 24)]


async def test_a_meter_tells_its_channels_apart_and_what_it_does_not_know(
    cloud: CloudServer, client: EnlightenV2Client
) -> None:
    cloud.answer("/api/v2/systems/67/rgm_stats", RGM)
    [meter] = (await client.rgm_stats(67)).meter_intervals
    assert [(each.channel, each.wh_del, each.curr_w) for each in meter.intervals] == [(1, 30.5, 122), (2, None, None)]


async def test_times_are_read_as_they_were_asked_for(session: aiohttp.ClientSession, cloud: CloudServer) -> None:
    written = {**SUMMARY, "last_report_at": "2013-10-01T13:06:31+00:00", "summary_date": "2014-01-06T00:00:00-08:00"}
    cloud.answer("/api/v2/systems/67/summary", written)
    client = EnlightenV2Client(session, KEY, USER, datetime_format=DatetimeFormat.ISO_8601)
    summary = await client.summary(67)
    assert cloud.last.query["datetime_format"] == ["iso8601"]
    assert (summary.last_report_at, summary.summary_date) == (1380632791, date(2014, 1, 6))


# -- what is refused ----------------------------------------------------------


async def test_a_consumption_that_is_kept_private_is_not_a_bad_key(
    cloud: CloudServer, client: EnlightenV2Client
) -> None:
    for name in ("consumption_lifetime", "consumption_stats", "summary"):
        cloud.answer(f"/api/v2/systems/67/{name}", REFUSED, status=401)
    with pytest.raises(ApiForbiddenError):
        await client.consumption_lifetime(67)
    with pytest.raises(ApiForbiddenError):
        await client.consumption_stats(67)
    with pytest.raises(ApiAuthError):
        await client.summary(67)


async def test_a_bad_key_is_one_wherever_it_is_told(cloud: CloudServer, client: EnlightenV2Client) -> None:
    cloud.answer("/api/v2/systems/67/consumption_stats", {"reason": 401, "message": ["Invalid API key"]}, status=401)
    with pytest.raises(KeyRefusedError):
        await client.consumption_stats(67)


async def test_a_quota_tells_when_it_ends(cloud: CloudServer, client: EnlightenV2Client) -> None:
    payload = {
        "reason": "409",
        "message": ["Usage limit exceeded for plan Watt"],
        "period": "minute",
        "period_start": 1401742440,
        "period_end": 1401742500,
        "limit": 10,
    }
    cloud.answer("/api/v2/systems", payload, status=409)
    with pytest.raises(ApiQuotaError) as caught:
        await client.systems()
    assert (caught.value.period, caught.value.period_end, caught.value.limit) == ("minute", 1401742500, 10)


async def test_a_day_without_data_tells_the_first_and_the_last_interval(
    cloud: CloudServer, client: EnlightenV2Client
) -> None:
    payload = {
        "reason": "422",
        "message": "Requested date is invalid",
        "first_interval": 1380632400,
        "last_interval": 1445619033,
    }
    cloud.answer("/api/v2/systems/67/stats", payload, status=422)
    with pytest.raises(RangeError) as caught:
        await client.stats(67)
    assert (caught.value.first_interval, caught.value.last_interval) == (1380632400, 1445619033)


@pytest.mark.parametrize(
    ("status", "raw"), [(410, b""), (404, b"<html>"), (302, b""), (200, b"<html>Welcome to v4</html>"), (404, b"gone")]
)
async def test_an_api_that_is_gone_is_told_so(
    cloud: CloudServer, client: EnlightenV2Client, status: int, raw: bytes
) -> None:
    cloud.answer("/api/v2/systems", raw=raw, status=status)
    with pytest.raises(RetiredError):
        await client.systems()


@pytest.mark.parametrize(
    ("status", "raw", "error"),
    [
        (404, b'{"reason": "404", "errorMessages": ["Envoy not found with this serial number"]}', ApiNotFoundError),
        (500, b'{"errorCode": 7, "errorMessages": ["Data temporarily unavailable."]}', ApiStatusError),
        (502, b"<html></html>", ApiStatusError),
        (503, b"", ApiStatusError),
        (200, b'{"system_id": 67', ApiPayloadError),
    ],
)
async def test_a_refusal_of_the_service_is_not_its_end(
    cloud: CloudServer, client: EnlightenV2Client, status: int, raw: bytes, error: type[ApiError]
) -> None:
    cloud.answer("/api/v2/systems/search_system_id", raw=raw, status=status)
    with pytest.raises(error) as caught:
        await client.search_system_id("1")
    assert type(caught.value) is error


async def test_neither_key_nor_user_is_told(
    cloud: CloudServer, client: EnlightenV2Client, caplog: pytest.LogCaptureFixture
) -> None:
    cloud.answer("/api/v2/systems/678901/summary", {"message": f"{KEY} {USER} 678901"}, status=401)
    with pytest.raises(ApiAuthError) as caught:
        await client.summary(678901)
    told = [str(caught.value), repr(caught.value), repr(vars(caught.value))]
    told += [record.getMessage() for record in caplog.records if "energy_site" in record.name]
    for secret in (KEY, USER, "678901"):
        assert secret not in "\n".join(told)
