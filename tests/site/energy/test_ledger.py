"""The books of a site: what they show for ever, for today, and after a restart."""

from datetime import UTC, datetime, timedelta, tzinfo
import json
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.energy_site.site.energy.ledger import SOLAR_SELF_USE, Ledger, renewed
from custom_components.energy_site.site.model import CounterKind

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NOON = datetime(2026, 6, 20, 12, 0, tzinfo=AMSTERDAM)
SOLAR, LOAD = CounterKind.SOLAR, CounterKind.LOAD
IMPORT, EXPORT = CounterKind.GRID_IMPORT, CounterKind.GRID_EXPORT
CHARGE, DISCHARGE = CounterKind.BATTERY_CHARGE, CounterKind.BATTERY_DISCHARGE


def count(ledger: Ledger, register: float | None, at: datetime, *, name: str = SOLAR, **more: Any) -> None:
    """Take a sample of a meter."""
    ledger.count(name, "meter", register, at.astimezone(UTC), **more)


def live(ledger: Ledger, begin: datetime, end: datetime, *, watts: float, register: float, every: float = 300) -> float:
    """Take samples from one moment to another at a steady power; return the register after them."""
    start, at = begin.astimezone(UTC), begin.astimezone(UTC)
    first = register
    while at <= end.astimezone(UTC):
        register = first + watts * (at - start).total_seconds() / 3600
        count(ledger, register, at)
        at += timedelta(seconds=every)
    return register


def reopened(ledger: Ledger) -> Ledger:
    """Return other books with what these wrote down, as real JSON text."""
    books = Ledger(ledger.zone)
    books.restore(json.loads(json.dumps(ledger.as_dict())))
    return books


# -- for ever -----------------------------------------------------------------


def test_what_was_never_counted_is_not_known() -> None:
    ledger = Ledger(UTC)
    assert ledger.total(SOLAR) is None
    assert ledger.source(SOLAR) is None
    assert ledger.today(SOLAR, NOON) is None
    assert ledger.counts(NOON) == {}
    assert ledger.rejected == 0


def test_a_meter_without_the_register_changes_nothing() -> None:
    ledger = Ledger(UTC)
    count(ledger, None, NOON)
    assert ledger.total(SOLAR) is None


def test_a_blank_device_is_not_begun_with() -> None:
    ledger = Ledger(UTC)
    count(ledger, 0.0, NOON, blank=True)
    assert ledger.total(SOLAR) is None
    count(ledger, 28_000_000.0, NOON + timedelta(minutes=1))
    assert ledger.total(SOLAR) == 28_000_000.0
    assert ledger.today(SOLAR, NOON) == 0.0


def test_refused_samples_of_all_counters_are_counted_together() -> None:
    ledger = Ledger(UTC)
    for name in (SOLAR, "inverter:1"):
        count(ledger, 1000.0, NOON, name=name)
        count(ledger, 2.0**32, NOON, name=name)
    assert ledger.rejected == 2


def test_counters_of_single_devices_are_none_of_the_site() -> None:
    ledger = Ledger(UTC)
    count(ledger, 5.0, NOON, name="inverter:1")
    count(ledger, 7.0, NOON, name=SOLAR_SELF_USE)
    assert ledger.counts(NOON) == {}
    assert ledger.total("inverter:1") == 5.0
    assert ledger.source("inverter:1") == "meter"


# -- today --------------------------------------------------------------------

# Local days of 24, 23 and 25 hours.
DAYS = [
    pytest.param(datetime(2026, 6, 20, tzinfo=AMSTERDAM), 24, id="a usual day"),
    pytest.param(datetime(2026, 3, 29, tzinfo=AMSTERDAM), 23, id="clocks go forward"),
    pytest.param(datetime(2026, 10, 25, tzinfo=AMSTERDAM), 25, id="clocks go back"),
    pytest.param(datetime(2026, 4, 5, tzinfo=ZoneInfo("Australia/Lord_Howe")), 24.5, id="half an hour back"),
]


