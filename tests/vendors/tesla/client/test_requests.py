"""How requests are put, what is sent as a setting, and what the answer to one means."""

from datetime import UTC, datetime
import json
from typing import Any

import pytest

from custom_components.energy_site.api.base_client import with_parameters
from custom_components.energy_site.api.errors import (
    ApiPayloadError,
    ApiQuotaError,
    ApiRefusedError,
    ApiStatusError,
    ApiUnreachableError,
)
from custom_components.energy_site.vendors.tesla.client.client import TeslaClient
from custom_components.energy_site.vendors.tesla.client.history_query import HistoryPeriod
from custom_components.energy_site.vendors.tesla.client.settings import (
    OperationMode,
    OptimizationStrategy,
    PreferredExportRule,
)
from tests.loopback import CloudServer, RequestBudget

from .conftest import Make
from .server import PATH, REGION, SITE, UPDATED
from .shapes import BACKUP, CHARGE, ENERGY, LIVE, PRODUCTS, SITE_INFO

START, END = datetime(2024, 3, 1, 12, tzinfo=UTC), datetime(2024, 3, 2, 12, tzinfo=UTC)
TARIFF = {"name": "Night saver", "currency": "EUR", "seasons": {"AllYear": {"fromMonth": 1}}}
WRITES = ("backup", "off_grid_vehicle_charging_reserve", "operation", "storm_mode", "grid_import_export")


@pytest.fixture
def site(cloud: CloudServer) -> CloudServer:
    """Serve a site that answers everything and accepts everything."""
    cloud.answer("/api/1/products", {"response": PRODUCTS, "count": 4})
    cloud.answer(REGION, {"response": {"region": "na"}})
    cloud.answer(f"{PATH}/site_info", {"response": SITE_INFO})
    cloud.answer(f"{PATH}/live_status", {"response": LIVE})
    for name in (*WRITES, "time_of_use_settings"):
        cloud.answer(f"{PATH}/{name}", UPDATED, method="POST")
    return cloud


# -- reads --------------------------------------------------------------------


async def test_the_token_goes_in_a_header_and_nowhere_else(site: CloudServer, make: Make) -> None:
    assert (await make().live_status(SITE)).solar_power == 1185
    assert site.last.path == f"{PATH}/live_status"
    assert site.last.token == "token-1"
    assert not site.last.query


async def test_an_accounts_sites_and_a_sites_information_are_read(site: CloudServer, make: Make) -> None:
    client = make()
    assert [product.energy_site_id for product in await client.products()] == [SITE, 98765, 43210]
    assert (await client.site_info(SITE)).backup_reserve_percent == 20
    assert (await client.account_region()).value == "na"


async def test_histories_are_requested_by_their_kind_and_range(cloud: CloudServer, make: Make) -> None:
    cloud.answer(f"{PATH}/calendar_history", {"response": ENERGY})
    cloud.answer(f"{PATH}/calendar_history", {"response": BACKUP})
    cloud.answer(f"{PATH}/telemetry_history", {"response": CHARGE})
    client, sent = make(), {"start_date": ["2024-03-01T12:00:00+00:00"], "end_date": ["2024-03-02T12:00:00+00:00"]}
    assert len((await client.energy_history(SITE, START, END, period=HistoryPeriod.DAY)).rows) == 2
    assert cloud.last.query == {"kind": ["energy"], "period": ["day"], **sent}
    found = await client.backup_history(SITE, START, END, period=HistoryPeriod.MONTH, time_zone="Europe/Berlin")
    assert found.total_events == 5
    assert cloud.last.query == {"kind": ["backup"], "period": ["month"], "time_zone": ["Europe/Berlin"], **sent}
    assert len(await client.charge_history(SITE, START, END)) == 2
    assert cloud.last.query == {"kind": ["charge"], **sent}


async def test_each_request_is_counted_and_recorded_by_a_name_without_the_site(site: CloudServer, make: Make) -> None:
    budget = RequestBudget()
    client = make(budget=budget)
    await client.live_status(SITE)
    await client.set_storm_mode(SITE, enabled=True)
    assert budget.allowed == ["live_status", "POST storm_mode"]
    assert [(name, result.status) for name, result in budget.outcomes] == [
        ("live_status", 200),
        ("POST storm_mode", 200),
    ]
    assert set(client.recorded) == {"live_status", "POST storm_mode"}


