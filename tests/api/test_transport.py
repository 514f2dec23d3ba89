"""One request: what can go wrong between a client and a vendor, and what that is called."""

from contextlib import suppress
import gzip
import logging
import ssl
import traceback

import aiohttp
from hypothesis import given, strategies as st
import pytest
from yarl import URL

from custom_components.energy_site.api.errors import (
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
)
from custom_components.energy_site.api.transport import Recorded, Response, request
from simulator.iq_gateway import GatewayServer, Hang, HtmlPage, Reset, Truncated

from .raw import RawServer, http

SECRET = "secret-token-7f3a"


async def ask(
    session: aiohttp.ClientSession, server: RawServer, *, timeout: float = 5.0, headers: dict[str, str] | None = None
) -> Response:
    """Ask a server on loopback."""
    return await request(session, "GET", server.url, endpoint="some/thing", timeout=timeout, headers=headers)


def answer(
    status: int = 200,
    body: bytes = b"{}",
    *,
    headers: dict[str, str] | None = None,
    cookies: dict[str, str] | None = None,
) -> Response:
    """Return an answer that came."""
    return Response(
        endpoint="some/thing", status=status, body=body, headers=headers or {}, cookies=cookies or {}, seconds=0.1
    )


# -- from a status to an error ------------------------------------------------


@given(st.integers(100, 599))
def test_every_status_but_success_is_an_error_that_names_the_endpoint(status: int) -> None:
    reply = answer(status)
    if 200 <= status < 300:
        reply.raise_for_status()
        return
    with pytest.raises(ApiStatusError) as caught:
        reply.raise_for_status()
    assert caught.value.status == status
    assert caught.value.endpoint == "some/thing"
    assert isinstance(caught.value, ApiNotFoundError) == (status in (404, 405, 410))
    # Whether the credentials are to blame is for each vendor's client to say.
    assert not isinstance(caught.value, ApiAuthError | ApiForbiddenError)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("120", 120.0), ("0", 0.0), ("", None), ("-5", None), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("٣", None)],
)
async def test_a_wait_that_the_answer_asks_for_is_kept(
    session: aiohttp.ClientSession, header: str, seconds: float | None
) -> None:
    with pytest.raises(ApiStatusError) as caught:
        answer(503, headers={"Retry-After": header}).raise_for_status()
    assert caught.value.retry_after == seconds


async def test_a_wait_is_read_from_the_wire_whatever_the_case_of_its_name(session: aiohttp.ClientSession) -> None:
    async with RawServer(http(429, b"", retry_after="60")) as server:
        reply = await ask(session, server)
    with pytest.raises(ApiStatusError) as caught:
        reply.raise_for_status()
    assert caught.value.retry_after == 60


def test_an_answer_that_asks_for_no_wait_has_none() -> None:
    with pytest.raises(ApiStatusError) as caught:
        answer(500).raise_for_status()
    assert caught.value.retry_after is None


def test_nobody_is_asked_to_wait_for_ever() -> None:
    with pytest.raises(ApiStatusError) as caught:
        answer(503, headers={"Retry-After": "9" * 400}).raise_for_status()
    assert caught.value.retry_after is None or caught.value.retry_after < float("inf")


# -- from bytes to JSON -------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "no complete JSON, 0 bytes"),
        (b'{"a": [1, 2', "no complete JSON, 11 bytes"),
        (b"<html><body>Login</body></html>", "HTML, 31 bytes"),
        (b"\n  <!DOCTYPE html>", "HTML, 18 bytes"),
        (b"{}{}", "no complete JSON, 4 bytes"),
        (b"\xff\xfe\x00", "no complete JSON, 3 bytes"),
        (b'{"a": NaN}', "no complete JSON, 10 bytes"),
        (b"[Infinity]", "no complete JSON, 10 bytes"),
        (b"[1e999]", "no complete JSON, 7 bytes"),
        (b"[" * 100_000, "no complete JSON, 100000 bytes"),
    ],
)
def test_a_body_that_is_no_json_is_told_apart_from_a_login_page(body: bytes, reason: str) -> None:
    with pytest.raises(ApiPayloadError) as caught:
        answer(200, body).json()
    assert str(caught.value) == f"some/thing: {reason}"


