"""How a person sets a system of Enphase's cloud up, and what they are told when it goes wrong."""

from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.energy_site.const import DOMAIN
from custom_components.energy_site.vendors.enphase_cloud.oauth import EnphaseImplementation
from custom_components.energy_site.vendors.oauth import auth_domain
from custom_components.energy_site.vendors.request_budget import flow_budget, take_over_flow_requests
from homeassistant.components.application_credentials import DATA_COMPONENT
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.config_entry_oauth2_flow import async_get_config_entry_implementation
from homeassistant.setup import async_setup_component
from simulator.enphase_cloud import (
    MEGAWATT,
    WATT,
    Application,
    CloudServer,
    CloudSite,
    CloudSystem,
    Consent,
    Group,
    Owner,
)
from simulator.house import House, HouseConfig
from simulator.iq_gateway import HtmlPage, HttpStatus, Mutate, Reset
from simulator.iq_gateway.faults import Fault
from tests.common import step

from ...cloud import (
    SYSTEMS,
    TOKEN,
    Says,
    arrive,
    asked,
    choose,
    code_of,
    come_back,
    finish,
    location,
    offered,
    paste,
    set_up_cloud,
    shown,
    typed,
)

pytestmark = pytest.mark.usefixtures("no_runtime")


@pytest.fixture
def cloud(vendor: CloudServer) -> CloudServer:
    """Return the cloud to sign in to."""
    return vendor


@pytest.fixture
def application(registered: Application) -> Application:
    """Return the application to sign in with."""
    return registered


def error(result: ConfigFlowResult, step_id: str) -> dict[str, str]:
    """Return what a form tells, after a look at which form it is."""
    assert result["type"] is FlowResultType.FORM, result
    assert result["step_id"] == step_id, result
    return result["errors"] or {}


async def again(hass: HomeAssistant, result: ConfigFlowResult, application: Application) -> MockConfigEntry:
    """Type everything right this time, and paste a code."""
    return await finish(hass, await paste(hass, await step(hass, result, typed(application))))


# -- the way that works ---------------------------------------------------------


@pytest.mark.usefixtures("current_request_with_host")
async def test_an_owner_agrees_and_chooses_a_system(
    hass: HomeAssistant, cloud: CloudServer, application: Application, hass_client_no_auth: ClientSessionGenerator
) -> None:
    result = await choose(hass, "enphase_cloud")
    assert error(result, "enphase_cloud") == {}
    assert result["description_placeholders"] == {
        "developer_page": "https://developer-v4.enphase.com",
        "redirect_uri": "https://example.com/auth/external/callback",
    }
    assert shown(result)["plan"] == "watt"
    result = await step(hass, result, typed(application, paste_code=False, plan="megawatt"))
    result = await come_back(hass, hass_client_no_auth, result)
    assert offered(result) == {"100001": "Sunny Home (100001)", "100002": "Cabin (100002)"}
    entry = await finish(hass, result, "100002")
    assert entry.title == "Cabin"
    assert entry.unique_id == "enphase_100002"
    assert entry.options == {}
    data = dict(entry.data)
    token = data.pop("token")
    assert data == {
        "source": "enphase_cloud",
        "auth_implementation": auth_domain("enphase", application.client_id),
        "api_key": application.key,
        "plan": "megawatt",
        "system_id": "100002",
        "account": "217231",
    }
    assert token["expires_at"] == cloud.clock.now() + token["expires_in"]
    assert asked(cloud) == [f"POST {TOKEN}", f"GET {SYSTEMS}"]
    implementation = await async_get_config_entry_implementation(hass, entry)
    assert isinstance(implementation, EnphaseImplementation)
    assert (implementation.client_id, implementation.client_secret) == (
        application.client_id,
        application.client_secret,
    )


@pytest.mark.usefixtures("current_request_with_host")
async def test_the_way_back_leads_over_my_home_assistant_where_that_is_in_use(
    hass: HomeAssistant, application: Application
) -> None:
    hass.config.components.add("my")
    result = await choose(hass, "enphase_cloud")
    placeholders = result["description_placeholders"] or {}
    assert placeholders["redirect_uri"] == "https://my.home-assistant.io/redirect/oauth"
    result = await step(hass, result, typed(application, paste_code=False))
    assert result["type"] is FlowResultType.EXTERNAL_STEP
    assert "my.home-assistant.io" in result["url"]
    # Whoever looks at the dialog meanwhile sees the same page.
    assert (await hass.config_entries.flow.async_configure(result["flow_id"]))["url"] == result["url"]


