"""A session is used as long as it lives, and one sign-in follows each that has ended."""

import asyncio
from contextlib import suppress
import json

import pytest

from custom_components.energy_site.api.errors import (
    AccountServiceError,
    ApiConnectionError,
    ApiForbiddenError,
    ApiNotFoundError,
)
from custom_components.energy_site.vendors.enphase.client.account import Account
from custom_components.energy_site.vendors.enphase.client.errors import (
    AccountBlockedError,
    AccountClientRefusedError,
    AccountPausedError,
    CredentialsRefusedError,
    NotYetError,
    SessionOverError,
    SessionsFullError,
)
from simulator.enphase_account import (
    FORBIDDEN,
    MAINTENANCE,
    NOT_ACCEPTABLE,
    NOT_ENROLLED,
    REDIRECT,
    SESSIONS_FULL,
    UNAVAILABLE,
    WALL,
    AccountHome,
    AccountServer,
    Family,
    Misbehaviour,
    SessionOver,
    TokenRoute,
    paths,
    too_many,
)
from simulator.iq_gateway.faults import AnswerLost
from tests.account_home import PASSWORD, Integration, read_of

EVENT = "/app-api/1234567/get_latest_power"
OVER = [NOT_ENROLLED, REDIRECT, WALL, FORBIDDEN]


async def signed_in(integration: Integration, password: str | None = PASSWORD) -> Account:
    """Return an account that signed in a minute ago, and keeps its password if it has one."""
    account = integration.account(password=password)
    await account.sign_in(PASSWORD)
    await account.request(read_of(paths.SITES))
    integration.pass_time(minutes=10)
    return account


def wall_off(server: AccountServer, *, how: Misbehaviour = WALL) -> None:
    """Turn everybody away, whatever the session."""
    for path in (paths.SITES, EVENT, paths.TOKEN):
        server.misbehave(path, how)


# -- the session is over ---------------------------------------------------------


@pytest.mark.parametrize("how", list(SessionOver))
async def test_a_session_that_ended_is_followed_by_one_sign_in_and_the_answer(
    integration: Integration, server: AccountServer, how: SessionOver
) -> None:
    server.policy.session_over = dict.fromkeys(Family, how)
    account = await signed_in(integration)
    server.accounts.end_sessions()
    assert (await account.request(read_of(EVENT))).status == 200
    assert (integration.logins, account.sign_ins) == (2, 2)
    assert integration.asked(EVENT) == 2


async def test_all_who_wait_share_a_sign_in(integration: Integration, server: AccountServer) -> None:
    account = await signed_in(integration)
    server.accounts.end_sessions()
    answers = await asyncio.gather(*(account.request(read_of(EVENT, urgent=True)) for _ in range(4)))
    assert [answer.status for answer in answers] == [200] * 4
    assert integration.logins == 2


async def test_without_a_password_it_takes_a_person(integration: Integration, server: AccountServer) -> None:
    account = await signed_in(integration, password=None)
    server.accounts.end_sessions()
    with pytest.raises(SessionOverError):
        await account.request(read_of(EVENT))
    before = server.requests.total()
    integration.pass_time(minutes=59)
    with pytest.raises(SessionOverError):
        await account.request(read_of(EVENT))
    assert server.requests.total() == before
    assert await account.sign_in(PASSWORD)
    assert (await account.request(read_of(EVENT))).status == 200


async def test_an_account_that_was_forgotten_starts_anew(integration: Integration, server: AccountServer) -> None:
    account = await signed_in(integration, password=None)
    server.accounts.end_sessions()
    with pytest.raises(SessionOverError):
        await account.request(read_of(EVENT))
    account.forget()
    assert (account.session, account.password, account.sign_ins) == (None, None, 1)
    account.password = PASSWORD
    assert (await account.request(read_of(EVENT))).status == 200


async def test_a_password_that_is_refused_meanwhile_is_tried_once_over_restarts(
    integration: Integration, server: AccountServer
) -> None:
    account = await signed_in(integration)
    server.accounts.end_sessions()
    server.accounts.by_email["owner@example.com"].password = "changed"
    for _ in range(3):
        with pytest.raises(CredentialsRefusedError):
            await account.request(read_of(EVENT))
        integration.pass_time(hours=2)
        with pytest.raises(CredentialsRefusedError):
            await account.request(read_of(EVENT))
        account = integration.account(password=PASSWORD)
    assert integration.logins == 2
    await account.sign_in("changed")
    assert (await account.request(read_of(EVENT))).status == 200


