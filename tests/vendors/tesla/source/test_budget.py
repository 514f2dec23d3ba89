"""A month's requests: what the budgets allow, and how old the power gets with them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from custom_components.energy_site.site.model import PowerFlow, Quota
from custom_components.energy_site.site.quota.demand import Plan
from custom_components.energy_site.vendors.tesla.budget import CREDIT, FREE, PLANS, plan_of
from simulator.tesla_cloud import SiteDetails, WallConnector

from .conftest import MakeHome
from .home import LIVE, Budget, Helm, TeslaHome

# The first day of a month of 31, which is the dearest one.
FIRST = datetime(2026, 1, 1, 0, 5, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Amsterdam")


class Ages:
    """The greatest age of the power by day and by night."""

    def __init__(self, *homes: TeslaHome) -> None:
        self.homes = homes
        self.day = self.night = timedelta()
        self._last: dict[int, datetime] = {}

    def note(self) -> None:
        """Look at each power as old as it was just before this poll."""
        for home in self.homes:
            observed = home.part(PowerFlow).observed_at
            last = self._last.get(home.site.site_id, observed)
            self._last[home.site.site_id] = observed
            is_day = all(6 <= each.astimezone(ZONE).hour < 22 for each in (last, observed))
            if is_day:
                self.day = max(self.day, observed - last)
            else:
                self.night = max(self.night, observed - last)


async def run_together(homes: list[TeslaHome], hours: float, seen: Any) -> None:
    """Let time pass for several sites of one application."""
    end = homes[0].clock.now() + hours * 3600
    while True:
        for home in homes:
            for key in home.source.feeds:
                if key not in home.due:
                    home.due[key] = home.now + home.source.wait(key, home.now)
        home = min(homes, key=lambda each: min(each.due.values()))
        key = min(home.due, key=lambda each: home.due[each])
        if home.due[key].timestamp() > end:
            return
        home.clock.advance(max(home.due[key].timestamp() - home.clock.now(), 0))
        await home.ask(key)
        home.due[key] = home.now + home.source.wait(key, home.now)
        seen()


async def test_the_usual_budget_keeps_a_minute_by_day_and_night_at_one_site(make_home: MakeHome) -> None:
    home = await make_home(start=FIRST, budget=Budget(PLANS[FREE]), chargers=[WallConnector()])
    await home.start()
    sent, ages = len(home.cloud.requests), Ages(home)
    await home.run(36, ages.note)
    assert max(ages.day, ages.night) <= timedelta(minutes=1, seconds=10)
    assert (len(home.cloud.requests) - sent) / 36 * 24 * 31 <= 50_000
    assert home.sent(LIVE) == pytest.approx(36 * 60, abs=3)


async def test_the_credit_of_a_month_keeps_power_12_minutes_young_by_day_at_one_site(make_home: MakeHome) -> None:
    home = await make_home(start=FIRST, budget=Budget(PLANS[CREDIT]), chargers=[WallConnector()])
    await home.start()
    sent, ages = len(home.cloud.requests), Ages(home)
    await home.run(96, ages.note)
    assert ages.day <= timedelta(minutes=12)
    assert ages.night <= timedelta(hours=3)
    assert (len(home.cloud.requests) - sent) / 4 * 31 <= 5_000


async def test_two_sites_that_share_the_credit_keep_it_25_minutes_young_by_day(make_home: MakeHome) -> None:
    budget = Budget(PLANS[CREDIT])
    one = await make_home(start=FIRST, budget=budget, chargers=[WallConnector()])
    two = await make_home(beside=one, budget=budget, details=SiteDetails(site_id=42), chargers=[WallConnector()])
    await one.start()
    await two.start()
    ages, sent = Ages(one, two), len(one.cloud.requests)
    await run_together([one, two], 96, ages.note)
    assert ages.day <= timedelta(minutes=25)
    assert (len(one.cloud.requests) - sent) / 4 * 31 <= 5_000
    assert abs(one.sent(LIVE) - two.sent(LIVE)) <= 10


async def test_each_request_is_counted_as_tesla_counts_it(make_home: MakeHome) -> None:
    home = await make_home(budget=Budget(PLANS[FREE]))
    await home.start()
    await Helm(home).set("backup_reserve", 30)
    assert home.part(Quota).used == len(home.cloud.requests)
    assert home.budget.planner.usage.used == len(home.cloud.requests)


async def test_what_is_left_of_the_month_is_kept_for_writes(make_home: MakeHome) -> None:
    home = await make_home(budget=Budget(Plan(per_month=500, per_minute=60)))
    await home.start()
    await home.run(24 * 13.4)
    await home.ask()
    used = home.budget.planner.usage.used
    assert used <= 500 - 20
    helm = Helm(home)
    await helm.set("backup_reserve", 30)
    assert helm.value("backup_reserve") == 30


async def test_a_month_whose_budget_is_used_up_shows_that_and_sends_nothing_until_the_next(make_home: MakeHome) -> None:
    home = await make_home(budget=Budget(Plan(per_month=500, per_minute=60)))
    await home.start()
    home.budget.planner.correct(500, home.now)
    sent = len(home.cloud.requests)
    await home.run(24)
    assert len(home.cloud.requests) == sent
    home.source.age(home.now)
    quota = home.part(Quota)
    assert (quota.left, quota.exhausted) == (0, True)
    assert quota.resets_at == datetime(2026, 7, 1, tzinfo=UTC)
    await home.run(24 * 13)
    assert len(home.cloud.requests) > sent


async def test_a_budget_that_is_gone_at_set_up_still_sets_up_in_the_next_month(make_home: MakeHome) -> None:
    budget = Budget(PLANS[CREDIT])
    home = await make_home(budget=budget)
    budget.planner.correct(5_000, home.now)
    await home.ask()
    assert home.cloud.requests == []
    home.clock.advance(14 * 86_400)
    await home.ask()
    assert home.source.part(PowerFlow) is not None


@pytest.mark.parametrize(
    ("options", "per_month"),
    [
        ({}, 50_000),
        ({"budget": "free"}, 50_000),
        ({"budget": "credit"}, 5_000),
        ({"budget": "custom", "requests": 9_000}, 9_000),
        ({"budget": "custom"}, 50_000),
        ({"budget": "custom", "requests": -5}, 50_000),
        ({"budget": "nonsense"}, 50_000),
    ],
)
def test_the_option_decides_the_month(options: dict[str, Any], per_month: int) -> None:
    assert plan_of(options).per_month == per_month
