"""Setting up a system of the owner's account, with a code and without."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.energy_site.const import DOMAIN
from homeassistant.config_entries import (
    SOURCE_REAUTH,
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigFlowContext,
    ConfigFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from simulator.enphase_account import (
    GONE,
    SESSIONS_FULL,
    WALL,
    Account,
    AccountServer,
    ListedSystem,
    Misbehaviour,
    SecondFactor,
    SitesShape,
    paths,
)
from tests.common import step

from .homes import CABIN, EMAIL, HOME, LOGIN, PASSWORD, account_entry, open_flow

CODE = {"send_again": False}


async def log_in(hass: HomeAssistant, **changes: Any) -> ConfigFlowResult:
    """Open the flow and enter the email address and the password."""
    return await step(hass, await open_flow(hass), {**LOGIN, **changes})


async def created(hass: HomeAssistant, result: ConfigFlowResult) -> ConfigEntry:
    """Return the entry that the flow made."""
    assert result["type"] is FlowResultType.CREATE_ENTRY, result
    await hass.async_block_till_done(wait_background_tasks=True)
    return result["result"]


async def again(hass: HomeAssistant, entry: ConfigEntry, source: str) -> ConfigFlowResult:
    """Open the flow that changes an entry."""
    context: ConfigFlowContext = {"source": source, "entry_id": entry.entry_id}
    return await hass.config_entries.flow.async_init(DOMAIN, context=context, data=dict(entry.data))


def placeholders(result: ConfigFlowResult) -> dict[str, str]:
    """Return what the form's texts say."""
    return dict(result["description_placeholders"] or {})


# -- without a code ---------------------------------------------------------------


async def test_the_only_system_is_set_up_at_once(hass: HomeAssistant, owner: Account) -> None:
    entry = await created(hass, await log_in(hass))
    assert entry.unique_id == f"enphase_account_{HOME}"
    assert entry.title == "Sunny Home"
    assert dict(entry.data) == {
        "source": "enphase_account",
        "system_id": str(HOME),
        "username": EMAIL,
        "password": PASSWORD,
        "user_id": str(owner.user_id),
    }


async def test_a_password_is_not_kept_unless_that_is_wished(hass: HomeAssistant, owner: Account) -> None:
    entry = await created(hass, await log_in(hass, remember_password=False))
    assert "password" not in entry.data


async def test_capitals_and_blanks_of_the_email_make_no_difference(hass: HomeAssistant, owner: Account) -> None:
    entry = await created(hass, await log_in(hass, username="  Owner@Example.com "))
    assert entry.unique_id == f"enphase_account_{HOME}"


async def test_one_of_several_systems_is_chosen(hass: HomeAssistant, service: AccountServer) -> None:
    service.add_account(EMAIL, PASSWORD)
    result = await log_in(hass)
    assert result["step_id"] == "enphase_account_system"
    entry = await created(hass, await step(hass, result, {"system": str(CABIN)}))
    assert entry.unique_id == f"enphase_account_{CABIN}"


async def test_a_system_that_is_set_up_is_not_offered(hass: HomeAssistant, service: AccountServer) -> None:
    service.add_account(EMAIL, PASSWORD)
    account_entry(HOME).add_to_hass(hass)
    result = await log_in(hass)
    schema = result["data_schema"]
    assert schema is not None
    (field,) = schema.schema.values()
    assert [each["value"] for each in field.config["options"]] == [str(CABIN)]


async def test_the_same_system_twice_is_one(hass: HomeAssistant, owner: Account, service: AccountServer) -> None:
    service.policy.sites_doubled = True
    entry = await created(hass, await log_in(hass))
    assert entry.unique_id == f"enphase_account_{HOME}"


@pytest.mark.parametrize("shape", SitesShape)
async def test_a_list_of_systems_is_read_in_each_shape(
    hass: HomeAssistant, owner: Account, service: AccountServer, shape: SitesShape
) -> None:
    service.policy.sites_shape = shape
    assert (await created(hass, await log_in(hass))).unique_id == f"enphase_account_{HOME}"


