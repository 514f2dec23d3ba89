"""A simulated site, the cloud that serves it, and the source that polls it, all on one clock."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC
import json
from typing import Any, override

from aiohttp import ClientSession

from custom_components.energy_site.site.quota.demand import Plan
from custom_components.energy_site.site.quota.planner import Planner
from custom_components.energy_site.sources.budget import SystemBudget
from custom_components.energy_site.vendors.tesla.client.addresses import Region
from custom_components.energy_site.vendors.tesla.client.claims import read_claims
from custom_components.energy_site.vendors.tesla.client.client import TeslaClient
from custom_components.energy_site.vendors.tesla.source.context import Context
from custom_components.energy_site.vendors.tesla.source.source import TeslaSource
from simulator.iq_gateway.faults import ActiveFault
from simulator.tesla_cloud import Changed, EnergySite, TeslaServer

from ...source_home import PolledHelm, PolledHome, find_zone

UNLIMITED = Plan(per_month=None, per_minute=None)

LIVE, INFO, HISTORY = "live_status", "site_info", "calendar_history"


class Budget:
    """The budget of one application, which is kept nowhere."""

    def __init__(self, plan: Plan = UNLIMITED) -> None:
        self.planner = Planner(plan)

    def keep(self) -> None:
        """Keep nothing."""


@dataclass(slots=True, kw_only=True)
class TeslaHome(PolledHome[TeslaSource]):
    """One site under test."""

    site: EnergySite
    cloud: TeslaServer
    session: ClientSession
    token: str
    budget: Budget

    def __post_init__(self) -> None:
        """Connect a source."""
        self.connect()

    @override
    def connect(self) -> None:
        system = str(self.site.site_id)
        budget = SystemBudget(self.budget, system, lambda: self.now)
        context = Context(
            client=TeslaClient(self.session, self._access, region=Region.NA, budget=budget),
            site_id=self.site.site_id,
            clock=lambda: self.now,
            zone=UTC,
            claims=lambda: read_claims(self.token),
        )
        self.source = TeslaSource(context, system, budget, find_zone)

    @override
    async def run(self, hours: float, seen: Callable[[], None] | None = None) -> None:
        if hours > 12:
            # No test of days looks at what the house does within five minutes.
            self.site.step = 300.0
        await super().run(hours, seen)

    def answers(self, name: str, gone: Iterable[str] = (), *, count: int | None = None, **changes: Any) -> ActiveFault:
        """Change fields of an endpoint's answers, or leave them out."""
        return self.cloud.faults.add(Changed(changes, frozenset(gone)), self.site.path(name), count=count)

    def sent(self, name: str | None = None, *, since: float = 0.0) -> int:
        """Return how many requests were sent to an endpoint of the site, or to all."""
        return sum(
            (name is None or each.path == self.site.path(name)) and each.time >= since for each in self.cloud.requests
        )

    async def _access(self, *, refused: str | None = None) -> str:  # noqa: ARG002 - the signature is the client's.
        return self.token


class Helm(PolledHelm[TeslaHome]):
    """The controls of one site, and what was stored of them."""

    settings = "site_info"

    def __init__(self, home: TeslaHome) -> None:
        self.stored: list[dict[str, Any]] = []
        super().__init__(home)

    def written(self, name: str | None = None) -> list[Any]:
        """Return the bodies of all writes, or those of one kind."""
        return [
            json.loads(each.body)
            for each in self.home.cloud.requests
            if each.method == "POST" and (name is None or each.path == self.home.site.path(name))
        ]

    @override
    async def _save(self) -> None:
        self.stored.append(self.queue.as_dict())
