"""Who a gateway is, and whom a token is for."""

import base64
from contextlib import suppress
from datetime import UTC, datetime, timedelta
import json
from typing import Any
from xml.sax.saxutils import escape

from hypothesis import given, settings, strategies as st
import jwt
import pytest

from custom_components.energy_site.api.errors import ApiPayloadError
from custom_components.energy_site.vendors.iq_gateway.client.models.info import GatewayInfo, parse_info
from custom_components.energy_site.vendors.iq_gateway.client.token import GatewayToken, TokenMalformedError, TokenRole
from simulator.clock import ManualClock
from simulator.house import House
from simulator.iq_gateway import GatewayServer

from .shapes import HARDWARE, HOME, NOON, info

SERIAL = HARDWARE.serial


def document(**device: str) -> bytes:
    """Return the XML of a gateway with these fields."""
    fields = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in device.items())
    return f"<envoy_info><time>1781956800</time><device>{fields}</device></envoy_info>".encode()


def read(body: bytes) -> GatewayInfo | None:
    """Read `/info` as the client does; `None` where it is refused."""
    try:
        found = parse_info("info", body)
    except ApiPayloadError:
        return None
    assert found.serial
    assert found.major >= 0
    return found


# -- /info --------------------------------------------------------------------


def test_a_gateway_says_who_it_is() -> None:
    found = parse_info("info", info())
    assert found.serial == SERIAL
    assert found.part_number == "800-00647-r11"
    assert (found.software, found.firmware, found.major) == ("D8.3.5169", "8.3.5169", 8)
    assert found.time == int(NOON)
    assert found.metered


@pytest.mark.parametrize(
    ("software", "major"),
    [("D8.3.5169", 8), ("R4.10.35", 4), ("D7.0.88", 7), ("8", 8), ("", 0), ("Dx.1", 0), ("D10.1", 10), ("D²", 0)],
)
def test_the_firmwares_first_number_is_read_whatever_its_branch(software: str, major: int) -> None:
    found = read(document(sn="1", software=software or "unknown"))
    assert found is not None
    assert found.major == major


def test_a_gateway_without_meters_says_so() -> None:
    found = parse_info("info", document(sn="1", software="R3.9.36"))
    assert not found.metered
    assert found.part_number is None


@pytest.mark.parametrize("time", ["", "soon", "-5", "1" * 12, "٣"])
def test_a_clock_that_makes_no_sense_is_not_known(time: str) -> None:
    body = document(sn="1", software="D8").replace(b"1781956800", time.encode())
    assert parse_info("info", body).time is None


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(info()[:200], id="truncated"),
        pytest.param(b"<html><body>Login</body></html>", id="another page"),
        pytest.param(b"<envoy_info/>", id="nothing in it"),
        pytest.param(document(software="D8"), id="no serial number"),
        pytest.param(document(sn=" \n ", software="D8"), id="blank serial number"),
        pytest.param(document(sn="1"), id="no firmware"),
        pytest.param(document(sn="1", software="D8").replace(b"envoy_info", b"other_info"), id="another root"),
        pytest.param(b"\xff\xfe\x00\xd8", id="no text"),
        pytest.param(b'<?xml version="1.0" encoding="none"?><envoy_info/>', id="unknown encoding"),
        pytest.param(b"<a>" * 100_000, id="endlessly nested"),
    ],
)
def test_what_is_not_the_page_of_a_gateway_is_refused(body: bytes) -> None:
    with pytest.raises(ApiPayloadError) as caught:
        parse_info("info", body)
    assert caught.value.endpoint == "info"
    assert SERIAL not in str(caught.value)


