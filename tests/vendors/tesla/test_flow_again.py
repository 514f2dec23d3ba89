"""How a person signs in to Tesla again, and changes what was set up."""

from datetime import timedelta
from typing import Any
from unittest.mock import AsyncMock

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.energy_site.api.errors import ApiAuthError
from custom_components.energy_site.const import DOMAIN
from custom_components.energy_site.vendors.oauth import async_entry_token, auth_domain, stored_client
from homeassistant.components.application_credentials import DATA_COMPONENT
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from simulator.tesla_cloud import Account, Application, Refuse, TeslaServer
from tests.cloud import come_back, shown
from tests.common import step

from .signing_in import CABIN, CALLBACK, HOME, PRODUCTS, TOKEN, asked, errors, paste, set_up_site, typed

OTHER = "ta-secret.other"


@pytest.fixture
async def entry(
    hass: HomeAssistant, no_runtime: AsyncMock, fleet: TeslaServer, application: Application
) -> MockConfigEntry:
    """Return an entry that was set up by a person."""
    entry = await set_up_site(hass, application)
    fleet.requests.clear()
    no_runtime.reset_mock()
    return entry


async def reauth(hass: HomeAssistant, entry: MockConfigEntry) -> ConfigFlowResult:
    """Let Home Assistant ask to sign in again, and open the dialog."""
    entry.async_start_reauth(hass)
    await hass.async_block_till_done()
    [flow] = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    return await hass.config_entries.flow.async_configure(flow["flow_id"])


async def reconfigure(hass: HomeAssistant, entry: MockConfigEntry) -> ConfigFlowResult:
    """Open the dialog that changes an entry."""
    result: ConfigFlowResult = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": "reconfigure", "entry_id": entry.entry_id}
    )
    assert result["step_id"] == "tesla_credentials"
    return result


async def done(hass: HomeAssistant, result: ConfigFlowResult, reason: str, loads: AsyncMock) -> None:
    """Check that the entry was brought up to date and loaded again, once."""
    assert result["type"] is FlowResultType.ABORT, result
    assert result["reason"] == reason
    await hass.async_block_till_done()
    assert loads.await_count == 1


def kept(application: Application, **changes: Any) -> dict[str, Any]:
    """Return what a person submits who changes nothing but `changes`."""
    return {"client_id": application.client_id, "region": "na", "paste_code": True, **changes}


async def forget_client(hass: HomeAssistant) -> None:
    """Delete the application's credentials."""
    store = hass.data[DATA_COMPONENT]
    await store.async_delete_item(store.async_items()[0]["id"])


# -- signing in again -------------------------------------------------------------


