"""The simplest client of Tesla's Fleet API."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from simulator.clock import ManualClock
from simulator.cloud.tokens import Tokens
from simulator.house import ArrayConfig, HouseConfig, Place
from simulator.tesla_cloud import EnergySite, TeslaServer, Write, lived, powerwall
from simulator.tesla_cloud.access import ScopedGrant

from .conftest import NOON

DAY = 86_400
HOME = HouseConfig(
    place=Place(latitude=51.5, longitude=0.0, timezone="Europe/London"),
    arrays=(ArrayConfig(inverters=12),),
    battery=powerwall(2),
)


class Fleet:
    """Asks about one site as an application that may everything."""

    def __init__(self, session: aiohttp.ClientSession, cloud: TeslaServer, site: EnergySite) -> None:
        """Ask `cloud`."""
        self.session, self.cloud, self.site = session, cloud, site
        self.application = cloud.add_application()
        self.tokens: Tokens[ScopedGrant] | None = None
        """New ones for each request while there are none."""

    async def ask(self, path: str, body: Any = None, **more: Any) -> tuple[int, Any]:
        """Return status and payload; with a body, write."""
        method = "GET" if body is None else "POST"
        headers = self.cloud.headers(self.application, self.tokens)
        url = f"{self.cloud.url}{path}"
        async with self.session.request(method, url, headers=headers, json=body, **more) as response:
            kind = response.content_type == "application/json"
            return response.status, await response.json() if kind else await response.text()

    async def get(self, name: str, **query: Any) -> Any:
        """Return what the site answers under `response`."""
        status, payload = await self.ask(self.site.path(name), params=query)
        assert status == 200, payload
        return payload["response"]

    async def write(self, write: Write, **body: Any) -> Any:
        """Write, and return what is answered under `response`."""
        status, payload = await self.ask(self.site.path(write), body)
        assert status == 200, payload
        return payload["response"]

    async def rows(self, period: str = "day", **query: Any) -> list[dict[str, Any]]:
        """Return rows of energy."""
        answer = await self.get("calendar_history", kind="energy", period=period, **query)
        rows: list[dict[str, Any]] = answer["time_series"]
        return rows


@asynccontextmanager
async def serving(
    session: aiohttp.ClientSession, clock: ManualClock, config: HouseConfig = HOME, days: float = 1, **more: Any
) -> AsyncIterator[Fleet]:
    """Serve a house with a past of `days`."""
    site = lived(config, now=NOON, days=days, **more)
    async with TeslaServer([site], clock=clock) as cloud:
        yield Fleet(session, cloud, site)
