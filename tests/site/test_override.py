"""What an override restores, and what it leaves to those who changed it meanwhile."""

from datetime import UTC, datetime
import json
from typing import Any

import pytest

from custom_components.energy_site.site.control import Value
from custom_components.energy_site.site.override import Override

END = datetime(2026, 6, 15, 22, tzinfo=UTC)
BEFORE: dict[str, Value] = {"charge_from_grid": False, "backup_reserve": 20.0, "operating_mode": "self_consumption"}
IMPOSED: dict[str, Value] = {"charge_from_grid": True, "backup_reserve": 60.0, "operating_mode": "savings"}


def restored(in_force: dict[str, Value | None], **changes: Any) -> list[tuple[str, Value]]:
    """Return what an override restores, in this order."""
    return list(Override(**{"until": END, "before": BEFORE, "imposed": IMPOSED, **changes}).to_restore(in_force))


def test_all_that_holds_is_restored_the_mode_first() -> None:
    assert restored({**IMPOSED}) == [
        ("operating_mode", "self_consumption"),
        ("backup_reserve", 20.0),
        ("charge_from_grid", False),
    ]


def test_what_somebody_changed_stays() -> None:
    assert [key for key, _ in restored({**IMPOSED, "backup_reserve": 45})] == ["operating_mode", "charge_from_grid"]


def test_what_is_as_it_was_needs_nothing() -> None:
    assert restored({**BEFORE}) == []
    assert [key for key, _ in restored({**IMPOSED, "operating_mode": "self_consumption"})] == [
        "backup_reserve",
        "charge_from_grid",
    ]


def test_a_percent_that_the_site_rounds_was_not_changed() -> None:
    assert ("backup_reserve", 20.0) in restored({**IMPOSED, "backup_reserve": 60.4})


def test_what_is_not_known_now_is_restored_to_be_sure() -> None:
    assert [key for key, _ in restored({"operating_mode": None})] == [
        "operating_mode",
        "backup_reserve",
        "charge_from_grid",
    ]


def test_what_was_not_known_before_or_not_imposed_is_left_alone() -> None:
    assert restored({**IMPOSED}, before={"backup_reserve": 20.0}) == [("backup_reserve", 20.0)]
    assert restored({**IMPOSED}, imposed={"charge_from_grid": True}) == [("charge_from_grid", False)]


def test_only_what_is_otherwise_than_before_is_overridden() -> None:
    override = Override(until=END, before=BEFORE, imposed={**IMPOSED, "charge_from_grid": False})
    assert [override.changes(key) for key in ("operating_mode", "backup_reserve", "charge_from_grid")] == [
        True,
        True,
        False,
    ]
    assert Override(until=END, before=BEFORE).changes("operating_mode") is False


def test_an_override_outlives_a_restart() -> None:
    override = Override(until=END, before=BEFORE, imposed=IMPOSED)
    assert Override.restore(json.loads(json.dumps(override.as_dict()))) == override


@pytest.mark.parametrize("until", [None, 5, "soon", "2026-06-15T22:00:00", ""])
def test_an_override_without_an_end_is_none(until: object) -> None:
    assert Override.restore({"until": until, "before": BEFORE, "imposed": IMPOSED}) is None


def test_what_is_no_value_of_a_control_is_dropped() -> None:
    kept = {"operating_mode": "backup", "backup_reserve": [1], "charge_from_grid": None, "party": 1}
    loaded = Override.restore({"until": END.isoformat(), "before": kept, "imposed": "all"})
    assert loaded == Override(until=END, before={"operating_mode": "backup"}, imposed={})
