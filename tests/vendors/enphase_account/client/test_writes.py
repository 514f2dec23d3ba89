"""A setting is written once, in the one shape or the other, and a refusal is told in the service's words."""

import asyncio
from collections.abc import Mapping
import json
from typing import Any

import pytest

from custom_components.energy_site.api.errors import (
    ApiConnectionError,
    ApiError,
    ApiForbiddenError,
    ApiNotFoundError,
    ApiPayloadError,
    ApiRefusedError,
    ApiStatusError,
)
from custom_components.energy_site.vendors.enphase.client.account import Account
from custom_components.energy_site.vendors.enphase.client.errors import (
    AccountClientRefusedError,
    AccountPausedError,
    SessionOverError,
)
from custom_components.energy_site.vendors.enphase_account.client import endpoints
from custom_components.energy_site.vendors.enphase_account.client.client import AccountClient
from custom_components.energy_site.vendors.enphase_account.client.endpoint import AccountCommand
from simulator.enphase_account import (
    EMPTY_BODY,
    FORBIDDEN,
    HALF_BODY,
    MAINTENANCE,
    NOT_ACCEPTABLE,
    NOT_ENROLLED,
    REDIRECT,
    UNAVAILABLE,
    WALL,
    AccountHome,
    AccountServer,
    Ending,
    Family,
    Misbehaviour,
    Policy,
    SessionOver,
    Setting,
    TokenRoute,
    paths,
    too_many,
)
from simulator.iq_gateway.faults import AnswerLost, Fault, Reset
from tests.account_home import Integration

LEVEL: Mapping[str, object] = {"veryLowSoc": 15}
WRITES = frozenset({"PUT", "POST"})


def path_of(home: AccountHome) -> str:
    """Return the path that settings of the battery are written to."""
    return home.path(paths.BATTERY_SETTINGS)


def writes(server: AccountServer) -> int:
    """Return how often a setting was written, accepted or not."""
    return sum(each.method in WRITES and each.path.startswith(paths.BASE) for each in server.log)


def refuse(server: AccountServer, home: AccountHome, words: str, count: int | None = None) -> None:
    """Forbid writes, as the services' framework does before it looks at them."""
    text = json.dumps({"status": 403, "error": "Forbidden", "message": words})
    answer = Misbehaviour(status=403, text=text, content_type="application/json")
    server.faults.add(answer, path_of(home), methods={"PUT"}, count=count)


def taken(home: AccountHome) -> list[Any]:
    """Return the values that were taken, in order."""
    return [each.value for each in home.settings.written]


async def set_level(client: AccountClient, level: int = 15) -> None:
    """Set the shutdown level."""
    await client.write(endpoints.SET_BATTERY_SETTINGS, {"veryLowSoc": level})


@pytest.mark.parametrize("in_cookie", [True, False])
async def test_a_write_follows_a_read_of_its_token_in_the_cookie_or_in_the_header_alone(
    client: AccountClient, server: AccountServer, home: AccountHome, *, in_cookie: bool
) -> None:
    server.policy.xsrf_in_cookie = in_cookie
    for level in (15, 20, 10):
        await set_level(client, level)
    assert taken(home) == [15, 20, 10]
    assert server.requests[home.path(paths.SITE_SETTINGS)] == 3
    assert client.shapes == {"battery_config": "fresh"}


@pytest.mark.parametrize(
    ("command", "body"),
    [
        (endpoints.SET_PROFILE, {"profile": "self-consumption", "batteryBackupPercentage": 42}),
        (endpoints.SET_STORM_GUARD, {"stormGuardState": "enabled", "evseStormEnabled": False}),
        (endpoints.ACCEPT_DISCLAIMER, {"disclaimer-type": "itc"}),
        (endpoints.SET_BATTERY_SETTINGS, LEVEL),
    ],
    ids=lambda value: value.name if isinstance(value, AccountCommand) else "",
)
async def test_everything_that_is_in_the_table_can_be_written(
    client: AccountClient, server: AccountServer, command: AccountCommand, body: dict[str, object]
) -> None:
    await client.write(command, body)
    assert writes(server) == 1
    assert server.log[-1].status == 200


