"""How a person signs in to Enphase's cloud anew, and changes what was set up."""

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
from simulator.enphase_cloud import Application, CloudServer, Consent, Owner
from simulator.iq_gateway import HttpStatus
from tests.common import open_settings, step

from ...cloud import SYSTEMS, TOKEN, asked, come_back, paste, set_up_cloud, shown, typed

OTHER_CODES = "f" * 32


@pytest.fixture
def cloud(vendor: CloudServer) -> CloudServer:
    """Return the cloud to sign in to."""
    return vendor


@pytest.fixture
def application(registered: Application) -> Application:
    """Return the application to sign in with."""
    return registered


@pytest.fixture
async def entry(
    hass: HomeAssistant, no_runtime: AsyncMock, cloud: CloudServer, application: Application
) -> MockConfigEntry:
    """Return an entry that was set up by a person."""
    entry = await set_up_cloud(hass, application)
    cloud.requests.clear()
    no_runtime.reset_mock()
    return entry


async def reauth(hass: HomeAssistant, entry: MockConfigEntry, **hint: Any) -> ConfigFlowResult:
    """Let Home Assistant ask to sign in anew, and open the dialog."""
    entry.async_start_reauth(hass, data=hint)
    await hass.async_block_till_done()
    [flow] = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    return await hass.config_entries.flow.async_configure(flow["flow_id"])


async def reconfigure(hass: HomeAssistant, entry: MockConfigEntry) -> ConfigFlowResult:
    """Open the dialog that changes an entry."""
    result: ConfigFlowResult = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": "reconfigure", "entry_id": entry.entry_id}
    )
    assert result["step_id"] == "enphase_credentials"
    return result


async def done(hass: HomeAssistant, result: ConfigFlowResult, reason: str, loads: AsyncMock) -> None:
    """Check that the entry was brought up to date and loaded again, once."""
    assert result["type"] is FlowResultType.ABORT, result
    assert result["reason"] == reason
    await hass.async_block_till_done()
    assert loads.await_count == 1


def kept(application: Application, **changes: Any) -> dict[str, Any]:
    """Return what a person submits who changes nothing but `changes`."""
    return {"client_id": application.client_id, "plan": "watt", "paste_code": True, **changes}


# -- signing in anew --------------------------------------------------------------


