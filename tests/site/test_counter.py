"""What a counter shows never falls and never jumps, whatever its register does."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
import itertools
import math

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.energy_site.site.counter import DEFAULT_LIMIT, JOULE_WRAP, CounterState, advance, start

BEGIN = datetime(2026, 6, 20, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

# A fall or a rise by so many Wh is noise between registers that are read a moment apart.
NOISE = 25.0

REGISTERS = (
    st.floats(-10, 2**33)
    | st.floats(allow_nan=True, allow_infinity=True)
    | st.sampled_from(
        [0.0, -0.0, -1.0, 2.0**32, 2.0**32 - 17, 4e9, 3.9999e9, 1e308, 5e-324, math.inf, -math.inf, math.nan]
    )
    | st.floats(0, 5000)
)
STEPS = st.lists(st.tuples(REGISTERS, st.floats(-60, 4000)), max_size=40)


def begun(register: float, at: datetime = BEGIN) -> CounterState:
    """Return a counter that begins here."""
    state = start("meter", register, at)
    assert state is not None
    return state


def follow(
    state: CounterState,
    registers: Iterable[float],
    *,
    every: timedelta = MINUTE,
    limit: float = DEFAULT_LIMIT,
    wrap: float | None = None,
) -> list[CounterState]:
    """Return what becomes of a counter, one sample after the other."""
    at, states = state.at, []
    for register in registers:
        at += every
        state = advance(state, "meter", register, at, limit=limit, wrap=wrap)
        states.append(state)
    return states


# -- the beginning ------------------------------------------------------------


@pytest.mark.parametrize("register", [-0.1, 4e9, 2.0**32 - 3, math.nan, math.inf, -math.inf])
def test_a_counter_does_not_begin_with_nonsense(register: float) -> None:
    assert start("meter", register, BEGIN) is None


def test_a_counter_does_not_begin_while_the_whole_device_reads_zero() -> None:
    """It would jump to its lifetime as soon as the device is awake."""
    assert start("meter", 0.0, BEGIN, blank=True) is None


def test_a_new_counter_of_a_device_that_is_awake_may_begin_at_zero() -> None:
    assert begun(0.0).total == 0


def test_a_counter_shows_its_register() -> None:
    state = begun(1234.5)
    assert (state.total, state.rejected, state.doubt) == (1234.5, 0, None)


# -- what always holds --------------------------------------------------------


@given(st.floats(0, 3.9e9), STEPS, st.floats(0, 1e6), st.none() | st.floats(1, 1e7))
def test_what_is_shown_never_falls(
    first: float, steps: list[tuple[float, float]], limit: float, wrap: float | None
) -> None:
    state, at = begun(first), BEGIN
    for register, seconds in steps:
        at += timedelta(seconds=seconds)
        after = advance(state, "meter", register, at, limit=limit, wrap=wrap)
        assert after.total >= state.total
        assert math.isfinite(after.total)
        state = after


@given(st.floats(0, 3.9e9), STEPS, st.floats(0, 1e6))
def test_what_is_shown_never_rises_faster_than_the_site_can(
    first: float, steps: list[tuple[float, float]], limit: float
) -> None:
    state, at = begun(first), BEGIN
    for register, seconds in steps:
        at += timedelta(seconds=seconds)
        after = advance(state, "meter", register, at, limit=limit)
        # A register may hold back what it counts, for 20 minutes.
        held_back = min(at - state.moved_at, timedelta(minutes=20))
        elapsed = max(at - state.at, held_back, timedelta()).total_seconds()
        most = NOISE + limit * elapsed / 3600
        assert after.total - state.total <= most * (1 + 1e-9) + 1e-6
        state = after


@given(st.floats(0, 3e9), st.lists(st.tuples(st.floats(1, 3600), st.floats(0, 1)), max_size=40))
def test_an_honest_register_is_shown_as_it_is(first: float, steps: list[tuple[float, float]]) -> None:
    state, at, register = begun(first), BEGIN, first
    for seconds, share in steps:
        at += timedelta(seconds=seconds)
        register += share * DEFAULT_LIMIT * seconds / 3600
        state = advance(state, "meter", register, at)
        assert state.total == register
    assert state.rejected == 0


@given(STEPS)
def test_after_any_trouble_an_honest_register_is_counted_on(steps: list[tuple[float, float]]) -> None:
    """However bad it was: half an hour later each Wh counts again."""
    state, at = begun(1000.0), BEGIN
    for register, seconds in steps:
        at += timedelta(seconds=seconds)
        state = advance(state, "meter", register, at)
    register = 2_000_000.0
    for _ in range(60):
        at += MINUTE
        register += 10
        state = advance(state, "meter", register, at)
    before = state.total
    for _ in range(10):
        at += MINUTE
        register += 10
        state = advance(state, "meter", register, at)
    assert state.total == pytest.approx(before + 100, abs=0.01)


@given(st.floats(100, 3e9), st.lists(st.floats(-NOISE, NOISE), max_size=30))
def test_a_register_that_trembles_shows_its_highest(first: float, shakes: list[float]) -> None:
    state = begun(first)
    registers = [first + shake / 2 for shake in shakes]
    states = follow(state, registers, limit=0.0)
    for count, state in enumerate(states, 1):
        assert state.total == max(first, *registers[:count])
        assert state.rejected == 0


# -- what registers are known to do -------------------------------------------


@pytest.mark.parametrize("polls", [1, 4, 5, 30, 300])
@pytest.mark.parametrize("low", [0.0, -1.0, 2.0**32 - 17, 2.0**32 + 5, 4_294_967_292.0, math.nan])
def test_a_register_that_shows_nonsense_and_comes_back_neither_loses_nor_invents_a_wh(polls: int, low: float) -> None:
    state = begun(28_000_000.0)
    broken = follow(state, [low] * polls)
    assert {each.total for each in broken} == {28_000_000.0}
    assert broken[-1].rejected == polls
    true = 28_000_000.0 + 50 * (polls + 1)
    [back] = follow(broken[-1], [true], every=MINUTE * (polls + 1))
    assert back.total == true
    assert back.doubt is None


@pytest.mark.parametrize("polls", [1, 10, 19])
@pytest.mark.parametrize("dip", [26.0, 500.0, 1_000_000.0])
def test_a_register_that_dips_and_comes_back_is_shown_without_the_dip(polls: int, dip: float) -> None:
    state = begun(28_000_000.0)
    true = [28_000_000.0 + 10 * count for count in range(1, polls + 2)]
    dipped = follow(state, [value - dip for value in true[:-1]])
    assert all(each.total <= 28_000_000.0 + 10 * polls for each in dipped)
    back = advance(dipped[-1], "meter", true[-1], BEGIN + MINUTE * (polls + 1))
    assert back.total == true[-1]


def test_a_meter_that_was_replaced_is_believed_after_twenty_minutes() -> None:
    states = follow(begun(28_000_000.0), [100.0 + 20 * count for count in range(60)])
    believed = next(count for count, each in enumerate(states) if each.doubt is None)
    assert believed == 20
    assert all(each.total == 28_000_000.0 for each in states[:believed])
    rises = [after.total - before.total for before, after in itertools.pairwise(states[believed:])]
    assert rises == pytest.approx([20.0] * len(rises))


def test_a_meter_that_was_replaced_goes_on_without_loss_or_jump() -> None:
    """What the new meter counted while it was in doubt was true energy."""
    states = follow(begun(28_000_000.0), [100.0 + 20 * count for count in range(60)])
    assert max(after.total - before.total for before, after in itertools.pairwise(states)) <= 20 * 25 + NOISE
    assert states[-1].total == pytest.approx(28_000_000.0 + 20 * 59, abs=NOISE)


def test_a_replaced_meter_that_is_asked_rarely_is_seen_five_times_before_it_is_believed() -> None:
    states = follow(begun(28_000_000.0), [100.0 + 20 * count for count in range(6)], every=timedelta(minutes=15))
    assert [each.doubt is None for each in states] == [False, False, False, False, True, True]


def test_a_new_meter_at_zero_is_not_believed_until_it_counts() -> None:
    states = follow(begun(28_000_000.0), [0.0] * 100 + [5.0, 10.0])
    assert all(each.total == 28_000_000.0 for each in states[:100])
    assert states[99].doubt is not None
    assert 28_000_000.0 < states[101].total <= 28_000_010.0


def test_a_level_that_wanders_up_and_down_is_never_believed() -> None:
    states = follow(begun(28_000_000.0), [500.0, 90_000.0] * 60)
    assert {each.total for each in states} == {28_000_000.0}
    assert states[-1].rejected == 120


@pytest.mark.parametrize("polls", [1, 19])
def test_a_register_that_doubles_for_a_while_is_shown_undoubled(polls: int) -> None:
    true = [28_000_000.0 + 10 * count for count in range(1, polls + 2)]
    doubled = follow(begun(28_000_000.0), [2 * value for value in true[:-1]])
    assert all(each.total == 28_000_000.0 for each in doubled)
    back = advance(doubled[-1], "meter", true[-1], BEGIN + MINUTE * (polls + 1))
    assert back.total == true[-1]


def test_a_register_that_stays_doubled_goes_on_from_where_it_was() -> None:
    states = follow(begun(28_000_000.0), [56_000_000.0 + 10 * count for count in range(60)])
    assert states[-1].doubt is None
    assert states[-1].total <= 28_000_000.0 + 10 * 60


@given(st.floats(0, JOULE_WRAP - 1), st.lists(st.floats(0, 120), min_size=1, max_size=60))
def test_a_register_of_joules_that_starts_over_is_counted_on(first: float, rises: list[float]) -> None:
    """An inverter's has 32 bits: 1193 kWh."""
    true, registers = first, []
    for rise in rises:
        true += rise
        registers.append(true % JOULE_WRAP)
    states = follow(begun(first), registers, every=timedelta(minutes=5), limit=1500.0, wrap=JOULE_WRAP)
    assert states[-1].total == pytest.approx(true, abs=1e-6)
    assert states[-1].rejected == 0


