"""The session of an account gives tokens for its gateways, as long as it lives."""

import pytest

from custom_components.energy_site.api.errors import AccountServiceError
from custom_components.energy_site.vendors.enphase.client.account import Account
from custom_components.energy_site.vendors.enphase.client.errors import (
    AccountBlockedError,
    AccountUnreachableError,
    GatewayNotInAccountError,
    SessionOverError,
)
from custom_components.energy_site.vendors.iq_gateway.client.account import token_of
from custom_components.energy_site.vendors.iq_gateway.client.token import TokenRole
from simulator.cloud.serving import Knock
from simulator.enphase_account import NOT_ENROLLED, UNAVAILABLE, WALL, AccountServer, Misbehaviour, paths, too_many
from simulator.enphase_account.door import Visitor
from simulator.iq_gateway import GatewayServer
from tests.account_home import EMAIL, PASSWORD, Integration


@pytest.fixture
async def account(integration: Integration) -> Account:
    """Return an account that has been signed in for an hour, and kept no password."""
    account = integration.account()
    await account.sign_in(PASSWORD)
    await account.token()
    integration.pass_time(hours=1)
    return account


async def test_each_gateway_of_the_account_gets_a_token_without_another_sign_in(
    integration: Integration, account: Account, gateway: GatewayServer
) -> None:
    for _ in range(2):
        token = await token_of(account, gateway.serial)
        assert (token.serial, token.role) == (gateway.serial, TokenRole.OWNER)
    assert integration.logins == 1


async def test_a_person_with_a_second_factor_needs_no_code_for_a_new_token(
    integration: Integration, server: AccountServer, gateway: GatewayServer
) -> None:
    server.accounts.by_email[EMAIL.lower()].two_factor = True
    account = integration.account()
    assert not await account.sign_in(PASSWORD)
    await account.send_code()
    await account.enter_code(server.mailbox.code(EMAIL.lower()))
    for _ in range(3):
        integration.pass_time(days=2)
        account = integration.account()
        assert (await token_of(account, gateway.serial)).serial == gateway.serial
    assert len(server.mailbox.mails) == 1


async def test_a_session_that_is_over_is_renewed_where_the_password_is_remembered(
    integration: Integration, server: AccountServer, account: Account, gateway: GatewayServer
) -> None:
    server.accounts.end_sessions()
    with pytest.raises(SessionOverError):
        await token_of(account, gateway.serial)
    account.password = PASSWORD
    assert (await token_of(account, gateway.serial)).serial == gateway.serial
    assert integration.logins == 2


async def test_a_gateway_that_was_sold_is_told_apart(
    integration: Integration, server: AccountServer, account: Account, gateway: GatewayServer
) -> None:
    server.accounts.by_email[EMAIL.lower()].serials = frozenset()
    for as_owner in (False, True):
        with pytest.raises(GatewayNotInAccountError):
            await account.gateway_token(gateway.serial, as_owner=as_owner)
    assert integration.logins == 1


async def test_an_installers_token_gives_way_to_the_owners(
    server: AccountServer, account: Account, gateway: GatewayServer
) -> None:
    server.misbehave(paths.GATEWAY_TOKEN, Misbehaviour(text=gateway.token("installer", lifetime=43_200)))
    assert (await token_of(account, gateway.serial)).role == TokenRole.OWNER


async def test_429_counts_for_the_whole_account(
    server: AccountServer, account: Account, gateway: GatewayServer
) -> None:
    server.misbehave(paths.GATEWAY_TOKEN, too_many(None))
    with pytest.raises(AccountBlockedError) as caught:
        await token_of(account, gateway.serial)
    assert caught.value.retry_after == 3600
    before = server.requests.total()
    with pytest.raises(AccountServiceError):
        await token_of(account, gateway.serial)
    assert server.requests.total() == before


@pytest.mark.parametrize("how", [UNAVAILABLE, WALL, NOT_ENROLLED, Misbehaviour(text=""), Misbehaviour(text="a.b.c")])
async def test_what_is_no_token_is_the_services_own_condition(
    integration: Integration, server: AccountServer, account: Account, gateway: GatewayServer, how: Misbehaviour
) -> None:
    server.misbehave(paths.GATEWAY_TOKEN, how)
    with pytest.raises(AccountServiceError):
        await token_of(account, gateway.serial)
    assert integration.logins == 1


async def test_a_service_out_of_reach_is_told_apart(
    server: AccountServer, account: Account, gateway: GatewayServer
) -> None:
    await server.__aexit__()
    with pytest.raises(AccountUnreachableError):
        await token_of(account, gateway.serial)


async def test_the_services_for_tokens_see_no_cookie_of_the_account(
    server: AccountServer, account: Account, gateway: GatewayServer
) -> None:
    """They are on another host, and what they set is none of the account's."""
    before = account.session
    seen: list[str | None] = []
    identify = server.identify

    def look(knock: Knock) -> Visitor:
        seen.append(knock.headers.get("Cookie"))
        return identify(knock)

    server.identify = look  # type: ignore[method-assign] # The log has no headers.
    cookie = {"Set-Cookie": "_enlighten_4_session=of_entrez; path=/"}
    server.misbehave(paths.GATEWAY_TOKEN, Misbehaviour(text=gateway.token(), headers=cookie))
    await account.gateway_token(gateway.serial)
    assert (seen, account.session) == ([None], before)