async def test_one_of_hundreds_of_systems_is_found_by_a_search(hass: HomeAssistant, service: AccountServer) -> None:
    listed = tuple(ListedSystem(system_id=5000 + each, title=f"House {each}") for each in range(300))
    service.add_account(EMAIL, PASSWORD, listed=listed)
    result = await step(hass, await log_in(hass), {"search": "sunny"})
    entry = await created(hass, await step(hass, result, {"system": str(HOME)}))
    assert entry.unique_id == f"enphase_account_{HOME}"


async def test_an_empty_list_leads_to_the_system_of_the_sign_in(
    hass: HomeAssistant, owner: Account, service: AccountServer
) -> None:
    service.policy.sites_empty = True
    assert (await created(hass, await log_in(hass))).unique_id == f"enphase_account_{HOME}"


async def test_without_any_system_its_number_is_asked_for(
    hass: HomeAssistant, owner: Account, service: AccountServer
) -> None:
    service.policy.sites_empty, service.policy.login_body = True, False
    result = await log_in(hass)
    assert result["step_id"] == "enphase_account_system"
    for unknown in ("99", "home", "1234567x", "../1"):
        result = await step(hass, result, {"system_id": unknown})
        assert result["errors"] == {"system_id": "no_system"}
    entry = await created(hass, await step(hass, result, {"system_id": f" {HOME} "}))
    assert entry.unique_id == f"enphase_account_{HOME}"


# -- what goes wrong ----------------------------------------------------------------


async def test_a_wrong_password_is_told_and_entered_again(hass: HomeAssistant, owner: Account) -> None:
    result = await log_in(hass, password="rain")
    assert result["errors"] == {"base": "invalid_auth"}
    await created(hass, await step(hass, result, LOGIN))


async def test_a_blocked_account_is_told(hass: HomeAssistant, owner: Account) -> None:
    owner.blocked = True
    assert (await log_in(hass))["errors"] == {"base": "account_blocked"}


@pytest.mark.parametrize("status", [200, 403])
async def test_too_many_sessions_are_told(
    hass: HomeAssistant, owner: Account, service: AccountServer, status: int
) -> None:
    service.misbehave(paths.LOGIN, replace(SESSIONS_FULL, status=status))
    result = await log_in(hass)
    assert result["errors"] == {"base": "too_many_sessions"}
    service.accept()
    # A person may know better than the pause.
    await created(hass, await step(hass, result, LOGIN))


@pytest.mark.parametrize("status", [403, 500, 503])
async def test_a_service_that_is_down_is_told_apart_from_a_wrong_password(
    hass: HomeAssistant, owner: Account, service: AccountServer, status: int
) -> None:
    service.refuse(status)
    result = await log_in(hass)
    assert result["errors"] == {"base": "cannot_connect"}
    service.accept()
    await created(hass, await step(hass, result, LOGIN))


async def test_a_program_that_is_refused_is_told(hass: HomeAssistant, owner: Account, service: AccountServer) -> None:
    service.refuse(406)
    assert (await log_in(hass))["errors"] == {"base": "account_client_refused"}


# -- with a code ----------------------------------------------------------------------


@pytest.fixture(params=SecondFactor)
def careful(request: pytest.FixtureRequest, service: AccountServer) -> Account:
    """Return an owner with two-factor authentication, told in either way."""
    return service.add_account(
        EMAIL, PASSWORD, systems=frozenset({HOME}), system_id=HOME, two_factor=True, second_factor=request.param
    )


async def test_a_code_completes_the_sign_in(hass: HomeAssistant, careful: Account, service: AccountServer) -> None:
    result = await log_in(hass)
    assert result["step_id"] == "enphase_account_code"
    code = service.mailbox.code(EMAIL)
    entry = await created(hass, await step(hass, result, {"code": f" {code[:3]} {code[3:]} ", **CODE}))
    assert "password" not in entry.data


async def test_a_wrong_code_may_be_entered_again(hass: HomeAssistant, careful: Account, service: AccountServer) -> None:
    result = await step(hass, await log_in(hass), {"code": "000000", **CODE})
    assert result["errors"] == {"code": "code_wrong"}
    await created(hass, await step(hass, result, {"code": service.mailbox.code(EMAIL), **CODE}))


