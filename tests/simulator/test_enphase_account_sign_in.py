"""Signing in to the account: password, code, and what is said when it fails."""

import pytest

from simulator.clock import ManualClock
from simulator.enphase_account import AccountServer, SecondFactor, paths

from .owner import EMAIL, Owner


@pytest.fixture
def careful(account: AccountServer) -> AccountServer:
    """Let the owner have a second factor."""
    account.accounts.by_email[EMAIL].two_factor = True
    return account


async def test_a_password_opens_a_session_of_cookies(stranger: Owner) -> None:
    answer = await stranger.password()
    assert answer.body["message"] == "success"
    assert answer.body["system_id"] == "1234567"
    assert stranger.cookies["_enlighten_4_session"] == answer.body["session_id"]
    assert stranger.cookies["enlighten_manager_token_production"] == answer.body["manager_token"]
    assert all("Secure" in each for each in answer.headers.getall("Set-Cookie"))
    assert (await stranger.read(paths.SITES))["sites"][0]["id"] == 1234567


async def test_the_address_is_not_case_sensitive_and_the_password_is(stranger: Owner) -> None:
    assert (await stranger.password(email="Owner@Example.COM")).status == 200
    assert (await stranger.password("Sunshine")).status == 401


async def test_wrong_passwords_block_an_account_for_a_while(
    stranger: Owner, account: AccountServer, clock: ManualClock
) -> None:
    account.policy.password_tries = 3
    for _ in range(3):
        assert ((answer := await stranger.password("wrong")).status, answer.body) == (401, {"message": "Invalid"})
    assert (await stranger.password()).body == {"success": False, "isBlocked": True}
    clock.advance(account.policy.block)
    assert (await stranger.password()).body["message"] == "success"


async def test_too_many_sign_ins_a_day_block_an_account(stranger: Owner, account: AccountServer) -> None:
    account.policy.logins_a_day = 2
    await stranger.password()
    await stranger.password()
    assert (await stranger.password()).body["isBlocked"] is True
    assert account.logins == 2


@pytest.mark.parametrize("status", [200, 403])
async def test_an_account_has_so_many_sessions(
    stranger: Owner, account: AccountServer, clock: ManualClock, status: int
) -> None:
    account.policy.most_sessions, account.policy.sessions_full_status = 1, status
    await stranger.password()
    answer = await stranger.password()
    assert (answer.status, answer.body) == (status, {"message": "Too many active sessions.."})
    clock.advance(7 * 86_400)
    assert (await stranger.password()).body["message"] == "success"


async def test_a_user_agent_of_home_assistant_is_refused_everywhere(owner: Owner) -> None:
    agent = {"User-Agent": "HomeAssistant/2026.11 aiohttp"}
    assert (await owner.password(**agent)).status == 406
    assert (await owner.ask(paths.TODAY, headers=agent)).status == 406


async def test_a_referer_may_be_wanted(stranger: Owner, account: AccountServer) -> None:
    account.policy.login_needs_referer = True
    assert (await stranger.password()).status == 406
    assert (await stranger.password(Referer="https://enlighten.enphaseenergy.com/")).status == 200


async def test_a_sign_in_may_be_answered_with_cookies_only(stranger: Owner, account: AccountServer) -> None:
    account.policy.login_body = False
    assert ((answer := await stranger.password()).status, answer.text) == (200, "")
    assert await stranger.read(paths.SITES)


@pytest.mark.parametrize(
    ("shape", "body"),
    [(SecondFactor.NONCE, {"success": True, "isBlocked": False}), (SecondFactor.BODY, {"requires_mfa": True})],
)
async def test_a_second_factor_asks_for_the_code_of_an_email(
    stranger: Owner, careful: AccountServer, shape: SecondFactor, body: object
) -> None:
    careful.accounts.by_email[EMAIL].second_factor = shape
    assert (await stranger.password()).body == body
    first = stranger.cookies["login_otp_nonce"]
    assert not careful.mailbox.mails
    assert (await stranger.send_code()).body == {"success": True, "isBlocked": False}
    assert stranger.cookies["login_otp_nonce"] != first
    answer = await stranger.code(careful.mailbox.code(EMAIL))
    assert answer.body["message"] == "success"
    assert answer.body["isValidMobileNumber"] is True
    assert await stranger.read(paths.SITES)
    assert careful.logins == 1


async def test_a_session_is_not_open_before_the_code(stranger: Owner, careful: AccountServer) -> None:
    await stranger.password()
    assert (await stranger.ask(paths.SITES)).status == 401


async def test_a_new_code_replaces_the_one_before(stranger: Owner, careful: AccountServer) -> None:
    careful.policy.send_answers_body = False
    await stranger.password()
    assert ((answer := await stranger.send_code()).status, answer.text) == (200, "")
    await stranger.send_code()
    first, second = careful.mailbox.of(EMAIL)
    if first.code != second.code:
        assert (await stranger.code(first.code)).body == {"isValid": False, "isBlocked": False}
    assert (await stranger.code(second.code)).body["message"] == "success"


async def test_a_code_ends_with_its_nonce(stranger: Owner, careful: AccountServer, clock: ManualClock) -> None:
    await stranger.password()
    clock.advance(200)
    await stranger.send_code()
    clock.advance(299)
    assert (await stranger.code("no")).status == 200
    clock.advance(1)
    assert (await stranger.code(careful.mailbox.code(EMAIL))).status == 401
    assert (await stranger.send_code()).status == 401


@pytest.mark.parametrize("status", [200, 400, 404, 409, 422])
async def test_a_wrong_code_is_told_apart_from_a_blocked_one(
    stranger: Owner, careful: AccountServer, clock: ManualClock, status: int
) -> None:
    careful.policy.code_tries, careful.policy.wrong_code_status = 2, status
    await stranger.password()
    await stranger.send_code()
    assert ((answer := await stranger.code("x")).status, answer.body["isBlocked"]) == (status, False)
    assert ((answer := await stranger.code("x")).status, answer.body["isBlocked"]) == (200, True)
    assert (await stranger.code(careful.mailbox.code(EMAIL))).body["isBlocked"] is True
    assert (await stranger.send_code()).body["isBlocked"] is True
    clock.advance(careful.policy.code_block)
    await stranger.password()
    await stranger.send_code()
    assert (await stranger.code(careful.mailbox.code(EMAIL))).body["message"] == "success"


async def test_too_many_codes_are_blocked_or_refused(
    stranger: Owner, careful: AccountServer, clock: ManualClock
) -> None:
    careful.policy.codes_most, careful.policy.code_pause = 2, 30
    await stranger.password()
    await stranger.send_code()
    assert (await stranger.send_code()).status == 429
    clock.advance(30)
    assert (await stranger.send_code()).body["isBlocked"] is False
    clock.advance(30)
    assert (await stranger.send_code()).body["isBlocked"] is True
