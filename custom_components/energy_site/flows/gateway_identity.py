"""Finds out who answers at an address, before anything secret is sent there."""

from dataclasses import dataclass, field
import re

from aiohttp import ClientSession
from yarl import URL

from ..clients.errors import ApiConnectionError, ApiError, ApiUnreachableError
from ..clients.iq_gateway.client import IqGatewayClient, probe_plain_http
from ..clients.iq_gateway.models.info import GatewayInfo

OLDEST_FIRMWARE = 7

_HOST = re.compile(r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?$")


class FlowProblem(Exception):  # noqa: N818 - what a person is told to mend, not a failure of the program.
    """Something that the person in the flow can mend; `key` names its message."""

    def __init__(self, key: str) -> None:
        """Name the message."""
        super().__init__(key)
        self.key = key


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayIdentity:
    """A gateway that can be set up: where it is, who it is, and the certificate it showed."""

    host: str
    serial: str = field(repr=False)
    fingerprint: bytes = field(repr=False)


def tidy_host(text: str) -> str:
    """Return the host, with its port, of whatever a person typed or pasted.

    Raises `FlowProblem` where that is no host.
    """
    text = text.strip()
    if "//" in text:
        try:
            url = URL(text)
        except ValueError:
            raise FlowProblem("invalid_host") from None
        text = url.authority
    host = text.split("/", maxsplit=1)[0].rstrip(".").lower()
    if not _HOST.match(host) or not 0 < int(host.partition(":")[2] or 443) < 65536:
        raise FlowProblem("invalid_host")
    return host.removesuffix(":443")


async def identify(session: ClientSession, host: str) -> GatewayIdentity:
    """Return who answers at a host; raise `FlowProblem` where it is no gateway for us."""
    try:
        client = IqGatewayClient(session, host)
        fingerprint = await client.read_fingerprint()
        info = await IqGatewayClient(session, host, fingerprint=fingerprint).info()
    except ApiUnreachableError as err:
        await _refuse_old_gateway(session, host)
        raise FlowProblem("cannot_connect") from err
    except ApiConnectionError as err:
        raise FlowProblem("cannot_connect") from err
    except ApiError as err:
        raise FlowProblem("not_a_gateway") from err
    _check_firmware(info)
    return GatewayIdentity(host=host, serial=info.serial, fingerprint=fingerprint)


async def _refuse_old_gateway(session: ClientSession, host: str) -> None:
    """Tell a gateway with old firmware, which knows no encryption, from nothing at all."""
    try:
        info = await probe_plain_http(session, host)
    except ApiConnectionError:
        return
    except ApiError as err:
        raise FlowProblem("not_a_gateway") from err
    _check_firmware(info)


def _check_firmware(info: GatewayInfo) -> None:
    if info.major < OLDEST_FIRMWARE:
        raise FlowProblem("firmware_too_old")
