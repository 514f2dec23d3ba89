"""How an entry of the cloud keeps its client and its tokens."""

import asyncio
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.energy_site.api.errors import ApiAuthError, ApiConnectionError, ApiError
from custom_components.energy_site.application_credentials import async_get_auth_implementation
from custom_components.energy_site.const import DOMAIN
from custom_components.energy_site.helpers.sessions import async_get_isolated_session
from custom_components.energy_site.vendors.enphase_cloud.client import v4_endpoints as endpoints
from custom_components.energy_site.vendors.enphase_cloud.client.v4 import EnphaseV4Client
from custom_components.energy_site.vendors.enphase_cloud.oauth import EnphaseImplementation
from custom_components.energy_site.vendors.oauth import (
    async_entry_token,
    async_store_client,
    auth_domain,
    client_was_refused,
)
from homeassistant.components.application_credentials import DATA_COMPONENT, ClientCredential
from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers.config_entry_oauth2_flow import async_get_implementations
from homeassistant.setup import async_setup_component
from simulator.enphase_cloud import Application, CloudServer
from simulator.iq_gateway import HtmlPage, HttpStatus, Reset
from simulator.iq_gateway.faults import Fault

from ...cloud import SYSTEMS, TOKEN, asked, set_up_cloud

pytestmark = pytest.mark.usefixtures("no_runtime")

DAY = timedelta(days=1)


@pytest.fixture
def cloud(vendor: CloudServer) -> CloudServer:
    """Return the cloud to sign in to."""
    return vendor


@pytest.fixture
async def entry(hass: HomeAssistant, cloud: CloudServer, registered: Application) -> MockConfigEntry:
    """Return an entry that was set up by a person."""
    entry = await set_up_cloud(hass, registered)
    cloud.requests.clear()
    return entry


def reauths(hass: HomeAssistant) -> int:
    """Return how often a person is asked to sign in anew."""
    return sum(
        flow["context"]["source"] == SOURCE_REAUTH
        for flow in hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    )


async def test_a_token_that_is_good_costs_nothing(
    hass: HomeAssistant, cloud: CloudServer, entry: MockConfigEntry
) -> None:
    token = await async_entry_token(hass, entry)
    assert await token() == entry.data["token"]["access_token"]
    assert asked(cloud) == []