async def test_too_many_sessions_are_tried_again_after_a_day(integration: Integration, server: AccountServer) -> None:
    account = await signed_in(integration)
    server.accounts.end_sessions()
    server.misbehave(paths.LOGIN, SESSIONS_FULL)
    with pytest.raises(SessionsFullError):
        await account.request(read_of(EVENT))
    for _ in range(23):
        integration.pass_time(hours=1)
        with pytest.raises(AccountServiceError) as caught:
            await account.request(read_of(EVENT))
        assert caught.value.translation_key == "too_many_sessions"
    assert integration.logins == 2
    server.accept()
    integration.pass_time(hours=1, minutes=1)
    assert (await account.request(read_of(EVENT))).status == 200
    assert integration.logins == 3


async def test_sessions_that_end_at_once_are_followed_by_four_sign_ins_a_day(
    integration: Integration, server: AccountServer
) -> None:
    account = await signed_in(integration)
    for _ in range(48):
        server.accounts.end_sessions()
        with suppress(AccountServiceError):
            await account.request(read_of(EVENT))
        integration.pass_time(minutes=30)
    # And the first by a person.
    assert integration.logins == 5


async def test_a_crash_in_the_middle_of_a_sign_in_gives_back_no_attempt(
    integration: Integration, server: AccountServer
) -> None:
    server.hold(paths.LOGIN)
    for attempt in range(1, 5):
        task = asyncio.create_task(integration.account(password=PASSWORD).request(read_of(EVENT)))
        await integration.until_asked(paths.LOGIN, attempt)
        task.cancel()
        integration.pass_time(minutes=6)
    with pytest.raises(AccountPausedError) as caught:
        await integration.account(password=PASSWORD).request(read_of(EVENT))
    assert (caught.value.retry_after or 0) > 80_000
    assert integration.logins == 4


async def test_a_session_is_back_soon_after_a_day_without_service(
    integration: Integration, server: AccountServer
) -> None:
    account = await signed_in(integration)
    server.accounts.end_sessions()
    server.refuse(503)
    for _ in range(24 * 12):
        integration.pass_time(minutes=5)
        assert (await account.request(read_of(EVENT))).status == 503
    assert integration.logins == 1
    server.accept()
    integration.pass_time(minutes=5)
    assert (await account.request(read_of(EVENT))).status == 200
    assert integration.logins == 2


async def test_a_sign_in_that_is_down_is_tried_again_each_five_minutes(
    integration: Integration, server: AccountServer
) -> None:
    account = await signed_in(integration)
    server.accounts.end_sessions()
    server.misbehave(paths.LOGIN, UNAVAILABLE)
    for _ in range(12):
        with pytest.raises(AccountServiceError):
            await account.request(read_of(EVENT))
        integration.pass_time(minutes=5)
    assert integration.logins == 13
    server.accept()
    assert (await account.request(read_of(EVENT))).status == 200


async def test_a_session_lost_again_within_half_a_minute_waits_for_the_half_minute(
    integration: Integration, server: AccountServer
) -> None:
    account = await signed_in(integration)
    server.accounts.end_sessions()
    await account.request(read_of(EVENT))
    server.accounts.end_sessions()
    before = integration.asked(EVENT)
    with pytest.raises(AccountPausedError):
        await account.request(read_of(EVENT))
    assert (integration.asked(EVENT), integration.logins) == (before + 1, 2)
    integration.pass_time(seconds=61)
    assert (await account.request(read_of(EVENT))).status == 200


# -- it isn't --------------------------------------------------------------------


@pytest.mark.parametrize("how", OVER)
async def test_an_endpoint_that_is_not_for_the_account_costs_no_sign_in(
    integration: Integration, server: AccountServer, how: Misbehaviour
) -> None:
    account = await signed_in(integration)
    server.misbehave(EVENT, how)
    for _ in range(7):
        with pytest.raises((ApiForbiddenError, ApiNotFoundError)):
            await account.request(read_of(EVENT))
        assert (await account.request(read_of(paths.SITES))).status == 200
        integration.pass_time(days=1)
    assert integration.logins == 1


