"""When the grid is told to be lost, and to be back."""

from datetime import UTC, datetime, timedelta
import json
from typing import Any

import pytest

from custom_components.energy_site.site.model import GridState, GridStatus
from custom_components.energy_site.site.outage import OutageEvent, OutageWatch

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
LOST = OutageEvent(lost=True)


def look(watch: OutageWatch, state: GridState | None, minutes: float = 0, *, enabled: bool | None = True) -> Any:
    """Let a watch look at the grid, minutes after noon."""
    now = NOON + timedelta(minutes=minutes)
    return watch.observe(GridStatus(observed_at=now, state=state, enabled=enabled), now)


@pytest.fixture
def watch() -> OutageWatch:
    """Return a watch that has seen the grid."""
    watch = OutageWatch()
    assert look(watch, GridState.ON_GRID) is None
    return watch


@pytest.mark.parametrize("state", [GridState.OFF_GRID, GridState.GENERATOR])
def test_a_loss_is_told_once_and_its_end_with_the_duration(watch: OutageWatch, state: GridState) -> None:
    assert look(watch, state, 10) == LOST
    assert look(watch, state, 20) is None
    assert look(watch, GridState.ON_GRID, 40) == OutageEvent(lost=False, lasted=timedelta(minutes=30))
    assert look(watch, GridState.ON_GRID, 50) is None
    assert look(watch, state, 60) == LOST


def test_what_is_not_known_is_no_loss_and_no_return(watch: OutageWatch) -> None:
    assert look(watch, None, 5) is None
    assert look(watch, GridState.OFF_GRID, 10) == LOST
    assert look(watch, None, 20) is None
    assert look(watch, GridState.ON_GRID, 30) == OutageEvent(lost=False, lasted=timedelta(minutes=20))


def test_synchronizing_is_not_back_yet(watch: OutageWatch) -> None:
    assert look(watch, GridState.SYNCHRONIZING, 5) is None
    assert look(watch, GridState.OFF_GRID, 10) == LOST
    assert look(watch, GridState.SYNCHRONIZING, 20) is None
    assert look(watch, GridState.ON_GRID, 30) == OutageEvent(lost=False, lasted=timedelta(minutes=20))


def test_a_house_off_the_grid_on_purpose_has_no_outage(watch: OutageWatch) -> None:
    assert look(watch, GridState.OFF_GRID, 10, enabled=False) is None
    # For a while it may not be told whether it is on purpose.
    assert look(watch, GridState.OFF_GRID, 20, enabled=None) is None
    assert look(watch, GridState.ON_GRID, 30) is None
    assert look(watch, GridState.OFF_GRID, 40) == LOST


def test_taking_the_house_off_during_an_outage_does_not_end_it(watch: OutageWatch) -> None:
    assert look(watch, GridState.OFF_GRID, 10) == LOST
    assert look(watch, GridState.OFF_GRID, 20, enabled=False) is None
    assert look(watch, GridState.ON_GRID, 30) == OutageEvent(lost=False, lasted=timedelta(minutes=20))


def test_a_site_whose_switch_tells_nothing_has_outages_too() -> None:
    watch = OutageWatch()
    assert look(watch, GridState.ON_GRID, enabled=None) is None
    assert look(watch, GridState.OFF_GRID, 10, enabled=None) == LOST


def test_what_was_never_seen_with_a_grid_did_not_lose_it() -> None:
    watch = OutageWatch()
    assert look(watch, GridState.OFF_GRID) is None
    assert look(watch, GridState.ON_GRID, 10) is None


def restarted(watch: OutageWatch) -> OutageWatch:
    """Return a watch that goes on with what another one wrote down."""
    after = OutageWatch()
    after.restore(json.loads(json.dumps(watch.as_dict())))
    return after


def test_an_outage_outlives_a_restart(watch: OutageWatch) -> None:
    look(watch, GridState.OFF_GRID, 10)
    after = restarted(watch)
    assert look(after, GridState.OFF_GRID, 20) is None
    assert look(after, GridState.ON_GRID, 40) == OutageEvent(lost=False, lasted=timedelta(minutes=30))


def test_a_loss_while_nobody_looked_is_told_afterwards(watch: OutageWatch) -> None:
    assert look(restarted(watch), GridState.OFF_GRID, 10) == LOST


def test_purpose_outlives_a_restart(watch: OutageWatch) -> None:
    look(watch, GridState.OFF_GRID, 10, enabled=False)
    assert look(restarted(watch), GridState.OFF_GRID, 20, enabled=None) is None


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"connected": "yes", "lost_at": 5},
        {"connected": None, "lost_at": "yesterday"},
        {"lost_at": "2026-06-15T12:00:00"},
    ],
)
def test_what_was_written_by_nobody_is_forgotten(data: dict[str, Any]) -> None:
    watch = OutageWatch()
    watch.restore(data)
    assert watch.as_dict() == {"connected": None, "lost_at": None}
