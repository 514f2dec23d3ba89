"""A service on loopback in place of Tesla's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.loopback import CloudServer

SITE = 2252147638651575
PATH = f"/api/1/energy_sites/{SITE}"
REGION = "/api/1/users/region"
TOKEN = "/oauth2/v3/token"
PARTNER = "/api/1/partner_accounts"

UNAUTHORIZED = {"response": None, "error": "token expired (401)", "error_description": "", "txid": "5fb1c7"}
NOT_FOUND = {"response": None, "error": "not_found", "error_description": "", "txid": "5fb1c7"}
OTHER_REGION = {"response": None, "error": "user out of region, use base URL: https://elsewhere", "txid": "5fb1c7"}
UPDATED = {"response": {"code": 201, "message": "Updated"}}


@asynccontextmanager
async def serving(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CloudServer]:
    """Serve in place of the vendor's addresses."""
    async with CloudServer(UNAUTHORIZED, NOT_FOUND) as server:
        monkeypatch.setenv("ENERGY_SITE_TESLA_API", server.url)
        monkeypatch.setenv("ENERGY_SITE_TESLA_AUTH", server.url)
        yield server
