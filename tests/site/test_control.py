"""What a control admits, when two values mean the same, and how long to wait for one."""

from datetime import UTC, datetime
import math
from typing import Any

import pytest

from custom_components.energy_site.site.control import Choice, Flag, PendingCommand, Range, Value, pauses, same


@pytest.mark.parametrize(
    ("value", "admitted"),
    [(0, 0), (100, 100), (35, 35), (35.4, 35), (35.6, 36), (99.9, 100), (-0.1, None), (100.1, None)],
)
def test_a_number_within_its_bounds_is_taken_for_the_nearest_step(value: float, admitted: float | None) -> None:
    assert Range(minimum=0, maximum=100).admit(value) == admitted


def test_steps_begin_at_the_minimum() -> None:
    assert Range(minimum=5, maximum=95, step=10).admit(31) == 35
    assert Range(minimum=0, maximum=1, step=0.25).admit(0.6) == 0.5


@pytest.mark.parametrize(
    ("value", "admitted"), [(80, 80), (80.2, None), (81, None), (99, None), (99.9, None), (100, 100), (20, 20)]
)
def test_a_number_in_the_gap_is_not_taken_for_another_one(value: float, admitted: float | None) -> None:
    assert Range(minimum=0, maximum=100, gap=(80, 100)).admit(value) == admitted


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, True, False, "35", ""])
def test_what_is_no_number_is_not_admitted(value: Value) -> None:
    assert Range(minimum=0, maximum=100).admit(value) is None


def test_a_choice_admits_its_options_only() -> None:
    choice = Choice(options=("on", "off"))
    assert choice.admit("on") == "on"
    assert [choice.admit(value) for value in ("ON", "", 1, True)] == [None, None, None, None]


def test_a_flag_admits_flags_only() -> None:
    assert (Flag().admit(value=True), Flag().admit(value=False)) == (True, False)
    assert [Flag().admit(value) for value in (0, 1, "true")] == [None, None, None]


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (20.0, 20.4, True),
        (20, 20.0, True),
        (20.0, 20.5, False),
        (True, True, True),
        (True, False, False),
        (True, 1, True),
        (0, False, True),
        ("backup", "backup", True),
        ("backup", "savings", False),
        (None, None, True),
        (None, 0, False),
        ("20", 20, False),
    ],
)
def test_percents_that_a_site_rounds_mean_the_same(one: Value | None, other: Value | None, equal: bool) -> None:
    assert same(one, other) is equal
    assert same(other, one) is equal


@pytest.mark.parametrize("patience", [0.0, 0.5, 1.0, 5.0, 30.0, 60.0])
def test_looks_come_at_growing_pauses_and_stop_in_time(patience: float) -> None:
    found = list(pauses(patience))
    assert sum(found) == pytest.approx(patience)
    assert all(pause > 0 for pause in found)
    assert found[:-1] == sorted(found[:-1])


@pytest.mark.parametrize("value", [35.0, True, "backup"])
def test_a_wish_outlives_a_restart(value: Value) -> None:
    wish = PendingCommand(value=value, requested_at=datetime(2026, 6, 15, tzinfo=UTC))
    assert PendingCommand.restore(wish.as_dict()) == wish


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        {"value": 1},
        {"value": None, "made_at": "2026-06-15T00:00:00+00:00"},
        {"value": [1], "made_at": "2026-06-15T00:00:00+00:00"},
        {"value": 1, "made_at": "yesterday"},
        {"value": 1, "made_at": 5},
        {"value": 1, "made_at": "2026-06-15T00:00:00"},
    ],
)
def test_what_is_no_wish_is_none(data: Any) -> None:
    assert PendingCommand.restore(data) is None
