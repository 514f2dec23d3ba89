"""What a counter shows never falls and never jumps, whatever its register does."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
import itertools
import math

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.energy_site.site.energy.counter import DEFAULT_LIMIT, JOULE_WRAP, CounterState, advance, start

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


def dipped(true: Iterable[float], dip: float) -> list[float]:
    """Return what a register shows that lies so many Wh too low."""
    return [value - dip for value in true]


def rising(first: float, watts: float, every: timedelta, lasts: timedelta) -> list[float]:
    """Return what a register should show after each of these intervals, the first one being over."""
    step = watts * every / timedelta(hours=1)
    return [first + step * count for count in range(1, lasts // every + 1)]


@pytest.mark.parametrize("every", [timedelta(seconds=10), MINUTE])
@pytest.mark.parametrize("lasts", [timedelta(minutes=15), timedelta(minutes=60)])
@pytest.mark.parametrize("dip", [200.0, 300.0, 900.0])
@pytest.mark.parametrize("watts", [0.0, 90.0, 4000.0])
def test_a_dip_that_the_flow_overtakes_is_over_when_the_register_is_back(
    every: timedelta, lasts: timedelta, dip: float, watts: float
) -> None:
    true = rising(28_000_000.0, watts, every, lasts + timedelta(minutes=5))
    count = lasts // every
    states = follow(begun(28_000_000.0), [*dipped(true[:count], dip), *true[count:]], every=every)
    assert all(state.total <= value + 1e-6 for state, value in zip(states, true, strict=True))
    assert [state.total for state in states[count:]] == pytest.approx(true[count:], abs=1e-6)
    assert (states[-1].doubt, states[-1].drop) == (None, 0.0)


def test_a_dip_that_was_taken_for_a_new_device_is_no_energy_when_an_idle_register_is_back() -> None:
    """An idle register may leap, as one does that moves every quarter of an hour."""
    states = follow(begun(28_000_000.0), [27_999_700.0] * 60 + [28_000_000.0] * 5)
    assert states[59].drop == 300.0
    assert {state.total for state in states} == {28_000_000.0}
    assert states[-1].drop == 0.0


def test_a_level_too_high_that_was_taken_for_a_new_device_is_left_at_once() -> None:
    states = follow(begun(28_000_000.0), [28_100_000.0] * 30 + [28_000_010.0, 28_000_020.0])
    assert states[29].doubt is None
    assert [state.total for state in states[29:]] == [28_000_000.0, 28_000_010.0, 28_000_020.0]


def test_two_dips_of_which_the_second_begins_in_the_first_end_with_the_true_register() -> None:
    true = rising(28_000_000.0, 3000.0, MINUTE, timedelta(minutes=90))
    registers = [*dipped(true[:30], 5000.0), *dipped(true[30:80], 9000.0), *true[80:]]
    states = follow(begun(28_000_000.0), registers)
    assert [state.total for state in states[80:]] == pytest.approx(true[80:])


def test_a_step_that_may_be_the_end_of_a_dip_or_energy_is_no_energy_yet() -> None:
    """A level that was really a new device's loses the dip once, nothing is invented."""
    state = follow(begun(28_000_000.0), [27_999_700.0] * 30)[-1]
    state = advance(state, "meter", 27_999_700.0 + 2000, state.at + timedelta(hours=1))
    assert (state.total, state.drop) == (28_001_700.0, 0.0)


def test_a_meter_whose_register_begins_a_little_lower_counts_all_it_measured() -> None:
    """It passes the old one's register while it is in doubt."""
    states = follow(begun(28_000_000.0), rising(27_999_700.0, 6000.0, MINUTE, timedelta(hours=2)))
    assert {state.total for state in states[:20]} == {28_000_000.0}
    assert [state.total for state in states[20:]] == pytest.approx([28_000_000.0 + 100 * n for n in range(20, 120)])


def test_a_new_meter_that_moves_every_quarter_of_an_hour_is_believed_however_often_it_is_asked() -> None:
    every = timedelta(seconds=10)
    registers = [5000.0 + 1000 * (count // 90) for count in range(900)]
    states = follow(begun(28_000_000.0), registers, every=every)
    assert states[-1].doubt is None
    assert states[-1].total == 28_000_000.0 + 1000 * 9


@pytest.mark.parametrize("dip", [0.1, 3.0, 24.0])
def test_a_register_that_falls_by_a_few_wh_is_never_in_doubt(dip: float) -> None:
    true = rising(28_000_000.0, 60.0, MINUTE, timedelta(minutes=90))
    states = follow(begun(28_000_000.0), [*dipped(true[:60], dip), *true[60:]])
    assert all(state.doubt is None and state.rejected == 0 for state in states)
    assert states[-1].total == true[-1]


def test_another_source_has_no_old_level() -> None:
    state = follow(begun(28_000_000.0), [27_999_700.0] * 30)[-1]
    other = advance(state, "inverters", 27_000_000.0, state.at + MINUTE)
    assert other.drop == 0.0
    assert advance(other, "inverters", 27_000_300.0, other.at + MINUTE).total == 28_000_300.0


DIPS = st.lists(
    st.tuples(
        # How long it is sound before, how long and how deep the dip is.
        st.integers(60, 3600),
        st.integers(10, 5400),
        st.floats(0.05, 60) | st.floats(60, 5000),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([30_000.0, 28_000_000.0]),
    st.sampled_from([10, 60]),
    DIPS,
    st.lists(st.just(0.0) | st.floats(0, 12_000), min_size=1, max_size=12),
    st.lists(st.floats(-0.1, 0.1), min_size=1, max_size=7),
)
def test_after_any_dips_a_counter_is_the_true_register_again(
    first: float, every: int, dips: list[tuple[int, int, float]], powers: list[float], shakes: list[float]
) -> None:
    """Whatever flows, and whether or not a dip lasts until it is taken for a new device."""
    noise = 0.3
    depths = [depth for sound, lasts, dip in dips for depth in [0.0] * -(-sound // every) + [dip] * -(-lasts // every)]
    depths += [0.0] * 6
    state, at, true = begun(first), BEGIN, first
    for count, depth in enumerate(depths):
        at += timedelta(seconds=every)
        # What flows changes every five minutes.
        true += powers[count * every // 300 % len(powers)] * every / 3600
        after = advance(state, "meter", true - depth + shakes[count % len(shakes)], at)
        assert state.total <= after.total <= true + noise
        state = after
    assert state.total == pytest.approx(true, abs=noise)
    assert state.doubt is None


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