@given(st.binary(max_size=200))
def test_any_body_is_json_or_a_payload_error(body: bytes) -> None:
    with suppress(ApiPayloadError):
        answer(200, body).json()


@given(st.binary(max_size=200))
def test_any_body_can_be_read_as_text(body: bytes) -> None:
    assert isinstance(answer(200, body).text(), str)


def test_a_body_in_utf8_is_read_as_such() -> None:
    assert answer(200, "Größe".encode()).text() == "Größe"


# -- on the wire --------------------------------------------------------------


async def test_an_answer_comes_with_its_status_headers_cookies_and_time(session: aiohttp.ClientSession) -> None:
    async with RawServer(http(201, b"[1]", set_cookie="sessionId=abc; path=/", x_other="yes")) as server:
        reply = await ask(session, server)
    assert (reply.endpoint, reply.status, reply.json()) == ("some/thing", 201, [1])
    assert reply.headers["X-Other"] == "yes"
    assert reply.cookies == {"sessionId": "abc"}
    assert 0 < reply.seconds < 5


async def test_a_form_and_a_json_body_are_sent_as_such(session: aiohttp.ClientSession) -> None:
    async with RawServer(http(200, b"{}", connection="close")) as server:
        await request(session, "POST", server.url, endpoint="e", timeout=5, form={"user[email]": "a b"})
        await request(session, "POST", server.url, endpoint="e", timeout=5, json={"a": 1})
    form, json = (each.lower() for each in server.requests)
    assert b"content-type: application/x-www-form-urlencoded" in form
    assert b"content-type: application/json" in json


async def test_a_redirect_is_not_followed(session: aiohttp.ClientSession) -> None:
    async with RawServer(http(200, b"elsewhere")) as other:
        async with RawServer(http(302, b"", location=str(other.url))) as server:
            reply = await ask(session, server, headers={"Authorization": f"Bearer {SECRET}"})
        assert reply.status == 302
        assert not other.requests
    with pytest.raises(ApiStatusError):
        reply.raise_for_status()


async def test_who_never_answers_is_given_up_after_the_endpoints_time(session: aiohttp.ClientSession) -> None:
    async with RawServer(None) as server:
        with pytest.raises(ApiTimeoutError) as caught:
            await ask(session, server, timeout=0.05)
    assert str(caught.value) == "some/thing: no answer within 0.05 s"


async def test_who_stops_in_the_middle_of_a_body_is_given_up_too(session: aiohttp.ClientSession) -> None:
    promise = http(200, b"x" * 10).replace(b"Content-Length: 10", b"Content-Length: 1000")
    async with RawServer(promise, stays=True) as server:
        with pytest.raises(ApiTimeoutError):
            await ask(session, server, timeout=0.05)


async def test_nobody_listens(session: aiohttp.ClientSession) -> None:
    async with RawServer(http()) as server:
        pass
    with pytest.raises(ApiUnreachableError) as caught:
        await ask(session, server)
    assert str(server.port) not in str(caught.value)


async def test_who_speaks_no_encryption_cannot_be_reached(session: aiohttp.ClientSession) -> None:
    async with RawServer(http()) as server:
        url = URL(f"https://127.0.0.1:{server.port}/")
        with pytest.raises(ApiUnreachableError):
            await request(session, "GET", url, endpoint="info", timeout=5)


