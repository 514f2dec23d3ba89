"""Energy of a flow that nothing but its power tells of."""

from datetime import UTC, datetime, timedelta
import math

from hypothesis import given, strategies as st
import pytest

from custom_components.energy_site.site.energy.integral import IntegralState, integrate

BEGIN = datetime(2026, 6, 20, 12, 0, tzinfo=UTC)
WATTS = st.floats(-20_000, 20_000)


def after(*samples: tuple[float, float], stored: tuple[float | None, ...] = ()) -> IntegralState:
    """Return what samples of seconds and W add up to."""
    state: IntegralState | None = None
    for number, (seconds, watts) in enumerate(samples):
        known = stored[number] if stored else None
        state = integrate(state, watts, BEGIN + timedelta(seconds=seconds), stored=known)
    assert state is not None
    return state


def test_the_first_sample_counts_for_nothing() -> None:
    state = after((0, 5000.0))
    assert (state.positive, state.negative) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("first", "last", "positive", "negative"),
    [
        (1200.0, 1200.0, 100.0, 0.0),
        (0.0, 1200.0, 50.0, 0.0),
        (600.0, 1800.0, 100.0, 0.0),
        (-1200.0, -1200.0, 0.0, 100.0),
        (-1200.0, 0.0, 0.0, 50.0),
        (1200.0, -1200.0, 25.0, 25.0),
        (-1200.0, 1200.0, 25.0, 25.0),
        (900.0, -300.0, 900 * 0.75 / 24, 300 * 0.25 / 24),
        (0.0, 0.0, 0.0, 0.0),
    ],
)
def test_between_two_samples_the_power_runs_straight(
    first: float, last: float, positive: float, negative: float
) -> None:
    state = after((0, first), (300, last))
    assert (state.positive, state.negative) == pytest.approx((positive, negative))


@given(st.lists(st.tuples(st.floats(0.1, 300), WATTS), max_size=40), WATTS)
def test_both_directions_together_are_the_trapezoid(steps: list[tuple[float, float]], first: float) -> None:
    state, at, before, net = integrate(None, first, BEGIN), BEGIN, first, 0.0
    for seconds, watts in steps:
        at += timedelta(seconds=seconds)
        # Moments are whole microseconds.
        net += (before + watts) / 2 * (at - state.at).total_seconds() / 3600
        later = integrate(state, watts, at)
        assert later.positive >= state.positive
        assert later.negative >= state.negative
        state, before = later, watts
    assert state.positive - state.negative == pytest.approx(net, abs=1e-6)


@given(WATTS, st.floats(10, 300), st.integers(2, 20))
def test_how_often_a_steady_power_is_seen_makes_no_difference(watts: float, seconds: float, parts: int) -> None:
    whole = after((0, watts), (seconds, watts))
    pieces = after(*((seconds * part / parts, watts) for part in range(parts + 1)))
    assert pieces.positive == pytest.approx(whole.positive, abs=1e-6)
    assert pieces.negative == pytest.approx(whole.negative, abs=1e-6)


def test_five_minutes_are_no_gap_yet() -> None:
    assert after((0, 1200.0), (300, 1200.0)).positive == pytest.approx(100.0)
    assert after((0, 1200.0), (300.001, 1200.0)).positive == 0.0


@pytest.mark.parametrize(
    ("before", "now", "discharged", "charged"),
    [(5000.0, 3000.0, 2000.0, 0.0), (3000.0, 5000.0, 0.0, 2000.0), (3000.0, 3000.0, 0.0, 0.0)],
)
def test_over_a_gap_what_the_battery_stores_tells_the_energy(
    before: float, now: float, discharged: float, charged: float
) -> None:
    state = after((0, 9000.0), (7200, 9000.0), stored=(before, now))
    assert (state.positive, state.negative) == (discharged, charged)


@pytest.mark.parametrize("stored", [(None, None), (5000.0, None), (None, 5000.0)])
def test_over_a_gap_where_that_is_not_known_nothing_is_invented(stored: tuple[float | None, ...]) -> None:
    state = after((0, 9000.0), (7200, 9000.0), stored=stored)
    assert (state.positive, state.negative) == (0.0, 0.0)
    # From here on it counts again.
    assert integrate(state, 9000.0, state.at + timedelta(seconds=60)).positive == pytest.approx(150.0)


@pytest.mark.parametrize("seconds", [0, -10])
def test_a_sample_that_is_not_newer_changes_nothing(seconds: float) -> None:
    state = after((0, 1000.0), (60, 1000.0))
    assert integrate(state, -5000.0, state.at + timedelta(seconds=seconds)) == state


@given(WATTS, WATTS, st.floats(0.001, 300))
def test_no_two_powers_make_more_energy_than_the_larger_of_them_would(
    first: float, last: float, seconds: float
) -> None:
    state = after((0, first), (seconds, last))
    most = max(abs(first), abs(last)) * (state.at - BEGIN).total_seconds() / 3600
    assert 0 <= state.positive <= most + 1e-6
    assert 0 <= state.negative <= most + 1e-6
    assert math.isfinite(state.positive + state.negative)
