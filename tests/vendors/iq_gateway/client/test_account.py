"""An account is signed in to once, and gives a gateway's token or a reason why not."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import aiohttp
from aiohttp import web
import pytest
from yarl import URL

from custom_components.energy_site.api.errors import AccountServiceError, ApiError
from custom_components.energy_site.vendors.enphase.client import addresses
from custom_components.energy_site.vendors.enphase.client.account import Account
from custom_components.energy_site.vendors.enphase.client.errors import (
    AccountBlockedError,
    AccountClientRefusedError,
    AccountUnreachableError,
    CredentialsRefusedError,
    GatewayNotInAccountError,
    SecondFactorError,
    SessionsFullError,
)
from custom_components.energy_site.vendors.iq_gateway.client.account import token_of
from custom_components.energy_site.vendors.iq_gateway.client.token import GatewayToken, TokenRole
from simulator.enphase_account import AccountServer
from simulator.iq_gateway import GatewayServer
from tests.account_service import account_service

USER, PASSWORD = "owner@example.com", "correct horse"


async def fetch_token(session: aiohttp.ClientSession, username: str, password: str, serial: str) -> GatewayToken:
    """Sign in without a person, and get a token."""

    async def save() -> None:
        pass

    account = Account(session, username, clock=lambda: datetime.now(UTC), save=save)
    account.password = password
    return await token_of(account, serial)


@pytest.fixture
async def account(gateway: GatewayServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AccountServer]:
    """Serve the account that owns the gateway."""
    async with account_service(monkeypatch, [gateway]) as server:
        server.add_account(USER, PASSWORD)
        yield server


class Service:
    """Both services in one, answering what a test wants."""

    def __init__(self) -> None:
        self.answers: dict[str, web.Response] = {}
        self.requests: list[web.BaseRequest] = []
        self.bodies: list[bytes] = []

    async def handle(self, request: web.BaseRequest) -> web.Response:
        """Answer by the path."""
        self.requests.append(request)
        self.bodies.append(await request.read())
        answer = self.answers[request.path]
        return web.Response(body=answer.body, status=answer.status, headers=answer.headers)

    def login(self, **answer: Any) -> None:
        """Answer the login with JSON."""
        self.answers["/login/login.json"] = web.json_response(answer)

    def tokens(self, text: str, status: int = 200) -> None:
        """Answer the request for a token."""
        self.answers["/tokens"] = web.Response(text=text, status=status)


@pytest.fixture
async def service(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Service]:
    """Serve whatever the test wants in place of the vendor's services."""
    service = Service()
    service.login(message="success", session_id="s3ss10n")
    server = web.Server(service.handle)
    runner = web.ServerRunner(server)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    monkeypatch.setenv("ENERGY_SITE_ENLIGHTEN", url)
    monkeypatch.setenv("ENERGY_SITE_ENTREZ", url)
    yield service
    await runner.cleanup()


def test_the_vendors_addresses_are_those_of_the_internet_unless_told_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ENERGY_SITE_ENLIGHTEN", raising=False)
    monkeypatch.setenv("ENERGY_SITE_ENTREZ", "")
    assert addresses.enlighten() == URL("https://enlighten.enphaseenergy.com")
    assert addresses.entrez() == URL("https://entrez.enphaseenergy.com")
    monkeypatch.setenv("ENERGY_SITE_ENTREZ", "http://127.0.0.1:1")
    assert addresses.entrez() == URL("http://127.0.0.1:1")


async def test_an_owner_gets_a_token_that_the_gateway_takes(
    session: aiohttp.ClientSession, account: AccountServer, gateway: GatewayServer
) -> None:
    token = await fetch_token(session, USER, PASSWORD, gateway.serial)
    assert (token.serial, token.role) == (gateway.serial, TokenRole.OWNER)
    assert (account.logins, account.tokens_issued) == (1, 1)


async def test_a_wrong_password_is_tried_once(
    session: aiohttp.ClientSession, account: AccountServer, gateway: GatewayServer
) -> None:
    with pytest.raises(CredentialsRefusedError):
        await fetch_token(session, USER, "wrong", gateway.serial)
    assert account.failed_logins == 1


async def test_an_account_with_two_factors_is_told_apart(
    session: aiohttp.ClientSession, account: AccountServer, gateway: GatewayServer
) -> None:
    account.add_account("careful@example.com", PASSWORD, two_factor=True)
    with pytest.raises(SecondFactorError):
        await fetch_token(session, "careful@example.com", PASSWORD, gateway.serial)
    assert account.tokens_issued == 0


