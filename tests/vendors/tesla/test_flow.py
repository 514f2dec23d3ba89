"""How a person sets a Tesla site up, and what they are told when it goes wrong."""

from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from yarl import URL

from custom_components.energy_site.vendors.oauth import auth_domain
from custom_components.energy_site.vendors.request_budget import take_over_flow_requests
from custom_components.energy_site.vendors.tesla.oauth import TeslaImplementation
from homeassistant.components.application_credentials import DATA_COMPONENT
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.config_entry_oauth2_flow import async_get_config_entry_implementation
from simulator.house import House, HouseConfig
from simulator.iq_gateway import HtmlPage, HttpStatus, Reset
from simulator.iq_gateway.faults import Fault
from simulator.tesla_cloud import (
    COMMANDS,
    DEVICE_DATA,
    OFFLINE,
    Account,
    Application,
    Consent,
    EnergySite,
    NullResponse,
    Refuse,
    Region,
    SiteDetails,
    TeslaServer,
    TooMany,
    WallConnector,
    powerwall,
)
from tests.cloud import arrive, choose, come_back, location, shown
from tests.common import step

from .signing_in import (
    CABIN,
    CALLBACK,
    HOME,
    PRODUCTS,
    SITE_INFO,
    TOKEN,
    address_of,
    asked,
    errors,
    finish,
    offered,
    paste,
    set_up_site,
    sign_in,
    submit,
    told,
    typed,
)

pytestmark = pytest.mark.usefixtures("no_runtime")

VEHICLE: dict[str, Any] = {"id": 100, "vehicle_id": 5, "vin": "5YJ3E1EA7KF000001", "display_name": "Nellie"}


# -- the way that works ---------------------------------------------------------


@pytest.mark.usefixtures("current_request_with_host")
async def test_an_owner_agrees_and_chooses_a_site(
    hass: HomeAssistant, fleet: TeslaServer, application: Application, hass_client_no_auth: ClientSessionGenerator
) -> None:
    result = await choose(hass, "tesla")
    assert errors(result, "tesla") == {}
    assert result["description_placeholders"] == {
        "developer_page": "https://developer.tesla.com/dashboard",
        "redirect_uri": CALLBACK,
        "origin": "https://example.com",
    }
    assert shown(result) == {"client_id": None, "client_secret": None, "region": "na", "paste_code": False}
    result = await step(hass, result, typed(application, paste_code=False))
    assert result["step_id"] == "tesla_auth"
    result = await come_back(hass, hass_client_no_auth, result)
    assert offered(result) == {"100001": "Sunny Home (100001)", "100002": "Cabin (100002)"}
    entry = await finish(hass, result)
    assert entry.title == "Sunny Home"
    assert entry.unique_id == "tesla_100001"
    assert entry.options == {}
    data = dict(entry.data)
    token = data.pop("token")
    assert data == {
        "source": "tesla",
        "auth_implementation": auth_domain("tesla", application.client_id),
        "region": "na",
        "system_id": "100001",
        "account": fleet.policy.account.sub,
    }
    assert token["expires_at"] == fleet.clock.now() + token["expires_in"]
    assert asked(fleet) == [TOKEN, PRODUCTS, SITE_INFO]
    implementation = await async_get_config_entry_implementation(hass, entry)
    assert isinstance(implementation, TeslaImplementation)
    assert (implementation.client_id, implementation.client_secret) == (
        application.client_id,
        application.client_secret,
    )


@pytest.mark.usefixtures("current_request_with_host")
async def test_the_owner_is_asked_for_all_that_is_needed_and_no_vehicles(
    hass: HomeAssistant, application: Application
) -> None:
    result = await submit(hass, application, paste_code=False)
    query = dict(URL(result["url"]).query)
    assert query.pop("state")
    assert query == {
        "response_type": "code",
        "client_id": application.client_id,
        "redirect_uri": CALLBACK,
        "scope": f"openid offline_access {DEVICE_DATA} {COMMANDS}",
        "prompt": "login",
        "prompt_missing_scopes": "true",
    }


@pytest.mark.parametrize("written", ["{code}", " {code}\n", "{address}", "  {address} "])
async def test_an_address_or_the_code_in_it_may_be_pasted(
    hass: HomeAssistant, fleet: TeslaServer, application: Application, written: str
) -> None:
    result = await submit(hass, application)
    address = await address_of(result)
    assert address.startswith("https://my.home-assistant.io/redirect/oauth?code=NA_")
    code = address.partition("code=")[2]
    result = await step(hass, result, {"code": written.format(code=code, address=address)})
    await finish(hass, result)
    assert asked(fleet) == [TOKEN, PRODUCTS, SITE_INFO]


