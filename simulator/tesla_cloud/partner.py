"""Registration of an application in a region, which fetches the public key from its domain."""

import re

import aiohttp
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from simulator.iq_gateway.reply import Reply

from .access import Application, Registration
from .asking import Ask
from .errors import failure
from .world import World

KEY_PATH = "/.well-known/appspecific/com.tesla.3p.public-key.pem"
_DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}")
_WAIT = aiohttp.ClientTimeout(total=5)


class NoKeyError(Exception):
    """A domain doesn't serve a valid key."""


async def register(ask: Ask) -> Reply:
    """Register the application's domain in the region that was asked.

    Raises:
        RefusedError: The domain can't be registered or doesn't serve a valid key.
    """
    domain = ask.content().get("domain")
    if not isinstance(domain, str) or not _DOMAIN.fullmatch(domain) or "tesla" in domain:
        raise failure(400, f"Invalid domain: {domain}", "Domain must be lower case, without scheme, port and path")
    application = ask.application
    if "*" not in application.origins and domain not in application.origins:
        raise failure(400, f"Invalid domain: {domain}", "Domain must be one of the allowed origins")
    try:
        key = await fetch_key(ask.world.hosts.get(domain))
    except NoKeyError as error:
        raise failure(424, "registration rejected", f"https://{domain}{KEY_PATH}: {error}") from error
    if _taken(ask.world, application, key):
        raise failure(422, "Public key hash has already been taken")
    application.registrations[ask.region] = Registration(domain=domain, public_key=key)
    answer = {
        "client_id": application.client_id,
        "name": application.name,
        "description": "",
        "domain": domain,
        "ca": None,
        "csr": None,
        "enterprise_tier": "free",
        "issuer": None,
        "public_key": key,
    }
    return Reply(payload={"response": answer})


def public_key(ask: Ask) -> Reply:
    """Return the key that was registered for a domain in the region that was asked."""
    registration = ask.application.registrations.get(ask.region)
    if registration is None or registration.domain != ask.query.get("domain"):
        raise failure(404)
    return Reply(payload={"response": {"public_key": registration.public_key}})


async def fetch_key(host: str | None) -> str:
    """Return the key a host serves, as its uncompressed point in hex.

    Raises:
        NoKeyError: There is no such host, or it serves none.
    """
    if host is None:
        raise NoKeyError("the domain can not be resolved")
    try:
        async with (
            aiohttp.ClientSession(timeout=_WAIT) as session,
            session.get(f"{host}{KEY_PATH}", allow_redirects=False) as response,
        ):
            if response.status != 200:
                raise NoKeyError(f"status {response.status}")
            content = await response.read()
    except (aiohttp.ClientError, TimeoutError) as error:
        raise NoKeyError("no answer") from error
    return point(content)


def point(pem: bytes) -> str:
    """Return a PEM's prime256v1 public key as its uncompressed point in hex.

    Raises:
        NoKeyError: It is none.
    """
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise NoKeyError("not a PEM public key") from error
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise NoKeyError("not an EC key of prime256v1")
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint).hex()


def _taken(world: World, application: Application, key: str) -> bool:
    return any(
        registration.public_key == key
        for other in world.applications.values()
        for registration in other.registrations.values()
        if other is not application
    )