@pytest.mark.parametrize("how", [WALL, MAINTENANCE])
async def test_a_page_on_one_endpoint_alone_means_that_its_service_is_gone(
    integration: Integration, server: AccountServer, how: Misbehaviour
) -> None:
    account = await signed_in(integration)
    server.misbehave(EVENT, how)
    with pytest.raises(ApiNotFoundError):
        await account.request(read_of(EVENT))


async def test_maintenance_everywhere_is_the_services_own_condition(
    integration: Integration, server: AccountServer
) -> None:
    account = await signed_in(integration)
    wall_off(server, how=MAINTENANCE)
    with pytest.raises(AccountServiceError):
        await account.request(read_of(EVENT))
    assert integration.logins == 1


async def test_a_program_that_is_refused_everywhere_is_told_apart(
    integration: Integration, server: AccountServer
) -> None:
    account = await signed_in(integration)
    server.misbehave(EVENT, NOT_ENROLLED)
    server.misbehave(paths.SITES, NOT_ACCEPTABLE)
    with pytest.raises(AccountClientRefusedError):
        await account.request(read_of(EVENT))
    assert integration.logins == 1


async def test_several_that_are_refused_at_the_same_time_share_a_probe(
    integration: Integration, server: AccountServer
) -> None:
    account = await signed_in(integration)
    before = integration.asked(paths.SITES)
    server.misbehave(EVENT, NOT_ENROLLED)
    held = server.hold(EVENT)
    asks = [asyncio.create_task(account.request(read_of(EVENT))) for _ in range(2)]
    await integration.until_asked(EVENT)
    held.set()
    for ask in asks:
        with pytest.raises(ApiForbiddenError):
            await ask
    assert integration.asked(paths.SITES) - before == 1


# -- walls and 429 ---------------------------------------------------------------


async def test_a_wall_that_a_new_session_does_not_open_stops_all_for_longer_and_longer(
    integration: Integration, server: AccountServer
) -> None:
    account = await signed_in(integration)
    wall_off(server)
    for wait in (300, 900, 3600, 3600):
        with pytest.raises(AccountPausedError) as caught:
            await account.request(read_of(EVENT))
        assert wait <= (caught.value.retry_after or 0) <= wait * 1.1
        before = server.requests.total()
        integration.pass_time(seconds=wait - 1)
        with pytest.raises(AccountPausedError):
            await account.request(read_of(EVENT))
        assert server.requests.total() == before
        integration.pass_time(seconds=wait * 0.1 + 1)
    assert integration.logins == 2
    server.accept()
    assert (await account.request(read_of(EVENT))).status == 200
    assert account.governor.stops == 0


async def test_after_a_stop_a_single_request_shows_whether_it_is_over(
    integration: Integration, server: AccountServer
) -> None:
    account = await signed_in(integration)
    server.refuse(429)
    with pytest.raises(AccountPausedError):
        await account.request(read_of(EVENT))
    integration.pass_time(minutes=6)
    before = server.requests.total()
    for _ in range(3):
        with pytest.raises(AccountPausedError):
            await account.request(read_of(EVENT))
    assert server.requests.total() == before + 1
    assert integration.logins == 1


@pytest.mark.parametrize(("asked_for", "least"), [(None, 300), (60, 300), (1200, 1200)])
async def test_429_stops_all_and_at_least_as_long_as_it_asks_for_over_a_restart(
    integration: Integration, server: AccountServer, asked_for: int | None, least: int
) -> None:
    account = await signed_in(integration)
    server.misbehave(EVENT, too_many(asked_for))
    with pytest.raises(AccountPausedError) as caught:
        await account.request(read_of(EVENT))
    assert least <= (caught.value.retry_after or 0) <= least * 1.1
    account = integration.account(password=PASSWORD)
    before = server.requests.total()
    integration.pass_time(seconds=least - 1)
    for _ in range(2):
        with pytest.raises(AccountPausedError):
            await account.request(read_of(paths.SITES))
    assert server.requests.total() == before


