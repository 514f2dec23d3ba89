"""Ten days of a cloud with everything that goes wrong with it, in seconds: the same code that runs a year."""

import pytest

from bench.cloud import CloudResult, Scenario, report, run
from custom_components.energy_site.site.quota.demand import Purpose
from simulator.enphase_cloud import WATT


@pytest.mark.usefixtures("socket_enabled")
async def test_ten_days_of_the_free_plan_keep_the_quota_and_lose_no_energy(capsys: pytest.CaptureFixture[str]) -> None:
    result: CloudResult = await run(Scenario(days=10.0, past=15.0, seed=1))
    assert result.failed == []
    assert result.over_quota == 0
    assert max(result.months.values()) <= WATT.per_month
    # It was really asked, restarted and refused.
    assert result.requests > 200
    assert result.restarts >= 2
    assert result.statuses[503] > 0
    assert result.purposes[Purpose.HISTORY] > 0
    (system,) = result.systems
    assert len(system.series) == len(system.off) == 6
    assert all(each.hours > 200 for each in system.series.values())
    median, worst = system.watch.power.over(day=True, calm_only=True)
    assert median <= 180
    assert worst <= 480
    report(result)
    assert "home 701" in capsys.readouterr().out