async def test_a_frontend_is_led_out_and_back_to_the_address_that_it_is_open_at(
    hass: HomeAssistant,
    application: Application,
    hass_client: ClientSessionGenerator,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    for component in ("config", "application_credentials"):
        # A test's web server takes no views once it runs.
        assert await async_setup_component(hass, component, {})
    frontend, flows = await hass_client(), "/api/config/config_entries/flow"

    async def post(path: str, **answer: Any) -> Any:
        reply = await frontend.post(path, json=answer, headers={"HA-Frontend-Base": "https://example.com"})
        assert reply.status == 200, await reply.text()
        return await reply.json()

    result = await post(flows, handler=DOMAIN)
    flow = f"{flows}/{result['flow_id']}"
    result = await post(flow, next_step_id="enphase_cloud")
    assert result["description_placeholders"]["redirect_uri"] == "https://example.com/auth/external/callback"
    fields = {field["name"]: field for field in result["data_schema"]}
    assert fields["client_secret"]["selector"]["text"]["type"] == "password"
    assert {name for name, field in fields.items() if field.get("required")} == {
        "api_key",
        "client_id",
        "client_secret",
        "plan",
    }
    result = await post(flow, **typed(application, paste_code=False))
    assert result["type"] == "external"
    back = await location(result["url"])
    assert (await (await hass_client_no_auth()).get(back.path_qs)).status == 200
    result = await (await frontend.get(flow)).json()
    assert result["step_id"] == "system"
    result = await post(flow, system="100001")
    assert result["type"] == "create_entry"


@pytest.mark.parametrize(
    "written", ["{code}", " {code}\n", "https://api.enphaseenergy.com/oauth/redirect_uri?code={code}"]
)
async def test_a_code_may_be_pasted_alone_or_within_its_address(
    hass: HomeAssistant, cloud: CloudServer, application: Application, written: str
) -> None:
    result = await step(hass, await choose(hass, "enphase_cloud"), typed(application))
    result = await step(hass, result, {"code": written.format(code=await code_of(result))})
    await finish(hass, result)
    assert asked(cloud) == [f"POST {TOKEN}", f"GET {SYSTEMS}"]


async def test_without_a_way_back_a_code_is_asked_for(hass: HomeAssistant, application: Application) -> None:
    result = await choose(hass, "enphase_cloud")
    assert "/oauth/redirect_uri" in (result["description_placeholders"] or {})["redirect_uri"]
    result = await step(hass, result, typed(application, paste_code=False))
    await finish(hass, await paste(hass, result))


async def test_what_came_along_when_a_code_was_copied_is_left_out(
    hass: HomeAssistant, application: Application
) -> None:
    entry = await set_up_cloud(
        hass,
        application,
        api_key=f" {application.key}\n",
        client_id=f"\t{application.client_id} ",
        client_secret=f"{application.client_secret[:8]} {application.client_secret[8:]}",
    )
    assert entry.data["api_key"] == application.key


async def test_systems_that_are_set_up_are_not_offered_again(
    hass: HomeAssistant, cloud: CloudServer, application: Application
) -> None:
    first = await set_up_cloud(hass, application)
    result = await step(hass, await choose(hass, "enphase_cloud"), typed(application))
    result = await paste(hass, result)
    assert offered(result) == {"100002": "Cabin (100002)"}
    second = await finish(hass, result, "100002")
    assert second.data["auth_implementation"] == first.data["auth_implementation"]
    assert second.data["token"]["refresh_token"] != first.data["token"]["refresh_token"]
    assert len(hass.data[DATA_COMPONENT].async_items()) == 1


async def test_a_system_that_another_flow_set_up_meanwhile_is_not_set_up_twice(
    hass: HomeAssistant, application: Application
) -> None:
    slow = await step(hass, await choose(hass, "enphase_cloud"), typed(application))
    slow = await paste(hass, slow)
    await set_up_cloud(hass, application)
    result = await step(hass, slow, {"system": "100001"})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "system_already_configured"


async def test_a_system_without_a_name_is_offered_by_its_number(
    hass: HomeAssistant, cloud: CloudServer, application: Application
) -> None:
    def nameless(payload: Any) -> Any:
        return {**payload, "systems": [{**each, "name": None} for each in payload["systems"]]}

    cloud.faults.add(Mutate(nameless), SYSTEMS)
    result = await step(hass, await choose(hass, "enphase_cloud"), typed(application))
    result = await paste(hass, result)
    assert offered(result)["100001"] == "100001"
    assert (await finish(hass, result)).title == "Enphase 100001"


async def test_many_systems_cost_a_request_for_each_hundred(
    hass: HomeAssistant, cloud: CloudServer, application: Application
) -> None:
    house = House(HouseConfig(), start=cloud.clock.now())
    for number in range(99):
        cloud.add_system(CloudSystem(house, CloudSite(system_id=200_000 + number)))
    result = await step(hass, await choose(hass, "enphase_cloud"), typed(application))
    assert len(offered(await paste(hass, result))) == 101
    assert asked(cloud) == [f"POST {TOKEN}", f"GET {SYSTEMS}", f"GET {SYSTEMS}"]


@pytest.mark.parametrize("plan", [WATT, MEGAWATT])
async def test_a_plan_that_lacks_nearly_everything_is_enough(
    hass: HomeAssistant, cloud: CloudServer, plan: Any
) -> None:
    poor = cloud.add_application(plan=plan, ticked=frozenset({Group.SYSTEM_DETAILS}))
    await set_up_cloud(hass, poor, plan="megawatt")


@pytest.mark.parametrize("skew", [-400, 400])
async def test_a_clock_that_is_wrong_by_days_changes_nothing(
    hass: HomeAssistant, cloud: CloudServer, application: Application, freezer: FrozenDateTimeFactory, skew: int
) -> None:
    now = cloud.clock.now()
    cloud.clock.now = lambda: now  # type: ignore[method-assign]
    freezer.tick(timedelta(days=skew))
    entry = await set_up_cloud(hass, application)
    assert entry.data["token"]["expires_at"] == pytest.approx(now + skew * 86_400 + 86_393)


async def test_requests_of_flows_are_counted_by_the_key_until_they_are_taken_over(
    hass: HomeAssistant, cloud: CloudServer, application: Application
) -> None:
    await set_up_cloud(hass, application)
    cloud.faults.add(HttpStatus(500), SYSTEMS, count=1)
    await set_up_cloud_after_waiting(hass, application)
    used = application.usage.used(cloud.clock.now())
    assert flow_budget(hass, application.key).requests == used == 3
    assert application.key not in str(hass.data)
    assert take_over_flow_requests(hass, application.key) == 3
    assert take_over_flow_requests(hass, application.key) == 0


async def set_up_cloud_after_waiting(hass: HomeAssistant, application: Application) -> MockConfigEntry:
    """Set the second system up, with one failure on the way."""
    result = await step(hass, await choose(hass, "enphase_cloud"), typed(application))
    result = await paste(hass, result)
    assert result["step_id"] == "enphase_wait"
    return await finish(hass, await step(hass, result, {}), "100002")


async def test_secrets_reach_neither_the_log_nor_the_form(
    hass: HomeAssistant, cloud: CloudServer, application: Application, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="custom_components.energy_site")
    result = await step(hass, await choose(hass, "enphase_cloud"), typed(application, client_secret="wr0ng"))
    result = await paste(hass, result)
    assert error(result, "enphase_cloud") == {"base": "client_refused"}
    assert shown(result) == {
        "api_key": None,
        "client_id": application.client_id,
        "client_secret": None,
        "plan": "watt",
        "paste_code": True,
    }
    entry = await again(hass, result, application)
    token = entry.data["token"]
    ours = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("custom_components"))
    assert "oauth/token" in ours
    for secret in (application.key, application.client_secret, token["access_token"], token["refresh_token"]):
        assert secret not in ours