async def test_a_token_that_another_read_has_replaced_meanwhile_is_not_shown(
    client: AccountClient, server: AccountServer, home: AccountHome
) -> None:
    await client.get(endpoints.BATTERY_SETTINGS)
    await set_level(client)
    await client.get(endpoints.BATTERY_SETTINGS)
    await set_level(client, 20)
    assert (taken(home), writes(server)) == ([15, 20], 2)


async def test_a_read_between_the_token_and_the_write_spoils_neither(
    client: AccountClient, server: AccountServer, home: AccountHome, integration: Integration
) -> None:
    reads = (client.get(endpoints.BATTERY_SETTINGS, urgent=True) for _ in range(4))
    await asyncio.gather(set_level(client), *reads)
    order = [each.method for each in server.log if each.path.startswith(paths.BASE)]
    assert order.index("PUT") > 1
    assert (taken(home), writes(server), client.shapes) == ([15], 1, {"battery_config": "fresh"})


# -- the other shape -----------------------------------------------------------


@pytest.mark.parametrize("in_cookie", [True, False])
async def test_a_site_that_wants_the_other_shape_is_remembered(
    client: AccountClient, account: Account, server: AccountServer, home: AccountHome, *, in_cookie: bool
) -> None:
    server.policy.xsrf_in_cookie = in_cookie
    home.set_behaviour(wants_other_shape=frozenset({Family.BATTERY_CONFIG}))
    await set_level(client)
    assert (writes(server), client.shapes) == (2, {"battery_config": "stored"})
    await set_level(client, 20)
    assert writes(server) == 3
    again = AccountClient(account, str(home.site_id), shapes=client.shapes)
    await set_level(again, 10)
    assert (writes(server), taken(home)) == (4, [15, 20, 10])
    # And if it wants the first one again, so it gets it.
    home.set_behaviour(wants_other_shape=frozenset())
    server.policy.xsrf_life = 1
    server.clock.advance(60)  # type: ignore[attr-defined] # It is the test's own.
    await set_level(again, 20)
    assert (writes(server), again.shapes) == (6, {"battery_config": "fresh"})


async def test_what_was_remembered_and_is_no_shape_is_forgotten(account: Account, home: AccountHome) -> None:
    client = AccountClient(account, str(home.site_id), shapes={"battery_config": "odd", "moon": "fresh"})
    assert client.shapes == {}
    await set_level(client)


async def test_a_host_who_may_only_read_gets_no_third_try_and_no_sign_in(
    client: AccountClient, server: AccountServer, home: AccountHome, integration: Integration
) -> None:
    server.accounts.by_email["owner@example.com"].reads_only = frozenset({home.site_id})
    with pytest.raises(ApiForbiddenError):
        await set_level(client)
    assert (writes(server), integration.logins, client.shapes) == (2, 1, {})


async def test_a_site_that_wants_the_other_shape_where_there_is_no_token_is_forbidden(
    client: AccountClient, server: AccountServer, home: AccountHome, integration: Integration
) -> None:
    server.policy.token_route = TokenRoute.BAD_REQUEST
    home.set_behaviour(wants_other_shape=frozenset({Family.BATTERY_CONFIG}))
    for _ in range(2):
        with pytest.raises(ApiForbiddenError):
            await set_level(client)
    assert (writes(server), integration.logins, server.requests[paths.TOKEN]) == (4, 1, 1)


async def test_where_no_read_gives_a_token_the_service_says_what_it_thinks_of_it(
    client: AccountClient, server: AccountServer, home: AccountHome
) -> None:
    server.faults.add(Misbehaviour(text='{"data": {"countryCode": "NL"}}'), home.path(paths.SITE_SETTINGS))
    with pytest.raises(ApiForbiddenError):
        await set_level(client)
    assert writes(server) == 2


