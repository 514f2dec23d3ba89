"""Whatever the cloud answers becomes a model or an error of ours, and nothing else."""

import json
import math
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.energy_site.api.errors import ApiError, ApiPayloadError, ApiStatusError
from custom_components.energy_site.api.transport import Response
from custom_components.energy_site.vendors.enphase_cloud.client.endpoint import CloudEndpoint
from custom_components.energy_site.vendors.enphase_cloud.client.error_mapping import ErrorResponse
from custom_components.energy_site.vendors.enphase_cloud.client.models.common import DailySeries
from tests.mangled import JSON, changed, mutations, places
from tests.nonsense import numbers

from .shapes import PARSED, sample

SENT = st.sampled_from(
    ["", "unknown", "true", "9" * 30, "9" * 400 + "%", "-1", "é", "\x00", "100%", "9999-12-31", "0001-01-01T00:00:00Z"]
)
PARAMETERS = [pytest.param(endpoint, sample(key), id=key) for key, endpoint in sorted(PARSED.items())]
quick = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def read(endpoint: CloudEndpoint[Any], body: bytes) -> Any:
    """Read an answer as the clients do; `None` where it is refused."""
    answer = Response(endpoint=endpoint.name, status=200, body=body, headers={}, cookies={}, seconds=0.0)
    try:
        model = endpoint.parse(endpoint.name, answer.json())
    except ApiPayloadError as err:
        model, named = None, err.endpoint
    else:
        named = endpoint.name
        assert model is not None
    assert named == endpoint.name
    assert all(math.isfinite(number) for number in numbers(model))
    if isinstance(model, DailySeries):
        assert all(math.isfinite(value) for _, value in model.days())
    repr(model)
    return model


@pytest.mark.parametrize(("endpoint", "real"), PARAMETERS)
def test_what_the_documentation_shows_is_read(endpoint: CloudEndpoint[Any], real: Any) -> None:
    assert read(endpoint, json.dumps(real).encode()) is not None


@pytest.mark.parametrize(("endpoint", "real"), PARAMETERS)
def test_an_answer_with_one_value_of_another_kind_or_all_of_it(endpoint: CloudEndpoint[Any], real: Any) -> None:
    everywhere = sorted(places(real), key=repr) + [()] * 8

    @quick
    @given(st.sampled_from(everywhere), JSON | SENT)
    def check(place: tuple[Any, ...], value: Any) -> None:
        read(endpoint, json.dumps(changed(real, place, value)).encode(errors="replace"))

    check()


@pytest.mark.parametrize(("endpoint", "real"), PARAMETERS)
def test_every_value_replaced_by_something_else_and_every_field_left_out(
    endpoint: CloudEndpoint[Any], real: Any
) -> None:
    for mangled in mutations(real):
        read(endpoint, json.dumps(mangled).encode())


@pytest.mark.parametrize(("endpoint", "real"), PARAMETERS)
def test_an_answer_that_breaks_off_is_refused_wherever_it_breaks_off(endpoint: CloudEndpoint[Any], real: Any) -> None:
    body = json.dumps(real).encode()
    for end in range(0, len(body), max(1, len(body) // 25)):
        assert read(endpoint, body[:end]) is None


REFUSALS: tuple[Any, ...] = (
    {"message": "Not Authorized", "details": "User is not authorized", "code": 401},
    {"reason": "409", "message": ["Usage limit exceeded"]},
    {"errorCode": 7, "errorMessages": ["Data is temporarily unavailable"]},
    {"error": "invalid_token"},
)


@pytest.mark.parametrize("endpoint", [pytest.param(each.values[0], id=each.id) for each in PARAMETERS])
def test_what_is_no_answer_at_all_is_refused(endpoint: CloudEndpoint[Any]) -> None:
    for answer in ("null", "3", '"ok"', "true", "<html></html>", "", "[" * 10_000, '[{"a": 1e999}]'):
        assert read(endpoint, answer.encode()) is None
    # Nor is a refusal with the status of a success.
    for refusal in REFUSALS:
        assert read(endpoint, json.dumps(refusal).encode()) is None


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 405, 409, 410, 418, 422, 429, 500, 501, 503])
def test_any_refusal_at_all_is_an_error_with_the_status(status: int) -> None:
    keys = st.sampled_from(
        ["message", "details", "reason", "errorMessages", "error", "period", "period_end", "limit", "first_interval"]
    )

    @settings(max_examples=40, deadline=None)
    @given(st.dictionaries(keys, JSON | st.sampled_from(["minute", "plan", "token", "API Key mismatch"])))
    def check(envelope: Any) -> None:
        body = json.dumps(envelope).encode(errors="replace")
        answer = Response(endpoint="e", status=status, body=body, headers={}, cookies={}, seconds=0.0)
        refusal = ErrorResponse(answer)
        error: ApiError = refusal.error(group="Some Group")
        assert isinstance(error, ApiStatusError)
        assert (error.status, error.endpoint) == (status, "e")
        refusal.retired()
        assert refusal.doubt in type(refusal.doubt)

    check()
