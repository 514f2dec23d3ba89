"""Whatever a gateway answers becomes a model or an error of ours, and nothing else."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
import json
import math
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.energy_site.api.errors import ApiError, ApiPayloadError
from custom_components.energy_site.api.transport import Response
from custom_components.energy_site.vendors.iq_gateway.client.endpoints import Endpoint
from tests.mangled import changed, places

from .shapes import ENDPOINTS, payload, payloads

HUGE = st.sampled_from([10**18, -(10**18), 2**64, 2**63, 2**32, 1e308, -1e308, 5e-324, -0.0, 4294967292])
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | HUGE | st.text()
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
SENT = st.sampled_from(["", "unknown", "true", "9" * 30, "9" * 400, "9" * 400 + "%", "-1", "0x10", "é", "\x00", "100%"])
WRONG: tuple[Any, ...] = ("unknown", [], {}, None, True, 10**18, 1e308, "9" * 400)
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


def numbers(model: Any) -> Iterator[float]:
    """Return all numbers of a model."""
    if is_dataclass(model):
        for field in fields(model):
            yield from numbers(getattr(model, field.name))
    elif isinstance(model, tuple):
        for each in model:
            yield from numbers(each)
    elif isinstance(model, float):
        yield model


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
def test_a_payload_that_lacks_one_field(endpoint: Endpoint[Any]) -> None:
    """Each field once: none of them may break more than itself."""
    real = payload(endpoint)
    for place in places(real):
        if place and isinstance(place[-1], str):
            parent = real
            for key in place[:-1]:
                parent = parent[key]
            rest = {key: value for key, value in parent.items() if key != place[-1]}
            read(endpoint, json.dumps(changed(real, place[:-1], rest)).encode())


@pytest.mark.parametrize("endpoint", PARAMETERS)
def test_every_value_replaced_by_a_word_a_list_and_nothing(endpoint: Endpoint[Any]) -> None:
    real = payload(endpoint)
    for place in places(real):
        for value in WRONG:
            read(endpoint, json.dumps(changed(real, place, value)).encode())


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
