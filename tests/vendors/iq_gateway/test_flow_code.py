"""A gateway whose owner signs in with a code, or has set the account up already."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from custom_components.energy_site.vendors.enphase.accounts import async_account
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry, ConfigFlowContext, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from simulator.enphase_account import (
    MAINTENANCE,
    NOT_YOURS,
    SESSIONS_FULL,
    UNAVAILABLE,
    Account,
    AccountHome,
    AccountServer,
    HomeDetails,
    SecondFactor,
    paths,
)
from simulator.iq_gateway import GatewayServer
from tests.account_service import account_service
from tests.common import gateway_entry, pass_time, set_up, start_flow, step

from ..enphase_account.homes import EMAIL, HOME, LOGIN, PASSWORD, account_entry

CODE = {"send_again": False}


@pytest.fixture
async def service(gateway: GatewayServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AccountServer]:
    """Serve the account of the gateway's owner."""
    home = AccountHome(gateway.house, HomeDetails(site_id=HOME, name="Sunny Home"), gateway=gateway)
    async with account_service(monkeypatch, [gateway], homes=[home]) as server:
        yield server


@pytest.fixture
def owner(service: AccountServer, gateway: GatewayServer) -> Account:
    """Return the owner, who needs no code."""
    return service.add_account(EMAIL, PASSWORD, system_id=HOME, serials=[gateway.serial])


@pytest.fixture(params=SecondFactor)
def careful(request: pytest.FixtureRequest, owner: Account) -> Account:
    """Return the owner with two-factor authentication, told in either way."""
    owner.two_factor, owner.second_factor = True, request.param
    return owner


@pytest.fixture
async def account(hass: HomeAssistant, freezer: FrozenDateTimeFactory, owner: Account) -> AsyncIterator[ConfigEntry]:
    """Return the entry of the account, which knows its gateways."""
    entry = account_entry()
    await set_up(hass, entry)
    await pass_time(hass, freezer, 150)
    yield entry
    if hass.config_entries.async_get_entry(entry.entry_id) is not None:
        await hass.config_entries.async_unload(entry.entry_id)


async def to_auth(hass: HomeAssistant, gateway: GatewayServer) -> ConfigFlowResult:
    """Open the flow and enter the gateway's address."""
    result = await step(hass, await start_flow(hass), {"host": gateway.host})
    assert result["step_id"] == "iq_gateway_auth"
    return result


async def log_in(hass: HomeAssistant, result: ConfigFlowResult, **changes: Any) -> ConfigFlowResult:
    """Choose to sign in, and enter the email address and the password."""
    result = await step(hass, result, {"next_step_id": "iq_gateway_login"})
    return await step(hass, result, {**LOGIN, **changes})


async def reauth(hass: HomeAssistant, entry: MockConfigEntry) -> ConfigFlowResult:
    """Open the flow that asks for another token."""
    context: ConfigFlowContext = {"source": SOURCE_REAUTH, "entry_id": entry.entry_id}
    return await hass.config_entries.flow.async_init(DOMAIN, context=context, data=dict(entry.data))


def created(result: ConfigFlowResult, gateway: GatewayServer) -> dict[str, Any]:
    """Return the data of the entry that the flow made, which has a token for the gateway."""
    assert result["type"] is FlowResultType.CREATE_ENTRY, result
    assert result["result"].unique_id == gateway.serial
    assert result["data"]["token"]
    return dict(result["data"])


def placeholders(result: ConfigFlowResult) -> dict[str, str]:
    """Return what the form's texts say."""
    return dict(result["description_placeholders"] or {})


# -- the code -------------------------------------------------------------------------


@pytest.mark.usefixtures("no_runtime")
async def test_a_code_completes_the_sign_in_and_no_password_is_kept(
    hass: HomeAssistant, gateway: GatewayServer, careful: Account, service: AccountServer
) -> None:
    result = await log_in(hass, await to_auth(hass, gateway))
    assert result["step_id"] == "iq_gateway_code"
    code = service.mailbox.code(EMAIL)
    data = created(await step(hass, result, {"code": f" {code[:3]} {code[3:]} ", **CODE}), gateway)
    assert "password" not in data
    assert "username" not in data


@pytest.mark.usefixtures("no_runtime")
async def test_a_code_may_be_wrong_or_missing_and_be_entered_again(
    hass: HomeAssistant, gateway: GatewayServer, careful: Account, service: AccountServer
) -> None:
    result = await log_in(hass, await to_auth(hass, gateway))
    result = await step(hass, result, {"code": "000000", **CODE})
    assert result["errors"] == {"code": "code_wrong"}
    result = await step(hass, result, CODE)
    assert result["errors"] == {"code": "needed"}
    created(await step(hass, result, {"code": service.mailbox.code(EMAIL), **CODE}), gateway)


