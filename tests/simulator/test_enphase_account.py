"""Signing in with the vendor, and getting a token."""

from collections.abc import AsyncIterator

import aiohttp
import jwt
import pytest

from simulator.enphase_account import AccountServer
from simulator.iq_gateway import GatewayServer

from .client import Client

EMAIL, PASSWORD = "owner@example.com", "sunshine"


@pytest.fixture
async def accounts(gateway: GatewayServer) -> AsyncIterator[AccountServer]:
    """Serve accounts for the gateway."""
    async with AccountServer([gateway]) as server:
        # The jar of these tests sends secure cookies to no plain address.
        server.policy.secure_cookies = False
        server.add_account(EMAIL, PASSWORD)
        yield server


async def sign_in(
    session: aiohttp.ClientSession, accounts: AccountServer, password: str = PASSWORD, email: str = EMAIL, **kwargs: str
) -> tuple[int, dict[str, object]]:
    """Return status and body of a login."""
    form = {"user[email]": email, "user[password]": password}
    async with session.post(f"{accounts.url}/login/login.json?", data=form, headers=kwargs) as response:
        body = await response.json() if response.content_type == "application/json" else {}
        return response.status, body


async def test_a_login_leads_to_a_token_the_gateway_accepts(
    session: aiohttp.ClientSession, accounts: AccountServer, gateway: GatewayServer
) -> None:
    """By either way."""
    status, body = await sign_in(session, accounts)
    assert status == 200
    assert body["message"] == "success"
    order = {"session_id": body["session_id"], "serial_num": gateway.serial, "username": EMAIL}
    async with session.post(f"{accounts.url}/tokens", json=order) as response:
        token = await response.text()
    async with session.get(f"{accounts.url}/entrez-auth-token", params={"serial_num": gateway.serial}) as response:
        other = await response.json()
    assert other["expires_at"] - other["generation_time"] == 31_536_000
    for each in (token, other["token"]):
        assert jwt.decode(each, options={"verify_signature": False})["enphaseUser"] == "owner"
        async with Client(gateway, each) as client:
            assert (await client.ask("/ivp/meters")).status == 200
    assert (accounts.logins, accounts.tokens_issued) == (1, 2)


async def test_installers_get_half_a_day(session: aiohttp.ClientSession, accounts: AccountServer) -> None:
    """And their role is in the token."""
    accounts.add_account("installer@example.com", PASSWORD, role="installer")
    _, body = await sign_in(session, accounts, email="installer@example.com")
    assert body["is_consumer"] is False
    serial = next(iter(accounts.accounts.by_email[EMAIL].serials))
    order = {"session_id": body["session_id"], "serial_num": serial, "username": EMAIL}
    async with session.post(f"{accounts.url}/tokens", json=order) as response:
        claims = jwt.decode(await response.text(), options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 43_200


async def test_what_does_not_get_in(session: aiohttp.ClientSession, accounts: AccountServer) -> None:
    """Wrong passwords, blocked accounts, a certain user agent."""
    assert (await sign_in(session, accounts, "wrong"))[0] == 401
    assert accounts.failed_logins == 1
    agent = {"User-Agent": "HomeAssistant/2026.10 aiohttp"}
    assert (await sign_in(session, accounts, **agent))[0] == 406
    accounts.add_account("locked@example.com", PASSWORD, blocked=True)
    assert (await sign_in(session, accounts, email="locked@example.com"))[1]["isBlocked"] is True
    assert accounts.logins == 0


async def test_two_factor_accounts_get_no_session(session: aiohttp.ClientSession, accounts: AccountServer) -> None:
    """Only a nonce."""
    accounts.add_account("careful@example.com", PASSWORD, two_factor=True)
    status, body = await sign_in(session, accounts, email="careful@example.com")
    assert (status, body) == (200, {"success": True, "isBlocked": False})
    assert "login_otp_nonce" in {cookie.key for cookie in session.cookie_jar}


async def test_tokens_are_for_ones_own_gateway_and_session(
    session: aiohttp.ClientSession, accounts: AccountServer
) -> None:
    """Others are refused."""
    _, body = await sign_in(session, accounts)
    for order, expected in (
        ({"session_id": "stranger", "serial_num": "1"}, 401),
        ({"session_id": body["session_id"], "serial_num": "482599999999"}, 403),
        ({"serial_num": "1"}, 400),
    ):
        async with session.post(f"{accounts.url}/tokens", json=order) as response:
            assert response.status == expected


@pytest.mark.parametrize("status", [429, 503])
async def test_refusals_on_request(session: aiohttp.ClientSession, accounts: AccountServer, status: int) -> None:
    """For so many requests."""
    accounts.refuse(status, count=1)
    assert (await sign_in(session, accounts))[0] == status
    assert (await sign_in(session, accounts))[0] == 200


async def test_gateways_may_be_added_and_sessions_ended(
    session: aiohttp.ClientSession, accounts: AccountServer, gateway: GatewayServer
) -> None:
    """A session that ended gives no token."""
    accounts.know(gateway)
    accounts.refuse(503)
    accounts.accept()
    await sign_in(session, accounts)
    query = {"serial_num": gateway.serial}
    async with session.get(f"{accounts.url}/entrez-auth-token", params={"serial_num": "1"}) as response:
        assert response.status == 403
    accounts.accounts.end_sessions()
    async with session.get(f"{accounts.url}/entrez-auth-token", params=query) as response:
        assert response.status == 401
    assert accounts.url.endswith(str(accounts.port))
