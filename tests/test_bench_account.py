"""Four days of an owner's account with everything that goes wrong with it, in seconds: the same code that runs a month."""

import pytest

from bench.account import Scenario, report, run
from bench.account_home import CrashPoint


@pytest.mark.usefixtures("socket_enabled")
@pytest.mark.parametrize("two_factor", [False, True])
async def test_days_of_an_account_lose_no_energy_and_show_no_secret(
    two_factor: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    result = await run(Scenario(days=4.0, two_factor=two_factor, paired=False, seed=1))
    assert result.off
    assert set(result.off.values()) == {0.0}
    assert result.secrets.total() == 0
    assert result.needless_sign_ins == 0
    assert result.sign_ins_a_day <= 4 or two_factor
    assert result.a_minute <= 10
    # It was really signed out, interrupted and refused.
    assert result.sessions > 3
    assert all(result.crashes[point] for point in CrashPoint)
    assert result.statuses[503] > 0
    assert result.lines > 1000
    assert result.reauths >= 2 if two_factor else result.reauths == 0
    report(result)
    assert "second factor" in capsys.readouterr().out
