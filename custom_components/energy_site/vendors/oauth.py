"""OAuth in Home Assistant: the application that a user registered with a vendor, and the tokens of an entry."""

from abc import abstractmethod
import asyncio
from hashlib import sha1
import time
from typing import Any, override

from aiohttp import RequestInfo
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from homeassistant.components.application_credentials import (
    CONF_AUTH_DOMAIN,
    DATA_COMPONENT,
    AuthImplementation,
    ClientCredential,
    async_import_client_credential,
)
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_CLIENT_ID, CONF_CLIENT_SECRET, CONF_DOMAIN, CONF_ID, CONF_TOKEN
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import (
    OAuth2TokenRequestConnectionError,
    OAuth2TokenRequestError,
    OAuth2TokenRequestReauthError,
)
from homeassistant.helpers.config_entry_oauth2_flow import (
    AbstractOAuth2Implementation,
    OAuth2Session,
    async_get_config_entry_implementation,
)
from homeassistant.util.hass_dict import HassKey

from ..api.errors import ApiAuthError, ApiConnectionError, ApiError
from ..api.oauth import ClientRefusedError, SignInNeededError, TokenSet
from ..const import CONF_AUTH_IMPLEMENTATION, DOMAIN

_ENDPOINT = "oauth/token"
_REFUSED: HassKey[set[str]] = HassKey("energy_site_refused_clients")
_RENEWALS: HassKey[dict[str, asyncio.Lock]] = HassKey("energy_site_token_renewals")


def auth_domain(vendor: str, client_id: str) -> str:
    """Return the name under which a vendor's client is stored, and by which its entries find it."""
    return f"{vendor}_{sha1(client_id.encode(), usedforsecurity=False).hexdigest()[:8]}"


class ClientImplementation(AuthImplementation):
    """Signs in with a client that a user registered with a vendor.

    The requests are those of the vendor's client package, which distinguishes a rejected client
    from a rejected token, unlike Home Assistant's errors.
    """

    # Used by Home Assistant 2026.11 and newer.
    token_auth_method = "client_secret_basic"  # noqa: S105 - a method, not a secret.

    @property
    @override
    def service_domain(self) -> str:
        return DOMAIN

    @abstractmethod
    async def _async_exchange(self, code: str, redirect_uri: str) -> TokenSet:
        """Exchange a code for tokens; raises what the client package raises."""

    @abstractmethod
    async def _async_renew(self, refresh_token: str) -> TokenSet:
        """Renew the tokens; raises what the client package raises."""

    @override
    async def async_resolve_external_data(self, external_data: Any) -> dict[str, Any]:
        """Exchange a code for tokens; raises what the client package raises."""
        return self._stored(await self._async_exchange(external_data["code"], external_data["state"]["redirect_uri"]))

    @override
    async def _async_refresh_token(self, token: dict[str, Any]) -> dict[str, Any]:
        try:
            tokens = await self._async_renew(token["refresh_token"])
        except ClientRefusedError as err:
            self.hass.data.setdefault(_REFUSED, set()).add(self.domain)
            raise self._reauth_needed() from err
        except SignInNeededError as err:
            raise self._reauth_needed() from err
        except ApiError as err:
            raise OAuth2TokenRequestConnectionError(domain=DOMAIN) from err
        return {**token, **self._stored(tokens)}

    def _stored(self, tokens: TokenSet) -> dict[str, Any]:
        """Return the entry's data of the tokens, with Home Assistant's keys."""
        return {
            "access_token": tokens.access_token,
            "refresh_token": tokens.refresh_token,
            "token_type": tokens.token_type,
            "expires_in": tokens.expires_in,
            "expires_at": time.time() + tokens.expires_in,
        }

    def _reauth_needed(self) -> OAuth2TokenRequestReauthError:
        url = URL(self.token_url)
        request = RequestInfo(url, "POST", CIMultiDictProxy(CIMultiDict()), url)
        return OAuth2TokenRequestReauthError(request_info=request, status=401, domain=DOMAIN)


