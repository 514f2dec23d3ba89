"""What the account's services are asked, and what their answers and refusals mean."""

from dataclasses import replace
from typing import Any

import pytest

from custom_components.energy_site.api.errors import (
    AccountServiceError,
    ApiConnectionError,
    ApiError,
    ApiForbiddenError,
    ApiNotFoundError,
    ApiPayloadError,
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
from custom_components.energy_site.vendors.enphase_account.client.endpoint import AccountEndpoint
from simulator.cloud.stats import CloudRequest
from simulator.enphase_account import (
    CONFLICT,
    EMPTY_BODY,
    FORBIDDEN,
    GONE,
    HALF_BODY,
    MAINTENANCE,
    NOT_ACCEPTABLE,
    NOT_ENROLLED,
    REDIRECT,
    UNAVAILABLE,
    WALL,
    AccountHome,
    AccountServer,
    Misbehaviour,
    TokenRoute,
    paths,
    too_many,
)
from simulator.iq_gateway.faults import Fault, Reset
from tests.account_home import Integration

READS: list[AccountEndpoint[Any]] = [each for each in vars(endpoints).values() if isinstance(each, AccountEndpoint)]


def asked(server: AccountServer, path: str) -> CloudRequest:
    """Return the last request for a path."""
    return next(each for each in reversed(server.log) if each.path == path)


@pytest.mark.parametrize("endpoint", READS, ids=lambda endpoint: endpoint.name)
async def test_everything_that_is_in_the_table_is_answered_and_read(
    client: AccountClient, home: AccountHome, integration: Integration, endpoint: AccountEndpoint[Any]
) -> None:
    assert await client.get(endpoint) is not None
    answer = client.recorded[endpoint.name]
    assert (answer.status, bool(answer.body)) == (200, True)
    # Whatever is named so may be shown.
    assert str(home.site_id) not in endpoint.name
    assert integration.logins == 1


@pytest.mark.parametrize(
    # The list of systems is what shows whether a session is over.
    "endpoint",
    [each for each in READS if each is not endpoints.SITES],
    ids=lambda endpoint: endpoint.name,
)
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param(NOT_ENROLLED, ApiForbiddenError, id="401"),
        pytest.param(FORBIDDEN, ApiForbiddenError, id="403"),
        pytest.param(REDIRECT, ApiForbiddenError, id="302"),
        pytest.param(WALL, ApiNotFoundError, id="wall"),
        pytest.param(MAINTENANCE, ApiNotFoundError, id="page"),
        pytest.param(GONE, ApiNotFoundError, id="404"),
        pytest.param(NOT_ACCEPTABLE, AccountClientRefusedError, id="406"),
        pytest.param(CONFLICT, ApiStatusError, id="409"),
        pytest.param(too_many(), AccountPausedError, id="429"),
        pytest.param(UNAVAILABLE, ApiStatusError, id="503"),
        pytest.param(Misbehaviour(status=550, text='{"error": {"code": 900}}'), ApiStatusError, id="550"),
        pytest.param(EMPTY_BODY, ApiPayloadError, id="empty"),
        pytest.param(HALF_BODY, ApiPayloadError, id="half"),
        pytest.param(Misbehaviour(text="null"), ApiPayloadError, id="null"),
        pytest.param(Reset(), ApiConnectionError, id="reset"),
    ],
)
async def test_each_refusal_is_told_apart_and_none_of_them_signs_in(
    client: AccountClient,
    server: AccountServer,
    home: AccountHome,
    integration: Integration,
    endpoint: AccountEndpoint[Any],
    answer: Fault,
    error: type[ApiError],
) -> None:
    await client.get(endpoints.SITE_SETTINGS)
    path = home.path(endpoint.path)
    before = server.requests[path]
    server.faults.add(answer, path)
    with pytest.raises(error) as caught:
        await client.get(endpoint)
    assert caught.value.endpoint == endpoint.name
    assert server.requests[path] == before + 1
    assert integration.logins == 1


async def test_a_maintenance_of_everything_is_the_services_own_condition(
    client: AccountClient, server: AccountServer
) -> None:
    server.faults.add(MAINTENANCE)
    with pytest.raises(AccountServiceError):
        await client.get(endpoints.TODAY)


