"""An account is signed in to with a password, and each refusal is told apart."""

import json

import pytest

from custom_components.energy_site.api.errors import AccountServiceError
from custom_components.energy_site.vendors.enphase.client.errors import (
    AccountBlockedError,
    AccountClientRefusedError,
    AccountPausedError,
    AccountUnreachableError,
    CredentialsRefusedError,
    SessionOverError,
    SessionsFullError,
)
from simulator.enphase_account import (
    EMPTY_BODY,
    FORBIDDEN,
    HALF_BODY,
    MAINTENANCE,
    NOT_ACCEPTABLE,
    REDIRECT,
    UNAVAILABLE,
    WALL,
    AccountHome,
    AccountServer,
    Misbehaviour,
    paths,
    too_many,
)
from tests.account_home import EMAIL, PASSWORD, Integration, read_of

USER = "7654321"
DAY = 86_400.0


async def test_the_password_is_enough_where_no_code_is_asked_for(integration: Integration, home: AccountHome) -> None:
    account = integration.account()
    assert await account.sign_in(PASSWORD)
    assert account.session is not None
    assert (account.session.user_id, account.session.system_id) == (USER, str(home.site_id))
    assert (account.sign_ins, integration.logins) == (1, 1)
    assert (await account.request(read_of(paths.SITES))).status == 200


async def test_the_address_may_have_blanks_around_it_and_capitals(integration: Integration) -> None:
    account = integration.account(f"  {EMAIL.upper()}\n")
    assert account.email == EMAIL.upper()
    assert await account.sign_in(PASSWORD)


async def test_the_session_is_stored_and_lasts_over_a_restart(integration: Integration) -> None:
    await integration.account().sign_in(PASSWORD)
    account = integration.account()
    assert (await account.request(read_of(paths.SITES))).status == 200
    assert (account.sign_ins, integration.logins) == (1, 1)


async def test_who_signs_in_again_at_once_gets_the_session_that_is_there(integration: Integration) -> None:
    account = integration.account()
    await account.sign_in(PASSWORD)
    integration.pass_time(seconds=29)
    assert await account.sign_in(PASSWORD)
    assert integration.logins == 1
    with pytest.raises(CredentialsRefusedError):
        await account.sign_in("another")
    integration.pass_time(seconds=2)
    assert await account.sign_in(PASSWORD)
    assert integration.logins == 3


async def test_a_wrong_password_may_be_corrected_at_once(integration: Integration) -> None:
    account = integration.account()
    for _ in range(2):
        with pytest.raises(CredentialsRefusedError):
            await account.sign_in("wrong")
    assert await account.sign_in(PASSWORD)


async def test_a_sign_in_that_fails_leaves_the_session_in_use_alone(integration: Integration) -> None:
    account = integration.account()
    await account.sign_in(PASSWORD)
    stored = json.loads(integration.stored)["session"]
    integration.pass_time(minutes=1)
    with pytest.raises(CredentialsRefusedError):
        await account.sign_in("wrong")
    assert json.loads(integration.stored)["session"] == stored
    assert (await account.request(read_of(paths.SITES))).status == 200


@pytest.mark.parametrize("status", [200, 401, 403, 429])
async def test_too_many_sessions_are_no_wrong_password_and_take_a_day(integration: Integration, status: int) -> None:
    integration.server.policy.most_sessions, integration.server.policy.sessions_full_status = 0, status
    with pytest.raises(SessionsFullError) as caught:
        await integration.account().sign_in(PASSWORD)
    assert (caught.value.translation_key, caught.value.retry_after) == ("too_many_sessions", DAY)


async def test_a_blocked_account_is_told_apart(integration: Integration) -> None:
    integration.server.accounts.by_email[EMAIL.lower()].blocked = True
    with pytest.raises(AccountBlockedError) as caught:
        await integration.account().sign_in(PASSWORD)
    assert (caught.value.translation_key, caught.value.retry_after) == ("account_blocked", 3600)