@pytest.mark.usefixtures("no_runtime")
async def test_a_code_is_sent_again_after_half_a_minute(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    gateway: GatewayServer,
    careful: Account,
    service: AccountServer,
) -> None:
    result = await log_in(hass, await to_auth(hass, gateway))
    assert placeholders(result)["seconds"] == "30"
    freezer.tick(timedelta(seconds=10))
    result = await step(hass, result, {"send_again": True})
    assert result["errors"] == {"send_again": "send_again_wait"}
    assert placeholders(result)["seconds"] == "20"
    freezer.tick(timedelta(seconds=20))
    result = await step(hass, result, {"send_again": True})
    assert not result["errors"]
    assert len(service.mailbox.of(EMAIL)) == 2
    created(await step(hass, result, {"code": service.mailbox.code(EMAIL), **CODE}), gateway)


@pytest.mark.usefixtures("no_runtime")
async def test_a_code_runs_out_and_another_one_is_sent(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    gateway: GatewayServer,
    careful: Account,
    service: AccountServer,
) -> None:
    result = await log_in(hass, await to_auth(hass, gateway))
    old = service.mailbox.code(EMAIL)
    freezer.tick(timedelta(seconds=301))
    result = await step(hass, result, {"code": old, **CODE})
    assert result["step_id"] == "iq_gateway_code"
    assert result["errors"] == {"base": "code_expired"}
    assert service.mailbox.code(EMAIL) != old
    created(await step(hass, result, {"code": service.mailbox.code(EMAIL), **CODE}), gateway)


@pytest.mark.usefixtures("no_runtime")
async def test_too_many_wrong_codes_are_told(
    hass: HomeAssistant, gateway: GatewayServer, careful: Account, service: AccountServer
) -> None:
    result = await log_in(hass, await to_auth(hass, gateway))
    for _ in range(service.policy.code_tries):
        result = await step(hass, result, {"code": "000000", **CODE})
    assert result["errors"] == {"base": "code_blocked"}


@pytest.mark.usefixtures("no_runtime")
async def test_a_service_that_goes_down_meanwhile_is_told_and_the_code_still_counts(
    hass: HomeAssistant, gateway: GatewayServer, careful: Account, service: AccountServer
) -> None:
    result = await log_in(hass, await to_auth(hass, gateway))
    service.misbehave(paths.ENTER_CODE, UNAVAILABLE)
    given = {"code": service.mailbox.code(EMAIL), **CODE}
    result = await step(hass, result, given)
    assert result["errors"] == {"base": "account_unreachable"}
    service.accept()
    created(await step(hass, result, given), gateway)


@pytest.mark.usefixtures("no_runtime")
async def test_somebody_elses_gateway_is_told_after_the_code(
    hass: HomeAssistant, gateway: GatewayServer, careful: Account, service: AccountServer
) -> None:
    service.misbehave(paths.GATEWAY_TOKEN, NOT_YOURS)
    result = await log_in(hass, await to_auth(hass, gateway))
    result = await step(hass, result, {"code": service.mailbox.code(EMAIL), **CODE})
    assert result["step_id"] == "iq_gateway_login"
    assert result["errors"] == {"base": "gateway_not_in_account"}


@pytest.mark.usefixtures("no_runtime")
async def test_a_code_is_enough_for_another_token_and_a_remembered_password_goes(
    hass: HomeAssistant, gateway: GatewayServer, careful: Account, service: AccountServer
) -> None:
    entry = gateway_entry(gateway, data={"username": EMAIL, "password": PASSWORD}, options={"pace_power": 30})
    entry.add_to_hass(hass)
    before = dict(entry.data)
    result = await log_in(hass, await reauth(hass, entry))
    result = await step(hass, result, {"code": service.mailbox.code(EMAIL), **CODE})
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reauth_successful")
    await hass.async_block_till_done()
    assert entry.data.keys() == before.keys() - {"username", "password"}
    assert entry.data["token"] != before["token"]
    assert {key: entry.data[key] for key in ("host", "fingerprint")} == {
        key: before[key] for key in ("host", "fingerprint")
    }
    assert entry.options == {"pace_power": 30}


@pytest.mark.usefixtures("no_runtime")
async def test_without_a_code_a_wished_password_is_kept(
    hass: HomeAssistant, gateway: GatewayServer, owner: Account
) -> None:
    data = created(await log_in(hass, await to_auth(hass, gateway)), gateway)
    assert (data["username"], data["password"]) == (EMAIL, PASSWORD)


@pytest.mark.usefixtures("no_runtime")
async def test_without_a_code_a_password_is_not_kept_against_the_wish(
    hass: HomeAssistant, gateway: GatewayServer, owner: Account
) -> None:
    data = created(await log_in(hass, await to_auth(hass, gateway), remember_password=False), gateway)
    assert not data.keys() & {"username", "password"}


@pytest.mark.parametrize(
    ("status", "told"),
    [(406, "account_client_refused"), (503, "account_unreachable"), (429, "account_blocked")],
)
@pytest.mark.usefixtures("no_runtime")
async def test_a_program_that_is_refused_is_told_apart_from_a_service_that_is_down(
    hass: HomeAssistant,
    gateway: GatewayServer,
    owner: Account,
    service: AccountServer,
    status: int,
    told: str,
) -> None:
    service.refuse(status)
    assert (await log_in(hass, await to_auth(hass, gateway)))["errors"] == {"base": told}


