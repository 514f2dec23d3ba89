"""Whatever the account's services answer becomes a model or an error of ours, and nothing else."""

from contextlib import suppress
import json
import math
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.energy_site.api.errors import ApiError, ApiPayloadError, ApiRefusedError, ApiStatusError
from custom_components.energy_site.api.transport import Response
from custom_components.energy_site.vendors.enphase_account.client import endpoints
from custom_components.energy_site.vendors.enphase_account.client.endpoint import AccountEndpoint
from custom_components.energy_site.vendors.enphase_account.client.error_mapping import (
    raise_for_read,
    raise_for_write,
    words_of,
)
from simulator.enphase_account import tariffs
from tests.mangled import changed, mutations, places
from tests.nonsense import JSON, numbers

PAYLOADS = Path(__file__).parents[3] / "fixtures" / "enphase_account"
READS: tuple[tuple[AccountEndpoint[Any], tuple[str, ...]], ...] = (
    (endpoints.SITES, ("sites_two", "sites_empty")),
    (endpoints.TODAY, ("today", "today_comm")),
    (endpoints.LIFETIME, ("lifetime",)),
    (endpoints.LATEST_POWER, ("latest_power", "latest_power_night", "latest_power_missing")),
    (endpoints.BATTERY_STATUS, ("battery_status", "battery_status_odd")),
    (endpoints.DEVICES, ("devices",)),
    (endpoints.BACKUP_HISTORY, ("backup_history",)),
    (endpoints.EVENTS, ("events",)),
    (
        endpoints.BATTERY_SETTINGS,
        (
            "battery_settings",
            "battery_settings_pending",
            "battery_settings_locked",
            "battery_settings_dtg_without_rows",
            "battery_settings_storm",
            "battery_settings_unknown_words",
        ),
    ),
    (endpoints.PROFILE, ("profile",)),
    (endpoints.SITE_SETTINGS, ("site_settings",)),
    (endpoints.SCHEDULES, ("schedules", "schedules_pending")),
    (endpoints.STORM_ALERT, ("storm_none", "storm_active")),
)
OTHERS: dict[str, tuple[AccountEndpoint[Any], Any]] = {
    "data": (endpoints.DATA, {"app": {"userId": 7654321, "timezone": "Europe/Lisbon"}}),
    "off_grid": (
        endpoints.OFF_GRID,
        {"is_grid_outage": False, "show_grid_connect": True, "has_battery": True, "is_sunlight_backup": False},
    ),
    "tariff": (endpoints.TARIFF, tariffs.FLAT),
}
SAMPLES = {
    name: (endpoint, json.loads((PAYLOADS / f"{name}.json").read_text())) for endpoint, names in READS for name in names
} | OTHERS
PARAMETERS = [pytest.param(endpoint, payload, id=name) for name, (endpoint, payload) in SAMPLES.items()]
PRIVATE = ("1234567", "7654321", "122300001111", "owner@example.com", "192.0.2.10", "3511")
quick = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def read(endpoint: AccountEndpoint[Any], body: bytes) -> Any:
    """Read an answer as the client does; `None` where it is refused."""
    answer = Response(endpoint=endpoint.name, status=200, body=body, headers={}, cookies={}, seconds=0.0)
    try:
        model, named = endpoint.parse(endpoint.name, answer.json()), endpoint.name
    except ApiPayloadError as err:
        model, named = None, err.endpoint
    assert named == endpoint.name
    assert all(math.isfinite(number) for number in numbers(model))
    repr(model)
    return model


def test_each_endpoint_in_the_table_is_tried() -> None:
    table = {each.name for each in vars(endpoints).values() if isinstance(each, AccountEndpoint)}
    assert {endpoint.name for endpoint, _ in SAMPLES.values()} == table


@pytest.mark.parametrize(("endpoint", "real"), PARAMETERS)
def test_what_was_captured_is_read_and_tells_nobody_whose_it_is(endpoint: AccountEndpoint[Any], real: Any) -> None:
    model = read(endpoint, json.dumps(real).encode())
    assert model is not None
    if endpoint is not endpoints.DATA:
        assert [private for private in PRIVATE if private in repr(model)] == []


@pytest.mark.parametrize(("endpoint", "real"), PARAMETERS)
def test_an_answer_with_one_value_of_another_kind_or_all_of_it(endpoint: AccountEndpoint[Any], real: Any) -> None:
    everywhere = sorted(places(real), key=repr) + [()] * 4

    @quick
    @given(st.sampled_from(everywhere), JSON)
    def check(place: tuple[Any, ...], value: Any) -> None:
        read(endpoint, json.dumps(changed(real, place, value)).encode(errors="replace"))

    check()


@pytest.mark.parametrize(("endpoint", "real"), PARAMETERS)
def test_every_value_replaced_by_something_else_and_every_field_left_out(
    endpoint: AccountEndpoint[Any], real: Any
) -> None:
    for payload in mutations(real, longest=2):
        read(endpoint, json.dumps(payload).encode())


@pytest.mark.parametrize(("endpoint", "real"), PARAMETERS)
def test_an_answer_that_breaks_off_is_refused_wherever_it_breaks_off(endpoint: AccountEndpoint[Any], real: Any) -> None:
    body = json.dumps(real).encode()
    for end in range(0, len(body), max(1, len(body) // 25)):
        assert read(endpoint, body[:end]) is None


@pytest.mark.parametrize("endpoint", [endpoint for endpoint, _ in SAMPLES.values()], ids=list(SAMPLES))
def test_what_is_no_answer_at_all_is_refused(endpoint: AccountEndpoint[Any]) -> None:
    for answer in ("null", "3", '"ok"', "true", "<html></html>", "", "[" * 10_000, '{"data": [1e999]'):
        assert read(endpoint, answer.encode()) is None
    read(endpoint, ('{"data":' * 1000 + "{}" + "}" * 1000).encode())


KEYS = st.sampled_from(["message", "error", "errors", "reason", "status", "success", "displayMessage", "data", "path"])
ENVELOPES = st.dictionaries(KEYS, JSON | st.dictionaries(KEYS, JSON | st.sampled_from(["a@b.c", "No.", 409])))


@pytest.mark.parametrize("status", [200, 302, 400, 401, 402, 403, 404, 406, 409, 422, 423, 429, 451, 500, 503, 550])
def test_any_refusal_at_all_is_an_error_in_words_that_may_be_shown(status: int) -> None:
    @settings(max_examples=40, deadline=None)
    @given(ENVELOPES | JSON)
    def check(envelope: Any) -> None:
        body = json.dumps(envelope).encode(errors="replace")
        answer = Response(endpoint="PUT e", status=status, body=body, headers={}, cookies={}, seconds=0.0)
        words = words_of(answer)
        assert words is None or ("@" not in words and words.isprintable() and 0 < len(words) <= 200)
        for raise_for in (raise_for_read, raise_for_write):
            try:
                raise_for(answer)
            except ApiError as err:
                error: ApiError | None = err
            else:
                error = None
            assert error is None or error.endpoint == "PUT e"
            assert (error is None) <= (status == 200)
            assert status == 200 or raise_for is raise_for_read or status != 409 or isinstance(error, ApiRefusedError)

    check()


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=80))
def test_any_body_of_a_success_accepts_or_refuses_a_setting(body: bytes) -> None:
    answer = Response(endpoint="PUT e", status=200, body=body, headers={}, cookies={}, seconds=0.0)
    with suppress(ApiRefusedError, ApiPayloadError, ApiStatusError):
        raise_for_write(answer)