async def test_a_person_may_sign_in_during_a_stop_and_ends_it_if_that_succeeds(
    integration: Integration, server: AccountServer
) -> None:
    account = await signed_in(integration)
    server.refuse(429)
    with pytest.raises(AccountPausedError):
        await account.request(read_of(EVENT))
    with pytest.raises(AccountBlockedError):
        await account.sign_in(PASSWORD)
    server.accept()
    with pytest.raises(AccountPausedError):
        await account.request(read_of(EVENT))
    assert await account.sign_in(PASSWORD)
    assert (await account.request(read_of(EVENT))).status == 200


async def test_without_a_password_a_wall_is_waited_for_before_a_person_is_asked(
    integration: Integration, server: AccountServer
) -> None:
    account = await signed_in(integration, password=None)
    wall_off(server)
    for minutes in (6, 17, 67, 67, 67, 67):
        with pytest.raises(AccountPausedError):
            await account.request(read_of(EVENT))
        integration.pass_time(minutes=minutes)
    with pytest.raises(SessionOverError):
        await account.request(read_of(EVENT))
    # A person may sign in at once, and if it was a wall after all, it opens by itself.
    assert account.governor.stopped(integration.now()) is None
    server.accept()
    integration.pass_time(hours=1)
    assert (await account.request(read_of(EVENT))).status == 200
    assert integration.logins == 1


# -- cookies ---------------------------------------------------------------------


@pytest.mark.parametrize("every", [1, 2, 3])
async def test_a_session_whose_cookie_changes_all_the_time_lives_on_over_restarts(
    integration: Integration, server: AccountServer, every: int
) -> None:
    server.policy.rotates_every = every
    account = await signed_in(integration)
    for _ in range(12):
        assert (await account.request(read_of(EVENT))).status == 200
        integration.pass_time(seconds=20)
        account = integration.account()
    assert integration.logins == 1
    assert server.accounts.sessions.rotations >= 12 // every


async def test_a_changed_cookie_is_stored_before_it_is_used(integration: Integration, server: AccountServer) -> None:
    server.policy.rotates_every = 1
    account = await signed_in(integration)
    for _ in range(3):
        await account.request(read_of(EVENT))
        stored = json.loads(integration.stored)["session"]["cookies"]["_enlighten_4_session"][0]
        assert stored == server.accounts.sessions._all[0].cookie


async def test_a_poll_that_is_cancelled_keeps_the_cookie_that_its_answer_brings(
    integration: Integration, server: AccountServer
) -> None:
    server.policy.rotates_every = 1
    account = await signed_in(integration)
    held = server.hold(EVENT)
    poll = asyncio.create_task(account.request(read_of(EVENT)))
    await integration.until_asked(EVENT)
    poll.cancel()
    with suppress(asyncio.CancelledError):
        await poll
    held.set()
    await account.drain()
    account = integration.account()
    assert (await account.request(read_of(EVENT))).status == 200
    assert integration.logins == 1


async def test_who_is_cancelled_while_waiting_sends_nothing(integration: Integration, server: AccountServer) -> None:
    account = await signed_in(integration)
    held = server.hold(EVENT)
    first = asyncio.create_task(account.request(read_of(EVENT)))
    await integration.until_asked(EVENT)
    second = asyncio.create_task(account.request(read_of(EVENT)))
    await asyncio.sleep(0)
    second.cancel()
    held.set()
    assert (await first).status == 200
    with suppress(asyncio.CancelledError):
        await second
    assert integration.asked(EVENT) == 1


async def test_a_crash_before_the_store_costs_one_sign_in(integration: Integration, server: AccountServer) -> None:
    server.policy.rotates_every = 2
    account = await signed_in(integration)
    integration.crashes = True
    for _ in range(2):
        await account.request(read_of(EVENT))
    integration.crashes = False
    integration.pass_time(minutes=1)
    account = integration.account(password=PASSWORD)
    for _ in range(3):
        assert (await account.request(read_of(EVENT))).status == 200
    assert integration.logins == 2


async def test_an_answer_that_is_lost_costs_one_sign_in(integration: Integration, server: AccountServer) -> None:
    server.policy.rotates_every = 1
    account = await signed_in(integration)
    server.faults.add(AnswerLost(), EVENT, count=1)
    with pytest.raises(ApiConnectionError):
        await account.request(read_of(EVENT))
    assert integration.asked(EVENT) == 1
    assert (await account.request(read_of(EVENT))).status == 200
    assert integration.logins == 2