async def test_a_system_that_was_sold_is_forbidden_and_costs_no_sign_in(
    client: AccountClient, server: AccountServer, home: AccountHome, integration: Integration
) -> None:
    server.sell(home, server.accounts.by_email["owner@example.com"])
    for endpoint in (endpoints.TODAY, endpoints.BATTERY_SETTINGS):
        with pytest.raises(ApiForbiddenError):
            await client.get(endpoint)
    assert await client.get(endpoints.SITES) == ()
    assert integration.logins == 1


async def test_the_systems_are_listed_before_one_is_chosen(account: Account, home: AccountHome) -> None:
    (site,) = await AccountClient(account).get(endpoints.SITES)
    assert site.site_id == str(home.site_id)


async def test_a_session_that_is_over_is_told_apart_where_nobody_can_sign_in(
    client: AccountClient, account: Account, server: AccountServer
) -> None:
    account.password = None
    server.accounts.end_sessions()
    for endpoint in (endpoints.BATTERY_SETTINGS, endpoints.TODAY):
        with pytest.raises(SessionOverError):
            await client.get(endpoint)


async def test_each_family_gets_the_headers_that_it_wants(
    client: AccountClient, account: Account, server: AccountServer, home: AccountHome
) -> None:
    headers: dict[str, dict[str, str]] = {}
    identify = server.identify

    def listen(knock: Any) -> Any:
        headers[knock.path] = dict(knock.headers)
        return identify(knock)

    server.identify = listen  # type: ignore[method-assign] # The log has no headers.
    await client.get(endpoints.TODAY)
    await client.get(endpoints.BATTERY_SETTINGS)
    app, settings = headers[home.path(paths.TODAY)], headers[home.path(paths.BATTERY_SETTINGS)]
    assert app["X-Requested-With"] == "XMLHttpRequest"
    assert app["Referer"] == f"{server.url}/web/{home.site_id}"
    assert "e-auth-token" not in app
    assert settings["Username"] == "7654321"
    assert len(settings["requestid"]) == 36
    assert settings["Origin"] == settings["Referer"].rstrip("/") == "https://battery-profile-ui.enphaseenergy.com"
    for each in (app, settings):
        assert each["Accept"] == "application/json"
        assert "HomeAssistant" not in each["User-Agent"]
    query = asked(server, home.path(paths.BATTERY_SETTINGS)).query
    assert query == {"userId": "7654321", "source": "enho"}
    await account.token()
    await client.get(endpoints.TODAY)
    assert headers[home.path(paths.TODAY)]["e-auth-token"] == await account.token()


@pytest.mark.parametrize("route", list(TokenRoute))
async def test_the_users_id_is_found_where_the_sign_in_does_not_tell_it(
    client: AccountClient, account: Account, server: AccountServer, route: TokenRoute
) -> None:
    assert account.session is not None
    account.session = replace(account.session, user_id=None)
    server.policy.token_route = route
    assert await client.get(endpoints.BATTERY_SETTINGS)
    assert account.session.user_id == "7654321"


async def test_without_any_id_the_services_say_what_they_think_of_it(
    client: AccountClient, account: Account, server: AccountServer, home: AccountHome
) -> None:
    assert account.session is not None
    account.session = replace(account.session, user_id=None)
    server.policy.token_route = TokenRoute.BAD_REQUEST
    home.set_behaviour(read_statuses={paths.DATA: 403})
    for _ in range(3):
        with pytest.raises(ApiForbiddenError):
            await client.get(endpoints.BATTERY_SETTINGS)
    # Neither is asked for again and again.
    assert (server.requests[paths.TOKEN], server.requests[home.path(paths.DATA)]) == (1, 1)


async def test_nothing_that_is_logged_tells_whose_system_it_is(
    client: AccountClient, account: Account, home: AccountHome, caplog: pytest.LogCaptureFixture
) -> None:
    for endpoint in READS:
        await client.get(endpoint, urgent=True)
    told = "\n".join(record.getMessage() for record in caplog.records if "energy_site" in record.name)
    assert account.session is not None
    secrets = {str(home.site_id), "7654321", home.serial, "owner@example.com", account.session.token}
    secrets |= {cookie.value for cookie in account.session.cookies.by_name.values()}
    assert [secret for secret in secrets if secret and secret in told] == []
