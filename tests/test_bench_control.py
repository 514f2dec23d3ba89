"""Some dozens of writes to a gateway and a cloud that take them in every way: the same code that measures thousands."""

import pytest

from bench.control import TOGETHER, Tally, control, report
from bench.control_manners import MANNERS


@pytest.mark.usefixtures("socket_enabled")
async def test_nothing_is_said_of_a_setting_that_is_not_so(capsys: pytest.CaptureFixture[str]) -> None:
    tallies: dict[str, Tally] = await control(140, seed=3)
    assert set(tallies) == {"gateway", "cloud"}
    for tally in tallies.values():
        assert (tally.silent, tally.wrong, tally.hasty, tally.untold) == ([], [], [], [])
        assert len({manner for manner, _ in tally.outcomes}) >= len(MANNERS) - 2
    # They were really ignored, refused, late and lost.
    outcomes = {outcome for tally in tallies.values() for _, outcome in tally.outcomes}
    assert {"confirmed", "pending", "ignored", "refused", "no_answer"} <= outcomes
    report(tallies)
    assert "nothing told" in capsys.readouterr().out


@pytest.mark.usefixtures("socket_enabled")
async def test_nothing_is_said_of_a_tesla_sites_setting_that_is_not_so() -> None:
    tally = (await control(120, seed=4, sources=["tesla"]))["tesla"]
    assert (tally.silent, tally.wrong, tally.hasty, tally.untold, tally.repeats) == ([], [], [], [], 0)
    assert set(tally.controls) == {
        "backup_reserve",
        "charge_from_grid",
        "export_rule",
        "off_grid_vehicle_charging_reserve",
        "operating_mode",
        "storm_guard",
        "tariff",
    }
    assert {"confirmed", "pending", "accepted", "refused", "no_answer"} <= {ended for _, ended in tally.outcomes}


@pytest.mark.usefixtures("socket_enabled")
@pytest.mark.parametrize("source", TOGETHER["enphase_account"])
async def test_nothing_is_said_of_an_accounts_setting_that_is_not_so(source: str) -> None:
    tally = (await control(160, seed=4, sources=[source]))[source]
    assert (tally.silent, tally.wrong, tally.hasty, tally.untold) == ([], [], [], [])
    assert (tally.others, tally.repeats) == ([], 0)
    assert set(tally.controls) == {
        "backup_reserve",
        "charge_from_grid",
        "discharge_to_grid",
        "operating_mode",
        "power_match",
        "restrict_discharge",
        "shutdown_level",
        "storm_guard",
    }
    assert {"confirmed", "pending", "ignored", "refused", "no_answer"} <= {ended for _, ended in tally.outcomes}
    seen = tally.known.get("accepts, seen at its gateway", [])
    assert bool(seen) == (source == "enphase_account_paired")
    assert all(seconds <= 25 for seconds in seen)
    assert all(seconds <= 400 for seconds in tally.known["accepts"])
