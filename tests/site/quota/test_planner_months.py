"""Whole months and years of a key, against a service that counts for itself."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
import json
from random import Random
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.energy_site.site.quota.daylight import Daylight
from custom_components.energy_site.site.quota.demand import Plan, PlannedSystem, PollRequest, Purpose
from custom_components.energy_site.site.quota.planner import Planner

FREE = Plan(per_month=1000, per_minute=10)
HERE = Daylight(zone=ZoneInfo("Europe/Amsterdam"), latitude=52.4, longitude=4.9)
THERE = Daylight(zone=ZoneInfo("Australia/Sydney"))
CLOSE = PollRequest(key="close", cost=5, daily_at=time(2, 30), min_interval=timedelta(hours=1))
BEGIN = datetime(2026, 6, 1, tzinfo=UTC)
LATER = datetime(2026, 7, 1, tzinfo=UTC)
FEEDS = (Purpose.ESSENTIAL, Purpose.FRESHNESS, Purpose.HISTORY)


def fresh(cost: int, **more: Any) -> PollRequest:
    """Return what is asked again and again."""
    return PollRequest(**{"key": "fresh", "cost": cost, "min_interval": timedelta(minutes=15), **more})


def system(key: str = "1", *requests: PollRequest, daylight: Daylight = HERE, history: bool = False) -> PlannedSystem:
    return PlannedSystem(key=key, daylight=daylight, requests=requests or (CLOSE, fresh(4)), history=history)


class World:
    """A service and whoever asks it; it counts by calendar months and minutes of its own."""

    def __init__(self, *systems: PlannedSystem, plan: Plan = FREE, limit: int | None = None, dice: int = 1) -> None:
        self.plan, self.limit = plan, limit or plan.per_month or 10**9
        self.now = BEGIN
        self.systems = systems
        self.months: Counter[str] = Counter()
        self.minutes: Counter[datetime] = Counter()
        self.allowed: Counter[str] = Counter()
        self.by: Counter[tuple[str, Purpose]] = Counter()
        self.answers: dict[tuple[str, str], list[datetime]] = {}
        self.refusals = 0
        self.dice = Random(dice)
        self.failing = self.restarting = self.wishing = 0.0
        self.others: Callable[[datetime], int] = lambda _: 0
        self.told = True
        self.planner = Planner(plan)
        self.restart()

    def restart(self) -> None:
        """Begin anew from what was written down."""
        written = json.loads(json.dumps(self.planner.as_dict()))
        self.planner = Planner(self.plan)
        self.planner.restore(written)
        for one in self.systems:
            self.planner.add(one)

    def request(self, purpose: Purpose, key: str) -> bool:
        """Send one request if that is allowed; tell whether it was answered."""
        if not self.planner.is_allowed(purpose, 1, self.now, system=key):
            return False
        self.planner.spend(1, self.now, purpose=purpose, system=key)
        month = f"{self.now:%Y-%m}"
        self.allowed[month] += 1
        self.by[month, purpose] += 1
        answered = self._serve(month)
        self.now += timedelta(seconds=1)
        return answered and self.dice.random() >= self.failing

    def _serve(self, month: str) -> bool:
        minute = self.now.replace(second=0, microsecond=0)
        if self.months[month] >= self.limit:
            self.refusals += 1
            ends = (self.now.replace(day=1) + timedelta(days=32)).replace(day=1, hour=0, minute=0, second=0)
            self.planner.record_rate_limited(
                self.now, period="month" if self.told else None, ends_at=ends if self.told else None
            )
            return False
        assert self.minutes[minute] < (self.plan.per_minute or 10**9), "The minute's quota was exceeded"
        self.months[month] += 1
        self.minutes[minute] += 1
        self.planner.record_answer(self.now)
        return True

    def run(self, until: datetime) -> None:
        """Ask whatever is due, until then."""
        hour = self.now
        while self.now < until:
            due = [
                (self.planner.next_at(one.key, request, self.now), one, request)
                for one in self.systems
                for request in one.requests
            ]
            at, one, request = min(due, key=lambda entry: entry[0])
            if min(at, hour) >= until:
                break
            if hour <= at:
                self.now = max(self.now, hour)
                self.hourly()
                hour += timedelta(hours=1)
                continue
            self.now = max(self.now, at)
            if not self.planner.is_allowed(request.purpose, request.cost, self.now):
                self.now += timedelta(seconds=10)
                continue
            answered = all(self.request(request.purpose, one.key) for _ in range(request.cost))
            self.planner.record_result(one.key, request, self.now, failed=not answered)
            if answered:
                self.answers.setdefault((one.key, request.key), []).append(self.now)
        self.now = max(self.now, until)

    def hourly(self) -> None:
        """Let happen what happens to a key besides updates."""
        month = f"{self.now:%Y-%m}"
        self.months[month] += min(self.others(self.now), max(self.limit - self.months[month], 0))
        if self.dice.random() < self.restarting:
            self.restart()
        if self.dice.random() < self.wishing:
            self.request(self.dice.choice((Purpose.USER, Purpose.WRITE)), "1")
        for one in self.systems:
            while one.history and self.planner.is_allowed(Purpose.HISTORY, 1, self.now, system=one.key):
                self.request(Purpose.HISTORY, one.key)

    def ages(self, key: str = "1", request: str = "fresh") -> tuple[float, float]:
        """Return the median age of the data by day and by night, in minutes."""
        daylight = next(one for one in self.systems if one.key == key).daylight
        ages: dict[bool, list[float]] = {True: [0.0], False: [0.0]}
        times = self.answers[key, request]
        for last, following in pairwise(times):
            at = last
            while at < following:
                ages[daylight.is_day(at)].append((at - last) / timedelta(minutes=1))
                at += timedelta(minutes=10)
        return median(ages[True]), median(ages[False])

    def missed(self, key: str, begin: datetime, until: datetime) -> int:
        """Return on how many days, by the site's calendar, the day before was not completed."""
        zone = next(one for one in self.systems if one.key == key).daylight.zone
        done = {at.astimezone(zone).date() for at in self.answers.get((key, "close"), [])}
        days = (until - begin).days
        return sum((begin + timedelta(days=day, hours=12)).astimezone(zone).date() not in done for day in range(days))

    def show(self) -> None:
        """Print what became of the months."""
        for month in sorted(self.allowed):
            by = {purpose.name: self.by[month, purpose] for purpose in Purpose}
            print(month, self.allowed[month], by)  # noqa: T201
        for one in self.systems:
            print(one.key, "age by day and night", self.ages(one.key), "refused", self.refusals)  # noqa: T201