async def test_each_site_has_a_consent_and_tokens_of_its_own(
    hass: HomeAssistant, fleet: TeslaServer, application: Application
) -> None:
    first = await set_up_site(hass, application)
    result = await sign_in(hass, application)
    assert offered(result) == {"100002": "Cabin (100002)"}
    second = await finish(hass, result, CABIN)
    assert second.data["auth_implementation"] == first.data["auth_implementation"]
    assert second.data["token"]["refresh_token"] != first.data["token"]["refresh_token"]
    assert len(hass.data[DATA_COMPONENT].async_items()) == 1


async def test_what_came_along_when_codes_were_copied_is_left_out(
    hass: HomeAssistant, application: Application
) -> None:
    await set_up_site(
        hass,
        application,
        client_id=f"\t{application.client_id} ",
        client_secret=f" {application.client_secret}\n",
    )


async def test_requests_of_the_flow_count_against_the_applications_budget(
    hass: HomeAssistant, application: Application
) -> None:
    await set_up_site(hass, application)
    assert take_over_flow_requests(hass, application.client_id) == 2


@pytest.mark.parametrize(
    ("country", "zone", "region"),
    [("DE", "Europe/Berlin", "eu"), ("CN", "Asia/Shanghai", "cn"), ("AU", "Australia/Perth", "na")],
)
async def test_the_region_where_the_house_stands_is_chosen_already(
    hass: HomeAssistant, fleet: TeslaServer, country: str, zone: str, region: str
) -> None:
    hass.config.country = country
    await hass.config.async_set_time_zone(zone)
    assert shown(await choose(hass, "tesla"))["region"] == region


async def test_an_account_in_china_signs_in_there_and_is_renewed_there(
    hass: HomeAssistant, fleet: TeslaServer, application: Application
) -> None:
    fleet.policy.account = Account(region=Region.CN)
    entry = await set_up_site(hass, application, region="cn")
    assert entry.data["region"] == "cn"
    assert entry.data["auth_implementation"] == auth_domain("tesla_cn", application.client_id)


# -- sites --------------------------------------------------------------------------


async def test_every_kind_of_site_is_offered_and_no_vehicle(
    hass: HomeAssistant, fleet: TeslaServer, application: Application, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="custom_components.energy_site")
    house = HouseConfig(arrays=(), battery=powerwall())
    now = fleet.clock.now()
    fleet.add_site(EnergySite(House(house, start=now), SiteDetails(site_id=3, name=None)))
    garage = SiteDetails(site_id=4, name="Garage")
    chargers = EnergySite(House(HouseConfig(arrays=()), start=now), garage, chargers=[WallConnector()], measured=False)
    fleet.add_site(chargers)
    fleet.add_site(EnergySite(House(HouseConfig(), start=now), SiteDetails(site_id=5, components_sent=False)))
    fleet.policy.account = Account(vehicles=(VEHICLE,))
    result = await sign_in(hass, application)
    assert offered(result) == {
        "3": "3",
        "4": "Garage (4)",
        "5": "My home (5)",
        "100001": "Sunny Home (100001)",
        "100002": "Cabin (100002)",
    }
    assert (await finish(hass, result, 3)).title == "Tesla 3"
    assert "Nellie" not in caplog.text
    assert VEHICLE["vin"] not in caplog.text


@pytest.mark.parametrize("vehicles", [(), (VEHICLE,)])
async def test_says_that_the_account_has_no_energy_site(
    hass: HomeAssistant, fleet: TeslaServer, application: Application, vehicles: Any
) -> None:
    fleet.policy.account = Account(sites=frozenset(), vehicles=vehicles, region=Region.EU)
    result = await sign_in(hass, application)
    assert errors(result, "tesla") == {"base": "no_sites"}
    assert told(result, "region") == "Europe, the Middle East, and Africa"
    hass.config.language = "de"
    result = await paste(hass, await step(hass, result, typed(application)))
    assert told(result, "region") == "Europa, Naher Osten und Afrika"
    fleet.policy.account = Account()
    await finish(hass, await paste(hass, await step(hass, result, typed(application))))


async def test_a_site_without_anything_in_it_is_not_offered(
    hass: HomeAssistant, fleet: TeslaServer, application: Application
) -> None:
    nothing = EnergySite(House(HouseConfig(arrays=()), start=fleet.clock.now()), SiteDetails(site_id=9))
    fleet.add_site(nothing)
    assert "9" not in offered(await sign_in(hass, application))


