"""A week of Tesla's cloud with everything that goes wrong with it, in seconds: the same code that runs a year."""

from datetime import UTC, datetime

import pytest

from bench.tesla import Scenario, run
from bench.tesla_home import CrashPoint
from bench.tesla_result import TeslaResult, report
from custom_components.energy_site.site.quota.demand import Purpose
from custom_components.energy_site.vendors.tesla.budget import CREDIT, FREE


@pytest.mark.usefixtures("socket_enabled")
async def test_a_week_within_the_credit_keep_to_it_and_lose_no_energy(capsys: pytest.CaptureFixture[str]) -> None:
    start = datetime(2026, 10, 21, 12, tzinfo=UTC)
    result: TeslaResult = await run(Scenario(name="a week", budget=CREDIT, days=7.0, past=10.0, start=start))
    assert result.failed == []
    # It was really asked, refused, interrupted and left without internet.
    assert sum(result.months.values()) > 500
    assert result.restarts >= 5
    assert result.crashes.keys() == set(CrashPoint)
    assert result.statuses[503] > 0
    assert result.statuses[408] > 0
    assert result.purposes[Purpose.HISTORY] > 0
    (site,) = result.systems
    assert site.renewals > 15
    assert site.outages.real >= 1
    assert site.outages.seen >= 1
    assert len(site.system.series) == len(site.system.off) == 6
    assert all(each.hours > 280 for each in site.system.series.values())
    assert site.system.watch.power.over(day=True, calm_only=True)[0] <= 10
    report(result)
    assert "site 1" in capsys.readouterr().out


@pytest.mark.usefixtures("socket_enabled")
async def test_two_days_around_the_springs_change_of_clocks_are_polled_each_minute() -> None:
    start = datetime(2026, 3, 28, 6, tzinfo=UTC)
    result: TeslaResult = await run(Scenario(name="spring", budget=FREE, days=2.0, past=3.0, start=start))
    assert result.failed == []
    (site,) = result.systems
    median, worst = site.system.watch.oldest.over(day=True, calm_only=True)
    assert median <= 1.1
    assert worst <= 4
