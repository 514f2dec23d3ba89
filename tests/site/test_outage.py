"""When the grid is told to be lost, and to be back."""

from datetime import UTC, datetime, timedelta
import json
from typing import Any

import pytest

from custom_components.energy_site.site.model import GridState, GridStatus
from custom_components.energy_site.site.outage import OutageEvent, OutageWatch
from custom_components.energy_site.site.past_outages import PastOutage

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
LOST = OutageEvent(lost=True)


def look(watch: OutageWatch, state: GridState | None, minutes: float = 0, *, enabled: bool | None = True) -> Any:
    """Let a watch look at the grid, minutes after noon."""
    now = NOON + timedelta(minutes=minutes)
    return watch.observe(GridStatus(observed_at=now, state=state, enabled=enabled))


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
        {"since": 7, "seen": [["2026-06-15T12:00:00+00:00"], "now", ["x", "y"], [1, 2]]},
    ],
)
def test_what_was_written_by_nobody_is_forgotten(data: dict[str, Any]) -> None:
    watch = OutageWatch()
    watch.restore(data)
    assert watch.as_dict() == OutageWatch().as_dict()


def outage(minutes: float, lasted: float) -> PastOutage:
    """Return an outage that began minutes after noon."""
    return PastOutage(started_at=NOON + timedelta(minutes=minutes), lasted=timedelta(minutes=lasted))


def review(watch: OutageWatch, minutes: float, *outages: PastOutage) -> list[OutageEvent]:
    """Let a watch look at what a cloud lists, minutes after noon."""
    return watch.review(outages, NOON + timedelta(minutes=minutes))


def test_an_outage_that_nobody_saw_is_told_once_when_the_cloud_lists_it(watch: OutageWatch) -> None:
    unseen = outage(20, 15)
    assert review(watch, 0) == []
    assert review(watch, 60, unseen) == [OutageEvent(lost=False, lasted=timedelta(minutes=15))]
    assert review(watch, 70, unseen) == []


def test_outages_of_before_the_setup_are_no_news(watch: OutageWatch) -> None:
    assert review(watch, 0, outage(-500, 20)) == []
    assert review(watch, 60, outage(-500, 20), outage(-90, 60)) == []


def test_an_outage_that_was_seen_is_not_told_again_when_the_cloud_lists_it(watch: OutageWatch) -> None:
    review(watch, 0)
    assert look(watch, GridState.OFF_GRID, 12) == LOST
    # The cloud may list it before the return of the grid is seen.
    assert review(watch, 39, outage(10, 28)) == []
    assert look(watch, GridState.ON_GRID, 40) is not None
    assert review(watch, 60, outage(10, 28)) == []


def test_an_outage_under_way_is_not_over(watch: OutageWatch) -> None:
    review(watch, 0)
    assert review(watch, 15, outage(10, 28)) == []
    assert len(review(watch, 40, outage(10, 28))) == 1


def test_two_outages_of_one_afternoon_are_two(watch: OutageWatch) -> None:
    review(watch, 0)
    assert len(review(watch, 200, outage(10, 5), outage(60, 5))) == 2


def test_what_was_told_is_not_told_again_after_a_restart(watch: OutageWatch) -> None:
    review(watch, 0)
    review(watch, 60, outage(20, 15))
    again = OutageWatch()
    again.restore(json.loads(json.dumps(watch.as_dict())))
    assert review(again, 80, outage(20, 15)) == []
    # What happened meanwhile is news.
    assert len(review(again, 500, outage(20, 15), outage(200, 30))) == 1


def test_an_outage_that_the_cloud_lists_a_quarter_of_an_hour_off_is_the_one_that_was_seen(watch: OutageWatch) -> None:
    review(watch, 0)
    assert look(watch, GridState.OFF_GRID, 40) == LOST
    assert look(watch, GridState.ON_GRID, 50) == OutageEvent(lost=False, lasted=timedelta(minutes=10))
    assert review(watch, 60, outage(15, 12)) == []
    assert review(watch, 100, outage(63, 5)) == []
    assert len(review(watch, 200, outage(150, 5))) == 1


def test_two_short_outages_that_nobody_saw_are_two(watch: OutageWatch) -> None:
    review(watch, 0)
    assert len(review(watch, 100, outage(10, 2), outage(20, 2))) == 2


def test_an_old_observation_of_an_outage_that_was_listed_already_is_no_second_one(watch: OutageWatch) -> None:
    review(watch, 0)
    assert len(review(watch, 40, outage(10, 20))) == 1
    watch = restarted(watch)
    assert look(watch, GridState.OFF_GRID, 28) is None
    assert look(watch, GridState.ON_GRID, 41) is None
    assert look(watch, GridState.OFF_GRID, 60) == LOST