# -- the application --------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"api_key": "  "}, {"api_key": "needed"}),
        ({"client_id": " "}, {"client_id": "needed"}),
        ({"client_secret": " "}, {"client_secret": "needed"}),
        ({"client_id": "KEY"}, {"client_id": "id_is_key"}),
        ({"client_secret": "KEY"}, {"client_secret": "secret_is_another"}),
    ],
)
async def test_says_what_is_plainly_wrong_without_asking_anybody(
    hass: HomeAssistant, cloud: CloudServer, application: Application, changes: dict[str, str], expected: dict[str, str]
) -> None:
    changes = {name: application.key if value == "KEY" else value for name, value in changes.items()}
    result = await step(hass, await choose(hass, "enphase_cloud"), typed(application, **changes))
    assert error(result, "enphase_cloud") == expected
    assert not cloud.requests
    await again(hass, result, application)


async def test_what_was_typed_is_kept_after_a_mistake(hass: HomeAssistant, application: Application) -> None:
    mistake = typed(application, client_id=application.key, plan="kilowatt")
    result = await step(hass, await choose(hass, "enphase_cloud"), mistake)
    mended = {"client_id": application.client_id, "plan": shown(result)["plan"], "paste_code": True}
    entry = await finish(hass, await paste(hass, await step(hass, result, mended)))
    assert entry.data["plan"] == "kilowatt"


