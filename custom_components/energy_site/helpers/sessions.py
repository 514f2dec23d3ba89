"""Sessions that keep no cookies."""

from socket import AddressFamily

from aiohttp import ClientSession, DummyCookieJar

from homeassistant.const import EVENT_HOMEASSISTANT_CLOSE
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_create_clientsession
from homeassistant.util.hass_dict import HassKey

_SESSIONS: HassKey[dict[AddressFamily, ClientSession]] = HassKey("energy_site_sessions")


def async_get_isolated_session(hass: HomeAssistant, family: AddressFamily = AddressFamily.AF_UNSPEC) -> ClientSession:
    """Return a session for sign-ins and first contacts.

    One person's cookies must not go along with another person's request, as
    they would in the session that Home Assistant shares.
    """
    sessions = hass.data.setdefault(_SESSIONS, {})
    if family not in sessions:
        # Whoever asks first may be an entry that is set up, and the session outlives it.
        session = async_create_clientsession(hass, auto_cleanup=False, family=family, cookie_jar=DummyCookieJar())
        hass.bus.async_listen_once(EVENT_HOMEASSISTANT_CLOSE, lambda _: session.detach())
        sessions[family] = session
    return sessions[family]


def gateway_family(host: str) -> AddressFamily:
    """Return the kind of addresses at which a gateway may answer: a name stands for IPv4 alone.

    Where a name has addresses of both kinds, the library goes on to the next one after
    a certificate that is not the pinned one, and its last error hides that certificate.
    """
    return AddressFamily.AF_UNSPEC if host.startswith("[") else AddressFamily.AF_INET