async def test_a_budget_that_is_used_up_keeps_the_request_at_home(site: CloudServer, make: Make) -> None:
    with pytest.raises(ApiQuotaError):
        await make(budget=RequestBudget(ApiQuotaError("live_status", 429))).live_status(SITE)
    assert not site.asked


async def test_a_user_may_ask_for_another_range(cloud: CloudServer, make: Make) -> None:
    cloud.answer(f"{PATH}/calendar_history", {"response": ENERGY})
    with with_parameters("calendar_history_energy", {"period": "week"}):
        await make().energy_history(SITE, START, END, period=HistoryPeriod.DAY)
    assert (cloud.last.query["period"], cloud.last.query["kind"]) == (["week"], ["energy"])


@pytest.mark.parametrize(
    "body", [b"<html>Maintenance</html>", b'{"response":{"solar_power":5', b"", b"null", b'{"response":null}', b"{}"]
)
async def test_what_is_no_answer_is_an_error_with_the_endpoints_name(
    cloud: CloudServer, make: Make, body: bytes
) -> None:
    cloud.answer(f"{PATH}/live_status", raw=body)
    with pytest.raises(ApiPayloadError) as caught:
        await make().live_status(SITE)
    assert caught.value.endpoint == "live_status"


async def test_a_service_that_is_not_there_is_unreachable(cloud: CloudServer, make: Make) -> None:
    client = make()
    await cloud.__aexit__()
    with pytest.raises(ApiUnreachableError):
        await client.live_status(SITE)


async def test_a_redirect_is_not_followed(cloud: CloudServer, make: Make) -> None:
    cloud.answer(f"{PATH}/live_status", {}, status=302, headers={"Location": "https://evil.example/"})
    with pytest.raises(ApiStatusError) as caught:
        await make().live_status(SITE)
    assert (caught.value.status, len(cloud.asked)) == (302, 1)


# -- writes -------------------------------------------------------------------


async def set_backup(client: TeslaClient) -> None:
    """Set the reserve."""
    await client.set_backup_reserve(SITE, 80)


@pytest.mark.parametrize(
    ("call", "path", "body"),
    [
        (set_backup, "backup", {"backup_reserve_percent": 80}),
        (
            lambda client: client.set_off_grid_vehicle_charging_reserve(SITE, 50.0),
            "off_grid_vehicle_charging_reserve",
            {"off_grid_vehicle_charging_reserve_percent": 50},
        ),
        (
            lambda client: client.set_operation_mode(SITE, OperationMode.AUTONOMOUS),
            "operation",
            {"default_real_mode": "autonomous"},
        ),
        (lambda client: client.set_storm_mode(SITE, enabled=False), "storm_mode", {"enabled": False}),
        (
            lambda client: client.set_charge_from_grid(SITE, allowed=True),
            "grid_import_export",
            {"disallow_charge_from_grid_with_solar_installed": False},
        ),
        (
            lambda client: client.set_export_rule(SITE, PreferredExportRule.PV_ONLY),
            "grid_import_export",
            {"customer_preferred_export_rule": "pv_only"},
        ),
        (
            lambda client: client.set_time_of_use(SITE, TARIFF),
            "time_of_use_settings",
            {"tou_settings": {"tariff_content_v2": TARIFF}},
        ),
        (
            lambda client: client.set_time_of_use(SITE, TARIFF, strategy=OptimizationStrategy.ECONOMICS),
            "time_of_use_settings",
            {"tou_settings": {"optimization_strategy": "economics", "tariff_content_v2": TARIFF}},
        ),
    ],
)
async def test_a_setting_is_sent_alone_as_json(site: CloudServer, make: Make, call: Any, path: str, body: Any) -> None:
    await call(make())
    assert (site.last.method, site.last.path) == ("POST", f"{PATH}/{path}")
    assert site.last.headers["content-type"] == "application/json"
    assert site.last.json() == body
    assert len(site.asked) == 1


@pytest.mark.parametrize("percent", [-1, 101, 20.5, float("nan"), float("inf"), True])
async def test_a_reserve_that_is_none_is_never_sent(site: CloudServer, make: Make, percent: float) -> None:
    for call in (make().set_backup_reserve, make().set_off_grid_vehicle_charging_reserve):
        with pytest.raises(ValueError, match="whole number"):
            await call(SITE, percent)
    assert not site.asked