async def test_being_blocked_counts_more_than_what_else_an_answer_says(integration: Integration) -> None:
    both = Misbehaviour(text='{"message": "success", "session_id": "a1", "isBlocked": true}')
    integration.server.misbehave(paths.LOGIN, both)
    with pytest.raises(AccountBlockedError):
        await integration.account().sign_in(PASSWORD)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param(NOT_ACCEPTABLE, AccountClientRefusedError, id="406"),
        pytest.param(too_many(), AccountBlockedError, id="429"),
        pytest.param(FORBIDDEN, AccountServiceError, id="403"),
        pytest.param(UNAVAILABLE, AccountServiceError, id="503"),
        pytest.param(WALL, AccountServiceError, id="wall"),
        pytest.param(MAINTENANCE, AccountServiceError, id="maintenance"),
        pytest.param(REDIRECT, AccountServiceError, id="redirect"),
        pytest.param(EMPTY_BODY, AccountServiceError, id="empty"),
        pytest.param(HALF_BODY, AccountServiceError, id="half"),
    ],
)
async def test_no_other_answer_is_called_a_wrong_password(
    integration: Integration, answer: Misbehaviour, error: type[Exception]
) -> None:
    integration.server.misbehave(paths.LOGIN, answer)
    with pytest.raises(error) as caught:
        await integration.account().sign_in(PASSWORD)
    assert not isinstance(caught.value, CredentialsRefusedError)
    assert integration.logins == 1


async def test_a_service_out_of_reach_is_told_apart(integration: Integration) -> None:
    await integration.server.__aexit__()
    with pytest.raises(AccountUnreachableError):
        await integration.account().sign_in(PASSWORD)


async def test_a_session_that_comes_as_cookies_alone_is_tried_before_it_is_believed(integration: Integration) -> None:
    integration.server.policy.login_body = False
    account = integration.account()
    assert await account.sign_in(PASSWORD)
    assert integration.asked(paths.SITES) == 1
    assert await account.user_id() == USER


async def test_the_cookie_of_a_visitor_is_no_session(integration: Integration) -> None:
    cookie = {"Set-Cookie": "_enlighten_4_session=visitor; path=/; Secure; HttpOnly"}
    integration.server.misbehave(paths.LOGIN, Misbehaviour(text=WALL.text, headers=cookie))
    account = integration.account()
    with pytest.raises(AccountServiceError):
        await account.sign_in(PASSWORD)
    assert account.session is None


async def test_without_session_and_password_only_a_person_can_sign_in(integration: Integration) -> None:
    with pytest.raises(SessionOverError):
        await integration.account().request(read_of(paths.SITES))
    assert integration.server.requests.total() == 0


async def test_a_person_who_keeps_failing_is_held_up_before_the_service_locks_the_account(
    integration: Integration,
) -> None:
    integration.server.policy.password_tries = 100
    account = integration.account()
    for _ in range(20):
        integration.pass_time(seconds=10)
        with pytest.raises(CredentialsRefusedError):
            await account.sign_in("wrong")
    with pytest.raises(AccountPausedError) as caught:
        await account.sign_in("wrong")
    assert caught.value.translation_key == "account_blocked"
    assert integration.logins == 20


async def test_nothing_that_can_be_printed_or_logged_tells_a_secret(
    integration: Integration, server: AccountServer, caplog: pytest.LogCaptureFixture
) -> None:
    account = integration.account(password=PASSWORD)
    await account.sign_in(PASSWORD)
    await account.token()
    assert account.session is not None
    secrets = {PASSWORD, EMAIL, EMAIL.lower(), USER, account.session.token or USER}
    secrets |= {cookie.value for cookie in account.session.cookies.by_name.values()}
    told = [repr(account), repr(account.session), repr(account.session.cookies), repr(account.governor)]
    for answer in (FORBIDDEN, WALL, REDIRECT, UNAVAILABLE):
        server.misbehave(paths.LOGIN, answer)
        integration.pass_time(minutes=1)
        with pytest.raises(AccountServiceError) as caught:
            await account.sign_in(PASSWORD)
        told += [str(caught.value), repr(caught.value)]
    told += [record.getMessage() for record in caplog.records if "energy_site" in record.name]
    for secret in secrets:
        assert secret not in "\n".join(told)