async def test_a_form_without_a_code_is_asked_again(
    hass: HomeAssistant, careful: Account, service: AccountServer
) -> None:
    result = await step(hass, await log_in(hass), CODE)
    assert result["errors"] == {"code": "needed"}
    await created(hass, await step(hass, result, {"code": service.mailbox.code(EMAIL), **CODE}))


async def test_a_code_is_sent_again_after_half_a_minute(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, careful: Account, service: AccountServer
) -> None:
    result = await log_in(hass)
    assert placeholders(result)["seconds"] == "30"
    freezer.tick(timedelta(seconds=12))
    result = await step(hass, result, {"send_again": True})
    assert result["errors"] == {"send_again": "send_again_wait"}
    assert placeholders(result)["seconds"] == "18"
    freezer.tick(timedelta(seconds=18))
    result = await step(hass, result, {"send_again": True})
    assert not result["errors"]
    assert len(service.mailbox.of(EMAIL)) == 2
    await created(hass, await step(hass, result, {"code": service.mailbox.code(EMAIL), **CODE}))


async def test_a_code_that_ran_out_is_replaced_by_itself(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, careful: Account, service: AccountServer
) -> None:
    result = await log_in(hass)
    old = service.mailbox.code(EMAIL)
    freezer.tick(timedelta(seconds=301))
    result = await step(hass, result, {"code": old, **CODE})
    assert result["step_id"] == "enphase_account_code"
    assert result["errors"] == {"base": "code_expired"}
    assert service.mailbox.code(EMAIL) != old
    await created(hass, await step(hass, result, {"code": service.mailbox.code(EMAIL), **CODE}))


async def test_sending_again_after_the_time_ran_out_starts_over(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, careful: Account, service: AccountServer
) -> None:
    result = await log_in(hass)
    freezer.tick(timedelta(seconds=301))
    result = await step(hass, result, {"send_again": True})
    assert not result["errors"]
    await created(hass, await step(hass, result, {"code": service.mailbox.code(EMAIL), **CODE}))


async def test_too_many_wrong_codes_are_told(hass: HomeAssistant, careful: Account, service: AccountServer) -> None:
    result = await log_in(hass)
    for _ in range(service.policy.code_tries):
        result = await step(hass, result, {"code": "000000", **CODE})
    assert result["errors"] == {"base": "code_blocked"}


async def test_an_account_that_asks_for_no_code_any_more_is_in_without_one(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, careful: Account, service: AccountServer
) -> None:
    result = await log_in(hass)
    old = service.mailbox.code(EMAIL)
    careful.two_factor = False
    freezer.tick(timedelta(seconds=301))
    entry = await created(hass, await step(hass, result, {"code": old, **CODE}))
    assert entry.unique_id == f"enphase_account_{HOME}"


# -- again ------------------------------------------------------------------------------


async def test_signing_in_again_keeps_the_entry(hass: HomeAssistant, owner: Account, service: AccountServer) -> None:
    entry = await created(hass, await log_in(hass, remember_password=False))
    result = await again(hass, entry, SOURCE_REAUTH)
    assert result["step_id"] == "enphase_account"
    result = await step(hass, result, LOGIN)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reauth_successful")
    assert entry.data["password"] == PASSWORD
    assert entry.data["system_id"] == str(HOME)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_signing_in_as_another_person_changes_nothing(
    hass: HomeAssistant, owner: Account, service: AccountServer
) -> None:
    service.add_account("neighbour@example.com", PASSWORD, systems=frozenset({CABIN}), system_id=CABIN)
    entry = await created(hass, await log_in(hass))
    before = dict(entry.data)
    result = await again(hass, entry, SOURCE_REAUTH)
    result = await step(hass, result, {**LOGIN, "username": "neighbour@example.com"})
    assert result["errors"] == {"base": "another_account"}
    assert dict(entry.data) == before
    result = await step(hass, result, LOGIN)
    assert result["reason"] == "reauth_successful"
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_the_password_is_forgotten_by_reconfiguring(hass: HomeAssistant, owner: Account) -> None:
    entry = await created(hass, await log_in(hass))
    result = await again(hass, entry, SOURCE_RECONFIGURE)
    result = await step(hass, result, {**LOGIN, "remember_password": False})
    assert result["reason"] == "reconfigure_successful"
    assert "password" not in entry.data
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_a_flow_that_is_left_keeps_no_session(
    hass: HomeAssistant, service: AccountServer, hass_storage: dict[str, Any]
) -> None:
    service.add_account(EMAIL, PASSWORD)
    result = await log_in(hass)
    assert any(name.startswith(f"{DOMAIN}.account.") for name in hass_storage)
    hass.config_entries.flow.async_abort(result["flow_id"])
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not any(name.startswith(f"{DOMAIN}.account.") for name in hass_storage)