def test_a_register_that_starts_over_twice_is_counted_on_twice() -> None:
    registers = [(1_000_000 + 100 * count) % JOULE_WRAP for count in range(1, 20_000)]
    states = follow(begun(1_000_000.0), registers, every=timedelta(minutes=5), limit=1500.0, wrap=JOULE_WRAP)
    assert states[-1].total == pytest.approx(1_000_000 + 100 * 19_999)


def test_a_register_that_starts_over_without_being_known_to_is_a_replaced_one() -> None:
    states = follow(begun(1_193_000.0), [10.0, 20.0])
    assert [each.total for each in states] == [1_193_000.0] * 2


def test_another_register_of_the_same_energy_goes_on_from_here() -> None:
    state = begun(28_000_000.0)
    other = advance(state, "inverters", 27_500_000.0, BEGIN + MINUTE)
    assert (other.total, other.source, other.doubt) == (28_000_000.0, "inverters", None)
    assert advance(other, "inverters", 27_500_100.0, BEGIN + 2 * MINUTE).total == 28_000_100.0


def test_time_that_goes_back_makes_nothing_possible_that_was_not() -> None:
    state = begun(1000.0)
    after = advance(state, "meter", 1100.0, BEGIN - timedelta(hours=5))
    assert after.total == 1000.0
    assert after.rejected == 1
    assert advance(state, "meter", 1020.0, BEGIN - timedelta(hours=5)).at == BEGIN


def test_a_long_absence_allows_what_the_site_can_do_in_it() -> None:
    state = begun(1000.0)
    [after] = follow(state, [1000.0 + 24 * 5000], every=timedelta(days=1))
    assert after.total == 121_000.0


@pytest.mark.parametrize(("watts", "shown"), [(5000.0, 1000.0), (50_000.0, 1500.0)])
def test_how_much_is_too_much_is_the_sites_own(watts: float, shown: float) -> None:
    [after] = follow(begun(1000.0), [1500.0], limit=watts)
    assert after.total == shown


@settings(max_examples=50)
@given(STEPS)
def test_every_refused_sample_is_counted(steps: list[tuple[float, float]]) -> None:
    state, at = begun(1000.0), BEGIN
    for register, seconds in steps:
        at += timedelta(seconds=seconds)
        after = advance(state, "meter", register, at)
        assert after.rejected - state.rejected in (0, 1)
        if after.rejected > state.rejected:
            assert (after.register, after.total, after.at) == (state.register, state.total, state.at)
        state = after
