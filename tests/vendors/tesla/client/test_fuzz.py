"""Whatever the Fleet API answers becomes a model or an error of ours, and nothing else."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
import json
import math
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.energy_site.api.errors import ApiError, ApiPayloadError, ApiRefusedError, ApiStatusError
from custom_components.energy_site.api.transport import Response
from custom_components.energy_site.api.words import safe_words
from custom_components.energy_site.vendors.tesla.client.claims import read_claims
from custom_components.energy_site.vendors.tesla.client.endpoint import FleetEndpoint
from custom_components.energy_site.vendors.tesla.client.error_mapping import accepted, content, status_error
from custom_components.energy_site.vendors.tesla.client.models.backup_history import BackupHistory
from custom_components.energy_site.vendors.tesla.client.models.energy_history import (
    EnergyHistory,
    is_balanced,
    sum_flows,
)
from custom_components.energy_site.vendors.tesla.client.oauth import parse_tokens, region_of_code
from tests.mangled import JSON, changed, mutations, places
from tests.nonsense import numbers

from .shapes import SAMPLES
from .test_oauth import TOKENS

NOW = datetime(2024, 6, 1, tzinfo=UTC)
SENT = st.sampled_from(
    ["", "unknown", "true", "9" * 30, "-1", "é", "\x00", "2024-01-01", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00Z"]
)
PARAMETERS = [pytest.param(endpoint, {"response": sample}, id=key) for key, (endpoint, sample) in SAMPLES.items()]
quick = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def read(endpoint: FleetEndpoint[Any], body: bytes) -> Any:
    """Read an answer as the client does; `None` where it is refused."""
    answer = Response(endpoint=endpoint.name, status=200, body=body, headers={}, cookies={}, seconds=0.0)
    try:
        model, named = endpoint.parse(endpoint.name, content(endpoint.name, answer.json())), endpoint.name
    except ApiPayloadError as err:
        model, named = None, err.endpoint
    else:
        assert model is not None
    assert named == endpoint.name
    if isinstance(model, BackupHistory):
        events = model.resolve(now=NOW, requested=timedelta(days=30), zone=UTC)
        assert all(event.start <= event.end <= NOW + timedelta(minutes=1) for event in events)
    if isinstance(model, EnergyHistory):
        day = sum_flows(row.flows for row in model.rows)
        is_balanced(day)
        assert all(number >= 0 for number in numbers(day))
    for number in numbers(model):
        assert math.isfinite(number)
    repr(model)
    return model


@pytest.mark.parametrize(("endpoint", "real"), PARAMETERS)
def test_what_was_published_is_read(endpoint: FleetEndpoint[Any], real: Any) -> None:
    assert read(endpoint, json.dumps(real).encode()) is not None


@pytest.mark.parametrize(("endpoint", "real"), PARAMETERS)
def test_an_answer_with_one_value_of_another_kind_or_all_of_it(endpoint: FleetEndpoint[Any], real: Any) -> None:
    everywhere = sorted(places(real), key=repr) + [()] * 4 + [("response",)] * 4

    @quick
    @given(st.sampled_from(everywhere), JSON | SENT)
    def check(place: tuple[Any, ...], value: Any) -> None:
        read(endpoint, json.dumps(changed(real, place, value)).encode(errors="replace"))

    check()


@pytest.mark.parametrize(("endpoint", "real"), PARAMETERS)
def test_every_value_replaced_by_something_else_and_every_field_left_out(
    endpoint: FleetEndpoint[Any], real: Any
) -> None:
    for payload in mutations(real):
        read(endpoint, json.dumps(payload).encode())


@pytest.mark.parametrize(("endpoint", "real"), PARAMETERS)
def test_an_answer_that_breaks_off_is_refused_wherever_it_breaks_off(endpoint: FleetEndpoint[Any], real: Any) -> None:
    body = json.dumps(real).encode()
    for end in range(0, len(body), max(1, len(body) // 25)):
        assert read(endpoint, body[:end]) is None


@pytest.mark.parametrize("endpoint", [pytest.param(each.values[0], id=each.id) for each in PARAMETERS])
def test_what_is_no_answer_at_all_is_refused(endpoint: FleetEndpoint[Any]) -> None:
    nested = '{"response":' * 1000 + "{}" + "}" * 1000
    boxed = '{"response": {"timestamp": ' + '{"seconds": ' * 1000 + "1" + "}" * 1002
    for answer in ("null", "3", '"ok"', "true", "<html></html>", "", "[" * 10_000, '{"response": [1e999]', boxed[:-1]):
        assert read(endpoint, answer.encode()) is None
    for refusal in ('{"response": null, "error": "no"}', '{"error": "invalid_token"}', '{"message": "Not found"}'):
        assert read(endpoint, refusal.encode()) is None
    for deep in (nested, boxed):
        read(endpoint, deep.encode())


KEYS = st.sampled_from(
    ["response", "result", "reason", "code", "message", "error", "error_description", "after", "messages", "txid"]
)
ENVELOPES = st.dictionaries(KEYS, JSON | st.dictionaries(KEYS, JSON | st.sampled_from(["400", "scopes", "a@b.c"])))


@pytest.mark.parametrize("status", [301, 400, 401, 402, 403, 404, 408, 412, 421, 423, 424, 429, 451, 500, 503, 540])
def test_any_refusal_at_all_is_an_error_with_the_status(status: int) -> None:
    @settings(max_examples=40, deadline=None)
    @given(ENVELOPES)
    def check(envelope: Any) -> None:
        body = json.dumps(envelope).encode(errors="replace")
        answer = Response(endpoint="e", status=status, body=body, headers={}, cookies={}, seconds=0.0)
        for of_site in (True, False):
            error: ApiError = status_error(answer, of_site=of_site)
            assert isinstance(error, ApiStatusError)
            assert (error.status, error.endpoint) == (status, "e")
            assert "@" not in (getattr(error, "words", None) or "")

    check()


@settings(max_examples=200, deadline=None)
@given(ENVELOPES | JSON)
def test_any_answer_to_a_setting_accepts_or_refuses_it(envelope: Any) -> None:
    body = json.dumps(envelope).encode(errors="replace")
    answer = Response(endpoint="POST e", status=200, body=body, headers={}, cookies={}, seconds=0.0)
    with suppress(ApiRefusedError, ApiPayloadError):
        accepted(answer)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(places(TOKENS), key=repr)), JSON | SENT)
def test_any_tokens_at_all_are_read_or_refused(place: tuple[Any, ...], value: Any) -> None:
    with suppress(ApiPayloadError):
        repr(parse_tokens("oauth/token", changed(TOKENS, place, value)))


@settings(max_examples=200, deadline=None)
@given(st.text() | st.binary().map(lambda raw: raw.decode(errors="replace")))
def test_any_text_is_read_for_claims_a_region_and_words(text: str) -> None:
    read_claims(text)
    region_of_code(text)
    words = safe_words(text)
    assert words is None or (words.isprintable() and 0 < len(words) <= 200)
