"""Where a second factor is asked for, a person enters the code that was sent to them."""

import asyncio

import pytest

from custom_components.energy_site.api.errors import AccountServiceError
from custom_components.energy_site.vendors.enphase.client.account import Account
from custom_components.energy_site.vendors.enphase.client.errors import (
    AccountUnreachableError,
    CodeBlockedError,
    CodeExpiredError,
    CodeTooSoonError,
    CodeWrongError,
    SecondFactorError,
)
from simulator.enphase_account import (
    FORBIDDEN,
    HALF_BODY,
    MAINTENANCE,
    REDIRECT,
    UNAVAILABLE,
    WALL,
    AccountServer,
    Misbehaviour,
    SecondFactor,
    paths,
    too_many,
)
from tests.account_home import EMAIL, PASSWORD, Integration, read_of


@pytest.fixture(autouse=True, params=list(SecondFactor))
def second_factor(request: pytest.FixtureRequest, server: AccountServer) -> None:
    """Ask for a code, in either way."""
    person = server.accounts.by_email[EMAIL.lower()]
    person.two_factor, person.second_factor = True, request.param


async def asked_for_code(integration: Integration) -> Account:
    """Return an account whose sign-in waits for a code."""
    account = integration.account()
    assert not await account.sign_in(PASSWORD)
    return account


async def with_code_sent(integration: Integration) -> Account:
    """Return an account whose sign-in waits for a code that was sent."""
    account = await asked_for_code(integration)
    await account.send_code()
    return account


def code_of(server: AccountServer) -> str:
    """Return the code of the last e-mail."""
    return server.mailbox.code(EMAIL.lower())


def another(code: str) -> str:
    """Return a code that is wrong."""
    return f"{(int(code) + 1) % 1_000_000:06d}"


async def test_the_code_from_the_mail_completes_the_sign_in(integration: Integration, server: AccountServer) -> None:
    account = await asked_for_code(integration)
    assert (account.session, account.sign_ins, server.mailbox.mails) == (None, 0, [])
    await account.send_code()
    code = code_of(server)
    await account.enter_code(f" {code[:3]} {code[3:]}\n")
    assert account.sign_ins == 1
    assert (await account.request(read_of(paths.SITES))).status == 200
    assert await account.user_id() == "7654321"
    assert integration.account().session == account.session


async def test_a_service_that_says_nothing_has_sent_the_code_all_the_same(
    integration: Integration, server: AccountServer
) -> None:
    server.policy.send_answers_body = False
    account = await with_code_sent(integration)
    await account.enter_code(code_of(server))
    assert account.session is not None


async def test_a_wrong_code_may_be_corrected(integration: Integration, server: AccountServer) -> None:
    account = await with_code_sent(integration)
    with pytest.raises(CodeWrongError) as caught:
        await account.enter_code(another(code_of(server)))
    assert caught.value.translation_key == "code_wrong"
    await account.enter_code(code_of(server))
    assert account.session is not None


@pytest.mark.parametrize("status", [400, 404, 409, 422])
async def test_a_wrong_code_is_known_by_the_status_too(
    integration: Integration, server: AccountServer, status: int
) -> None:
    server.policy.wrong_code_status = status
    account = await with_code_sent(integration)
    with pytest.raises(CodeWrongError):
        await account.enter_code(another(code_of(server)))


async def test_too_many_wrong_codes_are_told_apart(integration: Integration, server: AccountServer) -> None:
    server.policy.code_tries = 2
    account = await with_code_sent(integration)
    with pytest.raises(CodeWrongError):
        await account.enter_code(another(code_of(server)))
    with pytest.raises(CodeBlockedError) as caught:
        await account.enter_code(another(code_of(server)))
    assert caught.value.translation_key == "code_blocked"


async def test_another_code_may_be_sent_after_half_a_minute(integration: Integration, server: AccountServer) -> None:
    account = await with_code_sent(integration)
    integration.pass_time(seconds=12)
    with pytest.raises(CodeTooSoonError) as caught:
        await account.send_code()
    assert (caught.value.translation_key, caught.value.retry_after) == ("send_again_wait", 18)
    assert len(server.mailbox.mails) == 1
    integration.pass_time(seconds=18)
    await account.send_code()
    assert len(server.mailbox.mails) == 2
    with pytest.raises(CodeWrongError):
        await account.enter_code(another(code_of(server)))
    await account.enter_code(code_of(server))
    assert account.session is not None


async def test_the_half_minute_counts_over_a_restart_and_a_new_sign_in(integration: Integration) -> None:
    await with_code_sent(integration)
    account = await asked_for_code(integration)
    with pytest.raises(CodeTooSoonError):
        await account.send_code()


@pytest.mark.parametrize("answer", [too_many(), Misbehaviour(text='{"success": false, "isBlocked": true}')])
async def test_too_many_codes_that_were_sent_are_told_apart(
    integration: Integration, server: AccountServer, answer: Misbehaviour
) -> None:
    account = await with_code_sent(integration)
    integration.pass_time(seconds=30)
    server.misbehave(paths.SEND_CODE, answer)
    with pytest.raises(CodeBlockedError):
        await account.send_code()
    # The code before is still good.
    await account.enter_code(code_of(server))
    assert account.session is not None