@pytest.mark.parametrize("cost", [3, 4, 5])
def test_the_free_plan_shows_a_system_every_few_hours_by_day_and_completes_every_day(cost: int) -> None:
    world = World(system("1", CLOSE, fresh(cost)))
    world.run(LATER)
    by_day, by_night = world.ages()
    # The age is half of the interval, in the middle of all times.
    assert by_day <= 120
    assert by_day < by_night
    assert world.missed("1", BEGIN, LATER) == 0
    assert 930 <= world.allowed["2026-06"] <= 950
    world.show()


def test_three_systems_share_alike() -> None:
    world = World(*(system(key, CLOSE, fresh(3)) for key in "123"))
    world.run(LATER)
    asked = [len(world.answers[key, "fresh"]) for key in "123"]
    assert max(asked) - min(asked) <= 2
    assert all(world.missed(key, BEGIN, LATER) == 0 for key in "123")
    assert 930 <= world.allowed["2026-06"] <= 950


def test_systems_are_not_asked_in_the_same_minutes() -> None:
    world = World(*(system(key, CLOSE, fresh(3)) for key in "123"))
    world.run(BEGIN + timedelta(days=10))
    regular = [
        {at.replace(second=0, microsecond=0) for at in world.answers[key, "fresh"] if at > BEGIN + timedelta(hours=1)}
        for key in "123"
    ]
    assert not regular[0] & regular[1]
    assert not regular[1] & regular[2]
    assert not regular[0] & regular[2]