@pytest.mark.parametrize(("midnight", "hours"), DAYS)
def test_a_day_at_the_site_holds_all_its_energy_and_no_more(midnight: datetime, hours: float) -> None:
    assert midnight.tzinfo is not None
    ledger = Ledger(midnight.tzinfo)
    end = midnight.astimezone(UTC) + timedelta(hours=hours)
    register = live(
        ledger, midnight.astimezone(UTC) - timedelta(hours=2), end - timedelta(minutes=5), watts=1200, register=5e6
    )
    assert ledger.today(SOLAR, end - timedelta(minutes=5)) == pytest.approx(1200 * (hours - 1 / 12), abs=1200 / 12)
    count(ledger, register + 100, end + timedelta(seconds=1))
    assert ledger.today(SOLAR, end + timedelta(seconds=1)) == pytest.approx(100.0, abs=0.1)


def test_after_midnight_today_is_zero_even_before_the_next_sample() -> None:
    ledger = Ledger(AMSTERDAM)
    midnight = datetime(2026, 6, 21, tzinfo=AMSTERDAM)
    live(ledger, NOON, midnight - timedelta(minutes=1), watts=1000, register=5e6)
    assert ledger.today(SOLAR, midnight - timedelta(seconds=1)) == pytest.approx(12_000, abs=100)
    assert ledger.today(SOLAR, midnight) == 0.0


def test_the_day_is_the_sites_and_not_the_machines() -> None:
    at = datetime(2026, 6, 20, 23, 30, tzinfo=UTC)
    ledger = Ledger(ZoneInfo("America/Chicago"))
    live(ledger, at, at + timedelta(hours=2), watts=1000, register=5e6)
    assert ledger.today(SOLAR, at + timedelta(hours=2)) == pytest.approx(2000)


def test_without_a_word_of_the_source_the_first_day_begins_with_the_first_sample() -> None:
    ledger = Ledger(AMSTERDAM)
    live(ledger, NOON, NOON + timedelta(hours=1), watts=1000, register=5e6)
    assert ledger.today(SOLAR, NOON + timedelta(hours=1)) == pytest.approx(1000)


def test_the_sources_own_word_fills_what_was_before_the_first_sample() -> None:
    ledger = Ledger(AMSTERDAM)
    count(ledger, 5e6, NOON, today=9000.0)
    assert ledger.today(SOLAR, NOON) == 9000.0
    count(ledger, 5e6 + 100, NOON + timedelta(minutes=5), today=50.0)
    assert ledger.today(SOLAR, NOON + timedelta(minutes=5)) == 9100.0


def test_the_sources_word_may_come_later_that_day() -> None:
    ledger = Ledger(AMSTERDAM)
    count(ledger, 5e6, NOON)
    count(ledger, 5e6 + 100, NOON + timedelta(minutes=5), today=9100.0)
    assert ledger.today(SOLAR, NOON + timedelta(minutes=5)) == 9100.0
    # From now on the day is known, and the source may say what it likes.
    count(ledger, 5e6 + 200, NOON + timedelta(minutes=10), today=3.0)
    assert ledger.today(SOLAR, NOON + timedelta(minutes=10)) == 9200.0


def test_the_sources_word_never_takes_from_what_was_seen() -> None:
    ledger = Ledger(AMSTERDAM)
    count(ledger, 5e6, NOON)
    count(ledger, 5e6 + 100, NOON + timedelta(minutes=5), today=10.0)
    assert ledger.today(SOLAR, NOON + timedelta(minutes=5)) == 100.0


@pytest.mark.parametrize("today", [-1.0, 5e6 + 1, float("nan"), float("inf")])
def test_a_word_that_cannot_be_true_is_not_believed(today: float) -> None:
    ledger = Ledger(AMSTERDAM)
    count(ledger, 5e6, NOON, today=today)
    assert ledger.today(SOLAR, NOON) == 0.0
    count(ledger, 5e6, NOON + timedelta(minutes=5), today=700.0)
    assert ledger.today(SOLAR, NOON + timedelta(minutes=5)) == 700.0