async def test_two_factors_are_known_by_the_cookie_alone(session: aiohttp.ClientSession, service: Service) -> None:
    answer = web.json_response({"message": "otp"})
    answer.headers["Set-Cookie"] = "login_otp_nonce=abc; path=/"
    service.answers["/login/login.json"] = answer
    with pytest.raises(SecondFactorError):
        await fetch_token(session, USER, PASSWORD, "1")


@pytest.mark.parametrize("words", [{"requires_mfa": True}, {"success": True, "isBlocked": False}])
async def test_two_factors_are_known_by_the_words_alone(
    session: aiohttp.ClientSession, service: Service, words: dict[str, bool]
) -> None:
    service.login(**words)
    with pytest.raises(SecondFactorError):
        await fetch_token(session, USER, PASSWORD, "1")


async def test_a_blocked_account_is_told_apart(
    session: aiohttp.ClientSession, account: AccountServer, gateway: GatewayServer
) -> None:
    account.add_account("locked@example.com", PASSWORD, blocked=True)
    with pytest.raises(AccountBlockedError):
        await fetch_token(session, "locked@example.com", PASSWORD, gateway.serial)


async def test_a_service_that_wants_a_pause_says_for_how_long(
    session: aiohttp.ClientSession, account: AccountServer, gateway: GatewayServer
) -> None:
    account.refuse(429)
    with pytest.raises(AccountBlockedError) as caught:
        await fetch_token(session, USER, PASSWORD, gateway.serial)
    assert caught.value.retry_after == 60
    assert account.requests.total() == 1


@pytest.mark.parametrize("path", ["/login/login.json", "/tokens"])
async def test_a_pause_without_a_time_is_an_hour(session: aiohttp.ClientSession, service: Service, path: str) -> None:
    service.answers[path] = web.Response(status=429)
    with pytest.raises(AccountBlockedError) as caught:
        await fetch_token(session, USER, PASSWORD, "1")
    assert caught.value.retry_after == 3600


@pytest.mark.parametrize("status", [200, 401, 403, 429])
async def test_too_many_sessions_are_no_wrong_password_and_take_a_day(
    session: aiohttp.ClientSession, service: Service, status: int
) -> None:
    service.answers["/login/login.json"] = web.json_response({"message": "Too many active sessions.."}, status=status)
    with pytest.raises(SessionsFullError) as caught:
        await fetch_token(session, USER, PASSWORD, "1")
    assert caught.value.retry_after == 86_400


async def test_a_program_that_is_not_wanted_is_told_apart(session: aiohttp.ClientSession, service: Service) -> None:
    service.answers["/login/login.json"] = web.Response(status=406)
    with pytest.raises(AccountClientRefusedError):
        await fetch_token(session, USER, PASSWORD, "1")


async def test_a_gateway_of_somebody_else_is_told_apart(session: aiohttp.ClientSession, account: AccountServer) -> None:
    with pytest.raises(GatewayNotInAccountError):
        await fetch_token(session, USER, PASSWORD, "482599999999")


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 422])
@pytest.mark.parametrize(
    "words", [{"message": "Invalid gateway serial"}, {"error": "Envoy not found"}, {"message": "You do not own this"}]
)
async def test_only_the_services_own_words_say_that_a_gateway_is_not_in_the_account(
    session: aiohttp.ClientSession, service: Service, status: int, words: dict[str, str]
) -> None:
    service.answers["/tokens"] = web.json_response(words, status=status)
    with pytest.raises(GatewayNotInAccountError):
        await fetch_token(session, USER, PASSWORD, "1")


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 405, 410, 422, 500, 502, 503])
@pytest.mark.parametrize(
    "text",
    ["", "<html>Whose serial is it?</html>", '{"message": "Forbidden"}', '{"message": "Bad Gateway"}', "[]", "{", "7"],
)
@pytest.mark.parametrize("path", ["/login/login.json", "/tokens"])
async def test_any_other_answer_is_the_services_own_condition(
    session: aiohttp.ClientSession, service: Service, path: str, text: str, status: int
) -> None:
    if (path, status) == ("/login/login.json", 401):
        return
    service.answers[path] = web.Response(text=text, status=status)
    with pytest.raises(AccountServiceError):
        await fetch_token(session, USER, PASSWORD, "1")


@pytest.mark.parametrize("text", ["", "<html>Sorry</html>", "null", "a.b.c", "{}", "[1]"])
async def test_what_is_no_token_blames_nobody(session: aiohttp.ClientSession, service: Service, text: str) -> None:
    service.tokens(text)
    with pytest.raises(AccountServiceError):
        await fetch_token(session, USER, PASSWORD, "1")


async def test_a_token_of_another_gateway_takes_no_good_ones_place(
    session: aiohttp.ClientSession, service: Service, gateway: GatewayServer
) -> None:
    service.tokens(gateway.token(serial="482599999999"))
    with pytest.raises(AccountServiceError):
        await fetch_token(session, USER, PASSWORD, gateway.serial)


