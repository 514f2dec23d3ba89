"""How long what a site says of itself is shown when it no longer says so."""

from datetime import datetime

from custom_components.energy_site.site.chargers import Chargers
from custom_components.energy_site.site.model import Battery, Part, Settings, Storm
from custom_components.energy_site.site.prices import Prices
from custom_components.energy_site.site.quota.demand import Plan
from custom_components.energy_site.vendors.tesla.budget import CREDIT, FREE, PLANS
from custom_components.energy_site.vendors.tesla.source import feeds
from simulator.tesla_cloud import WallConnector

from .conftest import MakeHome
from .home import Budget, Helm


async def test_settings_and_batteries_of_a_stale_site_are_shown_for_a_day_and_no_longer(make_home: MakeHome) -> None:
    home = await make_home(budget=Budget(PLANS[FREE]), chargers=[WallConnector()])
    await home.start()
    helm = Helm(home)
    shown: tuple[type[Part], ...] = (Settings, Battery, Storm, Prices, Chargers)
    kinds = [kind for kind in shown if home.source.part(kind) is not None]
    assert {Settings, Battery, Storm, Chargers} <= {*kinds}
    home.site.set_behaviour(status=404)
    await home.run(20)
    assert [kind for kind in kinds if home.source.part(kind) is None] == []
    assert helm.control("backup_reserve") is not None
    await home.run(8)
    home.source.age(home.now)
    assert [kind for kind in kinds if home.source.part(kind) is not None] == []
    assert helm.control("backup_reserve") is None
    home.site.set_behaviour(status=None)
    await home.run(3)
    assert home.part(Settings).backup_reserve == 20
    assert helm.control("backup_reserve") is not None


async def test_settings_of_a_healthy_site_are_shown_all_the_time_under_the_smallest_budget(make_home: MakeHome) -> None:
    home = await make_home(budget=Budget(PLANS[CREDIT]))
    await home.start()
    missing: list[datetime] = []

    def look() -> None:
        home.source.age(home.now)
        if home.source.part(Settings) is None or home.source.part(Battery) is None:
            missing.append(home.now)

    await home.run(72, look)
    assert missing == []


async def test_a_budget_that_is_used_up_hides_no_setting_that_its_reserve_can_change(make_home: MakeHome) -> None:
    home = await make_home(budget=Budget(Plan(per_month=500, per_minute=60)))
    await home.start()
    home.budget.planner.correct(480, home.now)
    await home.run(60)
    await home.ask()
    home.source.age(home.now)
    assert home.source.current(feeds.INFO, home.now) is None
    helm = Helm(home)
    await helm.set("backup_reserve", 30)
    assert home.part(Settings).backup_reserve == 30