@pytest.mark.usefixtures("current_request_with_host")
async def test_the_owner_agrees_anew_and_everything_else_stays(
    hass: HomeAssistant,
    cloud: CloudServer,
    entry: MockConfigEntry,
    no_runtime: AsyncMock,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    before = dict(entry.data)
    cloud.tokens.revoke()
    result = await reauth(hass, entry)
    assert result["step_id"] == "reauth_confirm"
    assert (result["description_placeholders"] or {})["redirect_uri"] == "https://example.com/auth/external/callback"
    result = await step(hass, result, {"paste_code": False})
    result = await come_back(hass, hass_client_no_auth, result)
    await done(hass, result, "reauth_successful", no_runtime)
    assert entry.data["token"]["access_token"] != before["token"]["access_token"]
    assert {**entry.data, "token": None} == {**before, "token": None}
    assert asked(cloud) == [f"POST {TOKEN}", f"GET {SYSTEMS}"]


async def test_the_owner_agrees_anew_with_a_code(
    hass: HomeAssistant, entry: MockConfigEntry, no_runtime: AsyncMock
) -> None:
    result = await step(hass, await reauth(hass, entry), {"paste_code": True})
    # Without a code there is a way back.
    result = await step(hass, result, {})
    assert result["step_id"] == "reauth_confirm"
    result = await step(hass, result, {"paste_code": True})
    await done(hass, await paste(hass, result), "reauth_successful", no_runtime)


async def test_another_account_is_refused(
    hass: HomeAssistant, cloud: CloudServer, entry: MockConfigEntry, no_runtime: AsyncMock
) -> None:
    cloud.policy.owner = Owner(uid="1")
    result = await step(hass, await reauth(hass, entry), {"paste_code": True})
    result = await paste(hass, result)
    assert result["step_id"] == "reauth_confirm"
    assert result["errors"] == {"base": "another_account"}
    assert asked(cloud) == [f"POST {TOKEN}"]
    cloud.policy.owner = Owner()
    result = await step(hass, result, {"paste_code": True})
    await done(hass, await paste(hass, result), "reauth_successful", no_runtime)


async def test_an_account_without_the_system_is_refused(
    hass: HomeAssistant, cloud: CloudServer, entry: MockConfigEntry, no_runtime: AsyncMock
) -> None:
    cloud.policy.owner = Owner(systems=frozenset({100002}))
    result = await step(hass, await reauth(hass, entry), {"paste_code": True})
    result = await paste(hass, result)
    assert result["step_id"] == "reauth_confirm"
    assert result["errors"] == {"base": "system_not_granted"}
    cloud.policy.owner = Owner()
    result = await step(hass, result, {"paste_code": True})
    await done(hass, await paste(hass, result), "reauth_successful", no_runtime)


@pytest.mark.usefixtures("current_request_with_host")
async def test_says_that_the_owner_did_not_agree_anew(
    hass: HomeAssistant,
    cloud: CloudServer,
    entry: MockConfigEntry,
    no_runtime: AsyncMock,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    cloud.policy.consent = Consent.DENY
    result = await step(hass, await reauth(hass, entry), {"paste_code": False})
    result = await come_back(hass, hass_client_no_auth, result)
    assert result["step_id"] == "reauth_confirm"
    assert result["errors"] == {"base": "consent_denied"}
    cloud.policy.consent = Consent.GRANT
    result = await step(hass, result, {"paste_code": True})
    await done(hass, await paste(hass, result), "reauth_successful", no_runtime)


async def test_a_key_that_is_refused_is_asked_for_and_the_token_is_kept(
    hass: HomeAssistant, cloud: CloudServer, application: Application, entry: MockConfigEntry, no_runtime: AsyncMock
) -> None:
    token = entry.data["token"]
    application.key = OTHER_CODES
    result = await reauth(hass, entry, refused="api_key")
    assert result["step_id"] == "enphase_credentials"
    assert result["errors"] == {"api_key": "key_refused"}
    assert shown(result) == {**kept(application, paste_code=False), "api_key": None, "client_secret": None}
    result = await step(hass, result, kept(application, api_key=application.key))
    await done(hass, result, "reauth_successful", no_runtime)
    assert entry.data["api_key"] == OTHER_CODES
    assert entry.data["token"] == token
    assert asked(cloud) == [f"GET {SYSTEMS}"]


async def test_a_key_that_turns_out_to_be_refused_is_asked_for(
    hass: HomeAssistant, cloud: CloudServer, application: Application, entry: MockConfigEntry, no_runtime: AsyncMock
) -> None:
    application.key = OTHER_CODES
    result = await step(hass, await reauth(hass, entry), {"paste_code": True})
    result = await paste(hass, result)
    assert result["step_id"] == "enphase_credentials"
    assert result["errors"] == {"api_key": "key_refused"}
    result = await step(hass, result, kept(application, api_key=application.key))
    await done(hass, result, "reauth_successful", no_runtime)
    assert entry.data["api_key"] == OTHER_CODES
    assert asked(cloud) == [f"POST {TOKEN}", f"GET {SYSTEMS}", f"GET {SYSTEMS}"]


async def test_a_secret_that_was_refused_is_asked_for_and_replaced(
    hass: HomeAssistant,
    cloud: CloudServer,
    application: Application,
    entry: MockConfigEntry,
    no_runtime: AsyncMock,
    freezer: FrozenDateTimeFactory,
) -> None:
    application.client_secret = OTHER_CODES
    freezer.tick(timedelta(days=1))
    token = await async_entry_token(hass, entry)
    with pytest.raises(ApiAuthError):
        await token()
    # The dialog is open by itself by now.
    result = await reauth(hass, entry)
    assert result["step_id"] == "enphase_credentials"
    assert result["errors"] == {"base": "client_refused"}
    result = await step(hass, result, kept(application))
    result = await paste(hass, result)
    assert result["step_id"] == "enphase_credentials"
    assert result["errors"] == {"base": "client_refused"}
    result = await step(hass, result, kept(application, client_secret=OTHER_CODES))
    await done(hass, await paste(hass, result), "reauth_successful", no_runtime)
    client = stored_client(hass, auth_domain("enphase", application.client_id))
    assert client is not None
    assert client.client_secret == OTHER_CODES
    assert len(hass.data[DATA_COMPONENT].async_items()) == 1


async def test_a_client_that_is_no_longer_stored_is_asked_for(
    hass: HomeAssistant, application: Application, entry: MockConfigEntry, no_runtime: AsyncMock
) -> None:
    store = hass.data[DATA_COMPONENT]
    await store.async_delete_item(store.async_items()[0]["id"])
    result = await reauth(hass, entry)
    assert result["step_id"] == "enphase_credentials"
    assert result["errors"] == {"base": "client_missing"}
    result = await step(hass, result, kept(application, client_secret=application.client_secret))
    await done(hass, await paste(hass, result), "reauth_successful", no_runtime)
    assert stored_client(hass, auth_domain("enphase", application.client_id)) is not None


async def test_signing_in_anew_waits_for_a_service_that_fails(
    hass: HomeAssistant, cloud: CloudServer, entry: MockConfigEntry, no_runtime: AsyncMock
) -> None:
    cloud.faults.add(HttpStatus(502), SYSTEMS, count=1)
    result = await step(hass, await reauth(hass, entry), {"paste_code": True})
    result = await paste(hass, result)
    assert result["step_id"] == "enphase_wait"
    await done(hass, await step(hass, result, {}), "reauth_successful", no_runtime)


async def test_an_account_without_a_name_is_known_by_its_system(
    hass: HomeAssistant, entry: MockConfigEntry, no_runtime: AsyncMock
) -> None:
    hass.config_entries.async_update_entry(entry, data={**entry.data, "account": None})
    result = await step(hass, await reauth(hass, entry), {"paste_code": True})
    await done(hass, await paste(hass, result), "reauth_successful", no_runtime)
    assert entry.data["account"] == "217231"


# -- changing what was set up -----------------------------------------------------


async def test_another_plan_needs_no_question(
    hass: HomeAssistant, cloud: CloudServer, application: Application, entry: MockConfigEntry, no_runtime: AsyncMock
) -> None:
    before = dict(entry.data)
    result = await reconfigure(hass, entry)
    assert shown(result) == {**kept(application, paste_code=False), "api_key": None, "client_secret": None}
    result = await step(hass, result, kept(application, plan="partner"))
    await done(hass, result, "reconfigure_successful", no_runtime)
    assert dict(entry.data) == {**before, "plan": "partner"}
    assert asked(cloud) == []


async def test_another_key_costs_one_request_and_no_consent(
    hass: HomeAssistant, cloud: CloudServer, application: Application, entry: MockConfigEntry, no_runtime: AsyncMock
) -> None:
    before = dict(entry.data)
    application.key = OTHER_CODES
    result = await step(hass, await reconfigure(hass, entry), kept(application, api_key=OTHER_CODES))
    await done(hass, result, "reconfigure_successful", no_runtime)
    assert dict(entry.data) == {**before, "api_key": OTHER_CODES}
    assert asked(cloud) == [f"GET {SYSTEMS}"]


async def test_a_key_of_another_application_is_told_at_once(
    hass: HomeAssistant, cloud: CloudServer, application: Application, entry: MockConfigEntry, no_runtime: AsyncMock
) -> None:
    another = cloud.add_application("Another")
    result = await step(hass, await reconfigure(hass, entry), kept(application, api_key=another.key))
    assert result["errors"] == {"api_key": "key_mismatch"}
    result = await step(hass, result, kept(application, api_key=application.key))
    await done(hass, result, "reconfigure_successful", no_runtime)


async def test_a_key_that_may_be_wrong_is_judged_by_a_new_token(
    hass: HomeAssistant, application: Application, entry: MockConfigEntry, no_runtime: AsyncMock
) -> None:
    result = await step(hass, await reconfigure(hass, entry), kept(application, api_key=OTHER_CODES))
    result = await paste(hass, result)
    assert result["step_id"] == "enphase_credentials"
    assert result["errors"] == {"api_key": "key_refused"}
    result = await step(hass, result, kept(application, api_key=application.key))
    await done(hass, result, "reconfigure_successful", no_runtime)


async def test_a_token_that_has_ended_is_not_asked_with(
    hass: HomeAssistant,
    cloud: CloudServer,
    application: Application,
    entry: MockConfigEntry,
    no_runtime: AsyncMock,
    freezer: FrozenDateTimeFactory,
) -> None:
    application.key = OTHER_CODES
    freezer.tick(timedelta(days=2))
    result = await step(hass, await reconfigure(hass, entry), kept(application, api_key=OTHER_CODES))
    assert result["step_id"] == "enphase_code"
    assert asked(cloud) == []
    await done(hass, await paste(hass, result), "reconfigure_successful", no_runtime)


async def test_another_application_needs_its_secret_and_consent(
    hass: HomeAssistant, cloud: CloudServer, application: Application, entry: MockConfigEntry, no_runtime: AsyncMock
) -> None:
    another = cloud.add_application("Another")
    result = await reconfigure(hass, entry)
    result = await step(hass, result, kept(another, api_key=another.key))
    assert result["errors"] == {"client_secret": "needed"}
    assert asked(cloud) == []
    result = await step(hass, result, typed(another, plan="kilowatt"))
    await done(hass, await paste(hass, result), "reconfigure_successful", no_runtime)
    assert entry.data["auth_implementation"] == auth_domain("enphase", another.client_id)
    assert entry.data["api_key"] == another.key
    assert entry.data["plan"] == "kilowatt"
    assert entry.unique_id == "enphase_100001"


async def test_another_secret_is_tried_before_it_replaces_the_old_one(
    hass: HomeAssistant, cloud: CloudServer, application: Application, entry: MockConfigEntry, no_runtime: AsyncMock
) -> None:
    name = entry.data["auth_implementation"]
    result = await step(hass, await reconfigure(hass, entry), kept(application, client_secret=OTHER_CODES))
    result = await paste(hass, result)
    assert result["errors"] == {"base": "client_refused"}
    client = stored_client(hass, name)
    assert client is not None
    assert client.client_secret == application.client_secret
    application.client_secret = OTHER_CODES
    result = await step(hass, result, kept(application, client_secret=OTHER_CODES))
    await done(hass, await paste(hass, result), "reconfigure_successful", no_runtime)
    client = stored_client(hass, name)
    assert client is not None
    assert client.client_secret == OTHER_CODES


async def test_another_system_of_the_same_client_goes_on_with_the_new_secret(
    hass: HomeAssistant, application: Application, entry: MockConfigEntry, no_runtime: AsyncMock
) -> None:
    await set_up_cloud(hass, application, "100002")
    no_runtime.reset_mock()
    application.client_secret = OTHER_CODES
    result = await step(hass, await reconfigure(hass, entry), kept(application, client_secret=OTHER_CODES))
    result = await paste(hass, result)
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert {call.args[1].unique_id for call in no_runtime.await_args_list} == {"enphase_100001", "enphase_100002"}
    assert no_runtime.await_count == 2


async def test_a_client_that_is_no_longer_stored_is_asked_for_when_something_is_changed(
    hass: HomeAssistant, application: Application, entry: MockConfigEntry, no_runtime: AsyncMock
) -> None:
    store = hass.data[DATA_COMPONENT]
    await store.async_delete_item(store.async_items()[0]["id"])
    result = await reconfigure(hass, entry)
    assert result["errors"] == {"base": "client_missing"}
    result = await step(hass, result, kept(application, client_secret=application.client_secret))
    await done(hass, await paste(hass, result), "reconfigure_successful", no_runtime)


async def test_the_owner_of_another_account_cannot_change_the_system(
    hass: HomeAssistant, cloud: CloudServer, application: Application, entry: MockConfigEntry, no_runtime: AsyncMock
) -> None:
    application.client_secret = OTHER_CODES
    cloud.policy.owner = Owner(uid="1")
    result = await step(hass, await reconfigure(hass, entry), kept(application, client_secret=OTHER_CODES))
    result = await paste(hass, result)
    assert result["step_id"] == "enphase_credentials"
    assert result["errors"] == {"base": "another_account"}
    cloud.policy.owner = Owner()
    result = await step(hass, result, kept(application))
    await done(hass, await paste(hass, result), "reconfigure_successful", no_runtime)


async def test_the_options_of_a_gateway_are_none_of_the_clouds(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    form = await open_settings(hass, entry)
    assert form["data_schema"] is not None
    assert [str(field) for field in form["data_schema"].schema] == ["readings"]
