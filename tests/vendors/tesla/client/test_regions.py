"""A site of another region is found there, once, and nowhere that Tesla does not have."""

import pytest
from yarl import URL

from custom_components.energy_site.api.errors import ApiPayloadError, ApiStatusError
from custom_components.energy_site.vendors.tesla.client import addresses
from custom_components.energy_site.vendors.tesla.client.addresses import (
    Region,
    audience,
    tesla_api,
    tesla_authorize,
    tesla_token,
)
from custom_components.energy_site.vendors.tesla.client.errors import NotRegisteredError, WrongRegionError
from tests.loopback import CloudServer, RequestBudget

from .conftest import Make
from .server import NOT_FOUND, OTHER_REGION, PATH, REGION, SITE, UNAUTHORIZED, UPDATED
from .shapes import LIVE

LIVE_PATH = f"{PATH}/live_status"
EUROPE = {"response": {"region": "eu", "fleet_api_base_url": "https://fleet-api.prd.eu.vn.cloud.tesla.com"}}


@pytest.fixture
async def europe(monkeypatch: pytest.MonkeyPatch, cloud: CloudServer) -> CloudServer:
    """Serve Europe at an address of its own; `cloud` is North America and China."""
    server = CloudServer(UNAUTHORIZED, NOT_FOUND)
    monkeypatch.setattr(addresses, "address", lambda _, default: URL(server.url if ".eu." in default else cloud.url))
    return server


def test_every_region_has_its_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("ENERGY_SITE_TESLA_API", "ENERGY_SITE_TESLA_AUTH"):
        monkeypatch.delenv(variable, raising=False)
    assert {region: str(tesla_api(region)) for region in Region} == {
        "na": "https://fleet-api.prd.na.vn.cloud.tesla.com",
        "eu": "https://fleet-api.prd.eu.vn.cloud.tesla.com",
        "cn": "https://fleet-api.prd.cn.vn.cloud.tesla.cn",
    }
    assert {str(tesla_authorize(region)) for region in (Region.NA, Region.EU)} == {"https://auth.tesla.com"}
    assert {str(tesla_token(region)) for region in (Region.NA, Region.EU)} == {
        "https://fleet-auth.prd.vn.cloud.tesla.com"
    }
    assert str(tesla_authorize(Region.CN)) == str(tesla_token(Region.CN)) == "https://auth.tesla.cn"


def test_the_environment_replaces_the_addresses_of_every_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENERGY_SITE_TESLA_API", "http://127.0.0.1:1")
    monkeypatch.setenv("ENERGY_SITE_TESLA_AUTH", "http://127.0.0.1:2")
    assert {str(tesla_api(region)) for region in Region} == {"http://127.0.0.1:1"}
    places = {str(place(region)) for place in (tesla_authorize, tesla_token) for region in Region}
    assert places == {"http://127.0.0.1:2"}
    assert audience(Region.EU) == "https://fleet-api.prd.eu.vn.cloud.tesla.com"


async def test_a_site_of_another_region_is_asked_there_from_then_on(
    cloud: CloudServer, europe: CloudServer, make: Make
) -> None:
    cloud.answer(LIVE_PATH, OTHER_REGION, status=421)
    cloud.answer(REGION, EUROPE)
    europe.answer(LIVE_PATH, {"response": LIVE})
    found: list[Region] = []
    budget = RequestBudget()
    async with europe:
        client = make(region_changed=found.append, budget=budget)
        await client.live_status(SITE)
        await client.live_status(SITE)
    assert (client.region, found) == (Region.EU, [Region.EU])
    assert cloud.paths == [LIVE_PATH, REGION]
    assert europe.paths == [LIVE_PATH, LIVE_PATH]
    assert budget.allowed == ["live_status", "region", "live_status", "live_status"]


async def test_a_setting_is_sent_again_to_the_region_that_has_the_site(
    cloud: CloudServer, europe: CloudServer, make: Make
) -> None:
    cloud.answer(f"{PATH}/backup", OTHER_REGION, method="POST", status=421)
    cloud.answer(REGION, EUROPE)
    europe.answer(f"{PATH}/backup", UPDATED, method="POST")
    async with europe:
        await make().set_backup_reserve(SITE, 30)
    assert europe.last.json() == {"backup_reserve_percent": 30}


async def test_a_region_that_does_not_even_tell_the_region_is_left_for_the_next(
    cloud: CloudServer, europe: CloudServer, make: Make
) -> None:
    cloud.answer(LIVE_PATH, OTHER_REGION, status=421)
    cloud.answer(REGION, OTHER_REGION, status=421)
    europe.answer(REGION, EUROPE)
    europe.answer(LIVE_PATH, {"response": LIVE})
    async with europe:
        client = make()
        await client.live_status(SITE)
    assert client.region is Region.EU
    assert europe.paths == [REGION, LIVE_PATH]


