"""The services of the owner's account, in place of Enphase's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from simulator.enphase_account import AccountServer


@asynccontextmanager
async def account_service(monkeypatch: pytest.MonkeyPatch, *args: Any, **options: Any) -> AsyncIterator[AccountServer]:
    """Serve what `AccountServer` is given, as the one service that the integration finds."""
    async with AccountServer(*args, **options) as server:
        monkeypatch.setenv("ENERGY_SITE_ENLIGHTEN", server.url)
        monkeypatch.setenv("ENERGY_SITE_ENTREZ", server.url)
        yield server