async def test_the_page_for_visitors_does_not_replace_the_sessions_cookie(
    integration: Integration, server: AccountServer
) -> None:
    account = await signed_in(integration)
    cookie = {"Set-Cookie": "_enlighten_4_session=visitor; path=/; HttpOnly; Secure"}
    for how in (WALL, REDIRECT):
        server.misbehave(EVENT, Misbehaviour(status=how.status, text=how.text, headers={**how.headers, **cookie}))
        with pytest.raises((ApiNotFoundError, ApiForbiddenError)):
            await account.request(read_of(EVENT))
    assert (await account.request(read_of(paths.SITES))).status == 200
    assert integration.logins == 1


async def test_an_answer_to_the_old_session_does_not_spoil_the_new_one(
    integration: Integration, server: AccountServer
) -> None:
    server.policy.rotates_every = 1
    account = await signed_in(integration)
    held = server.hold(EVENT)
    poll = asyncio.create_task(account.request(read_of(EVENT)))
    await integration.until_asked(EVENT)
    sign_in = asyncio.create_task(account.sign_in(PASSWORD))
    held.set()
    assert (await poll).status == 200
    assert await sign_in
    assert (await account.request(read_of(EVENT))).status == 200
    assert integration.logins == 2


# -- the user's token ------------------------------------------------------------


async def test_the_users_token_is_fetched_once_and_renewed_an_hour_before_its_end(
    integration: Integration, server: AccountServer
) -> None:
    server.policy.token_life, server.policy.session_days = 6 * 3600, 90
    account = await signed_in(integration)
    token = await account.token()
    assert token
    assert await integration.account().token() == token
    integration.pass_time(hours=5, minutes=1)
    assert await account.token() not in (None, token)
    assert integration.asked(paths.TOKEN) == 2
    # It brings another cookie.
    assert (await account.request(read_of(EVENT))).status == 200
    assert integration.logins == 1


@pytest.mark.parametrize(
    "how",
    [
        Misbehaviour(status=400, text="Bad Request"),
        Misbehaviour(status=404),
        Misbehaviour(status=422),
        too_many(),
        NOT_ENROLLED,
        FORBIDDEN,
        WALL,
        Misbehaviour(text='{"token": 7}'),
        Misbehaviour(text="[]"),
    ],
)
async def test_where_there_is_no_token_the_cookies_do_and_it_is_looked_for_once_a_day(
    integration: Integration, server: AccountServer, how: Misbehaviour
) -> None:
    account = await signed_in(integration)
    server.misbehave(paths.TOKEN, how)
    for _ in range(3):
        assert await account.token() is None
        assert (await account.request(read_of(EVENT))).status == 200
    assert integration.asked(paths.TOKEN) == 1
    server.accept()
    integration.pass_time(days=1, minutes=1)
    assert await account.token()
    assert integration.logins == 1


async def test_the_user_is_known_by_the_sign_in_without_a_token(
    integration: Integration, server: AccountServer, home: AccountHome
) -> None:
    server.policy.token_route = TokenRoute.BAD_REQUEST
    account = await signed_in(integration)
    assert await account.user_id() == "7654321"
    assert integration.asked(paths.TOKEN) == 0


# -- the pace --------------------------------------------------------------------


async def test_readings_give_way_and_say_for_how_long(integration: Integration, server: AccountServer) -> None:
    account = await signed_in(integration)
    for _ in range(8):
        await account.request(read_of(EVENT))
    with pytest.raises(NotYetError) as caught:
        await account.request(read_of(EVENT))
    assert 0 < caught.value.retry_after <= 61
    assert (integration.asked(EVENT), integration.waited) == (8, [])


async def test_who_waits_gets_a_turn_one_at_a_time(integration: Integration, server: AccountServer) -> None:
    account = await signed_in(integration)
    answers = await asyncio.gather(*(account.request(read_of(EVENT, urgent=True)) for _ in range(30)))
    assert [answer.status for answer in answers] == [200] * 30
    assert server.stats.max_in_flight == 1
    assert 60 <= sum(integration.waited) <= 3600
