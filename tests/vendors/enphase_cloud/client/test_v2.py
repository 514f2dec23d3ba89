"""The old API: a key and a user in the query, pages by token, ranges in pieces, and its end."""

from collections.abc import AsyncIterator
from datetime import date

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
from custom_components.energy_site.vendors.enphase_cloud.client.endpoint import Value
from custom_components.energy_site.vendors.enphase_cloud.client.errors import (
    KeyRefusedError,
    NoContentError,
    RangeError,
    RetiredError,
)
from custom_components.energy_site.vendors.enphase_cloud.client.v2 import EnlightenV2Client, encode_user_id

from .legacy_shapes import META, V2_SYSTEMS
from .server import CloudServer, RequestBudget, serving
from .shapes import ENDPOINTS, LIFETIME, RGM, SAMPLES, SUMMARY

KEY, USER = "0123456789abcdef", "4d7a45774e6a41320a"
NOON = 1_384_122_400
REFUSED = {"reason": "401", "message": ["Not authorized to access requested resource."]}


@pytest.fixture
async def cloud(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CloudServer]:
    """Serve v2."""
    async with serving(monkeypatch) as server:
        yield server


@pytest.fixture
def client(session: aiohttp.ClientSession, cloud: CloudServer) -> EnlightenV2Client:
    """Return a client of it."""
    return EnlightenV2Client(session, KEY, USER)


V2 = {key.removeprefix("v2 "): each for key, each in ENDPOINTS.items() if key.startswith("v2")}


@pytest.mark.parametrize("name", V2)
async def test_an_endpoint_is_asked_once_with_key_user_and_query(
    cloud: CloudServer, client: EnlightenV2Client, name: str
) -> None:
    endpoint, payload = V2[name], SAMPLES["v2"][name]
    cloud.answer(f"/api/v2/{endpoint.path.format(system_id=67)}", payload)
    query: dict[str, Value] = {"start_date": date(2026, 6, 1), "end_at": None, "system_id[]": [1, 2]}
    assert await client.get(endpoint, 67, query) == endpoint.parse(endpoint.name, payload)
    [asked] = cloud.asked
    written = {"start_date": ["2026-06-01"], "system_id[]": ["1", "2"]}
    assert asked.query == {"key": [KEY], "user_id": [USER], **written}
    assert "authorization" not in asked.headers
    assert [*client.recorded] == [endpoint.path]


def test_all_thirteen_are_there() -> None:
    assert V2.keys() == SAMPLES["v2"].keys()
    assert len(V2) == 13


def test_a_user_is_named_by_a_number_or_by_what_is_made_of_it() -> None:
    assert encode_user_id("310606") == USER
    assert encode_user_id(f" {USER}\n") == USER


async def test_every_request_is_counted(session: aiohttp.ClientSession, cloud: CloudServer) -> None:
    budget = RequestBudget()
    cloud.answer("/api/v2/systems/67/summary", SUMMARY)
    client = EnlightenV2Client(session, KEY, USER, budget=budget)
    await client.get(V2["SUMMARY"], 67)
    with pytest.raises(ApiError):
        await client.get(V2["ENVOYS"], 67)
    assert [(endpoint, result.status) for endpoint, result in budget.outcomes] == [
        ("systems/{system_id}/summary", 200),
        ("systems/{system_id}/envoys", 404),
    ]


# -- pages --------------------------------------------------------------------


async def test_all_systems_come_by_the_token_of_the_next_page(cloud: CloudServer, client: EnlightenV2Client) -> None:
    cloud.answer("/api/v2/systems", V2_SYSTEMS)
    cloud.answer("/api/v2/systems", {"systems": [{"system_id": 72}, {"name": "broken"}]})
    assert [system.system_id async for system in client.all_systems()] == [67, 72]
    assert [asked.query.get("next") for asked in cloud.asked] == [None, ["4e7a453d0a"]]


async def test_a_page_that_names_itself_as_the_next_has_an_end(cloud: CloudServer, client: EnlightenV2Client) -> None:
    cloud.answer("/api/v2/systems", V2_SYSTEMS)
    assert [system.system_id async for system in client.all_systems()] == [67, 67]


# -- what is read -------------------------------------------------------------


@pytest.mark.parametrize("name", ["ENERGY_LIFETIME", "CONSUMPTION_LIFETIME"])
async def test_no_content_is_no_data(cloud: CloudServer, client: EnlightenV2Client, name: str) -> None:
    cloud.answer(f"/api/v2/systems/67/{name.lower()}", raw=b"", status=204)
    with pytest.raises(NoContentError):
        await client.get(V2[name], 67)


async def test_no_content_where_there_always_is_some_is_no_answer(
    cloud: CloudServer, client: EnlightenV2Client
) -> None:
    cloud.answer("/api/v2/systems/67/summary", raw=b"", status=204)
    with pytest.raises(ApiPayloadError):
        await client.get(V2["SUMMARY"], 67)


