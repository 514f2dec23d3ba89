"""Whatever an owner pastes as the gateway's address works, or they are told that it is none."""

import socket

import pytest
import pytest_socket

from custom_components.energy_site.helpers.flow_error import FlowError
from custom_components.energy_site.vendors.iq_gateway.identity import parse_host
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from simulator.iq_gateway import GatewayServer
from tests.common import start_flow, step


@pytest.mark.parametrize(
    "typed",
    [
        "{host}",
        " {host} \n",
        "{host}/",
        "https://{host}",
        "https://{host}/home",
        "HTTPS://{host}/home?locale=en#/live",
        "http://{host}/home ",
    ],
)
async def test_a_pasted_address_leads_to_the_gateway(hass: HomeAssistant, gateway: GatewayServer, typed: str) -> None:
    result = await step(hass, await start_flow(hass), {"host": typed.format(host=gateway.host)})
    assert result["step_id"] == "iq_gateway_auth"
    placeholders = result["description_placeholders"]
    assert placeholders is not None
    assert placeholders["host"] == gateway.host


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
@pytest.mark.parametrize("typed", ["[::ffff:127.0.0.1]:{port}", "https://[::ffff:127.0.0.1]:{port}/home "])
async def test_a_pasted_ipv6_address_leads_to_the_gateway(
    hass: HomeAssistant, gateway: GatewayServer, typed: str
) -> None:
    # The same loopback in the notation of IPv6, which the guard against real connections does not know.
    pytest_socket.socket_allow_hosts(["127.0.0.1", "::ffff:127.0.0.1"])
    result = await step(hass, await start_flow(hass), {"host": typed.format(port=gateway.port)})
    assert result["type"] is FlowResultType.MENU, result
    assert result["step_id"] == "iq_gateway_auth"


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        ("http://192.168.1.50", "192.168.1.50"),
        ("http://192.168.1.50:80/home", "192.168.1.50"),
        ("https://192.168.1.50:443/", "192.168.1.50"),
        ("192.168.1.50:80", "192.168.1.50"),
        ("192.168.1.50:443", "192.168.1.50"),
        ("192.168.1.50:8443", "192.168.1.50:8443"),
        ("https://Envoy.local./", "envoy.local"),
        ("my_gateway.lan", "my_gateway.lan"),
        ("[fd00::1d:c0ff]", "[fd00::1d:c0ff]"),
        ("fd00::1d:c0ff", "[fd00::1d:c0ff]"),
        ("http://[fd00::1d:c0ff]:80/home", "[fd00::1d:c0ff]"),
        ("https://[FD00::1D:C0FF]:8443", "[fd00::1d:c0ff]:8443"),
        ("http://[fe80::1%25eth0]/", "[fe80::1%eth0]"),
    ],
)
def test_only_the_host_and_an_unusual_port_of_an_address_are_kept(typed: str, host: str) -> None:
    assert parse_host(typed) == host


@pytest.mark.parametrize(
    "typed",
    [
        *("", " ", "not a host", "http://", "http://[", "https:////gateway", "-gateway", "gateway-"),
        *("127.0.0.1:99999", "127.0.0.1:0", "127.0.0.1:port", "ftp://127.0.0.1", "[127.0.0.1", "fd00::1::2"),
        *("user@127.0.0.1", "user:secret@127.0.0.1", "https://:secret@127.0.0.1", "javascript://127.0.0.1"),
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(FlowError, match="invalid_host"):
        parse_host(typed)