async def test_a_service_out_of_reach_blames_nobody(
    session: aiohttp.ClientSession, gateway: GatewayServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with account_service(monkeypatch, [gateway]):
        pass
    with pytest.raises(AccountUnreachableError):
        await fetch_token(session, USER, PASSWORD, gateway.serial)


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b"{}", b'{"session_id": 7}', b'{"session_id": ""}', b"<html></html>", b'{"success": 1}'],
)
async def test_garbage_in_place_of_a_session_blames_nobody(
    session: aiohttp.ClientSession, service: Service, body: bytes
) -> None:
    service.answers["/login/login.json"] = web.Response(body=body)
    with pytest.raises(AccountServiceError) as caught:
        await fetch_token(session, USER, PASSWORD, "1")
    assert caught.value.endpoint == "login"


async def test_somebody_who_installed_their_own_system_gets_the_owners_token(
    session: aiohttp.ClientSession, service: Service, gateway: GatewayServer
) -> None:
    owners = gateway.token()
    service.tokens(gateway.token("installer", lifetime=43_200))
    service.answers["/entrez-auth-token"] = web.json_response({"token": owners, "expires_at": 1})
    token = await fetch_token(session, USER, PASSWORD, gateway.serial)
    assert (token.raw, token.role) == (owners, TokenRole.OWNER)
    assert service.requests[-1].query == {"serial_num": gateway.serial}
    assert service.requests[-1].headers["Cookie"] == "_enlighten_4_session=s3ss10n"


@pytest.mark.parametrize(
    "answer",
    [
        web.json_response({"token": None}),
        web.json_response({}),
        web.json_response({"token": "no token"}),
        web.Response(text="<html>"),
        web.Response(status=401),
        web.Response(status=503),
        web.Response(status=302, headers={"Location": "/login"}),
    ],
)
async def test_where_there_is_no_owners_token_the_installers_stays(
    session: aiohttp.ClientSession, service: Service, gateway: GatewayServer, answer: web.Response
) -> None:
    service.tokens(gateway.token("installer", lifetime=43_200))
    service.answers["/entrez-auth-token"] = answer
    token = await fetch_token(session, USER, PASSWORD, gateway.serial)
    assert token.role == TokenRole.INSTALLER


async def test_an_installer_is_asked_for_once_more_and_no_more(
    session: aiohttp.ClientSession, account: AccountServer, gateway: GatewayServer
) -> None:
    account.add_account("installer@example.com", PASSWORD, role="installer")
    token = await fetch_token(session, "installer@example.com", PASSWORD, gateway.serial)
    assert token.role == TokenRole.INSTALLER
    assert account.requests == {"/login/login.json": 1, "/tokens": 1, "/entrez-auth-token": 1}


async def test_the_service_is_not_told_that_home_assistant_asks(service: Service, gateway: GatewayServer) -> None:
    """It answers 406 to that name, which Home Assistant's own session sends."""
    service.tokens(gateway.token("installer"))
    service.answers["/entrez-auth-token"] = web.Response(status=404)
    async with aiohttp.ClientSession(headers={"User-Agent": "HomeAssistant/2026.10 aiohttp"}) as session:
        await fetch_token(session, USER, PASSWORD, gateway.serial)
    assert len(service.requests) == 3
    for request in service.requests:
        assert "HomeAssistant" not in request.headers["User-Agent"]


async def test_what_is_sent_is_what_the_services_expect(
    session: aiohttp.ClientSession, service: Service, gateway: GatewayServer
) -> None:
    service.tokens(f"  {gateway.token()}\n")
    token = await fetch_token(session, USER, PASSWORD, gateway.serial)
    assert token == GatewayToken.parse(token.raw)
    login, tokens = service.bodies
    assert login == b"user%5Bemail%5D=owner%40example.com&user%5Bpassword%5D=correct+horse"
    assert tokens == (
        b'{"session_id": "s3ss10n", "serial_num": "%s", "username": "owner@example.com"}' % gateway.serial.encode()
    )


async def test_neither_errors_nor_the_log_tell_the_password(
    session: aiohttp.ClientSession, service: Service, gateway: GatewayServer, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[str] = []
    for status in (200, 401, 403, 429, 500):
        service.answers["/login/login.json"] = web.json_response({"message": PASSWORD, "x": USER}, status=status)
        with pytest.raises(ApiError) as caught:
            await fetch_token(session, USER, PASSWORD, gateway.serial)
        told += [str(caught.value), repr(caught.value)]
    told += [record.getMessage() for record in caplog.records if "energy_site" in record.name]
    for secret in (PASSWORD, USER, gateway.serial, "127.0.0.1"):
        assert secret not in "\n".join(told)