def test_where_midnight_was_seen_the_sources_word_does_not_count() -> None:
    """Gateways go on with yesterday's sum for minutes, or for an hour after clocks change."""
    ledger = Ledger(AMSTERDAM)
    midnight = datetime(2026, 6, 21, tzinfo=AMSTERDAM)
    register = live(ledger, NOON, midnight - timedelta(minutes=5), watts=1000, register=5e6)
    count(ledger, register + 10, midnight + timedelta(minutes=5), today=12_000.0)
    assert ledger.today(SOLAR, midnight + timedelta(minutes=5)) == pytest.approx(10.0)


def test_nobody_saw_midnight_and_the_source_says_how_much_came_since() -> None:
    ledger = Ledger(AMSTERDAM)
    midnight = datetime(2026, 6, 21, tzinfo=AMSTERDAM)
    register = live(ledger, NOON, midnight - timedelta(hours=3), watts=1000, register=5e6)
    count(ledger, register + 5000, midnight + timedelta(hours=2), today=2000.0)
    assert ledger.today(SOLAR, midnight + timedelta(hours=2)) == pytest.approx(2000.0)


def test_nobody_saw_midnight_and_the_source_still_tells_yesterdays_sum() -> None:
    """What was counted before the gap was yesterday's for sure."""
    ledger = Ledger(AMSTERDAM)
    midnight = datetime(2026, 6, 21, tzinfo=AMSTERDAM)
    register = live(ledger, NOON, midnight - timedelta(hours=1), watts=1000, register=5e6)
    count(ledger, register + 300, midnight + timedelta(minutes=5), today=11_300.0)
    assert ledger.today(SOLAR, midnight + timedelta(minutes=5)) == pytest.approx(300.0)


def test_nobody_saw_midnight_and_nobody_says_anything() -> None:
    ledger = Ledger(AMSTERDAM)
    midnight = datetime(2026, 6, 21, tzinfo=AMSTERDAM)
    register = live(ledger, NOON, midnight - timedelta(hours=3), watts=1000, register=5e6)
    count(ledger, register + 5000, midnight + timedelta(hours=2))
    assert ledger.today(SOLAR, midnight + timedelta(hours=2)) == pytest.approx(5000.0)


def test_nobody_saw_midnight_and_the_source_says_how_much_came_since_a_moment_later() -> None:
    """A gateway's sum is another question than its registers, and is asked after them."""
    ledger = Ledger(AMSTERDAM)
    midnight = datetime(2026, 6, 21, tzinfo=AMSTERDAM)
    register = live(ledger, NOON, midnight - timedelta(hours=3), watts=1000, register=5e6)
    count(ledger, register + 5000, midnight + timedelta(hours=2))
    count(ledger, register + 5000, midnight + timedelta(hours=2, seconds=1), today=2000.0)
    assert ledger.today(SOLAR, midnight + timedelta(hours=2, seconds=1)) == pytest.approx(2000.0)


def test_a_register_in_doubt_over_midnight_leaves_the_day_uncertain() -> None:
    ledger = Ledger(AMSTERDAM)
    midnight = datetime(2026, 6, 21, tzinfo=AMSTERDAM)
    count(ledger, 5e6, midnight - timedelta(minutes=30))
    for minute in range(-29, 5):
        count(ledger, 0.0, midnight + timedelta(minutes=minute))
    count(ledger, 5e6 + 500, midnight + timedelta(minutes=5), today=40.0)
    assert ledger.today(SOLAR, midnight + timedelta(minutes=5)) == pytest.approx(40.0)


