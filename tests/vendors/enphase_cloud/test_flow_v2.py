"""How a person sets a system up with a key of the old API, and what they are told when it goes wrong."""

from datetime import timedelta
from typing import Any
from unittest.mock import AsyncMock

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from custom_components.energy_site.vendors.request_budget import take_over_flow_requests
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from simulator.enphase_cloud import LEGACY_WATT, Application, CloudServer, encode_user
from simulator.iq_gateway import HtmlPage, HttpStatus, Reset
from simulator.iq_gateway.faults import Fault
from tests.common import step

from ...cloud import OLD_SYSTEMS, Says, asked, choose, finish, offered, shown

LONG = "4d7a45774e6a41320a"


@pytest.fixture
def cloud(vendor: CloudServer) -> CloudServer:
    """Return the cloud, which knows a user of the old API."""
    vendor.add_legacy_user()
    return vendor


@pytest.fixture
def application(cloud: CloudServer) -> Application:
    """Return an application of the old API."""
    return cloud.add_application("Old", plan=LEGACY_WATT)


@pytest.fixture
async def entry(hass: HomeAssistant, no_runtime: AsyncMock, application: Application) -> MockConfigEntry:
    """Return an entry that was set up by a person."""
    result = await step(hass, await choose(hass, "enlighten"), typed(application))
    entry = await finish(hass, result)
    no_runtime.reset_mock()
    return entry


def typed(application: Application, **changes: str) -> dict[str, Any]:
    """Return what a person types."""
    return {"api_key": application.key, "user_id": "310606", **changes}


# -- setting up -------------------------------------------------------------------


@pytest.mark.parametrize("user_id", ["310606", LONG, f" {LONG.upper()}\n"])
async def test_a_key_and_either_form_of_user_id_set_a_system_up(
    hass: HomeAssistant, cloud: CloudServer, application: Application, no_runtime: AsyncMock, user_id: str
) -> None:
    result = await choose(hass, "enlighten")
    assert shown(result) == {"api_key": None, "user_id": None}
    result = await step(hass, result, typed(application, api_key=f" {application.key} ", user_id=user_id))
    assert offered(result) == {"100001": "Sunny Home (100001)", "100002": "Cabin (100002)"}
    entry = await finish(hass, result, "100002")
    assert entry.title == "Cabin"
    assert entry.unique_id == "enlighten_100002"
    assert dict(entry.data) == {
        "source": "enlighten",
        "api_key": application.key,
        "user_id": LONG,
        "system_id": "100002",
    }
    assert asked(cloud) == [f"GET {OLD_SYSTEMS}"]
    assert take_over_flow_requests(hass, application.key) == 1
    no_runtime.assert_awaited_once()


async def test_a_system_may_be_there_once_for_each_api(
    hass: HomeAssistant, entry: MockConfigEntry, application: Application
) -> None:
    MockConfigEntry(domain=DOMAIN, unique_id="enphase_100002", data={"source": "enphase_cloud"}).add_to_hass(hass)
    result = await step(hass, await choose(hass, "enlighten"), typed(application))
    assert offered(result) == {"100002": "Cabin (100002)"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"api_key": " "}, {"api_key": "needed"}),
        ({"user_id": " "}, {"user_id": "user_id_malformed"}),
        ({"user_id": "me@example.com"}, {"user_id": "user_id_malformed"}),
        ({"user_id": "4d7a45774e6a4132a"}, {"user_id": "user_id_malformed"}),
    ],
)
async def test_says_what_is_plainly_wrong_without_asking_anybody(
    hass: HomeAssistant,
    cloud: CloudServer,
    application: Application,
    no_runtime: AsyncMock,
    changes: dict[str, str],
    expected: dict[str, str],
) -> None:
    result = await step(hass, await choose(hass, "enlighten"), typed(application, **changes))
    assert refused(result) == expected
    assert asked(cloud) == []
    await finish(hass, await step(hass, result, typed(application)))


@pytest.mark.parametrize("changes", [{"api_key": "0" * 32}, {"user_id": "310607"}, {"user_id": encode_user(5)}])
async def test_says_that_key_or_user_id_is_refused(
    hass: HomeAssistant, application: Application, no_runtime: AsyncMock, changes: dict[str, str]
) -> None:
    result = await step(hass, await choose(hass, "enlighten"), typed(application, **changes))
    assert refused(result) == {"base": "key_or_user_refused"}
    assert shown(result) == {"api_key": None, "user_id": changes.get("user_id", "310606")}
    await finish(hass, await step(hass, result, typed(application)))


async def test_a_key_need_not_be_typed_again(
    hass: HomeAssistant, application: Application, no_runtime: AsyncMock
) -> None:
    result = await step(hass, await choose(hass, "enlighten"), typed(application, user_id="5"))
    entry = await finish(hass, await step(hass, result, {"user_id": "310606"}))
    assert entry.data["api_key"] == application.key