async def test_says_that_the_key_is_wrong_and_needs_no_second_consent(
    hass: HomeAssistant, cloud: CloudServer, application: Application
) -> None:
    result = await step(hass, await choose(hass, "enphase_cloud"), typed(application, api_key="0" * 32))
    result = await paste(hass, result)
    assert error(result, "enphase_cloud") == {"api_key": "key_refused"}
    mended = typed(application)
    del mended["client_secret"]
    await finish(hass, await step(hass, result, mended))
    assert asked(cloud) == [f"POST {TOKEN}", f"GET {SYSTEMS}", f"GET {SYSTEMS}"]


async def test_says_that_a_key_is_refused_in_so_many_words(
    hass: HomeAssistant, cloud: CloudServer, application: Application
) -> None:
    cloud.faults.add(Says(401, "Authentication parameters missing"), SYSTEMS, count=1)
    result = await step(hass, await choose(hass, "enphase_cloud"), typed(application))
    result = await paste(hass, result)
    assert error(result, "enphase_cloud") == {"api_key": "key_refused"}
    await finish(hass, await step(hass, result, typed(application)))


async def test_says_that_the_key_is_of_another_application(
    hass: HomeAssistant, cloud: CloudServer, application: Application
) -> None:
    another = cloud.add_application("Another")
    result = await step(hass, await choose(hass, "enphase_cloud"), typed(application, api_key=another.key))
    result = await paste(hass, result)
    assert error(result, "enphase_cloud") == {"api_key": "key_mismatch"}
    # The client is changed instead of the key, so its owner has to agree.
    result = await step(hass, result, typed(another))
    entry = await finish(hass, await paste(hass, result))
    assert entry.data["auth_implementation"] == auth_domain("enphase", another.client_id)


async def test_says_that_the_secret_is_wrong_and_stores_nothing_of_it(
    hass: HomeAssistant, application: Application
) -> None:
    result = await step(hass, await choose(hass, "enphase_cloud"), typed(application, client_secret="1" * 32))
    result = await paste(hass, result)
    assert error(result, "enphase_cloud") == {"base": "client_refused"}
    assert hass.data[DATA_COMPONENT].async_items() == []
    await again(hass, result, application)


async def test_a_wrong_client_id_is_seen_in_the_browser_and_an_empty_code_leads_back(
    hass: HomeAssistant, application: Application
) -> None:
    result = await step(hass, await choose(hass, "enphase_cloud"), typed(application, client_id="1" * 32))
    result = await step(hass, result, {"code": " "})
    assert error(result, "enphase_cloud") == {}
    await again(hass, result, application)


async def test_a_client_id_of_another_application_does_not_take_the_code(
    hass: HomeAssistant, cloud: CloudServer, application: Application
) -> None:
    another = cloud.add_application("Another")
    right = await code_of(await step(hass, await choose(hass, "enphase_cloud"), typed(application)))
    result = await step(hass, await choose(hass, "enphase_cloud"), typed(another))
    result = await step(hass, result, {"code": right})
    assert error(result, "enphase_code") == {"code": "code_refused"}
    await finish(hass, await paste(hass, result))


async def test_says_that_the_application_may_see_no_systems(
    hass: HomeAssistant, cloud: CloudServer, application: Application
) -> None:
    cloud.policy.outside_plan = 403
    blind = cloud.add_application("Blind", ticked=frozenset({Group.PRODUCTION}))
    result = await step(hass, await choose(hass, "enphase_cloud"), typed(blind))
    result = await paste(hass, result)
    assert error(result, "enphase_cloud") == {"base": "access_refused"}
    await again(hass, result, application)