async def test_a_tariff_with_a_price_that_is_no_number_is_never_sent(site: CloudServer, make: Make) -> None:
    with pytest.raises(ValueError, match="JSON"):
        await make().set_time_of_use(SITE, {"energy_charges": {"ALL": {"rates": {"ALL": float("nan")}}}})
    assert not site.asked


@pytest.mark.parametrize(
    "answer",
    [
        b'{"response":{"code":201,"message":"Updated"}}',
        b'{"response":{"code":"200","result":true,"reason":""},"error":""}',
        b'{"response":"Updated"}',
        b"{}",
        b"",
    ],
)
async def test_whatever_is_no_refusal_accepts_a_setting(cloud: CloudServer, make: Make, answer: bytes) -> None:
    cloud.answer(f"{PATH}/backup", method="POST", raw=answer)
    await set_backup(make())


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (
            {"response": {"result": False, "reason": "Not allowed in this mode"}},
            200,
            "Not allowed in this mode",
        ),
        ({"response": {"result": False, "reason": ""}}, 200, None),
        ({"result": False, "reason": ["a"]}, 200, None),
        ({"response": None, "error": "upstream said no", "error_description": ""}, 200, "upstream said no"),
        ({"response": None}, 200, None),
        ({"response": {"code": 400, "message": "Invalid reserve"}}, 400, "Invalid reserve"),
        ({"response": {"code": "503", "message": "later"}}, 503, "later"),
        ({"code": 422, "response": {}}, 422, None),
        ({"error": "denied", "error_description": "by the utility"}, 200, "by the utility"),
    ],
)
async def test_a_refusal_inside_a_success_is_one_in_teslas_words(
    cloud: CloudServer, make: Make, answer: Any, status: int, words: str | None
) -> None:
    cloud.answer(f"{PATH}/backup", answer, method="POST")
    with pytest.raises(ApiRefusedError) as caught:
        await set_backup(make())
    assert (caught.value.status, caught.value.words) == (status, words)
    # What is logged has none of them.
    assert str(caught.value) == f"POST backup: status {status}, refused"


@pytest.mark.parametrize("answer", [b"<html></html>", b'{"response":{"co', b"[]", b"true"])
async def test_an_answer_that_cannot_be_read_leaves_open_whether_a_setting_was_taken(
    cloud: CloudServer, make: Make, answer: bytes
) -> None:
    cloud.answer(f"{PATH}/backup", method="POST", raw=answer)
    with pytest.raises(ApiPayloadError, match=r"^POST backup: "):
        await set_backup(make())


@pytest.mark.parametrize("status", [400, 406, 409, 422, 423, 424, 451])
async def test_a_refusal_by_status_is_one_in_teslas_words(cloud: CloudServer, make: Make, status: int) -> None:
    cloud.answer(f"{PATH}/backup", {"response": None, "error": "invalid_command: no"}, method="POST", status=status)
    with pytest.raises(ApiRefusedError) as caught:
        await set_backup(make())
    assert (caught.value.status, caught.value.words) == (status, "invalid_command: no")


async def test_what_names_a_home_never_reaches_the_log(
    site: CloudServer, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    client = make()
    site.answer(f"{PATH}/calendar_history", {"response": ENERGY})
    shown = [await client.products(), await client.site_info(SITE), await client.live_status(SITE)]
    await client.energy_history(SITE, START, END, period=HistoryPeriod.DAY)
    await set_backup(client)
    own = [record.getMessage() for record in caplog.records if record.name.startswith("custom_components.")]
    text = "\n".join([*own, *map(repr, shown), repr(client.recorded)])
    assert "live_status" in text
    sent = json.dumps([PRODUCTS, SITE_INFO, LIVE])
    secrets = ["5YJ3E1EA7KF317000", "CN321000000001", "TG121000000002", "ABC123000003", "Energy Site", "My Utility"]
    secrets += ["Deer Creek", "Palo Alto", "STE20220801", "Virtual Power Plant", "123abc", "battery-1-id"]
    for secret in (*secrets, "token-1", str(SITE)):
        assert secret in sent or secret == "token-1"
        assert secret not in text