def test_several_days_without_anybody_are_not_today() -> None:
    ledger = Ledger(AMSTERDAM)
    count(ledger, 5e6, NOON, today=100.0)
    count(ledger, 5e6 + 60_000, NOON + timedelta(days=3), today=8000.0)
    assert ledger.today(SOLAR, NOON + timedelta(days=3)) == pytest.approx(8000.0)


def test_learning_the_sites_time_zone_keeps_what_was_known_of_today() -> None:
    """At set-up days begin by the machine's zone, until the gateway tells its own."""
    evening = datetime(2026, 6, 20, 20, 0, tzinfo=ZoneInfo("America/Chicago"))
    ledger = Ledger(UTC)
    count(ledger, 5e6, evening, today=30_000.0)
    ledger.move(ZoneInfo("America/Chicago"), evening)
    count(ledger, 5e6 + 10, evening + timedelta(seconds=10), today=30_010.0)
    assert ledger.today(SOLAR, evening + timedelta(seconds=10)) == pytest.approx(30_010.0)


@given(
    st.lists(st.tuples(st.floats(1, 20_000), st.floats(0, 2000), st.none() | st.floats(-10, 1e5)), max_size=40),
    st.sampled_from(["Europe/Amsterdam", "America/Chicago", "Asia/Kathmandu", "Australia/Lord_Howe"]),
)
def test_today_is_never_negative_nor_more_than_there_ever_was(
    steps: list[tuple[float, float, float | None]], zone: str
) -> None:
    ledger, at, register = Ledger(ZoneInfo(zone)), NOON, 1e6
    for seconds, rise, today in steps:
        at += timedelta(seconds=seconds)
        register += rise
        count(ledger, register, at, today=today)
        shown = ledger.today(SOLAR, at)
        assert shown is not None
        total = ledger.total(SOLAR)
        assert total is not None
        assert 0 <= shown <= total


# -- the house's balance ------------------------------------------------------


def test_the_house_took_what_came_in_less_what_went_out() -> None:
    ledger = Ledger(UTC)
    for name, register in ((SOLAR, 800.0), (IMPORT, 500.0), (EXPORT, 300.0)):
        count(ledger, register, NOON, name=name)
    ledger.balance(LOAD, (SOLAR, IMPORT), (EXPORT,), NOON)
    assert ledger.total(LOAD) == 1000.0
    count(ledger, 900.0, NOON + timedelta(minutes=5))
    ledger.balance(LOAD, (SOLAR, IMPORT), (EXPORT,), NOON + timedelta(minutes=5))
    assert ledger.total(LOAD) == 1100.0
    assert ledger.today(LOAD, NOON) == 100.0


def test_while_a_part_is_not_known_there_is_no_balance() -> None:
    ledger = Ledger(UTC)
    count(ledger, 800.0, NOON)
    ledger.balance(LOAD, (SOLAR, IMPORT), (EXPORT,), NOON)
    assert ledger.total(LOAD) is None


def test_a_battery_that_joins_later_makes_no_jump() -> None:
    ledger = Ledger(UTC)
    for name, register in ((SOLAR, 8e6), (IMPORT, 5e6), (EXPORT, 3e6)):
        count(ledger, register, NOON, name=name)
    ledger.balance(LOAD, (SOLAR, IMPORT), (EXPORT,), NOON)
    count(ledger, 2e6, NOON, name=DISCHARGE)
    count(ledger, 4e6, NOON, name=CHARGE)
    ledger.balance(LOAD, (SOLAR, IMPORT, DISCHARGE), (EXPORT, CHARGE), NOON)
    assert ledger.total(LOAD) == 10e6
    count(ledger, 2e6 + 50, NOON + timedelta(minutes=1), name=DISCHARGE)
    ledger.balance(LOAD, (DISCHARGE, SOLAR, IMPORT), (CHARGE, EXPORT), NOON + timedelta(minutes=1))
    assert ledger.total(LOAD) == 10e6 + 50


