"""A service on loopback in place of Enphase's cloud."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.loopback import CloudServer, RequestBudget, Tokens

__all__ = ["NOT_AUTHORIZED", "CloudServer", "RequestBudget", "Tokens", "serving"]

NOT_AUTHORIZED = {"message": "Not Authorized", "details": "User is not authorized", "code": 401}
"""What v4 says to a token that ended and to a plan that lacks a group alike."""

_NOT_FOUND = {"reason": "404", "message": ["Not found"]}


@asynccontextmanager
async def serving(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CloudServer]:
    """Serve in place of the vendor's address."""
    async with CloudServer(NOT_AUTHORIZED, _NOT_FOUND) as server:
        monkeypatch.setenv("ENERGY_SITE_ENPHASE_API", server.url)
        yield server
