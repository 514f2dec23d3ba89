"""What the tests of the gateway's config flow share."""

from dataclasses import replace
from ipaddress import ip_address
from typing import Any

from custom_components.energy_site.const import DOMAIN
from homeassistant.config_entries import SOURCE_ZEROCONF, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo
from simulator.iq_gateway import GatewayServer


def announced(gateway: GatewayServer, **changes: Any) -> ZeroconfServiceInfo:
    """Return what a gateway announces of itself."""
    address = ip_address(changes.pop("address", "127.0.0.1"))
    info = ZeroconfServiceInfo(
        ip_address=address,
        ip_addresses=[address],
        port=gateway.port,
        hostname="envoy.local.",
        type="_enphase-envoy._tcp.local.",
        name="envoy._enphase-envoy._tcp.local.",
        properties={"serialnum": gateway.serial, "protovers": "7.6.175"},
    )
    return replace(info, **changes)


async def discover(hass: HomeAssistant, info: ZeroconfServiceInfo) -> ConfigFlowResult:
    """Let Home Assistant find a gateway."""
    return await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_ZEROCONF}, data=info)