@pytest.mark.parametrize("status", [404, 500])
async def test_a_site_that_was_sold_is_named_and_explained_and_the_good_one_is_set_up(
    hass: HomeAssistant, fleet: TeslaServer, application: Application, status: int
) -> None:
    fleet.world.sites[CABIN].set_behaviour(site_info_status=status)
    result = await sign_in(hass, application)
    assert offered(result)["100002"] == "Cabin (100002)"
    result = await step(hass, result, {"site": "100002"})
    assert errors(result, "site") == {"site": "site_stale"}
    assert told(result, "site") == "Cabin (100002)"
    await finish(hass, result, HOME)


async def test_a_site_that_is_offline_for_now_is_set_up(
    hass: HomeAssistant, fleet: TeslaServer, application: Application
) -> None:
    fleet.world.sites[HOME].set_behaviour(status=408)
    await set_up_site(hass, application)


async def test_says_that_all_sites_are_set_up(
    hass: HomeAssistant, fleet: TeslaServer, application: Application
) -> None:
    await set_up_site(hass, application)
    fleet.policy.account = Account(sites=frozenset({HOME}))
    assert errors(await sign_in(hass, application), "tesla") == {"base": "all_systems_configured"}


# -- the application --------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"client_id": " "}, {"client_id": "needed"}),
        ({"client_secret": " "}, {"client_secret": "needed"}),
        ({"client_secret": "same", "client_id": "same"}, {"client_secret": "secret_is_another"}),
    ],
)
async def test_says_what_is_plainly_wrong_without_asking_anybody(
    hass: HomeAssistant, fleet: TeslaServer, application: Application, changes: dict[str, str], expected: dict[str, str]
) -> None:
    result = await submit(hass, application, **changes)
    assert errors(result, "tesla") == expected
    assert not fleet.requests
    await finish(hass, await paste(hass, await step(hass, result, typed(application))))


async def test_says_that_the_secret_is_wrong_and_stores_nothing_of_it(
    hass: HomeAssistant, application: Application, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="custom_components.energy_site")
    result = await sign_in(hass, application, client_secret="wr0ng-secret")
    assert errors(result, "tesla") == {"base": "application_refused"}
    assert hass.data[DATA_COMPONENT].async_items() == []
    assert shown(result)["client_secret"] is None
    entry = await finish(hass, await paste(hass, await step(hass, result, typed(application))))
    token = entry.data["token"]
    for secret in ("wr0ng-secret", application.client_secret, token["access_token"], token["refresh_token"]):
        assert secret not in caplog.text


async def test_a_wrong_client_id_is_seen_in_the_browser_and_an_empty_code_leads_back(
    hass: HomeAssistant, application: Application
) -> None:
    result = await step(hass, await submit(hass, application, client_id="nobody"), {"code": " "})
    assert errors(result, "tesla") == {}
    await finish(hass, await paste(hass, await step(hass, result, typed(application))))


async def test_a_code_for_another_application_is_refused(
    hass: HomeAssistant, fleet: TeslaServer, application: Application
) -> None:
    another = fleet.add_application("Another", redirects=["*"])
    code = await address_of(await submit(hass, application))
    result = await step(hass, await submit(hass, another), {"code": code})
    assert errors(result, "tesla_code") == {"code": "code_refused"}
    await finish(hass, await paste(hass, result))


async def test_an_account_of_another_region_is_found_there(
    hass: HomeAssistant, fleet: TeslaServer, application: Application
) -> None:
    fleet.policy.account = Account(region=Region.EU)
    entry = await set_up_site(hass, application, region="na")
    assert entry.data["region"] == "eu"
    # Its code says so, and the tokens are for that region's API.
    assert b"fleet-api.prd.eu" in next(each.body for each in fleet.requests if each.path.endswith("/token"))


async def test_says_that_no_region_has_the_account(
    hass: HomeAssistant, fleet: TeslaServer, application: Application
) -> None:
    fault = fleet.faults.add(Refuse(421), "/api/1/products")
    result = await sign_in(hass, application)
    assert errors(result, "tesla") == {"region": "region_differs"}
    fault.remove()
    # The consent is still good.
    await finish(hass, await step(hass, result, typed(application)))
    assert asked(fleet).count(TOKEN) == 1


async def test_a_secret_is_not_sent_to_china_because_a_code_says_so(
    hass: HomeAssistant, fleet: TeslaServer, application: Application
) -> None:
    result = await step(hass, await submit(hass, application), {"code": "CN_123"})
    assert errors(result, "tesla_code") == {"code": "code_refused"}
    assert b"cloud.tesla.cn" not in fleet.requests[-1].body


