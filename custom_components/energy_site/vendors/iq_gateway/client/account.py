"""A gateway's token from its owner's Enphase account."""

from ....api.errors import AccountServiceError, ApiError
from ...enphase.client.account import Account
from .token import GatewayToken, TokenMalformedError, TokenRole


async def token_of(account: Account, serial: str) -> GatewayToken:
    """Return a token for a gateway from the account's session, for which it signs in where it can.

    Raises what `Account.gateway_token` does.
    """
    token = await _issued(account, serial)
    if token.role != TokenRole.INSTALLER:
        return token
    # An owner who installed their own system gets an installer's token from this service, which is
    # valid for 12 hours, but an owner's token from the older one.
    try:
        return await _issued(account, serial, as_owner=True)
    except ApiError:
        return token


async def _issued(account: Account, serial: str, *, as_owner: bool = False) -> GatewayToken:
    """Return a token, unless it is for a different gateway: it must not replace a valid one."""
    raw = await account.gateway_token(serial, as_owner=as_owner)
    try:
        token = GatewayToken.parse(raw)
    except TokenMalformedError as err:
        raise AccountServiceError(err.endpoint, err.reason) from err
    if token.serial not in (None, serial):
        raise AccountServiceError("tokens", "a token of another gateway")
    return token
