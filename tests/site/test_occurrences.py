"""Storms and outages, each once, whoever knows of them."""

from datetime import UTC, datetime, timedelta
import json

import pytest

from custom_components.energy_site.site.model import Storm
from custom_components.energy_site.site.occurrences import (
    Occurrence,
    OccurrenceKind,
    StormLog,
    all_occurrences,
    current_or_next,
    joined,
)
from custom_components.energy_site.site.past_outages import PastOutage

NOW = datetime(2026, 6, 15, 16, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def storm(*, alert: bool | None = True, starts: datetime | None = None, ends: datetime | None = None) -> Storm:
    """Return what is known of a storm."""
    return Storm(observed_at=NOW, alert=alert, starts_at=starts, ends_at=ends)


def spans(log: StormLog) -> list[tuple[datetime, datetime | None]]:
    """Return the storms' times."""
    return [(each.start, each.end) for each in log.storms]


def test_a_storm_has_the_times_that_were_told() -> None:
    log = StormLog()
    log.observe(storm(starts=NOW + 3 * HOUR, ends=NOW + 9 * HOUR), NOW)
    assert spans(log) == [(NOW + 3 * HOUR, NOW + 9 * HOUR)]
    log.observe(storm(starts=NOW + 4 * HOUR, ends=NOW + 9 * HOUR), NOW + HOUR)
    assert spans(log) == [(NOW + 4 * HOUR, NOW + 9 * HOUR)]
    log.observe(storm(alert=False), NOW + 8 * HOUR)
    assert spans(log) == [(NOW + 4 * HOUR, NOW + 8 * HOUR)]


def test_a_storm_without_times_lasts_as_long_as_its_alert() -> None:
    log = StormLog()
    log.observe(storm(), NOW)
    log.observe(storm(alert=None), NOW + HOUR)
    assert spans(log) == [(NOW, None)]
    log.observe(storm(alert=False), NOW + 2 * HOUR)
    log.observe(storm(alert=False), NOW + 3 * HOUR)
    assert spans(log) == [(NOW, NOW + 2 * HOUR)]


def test_a_storm_that_was_called_off_before_it_began_is_forgotten() -> None:
    log = StormLog()
    log.observe(storm(starts=NOW + 3 * HOUR, ends=NOW + 9 * HOUR), NOW)
    log.observe(storm(alert=False), NOW + HOUR)
    assert spans(log) == []


def test_a_storm_that_outlasts_its_forecast_is_not_over() -> None:
    log = StormLog()
    log.observe(storm(starts=NOW - 3 * HOUR, ends=NOW - HOUR), NOW)
    assert spans(log) == [(NOW - 3 * HOUR, None)]


def test_the_next_storm_is_another_one() -> None:
    log = StormLog()
    log.observe(storm(starts=NOW, ends=NOW + HOUR), NOW)
    log.observe(storm(starts=NOW + 20 * HOUR, ends=NOW + 22 * HOUR), NOW + 2 * HOUR)
    assert spans(log) == [(NOW, NOW + HOUR), (NOW + 20 * HOUR, NOW + 22 * HOUR)]


def test_storms_survive_a_restart() -> None:
    log, after = StormLog(), StormLog()
    log.observe(storm(), NOW)
    log.observe(storm(alert=False), NOW + HOUR)
    log.observe(storm(), NOW + 5 * HOUR)
    after.restore(json.loads(json.dumps(log.as_dict())))
    assert after.storms == log.storms


@pytest.mark.parametrize(
    "kept",
    [
        None,
        [],
        {"past": 3, "current": []},
        {"past": [["x", "y"], ["2026-06-15T16:00:00", None], [NOW.isoformat(), None]], "current": ["2026", 3]},
    ],
)
def test_what_cannot_be_restored_is_ignored(kept: object) -> None:
    log = StormLog()
    log.restore(kept)
    assert log.storms == ()


def test_an_outage_that_a_cloud_lists_and_somebody_saw_is_one() -> None:
    listed = [PastOutage(started_at=NOW, lasted=HOUR)]
    seen = [(NOW + timedelta(minutes=4), NOW + 1.1 * HOUR), (NOW + 5 * HOUR, NOW + 6 * HOUR)]
    found = all_occurrences((), listed, seen, NOW + 9 * HOUR)
    assert [(each.start, each.end) for each in found] == [
        (NOW, NOW + HOUR),
        (NOW + 5 * HOUR, NOW + 6 * HOUR),
        (NOW + 9 * HOUR, None),
    ]


def test_what_happens_now_comes_before_what_is_next_and_an_outage_before_a_storm() -> None:
    past = Occurrence(kind=OccurrenceKind.OUTAGE, start=NOW - 3 * HOUR, end=NOW - HOUR)
    raging = Occurrence(kind=OccurrenceKind.STORM, start=NOW - HOUR, end=NOW + HOUR)
    outage = Occurrence(kind=OccurrenceKind.OUTAGE, start=NOW - timedelta(minutes=3))
    later = Occurrence(kind=OccurrenceKind.STORM, start=NOW + 9 * HOUR)
    assert current_or_next([past, later, raging, outage], NOW) == outage
    assert current_or_next([past, later, raging], NOW) == raging
    assert current_or_next([past, later], NOW) == later
    assert current_or_next([past], NOW) is None


def test_what_several_entries_know_of_is_listed_once_with_the_times_of_the_first() -> None:
    start = datetime(2026, 6, 1, 12, tzinfo=UTC)
    hour = timedelta(hours=1)
    listed = Occurrence(kind=OccurrenceKind.OUTAGE, start=start, end=start + hour)
    observed = Occurrence(kind=OccurrenceKind.OUTAGE, start=start + timedelta(minutes=2), end=start + hour)
    storm = Occurrence(kind=OccurrenceKind.STORM, start=start - hour, end=start + 2 * hour)
    lasting = Occurrence(kind=OccurrenceKind.OUTAGE, start=start + 5 * hour)
    assert joined((listed, storm), (observed, lasting)) == (storm, listed, lasting)
    assert joined((lasting,), (lasting, storm)) == (storm, lasting)
    assert joined((), ()) == ()