async def test_another_sign_in_place_needs_another_consent(
    hass: HomeAssistant, fleet: TeslaServer, application: Application
) -> None:
    fault = fleet.faults.add(Refuse(421), "/api/1/products")
    result = await sign_in(hass, application)
    fault.remove()
    result = await step(hass, result, typed(application, region="cn"))
    assert result["step_id"] == "tesla_code"


# -- redirects ------------------------------------------------------------------------


@pytest.mark.usefixtures("current_request_with_host")
async def test_says_that_a_redirect_is_not_the_one_that_was_registered(
    hass: HomeAssistant, fleet: TeslaServer, application: Application, hass_client_no_auth: ClientSessionGenerator
) -> None:
    result = await submit(hass, application, paste_code=False)
    await arrive(hass_client_no_auth, result)
    fleet.faults.add(Refuse(400, "invalid_request", "redirect_uri is not registered"), "/oauth2/v3/token", count=1)
    result = await hass.config_entries.flow.async_configure(result["flow_id"])
    assert errors(result, "tesla") == {"base": "redirect_refused"}
    result = await step(hass, result, typed(application, paste_code=False))
    await finish(hass, await come_back(hass, hass_client_no_auth, result))


async def test_without_https_the_owner_copies_the_address_and_is_told_why(
    hass: HomeAssistant, application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "custom_components.energy_site.vendors.oauth_flow.async_get_redirect_uri",
        lambda _: "http://homeassistant.local:8123/auth/external/callback",
    )
    result = await choose(hass, "tesla")
    assert told(result, "redirect_uri") == "https://my.home-assistant.io/redirect/oauth"
    result = await step(hass, result, typed(application, paste_code=False))
    assert errors(result, "tesla_code") == {"base": "redirect_insecure"}
    await finish(hass, await paste(hass, result))


# -- consent ----------------------------------------------------------------------


@pytest.mark.usefixtures("current_request_with_host")
async def test_says_that_the_owner_did_not_agree(
    hass: HomeAssistant, fleet: TeslaServer, application: Application, hass_client_no_auth: ClientSessionGenerator
) -> None:
    fleet.policy.consent = Consent.DENY
    result = await submit(hass, application, paste_code=False)
    result = await come_back(hass, hass_client_no_auth, result)
    assert errors(result, "tesla") == {"base": "consent_denied"}
    assert asked(fleet) == []
    fleet.policy.consent = Consent.GRANT
    result = await step(hass, result, typed(application, paste_code=False))
    await finish(hass, await come_back(hass, hass_client_no_auth, result))


async def test_says_that_the_pasted_address_is_one_of_a_refusal(
    hass: HomeAssistant, fleet: TeslaServer, application: Application
) -> None:
    fleet.policy.consent = Consent.DENY
    result = await submit(hass, application)
    result = await step(hass, result, {"code": await address_of(result)})
    assert errors(result, "tesla_code") == {"code": "consent_denied"}


@pytest.mark.parametrize("pasted", ["wrong1", CALLBACK, "https://auth.tesla.com/oauth2/v3/authorize?client_id=1"])
async def test_says_that_there_is_no_good_code_in_what_was_pasted(
    hass: HomeAssistant, application: Application, pasted: str
) -> None:
    result = await step(hass, await submit(hass, application), {"code": pasted})
    assert errors(result, "tesla_code") == {"code": "code_refused"}
    await finish(hass, await paste(hass, result))


@pytest.mark.usefixtures("current_request_with_host")
async def test_says_that_the_code_that_came_back_is_not_good(
    hass: HomeAssistant, application: Application, hass_client_no_auth: ClientSessionGenerator
) -> None:
    result = await submit(hass, application, paste_code=False)
    result = await come_back(hass, hass_client_no_auth, result, code="NA_wrong")
    assert errors(result, "tesla") == {"base": "code_refused"}
    result = await step(hass, result, typed(application, paste_code=False))
    await finish(hass, await come_back(hass, hass_client_no_auth, result))


async def test_says_that_a_code_was_used_before(hass: HomeAssistant, application: Application) -> None:
    result = await submit(hass, application)
    address = await address_of(result)
    await finish(hass, await step(hass, result, {"code": address}))
    result = await step(hass, await submit(hass, application), {"code": address})
    assert errors(result, "tesla_code") == {"code": "code_refused"}
    await finish(hass, await paste(hass, result), CABIN)


async def test_says_that_a_code_is_too_old(
    hass: HomeAssistant, application: Application, freezer: FrozenDateTimeFactory
) -> None:
    result = await submit(hass, application)
    address = await address_of(result)
    freezer.tick(timedelta(minutes=11))
    result = await step(hass, result, {"code": address})
    assert errors(result, "tesla_code") == {"code": "code_refused"}
    await finish(hass, await paste(hass, result))


