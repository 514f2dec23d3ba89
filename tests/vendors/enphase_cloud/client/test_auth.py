"""Key, token, plan and quota of v4: who is to blame for a refusal, and what it costs to learn."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, override

import aiohttp
import pytest

from custom_components.energy_site.api.errors import (
    ApiAuthError,
    ApiConnectionError,
    ApiError,
    ApiForbiddenError,
    ApiPayloadError,
    ApiPlanError,
    ApiQuotaError,
    ApiStatusError,
)
from custom_components.energy_site.vendors.enphase_cloud.client import v4, v4_endpoints as endpoints
from custom_components.energy_site.vendors.enphase_cloud.client.errors import KeyMismatchError, KeyRefusedError
from custom_components.energy_site.vendors.enphase_cloud.client.v4 import EnphaseV4Client

from .server import NOT_AUTHORIZED, CloudServer, RequestBudget, Tokens, serving
from .shapes import BATTERY, LATEST, SAMPLES, SUMMARY

KEY = "k3y-of-the-application"
SYSTEMS, SUMMARY_PATH, LATEST_PATH = (
    "/api/v4/systems",
    "/api/v4/systems/67/summary",
    "/api/v4/systems/67/latest_telemetry",
)
NO_TOKEN = {"error": "invalid_token", "error_description": "Access token expired: acc3ss"}

type Make = Callable[..., EnphaseV4Client]


@pytest.fixture
async def cloud(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CloudServer]:
    """Serve v4 with one system."""
    async with serving(monkeypatch) as server:
        server.answer(SYSTEMS, SAMPLES["v4"]["SYSTEMS"])
        server.answer(SUMMARY_PATH, SUMMARY)
        yield server


@pytest.fixture
def make(session: aiohttp.ClientSession) -> Make:
    """Return what makes clients."""
    return lambda tokens=None, **how: EnphaseV4Client(session, KEY, tokens or Tokens(), **how)


async def test_key_and_token_go_in_headers_and_nowhere_else(cloud: CloudServer, make: Make) -> None:
    await make().get(endpoints.SUMMARY, 67)
    assert cloud.last.headers["key"] == KEY
    assert cloud.last.token == "token-1"
    assert not cloud.last.query


# -- tokens -------------------------------------------------------------------


async def test_a_token_that_ended_is_renewed_once_and_the_question_repeated(cloud: CloudServer, make: Make) -> None:
    tokens, budget = Tokens("old", "new"), RequestBudget()
    cloud.tokens = {"new"}
    client = make(tokens, budget=budget)
    assert (await client.get(endpoints.SUMMARY, 67)).system_id == 67
    assert tokens.renewals == 1
    # The second request asks what every plan has, to tell the token from the plan.
    assert cloud.paths == [SUMMARY_PATH, SYSTEMS, SUMMARY_PATH]
    assert budget.allowed == ["systems/{system_id}/summary", "systems", "systems/{system_id}/summary"]


async def test_a_refusal_that_names_the_token_costs_no_further_question(cloud: CloudServer, make: Make) -> None:
    cloud.answer(LATEST_PATH, NO_TOKEN, status=401)
    cloud.answer(LATEST_PATH, LATEST)
    tokens = Tokens("old", "new")
    await make(tokens).get(endpoints.LATEST_TELEMETRY, 67)
    assert cloud.paths == [LATEST_PATH, LATEST_PATH]
    assert tokens.renewals == 1


async def test_a_token_that_is_refused_even_when_renewed_is_given_up(cloud: CloudServer, make: Make) -> None:
    tokens = Tokens("old", "new")
    cloud.tokens = {"another"}
    client = make(tokens)
    with pytest.raises(ApiAuthError) as caught:
        await client.get(endpoints.SUMMARY, 67)
    assert not isinstance(caught.value, KeyRefusedError)
    assert tokens.renewals == 1
    spent = len(cloud.asked)
    with pytest.raises(ApiAuthError):
        await client.get(endpoints.SUMMARY, 67)
    assert len(cloud.asked) == spent + 1
    assert tokens.renewals == 1


async def test_who_has_no_other_token_asks_no_second_time(cloud: CloudServer, make: Make) -> None:
    cloud.tokens = set()
    with pytest.raises(ApiAuthError):
        await make(Tokens("only")).get(endpoints.SYSTEMS)
    assert cloud.paths == [SYSTEMS]


async def test_a_renewal_that_fails_is_the_askers_to_know(cloud: CloudServer, make: Make) -> None:
    class Broken(Tokens):
        @override
        async def __call__(self, *, refused: str | None = None) -> str:
            if refused is not None:
                raise ApiConnectionError("oauth/token", "refused")
            return await super().__call__()

    cloud.tokens = set()
    with pytest.raises(ApiConnectionError):
        await make(Broken()).get(endpoints.SYSTEMS)


# -- plans --------------------------------------------------------------------


async def test_a_plan_that_lacks_a_group_never_costs_the_token(cloud: CloudServer, make: Make) -> None:
    cloud.answer("/api/v4/systems/config/67/battery_settings", NOT_AUTHORIZED, status=401)
    tokens = Tokens("good", "spare")
    with pytest.raises(ApiPlanError) as caught:
        await make(tokens).get(endpoints.BATTERY_SETTINGS, 67)
    assert caught.value.group == "System Configurations"
    assert tokens.renewals == 0
    assert SYSTEMS in cloud.paths


async def test_a_token_that_was_good_a_moment_ago_is_not_doubted(cloud: CloudServer, make: Make) -> None:
    cloud.answer("/api/v4/systems/config/67/battery_settings", NOT_AUTHORIZED, status=401)
    client = make()
    await client.get(endpoints.SUMMARY, 67)
    with pytest.raises(ApiPlanError):
        await client.get(endpoints.BATTERY_SETTINGS, 67)
    assert SYSTEMS not in cloud.paths


async def test_what_answered_a_moment_ago_is_not_suddenly_missing_from_the_plan(cloud: CloudServer, make: Make) -> None:
    cloud.answer(LATEST_PATH, LATEST)
    tokens = Tokens("old", "new")
    client = make(tokens)
    await client.get(endpoints.LATEST_TELEMETRY, 67)
    cloud.tokens = {"new"}
    await client.get(endpoints.LATEST_TELEMETRY, 67)
    assert tokens.renewals == 1
    cloud.tokens = {"newer"}
    tokens._tokens.append("newer")
    # What every plan has is missing from none, also where it is asked for the first time.
    await client.get(endpoints.SUMMARY, 67)
    assert tokens.renewals == 2


async def test_a_token_that_was_good_long_ago_is_doubted(
    cloud: CloudServer, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.answer(LATEST_PATH, NOT_AUTHORIZED, status=401)
    monkeypatch.setattr(v4, "_STILL_GOOD", 0.0)
    client = make()
    await client.get(endpoints.SUMMARY, 67)
    with pytest.raises(ApiPlanError):
        await client.get(endpoints.LATEST_TELEMETRY, 67)
    assert cloud.paths == [SUMMARY_PATH, LATEST_PATH, SYSTEMS]


async def test_a_token_that_ended_and_a_plan_that_lacks_the_group_are_told_apart(
    cloud: CloudServer, make: Make
) -> None:
    cloud.answer(LATEST_PATH, NOT_AUTHORIZED, status=401)
    cloud.tokens = {"new"}
    tokens = Tokens("old", "new")
    with pytest.raises(ApiPlanError):
        await make(tokens).get(endpoints.LATEST_TELEMETRY, 67)
    assert tokens.renewals == 1


@pytest.mark.parametrize("details", ["Not included in plan Watt", "Upgrade your plan."])
async def test_a_refusal_that_names_the_plan_is_believed(cloud: CloudServer, make: Make, details: str) -> None:
    cloud.answer(LATEST_PATH, {**NOT_AUTHORIZED, "details": details}, status=401)
    tokens = Tokens()
    with pytest.raises(ApiPlanError):
        await make(tokens).get(endpoints.LATEST_TELEMETRY, 67)
    assert (cloud.paths, tokens.renewals) == ([LATEST_PATH], 0)


async def test_a_forbidden_group_is_the_plans_and_a_forbidden_system_the_owners(cloud: CloudServer, make: Make) -> None:
    forbidden = {"message": "Forbidden", "details": "Not authorized to access this resource", "code": 403}
    cloud.answer(LATEST_PATH, forbidden, status=403)
    cloud.answer("/api/v4/systems/99/summary", forbidden, status=403)
    tokens = Tokens()
    client = make(tokens)
    with pytest.raises(ApiPlanError):
        await client.get(endpoints.LATEST_TELEMETRY, 67)
    with pytest.raises(ApiForbiddenError) as caught:
        await client.get(endpoints.SUMMARY, 99)
    assert not isinstance(caught.value, ApiPlanError)
    assert tokens.renewals == 0


async def test_a_doubt_that_cannot_be_settled_now_is_no_verdict(cloud: CloudServer, make: Make) -> None:
    cloud.answer(LATEST_PATH, NOT_AUTHORIZED, status=401)
    tokens = Tokens()
    client = make(tokens)
    cloud._answers.pop(("GET", SYSTEMS))
    cloud.answer(SYSTEMS, {"message": "Too Many Requests", "details": "", "code": 429}, status=429)
    with pytest.raises(ApiQuotaError):
        await client.get(endpoints.LATEST_TELEMETRY, 67)
    assert tokens.renewals == 0


# -- keys ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, b'{"message": "Not Authorized", "details": "API Key -Client mismatch", "code": 401}', KeyMismatchError),
        (401, b'{"message": "Invalid API key"}', KeyRefusedError),
        (403, b"Authentication failed", KeyRefusedError),
        (403, b"Authentication parameters missing", KeyRefusedError),
    ],
)
async def test_a_key_that_is_wrong_is_not_the_tokens_fault(
    cloud: CloudServer, make: Make, status: int, body: bytes, error: type[ApiError]
) -> None:
    cloud.answer(LATEST_PATH, raw=body, status=status)
    tokens = Tokens("good", "spare")
    with pytest.raises(error):
        await make(tokens).get(endpoints.LATEST_TELEMETRY, 67)
    assert (tokens.renewals, len(cloud.asked)) == (0, 1)


# -- budget -----------------------------------------------------------------


async def test_every_request_is_allowed_before_and_told_after(cloud: CloudServer, make: Make) -> None:
    cloud.answer(LATEST_PATH, {}, status=500)
    budget = RequestBudget()
    client = make(budget=budget)
    await client.get(endpoints.SUMMARY, 67)
    with pytest.raises(ApiStatusError):
        await client.get(endpoints.LATEST_TELEMETRY, 67)
    assert [(endpoint, result.status) for endpoint, result in budget.outcomes] == [
        ("systems/{system_id}/summary", 200),
        ("systems/{system_id}/latest_telemetry", 500),
    ]


async def test_a_request_that_got_no_answer_is_told_too(
    make: Make, monkeypatch: pytest.MonkeyPatch, cloud: CloudServer
) -> None:
    budget = RequestBudget()
    monkeypatch.setenv("ENERGY_SITE_ENPHASE_API", "http://127.0.0.1:1")
    with pytest.raises(ApiConnectionError):
        await make(budget=budget).get(endpoints.SUMMARY, 67)
    [(_, result)] = budget.outcomes
    assert result.status is None
    assert isinstance(result.error, ApiConnectionError)


async def test_a_request_that_is_cut_short_is_told_as_well(make: Make, cloud: CloudServer) -> None:
    allowed = asyncio.Event()

    class Watched(RequestBudget):
        @override
        def before(self, endpoint: str) -> None:
            super().before(endpoint)
            allowed.set()

    budget = Watched()
    task = asyncio.create_task(make(budget=budget).get(endpoints.SUMMARY, 67))
    await allowed.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    [(_, result)] = budget.outcomes
    assert (result.status, result.error) == (None, None)


async def test_who_may_not_spend_asks_nothing(cloud: CloudServer, make: Make) -> None:
    refusal = ApiQuotaError("systems", 429, period="month")
    budget = RequestBudget(refusal)
    with pytest.raises(ApiQuotaError) as caught:
        await make(budget=budget).get(endpoints.SUMMARY, 67)
    assert caught.value is refusal
    assert not cloud.asked
    assert not budget.outcomes


async def test_one_request_is_under_way_at_a_time(cloud: CloudServer, make: Make) -> None:
    cloud.answer(LATEST_PATH, LATEST)
    cloud.answer("/api/v4/systems/67/telemetry/battery", BATTERY)
    most = 0

    class Watched(RequestBudget):
        @override
        def before(self, endpoint: str) -> None:
            nonlocal most
            super().before(endpoint)
            most = max(most, len(self.allowed) - len(self.outcomes))

    budget = Watched()
    client = make(budget=budget)
    await asyncio.gather(
        client.get(endpoints.SUMMARY, 67),
        client.get(endpoints.LATEST_TELEMETRY, 67),
        client.get(endpoints.BATTERY_TELEMETRY, 67),
    )
    assert (most, len(budget.outcomes)) == (1, 3)


# -- what is kept and told ----------------------------------------------------


async def test_the_last_answer_is_kept_by_a_path_without_the_systems_number(cloud: CloudServer, make: Make) -> None:
    cloud.answer("/api/v4/systems/67/devices/encharges/120200001001/telemetry", BATTERY)
    cloud.answer(LATEST_PATH, NOT_AUTHORIZED, status=403)
    client = make()
    await client.get(endpoints.SUMMARY, 67)
    await client.get(endpoints.ENCHARGE_TELEMETRY, 67, "120200001001")
    with pytest.raises(ApiForbiddenError):
        await client.get(endpoints.LATEST_TELEMETRY, 67)
    assert {name: kept.status for name, kept in client.recorded.items()} == {
        "systems/{system_id}/summary": 200,
        "systems/{system_id}/devices/encharges/{serial_number}/telemetry": 200,
        "systems/{system_id}/latest_telemetry": 403,
    }


@pytest.mark.parametrize("status", [200, 301, 400, 401, 403, 404, 409, 422, 429, 500])
async def test_neither_errors_nor_the_log_tell_keys_tokens_systems_or_people(
    cloud: CloudServer, make: Make, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    body: dict[str, Any] = {
        "message": "owner@example.com token-1",
        "details": f'System not found for {{:id=>"678901"}} {KEY} 120200001001',
        "period": "owner@example.com",
    }
    path = "/api/v4/systems/678901/devices/encharges/120200001001/telemetry"
    cloud.answer(path, body, status=status)
    with pytest.raises(ApiError) as caught:
        await make().get(endpoints.ENCHARGE_TELEMETRY, 678901, "120200001001")
    told = [str(caught.value), repr(caught.value), repr(vars(caught.value))]
    told += [record.getMessage() for record in caplog.records if "energy_site" in record.name]
    for secret in ("owner@example.com", "token-1", "678901", KEY, "120200001001"):
        assert secret not in "\n".join(told)


@pytest.mark.parametrize("serial", ["../../../oauth", "a/b", "", "x?y", "a" * 100])
async def test_a_serial_number_that_leads_elsewhere_is_not_asked_for(
    cloud: CloudServer, make: Make, serial: str
) -> None:
    with pytest.raises(ValueError, match="no serial number"):
        await make().get(endpoints.ENCHARGE_TELEMETRY, 67, serial)
    assert not cloud.asked


@pytest.mark.parametrize("raw", [b"<html>Maintenance</html>", b"", b"[]", b'{"system_id": 67', b"null"])
async def test_an_answer_in_another_shape_is_refused_by_the_endpoints_name(
    cloud: CloudServer, make: Make, raw: bytes
) -> None:
    cloud.answer(LATEST_PATH, raw=raw)
    with pytest.raises(ApiPayloadError) as caught:
        await make().get(endpoints.LATEST_TELEMETRY, 67)
    assert caught.value.endpoint == "systems/{system_id}/latest_telemetry"