async def test_five_minutes_after_the_last_code_it_takes_the_password_again(
    integration: Integration, server: AccountServer
) -> None:
    account = await with_code_sent(integration)
    code = code_of(server)
    integration.pass_time(seconds=300)
    for step in (account.enter_code(code), account.send_code()):
        with pytest.raises(CodeExpiredError) as caught:
            await step
        assert caught.value.translation_key == "code_expired"
    # No code that is certain to be refused was sent.
    assert integration.asked(paths.ENTER_CODE) == 0
    assert not await account.sign_in(PASSWORD)
    await account.send_code()
    await account.enter_code(code_of(server))
    assert account.session is not None


async def test_each_code_that_is_sent_gives_another_five_minutes(
    integration: Integration, server: AccountServer
) -> None:
    account = await with_code_sent(integration)
    for _ in range(2):
        integration.pass_time(seconds=290)
        await account.send_code()
    await account.enter_code(code_of(server))
    assert account.session is not None


@pytest.mark.parametrize("answer", [FORBIDDEN, REDIRECT, WALL, Misbehaviour(status=401, text="{}")])
@pytest.mark.parametrize("path", [paths.SEND_CODE, paths.ENTER_CODE])
async def test_a_sign_in_that_the_service_has_forgotten_starts_at_the_password(
    integration: Integration, server: AccountServer, path: str, answer: Misbehaviour
) -> None:
    account = await asked_for_code(integration)
    server.misbehave(path, answer)
    with pytest.raises(CodeExpiredError):
        await (account.send_code() if path == paths.SEND_CODE else account.enter_code("123456"))
    server.accept()
    assert not await account.sign_in(PASSWORD)


async def test_a_code_without_a_sign_in_starts_at_the_password(integration: Integration) -> None:
    account = integration.account()
    for step in (account.send_code(), account.enter_code("123456")):
        with pytest.raises(CodeExpiredError):
            await step


@pytest.mark.parametrize("answer", [UNAVAILABLE, HALF_BODY, MAINTENANCE, Misbehaviour(text='{"success": false}')])
@pytest.mark.parametrize("path", [paths.SEND_CODE, paths.ENTER_CODE])
async def test_a_service_that_is_down_costs_no_sign_in(
    integration: Integration, server: AccountServer, path: str, answer: Misbehaviour
) -> None:
    account = await with_code_sent(integration)
    integration.pass_time(seconds=30)
    server.misbehave(path, answer)
    with pytest.raises(AccountServiceError):
        await (account.send_code() if path == paths.SEND_CODE else account.enter_code("123456"))
    server.accept()
    await account.enter_code(code_of(server))
    assert (account.sign_ins, integration.logins) == (1, 1)


async def test_a_service_out_of_reach_is_told_apart(integration: Integration, server: AccountServer) -> None:
    account = await with_code_sent(integration)
    await server.__aexit__()
    with pytest.raises(AccountUnreachableError):
        await account.enter_code("123456")


async def test_the_session_in_use_stays_until_the_new_one_is_complete(
    integration: Integration, server: AccountServer
) -> None:
    account = await with_code_sent(integration)
    await account.enter_code(code_of(server))
    before = account.session
    integration.pass_time(minutes=1)
    assert not await account.sign_in(PASSWORD)
    await account.send_code()
    with pytest.raises(CodeWrongError):
        await account.enter_code(another(code_of(server)))
    assert account.session == before == integration.account().session
    assert (await account.request(read_of(paths.SITES))).status == 200
    await account.enter_code(code_of(server))
    assert account.session != before


async def test_a_password_without_a_person_is_no_use_and_is_tried_once(
    integration: Integration, server: AccountServer
) -> None:
    account = integration.account(password=PASSWORD)
    for _ in range(5):
        with pytest.raises(SecondFactorError) as caught:
            await account.request(read_of(paths.SITES))
        assert caught.value.translation_key == "two_factor"
        integration.pass_time(hours=9)
        account = integration.account(password=PASSWORD)
    assert (integration.logins, server.mailbox.mails) == (1, [])
    await account.sign_in(PASSWORD)
    await account.send_code()
    await account.enter_code(code_of(server))
    assert (await account.request(read_of(paths.SITES))).status == 200


async def test_a_dialog_that_is_closed_while_the_code_is_checked_loses_no_session(
    integration: Integration, server: AccountServer
) -> None:
    account = await with_code_sent(integration)
    held = server.hold(paths.ENTER_CODE)
    step = asyncio.create_task(account.enter_code(code_of(server)))
    await integration.until_asked(paths.ENTER_CODE)
    step.cancel()
    held.set()
    await account.drain()
    assert account.session is not None
    assert integration.account().session == account.session
