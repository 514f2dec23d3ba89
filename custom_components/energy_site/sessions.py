"""Sessions that keep no cookies."""

from aiohttp import ClientSession, DummyCookieJar

from homeassistant.const import EVENT_HOMEASSISTANT_CLOSE
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_create_clientsession
from homeassistant.util.hass_dict import HassKey

_SESSION: HassKey[ClientSession] = HassKey("energy_site_session")


def forgetful_session(hass: HomeAssistant) -> ClientSession:
    """Return a session for sign-ins and first contacts.

    One person's cookies must not go along with another person's request, as
    they would in the session that Home Assistant shares.
    """
    if _SESSION not in hass.data:
        # Whoever asks first may be an entry that is set up, and the session outlives it.
        session = async_create_clientsession(hass, auto_cleanup=False, cookie_jar=DummyCookieJar())
        hass.bus.async_listen_once(EVENT_HOMEASSISTANT_CLOSE, lambda _: session.detach())
        hass.data[_SESSION] = session
    return hass.data[_SESSION]