# -- a session that is lost ------------------------------------------------------


@pytest.mark.parametrize("how", list(SessionOver))
async def test_a_session_lost_between_the_read_and_the_write_costs_one_sign_in_and_writes_once(
    client: AccountClient, server: AccountServer, home: AccountHome, integration: Integration, how: SessionOver
) -> None:
    server.policy.session_over = dict.fromkeys(Family, how)
    await client.get(endpoints.BATTERY_SETTINGS)
    integration.pass_time(minutes=2)
    answered = server.answered

    def lose(knock: Any, visitor: Any, reply: Any) -> None:
        answered(knock, visitor, reply)
        if knock.path == home.path(paths.SITE_SETTINGS) and integration.logins == 1:
            server.accounts.end_sessions()

    server.answered = lose  # type: ignore[method-assign] # It is lost at this moment and at no other.
    await set_level(client)
    assert (taken(home), integration.logins) == ([15], 2)


async def test_where_nobody_can_sign_in_a_write_says_so_and_nothing_is_written(
    client: AccountClient, account: Account, server: AccountServer, home: AccountHome
) -> None:
    account.password = None
    server.accounts.end_sessions()
    with pytest.raises(SessionOverError):
        await set_level(client)
    assert (taken(home), writes(server)) == ([], 0)


# -- refusals and lost answers ---------------------------------------------------


@pytest.mark.parametrize("status", [400, 409])
async def test_a_refusal_is_told_in_the_services_words(
    client: AccountClient, server: AccountServer, home: AccountHome, status: int
) -> None:
    home.set_ending(Setting.SHUTDOWN_LEVEL, Ending.REFUSE, status=status, words="Not during a storm at site 1234567.")
    with pytest.raises(ApiRefusedError) as caught:
        await set_level(client)
    assert (caught.value.status, caught.value.words) == (status, "Not during a storm at site ….")
    assert writes(server) == 1


async def test_a_setting_that_is_locked_is_told_in_the_services_words(
    client: AccountClient, server: AccountServer, home: AccountHome, integration: Integration
) -> None:
    home.set_behaviour(dtg_locked=True)
    with pytest.raises(ApiRefusedError) as caught:
        await client.write(endpoints.SET_BATTERY_SETTINGS, {"dtgControl": {"enabled": True}})
    assert caught.value.words == "This setting is locked for the site"
    # A reason may be one for the shape, so that the other one is tried.
    assert (writes(server), integration.logins, client.shapes) == (2, 1, {})


@pytest.mark.parametrize(
    "words",
    [
        "Access Denied",
        "Access is denied.",
        "Invalid CSRF Token 'null' was found on the request parameter '_csrf' or header 'X-XSRF-TOKEN'.",
        "Invalid CORS request",
        "Not with this kind of request",
    ],
)
async def test_the_other_shape_is_tried_whatever_the_first_one_is_refused_with(
    client: AccountClient, server: AccountServer, home: AccountHome, integration: Integration, words: str
) -> None:
    refuse(server, home, words, count=1)
    await set_level(client)
    assert (taken(home), writes(server), integration.logins) == ([15], 2, 1)
    assert client.shapes == {"battery_config": "stored"}


@pytest.mark.parametrize(
    "words", ["Access Denied", "Invalid CSRF Token 'null' was found", "Missing XSRF token", "Invalid CORS request"]
)
async def test_words_about_the_request_are_no_reason_to_show(
    client: AccountClient, server: AccountServer, home: AccountHome, integration: Integration, words: str
) -> None:
    refuse(server, home, words)
    with pytest.raises(ApiForbiddenError):
        await set_level(client)
    assert (writes(server), integration.logins) == (2, 1)