async def test_a_name_that_is_no_address_is_a_connection_error(session: aiohttp.ClientSession) -> None:
    with pytest.raises(ApiConnectionError) as caught:
        await request(session, "GET", URL("https:///info"), endpoint="info", timeout=1)
    assert str(caught.value) == "info: InvalidUrlClientError"


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(b"", id="closed without a word"),
        pytest.param(b"no HTTP at all\r\n\r\n", id="no HTTP"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort", id="less than promised"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: minus\r\n\r\n", id="length is a word"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", id="broken chunks"),
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 20_000 + b"\r\n\r\n", id="endless header"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope", id="broken compression"
        ),
    ],
)
async def test_an_answer_that_breaks_off_or_is_none_is_a_connection_error(
    session: aiohttp.ClientSession, broken: bytes
) -> None:
    async with RawServer(broken) as server:
        with pytest.raises(ApiConnectionError) as caught:
            await ask(session, server)
    # There was a connection: trying another address would not help.
    assert not isinstance(caught.value, ApiTimeoutError | ApiUnreachableError)
    assert "127.0.0.1" not in f"{caught.value!r} {caught.value}"


async def test_a_connection_that_is_reset_is_a_connection_error(session: aiohttp.ClientSession) -> None:
    async with RawServer(b"", reset=True) as server:
        with pytest.raises(ApiConnectionError):
            await ask(session, server)


@pytest.mark.parametrize(("once", "times"), [(True, 1), (False, 2)])
@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_a_request_that_is_to_be_sent_once_is_not_repeated_where_its_answer_is_lost(
    session: aiohttp.ClientSession, method: str, *, once: bool, times: int
) -> None:
    async with RawServer(b"", reset=True) as server:
        with pytest.raises(ApiConnectionError) as caught:
            await request(session, method, server.url, endpoint="some/thing", timeout=5.0, once=once)
        assert not isinstance(caught.value, ApiUnreachableError)
        assert len(server.requests) == times


async def test_an_answer_too_large_to_be_one_is_not_read_to_its_end(session: aiohttp.ClientSession) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\n"
    async with RawServer(head + b" " * 8_200_000, stays=True) as server:
        with pytest.raises(ApiPayloadError) as caught:
            await ask(session, server)
    assert str(caught.value) == "some/thing: more than 8000000 bytes"


async def test_an_answer_that_only_unpacks_too_large_is_refused_as_well(session: aiohttp.ClientSession) -> None:
    bomb = gzip.compress(b" " * 20_000_000)
    assert len(bomb) < 100_000
    async with RawServer(http(200, bomb, content_encoding="gzip")) as server:
        with pytest.raises(ApiPayloadError):
            await ask(session, server)


async def test_the_largest_answer_of_a_real_gateway_is_read(session: aiohttp.ClientSession) -> None:
    body = b"[" + b",".join([b'{"serialNumber":"482512000001"}'] * 200_000) + b"]"
    async with RawServer(http(200, body)) as server:
        assert len((await ask(session, server)).json()) == 200_000


# -- certificates -------------------------------------------------------------


async def test_the_pinned_certificate_is_trusted_whoever_signed_it(
    session: aiohttp.ClientSession, gateway: GatewayServer
) -> None:
    reply = await request(
        session, "GET", URL(f"https://{gateway.host}/info"), endpoint="info", timeout=5, pin=gateway.fingerprint
    )
    assert reply.status == 200


async def test_a_certificate_that_is_not_the_pinned_one_ends_it_before_anything_is_sent(
    session: aiohttp.ClientSession, gateway: GatewayServer
) -> None:
    with pytest.raises(ApiCertificateError) as caught:
        await request(
            session,
            "GET",
            URL(f"https://{gateway.host}/ivp/meters"),
            endpoint="ivp/meters",
            timeout=5,
            pin=b"\x01" * 32,
            headers={"Authorization": f"Bearer {SECRET}"},
        )
    assert caught.value.fingerprint == gateway.fingerprint
    assert gateway.stats.total == 0
    assert str(caught.value) == "ivp/meters: the certificate is not the pinned one"


