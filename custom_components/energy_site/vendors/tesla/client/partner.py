"""The registration of an application in a region, which the Fleet API requires once."""

from typing import Any, override

from aiohttp import ClientSession

from ....api.base_client import BudgetHooks
from ....api.errors import ApiStatusError
from ....api.transport import Response
from . import endpoints
from .addresses import Region
from .base import FleetClient
from .endpoint import FleetRequest
from .error_mapping import refusal, status_error
from .models.partner import PartnerAccount
from .oauth import partner_token

# These say nothing of the registration.
_OTHERWISE = (401, 402, 408, 421, 429)


class PartnerClient(FleetClient):
    """Registers an application, with a token of its own that it requests when it needs one.

    A method raises `ApiRefusedError` with Tesla's words where it is refused, whatever
    `partner_token` raises, and other `ApiError` for what may pass.
    """

    def __init__(
        self,
        session: ClientSession,
        client_id: str,
        client_secret: str,
        *,
        region: Region,
        budget: BudgetHooks | None = None,
    ) -> None:
        """Register an application in a region."""
        super().__init__(session, self._own_token, region=region, budget=budget)
        self._client_id = client_id
        self._client_secret = client_secret
        self._token: str | None = None

    async def register(self, domain: str) -> PartnerAccount:
        """Register the domain, at which Tesla reads the public key by then. Repeating it changes nothing."""
        return await self._write(FleetRequest(endpoint=endpoints.REGISTER, body={"domain": domain}))

    async def public_key(self, domain: str) -> str:
        """Return the key that is registered for the domain, an uncompressed point as hexadecimal digits.

        A domain that isn't registered is an `ApiRefusedError` with the status 404.
        """
        return await self._read(FleetRequest(endpoint=endpoints.PUBLIC_KEY, query={"domain": domain}))

    async def _own_token(self, *, refused: str | None = None) -> str:
        if self._token is None or self._token == refused:
            issued = await partner_token(self._session, self._client_id, self._client_secret, region=self.region)
            self._token = issued.access_token
        return self._token

    @override
    def _error(self, request: FleetRequest[Any], answer: Response) -> ApiStatusError:
        if 400 <= answer.status < 500 and answer.status not in _OTHERWISE:
            return refusal(answer)
        return status_error(answer, of_site=False)
