"""Client sessions without cookies."""

from socket import AddressFamily

from aiohttp import ClientSession, DummyCookieJar

from homeassistant.const import EVENT_HOMEASSISTANT_CLOSE
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_create_clientsession
from homeassistant.util.hass_dict import HassKey

_SESSIONS: HassKey[dict[AddressFamily, ClientSession]] = HassKey("energy_site_sessions")


def async_get_isolated_session(hass: HomeAssistant, family: AddressFamily = AddressFamily.AF_UNSPEC) -> ClientSession:
    """Return a session for sign-ins and first contacts.

    One user's cookies must not be sent with another user's requests, as they would be in Home
    Assistant's shared session.
    """
    sessions = hass.data.setdefault(_SESSIONS, {})
    if family not in sessions:
        # The first caller may be an entry that is being set up, and the session outlives it.
        session = async_create_clientsession(hass, auto_cleanup=False, family=family, cookie_jar=DummyCookieJar())
        hass.bus.async_listen_once(EVENT_HOMEASSISTANT_CLOSE, lambda _: session.detach())
        sessions[family] = session
    return sessions[family]


def gateway_family(host: str) -> AddressFamily:
    """Return the address family of a gateway: a host name is only resolved to IPv4.

    If a name has addresses of both families, the library tries the next one after a certificate
    that isn't the pinned one, and its last error hides that certificate.
    """
    return AddressFamily.AF_UNSPEC if host.startswith("[") else AddressFamily.AF_INET