class EntryToken:
    """An entry's access token, for the vendor's client.

    It is renewed in time, and the result is stored in the entry before it is used, as the previous
    refresh token is no longer valid. If the response to a renewal was lost, the refresh token that
    was used is used again, which services allow for a while.
    """

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], implementation: AbstractOAuth2Implementation
    ) -> None:
        """Provide the token of an entry."""
        self._hass = hass
        self._entry = entry
        self._session = OAuth2Session(hass, entry, implementation)
        # An entry that is reloaded has two of these objects for a moment, but only one refresh token.
        self._lock = hass.data.setdefault(_RENEWALS, {}).setdefault(entry.entry_id, asyncio.Lock())
        self._dead: str | None = None

    async def __call__(self, *, refused: str | None = None) -> str:
        """Return the token, renewed if it expires or was `refused`.

        Raises `ApiAuthError` if the user has to sign in, for which a reauthentication has been
        started by then, and `ApiConnectionError` for temporary failures.
        """
        if refused is not None and refused == self._session.token["access_token"]:
            ended = {**self._session.token, "expires_at": 0}
            self._hass.config_entries.async_update_entry(self._entry, data={**self._entry.data, CONF_TOKEN: ended})
        if not self._session.valid_token:
            # A caller that is cancelled must not take the new refresh token along.
            renewal = self._hass.async_create_task(self._async_renew(), "energy_site token")
            if (error := await asyncio.shield(renewal)) is not None:
                raise error
        return str(self._session.token["access_token"])

    async def _async_renew(self) -> ApiError | None:
        """Renew the token, unless that has just been done; return the error if that fails."""
        async with self._lock:
            # A rejection is permanent: only a new sign-in helps.
            if self._dead is not None and self._dead == self._session.token["refresh_token"]:
                return ApiAuthError(_ENDPOINT, 401)
            try:
                await self._session.async_ensure_token_valid()
            except OAuth2TokenRequestReauthError as err:
                self._dead = self._session.token["refresh_token"]
                return ApiAuthError(_ENDPOINT, err.status)
            except OAuth2TokenRequestError, OAuth2TokenRequestConnectionError:
                return ApiConnectionError(_ENDPOINT, "the token could not be renewed")
        return None


async def async_entry_token(hass: HomeAssistant, entry: ConfigEntry[Any]) -> EntryToken:
    """Return the access token of an entry.

    If the client is no longer stored, raises the error for which Home Assistant asks the user to
    sign in.
    """
    return EntryToken(hass, entry, await async_get_config_entry_implementation(hass, entry))


@callback
def stored_client(hass: HomeAssistant, name: str) -> ClientCredential | None:
    """Return the client stored under a name of `auth_domain`, `None` if there is none."""
    return hass.data[DATA_COMPONENT].async_client_credentials(DOMAIN).get(name)


@callback
def client_was_refused(hass: HomeAssistant, name: str) -> bool:
    """Return whether the service rejected the client ID or secret stored under a name."""
    return name in hass.data.get(_REFUSED, ())


async def async_store_client(
    hass: HomeAssistant, vendor: str, title: str, client_id: str, client_secret: str, *, entry_id: str | None = None
) -> str:
    """Store a client, replacing a different secret of the same client, and return its name.

    Other entries than `entry_id` that use the same client are reloaded with the new secret.
    """
    name = auth_domain(vendor, client_id)
    hass.data.get(_REFUSED, set()).discard(name)
    store = hass.data[DATA_COMPONENT]
    for item in store.async_items():
        if item[CONF_DOMAIN] != DOMAIN or item[CONF_CLIENT_ID] != client_id:
            continue
        if item[CONF_CLIENT_SECRET] == client_secret and item.get(CONF_AUTH_DOMAIN) == name:
            return name
        await store.async_delete_item(item[CONF_ID])
    credential = ClientCredential(client_id, client_secret, title)
    await async_import_client_credential(hass, DOMAIN, credential, name)
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        if entry.data.get(CONF_AUTH_IMPLEMENTATION) == name and entry.entry_id != entry_id:
            hass.config_entries.async_schedule_reload(entry.entry_id)
    return name