def test_updates_are_spread_over_the_month() -> None:
    world = World(system())
    world.run(LATER)
    days = Counter(at.date() for at in world.answers["1", "fresh"])
    usual = [days[(BEGIN + timedelta(days=day)).date()] for day in range(1, 29)]
    assert max(usual) - min(usual) <= 3
    assert min(usual) >= 5


def test_history_has_the_surplus_and_the_month_is_used_up() -> None:
    without, having = World(system()), World(system(history=True))
    without.run(LATER)
    having.run(LATER)
    history = having.by["2026-06", Purpose.HISTORY]
    assert 60 <= history <= 160
    assert having.allowed["2026-06"] >= 940
    assert having.missed("1", BEGIN, LATER) == 0
    # Updates are not much rarer for it.
    assert len(having.answers["1", "fresh"]) >= 0.8 * len(without.answers["1", "fresh"])


def test_history_goes_slowly_at_first() -> None:
    world = World(system(history=True))
    world.run(BEGIN + timedelta(days=10))
    first = world.by["2026-06", Purpose.HISTORY]
    world.run(BEGIN + timedelta(days=20))
    world_then = world.by["2026-06", Purpose.HISTORY]
    world.run(LATER)
    assert 0 < first < world_then - first < world.by["2026-06", Purpose.HISTORY] - world_then


def test_several_histories_share_alike() -> None:
    world = World(system("1", history=True), system("2", history=True), system("3"))
    world.run(BEGIN + timedelta(days=20))
    usage = world.planner.usage
    assert set(usage.granted) == {"1", "2"}
    assert abs(usage.granted["1"] - usage.granted["2"]) <= 1
    assert world.planner.history_allowance(world.now, "3") == 0


def test_a_month_too_small_for_every_day_is_spread_over_fewer_days() -> None:
    many = [system(str(number), CLOSE) for number in range(12)]
    world = World(*many)
    world.run(LATER)
    assert 900 <= world.allowed["2026-06"] <= 950
    for one in many:
        times = world.answers[one.key, "close"]
        gaps = [following - last for last, following in pairwise(times)]
        assert timedelta(days=1.5) < max(gaps) < timedelta(days=4)
    served = [len(world.answers[one.key, "close"]) for one in many]
    assert max(served) - min(served) <= 2


def test_a_plan_that_suffices_is_asked_as_often_as_makes_sense() -> None:
    world = World(system(history=True), plan=Plan(per_month=50_000, per_minute=50))
    world.run(BEGIN + timedelta(days=5))
    assert len(world.answers["1", "fresh"]) == pytest.approx(5 * 96, abs=5)
    assert world.by["2026-06", Purpose.HISTORY] > 1000


def test_other_software_takes_what_it_takes_and_the_next_month_knows_of_it() -> None:
    world = World(system())
    world.others = lambda at: 1 if at.hour % 2 else 0
    world.run(datetime(2026, 8, 1, tzinfo=UTC))
    assert max(world.months.values()) <= 1000
    # The month that began with wrong expectations ended early; each refusal ended the asking.
    assert world.missed("1", BEGIN, LATER) >= 1
    assert world.refusals <= 4
    assert world.missed("1", LATER, datetime(2026, 8, 1, tzinfo=UTC)) == 0


@pytest.mark.parametrize("told", [True, False])
def test_a_key_that_others_share_settles_within_three_months(told: bool) -> None:
    world = World(system(history=True))
    world.told = told
    world.others = lambda at: 1 if at.hour % 6 else 0
    dark: dict[str, int] = {}
    while world.now < datetime(2027, 4, 1, tzinfo=UTC):
        day = world.now
        world.run(day + timedelta(days=1))
        answered = any(day <= at < world.now for at in world.answers[("1", "fresh")])
        dark[f"{day:%Y-%m}"] = dark.get(f"{day:%Y-%m}", 0) + (not answered)
    assert dark["2026-06"] >= 2
    assert max(count for month, count in dark.items() if month >= "2026-09") <= 1
    assert sum(count for month, count in dark.items() if month >= "2026-09") <= 3