BOMB = (
    '<?xml version="1.0" encoding="{}"?><!DOCTYPE envoy_info [<!ENTITY a "{}">'
    + "".join(f'<!ENTITY {name} "{f"&{before};" * 20}">' for before, name in zip("abcdefg", "bcdefgh", strict=True))
    + "]><envoy_info><device><sn>&{};</sn><software>D8.1</software></device></envoy_info>"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("entity", ["a", "h"])
def test_a_page_that_declares_entities_is_refused_in_any_encoding(encoding: str, entity: str) -> None:
    """No gateway does so; who does wants to blow the parser up."""
    with pytest.raises(ApiPayloadError):
        parse_info("info", BOMB.format(encoding, "1" * 50, entity).encode(encoding))


def test_a_firmware_of_thousands_of_digits_breaks_nothing() -> None:
    read(document(sn="1", software="D" + "9" * 5000))


@given(st.binary(max_size=300))
def test_any_bytes_are_a_gateway_or_are_refused(body: bytes) -> None:
    read(body)


@settings(max_examples=300)
@given(st.data())
def test_a_page_with_some_bytes_changed_is_a_gateway_or_is_refused(data: st.DataObject) -> None:
    body = bytearray(info())
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    read(bytes(body[: data.draw(st.integers(0, len(body)))]) if data.draw(st.booleans()) else bytes(body))


# -- tokens -------------------------------------------------------------------


@pytest.fixture
def issuer() -> GatewayServer:
    """Return who issues tokens."""
    return GatewayServer(House(HOME, start=NOON), HARDWARE, clock=ManualClock(NOON))


def segment(content: bytes) -> str:
    """Return a part of a token."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def forged(claims: Any, header: Any = None, signature: bytes = bytes(64)) -> str:
    """Return a token with any claims."""
    parts = [json.dumps({"alg": "ES256"} if header is None else header), json.dumps(claims)]
    return ".".join([*(segment(part.encode()) for part in parts), segment(signature)])


def test_a_token_tells_its_gateway_its_owner_and_its_end(issuer: GatewayServer) -> None:
    token = GatewayToken.parse(issuer.token())
    assert token.serial == SERIAL
    assert token.role == TokenRole.OWNER
    assert token.expires_at == datetime.fromtimestamp(NOON, UTC) + timedelta(days=365)
    assert token.whole_signature


def test_a_token_is_read_as_it_was_pasted(issuer: GatewayServer) -> None:
    raw = issuer.token("installer", lifetime=43_200)
    for pasted in (f"  {raw}\n", f'"{raw}"', f"'{raw}'", raw[:50] + "\n" + raw[50:]):
        token = GatewayToken.parse(pasted)
        assert token.raw == raw
        assert token.role == TokenRole.INSTALLER


@pytest.mark.parametrize(("seconds", "over"), [(-1, False), (0, True), (1, True)])
def test_a_token_is_over_at_its_end(issuer: GatewayServer, seconds: float, over: bool) -> None:
    token = GatewayToken.parse(issuer.token(lifetime=100))
    assert token.expired(datetime.fromtimestamp(NOON + 100 + seconds, UTC)) is over


def test_a_token_without_an_end_is_never_over() -> None:
    token = GatewayToken.parse(forged({"aud": SERIAL}))
    assert token.expires_at is None
    assert not token.expired(datetime.max.replace(tzinfo=UTC))


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_token_that_was_not_copied_to_its_end_is_noticed(issuer: GatewayServer, cut: int) -> None:
    with suppress(TokenMalformedError):
        assert not GatewayToken.parse(issuer.token()[:-cut]).whole_signature


@pytest.mark.parametrize("text", ["", "token", "a.b", "a.b.c", "eyJ.eyJ.x", "<html>", "{}", "..", "ä.ö.ü", "\x00"])
def test_what_is_no_token_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(TokenMalformedError) as caught:
        GatewayToken.parse(text)
    assert str(caught.value) == "token: not a complete JSON web token"


@pytest.mark.parametrize("expires", [None, "soon", True, [], 1e300, -1e300, 10**30, float("nan"), float("inf")])
def test_an_end_that_makes_no_sense_is_not_known(expires: object) -> None:
    assert GatewayToken.parse(forged({"exp": expires})).expires_at is None


@pytest.mark.parametrize("audience", [None, 3, ["482512345678"], {}])
def test_an_audience_that_is_no_serial_number_is_not_known(audience: object) -> None:
    assert GatewayToken.parse(forged({"aud": audience})).serial is None


def test_a_token_of_unknown_kind_counts_as_the_owners() -> None:
    assert GatewayToken.parse(forged({})).role == TokenRole.OWNER


def test_a_token_signed_in_another_way_is_taken_as_it_is() -> None:
    raw = jwt.encode({"aud": SERIAL}, "k" * 32, algorithm="HS256")
    assert GatewayToken.parse(raw).whole_signature


def test_a_token_shows_neither_itself_nor_the_serial_number(issuer: GatewayServer) -> None:
    token = GatewayToken.parse(issuer.token())
    assert token.raw not in repr(token)
    assert SERIAL not in repr(token)


CLAIMS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
NAMES = st.sampled_from(["aud", "exp", "iat", "nbf", "enphaseUser", "alg", "typ", "crit", "b64", "kid", "iss", "jti"])


def parsed(text: str) -> None:
    """Read a token; what is none is refused by our own error."""
    try:
        token = GatewayToken.parse(text)
    except TokenMalformedError:
        return
    token.expired(datetime.fromtimestamp(NOON, UTC))
    repr(token)


@given(st.text() | st.text(alphabet="eyJ.abc_-=", max_size=60))
def test_any_text_is_a_token_or_is_refused(text: str) -> None:
    parsed(text)


@pytest.mark.parametrize("text", ["\ud800", "eyJ.\udfff.x"])
def test_half_a_character_is_no_token(text: str) -> None:
    parsed(text)


@given(st.dictionaries(NAMES, CLAIMS) | CLAIMS, st.dictionaries(NAMES, CLAIMS) | CLAIMS, st.binary(max_size=70))
def test_any_claims_and_headers_are_a_token_or_are_refused(claims: object, header: object, signature: bytes) -> None:
    parsed(forged(claims, header, signature))


@pytest.mark.parametrize("claims", [b"[" * 200_000, b'{"a":' * 200_000, b'{"exp": ' + b"9" * 5000 + b"}", b"\xff"])
def test_claims_that_json_parsers_stumble_over_are_refused(claims: bytes) -> None:
    parsed(f"{segment(b'{"alg":"ES256"}')}.{segment(claims)}.{segment(bytes(64))}")
