"""The energy of each day of a site's life: known soon after the set-up, unless that takes too much of the month."""

from collections.abc import Awaitable, Callable

import pytest

from custom_components.energy_site.site.model import CounterKind
from custom_components.energy_site.site.quota.demand import Plan
from custom_components.energy_site.sources.history import HistoryFetcher
from custom_components.energy_site.sources.history_provider import Allowance
from custom_components.energy_site.sources.history_turns import HistoryTurns
from custom_components.energy_site.vendors.tesla.source.history import TeslaHistory
from simulator.house import HouseConfig
from simulator.tesla_cloud import lived, powerwall
from tests.statistics_table import Table

from ...source_home import NOON
from .conftest import MakeHome
from .home import Budget, TeslaHome

# A month's requests are spared for later at its beginning.
START = NOON.replace(day=1)
MONTHS = 18


type Life = tuple[TeslaHome, HistoryTurns, Table]
type MakeLife = Callable[[int], Awaitable[Life]]


@pytest.fixture
def turns(make_home: MakeHome) -> MakeLife:
    """Return what makes the history of a site whose application may send so many requests a month."""

    async def make(requests: int) -> Life:
        days = 30.5 * (MONTHS - 1)
        site = lived(HouseConfig(battery=powerwall()), now=START.timestamp(), days=days, step=3600)
        budget = Budget(Plan(per_month=requests, per_minute=60))
        home: TeslaHome = await make_home(site=site, start=START, budget=budget)
        await home.poll()
        provider, table = TeslaHistory(home.source), Table()

        def fetcher(allowance: Allowance, changed: Callable[[], None]) -> HistoryFetcher:
            return HistoryFetcher(provider, table, allowance=allowance, clock=lambda: home.now, changed=changed)

        return home, HistoryTurns(home.source, provider, fetcher, lambda: home.now), table

    return make


def _asked_months(home: TeslaHome) -> int:
    return sum(each.query.get("period") == "month" for each in home.cloud.requests)


async def test_each_day_of_life_is_known_within_the_first_hour(turns: MakeLife) -> None:
    home, history, table = await turns(5_000)
    await history.async_run()
    assert len({hour.date() for hour in table.energies(CounterKind.LOAD)}) >= 30.5 * (MONTHS - 1) - 3
    assert MONTHS <= _asked_months(home) <= MONTHS + 2


async def test_a_life_that_takes_too_much_of_the_month_waits_for_requests_to_spare(turns: MakeLife) -> None:
    home, history, table = await turns(170)
    await history.async_run()
    assert not table.energies(CounterKind.LOAD)
    assert _asked_months(home) <= 1