def test_meters_of_different_age_may_begin_below_nothing() -> None:
    ledger = Ledger(UTC)
    for name, register in ((SOLAR, 100.0), (IMPORT, 50.0), (EXPORT, 9000.0)):
        count(ledger, register, NOON, name=name)
    ledger.balance(LOAD, (SOLAR, IMPORT), (EXPORT,), NOON)
    assert ledger.total(LOAD) == 0.0
    count(ledger, 150.0, NOON + timedelta(minutes=1))
    ledger.balance(LOAD, (SOLAR, IMPORT), (EXPORT,), NOON + timedelta(minutes=1))
    assert ledger.total(LOAD) == 50.0


@given(st.lists(st.tuples(*[st.floats(0, 500)] * 3), max_size=30))
def test_the_house_never_gives_energy_back(steps: list[tuple[float, float, float]]) -> None:
    ledger, at = Ledger(UTC), NOON
    registers = [8e6, 5e6, 3e6]
    before = 0.0
    for step in steps:
        at += timedelta(minutes=1)
        registers = [register + rise for register, rise in zip(registers, step, strict=True)]
        for name, register in zip((SOLAR, IMPORT, EXPORT), registers, strict=True):
            count(ledger, register, at, name=name)
        ledger.balance(LOAD, (SOLAR, IMPORT), (EXPORT,), at)
        total = ledger.total(LOAD)
        assert total is not None
        assert total >= before
        before = total


# -- by power -----------------------------------------------------------------


def test_a_power_without_a_register_is_summed_up_in_both_directions() -> None:
    ledger = Ledger(UTC)
    assert ledger.integrate("battery", 1200.0, NOON) == (0.0, 0.0)
    assert ledger.integrate("battery", 1200.0, NOON + timedelta(minutes=5)) == pytest.approx((100.0, 0.0))
    assert ledger.integrate("battery", -1200.0, NOON + timedelta(minutes=10)) == pytest.approx((125.0, 25.0))


def test_over_a_restart_what_the_battery_stores_fills_the_gap() -> None:
    ledger = Ledger(UTC)
    ledger.integrate("battery", 0.0, NOON, stored=6000.0)
    ledger = reopened(ledger)
    assert ledger.integrate("battery", 0.0, NOON + timedelta(hours=8), stored=2500.0) == (3500.0, 0.0)


# -- a restart ----------------------------------------------------------------


def test_books_of_real_trouble_outlive_a_restart_in_real_json() -> None:
    ledger = Ledger(AMSTERDAM)
    count(ledger, 5e6, NOON, today=700.0)
    count(ledger, 100.0, NOON + timedelta(minutes=1))
    ledger.integrate("battery", 500.0, NOON, stored=None)
    again = reopened(ledger)
    assert again.as_dict() == ledger.as_dict()
    assert again.rejected == 1
    assert again.counts(NOON) == ledger.counts(NOON)


@pytest.mark.parametrize("minutes", [5, 15, 40])
def test_a_restart_within_a_dip_does_not_make_it_longer_nor_deeper(minutes: int) -> None:
    through, restarted = Ledger(AMSTERDAM), Ledger(AMSTERDAM)
    for minute in range(61):
        dip = 300.0 if 0 < minute < 55 else 0.0
        if minute == minutes:
            restarted = reopened(restarted)
        for ledger in (through, restarted):
            count(ledger, 5e6 + 20 * minute - dip, NOON + timedelta(minutes=minute))
        assert restarted.as_dict() == through.as_dict()
    assert restarted.total(SOLAR) == 5e6 + 20 * 60


def test_books_that_were_written_before_an_old_level_was_remembered_are_read() -> None:
    ledger = Ledger(AMSTERDAM)
    count(ledger, 5e6, NOON)
    count(ledger, 100.0, NOON + timedelta(minutes=1))
    books: dict[str, Any] = json.loads(json.dumps(ledger.as_dict()))
    state = books["counters"][SOLAR]
    del state["drop"], state["doubt"]["at"], state["doubt"]["moved_at"]
    again = Ledger(AMSTERDAM)
    again.restore(books)
    assert again.as_dict() == ledger.as_dict()


