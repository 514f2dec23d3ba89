"""Identifies the gateway at an address before any secret is sent there."""

from dataclasses import dataclass, field
from ipaddress import ip_address
import re

from aiohttp import ClientSession
from yarl import URL

from ...api.errors import (
    ApiConnectionError,
    ApiCutOffError,
    ApiError,
    ApiFramingError,
    ApiIncompleteError,
    ApiStatusError,
    ApiTimeoutError,
    ApiUnreachableError,
)
from ...helpers.flow_error import FlowError
from .client.client import IqGatewayClient, probe_plain_http
from .client.models.info import GatewayInfo

OLDEST_FIRMWARE = 7

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")

# A gateway only uses encryption on port 443, and redirects to it from port 80.
_USUAL_PORTS = (None, 80, 443)

# An address that fails to respond this many times is considered gone.
_ATTEMPTS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayIdentity:
    """A gateway that can be set up: its address, serial number and certificate."""

    host: str
    serial: str = field(repr=False)
    fingerprint: bytes = field(repr=False)


def parse_host(text: str) -> str:
    """Return the host, with its port if that is unusual, from any input.

    Raises `FlowError` if it isn't a host.
    """
    text = text.strip()
    try:
        url = URL(f"https://[{text}]") if _is_ipv6(text) else URL(text if "://" in text else f"https://{text}")
        host, port = (url.raw_host or "").rstrip(".").replace("%25", "%"), url.explicit_port
    except ValueError:
        raise FlowError("invalid_host") from None
    if url.scheme not in ("http", "https") or url.user is not None or url.password is not None or port == 0:
        raise FlowError("invalid_host")
    if _is_ipv6(host):
        host = f"[{host}]"
    elif not _HOST.fullmatch(host):
        raise FlowError("invalid_host")
    return host if port in _USUAL_PORTS else f"{host}:{port}"


def _is_ipv6(text: str) -> bool:
    try:
        return ip_address(text).version == 6
    except ValueError:
        return False


async def identify(session: ClientSession, host: str) -> GatewayIdentity:
    """Return the identity of the gateway at a host; raise `FlowError` if there is no supported one."""
    try:
        client = IqGatewayClient(session, host)
        fingerprint = await client.read_fingerprint()
        info = await IqGatewayClient(session, host, fingerprint=fingerprint).info()
    except ApiUnreachableError as err:
        await _refuse_old_gateway(session, host)
        raise FlowError("cannot_connect") from err
    except ApiError as err:
        raise connection_error(err) from err
    _check_firmware(info)
    return GatewayIdentity(host=host, serial=info.serial, fingerprint=fingerprint)


async def shows_certificate(session: ClientSession, host: str, fingerprint: bytes) -> bool:
    """Return whether a host has the certificate with this SHA-256 fingerprint, even if it is busy."""
    for _ in range(_ATTEMPTS):
        try:
            return await IqGatewayClient(session, host).read_fingerprint() == fingerprint
        except ApiError:
            continue
    return False


def connection_error(error: ApiError) -> FlowError:
    """Return the form's error for a client error; a busy gateway counts as a gateway."""
    match error:
        case ApiTimeoutError() | ApiCutOffError() | ApiIncompleteError():
            return FlowError("gateway_busy")
        case ApiStatusError() if error.busy or 300 <= error.status < 400:
            return FlowError("gateway_busy")
        case ApiFramingError():
            return FlowError("unreadable_answer")
        case ApiConnectionError():
            return FlowError("cannot_connect")
    return FlowError("not_a_gateway")


async def _refuse_old_gateway(session: ClientSession, host: str) -> None:
    """Raise `FlowError` if something answers without encryption, such as a gateway with old firmware."""
    try:
        info = await probe_plain_http(session, host)
    except ApiUnreachableError, ApiTimeoutError:
        return
    except ApiError as err:
        raise connection_error(err) from err
    _check_firmware(info)


def _check_firmware(info: GatewayInfo) -> None:
    if info.major < OLDEST_FIRMWARE:
        raise FlowError("firmware_too_old")
