"""Whatever a gateway answers becomes a model or an error of ours, and nothing else."""

import json
import math
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.energy_site.api.errors import ApiError, ApiPayloadError
from custom_components.energy_site.api.transport import Response
from custom_components.energy_site.vendors.iq_gateway.client.endpoints import Endpoint
from tests.mangled import JSON, changed, mutations, places
from tests.nonsense import numbers

from .shapes import ENDPOINTS, payload, payloads

SENT = st.sampled_from(["", "unknown", "true", "9" * 30, "9" * 400, "9" * 400 + "%", "-1", "0x10", "é", "\x00", "100%"])
PARAMETERS = [pytest.param(endpoint, id=name) for name, endpoint in sorted(ENDPOINTS.items())]
quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def read(endpoint: Endpoint[Any], body: bytes) -> Any:
    """Read an answer as the client does; `None` where it is refused."""
    answer = Response(endpoint=endpoint.name, status=200, body=body, headers={}, cookies={}, seconds=0.0)
    try:
        model = endpoint.parse(endpoint.name, answer.json())
    except ApiError as err:
        model, named = None, err.endpoint
    else:
        named = endpoint.name
        assert model is not None
    assert named == endpoint.name
    for number in numbers(model):
        assert math.isfinite(number)
    repr(model)
    return model


@pytest.mark.parametrize("endpoint", PARAMETERS)
def test_what_real_gateways_answer_is_read(endpoint: Endpoint[Any]) -> None:
    assert payloads(endpoint)
    for real in payloads(endpoint):
        assert read(endpoint, json.dumps(real).encode()) is not None


@pytest.mark.parametrize("endpoint", PARAMETERS)
def test_any_json_at_all(endpoint: Endpoint[Any]) -> None:
    @quick
    @given(JSON)
    def check(value: Any) -> None:
        read(endpoint, json.dumps(value).encode(errors="replace"))

    check()


@pytest.mark.parametrize("endpoint", PARAMETERS)
def test_a_payload_with_one_value_of_another_kind(endpoint: Endpoint[Any]) -> None:
    real = payload(endpoint)
    everywhere = sorted(places(real), key=repr)

    @quick
    @given(st.sampled_from(everywhere), JSON | SENT)
    def check(place: tuple[Any, ...], value: Any) -> None:
        read(endpoint, json.dumps(changed(real, place, value)).encode(errors="replace"))

    check()


@pytest.mark.parametrize("endpoint", PARAMETERS)
def test_every_value_replaced_by_something_else_and_every_field_left_out(endpoint: Endpoint[Any]) -> None:
    """None of them may break more than itself."""
    for mangled in mutations(payload(endpoint)):
        read(endpoint, json.dumps(mangled).encode())


@pytest.mark.parametrize("endpoint", PARAMETERS)
def test_an_answer_that_breaks_off_is_refused_wherever_it_breaks_off(endpoint: Endpoint[Any]) -> None:
    body = json.dumps(payload(endpoint)).encode()
    step = max(1, len(body) // 150)
    for end in range(0, len(body), step):
        assert read(endpoint, body[:end]) is None


@pytest.mark.parametrize("endpoint", PARAMETERS)
@pytest.mark.parametrize(
    "text",
    [
        "NaN",
        "-Infinity",
        "[NaN]",
        '{"devices": [1e999]}',
        "[" * 10_000,
        "[" * 500 + "]" * 500,
        '{"a":' * 500 + "1" + "}" * 500,
        '[{"eid": ' + "9" * 4000 + "}]",
        '"\\ud800"',
        '{"a": 1, "a": 2}',
        "\ufeff[]",
    ],
)
def test_what_json_parsers_stumble_over(endpoint: Endpoint[Any], text: str) -> None:
    read(endpoint, text.encode())


@pytest.mark.parametrize("endpoint", PARAMETERS)
@pytest.mark.parametrize("answer", ["null", "3", '"ok"', "true", "<html></html>", ""])
def test_what_is_neither_object_nor_list_is_refused(endpoint: Endpoint[Any], answer: str) -> None:
    assert read(endpoint, answer.encode()) is None


LISTS = [name for name in ENDPOINTS if isinstance(payload(ENDPOINTS[name]), list)]


@pytest.mark.parametrize("name", LISTS)
def test_an_error_object_is_no_list(name: str) -> None:
    with pytest.raises(ApiPayloadError):
        ENDPOINTS[name].parse(name, {"error": "Service unavailable"})


def test_a_full_disk_in_words_is_a_finite_percentage() -> None:
    """Found by hand: digits enough to leave the range of numbers."""
    home = read(ENDPOINTS["home"], json.dumps({"db_percent_full": "9" * 400}).encode())
    assert home.database_percent_full is None or math.isfinite(home.database_percent_full)
