"""Reads the systems of an account in v4, page by page, as fast as the limit per minute allows."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from homeassistant.util import dt as dt_util

from ...api.errors import ApiQuotaError
from ..cloud_flow import DiscoveredSystem
from .client.endpoint import page_query
from .client.v4 import EnphaseV4Client
from .client.v4_endpoints import SYSTEMS

# The service's minute may begin slightly later than the local one.
_MINUTE = timedelta(seconds=65)

# The maximum number of systems on a page.
_PAGE = 100

# This many systems take a few requests, which fit into any minute.
_A_FEW = 300

# The number of times in a row to wait when others use up the minute as well.
_MAX_REFUSALS = 5


class SystemPages:
    """The systems read so far; reading continues where it stopped, for whatever reason."""

    def __init__(self, client: EnphaseV4Client, per_minute: int | None) -> None:
        """Read using `client`, with at most `per_minute` requests per minute."""
        self._client = client
        self._per_minute = max((per_minute or 1_000) - 1, 1)
        self._page = 1
        self._sent_at: list[datetime] = []
        self._found: dict[int, DiscoveredSystem] = {}
        self.total: int | None = None
        self.complete = False

    @property
    def found(self) -> list[DiscoveredSystem]:
        """The systems that were read."""
        return list(self._found.values())

    async def read_one(self) -> None:
        """Read the next page; raise what the client raises."""
        self._sent_at.append(dt_util.utcnow())
        page = await self._client.get(SYSTEMS, query=page_query(self._page, _PAGE))
        new = {system.system_id: system for system in page.systems if system.system_id not in self._found}
        self._found |= {
            number: DiscoveredSystem(system_id=str(number), name=system.name) for number, system in new.items()
        }
        self.total = page.total or len(self._found)
        # A page with an unreadable system is short, but only one without new systems is the last.
        self.complete = not new or len(self._found) >= self.total
        self._page += 1

    async def read_a_few(self) -> None:
        """Read all systems of most accounts, or the first page of large ones, without showing progress."""
        while self.total is None or (not self.complete and self.total <= _A_FEW):
            await self.read_one()

    async def read_all(self, progress: Callable[[float], None]) -> None:
        """Read the rest, and report the progress, from 0 to 1."""
        refused = 0
        while not self.complete:
            await self._wait_for_room()
            try:
                await self.read_one()
            except ApiQuotaError as err:
                refused += 1
                if err.period not in (None, "second", "minute") or refused > _MAX_REFUSALS:
                    raise
                await asyncio.sleep(_seconds_until(err.period_end))
            else:
                refused = 0
                progress(len(self._found) / max(self.total or 1, 1))

    async def _wait_for_room(self) -> None:
        now = dt_util.utcnow()
        self._sent_at = [at for at in self._sent_at if now - at < _MINUTE]
        if len(self._sent_at) >= self._per_minute:
            await asyncio.sleep((self._sent_at[-self._per_minute] + _MINUTE - now).total_seconds())


def _seconds_until(period_end: int | None) -> float:
    minute = _MINUTE.total_seconds()
    if period_end is None:
        return minute
    return min(max(period_end - dt_util.utcnow().timestamp() + 1, 1), minute)
