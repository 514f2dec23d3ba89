"""A gateway that is busy or still starting is a gateway all the same: in the flow, in discovery and at start."""

import gzip

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from simulator.iq_gateway import Fault, GatewayServer, Hang, HttpStatus, Truncated
from simulator.iq_gateway.certificate import certificate
from tests.api.raw import RawServer, http
from tests.common import gateway_entry, set_up, start_flow, step

from ...flows import announced, discover
from ...steering import finish

BUSY = [
    *(HttpStatus(code) for code in (301, 408, 429, 500, 502, 503, 504)),
    *(Truncated(keep=keep) for keep in (0.0, 0.02, 0.4, 0.99)),
    Truncated(keep=0.4, promise_all=True),
]

_INFO = b"<envoy_info><time>1</time><device><sn>121621000000</sn><software>R5.0.62</software></device></envoy_info>"
UNREADABLE = {
    "two ways to say where it ends": b"HTTP/1.1 200 OK\r\nContent-Length: 300\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"%x\r\n%s\r\n0\r\n\r\n" % (len(_INFO), _INFO),
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nContent-Length: %d\r\n\r\n%s"
    % (len(_INFO), len(_INFO), _INFO),
    "packed, it says": http(200, _INFO, Content_Encoding="gzip"),
    "not HTTP": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
}


@pytest.mark.parametrize("fault", BUSY, ids=str)
async def test_set_up_says_that_the_gateway_is_busy_and_goes_on(
    hass: HomeAssistant, gateway: GatewayServer, fault: Fault
) -> None:
    active = gateway.faults.add(fault, "/info")
    result = await step(hass, await start_flow(hass), {"host": gateway.host})
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {"host": "gateway_busy"}
    active.remove()
    result = await step(hass, result, {"host": gateway.host})
    assert result["step_id"] == "iq_gateway_auth"


async def test_set_up_says_that_a_gateway_that_takes_too_long_is_busy(
    hass: HomeAssistant, gateway: GatewayServer, freezer: FrozenDateTimeFactory
) -> None:
    gateway.faults.add(Hang(), "/info")
    flow = await start_flow(hass)
    result = await finish(hass, freezer, hass.loop.create_task(step(hass, flow, {"host": gateway.host})))
    assert result["errors"] == {"host": "gateway_busy"}


@pytest.mark.parametrize("fault", [HttpStatus(429), HttpStatus(503), Truncated(keep=0.4, promise_all=True)], ids=str)
async def test_a_gateway_that_is_too_busy_to_check_a_token_does_not_make_it_good_or_bad(
    hass: HomeAssistant, gateway: GatewayServer, fault: Fault
) -> None:
    result = await step(hass, await start_flow(hass), {"host": gateway.host})
    result = await step(hass, result, {"next_step_id": "iq_gateway_token"})
    active = gateway.faults.add(fault, "/auth/check_jwt")
    result = await step(hass, result, {"token": gateway.token()})
    assert result["errors"] == {"token": "gateway_busy"}
    active.remove()
    result = await step(hass, result, {"token": gateway.token()})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done(wait_background_tasks=True)
    await hass.config_entries.async_unload(result["result"].entry_id)


@pytest.mark.parametrize("fault", BUSY, ids=str)
async def test_discovery_of_a_busy_gateway_does_not_call_it_something_else(
    hass: HomeAssistant, gateway: GatewayServer, fault: Fault
) -> None:
    gateway.faults.add(fault, "/info")
    result = await discover(hass, announced(gateway))
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "gateway_busy"


@pytest.mark.parametrize(
    ("fault", "key"),
    [
        (HttpStatus(503), "busy"),
        (HttpStatus(429), "busy"),
        (Truncated(keep=0.4), "cut_off"),
        (Truncated(keep=0.4, promise_all=True), "cut_off"),
    ],
    ids=str,
)
async def test_a_gateway_that_is_busy_at_start_is_tried_again(
    hass: HomeAssistant, gateway: GatewayServer, fault: Fault, key: str
) -> None:
    entry = gateway_entry(gateway)
    active = gateway.faults.add(fault, "/info")
    await set_up(hass, entry)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == key
    assert not hass.config_entries.flow.async_progress()
    active.remove()
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert str(entry.state) == str(ConfigEntryState.LOADED)
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize("answer", UNREADABLE.values(), ids=UNREADABLE)
async def test_set_up_does_not_say_that_nothing_answers_when_the_answer_cannot_be_read(
    hass: HomeAssistant, gateway: GatewayServer, answer: bytes
) -> None:
    async with RawServer(answer, context=certificate("unreadable").context) as server:
        result = await step(hass, await start_flow(hass), {"host": f"127.0.0.1:{server.port}"})
        assert result["errors"] == {"host": "unreadable_answer"}
    result = await step(hass, result, {"host": gateway.host})
    assert result["step_id"] == "iq_gateway_auth"


async def test_an_answer_in_pieces_that_breaks_off_is_a_busy_gateway(
    hass: HomeAssistant, gateway: GatewayServer
) -> None:
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s" % (len(_INFO), _INFO[:40])
    async with RawServer(answer, context=certificate("cut off").context) as server:
        result = await step(hass, await start_flow(hass), {"host": f"127.0.0.1:{server.port}"})
        assert result["errors"] == {"host": "gateway_busy"}


async def test_an_old_gateway_without_encryption_that_is_busy_is_not_called_something_else(
    hass: HomeAssistant, gateway: GatewayServer
) -> None:
    async with RawServer(http(503)) as server:
        result = await step(hass, await start_flow(hass), {"host": f"127.0.0.1:{server.port}"})
        assert result["errors"] == {"host": "gateway_busy"}


async def test_a_packed_information_is_read(hass: HomeAssistant, gateway: GatewayServer) -> None:
    answer = http(200, gzip.compress(_INFO), Content_Encoding="gzip", Content_Type="text/xml")
    async with RawServer(answer, context=certificate("packed").context) as server:
        result = await step(hass, await start_flow(hass), {"host": f"127.0.0.1:{server.port}"})
        assert result["errors"] == {"host": "firmware_too_old"}


@pytest.mark.parametrize("fault", BUSY, ids=str)
async def test_a_busy_moment_while_the_other_interface_announces_itself_moves_nothing(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, fault: Fault
) -> None:
    async with GatewayServer(gateway.house, gateway.config, clock=gateway.clock) as radio:
        gateway.faults.add(fault, "/info")
        result = await discover(hass, announced(radio))
    assert result["reason"] == "already_configured"
    assert entry.data["host"] == gateway.host
    assert not radio.stats.requests
