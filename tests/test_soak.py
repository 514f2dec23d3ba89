"""A day of a site with everything that goes wrong in it, in seconds: the same code that runs a month."""

import logging

import pytest

from bench.soak import Result, Soak, run

# Less often than usual, so that a day takes seconds.
_INTERVALS = {"power": 120, "battery": 120, "grid": 120, "devices": 300, "inverters": 600, "settings": 1800}


@pytest.mark.usefixtures("socket_enabled")
def test_a_day_of_faults_leaves_every_counter_right_and_nothing_behind(caplog: pytest.LogCaptureFixture) -> None:
    # What is weighed would include each line of the debug log, which is kept for the case that the test fails.
    caplog.set_level(logging.INFO)
    result: Result = run(Soak(days=1.0, seed=1, intervals=_INTERVALS))
    assert result.broken() == []
    # What is compared was really there.
    assert set(result.counters) == {
        "solar",
        "grid_import",
        "grid_export",
        "battery_charge",
        "battery_discharge",
        "load",
    }
    assert all(each.truth > 1000 for each in result.counters.values())
    # Both tokens that ended were renewed, each by one sign-in.
    assert result.logins == 2
    assert len(result.log.loud) >= 2
