"""One gateway, asked one question at a time, with as few checks of the token as it takes."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import override

import aiohttp
import pytest

from custom_components.energy_site.api.errors import (
    AccountServiceError,
    ApiAuthError,
    ApiCertificateError,
    ApiConnectionError,
    ApiError,
    ApiForbiddenError,
    ApiNotFoundError,
    ApiPayloadError,
    ApiStatusError,
    ApiTimeoutError,
    ApiUnreachableError,
    RenewalPendingError,
)
from custom_components.energy_site.vendors.enphase.client.errors import CredentialsRefusedError
from custom_components.energy_site.vendors.iq_gateway.client.client import IqGatewayClient, probe_plain_http
from custom_components.energy_site.vendors.iq_gateway.client.endpoints import (
    DEVICE_LIST,
    HOME,
    METER_READINGS,
    METERS,
    SECONDARY_CONTROL,
    Endpoint,
)
from simulator.clock import ManualClock
from simulator.iq_gateway import ErrorObject, Fault, GatewayServer, Hang, HtmlPage, HttpStatus, Slow, Truncated
from simulator.iq_gateway.reply import Reply

from ....api.raw import RawServer, http
from ....client_fixtures import Time
from .shapes import info

READINGS = "/ivp/meters/readings"
CHECK = "/auth/check_jwt"


class Login:
    """An account that gives tokens, or an error; it counts who comes."""

    def __init__(self, gateway: GatewayServer, error: ApiError | None = None) -> None:
        self.gateway = gateway
        self.error = error
        self.count = 0

    async def __call__(self) -> str:
        """Sign in."""
        self.count += 1
        if self.error is not None:
            raise self.error
        return self.gateway.token()


class Held(Fault):
    """Never answers, and says when it is asked."""

    def __init__(self) -> None:
        self.arrived = asyncio.Event()

    @override
    async def before(self, closing: asyncio.Event) -> Reply | None:
        self.arrived.set()
        return await Hang().before(closing)


def client_of(
    gateway: GatewayServer, session: aiohttp.ClientSession, renew: Callable[[], Awaitable[str]] | None
) -> IqGatewayClient:
    """Return a client that can sign in anew."""
    return IqGatewayClient(
        session, gateway.host, fingerprint=gateway.fingerprint, token=gateway.token(), renew_token=renew
    )


# -- sessions -----------------------------------------------------------------


async def test_the_token_is_checked_once_however_much_is_asked(gateway: GatewayServer, client: IqGatewayClient) -> None:
    for _ in range(20):
        assert await client.get(METER_READINGS)
        assert await client.get(METERS)
    assert gateway.stats.sessions == 1
    assert gateway.stats.cookie == 39


async def test_a_session_that_the_gateway_forgot_costs_one_more_check(
    gateway: GatewayServer, client: IqGatewayClient
) -> None:
    await client.get(METERS)
    gateway.close_sessions()
    await client.get(METERS)
    await client.get(METERS)
    assert gateway.stats.sessions == 2
    assert gateway.stats.statuses[401] == 0


async def test_a_session_that_is_refused_is_given_up_and_the_token_checked_once(
    gateway: GatewayServer, client: IqGatewayClient
) -> None:
    await client.get(METERS)
    gateway.faults.add(HttpStatus(401), READINGS, count=1)
    assert await client.get(METER_READINGS)
    assert gateway.stats.requests[CHECK] == 1
    assert gateway.stats.requests[READINGS] == 2
    # The check opened a session, and that one is used from now on.
    assert await client.get(METER_READINGS)
    assert gateway.stats.sessions == 2


async def test_no_other_cookie_is_kept_or_sent(session: aiohttp.ClientSession, gateway: GatewayServer) -> None:
    client = client_of(gateway, session, None)
    await client.info()
    await client.get(METERS)
    assert gateway.stats.cookie == 0
    await client.get(METERS)
    assert gateway.stats.cookie == 1


async def test_who_asks_for_the_identity_shows_no_token(gateway: GatewayServer, client: IqGatewayClient) -> None:
    assert (await client.info()).serial == gateway.serial
    assert gateway.stats.bearer == 0


# -- refusals -----------------------------------------------------------------


async def test_a_refused_token_is_renewed_by_one_login_and_the_question_asked_once_more(
    gateway: GatewayServer, session: aiohttp.ClientSession
) -> None:
    login = Login(gateway)
    client = client_of(gateway, session, login)
    await client.get(METERS)
    gateway.revoke_tokens()
    assert await client.get(METER_READINGS)
    assert login.count == 1
    assert gateway.stats.requests[READINGS] == 2
    assert await client.get(METER_READINGS)
    assert login.count == 1


async def test_a_refused_token_that_nobody_can_renew_is_an_auth_error(
    gateway: GatewayServer, client: IqGatewayClient
) -> None:
    gateway.revoke_tokens()
    with pytest.raises(ApiAuthError) as caught:
        await client.get(METER_READINGS)
    assert (caught.value.status, caught.value.endpoint) == (401, "ivp/meters/readings")
    assert gateway.stats.requests[READINGS] == 1


async def test_a_login_that_is_refused_is_never_tried_again_with_the_same_credentials(
    gateway: GatewayServer, session: aiohttp.ClientSession, time: Time
) -> None:
    login = Login(gateway, CredentialsRefusedError("login", "refused"))
    client = client_of(gateway, session, login)
    gateway.revoke_tokens()
    for _ in range(60):
        with pytest.raises(ApiAuthError):
            await client.get(METER_READINGS)
        time.passed += 59.9
    time.passed += 86_400
    with pytest.raises(ApiAuthError):
        await client.get(METER_READINGS)
    assert login.count == 1


async def test_a_token_that_is_refused_again_and_again_leads_to_one_login_an_hour(
    gateway: GatewayServer, session: aiohttp.ClientSession, time: Time
) -> None:
    login = Login(gateway)
    client = client_of(gateway, session, login)
    for _ in range(10):
        gateway.revoke_tokens()
        time.passed += 300
        with suppress(ApiAuthError):
            await client.get(METER_READINGS)
    assert login.count == 1


async def test_a_new_token_that_is_refused_as_well_is_an_auth_error(
    gateway: GatewayServer, session: aiohttp.ClientSession
) -> None:
    async def other_gateways_token() -> str:
        return gateway.token(serial="482599999999")

    client = client_of(gateway, session, other_gateways_token)
    gateway.revoke_tokens()
    with pytest.raises(ApiAuthError):
        await client.get(METER_READINGS)
    assert gateway.stats.requests[READINGS] == 1


async def test_an_account_service_out_of_order_is_no_verdict_on_the_password(
    gateway: GatewayServer, session: aiohttp.ClientSession, time: Time
) -> None:
    login = Login(gateway, AccountServiceError("login", "status 503"))
    client = client_of(gateway, session, login)
    gateway.revoke_tokens()
    for _ in range(3):
        with pytest.raises(RenewalPendingError) as caught:
            await client.get(METER_READINGS)
        assert caught.value.condition is login.error
    assert login.count == 1
    login.error = None
    time.passed += 301
    assert await client.get(METER_READINGS)
    assert login.count == 2


@pytest.mark.parametrize(
    ("asked_for", "waits"),
    [(None, [300, 600, 1200, 2400, 4800, 7200, 7200]), (60.0, [300, 600, 1200]), (3600.0, [3600, 3600, 3600])],
)
async def test_an_account_service_out_of_order_is_asked_after_growing_pauses_or_when_it_says(
    gateway: GatewayServer, session: aiohttp.ClientSession, time: Time, asked_for: float | None, waits: list[int]
) -> None:
    login = Login(gateway, AccountServiceError("login", "status 503", retry_after=asked_for))
    client = client_of(gateway, session, login)
    gateway.revoke_tokens()
    with suppress(ApiAuthError):
        await client.get(METER_READINGS)
    for before, wait in enumerate(waits, 1):
        time.passed += wait * 0.9
        with suppress(ApiAuthError):
            await client.get(METER_READINGS)
        assert login.count == before
        time.passed += wait * 0.1 + 1
        with suppress(ApiAuthError):
            await client.get(METER_READINGS)
        assert login.count == before + 1


async def test_a_day_sees_a_limited_number_of_sign_ins(
    gateway: GatewayServer, session: aiohttp.ClientSession, time: Time
) -> None:
    login = Login(gateway)
    client = client_of(gateway, session, login)
    for _ in range(24 * 12):
        gateway.revoke_tokens()
        with suppress(ApiAuthError):
            await client.get(METER_READINGS)
        time.passed += 300
    assert login.count == 20


async def test_a_refused_token_costs_the_gateway_one_question_each_time_it_is_tried_again(
    gateway: GatewayServer, client: IqGatewayClient
) -> None:
    gateway.revoke_tokens()
    with suppress(ApiAuthError):
        await client.get(METER_READINGS)
    gateway.stats.reset()
    with suppress(ApiAuthError):
        await client.get(METER_READINGS)
    assert gateway.stats.requests == {CHECK: 1}


async def test_a_token_that_was_just_checked_and_is_revoked_is_an_auth_error_all_the_same(
    gateway: GatewayServer, client: IqGatewayClient
) -> None:
    assert await client.check_token()
    gateway.revoke_tokens()
    with pytest.raises(ApiAuthError):
        await client.get(METER_READINGS)


async def test_an_endpoint_for_installers_is_forbidden_and_costs_no_login(
    gateway: GatewayServer, session: aiohttp.ClientSession
) -> None:
    login = Login(gateway)
    client = client_of(gateway, session, login)
    installers = Endpoint(path="/ivp/peb/devstatus", parse=lambda _, payload: payload)
    for _ in range(3):
        with pytest.raises(ApiForbiddenError) as caught:
            await client.get(installers)
        assert not isinstance(caught.value, ApiAuthError)
    assert login.count == 0
    # Only the gateway can tell a token that ended from an endpoint for others.
    assert gateway.stats.requests[CHECK] == 3
    assert await client.get(METERS)


async def test_403_is_forbidden_at_once(gateway: GatewayServer, client: IqGatewayClient) -> None:
    gateway.faults.add(HttpStatus(403), READINGS)
    with pytest.raises(ApiForbiddenError) as caught:
        await client.get(METER_READINGS)
    assert caught.value.status == 403
    assert gateway.stats.requests[READINGS] == 1
    assert gateway.stats.requests[CHECK] == 0


async def test_403_after_a_check_is_forbidden_too(gateway: GatewayServer, client: IqGatewayClient) -> None:
    gateway.faults.add(HttpStatus(401), READINGS, count=1)
    gateway.faults.add(HttpStatus(403), READINGS)
    with pytest.raises(ApiForbiddenError) as caught:
        await client.get(METER_READINGS)
    assert caught.value.status == 403


async def test_an_endpoint_that_this_gateway_lacks_is_not_found(
    gateway: GatewayServer, client: IqGatewayClient
) -> None:
    gateway.faults.add(HttpStatus(404, as_json=True), DEVICE_LIST.path)
    with pytest.raises(ApiNotFoundError):
        await client.get(DEVICE_LIST)


@pytest.mark.parametrize("status", [400, 406, 500, 502, 503, 504])
async def test_what_may_pass_is_a_status_error(gateway: GatewayServer, client: IqGatewayClient, status: int) -> None:
    gateway.faults.add(HttpStatus(status), READINGS, count=1)
    with pytest.raises(ApiStatusError) as caught:
        await client.get(METER_READINGS)
    assert type(caught.value) is ApiStatusError
    assert await client.get(METER_READINGS)


@pytest.mark.parametrize("fault", [HtmlPage(), Truncated(), ErrorObject()])
async def test_a_login_page_half_an_answer_or_an_error_object_is_a_payload_error_with_the_endpoints_name(
    gateway: GatewayServer, client: IqGatewayClient, fault: Fault
) -> None:
    gateway.faults.add(fault, READINGS, count=1)
    with pytest.raises(ApiPayloadError) as caught:
        await client.get(METER_READINGS)
    assert caught.value.endpoint == "ivp/meters/readings"
    assert await client.get(METER_READINGS)


# -- one at a time ------------------------------------------------------------


async def test_one_request_is_in_flight_however_many_ask(gateway: GatewayServer, client: IqGatewayClient) -> None:
    gateway.faults.add(Slow(0.005))
    await asyncio.gather(
        *(client.get(METER_READINGS) for _ in range(10)), client.info(), client.check_token(), client.get(HOME)
    )
    assert gateway.stats.max_in_flight == 1
    assert gateway.stats.total == 13


async def test_who_gives_up_waiting_leaves_the_others_their_turn(
    gateway: GatewayServer, client: IqGatewayClient
) -> None:
    held = Held()
    gateway.faults.add(held, READINGS, count=1)
    first = asyncio.create_task(client.get(METER_READINGS))
    second = asyncio.create_task(client.get(METERS))
    await held.arrived.wait()
    first.cancel()
    assert await second
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_an_error_object_in_place_of_an_object_is_none_of_its_fields(
    gateway: GatewayServer, client: IqGatewayClient
) -> None:
    gateway.faults.add(ErrorObject(), SECONDARY_CONTROL.path, count=1)
    with pytest.raises(ApiPayloadError):
        await client.get(SECONDARY_CONTROL)
    assert (await client.get(SECONDARY_CONTROL)).encharge_soc is not None


async def test_one_connection_is_kept_open_for_all_questions(gateway: GatewayServer, client: IqGatewayClient) -> None:
    await client.info()
    for _ in range(5):
        await client.get(METERS)
        assert await client.check_token()
        assert gateway.connections == 1


# -- is the token good? -------------------------------------------------------


async def test_a_good_token_is_good(gateway: GatewayServer, client: IqGatewayClient) -> None:
    assert await client.check_token()


@pytest.mark.parametrize("bad", ["revoked", "of another gateway", "expired"])
async def test_a_bad_token_is_not(gateway: GatewayServer, session: aiohttp.ClientSession, bad: str) -> None:
    tokens = {
        "revoked": gateway.token(),
        "of another gateway": gateway.token(serial="482599999999"),
        "expired": gateway.token(issued_at=gateway.clock.now() - 10, lifetime=5),
    }
    if bad == "revoked":
        gateway.revoke_tokens()
    client = IqGatewayClient(session, gateway.host, fingerprint=gateway.fingerprint, token=tokens[bad])
    assert not await client.check_token()


async def test_without_a_token_none_is_good(gateway: GatewayServer, session: aiohttp.ClientSession) -> None:
    client = IqGatewayClient(session, gateway.host, fingerprint=gateway.fingerprint)
    assert not await client.check_token()
    with pytest.raises(ApiAuthError):
        await client.get(METERS)


@pytest.mark.parametrize(("status", "good"), [(401, False), (403, False), (404, True)])
async def test_a_gateway_that_cannot_be_asked_about_tokens_counts_as_a_yes(
    gateway: GatewayServer, client: IqGatewayClient, status: int, good: bool
) -> None:
    gateway.faults.add(HttpStatus(status), CHECK)
    assert await client.check_token() is good


async def test_a_gateway_in_trouble_says_nothing_about_the_token(
    gateway: GatewayServer, session: aiohttp.ClientSession
) -> None:
    login = Login(gateway)
    client = client_of(gateway, session, login)
    gateway.faults.add(HttpStatus(503), CHECK)
    gateway.faults.add(HttpStatus(401), READINGS)
    with pytest.raises(ApiStatusError) as caught:
        await client.get(METER_READINGS)
    assert caught.value.status == 503
    assert not isinstance(caught.value, ApiAuthError | ApiForbiddenError)
    assert login.count == 0


async def test_a_token_can_be_renewed_before_it_ends(
    gateway: GatewayServer, session: aiohttp.ClientSession, time: Time
) -> None:
    login = Login(gateway)
    client = client_of(gateway, session, login)
    gateway.revoke_tokens()
    assert await client.renew()
    assert await client.get(METERS)
    with pytest.raises(AccountServiceError):
        await client.renew()
    assert login.count == 1
    time.passed += 3601
    assert await client.renew()


async def test_nobody_renews_a_token_without_a_password(gateway: GatewayServer, client: IqGatewayClient) -> None:
    assert not await client.renew()


# -- certificates -------------------------------------------------------------


async def test_reading_the_fingerprint_sends_no_request(gateway: GatewayServer, session: aiohttp.ClientSession) -> None:
    client = IqGatewayClient(session, gateway.host, token="secret")
    assert await client.read_fingerprint() == gateway.fingerprint
    assert gateway.stats.total == 0


async def test_a_host_without_a_certificate_has_no_fingerprint(session: aiohttp.ClientSession) -> None:
    async with RawServer(http(200, info())) as server:
        client = IqGatewayClient(session, f"127.0.0.1:{server.port}")
        with pytest.raises(ApiUnreachableError):
            await client.read_fingerprint()
        assert not any(b"HTTP" in each for each in server.requests)


async def test_without_a_pinned_certificate_nothing_is_asked(
    gateway: GatewayServer, session: aiohttp.ClientSession
) -> None:
    client = IqGatewayClient(session, gateway.host, token=gateway.token())
    with pytest.raises(ApiConnectionError) as caught:
        await client.get(METERS)
    assert caught.value.reason == "no certificate is pinned"
    assert gateway.stats.total == 0


async def test_a_certificate_that_changed_ends_it_before_the_token_is_shown(
    gateway: GatewayServer, client: IqGatewayClient
) -> None:
    await client.get(METERS)
    await gateway.rotate_certificate()
    gateway.stats.reset()
    with pytest.raises(ApiCertificateError) as caught:
        await client.get(METERS)
    assert caught.value.fingerprint == gateway.fingerprint
    assert gateway.stats.total == 0


async def test_behind_a_new_certificate_the_identity_can_be_asked_for_once(
    gateway: GatewayServer, client: IqGatewayClient
) -> None:
    await gateway.rotate_certificate()
    with pytest.raises(ApiCertificateError):
        await client.info()
    assert (await client.info(pin=gateway.fingerprint)).serial == gateway.serial
    assert gateway.stats.bearer == 0
    with pytest.raises(ApiCertificateError):
        await client.info()


async def test_a_gateway_in_trouble_has_no_identity_for_now(gateway: GatewayServer, client: IqGatewayClient) -> None:
    gateway.faults.add(HttpStatus(503), "/info")
    with pytest.raises(ApiStatusError):
        await client.info()


# -- firmware before 7 --------------------------------------------------------


async def test_old_firmware_is_asked_without_encryption(session: aiohttp.ClientSession) -> None:
    async with RawServer(http(200, info().replace(b"D8.3.5169", b"R4.10.35"))) as server:
        found = await probe_plain_http(session, f"127.0.0.1:{server.port}")
    assert found.major == 4
    assert b"authorization" not in server.requests[0].lower()


@pytest.mark.parametrize(
    "answer", [http(301, b"", location="https://x/"), http(404, b"no"), http(200, b"<html></html>")]
)
async def test_something_else_without_encryption_is_no_gateway(session: aiohttp.ClientSession, answer: bytes) -> None:
    async with RawServer(answer) as server:
        with pytest.raises(ApiPayloadError):
            await probe_plain_http(session, f"127.0.0.1:{server.port}")


# -- load and diagnostics -----------------------------------------------------


def latency(client: IqGatewayClient) -> float | None:
    """Return how long the gateway takes of late."""
    return client.load.latency


async def test_the_load_tells_how_much_of_the_gateways_time_is_taken(
    gateway: GatewayServer, client: IqGatewayClient, time: Time
) -> None:
    assert latency(client) is None
    assert (client.load.share, client.load.per_minute, client.load.requests) == (0.0, 0.0, 0)
    for seconds in (1.0, 3.0):
        client.load.add(seconds, native=True)
    client.load.add(26.0, native=False)
    assert latency(client) == 2.0
    assert client.load.share == pytest.approx(30 / 600)
    assert client.load.per_minute == pytest.approx(0.3)
    time.passed += 601
    assert client.load.share == 0
    assert client.load.per_minute == 0
    assert client.load.requests == 3


async def test_requests_that_failed_kept_the_gateway_busy_as_well(
    gateway: GatewayServer, client: IqGatewayClient
) -> None:
    gateway.faults.add(Hang(), READINGS)
    with pytest.raises(ApiTimeoutError):
        await client.get(Endpoint(path=READINGS, parse=METER_READINGS.parse, timeout=0.05))
    assert client.load.requests == 1
    assert client.load.latency == pytest.approx(0.05, abs=0.05)


async def test_slow_scripts_say_nothing_about_the_gateways_health(
    gateway: GatewayServer, client: IqGatewayClient
) -> None:
    await client.get(HOME)
    assert client.load.requests == 1
    assert client.load.latency is None


async def test_the_last_answer_to_each_question_is_kept_for_diagnostics(
    gateway: GatewayServer, client: IqGatewayClient, clock: ManualClock
) -> None:
    await client.info()
    await client.get(METERS)
    gateway.faults.add(HttpStatus(503), READINGS)
    with pytest.raises(ApiStatusError):
        await client.get(METER_READINGS)
    assert {path: kept.status for path, kept in client.recorded.items()} == {
        "/info": 200,
        "/ivp/meters": 200,
        READINGS: 503,
    }
    assert gateway.serial.encode() in client.recorded["/info"].body
    assert gateway.serial not in repr(client.recorded)


async def test_the_log_tells_no_secret(
    gateway: GatewayServer, session: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    login = Login(gateway)
    client = client_of(gateway, session, login)
    await client.info()
    await client.get(METER_READINGS)
    gateway.revoke_tokens()
    await client.get(METER_READINGS)
    lines = [record.getMessage() for record in caplog.records if "energy_site" in record.name]
    assert len(lines) == 5 + 1
    for secret in (gateway.serial, gateway.host, "127.0.0.1", "Bearer", "sessionId", "eyJ"):
        assert secret not in "\n".join(lines)
