"""Counters go on from the values of another integration's, and back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from custom_components.energy_site.site.energy.continuing import Successor, agrees, continued, moved
from custom_components.energy_site.site.energy.days import DailyCounters
from custom_components.energy_site.site.energy.ledger import Ledger
from custom_components.energy_site.site.model import Count, CounterKind

NOON = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)


@pytest.fixture
def stored() -> dict[str, Any]:
    """Return the counters of a house with sun and grid, some of whose energy is of today."""
    ledger = Ledger(UTC)
    for minute in (0, 10):
        at = NOON - timedelta(minutes=10 - minute)
        ledger.count("solar", "meter:1", 5_000_000.0 + minute * 10, at, today=2_000.0 + minute * 10)
        ledger.count("grid_import", "meter:2", 9_000_000.0, at)
        ledger.count("grid_export", "meter:2", 1_000_000.0, at)
        ledger.balance("load", ["solar", "grid_import"], ["grid_export"], at)
    return ledger.as_dict()


def totals(stored: dict[str, Any]) -> dict[str, float]:
    """Return what the counters show."""
    return {name: counter["total"] for name, counter in stored["counters"].items()}


def test_a_counter_of_the_same_register_counts_what_flowed_since(stored: dict[str, Any]) -> None:
    successor = Successor(value=5_000_000.0, at=NOON - timedelta(minutes=10), same=True)
    after, shifts = continued(stored, {"solar": successor}, NOON)
    assert not shifts
    assert totals(after) == totals(stored)


@pytest.mark.parametrize("value", [3_000_000.0, 5_000_090.0, 5_000_110.0, 8_000_000.0])
def test_a_counter_that_differs_goes_on_from_the_other_one_s_value(stored: dict[str, Any], value: float) -> None:
    before = totals(stored)
    after, shifts = continued(stored, {"solar": Successor(value=value, at=NOON, same=True)}, NOON)
    assert totals(after) == pytest.approx({**before, "solar": value})
    assert totals(moved(after, {name: -shift for name, shift in shifts.items()})) == pytest.approx(before)

    ledger = Ledger(UTC)
    ledger.restore(after)
    assert ledger.today("solar", NOON) == pytest.approx(2_100.0)
    # Its register goes on where it was, and what is calculated from it neither jumps nor stands still.
    later = NOON + timedelta(minutes=1)
    ledger.count("solar", "meter:1", 5_000_150.0, later)
    ledger.balance("load", ["solar", "grid_import"], ["grid_export"], later)
    assert ledger.total("solar") == pytest.approx(value + 50)
    assert ledger.total("load") == pytest.approx(before["load"] + 50)


def test_another_register_always_goes_on_from_the_other_one_s_value(stored: dict[str, Any]) -> None:
    after, shifts = continued(stored, {"load": Successor(value=13_000_050.0, at=None, same=False)}, NOON)
    assert totals(after)["load"] == pytest.approx(13_000_050.0)
    assert set(shifts) == {"load"}
    ledger = Ledger(UTC)
    ledger.restore(after)
    ledger.balance("load", ["solar", "grid_import"], ["grid_export"], NOON)
    assert ledger.total("load") == pytest.approx(13_000_050.0)


@pytest.mark.parametrize("odd", [{}, {"counters": "none"}, {"counters": {"solar": {}}}])
def test_counters_that_are_not_there_are_left_out(odd: dict[str, Any]) -> None:
    after, shifts = continued(odd, {"solar": Successor(value=1.0, at=NOON, same=True)}, NOON)
    assert not shifts
    assert after.get("counters") == odd.get("counters")


def test_a_counter_made_of_days_goes_on_from_the_other_one_s_value_as_well() -> None:
    today, tomorrow = NOON.date(), NOON.date() + timedelta(days=1)
    counters = DailyCounters()
    solar, load = counters.of(CounterKind.SOLAR), counters.of(CounterKind.LOAD)
    solar.close(today - timedelta(days=1), 5_000_000.0)
    solar.note(today, 2_000.0)
    # Its lifetime isn't known yet, and would be added to whatever it goes on from.
    load.note(today, 3_000.0)
    assert counters.name("solar_energy", None) == "solar"
    assert [counters.name(*each) for each in (("load_energy", None), ("solar_energy", "1"), ("solar", None))] == [
        None
    ] * 3
    before = counters.as_dict()
    successors = {name: Successor(value=7_000.0, at=NOON, same=False) for name in ("solar", "load")}
    after, shifts = continued(before, successors, NOON)
    assert shifts == {"solar": -4_995_000.0}
    assert moved(after, {"solar": 4_995_000.0}) == before

    counters = DailyCounters()
    counters.restore(after)
    assert counters.counts(today)[CounterKind.SOLAR] == Count(total=7_000.0, today=2_000.0)
    # The lifetime that is told again is still that of our own start.
    counters.of(CounterKind.SOLAR).close(today, 5_002_500.0)
    counters.of(CounterKind.SOLAR).note(tomorrow, 100.0)
    assert counters.counts(tomorrow)[CounterKind.SOLAR] == Count(total=7_600.0, today=100.0)


def test_a_value_is_believed_if_the_site_can_have_reached_it() -> None:
    assert agrees(1000.0, 1000.0, 0)
    assert agrees(1000.0, 1500.0, 1 / 60)
    assert agrees(1000.4, 1000.0, 0)
    assert not agrees(1000.0, 1500.0, 0)
    assert not agrees(1000.0, 900.0, 1)
