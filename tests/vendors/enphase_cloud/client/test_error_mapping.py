"""Refusals of the cloud in all their envelopes, and what each is called."""

import json
from typing import Any

import pytest

from custom_components.energy_site.api.errors import (
    ApiAuthError,
    ApiError,
    ApiForbiddenError,
    ApiNotFoundError,
    ApiPlanError,
    ApiQuotaError,
    ApiStatusError,
    HardwareAbsentError,
)
from custom_components.energy_site.api.transport import Response
from custom_components.energy_site.vendors.enphase_cloud.client.error_mapping import ErrorResponse
from custom_components.energy_site.vendors.enphase_cloud.client.errors import (
    NotReportedError,
    RangeError,
    RetiredError,
    UnprocessableError,
)


def refusal(
    status: int, payload: Any = None, raw: bytes | None = None, retry_after: str | None = None
) -> ErrorResponse:
    """Return a refusal as it came."""
    body = json.dumps(payload).encode() if raw is None else raw
    headers = {"Retry-After": retry_after} if retry_after else {}
    return ErrorResponse(Response(endpoint="e", status=status, body=body, headers=headers, cookies={}, seconds=0.1))


@pytest.mark.parametrize(
    ("status", "payload", "error"),
    [
        (400, {"message": "Bad request", "code": "400", "details": ["Invalid system_id"]}, ApiStatusError),
        (401, {"message": "Not Authorized", "details": "User is not authorized", "code": 401}, ApiAuthError),
        (401, {"reason": 401, "message": ["Not authorized to access requested resource."]}, ApiAuthError),
        (403, {"message": "Forbidden", "details": "Not authorized to access this resource"}, ApiForbiddenError),
        (404, {"message": "Not Found", "details": 'System not found for {:id=>"1"}', "code": 404}, ApiNotFoundError),
        (404, {"reason": "404", "errorMessages": ["Envoy not found with this serial number"]}, ApiNotFoundError),
        (405, {"reason": "405", "message": ["Method not allowed"]}, ApiNotFoundError),
        (501, {"reason": "501", "message": ["Not implemented"]}, ApiNotFoundError),
        (409, {"message": "Conflict", "code": 409}, ApiStatusError),
        (500, {"errorCode": 7, "errorMessages": ["Data is temporarily unavailable"]}, ApiStatusError),
        (503, None, ApiStatusError),
        (302, None, ApiStatusError),
    ],
)
def test_each_envelope_becomes_its_error(status: int, payload: Any, error: type[ApiError]) -> None:
    caught = refusal(status, payload).error()
    assert type(caught) is error
    assert (caught.status, caught.endpoint) == (status, "e")


def test_a_group_that_is_not_granted_is_the_plans() -> None:
    caught = refusal(403, {"message": "Forbidden"}).error(group="Device Level Monitoring")
    assert isinstance(caught, ApiPlanError)
    assert str(caught) == "e: status 403, the plan lacks Device Level Monitoring"
    assert type(refusal(403, {}).error(group="System Details")) is ApiForbiddenError


# -- quotas -------------------------------------------------------------------


def test_a_quota_tells_its_period_its_end_and_its_limit() -> None:
    payload = {
        "message": "Too Many Requests",
        "details": "Usage limit exceeded for plan Kilowatt",
        "code": 429,
        "period": "minute",
        "period_start": 1623825660,
        "period_end": 1623825720,
        "limit": 5,
    }
    caught = refusal(429, payload, retry_after="7").error()
    assert isinstance(caught, ApiQuotaError)
    assert (caught.period, caught.period_end, caught.limit) == ("minute", 1623825720, 5)
    assert str(caught) == "e: status 429, the minute's requests are used up"


def test_v2_says_the_same_with_another_status() -> None:
    payload = {
        "reason": "409",
        "message": ["Usage limit exceeded for plan Watt"],
        "period": "month",
        "period_end": "1401742500",
        "limit": 10,
    }
    caught = refusal(409, payload).error()
    assert isinstance(caught, ApiQuotaError)
    assert (caught.status, caught.period, caught.period_end) == (409, "month", 1401742500)