async def test_at_one_address_for_all_regions_the_region_is_asked_once(cloud: CloudServer, make: Make) -> None:
    cloud.answer(LIVE_PATH, OTHER_REGION, status=421)
    cloud.answer(LIVE_PATH, {"response": LIVE})
    cloud.answer(REGION, EUROPE)
    client = make()
    await client.live_status(SITE)
    assert client.region is Region.EU
    assert cloud.paths == [LIVE_PATH, REGION, LIVE_PATH]


async def test_a_region_that_denies_its_own_account_is_asked_once_which_it_is(cloud: CloudServer, make: Make) -> None:
    cloud.answer(LIVE_PATH, OTHER_REGION, status=421)
    cloud.answer(REGION, {"response": {"region": "na"}})
    client = make()
    for _ in range(3):
        with pytest.raises(WrongRegionError):
            await client.live_status(SITE)
    assert cloud.paths == [LIVE_PATH, REGION, LIVE_PATH, LIVE_PATH]


async def test_a_region_that_sends_on_to_one_that_does_not_answer_either_is_kept(
    cloud: CloudServer, europe: CloudServer, make: Make
) -> None:
    cloud.answer(LIVE_PATH, OTHER_REGION, status=421)
    cloud.answer(REGION, EUROPE)
    europe.answer(LIVE_PATH, OTHER_REGION, status=421)
    found: list[Region] = []
    async with europe:
        client = make(region_changed=found.append)
        for _ in range(2):
            with pytest.raises(WrongRegionError):
                await client.live_status(SITE)
    assert (client.region, found) == (Region.NA, [])
    assert cloud.paths == [LIVE_PATH, REGION, LIVE_PATH]


async def test_an_application_that_is_not_registered_there_says_so(
    cloud: CloudServer, europe: CloudServer, make: Make
) -> None:
    cloud.answer(LIVE_PATH, OTHER_REGION, status=421)
    cloud.answer(REGION, EUROPE)
    europe.answer(LIVE_PATH, {"error": "Account must be registered in the current region"}, status=412)
    async with europe:
        client = make()
        with pytest.raises(NotRegisteredError) as caught:
            await client.live_status(SITE)
    assert caught.value.words == "Account must be registered in the current region"
    # Where to register is known by now.
    assert client.region is Region.EU


@pytest.mark.parametrize(("status", "error"), [(412, NotRegisteredError), (503, ApiStatusError)])
async def test_a_region_that_cannot_be_told_is_why_the_request_fails(
    cloud: CloudServer, make: Make, status: int, error: type[ApiStatusError]
) -> None:
    cloud.answer(LIVE_PATH, OTHER_REGION, status=421)
    cloud.answer(LIVE_PATH, {"response": LIVE})
    cloud.answer(REGION, {"error": "later"}, status=status)
    cloud.answer(REGION, EUROPE)
    client = make()
    with pytest.raises(ApiStatusError) as caught:
        await client.live_status(SITE)
    assert (type(caught.value), caught.value.endpoint) == (error, "region")
    # It is looked up again.
    await client.live_status(SITE)


async def test_a_region_that_was_asked_in_vain_is_not_where_the_next_request_goes(
    cloud: CloudServer, europe: CloudServer, make: Make
) -> None:
    cloud.answer(LIVE_PATH, OTHER_REGION, status=421)
    cloud.answer(LIVE_PATH, {"response": LIVE})
    cloud.answer(REGION, OTHER_REGION, status=421)
    europe.answer(REGION, {}, status=503)
    async with europe:
        client = make()
        with pytest.raises(ApiStatusError):
            await client.live_status(SITE)
        await client.live_status(SITE)
    assert europe.paths == [REGION]
    assert cloud.paths == [LIVE_PATH, REGION, LIVE_PATH]


async def test_no_address_from_the_wire_is_ever_asked(cloud: CloudServer, make: Make) -> None:
    cloud.answer(LIVE_PATH, OTHER_REGION, status=421)
    cloud.answer(REGION, {"response": {"region": "moon", "fleet_api_base_url": "https://evil.example"}})
    with pytest.raises(ApiPayloadError, match=r"^region: no region that is known$"):
        await make().live_status(SITE)
    assert cloud.paths == [LIVE_PATH, REGION]


async def test_the_region_of_an_account_is_told_by_any_region(
    cloud: CloudServer, europe: CloudServer, make: Make
) -> None:
    cloud.answer(REGION, OTHER_REGION, status=421)
    europe.answer(REGION, EUROPE)
    async with europe:
        assert await make().account_region() is Region.EU
