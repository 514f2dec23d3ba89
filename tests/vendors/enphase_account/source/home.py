"""A simulated home, the account's services that know it, and the source that polls it, all on one clock."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC
import json
from typing import Any, override

from aiohttp import ClientSession, TraceConfig

from custom_components.energy_site.vendors.enphase.client.account import Account
from custom_components.energy_site.vendors.enphase_account.client.client import AccountClient
from custom_components.energy_site.vendors.enphase_account.source.context import AccountContext
from custom_components.energy_site.vendors.enphase_account.source.source import AccountSource
from simulator.enphase_account import AccountHome, AccountServer

from ...source_home import PolledHelm, PolledHome, find_zone

EMAIL, PASSWORD = "owner@example.com", "sunshine"

# Between two requests of one piece of work, the event loop turns less often than this.
_QUIET = 30


@dataclass(slots=True, kw_only=True)
class SourceHome(PolledHome[AccountSource]):
    """One home under test; waiting for a request's turn lets the clock advance."""

    home: AccountHome
    server: AccountServer
    session: ClientSession
    readings: bool = True
    account: Account = field(init=False)
    requests_in_flight: int = 0

    def __post_init__(self) -> None:
        """Connect an account and a source that know nothing yet."""
        trace = TraceConfig()
        trace.on_request_start.append(self._begin_request)
        trace.on_request_end.append(self._end_request)
        trace.on_request_exception.append(self._end_request)
        trace.freeze()
        self.session.trace_configs.append(trace)
        self.account = Account(self.session, EMAIL, clock=lambda: self.now, save=self._save, sleep=self._sleep)
        self.account.password = PASSWORD
        self.connect()

    @override
    def connect(self) -> None:
        context = AccountContext(
            client=AccountClient(self.account, str(self.home.site_id)),
            site_id=str(self.home.site_id),
            clock=lambda: self.now,
            zone=UTC,
        )
        self.source = AccountSource(
            context,
            f"enphase_account_{self.home.site_id}",
            find_zone,
            sign_ins=lambda: self.account.sign_ins,
        )
        self.source.leaves = lambda _: not self.readings

    @override
    async def start(self) -> None:
        if self.account.session is None:
            await self.account.sign_in(PASSWORD)
        await super().start()

    async def settle(self) -> None:
        """Poll everything, a minute later where the requests of one don't suffice."""
        for key in self.source.feeds:
            with self.source.user_requested():
                await self.ask(key)

    def sent(self, template: str | None = None, *, method: str = "GET", since: float = 0.0) -> int:
        """Return how many requests were sent to an endpoint of the site, or to all."""
        path = self.home.path(template) if template is not None else None
        return sum(
            each.time >= since and (path is None or (each.path == path and each.method == method))
            for each in self.server.log
        )

    async def _begin_request(self, *_: object) -> None:
        self.requests_in_flight += 1

    async def _end_request(self, *_: object) -> None:
        self.requests_in_flight -= 1

    async def _save(self) -> None:
        """Keep nothing."""

    async def _sleep(self, seconds: float) -> None:
        self.clock.advance(seconds)
        await asyncio.sleep(0)


class Helm(PolledHelm[SourceHome]):
    """The controls of one home, whose waits may overlap."""

    settings = "battery_settings"

    def __init__(self, home: SourceHome) -> None:
        self._waiting: list[tuple[float, object]] = []
        super().__init__(home)

    @override
    async def _settle(self) -> None:
        await self.home.settle()

    def written(self) -> list[Any]:
        """Return the bodies of all writes that reached the service."""
        log = self.home.server.log
        return [json.loads(each.body) for each in log if each.method == "PUT" and "batteryConfig" in each.path]

    @override
    async def _sleep(self, seconds: float) -> None:
        """Let the clock advance in the order in which waits end, however many wait at once."""
        turn = (self.home.clock.now() + seconds, object())
        self._waiting.append(turn)
        try:
            # The clock stands still while anybody works: sends a request, or learns of what has just happened.
            quiet, waiting = 0, list(self._waiting)
            while quiet < _QUIET or min(waiting, key=lambda each: each[0]) is not turn:
                quiet = 0 if self.home.requests_in_flight or waiting != self._waiting else quiet + 1
                waiting = list(self._waiting)
                await asyncio.sleep(0)
            self.home.clock.advance(max(turn[0] - self.home.clock.now(), 0))
        finally:
            self._waiting.remove(turn)
        if self.meanwhile is not None:
            await self.meanwhile()