def test_a_month_that_others_used_up_is_asked_for_rarely_where_no_period_is_told() -> None:
    world = World(system())
    world.told = False
    world.others = lambda _: 400
    world.run(BEGIN + timedelta(days=20))
    assert world.refusals <= 20 * 5 + 10


def test_a_summer_of_everything_going_wrong() -> None:
    world = World(system("1", history=True), system("2", daylight=THERE))
    world.failing, world.restarting, world.wishing = 0.05, 0.02, 0.02
    until = datetime(2026, 9, 1, tzinfo=UTC)
    world.run(until)
    assert len(world.allowed) == 3
    for month, allowed in world.allowed.items():
        assert allowed <= 1000, month
        assert sum(world.by[month, purpose] for purpose in FEEDS) <= 950, month
        assert allowed >= 900, month
    assert world.refusals == 0
    assert world.missed("1", BEGIN + timedelta(days=1), until) <= 2
    assert world.missed("2", BEGIN + timedelta(days=1), until) <= 2
    world.show()


def test_a_week_without_anybody_asking_makes_the_rest_of_the_month_faster() -> None:
    world = World(system())
    world.run(BEGIN + timedelta(days=10))
    before = world.planner.interval("1", world.systems[0].requests[1], world.now.replace(hour=12))
    world.now += timedelta(days=10)
    world.restart()
    noon = world.now.replace(hour=12)
    after = world.planner.interval("1", world.systems[0].requests[1], noon)
    assert before is not None
    assert after is not None
    assert after < before
    assert world.planner.next_update("1", noon) == noon
    world.run(LATER)
    assert 900 <= world.allowed["2026-06"] <= 950


def test_systems_come_and_go() -> None:
    world = World(system("1"))
    world.run(BEGIN + timedelta(days=10))
    world.systems = (system("1"), system("2"), system("3"))
    world.restart()
    world.run(BEGIN + timedelta(days=20))
    world.systems = (system("2"),)
    world.restart()
    world.run(LATER)
    assert world.allowed["2026-06"] <= 950
    assert world.missed("2", BEGIN + timedelta(days=11), LATER) == 0


@pytest.mark.parametrize("per_month", [300, 2000])
def test_a_plan_changed_within_the_month_is_kept_from_then_on(per_month: int) -> None:
    world = World(system(), limit=10_000)
    world.run(BEGIN + timedelta(days=15))
    used = world.allowed["2026-06"]
    world.plan = Plan(per_month=per_month, per_minute=10)
    world.planner.change(world.plan, world.now)
    world.run(LATER)
    if per_month < used:
        assert world.allowed["2026-06"] == used
    else:
        assert 1800 <= world.allowed["2026-06"] <= 1900


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    dice=st.integers(0, 10**6),
    systems=st.integers(1, 4),
    cost=st.integers(1, 9),
    per_month=st.sampled_from([50, 200, 1000, 3000]),
    per_minute=st.integers(1, 12),
    failing=st.sampled_from([0.0, 0.1, 0.9]),
    others=st.integers(0, 3),
    told=st.booleans(),
)
def test_the_quota_is_never_exceeded(
    dice: int, systems: int, cost: int, per_month: int, per_minute: int, failing: float, others: int, told: bool
) -> None:
    zone = (HERE, THERE)
    world = World(
        *(
            replace(system(str(number), CLOSE, fresh(cost)), daylight=zone[number % 2], history=number == 0)
            for number in range(systems)
        ),
        plan=Plan(per_month=per_month, per_minute=per_minute),
        dice=dice,
    )
    world.failing, world.restarting, world.wishing, world.told = failing, 0.05, 0.1, told
    world.others = lambda at: others if at.hour == 7 else 0
    world.now = BEGIN + timedelta(days=20)
    world.run(BEGIN + timedelta(days=37))
    reserve = min(max(-(-per_month // 20), 20), per_month // 2)
    for month, allowed in world.allowed.items():
        assert allowed <= per_month, month
        assert sum(world.by[month, purpose] for purpose in FEEDS) <= per_month - reserve, month