async def test_a_connection_is_used_again_however_many_other_certificates_are_pinned(gateway: GatewayServer) -> None:
    opened: list[object] = []

    async def count(*about: object) -> None:
        opened.append(about)

    trace = aiohttp.TraceConfig()
    trace.on_connection_create_end.append(count)
    address = URL(f"https://{gateway.host}/info")
    async with aiohttp.ClientSession(trace_configs=[trace]) as session:
        await request(session, "GET", address, endpoint="info", timeout=5, pin=gateway.fingerprint)
        for other in range(300):
            with pytest.raises(ApiCertificateError):
                await request(session, "GET", address, endpoint="info", timeout=5, pin=other.to_bytes(32))
        await request(session, "GET", address, endpoint="info", timeout=5, pin=gateway.fingerprint)
    assert len(opened) == 1


async def test_without_a_pin_a_certificate_that_nobody_vouches_for_is_refused(
    session: aiohttp.ClientSession, gateway: GatewayServer
) -> None:
    with pytest.raises(ApiConnectionError):
        await request(session, "GET", URL(f"https://{gateway.host}/info"), endpoint="info", timeout=5)
    assert gateway.stats.total == 0


async def test_a_session_that_checks_no_certificates_checks_the_pinned_one_nevertheless(
    gateway: GatewayServer,
) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as session:
        with pytest.raises(ApiCertificateError):
            await request(
                session, "GET", URL(f"https://{gateway.host}/info"), endpoint="info", timeout=5, pin=b"\x02" * 32
            )
    assert gateway.stats.total == 0


async def test_plain_http_where_a_certificate_is_pinned_sends_nothing(session: aiohttp.ClientSession) -> None:
    async with RawServer(http()) as server:
        with pytest.raises(ApiConnectionError):
            await request(
                session,
                "GET",
                URL(f"https://127.0.0.1:{server.port}/"),
                endpoint="info",
                timeout=1,
                pin=b"\x01" * 32,
                headers={"Authorization": f"Bearer {SECRET}"},
            )
    assert not any(SECRET.encode() in each for each in server.requests)


# -- nothing secret gets out --------------------------------------------------


@pytest.mark.parametrize("fault", [Hang(), Reset(), Truncated(promise_all=True), HtmlPage(), None])
async def test_neither_errors_nor_answers_nor_the_log_tell_a_secret(
    session: aiohttp.ClientSession,
    gateway: GatewayServer,
    caplog: pytest.LogCaptureFixture,
    fault: Hang | Reset | Truncated | HtmlPage | None,
) -> None:
    if fault is not None:
        gateway.faults.add(fault)
    token, told = gateway.token(), []
    for pin in (gateway.fingerprint, b"\x03" * 32):
        try:
            reply = await request(
                session,
                "GET",
                URL(f"https://{gateway.host}/api/v1/production/inverters?serial_num={gateway.serial}"),
                endpoint="api/v1/production/inverters",
                timeout=0.2,
                pin=pin,
                headers={"Authorization": f"Bearer {token}"},
            )
            told.append(repr(reply))
            told += [repr(Recorded(status=reply.status, body=reply.body, seconds=reply.seconds))]
            reply.json()
        except ApiError as err:
            told += [str(err), repr(err), repr(vars(err)), *traceback.format_exception(err)]
    told += [record.getMessage() for record in caplog.records if "energy_site" in record.name]
    assert told
    serial = gateway.house.inverters[0].serial
    for secret in (token, gateway.serial, serial, gateway.host, "127.0.0.1", str(gateway.port)):
        assert secret not in "\n".join(told)


async def test_an_answer_that_holds_a_token_does_not_show_it(session: aiohttp.ClientSession) -> None:
    async with RawServer(http(200, SECRET.encode(), set_cookie=f"sessionId={SECRET}")) as server:
        reply = await ask(session, server)
    assert reply.text() == SECRET
    assert SECRET not in repr(reply)


async def test_the_log_tells_what_was_asked_and_how_long_it_took(
    session: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    async with RawServer(http(200, b"{}")) as server:
        await ask(session, server)
    [record] = [record for record in caplog.records if record.name.endswith("api.transport")]
    assert record.levelno == logging.DEBUG
    assert record.getMessage().startswith("GET some/thing: 200, 2 bytes, 0.0")