@pytest.mark.usefixtures("current_request_with_host")
async def test_says_that_the_redirect_address_is_refused(
    hass: HomeAssistant, cloud: CloudServer, application: Application, hass_client_no_auth: ClientSessionGenerator
) -> None:
    result = await step(hass, await choose(hass, "enphase_cloud"), typed(application, paste_code=False))
    await arrive(hass_client_no_auth, result)
    registered, application.redirects = application.redirects, frozenset()
    result = await hass.config_entries.flow.async_configure(result["flow_id"])
    assert error(result, "enphase_cloud") == {"base": "redirect_refused"}
    application.redirects = registered
    result = await step(hass, result, typed(application, paste_code=False))
    await finish(hass, await come_back(hass, hass_client_no_auth, result))


# -- consent ----------------------------------------------------------------------


@pytest.mark.usefixtures("current_request_with_host")
async def test_says_that_the_owner_did_not_agree(
    hass: HomeAssistant, cloud: CloudServer, application: Application, hass_client_no_auth: ClientSessionGenerator
) -> None:
    cloud.policy.consent = Consent.DENY
    result = await step(hass, await choose(hass, "enphase_cloud"), typed(application, paste_code=False))
    result = await come_back(hass, hass_client_no_auth, result)
    assert error(result, "enphase_cloud") == {"base": "consent_denied"}
    assert asked(cloud) == []
    cloud.policy.consent = Consent.GRANT
    mended = {"client_id": application.client_id, "plan": "watt", "paste_code": False}
    result = await step(hass, result, mended)
    await finish(hass, await come_back(hass, hass_client_no_auth, result))


@pytest.mark.usefixtures("current_request_with_host")
async def test_says_that_the_code_that_came_back_is_not_good(
    hass: HomeAssistant, application: Application, hass_client_no_auth: ClientSessionGenerator
) -> None:
    result = await step(hass, await choose(hass, "enphase_cloud"), typed(application, paste_code=False))
    result = await come_back(hass, hass_client_no_auth, result, code="wrong")
    assert error(result, "enphase_cloud") == {"base": "code_refused"}
    result = await step(hass, result, typed(application, paste_code=False))
    await finish(hass, await come_back(hass, hass_client_no_auth, result))


@pytest.mark.parametrize(
    ("pasted", "expected"),
    [
        ("wrong1", "code_refused"),
        ("https://api.enphaseenergy.com/oauth/redirect_uri", "code_refused"),
        ("https://api.enphaseenergy.com/oauth/redirect_uri?error=access_denied", "consent_denied"),
    ],
)
async def test_says_what_is_wrong_with_what_was_pasted(
    hass: HomeAssistant, application: Application, pasted: str, expected: str
) -> None:
    result = await step(hass, await choose(hass, "enphase_cloud"), typed(application))
    result = await step(hass, result, {"code": pasted})
    assert error(result, "enphase_code") == {"code": expected}
    await finish(hass, await paste(hass, result))


async def test_says_that_a_code_was_used_before(hass: HomeAssistant, application: Application) -> None:
    result = await step(hass, await choose(hass, "enphase_cloud"), typed(application))
    code = await code_of(result)
    await finish(hass, await step(hass, result, {"code": code}))
    result = await step(hass, await choose(hass, "enphase_cloud"), typed(application))
    result = await step(hass, result, {"code": code})
    assert error(result, "enphase_code") == {"code": "code_refused"}
    await finish(hass, await paste(hass, result), "100002")


async def test_says_that_a_code_is_too_old(
    hass: HomeAssistant, application: Application, freezer: FrozenDateTimeFactory
) -> None:
    result = await step(hass, await choose(hass, "enphase_cloud"), typed(application))
    code = await code_of(result)
    freezer.tick(timedelta(minutes=11))
    result = await step(hass, result, {"code": code})
    assert error(result, "enphase_code") == {"code": "code_refused"}
    await finish(hass, await paste(hass, result))


async def test_says_that_the_sign_in_is_refused_without_a_reason(
    hass: HomeAssistant, cloud: CloudServer, application: Application
) -> None:
    cloud.faults.add(HttpStatus(403), TOKEN, count=1)
    result = await step(hass, await choose(hass, "enphase_cloud"), typed(application))
    result = await paste(hass, result)
    assert error(result, "enphase_cloud") == {"base": "sign_in_refused"}
    await again(hass, result, application)


# -- systems ----------------------------------------------------------------------


async def test_says_that_the_account_has_no_systems(
    hass: HomeAssistant, cloud: CloudServer, application: Application
) -> None:
    cloud.policy.owner = Owner(uid="5", systems=frozenset())
    result = await step(hass, await choose(hass, "enphase_cloud"), typed(application))
    result = await paste(hass, result)
    assert error(result, "enphase_cloud") == {"base": "no_systems"}
    cloud.policy.owner = Owner()
    entry = await again(hass, result, application)
    assert entry.data["account"] == "217231"