async def test_production_comes_with_when_the_system_reported(cloud: CloudServer, client: EnlightenV2Client) -> None:
    cloud.answer("/api/v2/systems/67/energy_lifetime", LIFETIME)
    lifetime = await client.get(V2["ENERGY_LIFETIME"], 67)
    assert len(list(lifetime.days())) == 4
    assert lifetime.last_report_at == META["last_report_at"]


async def test_gaps_between_intervals_are_kept(cloud: CloudServer, client: EnlightenV2Client) -> None:
    night = [{"end_at": NOON, "enwh": 3, "powr": 36}, {"end_at": NOON + 40_000, "enwh": 2, "powr": 24}]
    cloud.answer("/api/v2/systems/67/stats", {"system_id": 67, "intervals": night, "meta": META})
    stats = await client.get(V2["STATS"], 67)
    assert [(each.end_at, each.wh) for each in stats.intervals] == [(NOON, 3), (NOON + 40_000, 2)]


async def test_a_meter_tells_its_energy_in_the_words_of_v2(cloud: CloudServer, client: EnlightenV2Client) -> None:
    cloud.answer("/api/v2/systems/67/rgm_stats", RGM)
    stats = await client.get(V2["RGM_STATS"], 67)
    assert [(each.end_at, each.wh) for each in stats.intervals] == [(1_384_122_700, 50)]


async def test_times_are_read_in_either_format(cloud: CloudServer, client: EnlightenV2Client) -> None:
    written = {**SUMMARY, "last_report_at": "2013-10-01T13:06:31+00:00", "summary_date": "2014-01-06T00:00:00-08:00"}
    cloud.answer("/api/v2/systems/67/summary", written)
    summary = await client.get(V2["SUMMARY"], 67)
    assert (summary.last_report_at, summary.summary_date) == (1380632791, date(2014, 1, 6))


# -- what is refused ----------------------------------------------------------


async def test_a_consumption_that_is_kept_private_is_not_a_bad_key(
    cloud: CloudServer, client: EnlightenV2Client
) -> None:
    for name in ("consumption_lifetime", "consumption_stats", "summary"):
        cloud.answer(f"/api/v2/systems/67/{name}", REFUSED, status=401)
    with pytest.raises(ApiForbiddenError):
        await client.get(V2["CONSUMPTION_LIFETIME"], 67)
    with pytest.raises(ApiForbiddenError):
        await client.get(V2["CONSUMPTION_STATS"], 67)
    with pytest.raises(ApiAuthError):
        await client.get(V2["SUMMARY"], 67)


async def test_a_bad_key_is_one_wherever_it_is_told(cloud: CloudServer, client: EnlightenV2Client) -> None:
    cloud.answer("/api/v2/systems/67/consumption_stats", {"reason": 401, "message": ["Invalid API key"]}, status=401)
    with pytest.raises(KeyRefusedError):
        await client.get(V2["CONSUMPTION_STATS"], 67)


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
        await client.get(V2["SYSTEMS"])
    assert (caught.value.period, caught.value.period_end, caught.value.limit) == ("minute", 1401742500, 10)


async def test_a_day_without_data_tells_the_last_interval(cloud: CloudServer, client: EnlightenV2Client) -> None:
    payload = {
        "reason": "422",
        "message": "Requested date is invalid",
        "first_interval": 1380632400,
        "last_interval": 1445619033,
    }
    cloud.answer("/api/v2/systems/67/stats", payload, status=422)
    with pytest.raises(RangeError) as caught:
        await client.get(V2["STATS"], 67)
    assert caught.value.last_interval == 1445619033


@pytest.mark.parametrize(
    ("status", "raw"), [(410, b""), (404, b"<html>"), (302, b""), (200, b"<html>Welcome to v4</html>"), (404, b"gone")]
)
async def test_an_api_that_is_gone_is_told_so(
    cloud: CloudServer, client: EnlightenV2Client, status: int, raw: bytes
) -> None:
    cloud.answer("/api/v2/systems", raw=raw, status=status)
    with pytest.raises(RetiredError):
        await client.get(V2["SYSTEMS"])


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
        await client.get(V2["SEARCH_SYSTEM_ID"], query={"serial_num": "1"})
    assert type(caught.value) is error


async def test_neither_key_nor_user_is_told(
    cloud: CloudServer, client: EnlightenV2Client, caplog: pytest.LogCaptureFixture
) -> None:
    cloud.answer("/api/v2/systems/678901/summary", {"message": f"{KEY} {USER} 678901"}, status=401)
    with pytest.raises(ApiAuthError) as caught:
        await client.get(V2["SUMMARY"], 678901)
    told = [str(caught.value), repr(caught.value), repr(vars(caught.value))]
    told += [record.getMessage() for record in caplog.records if "energy_site" in record.name]
    for secret in (KEY, USER, "678901"):
        assert secret not in "\n".join(told)
