"""Tesla's OAuth in Home Assistant."""

from typing import override

from yarl import URL

from homeassistant.components.application_credentials import AuthorizationServer, ClientCredential
from homeassistant.core import HomeAssistant

from ...api.oauth import TokenSet
from ...helpers.sessions import async_get_isolated_session
from ..oauth import ClientImplementation
from .client.addresses import Region
from .client.oauth import authorize_endpoint, authorize_url, exchange_code, refresh, region_of_code, token_endpoint

TESLA = "tesla"
# China has a sign-in of its own.
_CHINA = f"{TESLA}_cn"


def stored_under(region: Region) -> str:
    """Return what the name of a region's stored client begins with."""
    return _CHINA if region is Region.CN else TESLA


def same_sign_in(one: Region | None, other: Region) -> Region:
    """Return the first region if its accounts sign in at the same place as those of the other, else the other.

    A secret or a token isn't sent to another place because a code or a token names it.
    """
    return one if one is not None and stored_under(one) == stored_under(other) else other


class TeslaImplementation(ClientImplementation):
    """Signs in with a client that a user registered with Tesla; its secret is needed for a code only."""

    # Used by Home Assistant 2026.11 and newer.
    token_auth_method = "client_secret_post"  # noqa: S105 - a method, not a secret.

    def __init__(
        self, hass: HomeAssistant, auth_domain: str, credential: ClientCredential, region: Region | None = None
    ) -> None:
        """Sign in where the accounts of a region do, by default that of the client's name."""
        self._region = region or (Region.CN if auth_domain.startswith(f"{_CHINA}_") else Region.NA)
        server = AuthorizationServer(str(authorize_endpoint(self._region)), str(token_endpoint(self._region)))
        super().__init__(hass, auth_domain, credential, server)

    @override
    async def async_generate_authorize_url(self, flow_id: str) -> str:
        state = URL(await super().async_generate_authorize_url(flow_id)).query["state"]
        return str(authorize_url(self.client_id, self.redirect_uri, region=self._region, state=state))

    @override
    async def _async_exchange(self, code: str, redirect_uri: str) -> TokenSet:
        session = async_get_isolated_session(self.hass)
        region = same_sign_in(region_of_code(code), self._region)
        return await exchange_code(session, self.client_id, self.client_secret, code, redirect_uri, region=region)

    @override
    async def _async_renew(self, refresh_token: str) -> TokenSet:
        session = async_get_isolated_session(self.hass)
        return await refresh(session, self.client_id, refresh_token, region=self._region)
