"""No answer is read further than its endpoint can fill it, and the longest lists pass."""

import json
import time

import aiohttp
import pytest

from custom_components.energy_site.api.errors import ApiPayloadError
from custom_components.energy_site.api.transport import request
from custom_components.energy_site.vendors.iq_gateway.client import endpoints
from custom_components.energy_site.vendors.iq_gateway.client.client import IqGatewayClient, probe_plain_http
from custom_components.energy_site.vendors.iq_gateway.client.endpoints import INFO_LIMIT, Endpoint
from simulator.iq_gateway.certificate import certificate

from .raw import RawServer, http

_ALL = [value for value in vars(endpoints).values() if isinstance(value, Endpoint)]
_LISTS = [endpoints.INVERTERS, endpoints.INVENTORY, endpoints.DEVICE_DATA, endpoints.ENSEMBLE_INVENTORY]


async def ask(session: aiohttp.ClientSession, server: RawServer, limit: int) -> int:
    """Ask with a limit, and return how many bytes came."""
    answer = await request(session, "GET", server.url, endpoint="e", timeout=5, limit=limit)
    return len(answer.body)


async def test_an_answer_as_long_as_allowed_is_read(session: aiohttp.ClientSession) -> None:
    async with RawServer(http(200, b"x" * 1000)) as server:
        assert await ask(session, server, 1000) == 1000
        with pytest.raises(ApiPayloadError, match="more than 999 bytes"):
            await ask(session, server, 999)


async def test_an_answer_that_announces_too_much_is_not_waited_for(session: aiohttp.ClientSession) -> None:
    async with RawServer(b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\nx", stays=True) as server:
        started = time.monotonic()
        with pytest.raises(ApiPayloadError, match="more than 1000 bytes"):
            await ask(session, server, 1000)
        assert time.monotonic() - started < 2


async def test_an_answer_without_a_length_is_cut_while_it_is_read(session: aiohttp.ClientSession) -> None:
    chunk = b"400\r\n" + b"x" * 1024 + b"\r\n"
    async with RawServer(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk * 8, stays=True) as server:
        with pytest.raises(ApiPayloadError, match="more than 4096 bytes"):
            await ask(session, server, 4096)


@pytest.mark.parametrize("announced", [True, False])
async def test_a_gateway_that_tells_too_much_of_itself_is_not_parsed(
    session: aiohttp.ClientSession, announced: bool
) -> None:
    info = b"<envoy_info><device><sn>1</sn><software>D8</software></device>%s</envoy_info>"
    body = info % (b"<package/>" * (INFO_LIMIT // 10))
    answer = http(200, body) if announced else b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body
    identity = certificate("talkative")
    async with RawServer(answer, context=identity.context) as server:
        client = IqGatewayClient(session, f"127.0.0.1:{server.port}", fingerprint=identity.fingerprint)
        with pytest.raises(ApiPayloadError, match="more than 64000 bytes"):
            await client.info()
    async with RawServer(answer) as server:
        with pytest.raises(ApiPayloadError, match="more than 64000 bytes"):
            await probe_plain_http(session, f"127.0.0.1:{server.port}")


@pytest.mark.parametrize("endpoint", _ALL, ids=lambda endpoint: endpoint.name)
async def test_each_endpoint_has_its_limit(session: aiohttp.ClientSession, endpoint: Endpoint[object]) -> None:
    identity = certificate("talkative")
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (endpoint.limit + 1)
    async with RawServer(head, context=identity.context, stays=True) as server:
        client = IqGatewayClient(session, f"127.0.0.1:{server.port}", fingerprint=identity.fingerprint)
        with pytest.raises(ApiPayloadError, match=f"more than {endpoint.limit} bytes"):
            await client.get(endpoint)
    assert endpoint.limit <= (4_000_000 if endpoint in [*_LISTS, endpoints.DEVICE_LIST] else 256_000)


@pytest.mark.parametrize("endpoint", _LISTS, ids=lambda endpoint: endpoint.name)
def test_lists_of_six_hundred_units_fit_with_room_to_spare(endpoint: Endpoint[object]) -> None:
    # The longest entry that was recorded has 1.3 kB.
    unit = {"sn": "482208990001", "values": {f"value_{number:02}": 1234567890.5 for number in range(50)}}
    assert len(json.dumps(unit)) > 1300
    assert 600 * len(json.dumps(unit)) < endpoint.limit / 2
