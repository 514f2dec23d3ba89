"""An account's services are never asked, nor signed in to, more often than they bear."""

from datetime import UTC, datetime, timedelta
from functools import partial
import json
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.energy_site.vendors.enphase.client.governor import Governor

NOW = datetime(2026, 6, 20, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
quick = settings(max_examples=200, deadline=None)


def at(seconds: float) -> datetime:
    """Return the time so many seconds after the beginning."""
    return NOW + timedelta(seconds=seconds)


def governor(**state: Any) -> Governor:
    """Return a governor whose stops are exact."""
    made = Governor(jitter=lambda: 0.0)
    made.restore(state)
    return made


def restarted(before: Governor) -> Governor:
    """Return a governor that goes on with what another one stored."""
    return governor(**json.loads(json.dumps(before.as_dict())))


def most_within(times: list[float], window: float) -> int:
    """Return how many of some times in order lie within a window at most."""
    return max((sum(first <= time < first + window for time in times) for first in times), default=0)


# -- requests ------------------------------------------------------------------

EVENTS = st.lists(
    st.tuples(st.floats(0, 90), st.sampled_from(["reading", "urgent", "urgent", "restart", "wait"])), max_size=400
)


@quick
@given(EVENTS)
def test_never_more_than_ten_requests_a_minute_and_three_hundred_an_hour(events: list[tuple[float, str]]) -> None:
    spared, now = governor(), 0.0
    sent: list[float] = []
    for pause, kind in events:
        now += pause / 30
        if kind == "restart":
            spared = restarted(spared)
            continue
        wait = spared.wait(at(now), urgent=kind == "urgent")
        if kind == "wait":
            now += wait
            assert spared.wait(at(now), urgent=True) == 0
        elif wait > 0:
            continue
        spared.sent(at(now))
        sent.append(now)
    assert most_within(sent, MINUTE) <= 10
    assert most_within(sent, HOUR) <= 300


def test_who_asks_as_often_as_allowed_gets_three_hundred_an_hour() -> None:
    spared, now = governor(), 0.0
    sent: list[float] = []
    while now < 3 * HOUR:
        now += spared.wait(at(now), urgent=True)
        spared.sent(at(now))
        sent.append(now)
    assert most_within(sent, MINUTE) == 10
    assert most_within(sent, HOUR) == 300


def test_readings_leave_room_for_somebody_who_waits() -> None:
    spared = governor()
    for _ in range(8):
        assert spared.wait(at(0)) == 0
        spared.sent(at(0))
    assert spared.wait(at(0)) > 0
    for _ in range(2):
        assert spared.wait(at(0), urgent=True) == 0
        spared.sent(at(0))
    assert 0 < spared.wait(at(0), urgent=True) <= 61


@pytest.mark.parametrize("urgent", [True, False])
def test_a_clock_that_was_set_back_holds_up_no_request_for_longer_than_an_hour(*, urgent: bool) -> None:
    spared = governor()
    for _ in range(300):
        spared.sent(at(30 * DAY))
    assert spared.wait(at(0), urgent=urgent) <= HOUR + 1
    assert spared.wait(at(HOUR + 2), urgent=urgent) == 0


# -- stops ---------------------------------------------------------------------


def test_trouble_stops_all_for_five_minutes_a_quarter_of_an_hour_and_an_hour() -> None:
    spared, now = governor(), 0.0
    for minutes in (5, 15, 60, 60):
        spared.stop(at(now))
        assert spared.stopped(at(now)) == at(now + minutes * MINUTE)
        assert spared.wait(at(now), urgent=True) == minutes * MINUTE
        spared = restarted(spared)
        now += minutes * MINUTE
        assert spared.wait(at(now), urgent=True) == 0
        assert spared.stopped(at(now)) is None
    assert spared.stops == 4
    spared.answered(at(now))
    assert spared.stops == 0
    spared.stop(at(now))
    assert spared.wait(at(now)) == 5 * MINUTE


def test_several_homes_do_not_all_come_back_at_the_same_moment() -> None:
    waits = set()
    for share in (0.0, 0.5, 1.0):
        spared = Governor(jitter=partial(float, share))
        spared.stop(at(0))
        waits.add(spared.wait(at(0)))
    assert waits == {300.0, 315.0, 330.0}


@pytest.mark.parametrize(("asked", "wait"), [(None, 300), (60, 300), (900, 900), (1e12, DAY), (float("inf"), DAY)])
def test_the_service_may_ask_for_a_longer_stop_of_up_to_a_day(asked: float | None, wait: float) -> None:
    spared = governor()
    spared.stop(at(0), asked)
    assert spared.wait(at(0)) == wait


def test_an_answer_that_was_on_its_way_ends_no_stop() -> None:
    spared = governor()
    spared.stop(at(0))
    spared.answered(at(1))
    assert spared.wait(at(1)) == 299


# -- sign-ins ------------------------------------------------------------------

DAYS = st.lists(
    st.tuples(
        st.floats(0, 6 * HOUR), st.sampled_from(["in", "refused", "blocked", "full", "lost", "restart", "person"])
    ),
    max_size=80,
)


@quick
@given(DAYS)
def test_never_more_than_four_sign_ins_a_day_without_a_person(events: list[tuple[float, str]]) -> None:
    spared, now = governor(), 0.0
    tried: list[float] = []
    for pause, kind in events:
        now += pause
        if kind == "restart":
            spared = restarted(spared)
            continue
        by_person = kind == "person"
        if spared.sign_in_wait(at(now), by_person=by_person) > 0:
            continue
        spared.signing_in(at(now), by_person=by_person)
        if not by_person:
            tried.append(now)
        match kind:
            case "in" | "person":
                spared.signed_in(at(now))
            case "refused":
                spared.refused(at(now))
            case "blocked":
                spared.blocked(at(now))
            case "full":
                spared.sessions_full(at(now))
    assert most_within(tried, DAY) <= 4


def test_refusals_pause_for_five_minutes_an_hour_six_hours_and_a_day() -> None:
    spared, now = governor(), 0.0
    for seconds in (5 * MINUTE, HOUR, 6 * HOUR, DAY, DAY):
        spared.signing_in(at(now), by_person=False)
        spared.refused(at(now), "account_blocked")
        spared = restarted(spared)
        assert spared.pause_reason == "account_blocked"
        assert spared.sign_in_wait(at(now), by_person=False) == seconds
        now += seconds
        assert spared.sign_in_wait(at(now), by_person=False) == 0
    spared.signed_in(at(now))
    spared.refused(at(now))
    assert spared.sign_in_wait(at(now), by_person=False) == 5 * MINUTE


@pytest.mark.parametrize(("asked", "wait"), [(None, HOUR), (60, 5 * MINUTE), (2 * HOUR, 2 * HOUR), (1e9, DAY)])
def test_a_blocked_account_rests_as_long_as_the_service_asks_for_and_else_an_hour(
    asked: float | None, wait: float
) -> None:
    spared = governor()
    spared.blocked(at(0), retry_after=asked)
    assert spared.sign_in_wait(at(0), by_person=False) == wait


def test_too_many_sessions_take_a_day_and_then_a_single_try() -> None:
    spared, now = governor(), 0.0
    for _ in range(3):
        spared.signing_in(at(now), by_person=False)
        spared.sessions_full(at(now), "too_many_sessions")
        spared = restarted(spared)
        assert spared.sign_in_wait(at(now + DAY - 1), by_person=False) == 1
        assert spared.pause_reason == "too_many_sessions"
        now += DAY
        assert spared.sign_in_wait(at(now), by_person=False) == 0


def test_a_shorter_pause_does_not_end_a_longer_one() -> None:
    spared = governor()
    spared.sessions_full(at(0), "too_many_sessions")
    spared.refused(at(1))
    spared.not_served(at(2), by_person=True)
    assert spared.sign_in_wait(at(3), by_person=False) == DAY - 3
    assert spared.pause_reason == "too_many_sessions"


def test_a_sign_in_whose_end_nobody_knows_counts_and_is_not_repeated_at_once() -> None:
    spared = governor()
    spared.signing_in(at(0), by_person=False)
    assert restarted(spared).sign_in_wait(at(0), by_person=False) == 5 * MINUTE


def test_a_service_that_is_down_uses_up_no_sign_in() -> None:
    spared, now = governor(), 0.0
    for _ in range(100):
        assert spared.sign_in_wait(at(now), by_person=False) == 0
        spared.signing_in(at(now), by_person=False)
        spared.not_served(at(now), by_person=False)
        assert spared.sign_in_wait(at(now), by_person=False) == 5 * MINUTE
        now += 5 * MINUTE


def test_a_persons_sign_ins_are_counted_apart() -> None:
    spared = governor()
    for _ in range(4):
        spared.signing_in(at(0), by_person=False)
    spared.sessions_full(at(0))
    assert spared.sign_in_wait(at(0), by_person=False) == DAY
    for _ in range(20):
        assert spared.sign_in_wait(at(0), by_person=True) == 0
        spared.signing_in(at(0), by_person=True)
    assert restarted(spared).sign_in_wait(at(0), by_person=True) == HOUR
    assert spared.sign_in_wait(at(HOUR), by_person=True) == 0


def test_codes_are_half_a_minute_apart() -> None:
    spared = governor()
    assert spared.code_wait(at(0)) == 0
    spared.code_sent(at(0))
    spared = restarted(spared)
    assert (spared.code_wait(at(1)), spared.code_wait(at(30))) == (29, 0)
    # And after the clock was set back, no longer than that.
    assert spared.code_wait(at(-DAY)) == 30


# -- the store -----------------------------------------------------------------

LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
STORED: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.sampled_from(sorted(Governor().as_dict())), LEAVES | st.lists(LEAVES, max_size=5) | st.just({}), max_size=9
)


@quick
@given(STORED, st.booleans())
def test_whatever_is_stored_no_wait_is_longer_than_a_day(stored: dict[str, Any], by_person: bool) -> None:
    spared = governor(**stored)
    assert 0 <= spared.wait(at(0)) <= DAY
    assert 0 <= spared.sign_in_wait(at(0), by_person=by_person) <= DAY
    assert 0 <= spared.code_wait(at(0)) <= 30
    spared.stop(at(0))
    spared.refused(at(0))
    json.dumps(spared.as_dict(), allow_nan=False)


def test_what_is_stored_is_what_is_needed_and_no_more() -> None:
    spared = governor()
    for index in range(1000):
        spared.sent(at(index * 12.0))
    stored = json.loads(json.dumps(spared.as_dict()))
    assert len(stored["sent"]) <= 301
