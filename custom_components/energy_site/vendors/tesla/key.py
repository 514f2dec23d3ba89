"""The key pair of the applications registered with Tesla: Home Assistant makes it, keeps it, and serves its public key.

Tesla requires a public key of each application. It's for signing commands to vehicles, so energy sites
don't need the private one, but the pair can't be replaced without registering again.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import web
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.http import KEY_HASS, HomeAssistantView
from homeassistant.util.hass_dict import HassKey

from ...const import DOMAIN
from ...helpers.storage import KeptFile

KEY_PATH: Final = "/.well-known/appspecific/com.tesla.3p.public-key.pem"

_PRIVATE_KEY = "private_key"

_KEY: HassKey[asyncio.Future[PublicKey | None]] = HassKey(f"{DOMAIN}_tesla_key")
_SERVED: HassKey[bool] = HassKey(f"{DOMAIN}_tesla_key_served")


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key on the curve that Tesla requires."""

    key: EllipticCurvePublicKey = field(repr=False)

    @property
    def pem(self) -> str:
        """The key as it is served."""
        return self.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    @property
    def point(self) -> str:
        """The uncompressed point as hexadecimal digits, as Tesla shows it."""
        return self.key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint).hex()


def read_public_key(pem: bytes) -> PublicKey:
    """Read a key; raises `ValueError` if it isn't a PEM key on the curve that Tesla requires."""
    try:
        key = load_pem_public_key(pem)
    except UnsupportedAlgorithm as err:
        raise ValueError("another algorithm") from err
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise ValueError("another kind of key")  # noqa: TRY004 - what was read is wrong, not its type.
    return PublicKey(key)


async def async_public_key(hass: HomeAssistant) -> PublicKey:
    """Return Home Assistant's own public key, which is made when it is first needed."""
    return await _async_stored(hass) or await async_replace_key(hass)


async def async_replace_key(hass: HomeAssistant) -> PublicKey:
    """Make a new key pair and return its public key.

    Applications that were registered with the previous one stay registered.
    """
    private = generate_private_key(SECP256R1())
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    key = PublicKey(private.public_key())
    hass.data[_KEY] = hass.loop.create_future()
    hass.data[_KEY].set_result(key)
    await _file(hass).async_save({_PRIVATE_KEY: pem})
    return key


async def _async_stored(hass: HomeAssistant) -> PublicKey | None:
    if _KEY not in hass.data:
        hass.data[_KEY] = asyncio.ensure_future(_async_load(hass))
    return await asyncio.shield(hass.data[_KEY])


async def _async_load(hass: HomeAssistant) -> PublicKey | None:
    stored = await _file(hass).async_load()
    return PublicKey(_private_key(stored).public_key()) if stored else None


def _file(hass: HomeAssistant) -> KeptFile:
    return KeptFile(hass, "tesla_key", "the key pair registered with Tesla", is_ours=_is_ours, private=True)


def _is_ours(data: Mapping[str, Any]) -> bool:
    try:
        _private_key(data)
    except AttributeError, LookupError, TypeError, ValueError, UnsupportedAlgorithm:
        return False
    return True


def _private_key(data: Mapping[str, Any]) -> EllipticCurvePrivateKey:
    key = load_pem_private_key(data[_PRIVATE_KEY].encode(), password=None)
    if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
        raise ValueError("another kind of key")  # noqa: TRY004 - what was read is wrong, not its type.
    return key


class PublicKeyView(HomeAssistantView):
    """Serves the public key to Tesla, and to users who upload it elsewhere."""

    url = KEY_PATH
    name = "well-known:tesla:public-key"
    requires_auth = False

    async def get(self, request: web.Request) -> web.Response:
        """Return the key, if there is one."""
        if (key := await _async_stored(request.app[KEY_HASS])) is None:
            return web.Response(status=404)
        return web.Response(text=key.pem, content_type="application/x-pem-file")


@callback
def async_serve_key(hass: HomeAssistant) -> None:
    """Serve the public key, once there is one."""
    # Home Assistant's web server takes views at any time, but a web server that others set up may not.
    if hass.data.get(_SERVED) or hass.http.app.router.frozen:
        return
    hass.http.register_view(PublicKeyView)
    hass.data[_SERVED] = True
