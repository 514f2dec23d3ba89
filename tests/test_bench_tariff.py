"""A few tariffs of each way of being broken: the same code that judges a thousand."""

import pytest

from bench.tariff import report
from bench.tariff_dice import BREAKS
from custom_components.energy_site.site.tariff.judge import Rule


def test_tariffs_are_judged_as_minute_by_minute_and_survive_being_sent(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(40, seed=3)
    printed = capsys.readouterr().out
    assert "sent and read back 20, priced 2000 times" in printed
    assert "wrong 0" in printed


def test_each_rule_is_broken() -> None:
    assert set(BREAKS) == set(Rule)