async def test_a_token_that_ends_is_renewed_and_kept(
    hass: HomeAssistant, cloud: CloudServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    before = entry.data["token"]
    token = await async_entry_token(hass, entry)
    freezer.tick(DAY)
    access = await token()
    after = entry.data["token"]
    assert access == after["access_token"] != before["access_token"]
    assert after["refresh_token"] != before["refresh_token"]
    assert after["expires_at"] == before["expires_at"] + DAY.total_seconds()
    assert asked(cloud) == [f"POST {TOKEN}"]
    [request] = cloud.requests
    assert request.query == {}
    assert b"client" not in request.body


async def test_a_new_refresh_token_is_kept_before_the_access_token_is_used(
    hass: HomeAssistant,
    cloud: CloudServer,
    entry: MockConfigEntry,
    registered: Application,
    freezer: FrozenDateTimeFactory,
) -> None:
    freezer.tick(DAY)
    kept: list[str] = []

    class Crash(BaseException):
        pass

    class Crashing:
        def before(self, endpoint: str) -> None:  # noqa: ARG002 - the signature is the client's.
            kept.append(entry.data["token"]["refresh_token"])
            raise Crash

        def after(self, endpoint: str, outcome: Any) -> None:  # noqa: ARG002 - as above.
            raise AssertionError

    old = entry.data["token"]["refresh_token"]
    token = await async_entry_token(hass, entry)
    client = EnphaseV4Client(async_get_isolated_session(hass), registered.key, token, budget=Crashing())
    with pytest.raises(Crash):
        await client.get(endpoints.SYSTEMS)
    assert kept == [entry.data["token"]["refresh_token"]] != [old]
    # Whoever starts anew with what was kept needs no person: the used token is not asked with again.
    freezer.tick(DAY)
    token = await async_entry_token(hass, entry)
    await EnphaseV4Client(async_get_isolated_session(hass), registered.key, token).get(endpoints.SYSTEMS)
    assert asked(cloud) == [f"POST {TOKEN}", f"POST {TOKEN}", f"GET {SYSTEMS}"]


async def test_a_token_that_was_refused_is_renewed_before_its_end(
    hass: HomeAssistant, cloud: CloudServer, entry: MockConfigEntry, registered: Application
) -> None:
    cloud.tokens.end_access()
    token = await async_entry_token(hass, entry)
    client = EnphaseV4Client(async_get_isolated_session(hass), registered.key, token)
    assert len((await client.get(endpoints.SYSTEMS)).systems) == 2
    assert asked(cloud) == [f"GET {SYSTEMS}", f"POST {TOKEN}", f"GET {SYSTEMS}"]
    # An old refusal does not end a new token.
    assert await token(refused="another") == entry.data["token"]["access_token"]
    assert len(asked(cloud)) == 3


@pytest.mark.parametrize("fault", [Reset(), HtmlPage(), HttpStatus(500), HttpStatus(429), HttpStatus(403)])
async def test_a_service_that_fails_is_asked_again_later(
    hass: HomeAssistant, cloud: CloudServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory, fault: Fault
) -> None:
    cloud.tokens.refresh_grace = 60
    freezer.tick(DAY)
    token = await async_entry_token(hass, entry)
    cloud.faults.add(fault, TOKEN)
    with pytest.raises(ApiConnectionError):
        await token()
    assert reauths(hass) == 0
    cloud.faults.clear()
    assert await token() == entry.data["token"]["access_token"]


async def test_a_refresh_token_is_used_once_however_many_ask_while_an_entry_is_reloaded(
    hass: HomeAssistant, cloud: CloudServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    before, after = await async_entry_token(hass, entry), await async_entry_token(hass, entry)
    freezer.tick(DAY)
    tokens = await asyncio.gather(before(), after(), before())
    assert set(tokens) == {entry.data["token"]["access_token"]}
    assert asked(cloud) == [f"POST {TOKEN}"]


async def test_a_refusal_is_heard_once_however_many_ask(
    hass: HomeAssistant, cloud: CloudServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    cloud.tokens.revoke()
    freezer.tick(DAY)
    token = await async_entry_token(hass, entry)
    found = await asyncio.gather(token(), token(), return_exceptions=True)
    assert [type(each) for each in found] == [ApiAuthError, ApiAuthError]
    assert asked(cloud) == [f"POST {TOKEN}"]


async def test_a_renewal_is_kept_though_whoever_asked_for_it_is_gone(
    hass: HomeAssistant, cloud: CloudServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    old = entry.data["token"]["refresh_token"]
    freezer.tick(DAY)
    token = await async_entry_token(hass, entry)
    asking = asyncio.create_task(token())
    while not asked(cloud):  # noqa: ASYNC110 - nothing else tells that the request has arrived.
        await asyncio.sleep(0)
    asking.cancel()
    await hass.async_block_till_done()
    assert asking.cancelled()
    assert entry.data["token"]["refresh_token"] != old
    await token()
    assert asked(cloud) == [f"POST {TOKEN}"]


async def test_a_person_is_asked_once_where_the_refresh_token_is_refused(
    hass: HomeAssistant, cloud: CloudServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    cloud.tokens.revoke()
    freezer.tick(DAY)
    token = await async_entry_token(hass, entry)
    for _ in range(2):
        with pytest.raises(ApiAuthError):
            await token()
    await hass.async_block_till_done()
    assert reauths(hass) == 1
    assert not client_was_refused(hass, entry.data["auth_implementation"])


async def test_a_client_that_is_refused_is_remembered_until_another_secret_is_stored(
    hass: HomeAssistant, entry: MockConfigEntry, registered: Application, freezer: FrozenDateTimeFactory
) -> None:
    registered.client_secret = "e" * 32
    freezer.tick(DAY)
    token = await async_entry_token(hass, entry)
    with pytest.raises(ApiAuthError):
        await token()
    await hass.async_block_till_done()
    assert client_was_refused(hass, entry.data["auth_implementation"])
    await async_store_client(hass, "enphase", "Enphase", registered.client_id, registered.client_secret)
    assert not client_was_refused(hass, entry.data["auth_implementation"])
    token = await async_entry_token(hass, entry)
    assert await token()


async def test_errors_of_a_code_are_the_clients_own(
    hass: HomeAssistant, cloud: CloudServer, registered: Application
) -> None:
    credential = ClientCredential(registered.client_id, registered.client_secret)
    implementation = EnphaseImplementation(hass, auth_domain("enphase", registered.client_id), credential)
    with pytest.raises(ApiError):
        await implementation.async_resolve_external_data(
            {"code": "wrong", "state": {"redirect_uri": f"{cloud.url}/oauth/redirect_uri"}}
        )


async def test_a_client_that_is_stored_no_more_asks_for_a_person(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    store = hass.data[DATA_COMPONENT]
    await store.async_delete_item(store.async_items()[0]["id"])
    with pytest.raises(ConfigEntryAuthFailed):
        await async_entry_token(hass, entry)


async def test_a_client_from_the_dialog_is_taken_over_under_its_own_name(
    hass: HomeAssistant, registered: Application, hass_ws_client: WebSocketGenerator
) -> None:
    assert await async_setup_component(hass, "application_credentials", {})
    socket = await hass_ws_client(hass)
    await socket.send_json_auto_id({"type": "application_credentials/config"})
    answer = (await socket.receive_json())["result"]
    assert answer["integrations"][DOMAIN] == {
        "description_placeholders": {
            "developer_page": "https://developer-v4.enphase.com, https://developer.tesla.com/dashboard"
        }
    }
    for number in range(2):
        # A second one is another person's, and nobody's business.
        typed = {"domain": DOMAIN, "client_id": f"{registered.client_id}{number or ''}", "client_secret": "old"}
        await socket.send_json_auto_id({"type": "application_credentials/create", **typed})
        assert (await socket.receive_json())["success"]
    [first, _] = (await async_get_implementations(hass, DOMAIN)).values()
    assert isinstance(first, EnphaseImplementation)
    entry = await set_up_cloud(hass, registered)
    implementations = await async_get_implementations(hass, DOMAIN)
    found = implementations[entry.data["auth_implementation"]]
    assert isinstance(found, EnphaseImplementation)
    assert found.client_secret == registered.client_secret
    assert found.name == "Enphase"
    assert found.service_domain == DOMAIN
    assert len(implementations) == 2


async def test_a_stored_client_is_stored_once(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    [item] = hass.data[DATA_COMPONENT].async_items()
    assert (
        await async_store_client(hass, "enphase", "Enphase", item["client_id"], item["client_secret"])
        == item["auth_domain"]
    )
    assert hass.data[DATA_COMPONENT].async_items() == [item]
    implementation = await async_get_auth_implementation(
        hass, item["auth_domain"], ClientCredential(item["client_id"], item["client_secret"])
    )
    assert isinstance(implementation, EnphaseImplementation)