@pytest.mark.usefixtures("current_request_with_host")
async def test_the_owner_agrees_again_and_everything_else_stays(
    hass: HomeAssistant,
    fleet: TeslaServer,
    entry: MockConfigEntry,
    no_runtime: AsyncMock,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    before = dict(entry.data)
    fleet.tokens.revoke()
    result = await reauth(hass, entry)
    assert errors(result, "reauth_confirm") == {}
    assert (result["description_placeholders"] or {})["redirect_uri"] == CALLBACK
    result = await step(hass, result, {"paste_code": False})
    result = await come_back(hass, hass_client_no_auth, result)
    await done(hass, result, "reauth_successful", no_runtime)
    assert entry.data["token"]["refresh_token"] != before["token"]["refresh_token"]
    assert {**entry.data, "token": None} == {**before, "token": None}
    assert asked(fleet) == [TOKEN, PRODUCTS]


async def test_the_owner_may_paste_the_address_or_go_back(
    hass: HomeAssistant, entry: MockConfigEntry, no_runtime: AsyncMock
) -> None:
    result = await step(hass, await reauth(hass, entry), {"paste_code": True})
    result = await step(hass, result, {})
    assert result["step_id"] == "reauth_confirm"
    result = await step(hass, result, {"paste_code": True})
    await done(hass, await paste(hass, result), "reauth_successful", no_runtime)


async def test_another_account_is_refused_without_asking_for_its_sites(
    hass: HomeAssistant, fleet: TeslaServer, entry: MockConfigEntry, no_runtime: AsyncMock
) -> None:
    before = dict(entry.data)
    fleet.policy.account = Account(sub="someone-else")
    result = await paste(hass, await step(hass, await reauth(hass, entry), {"paste_code": True}))
    assert errors(result, "reauth_confirm") == {"base": "another_account"}
    assert asked(fleet) == [TOKEN]
    assert dict(entry.data) == before
    fleet.policy.account = Account()
    result = await step(hass, result, {"paste_code": True})
    await done(hass, await paste(hass, result), "reauth_successful", no_runtime)


async def test_an_account_that_has_lost_the_site_is_refused(
    hass: HomeAssistant, fleet: TeslaServer, entry: MockConfigEntry
) -> None:
    fleet.policy.account = Account(sites=frozenset({CABIN}))
    result = await paste(hass, await step(hass, await reauth(hass, entry), {"paste_code": True}))
    assert errors(result, "reauth_confirm") == {"base": "system_not_granted"}


async def test_a_site_that_does_not_answer_does_not_keep_the_owner_from_signing_in(
    hass: HomeAssistant, fleet: TeslaServer, entry: MockConfigEntry, no_runtime: AsyncMock
) -> None:
    fleet.world.sites[HOME].set_behaviour(status=500)
    result = await paste(hass, await step(hass, await reauth(hass, entry), {"paste_code": True}))
    await done(hass, result, "reauth_successful", no_runtime)


async def test_a_client_that_was_refused_is_asked_for_and_its_secret_is_kept(
    hass: HomeAssistant,
    fleet: TeslaServer,
    application: Application,
    entry: MockConfigEntry,
    no_runtime: AsyncMock,
    freezer: FrozenDateTimeFactory,
) -> None:
    fault = fleet.faults.add(Refuse(401, "invalid_client", ""), "/oauth2/v3/token")
    freezer.tick(timedelta(days=1))
    token = await async_entry_token(hass, entry)
    with pytest.raises(ApiAuthError):
        await token()
    result = await reauth(hass, entry)
    assert errors(result, "tesla_credentials") == {"base": "application_refused"}
    fault.remove()
    result = await step(hass, result, kept(application))
    await done(hass, await paste(hass, result), "reauth_successful", no_runtime)


async def test_a_client_that_is_no_longer_stored_is_asked_for(
    hass: HomeAssistant, application: Application, entry: MockConfigEntry, no_runtime: AsyncMock
) -> None:
    await forget_client(hass)
    result = await reauth(hass, entry)
    assert errors(result, "tesla_credentials") == {"base": "client_missing"}
    result = await step(hass, result, kept(application, client_secret=application.client_secret))
    await done(hass, await paste(hass, result), "reauth_successful", no_runtime)
    assert stored_client(hass, auth_domain("tesla", application.client_id)) is not None


# -- changing what was set up -----------------------------------------------------


async def test_what_is_left_empty_stays_and_needs_no_consent(
    hass: HomeAssistant, fleet: TeslaServer, application: Application, entry: MockConfigEntry, no_runtime: AsyncMock
) -> None:
    before = dict(entry.data)
    result = await reconfigure(hass, entry)
    assert shown(result) == {**kept(application, paste_code=False), "client_secret": None}
    result = await step(hass, result, kept(application))
    await done(hass, result, "reconfigure_successful", no_runtime)
    assert dict(entry.data) == before
    assert asked(fleet) == [PRODUCTS]


async def test_another_application_needs_its_secret_and_consent(
    hass: HomeAssistant, fleet: TeslaServer, entry: MockConfigEntry, no_runtime: AsyncMock
) -> None:
    another = fleet.add_application("Another", redirects=["*"])
    result = await step(hass, await reconfigure(hass, entry), kept(another))
    assert errors(result, "tesla_credentials") == {"client_secret": "needed"}
    result = await paste(hass, await step(hass, result, typed(another)))
    await done(hass, result, "reconfigure_successful", no_runtime)
    assert entry.data["auth_implementation"] == auth_domain("tesla", another.client_id)
    assert entry.unique_id == "tesla_100001"


async def test_another_secret_is_tried_before_it_replaces_the_old_one(
    hass: HomeAssistant, application: Application, entry: MockConfigEntry, no_runtime: AsyncMock
) -> None:
    name = entry.data["auth_implementation"]
    result = await step(hass, await reconfigure(hass, entry), kept(application, client_secret=OTHER))
    result = await paste(hass, result)
    assert errors(result, "tesla_credentials") == {"base": "application_refused"}
    client = stored_client(hass, name)
    assert client is not None
    assert client.client_secret == application.client_secret
    application.client_secret = OTHER
    result = await paste(hass, await step(hass, result, kept(application)))
    await done(hass, result, "reconfigure_successful", no_runtime)
    client = stored_client(hass, name)
    assert client is not None
    assert client.client_secret == OTHER


async def test_a_token_that_is_no_longer_good_is_replaced(
    hass: HomeAssistant, fleet: TeslaServer, application: Application, entry: MockConfigEntry, no_runtime: AsyncMock
) -> None:
    fleet.tokens.end_access()
    result = await step(hass, await reconfigure(hass, entry), kept(application))
    await done(hass, await paste(hass, result), "reconfigure_successful", no_runtime)


async def test_a_token_that_has_ended_is_not_asked_with(
    hass: HomeAssistant,
    fleet: TeslaServer,
    application: Application,
    entry: MockConfigEntry,
    no_runtime: AsyncMock,
    freezer: FrozenDateTimeFactory,
) -> None:
    freezer.tick(timedelta(days=1))
    result = await step(hass, await reconfigure(hass, entry), kept(application))
    assert asked(fleet) == []
    await done(hass, await paste(hass, result), "reconfigure_successful", no_runtime)


async def test_the_owner_of_another_account_cannot_change_the_site(
    hass: HomeAssistant, fleet: TeslaServer, application: Application, entry: MockConfigEntry
) -> None:
    application.client_secret = OTHER
    fleet.policy.account = Account(sub="someone-else")
    result = await step(hass, await reconfigure(hass, entry), kept(application, client_secret=OTHER))
    assert errors(await paste(hass, result), "tesla_credentials") == {"base": "another_account"}


async def test_a_client_that_is_no_longer_stored_is_asked_for_when_something_is_changed(
    hass: HomeAssistant, application: Application, entry: MockConfigEntry, no_runtime: AsyncMock
) -> None:
    await forget_client(hass)
    result = await reconfigure(hass, entry)
    assert errors(result, "tesla_credentials") == {"base": "client_missing"}
    result = await step(hass, result, typed(application))
    await done(hass, await paste(hass, result), "reconfigure_successful", no_runtime)