EVENTS = st.lists(
    st.tuples(
        st.floats(1, 40_000),
        st.floats(-1e4, 1e4) | st.sampled_from([-5e6, 5e6]),
        st.none() | st.floats(0, 5e4),
        st.floats(-5000, 5000),
        st.none() | st.floats(0, 1e4),
    ),
    min_size=1,
    max_size=25,
)


@given(EVENTS, st.integers(0, 24))
def test_a_restart_at_any_moment_makes_no_difference(
    events: list[tuple[float, float, float | None, float, float | None]], restart: int
) -> None:
    through, restarted, at, register = Ledger(AMSTERDAM), Ledger(AMSTERDAM), NOON, 2e7
    for number, (seconds, rise, today, power, stored) in enumerate(events):
        if number == restart:
            restarted = reopened(restarted)
        at += timedelta(seconds=seconds)
        register = max(register + rise, 0.0)
        for ledger in (through, restarted):
            count(ledger, register, at, today=today)
            positive, negative = ledger.integrate("battery", power, at, stored=stored)
            count(ledger, positive, at, name=DISCHARGE)
            count(ledger, negative, at, name=CHARGE)
            ledger.balance(LOAD, (SOLAR, DISCHARGE), (CHARGE,), at)
        assert restarted.counts(at) == through.counts(at)
        assert restarted.rejected == through.rejected


def test_a_restart_over_midnight_begins_the_new_day_where_it_is_known() -> None:
    ledger = Ledger(AMSTERDAM)
    midnight = datetime(2026, 6, 21, tzinfo=AMSTERDAM)
    count(ledger, 5e6, midnight - timedelta(minutes=8), today=100.0)
    ledger = reopened(ledger)
    count(ledger, 5e6 + 20, midnight + timedelta(minutes=4), today=120.0)
    assert ledger.today(SOLAR, midnight + timedelta(minutes=4)) == 20.0


# -- memory that is broken ----------------------------------------------------


def written() -> dict[str, Any]:
    """Return books as they were written down, with a doubt and an integral in them."""
    ledger = Ledger(AMSTERDAM)
    count(ledger, 5e6, NOON, today=700.0)
    count(ledger, 100.0, NOON + timedelta(minutes=1))
    count(ledger, 3e6, NOON, name=IMPORT)
    ledger.integrate("battery", 500.0, NOON, stored=6000.0)
    books: dict[str, Any] = json.loads(json.dumps(ledger.as_dict()))
    return books


def use(ledger: Ledger) -> None:
    """Go on with the books as a source does."""
    at = NOON + timedelta(minutes=2)
    for name in (SOLAR, IMPORT):
        count(ledger, 5e6 + 30, at, name=name, today=800.0)
        assert ledger.total(name) is not None
    ledger.integrate("battery", 500.0, at, stored=5000.0)
    ledger.balance(LOAD, (SOLAR,), (IMPORT,), at)
    ledger.counts(at)
    assert ledger.rejected >= 0
    json.dumps(ledger.as_dict(), allow_nan=False)


# What a JSON file can hold when Home Assistant has read it.
ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)
MOMENTS = st.sampled_from(
    [
        "2026-06-20",
        "2026-06-20T12:00:00",
        "2026-06-20T12:00:00+00:00",
        "12:00",
        "0001-01-01T00:00:00+23:59",
        "nan",
        "inf",
    ]
)