async def test_says_that_all_systems_are_set_up(
    hass: HomeAssistant, cloud: CloudServer, application: Application
) -> None:
    await set_up_cloud(hass, application)
    cloud.policy.owner = Owner(systems=frozenset({100001}))
    result = await step(hass, await choose(hass, "enphase_cloud"), typed(application))
    result = await paste(hass, result)
    assert error(result, "enphase_cloud") == {"base": "all_systems_configured"}
    cloud.policy.owner = Owner(uid="6", systems=frozenset({100002}))
    result = await step(hass, result, typed(application))
    entry = await finish(hass, await paste(hass, result), "100002")
    assert entry.data["account"] == "6"


# -- what passes --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Reset(), "cloud_unreachable"),
        (HtmlPage(), "cloud_failing"),
        (HttpStatus(500), "cloud_failing"),
        (HttpStatus(503, as_json=True), "cloud_failing"),
        (HttpStatus(404), "cloud_failing"),
    ],
)
@pytest.mark.parametrize("path", [TOKEN, SYSTEMS])
async def test_says_that_the_service_fails_and_keeps_everything(
    hass: HomeAssistant, cloud: CloudServer, application: Application, path: str, fault: Fault, expected: str
) -> None:
    result = await step(hass, await choose(hass, "enphase_cloud"), typed(application))
    code = await code_of(result)
    # A connection that breaks is opened anew once by itself.
    cloud.faults.add(fault, path)
    result = await step(hass, result, {"code": code})
    assert error(result, "enphase_wait") == {"base": expected}
    result = await step(hass, result, {})
    assert error(result, "enphase_wait") == {"base": expected}
    cloud.faults.clear()
    result = await step(hass, result, {})
    if result["step_id"] == "enphase_code":
        # Enphase gave the tokens away, but nobody got them.
        assert error(result, "enphase_code") == {"code": "code_refused"}
        result = await paste(hass, result)
    await finish(hass, result)


async def test_tells_until_when_the_minutes_requests_are_used_up(
    hass: HomeAssistant, cloud: CloudServer, application: Application, freezer: FrozenDateTimeFactory
) -> None:
    await hass.config.async_set_time_zone("America/Chicago")
    application.usage.minutes[int(cloud.clock.now() // 60)] = 10
    result = await step(hass, await choose(hass, "enphase_cloud"), typed(application))
    result = await paste(hass, result)
    assert error(result, "enphase_wait") == {"base": "quota_used_up"}
    assert (result["description_placeholders"] or {})["until"] == "2026-06-15 11:01"
    # Looked at again, it still says so.
    result = await hass.config_entries.flow.async_configure(result["flow_id"])
    assert error(result, "enphase_wait") == {"base": "quota_used_up"}
    freezer.tick(timedelta(minutes=1))
    await finish(hass, await step(hass, result, {}))


async def test_tells_until_when_the_months_requests_are_used_up(
    hass: HomeAssistant, cloud: CloudServer, application: Application, freezer: FrozenDateTimeFactory
) -> None:
    await hass.config.async_set_time_zone("UTC")
    application.usage.use(1000, cloud.clock.now())
    result = await step(hass, await choose(hass, "enphase_cloud"), typed(application))
    result = await paste(hass, result)
    assert error(result, "enphase_wait") == {"base": "quota_used_up"}
    assert (result["description_placeholders"] or {})["until"] == "2026-07-01 00:00"
    freezer.move_to("2026-07-01T00:00:00+00:00")
    # The tokens are too old by then, so the owner agrees anew.
    cloud.requests.clear()
    result = await step(hass, result, {})
    assert asked(cloud) == []
    await finish(hass, await paste(hass, result))


async def test_says_that_requests_are_used_up_where_it_is_not_told_for_how_long(
    hass: HomeAssistant, cloud: CloudServer, application: Application, freezer: FrozenDateTimeFactory
) -> None:
    cloud.policy.period_in_429 = False
    application.usage.minutes[int(cloud.clock.now() // 60)] = 10
    result = await step(hass, await choose(hass, "enphase_cloud"), typed(application))
    result = await paste(hass, result)
    assert error(result, "enphase_wait") == {"base": "quota_used_up_for_now"}
    freezer.tick(timedelta(minutes=1))
    await finish(hass, await step(hass, result, {}))
