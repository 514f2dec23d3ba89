"""What the planner of a key says at a time: what may be asked, when, and what is left."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta, timezone
import json
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings, strategies as st
import pytest

from custom_components.energy_site.site.quota.daylight import Daylight
from custom_components.energy_site.site.quota.demand import Plan, PlannedSystem, PollRequest, Purpose
from custom_components.energy_site.site.quota.planner import Planner
from custom_components.energy_site.site.quota.usage import Usage

FREE = Plan(per_month=1000, per_minute=10)
HERE = Daylight(zone=ZoneInfo("Europe/Amsterdam"), latitude=52.4, longitude=4.9)
CLOSE = PollRequest(key="close", cost=5, daily_at=time(2, 30), min_interval=timedelta(hours=1))
QUARTER = timedelta(minutes=15)
FRESH = PollRequest(key="fresh", cost=4, min_interval=QUARTER)
SITE = PlannedSystem(key="1", daylight=HERE, requests=(CLOSE, FRESH))
MAY = datetime(2026, 5, 1, tzinfo=UTC)
NOW = datetime(2026, 5, 11, 10, 7, tzinfo=UTC)
JUNE = datetime(2026, 6, 1, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PERSON, WRITE, FEED, ESSENTIAL, HISTORY = (
    Purpose.USER,
    Purpose.WRITE,
    Purpose.FRESHNESS,
    Purpose.ESSENTIAL,
    Purpose.HISTORY,
)


def planner(plan: Plan = FREE, *systems: PlannedSystem, used: int = 0, now: datetime = NOW) -> Planner:
    """Return a planner that used some requests an hour before now."""
    made = Planner(plan)
    for system in systems or (SITE,):
        made.add(system)
    made.spend(used, now - HOUR, purpose=PERSON)
    return made


def reopened(before: Planner, plan: Plan = FREE) -> Planner:
    """Return another planner with what this one wrote down, as real JSON text."""
    made = Planner(plan)
    made.restore(json.loads(json.dumps(before.as_dict())))
    made.add(SITE)
    return made


def test_a_minute_has_room_for_feeds_and_a_little_more_for_people() -> None:
    made = planner()
    made.spend(8, NOW, purpose=FEED)
    assert not made.is_allowed(FEED, 1, NOW)
    assert made.is_allowed(PERSON, 2, NOW)
    assert not made.is_allowed(WRITE, 3, NOW)
    assert made.next_allowed(FEED, 1, NOW) == NOW + timedelta(seconds=65)
    assert made.is_allowed(FEED, 8, NOW + timedelta(seconds=65))


def test_a_minute_slides() -> None:
    made = planner()
    for second in range(0, 80, 10):
        made.spend(1, NOW + timedelta(seconds=second), purpose=FEED)
    now = NOW + timedelta(seconds=72)
    assert made.next_allowed(FEED, 1, now) == now
    assert made.next_allowed(FEED, 2, now) == NOW + timedelta(seconds=10 + 65)
    assert made.next_allowed(PERSON, 3, now) == now


def test_what_is_more_than_a_minute_allows_may_begin_in_a_free_one() -> None:
    assert planner().is_allowed(FEED, 9, NOW)
    assert not planner(Plan(per_month=1000, per_minute=0)).is_allowed(PERSON, 1, NOW)
    assert planner(Plan(per_month=1000, per_minute=1)).is_allowed(FEED, 4, NOW)


def test_feeds_leave_what_the_days_to_come_and_people_need() -> None:
    # Until June the days are closed 21 times, and once more for a failure.
    assert planner(used=1000 - 50 - 110 - 4).is_allowed(FEED, 4, NOW)
    made = planner(used=1000 - 50 - 110 - 3)
    assert not made.is_allowed(FEED, 4, NOW)
    assert made.is_allowed(ESSENTIAL, 5, NOW)
    made = planner(used=1000 - 50)
    assert not made.is_allowed(ESSENTIAL, 1, NOW)
    assert made.next_allowed(ESSENTIAL, 1, NOW) == JUNE + timedelta(minutes=3)
    assert made.is_allowed(WRITE, 10, NOW)
    made = planner(used=999)
    assert made.is_allowed(PERSON, 1, NOW)
    assert not made.is_allowed(PERSON, 2, NOW)


@pytest.mark.parametrize(("per_month", "reserve"), [(1000, 50), (300, 20), (30, 15), (50_000, 2500), (0, 0)])
def test_the_reserve_is_a_share_of_the_month(per_month: int, reserve: int) -> None:
    assert planner(Plan(per_month=per_month, per_minute=10)).outlook(NOW).reserve == reserve


def test_without_limits_everything_is_asked_as_often_as_makes_sense() -> None:
    made = planner(Plan(per_month=None, per_minute=None), used=10**6)
    assert made.is_allowed(FEED, 10**6, NOW)
    assert made.interval("1", FRESH, NOW) == FRESH.min_interval
    outlook = made.outlook(NOW)
    assert (outlook.left, outlook.limit, outlook.daily_budget, outlook.exhausted) == (None, None, None, False)


def test_what_was_never_asked_is_due() -> None:
    made = planner()
    assert made.next_at("1", CLOSE, NOW) == NOW
    assert made.next_at("1", FRESH, NOW) == NOW
    assert made.next_update("1", NOW) == NOW


def test_a_day_is_closed_once_in_its_night() -> None:
    made = planner()
    made.record_result("1", CLOSE, NOW)
    due = made.next_at("1", CLOSE, NOW)
    assert timedelta() <= due - datetime(2026, 5, 12, 0, 30, tzinfo=UTC) < timedelta(minutes=15)
    made.record_result("1", CLOSE, due)
    assert made.next_at("1", CLOSE, due) == due + DAY
    assert made.next_at("1", CLOSE, due + 7 * DAY) == due + 7 * DAY
    # A timer that was a moment too early does not let it be asked twice.
    made.record_result("1", CLOSE, due - timedelta(seconds=1))
    assert made.next_at("1", CLOSE, due) == due + DAY


def test_what_failed_is_tried_again_a_few_times() -> None:
    made, now = planner(), NOW
    waits = []
    for _ in range(5):
        made.record_start("1", CLOSE, now)
        made.record_result("1", CLOSE, now, failed=True)
        waits.append(made.next_at("1", CLOSE, now) - now)
        now += waits[-1]
    assert waits[:3] == [HOUR, 2 * HOUR, 4 * HOUR]
    assert waits[3] > 6 * HOUR
    assert waits[4] == DAY


def test_updates_are_due_in_a_slot_and_rarer_at_night() -> None:
    made = planner()
    made.record_result("1", FRESH, NOW)
    day = made.interval("1", FRESH, NOW)
    night = made.interval("1", FRESH, NOW.replace(hour=23))
    assert day is not None
    assert night is not None
    assert night >= 3 * day
    due = made.next_at("1", FRESH, NOW)
    assert abs(due - NOW - day) <= timedelta(minutes=8)
    made.record_result("1", FRESH, due + timedelta(seconds=20))
    following = made.next_at("1", FRESH, due + timedelta(seconds=20))
    assert (following - due) % timedelta(minutes=15) == timedelta()


def test_nothing_is_left_to_ask_with_before_the_next_month() -> None:
    made = planner(used=950)
    made.record_result("1", FRESH, NOW)
    made.record_result("1", CLOSE, NOW)
    assert made.interval("1", FRESH, NOW) is None
    assert made.interval("1", CLOSE, NOW) is None
    assert JUNE < made.next_at("1", FRESH, NOW) < JUNE + HOUR
    assert JUNE < made.next_at("1", CLOSE, NOW) < JUNE + HOUR
    later = JUNE + HOUR
    assert made.next_update("1", later) == later
    assert made.outlook(later).used == 0


def test_a_bundle_without_worth_waits_as_long_as_it_may() -> None:
    idle = PollRequest(key="idle", cost=1, weight_day=0, weight_night=0, min_interval=QUARTER, max_interval=6 * HOUR)
    made = planner(FREE, PlannedSystem(key="1", daylight=HERE, requests=(idle,)))
    assert made.interval("1", idle, NOW) == 6 * HOUR
    # What cannot be paid is asked less often still.
    made.change(Plan(per_month=60, per_minute=10), NOW)
    longer = made.interval("1", idle, NOW)
    assert longer is not None
    assert longer > 6 * HOUR
    assert made.next_update("1", NOW) == NOW
    assert planner(FREE, PlannedSystem(key="2", daylight=HERE, requests=())).next_update("2", NOW) is None


@pytest.mark.parametrize(
    ("period", "ends", "until"),
    [
        ("second", None, NOW + MINUTE),
        ("minute", None, NOW + MINUTE),
        ("minute", NOW + timedelta(seconds=40), NOW + timedelta(seconds=40)),
        # Ends that cannot be.
        ("minute", NOW - MINUTE, NOW + MINUTE),
        ("minute", NOW + HOUR, NOW + MINUTE),
        ("hour", None, NOW.replace(hour=11, minute=0)),
        ("day", None, datetime(2026, 5, 12, tzinfo=UTC)),
        ("month", None, JUNE),
        ("month", JUNE, JUNE),
        ("month", JUNE + 8 * HOUR, JUNE + 8 * HOUR),
        ("month", JUNE + 300 * DAY, JUNE),
        (None, NOW + 2 * HOUR, NOW + 2 * HOUR),
        (None, None, NOW + MINUTE),
        ("fortnight", None, NOW + MINUTE),
    ],
)
def test_a_refusal_is_obeyed_until_its_period_ends(period: str | None, ends: datetime | None, until: datetime) -> None:
    made = planner(used=100)
    made.record_rate_limited(NOW, period=period, ends_at=ends)
    until += timedelta(seconds=2)
    for purpose in (PERSON, WRITE, FEED, ESSENTIAL):
        assert not made.is_allowed(purpose, 1, until - timedelta(seconds=1))
    assert made.history_allowance(NOW, "1") == 0
    assert made.outlook(NOW).paused_until == until
    # Across a restart as well.
    made = reopened(made)
    assert not made.is_allowed(PERSON, 1, until - timedelta(seconds=1))
    assert made.is_allowed(PERSON, 1, until)
    assert made.outlook(until).paused_until is None


def test_pauses_without_a_known_end_grow_until_something_is_answered() -> None:
    made, now, pauses = planner(), NOW, []
    for _ in range(12):
        made.record_rate_limited(now)
        pauses.append(made.next_allowed(PERSON, 1, now) - now - timedelta(seconds=2))
        now += pauses[-1] + timedelta(seconds=2)
    assert pauses[:4] == [MINUTE, 2 * MINUTE, 4 * MINUTE, 8 * MINUTE]
    assert pauses[-1] == 6 * HOUR
    made.record_answer(now)
    made.record_rate_limited(now)
    assert made.next_allowed(PERSON, 1, now) == now + MINUTE + timedelta(seconds=2)


def test_a_month_that_the_service_calls_gone_is_gone() -> None:
    made = planner(used=400)
    made.record_rate_limited(NOW, period="month", limit=1000)
    outlook = made.outlook(NOW)
    assert (outlook.used, outlook.others, outlook.left, outlook.exhausted) == (1000, 600, 0, True)
    assert not made.is_allowed(PERSON, 1, JUNE)
    outlook = made.outlook(JUNE)
    assert (outlook.used, outlook.left, outlook.exhausted) == (0, 1000, False)


def test_a_refusal_without_a_period_near_the_limit_means_the_month() -> None:
    made = planner(used=990)
    made.record_rate_limited(NOW)
    assert made.outlook(NOW).exhausted
    assert not made.is_allowed(PERSON, 1, NOW + 10 * DAY)


def test_a_refusal_in_the_first_hours_of_a_month_may_mean_the_last_one() -> None:
    made, now = planner(used=900, now=MAY - DAY), MAY + 4 * HOUR
    made.record_rate_limited(now, period="month")
    assert not made.outlook(now).exhausted
    assert made.is_allowed(PERSON, 1, now + 5 * MINUTE)


def test_a_month_may_end_when_the_service_says() -> None:
    made, ends = planner(used=400), datetime(2026, 5, 17, 8, tzinfo=UTC)
    made.record_rate_limited(NOW, period="month", ends_at=ends)
    assert made.outlook(NOW).resets_at == ends
    assert made.outlook(NOW).used == 1000
    made = reopened(made)
    assert made.outlook(ends + MINUTE).used == 0
    assert made.outlook(ends + MINUTE).resets_at == datetime(2026, 6, 17, 8, tzinfo=UTC)


def test_limits_that_contradict_the_plan_are_believed_for_their_period() -> None:
    made = planner(used=100)
    made.record_rate_limited(NOW, period="minute", limit=3)
    assert not made.is_allowed(PERSON, 1, NOW + timedelta(seconds=30))
    assert made.is_allowed(PERSON, 10, NOW + 2 * MINUTE)
    later = NOW + HOUR
    made.record_rate_limited(later, period="month", limit=500)
    made = reopened(made)
    assert (made.outlook(later).limit, made.outlook(later).left) == (500, 0)
    assert not made.is_allowed(PERSON, 1, JUNE - HOUR)
    assert made.outlook(JUNE + HOUR).limit == 1000
    assert made.is_allowed(PERSON, 10, JUNE + HOUR)


def test_a_month_that_was_smaller_than_the_plan_makes_the_next_one_careful() -> None:
    made, alone = planner(), planner()
    made.spend(400, NOW, purpose=FEED)
    made.record_rate_limited(NOW, period="month", limit=500)
    careful, usual = (each.interval("1", FRESH, JUNE + 12 * HOUR) for each in (made, alone))
    assert careful is not None
    assert usual is not None
    assert careful > usual


@pytest.mark.parametrize("period", ["minute", "second"])
def test_a_refusal_with_its_period_is_waited_for_once_however_often_it_comes(period: str) -> None:
    made, now = planner(), NOW
    for _ in range(6):
        made.record_rate_limited(now, period=period)
        assert not made.is_allowed(PERSON, 1, now)
        now += MINUTE + timedelta(seconds=2)
        assert made.is_allowed(PERSON, 1, now)


def test_refusals_that_last_for_hours_mean_that_others_used_the_month_up() -> None:
    made, now = planner(used=400), NOW
    while now < NOW + 3 * HOUR:
        made.record_rate_limited(now)
        now = made.next_allowed(PERSON, 1, now)
    made = reopened(made)
    outlook = made.outlook(now)
    assert (outlook.left, outlook.exhausted) == (0, True)
    # It is looked whether that is true, and what others use is expected of the next month.
    assert made.next_allowed(PERSON, 1, now) <= now + 7 * HOUR
    usual, careful = (each.interval("1", FRESH, JUNE + 12 * HOUR) for each in (planner(), made))
    assert usual is not None
    assert careful is not None
    assert careful > usual


def test_an_answer_ends_what_refusals_without_a_period_made_believe() -> None:
    made, now = planner(used=400), NOW
    while now < NOW + 3 * HOUR:
        made.record_rate_limited(now)
        now = made.next_allowed(PERSON, 1, now)
    made.record_answer(now)
    assert (made.outlook(now).left, made.outlook(now).exhausted) == (600, False)


def test_changes_that_are_used_up_leave_reads_alone_and_limits_as_they_are() -> None:
    made, ends = planner(used=400), JUNE
    made.record_rate_limited(NOW, period="month", ends_at=ends, limit=200, verb="PUT")
    made = reopened(made)
    assert made.is_allowed(FEED, 1, NOW)
    assert made.outlook(NOW).limit == 1000
    assert not made.outlook(NOW).exhausted
    assert made.verb_next_allowed("PUT", NOW) > JUNE
    assert made.verb_next_allowed("DELETE", NOW) == NOW
    assert made.verb_next_allowed("PUT", JUNE + MINUTE) == JUNE + MINUTE


def test_what_the_service_counts_is_taken_over_where_it_is_more() -> None:
    made = planner(used=100)
    made.correct(300, NOW)
    made.correct(50, NOW)
    made.spend(10, NOW, purpose=FEED)
    assert (made.outlook(NOW).used, made.outlook(NOW).others) == (310, 200)


def test_what_others_use_is_expected_again_and_then_forgotten() -> None:
    made = planner(used=100)
    alone = made.interval("1", FRESH, NOW)
    made.correct(400, NOW)
    beside = made.interval("1", FRESH, NOW)
    june = made.interval("1", FRESH, JUNE + 12 * HOUR)
    later = made.interval("1", FRESH, JUNE + 360 * DAY + 12 * HOUR)
    assert alone is not None
    assert beside is not None
    assert june is not None
    assert later is not None
    assert beside > alone
    assert june > later


def test_a_bigger_plan_ends_a_month_that_was_gone() -> None:
    made = planner(used=400)
    made.record_rate_limited(NOW, period="month")
    bigger = Plan(per_month=50_000, per_minute=50)
    made.change(bigger, NOW + DAY)
    assert made.is_allowed(FEED, 4, NOW + DAY)
    assert made.outlook(NOW + DAY).left == 49_000
    made = planner(used=400)
    made.record_rate_limited(NOW, period="month")
    assert reopened(made, bigger).is_allowed(FEED, 4, NOW + DAY)


def test_a_smaller_plan_may_have_nothing_left() -> None:
    made = planner(Plan(per_month=50_000, per_minute=50), used=2000)
    made.change(FREE, NOW)
    outlook = made.outlook(NOW)
    assert (outlook.left, outlook.used, outlook.exhausted, outlook.daily_budget) == (0, 2000, True, 0)
    assert not made.is_allowed(PERSON, 1, NOW)


def test_the_outlook_warns_early_and_of_haste() -> None:
    assert not planner(used=799).outlook(NOW).warned
    assert planner(used=800).outlook(NOW).warned
    assert not planner(used=999).outlook(NOW).exhausted
    assert planner(used=1000).outlook(NOW).exhausted
    assert not planner(used=400).outlook(NOW).ahead
    assert planner(used=500).outlook(NOW).ahead
    assert planner(used=950 - 207).outlook(NOW).daily_budget == pytest.approx(10, rel=0.01)


def test_history_is_asked_for_a_system_that_has_some_left() -> None:
    made = planner(FREE, PlannedSystem(key="1", daylight=HERE, requests=(CLOSE, FRESH), history=True))
    assert not made.is_allowed(HISTORY, 1, NOW)
    assert not made.is_allowed(HISTORY, 1, NOW, system="2")
    made.history_allowance(NOW, "1")
    later = NOW + 2 * DAY
    allowed = made.history_allowance(later, "1")
    assert allowed > 3
    assert made.history_allowance(later, "1") == allowed
    assert made.is_allowed(HISTORY, min(allowed, 8), later, system="1")
    made.spend(allowed, later, purpose=HISTORY, system="1")
    assert made.history_allowance(later, "1") == 0
    made.add(SITE)
    assert made.history_allowance(later + DAY, "1") == 0


def test_a_system_that_left_and_came_back_is_not_asked_anew() -> None:
    made = planner()
    made.record_result("1", FRESH, NOW)
    due = made.next_at("1", FRESH, NOW)
    made.remove("1")
    made.remove("2")
    made.add(SITE)
    assert made.next_at("1", FRESH, NOW) == due > NOW


def test_a_restart_changes_nothing() -> None:
    made = planner(used=100)
    made.record_result("1", FRESH, NOW)
    made.record_result("1", CLOSE, NOW, failed=True)
    made.spend(8, NOW, purpose=FEED)
    again = reopened(made)
    assert again.outlook(NOW) == made.outlook(NOW)
    assert again.next_at("1", FRESH, NOW) == made.next_at("1", FRESH, NOW)
    assert again.next_at("1", CLOSE, NOW) == made.next_at("1", CLOSE, NOW)
    assert not again.is_allowed(FEED, 1, NOW)
    assert again.as_dict() == made.as_dict()


def test_months_are_those_of_utc() -> None:
    made = planner(used=100)
    west = timezone(timedelta(hours=-8))
    assert made.outlook(JUNE.astimezone(west) - MINUTE).used == 100
    assert made.outlook(JUNE.astimezone(west)).used == 0


def test_a_clock_that_steps_back_over_the_months_end_stays_in_the_new_month() -> None:
    made = planner(used=100)
    made.spend(7, JUNE + MINUTE, purpose=FEED)
    back = JUNE - MINUTE
    made.spend(1, back, purpose=FEED)
    assert made.outlook(back).used == 8
    assert made.outlook(JUNE + HOUR).used == 8
    assert made.outlook(back).ahead is False


@pytest.mark.parametrize("wrong", [datetime(1970, 1, 1, tzinfo=UTC), datetime(2037, 1, 1, tzinfo=UTC)])
def test_requests_of_a_clock_that_was_wrong_are_not_lost(wrong: datetime) -> None:
    made = planner(used=100)
    made.spend(9, wrong, purpose=PERSON)
    made = reopened(made)
    assert made.outlook(NOW).used == 109


def test_a_clock_that_goes_back_makes_nobody_wait_for_the_future() -> None:
    made = planner()
    made.spend(10, NOW, purpose=PERSON)
    made.record_result("1", FRESH, NOW)
    made.record_rate_limited(NOW, period="minute")
    earlier = NOW - 3 * DAY
    assert made.next_at("1", FRESH, earlier) <= earlier + 4 * HOUR
    assert made.is_allowed(PERSON, 1, earlier + timedelta(seconds=65))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes().map(datetime.isoformat),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELDS = sorted([*Usage().as_dict(), "plan"])
MOMENTS = st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat)


def usable(made: Planner) -> None:
    """Use everything once."""
    outlook = made.outlook(NOW)
    assert outlook.used >= 0
    assert outlook.resets_at > NOW
    made.spend(1, NOW, purpose=FEED)
    made.record_result("1", FRESH, NOW)
    assert made.next_at("1", FRESH, NOW) >= NOW
    assert made.next_at("1", CLOSE, NOW) >= NOW
    made.record_rate_limited(NOW)
    json.dumps(made.as_dict(), allow_nan=False)


@given(JSON | st.dictionaries(st.sampled_from(FIELDS), JSON | MOMENTS))
@settings(deadline=None)
def test_garbage_is_no_memory(data: Any) -> None:
    made = planner()
    made.restore(data)
    usable(made)


@given(st.sampled_from(FIELDS), JSON | MOMENTS | st.lists(MOMENTS) | st.dictionaries(MOMENTS, JSON))
@settings(deadline=None)
def test_garbage_in_one_place_leaves_the_rest(name: str, value: Any) -> None:
    before = planner(used=100)
    before.record_result("1", FRESH, NOW)
    made = planner()
    made.restore({**before.as_dict(), name: value})
    usable(made)


@given(st.integers(0, 1000), st.lists(st.integers(0, 40 * 24 * 60), max_size=12).map(sorted), st.integers(0, 48 * 60))
@example(857, [0, 5153], 0)
@settings(deadline=None)
def test_while_nothing_is_asked_what_is_due_comes_nearer(used: int, minutes: list[int], asked: int) -> None:
    made = planner(used=used)
    made.record_result("1", FRESH, NOW - timedelta(minutes=asked))
    last: datetime | None = None
    for minute in minutes:
        now = NOW + timedelta(minutes=minute)
        due = made.next_at("1", FRESH, now)
        assert due == made.next_at("1", FRESH, now) >= now
        # Intervals are rounded, and slots are a quarter of an hour.
        assert last is None or due <= max(last, now) + timedelta(minutes=15)
        last = due


def try_to_spend(made: Planner, now: datetime, count: int, purpose: Purpose) -> None:
    """Spend what may be spent."""
    if made.is_allowed(purpose, count, now):
        made.spend(count, now, purpose=purpose)


STEPS: dict[str, Callable[[Planner, datetime, int], object]] = {
    "feed": lambda made, now, count: try_to_spend(made, now, count, FEED),
    "person": lambda made, now, count: try_to_spend(made, now, count, PERSON),
    "minute": lambda made, now, _: made.record_rate_limited(now, period="minute"),
    "unknown": lambda made, now, _: made.record_rate_limited(now),
    "answered": lambda made, now, _: made.record_answer(now),
    "asked": lambda made, now, _: made.record_result("1", FRESH, now),
    "next": lambda made, now, _: made.next_update("1", now),
    "reload": lambda made, _, __: made.restore(json.loads(json.dumps(made.as_dict()))),
}


@given(
    st.lists(st.tuples(st.sampled_from(sorted(STEPS)), st.integers(1, 12), st.integers(-20, 120)), max_size=120),
    st.integers(1, 40),
)
@settings(deadline=None)
def test_no_order_of_events_exceeds_the_month(steps: list[tuple[str, int, int]], per_month: int) -> None:
    plan = Plan(per_month=per_month, per_minute=5)
    made = Planner(plan)
    made.add(SITE)
    now = NOW
    for name, count, seconds in steps:
        now = max(now + timedelta(seconds=seconds), MAY)
        STEPS[name](made, now, count)
        assert made.outlook(now).used <= per_month


def test_what_is_asked_each_day_leaves_half_of_a_month_to_updates() -> None:
    made = planner()
    daily = PollRequest(key="daily", cost=10, min_interval=QUARTER, daily_at=CLOSE.daily_at)
    made.add(PlannedSystem(key="1", daylight=made.systems["1"].daylight, requests=(daily, FRESH)))
    assert made.interval("1", daily, NOW) == DAY
    for key in ("2", "3"):
        made.add(PlannedSystem(key=key, daylight=made.systems["1"].daylight, requests=(daily, FRESH)))
    assert made.interval("1", daily, NOW) == 2 * DAY


@pytest.mark.parametrize("before", [MINUTE * 10, MINUTE * 40, HOUR * 3])
@pytest.mark.parametrize("fresh", [False, True])
def test_only_an_update_that_is_to_be_fresh_by_day_is_so_from_the_beginning(before: timedelta, *, fresh: bool) -> None:
    request = PollRequest(
        key="live", cost=1, weight_night=0.05, min_interval=MINUTE, max_interval=4 * HOUR, fresh_by_day=fresh
    )
    here = Daylight(zone=ZoneInfo("Europe/Amsterdam"))
    dawn = datetime(2026, 5, 11, 6, tzinfo=here.zone).astimezone(UTC)
    last = dawn - before
    made = planner(FREE, PlannedSystem(key="1", daylight=here, requests=(request,)), now=last)
    made.record_result("1", request, last)
    by_day = made.interval("1", request, dawn + HOUR)
    assert by_day is not None
    assert MINUTE * 15 <= by_day <= HOUR
    due = made.next_at("1", request, last)
    assert (due <= max(dawn, last + by_day) + MINUTE / 2) is fresh
    assert due >= last + by_day or due >= dawn - 2 * MINUTE


@pytest.mark.parametrize(("every", "wait"), [(MINUTE, 20), (QUARTER, 30)], ids=["minute", "quarter"])
def test_an_update_waits_for_twenty_minutes_unless_values_change_by_quarters(every: timedelta, wait: int) -> None:
    request = PollRequest(key="live", cost=1, weight_night=1.0, min_interval=every)
    here = PlannedSystem(key="1", daylight=HERE, requests=(request,))
    # 17 minutes apart, they last for the month.
    made = planner(Plan(per_month=2760, per_minute=None), here, now=MAY + HOUR)
    assert made.interval("1", request, MAY + HOUR) == timedelta(minutes=wait)
