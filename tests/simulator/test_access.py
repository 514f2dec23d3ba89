"""Who may read a gateway, and by which certificate it is known."""

import asyncio
from dataclasses import replace
from hashlib import sha256
import ssl

import aiohttp
import jwt
import pytest

from simulator.clock import ManualClock
from simulator.house import House
from simulator.iq_gateway import GatewayServer

from .client import Client
from .conftest import HARDWARE


async def test_info_needs_no_token(gateway: GatewayServer) -> None:
    """It proves the serial number to anybody."""
    async with Client(gateway) as stranger:
        answer = await stranger.ask("/info")
        assert answer.status == 200
        assert f"<sn>{gateway.serial}</sn>" in answer.text
        assert "<software>D8.3.5169</software>" in answer.text
        assert (await stranger.ask("/info.xml")).text == answer.text


async def test_everything_else_answers_401_with_a_page(gateway: GatewayServer) -> None:
    """The page is HTML."""
    async with Client(gateway) as stranger:
        answer = await stranger.ask("/ivp/meters")
        assert answer.status == 401
        assert answer.text.startswith("<!DOCTYPE html>")


@pytest.mark.parametrize("bad", ["other gateway", "expired", "revoked", "rubbish"])
async def test_a_bad_token_is_refused(gateway: GatewayServer, bad: str) -> None:
    """Also where tokens are checked."""
    now = gateway.clock.now()
    tokens = {
        "other gateway": gateway.token(serial="482599999999"),
        "expired": gateway.token(issued_at=now - 100, lifetime=99),
        "revoked": gateway.token(),
        "rubbish": "rubbish",
    }
    if bad == "revoked":
        gateway.revoke_tokens()
    async with Client(gateway, tokens[bad]) as client:
        assert (await client.ask("/ivp/meters")).status == 401
        assert (await client.ask("/auth/check_jwt")).status == 401


def test_a_token_says_whose_it_is(house: House, clock: ManualClock) -> None:
    """Its claims are those of the vendor."""
    gateway = GatewayServer(house, HARDWARE, clock=clock)
    claims = jwt.decode(gateway.token("installer", lifetime=43200), options={"verify_signature": False})
    assert claims["aud"] == gateway.serial
    assert claims["iss"] == "Entrez"
    assert claims["enphaseUser"] == "installer"
    assert claims["exp"] - claims["iat"] == 43200
    assert {"jti", "username"} <= claims.keys()


async def test_a_bearer_request_without_cookie_opens_a_session_and_the_cookie_replaces_the_check(
    gateway: GatewayServer, client: Client, clock: ManualClock
) -> None:
    """The session lives ten minutes from its last use."""
    first = await client.ask("/ivp/meters")
    assert "Secure; HttpOnly; path=/" in first.headers["Set-Cookie"]
    clock.advance(500)
    assert "Set-Cookie" not in (await client.ask("/ivp/meters")).headers
    clock.advance(500)
    assert "Set-Cookie" not in (await client.ask("/ivp/meters")).headers
    assert gateway.stats.sessions == 1
    clock.advance(601)
    assert "Set-Cookie" in (await client.ask("/ivp/meters")).headers
    assert gateway.stats.sessions == 2


async def test_without_a_cookie_each_request_is_a_new_session(gateway: GatewayServer) -> None:
    """This is what costs a real gateway its time."""
    async with Client(gateway, gateway.token(), cookies=False) as client:
        for _ in range(3):
            await client.ask("/ivp/meters")
    assert gateway.stats.sessions == 3
    assert gateway.stats.cookie == 0


async def test_check_jwt_says_so_and_gives_a_session(gateway: GatewayServer, client: Client) -> None:
    """It may be asked with GET and POST."""
    for method in ("GET", "POST"):
        answer = await client.ask("/auth/check_jwt", method)
        assert answer.status == 200
        assert "Valid token." in answer.text
        assert "sessionId=" in answer.headers["Set-Cookie"]


async def test_an_owner_is_no_installer(gateway: GatewayServer, client: Client, clock: ManualClock) -> None:
    """Some endpoints are for installers."""
    path = "/ivp/mod/603980032/mode/power"
    assert (await client.ask(path)).status == 401
    async with Client(gateway, gateway.token("installer")) as installer:
        assert await installer.get(path) == {"powerForcedOff": False}
        await installer.send("PUT", path, {"length": 1, "arr": [1]})
        clock.advance(10)
        meters = await installer.get("/ivp/meters/readings")
        assert meters[0]["activePower"] == 0


async def test_unknown_paths_and_methods(client: Client) -> None:
    """They get 404 and 405."""
    assert (await client.ask("/ivp/nothing")).status == 404
    assert (await client.ask("/ivp/meters", "DELETE")).status == 405


async def certificate_of(gateway: GatewayServer) -> bytes:
    """Return the fingerprint of what is really served."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    _, writer = await asyncio.open_connection("127.0.0.1", gateway.port, ssl=context)
    der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return sha256(der).digest()


async def test_the_certificate_changes_when_told(gateway: GatewayServer) -> None:
    """The port stays."""
    before, port = gateway.fingerprint, gateway.port
    assert await certificate_of(gateway) == before
    await gateway.rotate_certificate()
    assert gateway.port == port
    assert gateway.fingerprint != before
    assert await certificate_of(gateway) == gateway.fingerprint


async def test_unplugged_it_refuses_connections(gateway: GatewayServer, client: Client) -> None:
    """And comes back on the same port."""
    await gateway.unplug()
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.ask("/info")
    await gateway.plug_in()
    assert (await client.ask("/info")).status == 200


async def test_a_wrong_clock_judges_tokens_wrongly(gateway: GatewayServer, client: Client) -> None:
    """Stamps follow the gateway's clock."""
    gateway.clock_skew = 3600.0
    readings = await client.get("/ivp/meters/readings")
    assert readings[0]["timestamp"] == int(gateway.clock.now()) + 3600
    gateway.close_sessions()
    gateway.clock_skew = 366 * 86400.0
    assert (await client.ask("/ivp/meters")).status == 401


async def test_some_gateways_close_each_connection(house: House, clock: ManualClock, socket_enabled: None) -> None:
    """They say so."""
    config = replace(HARDWARE, keep_alive=False)
    async with GatewayServer(house, config, clock=clock) as gateway, Client(gateway) as client:
        assert (await client.ask("/info")).headers["Connection"] == "close"
