"""The registration of an application in a region, and why Tesla refuses one."""

from http import HTTPStatus
import re
from typing import Final

from aiohttp import ClientSession
from yarl import URL

from homeassistant.core import HomeAssistant
from homeassistant.helpers.network import NoURLAvailableError, get_url

from ...api.errors import ApiError, ApiRefusedError
from ...api.transport import request
from ...helpers.flow_error import FlowError
from ...helpers.texts import in_markdown
from .client.partner import PartnerClient
from .key import KEY_PATH, PublicKey, read_public_key

CONF_DOMAIN: Final = "domain"

_TIMEOUT = 10.0
# A key has about 180 bytes.
_LIMIT = 10_000

_PORTS = {"http": 80, "https": 443}
_DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])")


def key_address(domain: str) -> URL:
    """Return where Tesla reads the public key of a domain."""
    return URL.build(scheme="https", host=domain, path=KEY_PATH)


def own_domain(hass: HomeAssistant) -> str | None:
    """Return the domain of Home Assistant's own address, `None` if Tesla can't read a key there."""
    try:
        address = get_url(hass, allow_internal=False, allow_ip=False, require_ssl=True, require_standard_port=True)
    except NoURLAvailableError:
        return None
    return URL(address).host


def read_domain(entered: str) -> str:
    """Return the domain of what a user entered, perhaps as an address.

    Raises a `FlowError` for what isn't a domain, or one that Tesla doesn't register.
    """
    text = "".join(entered.split()).casefold()
    if not text:
        raise FlowError("needed", CONF_DOMAIN)
    try:
        url = URL(text if "://" in text else f"https://{text}")
        host, port = (url.raw_host or "").rstrip("."), url.explicit_port
    except ValueError:
        raise FlowError("domain_malformed", CONF_DOMAIN) from None
    if url.scheme not in _PORTS or url.user is not None or not _DOMAIN.fullmatch(host):
        raise FlowError("domain_malformed", CONF_DOMAIN)
    if port not in (None, _PORTS[url.scheme]):
        raise FlowError("domain_with_port", CONF_DOMAIN, placeholders={"port": str(port)})
    if "tesla" in host:
        raise FlowError("domain_names_tesla", CONF_DOMAIN)
    return host


async def async_register(client: PartnerClient, session: ClientSession, domain: str, own: PublicKey) -> bool:
    """Register a domain; return whether Tesla found the own key there, as far as it says.

    Raises a `FlowError` that says what is missing if Tesla refuses, or another `ApiError`.
    """
    try:
        registered = await client.register(domain)
    except ApiRefusedError as refusal:
        words = in_markdown({"words": refusal.words or f"status {refusal.status}"})
        key, seen = await _reason(refusal, session, domain, own)
        raise FlowError(key, CONF_DOMAIN, placeholders={**words, "address": str(key_address(domain)), **seen}) from None
    return registered.public_key in (None, own.point)


async def _reason(
    refusal: ApiRefusedError, session: ClientSession, domain: str, own: PublicKey
) -> tuple[str, dict[str, str]]:
    """Return the error for a refusal, and its placeholder: what Tesla's words say, else what the domain serves."""
    told = (refusal.words or "").casefold()
    if "taken" in told:
        return "key_taken", {}
    if refusal.status == HTTPStatus.BAD_REQUEST:
        return "domain_refused", {}
    try:
        served = await request(
            session, "GET", key_address(domain), endpoint="public key", timeout=_TIMEOUT, limit=_LIMIT
        )
        served.raise_for_status()
    except ApiError as err:
        return "key_unreachable", {"problem": err.reason}
    try:
        key = read_public_key(served.body)
    except ValueError:
        return "key_malformed", {}
    return ("registration_refused" if key.point == own.point else "key_differs"), {}