async def test_says_that_it_is_the_key_where_the_service_does(
    hass: HomeAssistant, cloud: CloudServer, application: Application, no_runtime: AsyncMock
) -> None:
    cloud.faults.add(Says(401, "Authentication failed"), OLD_SYSTEMS, count=1)
    result = await step(hass, await choose(hass, "enlighten"), typed(application))
    assert refused(result) == {"api_key": "old_key_refused"}
    await finish(hass, await step(hass, result, typed(application)))


async def test_says_that_the_user_has_no_systems(
    hass: HomeAssistant, cloud: CloudServer, application: Application, no_runtime: AsyncMock
) -> None:
    cloud.add_legacy_user(7, systems=[])
    result = await step(hass, await choose(hass, "enlighten"), typed(application, user_id="7"))
    assert refused(result) == {"base": "no_systems"}
    await finish(hass, await step(hass, result, typed(application)))


async def test_says_that_all_systems_are_set_up(
    hass: HomeAssistant, cloud: CloudServer, application: Application, entry: MockConfigEntry
) -> None:
    cloud.add_legacy_user(7, systems=[100001])
    result = await step(hass, await choose(hass, "enlighten"), typed(application, user_id="7"))
    assert refused(result) == {"base": "all_systems_configured"}
    await finish(hass, await step(hass, result, typed(application)), "100002")


@pytest.mark.parametrize(
    ("status", "expected"),
    [(410, "api_retired"), (404, "api_retired"), (401, "key_or_user_refused"), (403, "key_or_user_refused")],
)
async def test_says_that_the_old_api_is_gone(
    hass: HomeAssistant,
    cloud: CloudServer,
    application: Application,
    no_runtime: AsyncMock,
    status: int,
    expected: str,
) -> None:
    cloud.policy.v2_retired = status
    result = await step(hass, await choose(hass, "enlighten"), typed(application))
    assert refused(result) == {"base": expected}
    cloud.policy.v2_retired = None
    await finish(hass, await step(hass, result, typed(application)))


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (HtmlPage(), "api_retired"),
        (Reset(), "cloud_unreachable"),
        (HttpStatus(500), "cloud_failing"),
        (HttpStatus(503, as_json=True), "cloud_failing"),
    ],
)
async def test_says_that_the_service_fails(
    hass: HomeAssistant,
    cloud: CloudServer,
    application: Application,
    no_runtime: AsyncMock,
    fault: Fault,
    expected: str,
) -> None:
    cloud.faults.add(fault, OLD_SYSTEMS)
    result = await step(hass, await choose(hass, "enlighten"), typed(application))
    assert refused(result) == {"base": expected}
    cloud.faults.clear()
    await finish(hass, await step(hass, result, {"user_id": "310606"}))


async def test_tells_until_when_the_requests_are_used_up(
    hass: HomeAssistant,
    cloud: CloudServer,
    application: Application,
    no_runtime: AsyncMock,
    freezer: FrozenDateTimeFactory,
) -> None:
    await hass.config.async_set_time_zone("UTC")
    application.usage.minutes[int(cloud.clock.now() // 60)] = 10
    result = await step(hass, await choose(hass, "enlighten"), typed(application))
    assert refused(result) == {"base": "quota_used_up"}
    assert (result["description_placeholders"] or {})["until"] == "2026-06-15 16:01"
    freezer.tick(timedelta(minutes=1))
    await finish(hass, await step(hass, result, {"user_id": "310606"}))


def refused(result: ConfigFlowResult) -> dict[str, str]:
    """Return what the form tells."""
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "enlighten", result
    return result["errors"] or {}


# -- afterwards -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "reason"), [("reauth", "reauth_successful"), ("reconfigure", "reconfigure_successful")]
)
async def test_key_and_user_id_can_be_changed(
    hass: HomeAssistant,
    cloud: CloudServer,
    application: Application,
    entry: MockConfigEntry,
    no_runtime: AsyncMock,
    source: str,
    reason: str,
) -> None:
    cloud.add_legacy_user(7, systems=[100002])
    cloud.add_legacy_user(8, systems=[100001])
    new = cloud.add_application("New", plan=LEGACY_WATT)
    result: ConfigFlowResult = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": source, "entry_id": entry.entry_id}, data=dict(entry.data)
    )
    assert result["step_id"] == "enlighten_credentials"
    assert shown(result) == {"api_key": None, "user_id": LONG}
    result = await step(hass, result, {"user_id": "9"})
    assert result["step_id"] == "enlighten_credentials"
    assert result["errors"] == {"base": "key_or_user_refused"}
    result = await step(hass, result, {"user_id": "7"})
    assert result["errors"] == {"base": "system_not_granted"}
    result = await step(hass, result, {"api_key": new.key, "user_id": "8"})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == reason
    await hass.async_block_till_done()
    assert dict(entry.data) == {
        "source": "enlighten",
        "api_key": new.key,
        "user_id": encode_user(8),
        "system_id": "100001",
    }
    assert entry.unique_id == "enlighten_100001"
    no_runtime.assert_awaited_once()