@pytest.mark.parametrize("payload", [{}, {"period": 7, "period_end": "soon", "limit": None}, [], None])
def test_a_quota_that_tells_nothing_is_one_all_the_same(payload: Any) -> None:
    caught = refusal(429, payload).error()
    assert isinstance(caught, ApiQuotaError)
    assert (caught.period, caught.period_end, caught.limit) == (None, None, None)


@pytest.mark.parametrize("status", [429, 503])
def test_a_wait_in_the_header_is_kept(status: int) -> None:
    assert refusal(status, {}, retry_after="60").error().retry_after == 60


# -- questions without an answer ----------------------------------------------


@pytest.mark.parametrize(
    ("details", "error"),
    [
        ("System doesn't have encharges", HardwareAbsentError),
        ("System doesn\N{RIGHT SINGLE QUOTATION MARK}t have encharge", HardwareAbsentError),
        ("grid_state not available as the site has not reported yet", NotReportedError),
        ("Requested date is in the future", RangeError),
        ("Failed to parse date 2026-13-01", RangeError),
        ("start_time is required", RangeError),
        ("soc_low is mandatory for Advanced_BatteryPowered mode", UnprocessableError),
        ("Envoy serial number or Site id mandatory", UnprocessableError),
        ("cannot update", UnprocessableError),
        (None, UnprocessableError),
    ],
)
def test_what_cannot_be_answered_tells_whether_waiting_helps(details: object, error: type[ApiError]) -> None:
    assert type(refusal(422, {"message": "Unprocessable Entity", "details": details, "code": 422}).error()) is error


def test_dates_without_data_tell_the_last_interval_from_a_text() -> None:
    details = (
        "Requested date range is invalid for this system. {:start_at=>1378011600, :end_at=>1378098000, "
        ':first_interval=>"1380632400", :last_interval=>1445619033}'
    )
    caught = refusal(422, {"message": "Unprocessable Entity", "details": details, "code": 422}).error()
    assert isinstance(caught, RangeError)
    assert caught.last_interval == 1445619033


def test_dates_without_data_tell_the_same_from_fields() -> None:
    payload = {"reason": 422, "message": "Requested...", "first_interval": 9, "last_interval": "2014-01-06T00:00:00Z"}
    caught = refusal(422, payload).error()
    assert isinstance(caught, RangeError)
    assert caught.last_interval == 1388966400


# -- what is no answer of the service's ---------------------------------------


@pytest.mark.parametrize("status", [401, 422, 429, 502])
@pytest.mark.parametrize("raw", [b"<html>502 token plan API key</html>", b"", b"\xff\xfe", b"[]", b'{"mess'])
def test_a_page_of_a_proxy_is_judged_by_its_status_alone(status: int, raw: bytes) -> None:
    caught = refusal(status, raw=raw).error()
    assert caught.status == status
    assert isinstance(caught, ApiQuotaError) == (status == 429)
    assert isinstance(caught, ApiAuthError) == (status == 401)


@pytest.mark.parametrize(
    ("status", "raw", "retired"),
    [
        (410, b'{"message": "Gone"}', True),
        (301, b"", True),
        (200, b"<!DOCTYPE html>", True),
        (404, b"<html></html>", True),
        (404, b"", True),
        (403, b"<html></html>", True),
        (404, b'{"reason": "404", "errorMessages": ["Envoy not found"]}', False),
        (200, b'{"systems": []}', False),
        (200, b"[]", False),
        (200, b'{"systems": [', False),
        (401, b"", False),
        (403, b"Authentication failed", False),
        (429, b"<html></html>", False),
        (502, b"<html></html>", False),
        (500, b"", False),
    ],
)
def test_an_api_that_is_gone_is_told_from_one_in_trouble(status: int, raw: bytes, retired: bool) -> None:
    assert isinstance(refusal(status, raw=raw).retired(), RetiredError) is retired