async def test_the_last_entry_of_an_account_takes_its_session_along(
    hass: HomeAssistant, service: AccountServer, hass_storage: dict[str, Any]
) -> None:
    service.add_account(EMAIL, PASSWORD)
    first, second = account_entry(HOME), account_entry(CABIN)
    for entry in (first, second):
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
    await hass.config_entries.async_remove(first.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert any(name.startswith(f"{DOMAIN}.account.") for name in hass_storage)
    await hass.config_entries.async_remove(second.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not any(name.startswith(f"{DOMAIN}.account.") for name in hass_storage)
    assert service.logins == 1


async def test_a_new_password_is_every_entrys_of_the_account(hass: HomeAssistant, service: AccountServer) -> None:
    service.add_account(EMAIL, PASSWORD)
    first, second = account_entry(HOME), account_entry(CABIN)
    for entry in (first, second):
        entry.add_to_hass(hass)
    service.accounts.by_email[EMAIL].password = "better"
    result = await again(hass, first, SOURCE_REAUTH)
    result = await step(hass, result, {**LOGIN, "password": "better"})
    assert result["reason"] == "reauth_successful"
    await hass.async_block_till_done(wait_background_tasks=True)
    assert [entry.data["password"] for entry in (first, second)] == ["better", "better"]


async def test_a_system_that_is_added_without_remembering_leaves_the_others_password(
    hass: HomeAssistant, service: AccountServer
) -> None:
    service.add_account(EMAIL, PASSWORD)
    first = account_entry(HOME)
    first.add_to_hass(hass)
    assert await hass.config_entries.async_setup(first.entry_id)
    result = await log_in(hass, remember_password=False)
    second = await created(hass, await step(hass, result, {"system": str(CABIN)}))
    assert "password" not in second.data
    assert first.runtime_data.adapter._kept.account.password == PASSWORD


async def test_a_dialog_that_is_opened_again_at_once_says_when_the_next_code_may_be_sent(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, careful: Account, service: AccountServer
) -> None:
    hass.config_entries.flow.async_abort((await log_in(hass))["flow_id"])
    freezer.tick(timedelta(seconds=10))
    result = await log_in(hass)
    assert result["step_id"] == "enphase_account_code"
    assert result["errors"] == {"send_again": "send_again_wait"}
    assert placeholders(result)["seconds"] == "20"
    freezer.tick(timedelta(seconds=20))
    result = await step(hass, result, {"send_again": True})
    await created(hass, await step(hass, result, {"code": service.mailbox.code(EMAIL), **CODE}))


@pytest.mark.parametrize("how", [GONE, WALL])
async def test_a_list_of_systems_that_is_gone_leads_to_the_system_of_the_sign_in(
    hass: HomeAssistant, owner: Account, service: AccountServer, how: Misbehaviour
) -> None:
    service.misbehave(paths.SITES, how)
    result = await log_in(hass)
    if result["type"] is FlowResultType.CREATE_ENTRY:
        assert result["result"].unique_id == f"enphase_account_{HOME}"
    else:
        # A page in place of the list may be the wall.
        assert how is WALL
        assert result["errors"] == {"base": "cannot_connect"}


async def test_a_block_that_comes_with_the_status_of_a_wrong_password_is_told_as_one(
    hass: HomeAssistant, owner: Account, service: AccountServer
) -> None:
    service.misbehave(
        paths.LOGIN,
        Misbehaviour(status=401, text='{"success": false, "isBlocked": true}', content_type="application/json"),
    )
    assert (await log_in(hass))["errors"] == {"base": "account_blocked"}