@pytest.mark.parametrize(("box", "expected"), [(DEVICE_DATA, "scope_missing"), (OFFLINE, "offline_access_denied")])
async def test_says_which_box_was_not_ticked_and_where_the_consent_is(
    hass: HomeAssistant, fleet: TeslaServer, application: Application, box: str, expected: str
) -> None:
    fleet.policy.unticked = frozenset({box})
    result = await sign_in(hass, application)
    assert errors(result, "tesla") == {"base": expected}
    assert f"/user/revoke/consent?revoke_client_id={application.client_id}" in told(result, "consent_url")
    assert PRODUCTS not in asked(fleet)
    fleet.policy.unticked = frozenset()
    await finish(hass, await paste(hass, await step(hass, result, typed(application))))


async def test_says_that_tesla_misses_a_permission_that_the_token_does_not_tell(
    hass: HomeAssistant, fleet: TeslaServer, application: Application
) -> None:
    fleet.faults.add(Refuse(403), "/api/1/products", count=1)
    result = await sign_in(hass, application)
    assert errors(result, "tesla") == {"base": "scope_missing"}
    assert told(result, "consent_url").endswith("redirect/repairs/")


async def test_a_site_that_may_only_be_read_is_set_up(
    hass: HomeAssistant, fleet: TeslaServer, application: Application
) -> None:
    fleet.policy.unticked = frozenset({COMMANDS})
    await set_up_site(hass, application)


async def test_says_that_the_sign_in_is_refused_without_a_reason(
    hass: HomeAssistant, fleet: TeslaServer, application: Application
) -> None:
    fleet.faults.add(Refuse(403, "forbidden", ""), "/oauth2/v3/token", count=1)
    assert errors(await sign_in(hass, application), "tesla") == {"base": "sign_in_refused"}


async def test_says_that_a_new_token_is_refused(
    hass: HomeAssistant, fleet: TeslaServer, application: Application
) -> None:
    fleet.faults.add(Refuse(401), "/api/1/products")
    assert errors(await sign_in(hass, application), "tesla") == {"base": "sign_in_refused"}


# -- what passes --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Reset(), "cloud_unreachable"),
        (HtmlPage(), "cloud_failing"),
        (NullResponse(), "cloud_failing"),
        (HttpStatus(500), "cloud_failing"),
        (Refuse(503), "cloud_failing"),
    ],
)
async def test_says_that_tesla_fails_and_keeps_the_consent(
    hass: HomeAssistant, fleet: TeslaServer, application: Application, fault: Fault, expected: str
) -> None:
    fleet.faults.add(fault, "/api/1/products")
    result = await sign_in(hass, application)
    assert errors(result, "tesla_wait") == {"base": expected}
    assert told(result, "manufacturer") == "Tesla"
    fleet.faults.clear()
    await finish(hass, await step(hass, result, {}))
    assert asked(fleet).count(TOKEN) == 1


async def test_says_until_when_the_requests_are_used_up(
    hass: HomeAssistant, fleet: TeslaServer, application: Application
) -> None:
    await hass.config.async_set_time_zone("UTC")
    fleet.faults.add(TooMany(wait=86_400), "/api/1/products", count=1)
    result = await sign_in(hass, application)
    assert errors(result, "tesla_wait") == {"base": "quota_used_up"}
    assert told(result, "until") == "2026-06-16 16:00"
    await finish(hass, await step(hass, result, {}))


async def test_says_that_the_requests_are_used_up_for_nobody_knows_how_long(
    hass: HomeAssistant, fleet: TeslaServer, application: Application
) -> None:
    fleet.faults.add(TooMany(wait_in="none"), "/api/1/products", count=1)
    assert errors(await sign_in(hass, application), "tesla_wait") == {"base": "quota_used_up_for_now"}


async def test_says_that_the_application_is_disabled_and_goes_on_once_it_is_not(
    hass: HomeAssistant, fleet: TeslaServer, application: Application
) -> None:
    application.disabled = True
    result = await sign_in(hass, application)
    assert errors(result, "tesla_wait") == {"base": "application_disabled"}
    application.disabled = False
    await finish(hass, await step(hass, result, {}))


@pytest.mark.usefixtures("current_request_with_host")
async def test_an_owner_who_comes_back_by_my_home_assistant_finds_home_assistant(
    hass: HomeAssistant, application: Application
) -> None:
    hass.config.components.add("my")
    result = await submit(hass, application, paste_code=False)
    assert result["type"] is FlowResultType.EXTERNAL_STEP
    back = await location(result["url"])
    assert str(back).startswith("https://my.home-assistant.io/redirect/oauth?")
