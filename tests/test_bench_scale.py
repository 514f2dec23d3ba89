"""Two sites in one Home Assistant with its recorder, for seconds: the same code that measures a hundred."""

import pytest

from bench.scale import Installation, Plan, measure, plans, report


def test_a_few_and_many_inverters_a_site_are_measured_unless_some_are_asked_for() -> None:
    assert [(plan.sites, plan.inverters) for plan in plans(100, None, 5, postgresql=False)] == [(100, 500), (100, 2000)]
    assert [(plan.sites, plan.inverters) for plan in plans(2, 30, 5, postgresql=True)] == [(2, 30)]


@pytest.mark.usefixtures("socket_enabled")
async def test_two_sites_are_set_up_watched_and_recorded(capsys: pytest.CaptureFixture[str]) -> None:
    found: Installation = await measure(Plan(sites=2, inverters=7, minutes=0.2))
    assert found.loaded == 2
    assert found.entities > 100
    assert found.unavailable == 0
    assert found.first > 0
    assert found.other > 0
    assert found.start > 0
    assert found.memory > found.memory_a_site > 0
    assert 0 < found.busy < 100
    # They were really polled meanwhile, and the recorder wrote what came of it.
    assert found.states > 1000
    for delay in (found.starting, found.delay, found.own):
        assert 0 <= delay.median <= delay.p99 <= delay.worst
    report(found)
    printed = capsys.readouterr().out
    assert "2 sites with 7 inverters" in printed
    assert "memory for each site that is added" in printed