async def test_of_two_refusals_the_one_that_gives_a_reason_is_told(
    client: AccountClient, server: AccountServer, home: AccountHome
) -> None:
    refuse(server, home, "Not during a storm", count=1)
    refuse(server, home, "Access Denied")
    with pytest.raises(ApiRefusedError) as caught:
        await set_level(client)
    assert (caught.value.words, writes(server)) == ("Not during a storm", 2)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param(NOT_ENROLLED, ApiForbiddenError, id="401"),
        pytest.param(REDIRECT, ApiForbiddenError, id="302"),
        pytest.param(FORBIDDEN, ApiForbiddenError, id="403"),
        pytest.param(WALL, ApiNotFoundError, id="wall"),
        pytest.param(MAINTENANCE, ApiNotFoundError, id="page"),
        pytest.param(Misbehaviour(status=404), ApiNotFoundError, id="404"),
        pytest.param(NOT_ACCEPTABLE, AccountClientRefusedError, id="406"),
        pytest.param(too_many(), AccountPausedError, id="429"),
        pytest.param(UNAVAILABLE, ApiStatusError, id="503"),
        pytest.param(HALF_BODY, ApiPayloadError, id="half"),
        pytest.param(Reset(), ApiConnectionError, id="reset"),
        pytest.param(Misbehaviour(text='{"success": false, "message": "No."}'), ApiRefusedError, id="no success"),
        pytest.param(Misbehaviour(text='{"error": {"message": "No."}}'), ApiRefusedError, id="error"),
        pytest.param(Misbehaviour(text='{"status": 409, "message": "No."}'), ApiRefusedError, id="status"),
    ],
)
async def test_each_answer_is_told_apart_and_none_of_them_signs_in_or_writes_again(
    client: AccountClient,
    server: AccountServer,
    home: AccountHome,
    integration: Integration,
    answer: Fault,
    error: type[ApiError],
) -> None:
    server.faults.add(answer, path_of(home), methods={"PUT"})
    with pytest.raises(error):
        await set_level(client)
    assert integration.logins == 1
    sent = sum(each.method == "PUT" for each in server.log)
    assert sent <= (2 if answer is FORBIDDEN else 1)


@pytest.mark.parametrize("answer", [EMPTY_BODY, Misbehaviour(text="[]"), Misbehaviour(text='{"message": "success"}')])
async def test_what_is_no_refusal_was_accepted(
    client: AccountClient, server: AccountServer, home: AccountHome, answer: Misbehaviour
) -> None:
    server.faults.add(answer, path_of(home), methods={"PUT"})
    await set_level(client)


@pytest.mark.parametrize("shape", ["fresh", "stored"])
async def test_a_write_whose_answer_is_lost_is_not_written_twice(
    account: Account, server: AccountServer, home: AccountHome, shape: str
) -> None:
    if shape == "stored":
        home.set_behaviour(wants_other_shape=frozenset({Family.BATTERY_CONFIG}))
    client = AccountClient(account, str(home.site_id), shapes={"battery_config": shape})
    server.faults.add(AnswerLost(), path_of(home), methods={"PUT"}, count=1)
    with pytest.raises(ApiConnectionError):
        await set_level(client)
    assert taken(home) == [15]


async def test_a_write_whose_token_cannot_be_read_is_not_sent(
    client: AccountClient, server: AccountServer, home: AccountHome
) -> None:
    server.faults.add(UNAVAILABLE, home.path(paths.SITE_SETTINGS))
    with pytest.raises(ApiStatusError):
        await set_level(client)
    assert writes(server) == 0


async def test_somebody_who_waits_does_not_wait_for_readings(
    client: AccountClient, server: AccountServer, home: AccountHome, integration: Integration
) -> None:
    for _ in range(8):
        await client.get(endpoints.LATEST_POWER)
    await set_level(client)
    assert (taken(home), integration.waited) == ([15], [])


async def test_the_whole_jar_is_shown(client: AccountClient, server: AccountServer, home: AccountHome) -> None:
    assert Policy().whole_jar
    await set_level(client)
    assert taken(home) == [15]
