"""The OAuth of the Enphase cloud in Home Assistant."""

from typing import Any, override

from homeassistant.components.application_credentials import AuthorizationServer, ClientCredential
from homeassistant.core import HomeAssistant

from ...api.oauth import TokenSet
from ...helpers.sessions import async_get_isolated_session
from ..oauth import ClientImplementation
from .client.addresses import enphase_api
from .client.oauth import exchange_code, refresh

ENPHASE = "enphase"


class EnphaseImplementation(ClientImplementation):
    """Signs in with an Enphase client: with the client in the header, and only the grant in the form."""

    def __init__(self, hass: HomeAssistant, auth_domain: str, credential: ClientCredential) -> None:
        """Sign in at Enphase's address."""
        place = enphase_api() / "oauth"
        server = AuthorizationServer(str(place / "authorize"), str(place / "token"))
        super().__init__(hass, auth_domain, credential, server)

    @override
    async def _async_exchange(self, code: str, redirect_uri: str) -> TokenSet:
        session = async_get_isolated_session(self.hass)
        return await exchange_code(session, self.client_id, self.client_secret, code, redirect_uri)

    @override
    async def _async_renew(self, refresh_token: str) -> TokenSet:
        return await refresh(async_get_isolated_session(self.hass), self.client_id, self.client_secret, refresh_token)

    @override
    def _stored(self, tokens: TokenSet) -> dict[str, Any]:
        return {**super()._stored(tokens), "enl_uid": tokens.account}