@pytest.mark.usefixtures("no_runtime")
async def test_too_many_sessions_are_told_apart_from_a_wrong_password(
    hass: HomeAssistant, gateway: GatewayServer, owner: Account, service: AccountServer
) -> None:
    service.misbehave(paths.LOGIN, SESSIONS_FULL)
    result = await log_in(hass, await to_auth(hass, gateway))
    assert result["errors"] == {"base": "too_many_sessions"}
    service.accept()
    created(await step(hass, result, LOGIN), gateway)


# -- an account that is set up ----------------------------------------------------------


async def test_an_account_is_offered_only_where_it_has_the_gateway(
    hass: HomeAssistant, gateway: GatewayServer, account: ConfigEntry
) -> None:
    result = await to_auth(hass, gateway)
    assert result["menu_options"] == ["iq_gateway_account", "iq_gateway_login", "iq_gateway_token"]
    hass.config_entries.flow.async_abort(result["flow_id"])
    await hass.config_entries.async_remove(account.entry_id)
    await hass.async_block_till_done()
    result = await to_auth(hass, gateway)
    assert result["menu_options"] == ["iq_gateway_login", "iq_gateway_token"]


async def test_an_account_is_not_offered_for_a_gateway_of_others(
    hass: HomeAssistant, gateway: GatewayServer, account: ConfigEntry
) -> None:
    kept = account.runtime_data.adapter._kept
    await kept.async_note(str(HOME), gateways=["999999999999"])
    assert (await to_auth(hass, gateway))["menu_options"] == ["iq_gateway_login", "iq_gateway_token"]


@pytest.mark.parametrize("two_factor", [False, True])
async def test_the_session_of_an_account_gets_a_token_without_a_sign_in(
    hass: HomeAssistant,
    gateway: GatewayServer,
    account: ConfigEntry,
    owner: Account,
    service: AccountServer,
    two_factor: bool,
) -> None:
    owner.two_factor = two_factor
    result = await step(hass, await to_auth(hass, gateway), {"next_step_id": "iq_gateway_account"})
    assert not created(result, gateway).keys() & {"username", "password"}
    assert (service.logins, service.mailbox.of(EMAIL)) == (1, [])
    await hass.async_block_till_done(wait_background_tasks=True)
    await hass.config_entries.async_unload(result["result"].entry_id)


@pytest.mark.parametrize(("how", "told"), [(MAINTENANCE, "account_unreachable"), (NOT_YOURS, "gateway_not_in_account")])
async def test_what_goes_wrong_with_the_account_is_shown_and_tried_again(
    hass: HomeAssistant,
    gateway: GatewayServer,
    account: ConfigEntry,
    service: AccountServer,
    how: Any,
    told: str,
) -> None:
    service.misbehave(paths.GATEWAY_TOKEN, how)
    result = await step(hass, await to_auth(hass, gateway), {"next_step_id": "iq_gateway_account"})
    assert (result["step_id"], result["errors"]) == ("iq_gateway_account", {"base": told})
    service.accept()
    result = await step(hass, result, {})
    created(result, gateway)
    await hass.async_block_till_done(wait_background_tasks=True)
    await hass.config_entries.async_unload(result["result"].entry_id)


async def test_an_account_that_is_removed_meanwhile_leads_back_to_the_choice(
    hass: HomeAssistant, gateway: GatewayServer, account: ConfigEntry, service: AccountServer
) -> None:
    service.misbehave(paths.GATEWAY_TOKEN, MAINTENANCE)
    result = await step(hass, await to_auth(hass, gateway), {"next_step_id": "iq_gateway_account"})
    await hass.config_entries.async_remove(account.entry_id)
    await hass.async_block_till_done()
    result = await step(hass, result, {})
    assert result["step_id"] == "iq_gateway_auth"
    assert result["menu_options"] == ["iq_gateway_login", "iq_gateway_token"]


@pytest.mark.usefixtures("no_runtime")
async def test_an_account_gets_another_token_for_a_gateway_that_is_set_up(
    hass: HomeAssistant, gateway: GatewayServer, owner: Account, service: AccountServer
) -> None:
    kept = await async_account(hass, EMAIL)
    assert await kept.account.sign_in(PASSWORD)
    await kept.async_note(str(HOME), gateways=[gateway.serial])
    entry = gateway_entry(gateway)
    entry.add_to_hass(hass)
    before = dict(entry.data)
    result = await reauth(hass, entry)
    assert "iq_gateway_account" in result["menu_options"]
    result = await step(hass, result, {"next_step_id": "iq_gateway_account"})
    assert result["reason"] == "reauth_successful"
    await hass.async_block_till_done()
    assert entry.data["token"] != before["token"]
    assert entry.data.keys() == before.keys()
