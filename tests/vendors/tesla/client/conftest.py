"""What the client of the Fleet API is tested with."""

from collections.abc import AsyncIterator, Callable

import aiohttp
import pytest

from custom_components.energy_site.vendors.tesla.client.addresses import Region
from custom_components.energy_site.vendors.tesla.client.client import TeslaClient
from tests.client_fixtures import enable_event_loop_debug, everything_is_logged, session
from tests.loopback import CloudServer, Tokens

from .server import serving

__all__ = ["enable_event_loop_debug", "everything_is_logged", "session"]

type Make = Callable[..., TeslaClient]


@pytest.fixture
async def cloud(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CloudServer]:
    """Serve Tesla's addresses."""
    async with serving(monkeypatch) as server:
        yield server


@pytest.fixture
def make(session: aiohttp.ClientSession) -> Make:
    """Return what makes clients."""
    return lambda tokens=None, *, region=Region.NA, **how: TeslaClient(
        session, tokens or Tokens(), region=region, **how
    )