def places(node: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Return the way to each value."""
    children = node.items() if isinstance(node, dict) else ()
    return [path, *(way for key, child in children for way in places(child, (*path, key)))]


def changed(node: Any, path: tuple[str, ...], value: Any) -> Any:
    """Return the same with another value at a place."""
    return value if not path else {**node, path[0]: changed(node[path[0]], path[1:], value)}


@settings(max_examples=200)
@given(st.sampled_from(places(written())), ANY | MOMENTS)
def test_memory_with_a_broken_value_costs_that_entry_and_breaks_nothing(place: tuple[str, ...], value: Any) -> None:
    books = changed(written(), place, value)
    ledger = Ledger(AMSTERDAM)
    ledger.restore(books if isinstance(books, dict) else {})
    use(ledger)


@pytest.mark.parametrize("place", [place for place in places(written()) if place and place[-1] in ("at", "since")])
@pytest.mark.parametrize("moment", ["2026-06-20", "2026-06-20T12:00:00"])
def test_a_moment_without_its_zone_breaks_nothing(place: tuple[str, ...], moment: str) -> None:
    ledger = Ledger(AMSTERDAM)
    ledger.restore(changed(written(), place, moment))
    use(ledger)


@pytest.mark.parametrize("lacks", [place for place in places(written()) if place])
def test_memory_that_lacks_something_costs_that_entry(lacks: tuple[str, ...]) -> None:
    books: Any = written()
    parent = books
    for key in lacks[:-1]:
        parent = parent[key]
    if isinstance(parent, dict):
        del parent[lacks[-1]]
    ledger = Ledger(AMSTERDAM)
    ledger.restore(books)
    use(ledger)


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", 1e400, "much", None, []])
@pytest.mark.parametrize("field", ["register", "offset", "total"])
def test_a_number_in_memory_that_is_none_is_not_counted_with(field: str, number: object) -> None:
    ledger = Ledger(AMSTERDAM)
    ledger.restore(changed(written(), ("counters", "solar", field), number))
    assert ledger.total(SOLAR) is None
    use(ledger)


@given(ANY)
def test_memory_of_any_kind_breaks_nothing(anything: Any) -> None:
    ledger = Ledger(AMSTERDAM)
    ledger.restore({"counters": anything, "integrals": anything, "days": anything})
    use(ledger)


def test_a_broken_entry_leaves_the_others_alone() -> None:
    books = written()
    books["counters"]["solar"]["total"] = "much"
    ledger = Ledger(AMSTERDAM)
    ledger.restore(books)
    assert ledger.total(SOLAR) is None
    assert ledger.total(IMPORT) == 3e6


@pytest.mark.parametrize("zone", [UTC, AMSTERDAM])
def test_memory_does_not_hide_what_was_counted_before_it_was_read(zone: tzinfo) -> None:
    ledger = Ledger(zone)
    count(ledger, 5.0, NOON, name=EXPORT)
    ledger.restore(written())
    assert ledger.total(EXPORT) == 5.0
    assert ledger.total(SOLAR) == 5e6


def test_counters_go_on_from_where_they_are_when_their_device_is_replaced() -> None:
    ledger = Ledger(UTC)
    at = datetime(2026, 6, 15, 12, tzinfo=UTC)
    ledger.count("solar", "meter", 5_000_000, at)
    ledger.count("import", "meter", 3_000_000, at)
    ledger.balance("load", ["solar", "import"], [], at)
    after = Ledger(UTC)
    after.restore(renewed(ledger.as_dict()))
    later = at + timedelta(hours=1)
    after.count("solar", "meter", 700, later)
    after.count("import", "meter", 40, later)
    after.balance("load", ["solar", "import"], [], later)
    assert (after.total("solar"), after.total("import"), after.total("load")) == (5_000_000, 3_000_000, 8_000_000)
    after.count("solar", "meter", 1_200, later + timedelta(minutes=10))
    assert after.total("solar") == 5_000_500
    assert after.rejected == 0


@pytest.mark.parametrize("books", [{}, {"counters": None}, {"counters": {"solar": None}}, {"counters": [1]}])
def test_books_that_cannot_be_read_are_none_for_a_new_device_either(books: dict[str, Any]) -> None:
    ledger = Ledger(UTC)
    ledger.restore(renewed(books))
    assert ledger.total("solar") is None
