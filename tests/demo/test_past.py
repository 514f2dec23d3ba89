"""The past that the demo gives to Home Assistant meets the present."""

from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from demo.cities import find_city
from demo.home import PAST_DAYS, Life, beginning, furnish, live_through
from demo.past import HOUR, Count, Mean, hours_of
from demo.statistics import COUNTED, COUNTED_TODAY, Series, Shown, as_imported, series

NOW = datetime(2026, 6, 21, 11, 17, 23, tzinfo=UTC).timestamp()
CITY = find_city("Valencia")


@pytest.fixture(name="life", scope="module")
def life_fixture() -> Life:
    """Return a house and the life that it has behind it."""
    return live_through(furnish("home", CITY).house, NOW)


@pytest.fixture(name="shown")
def shown_fixture(life: Life) -> dict[str, Shown]:
    """Return what Home Assistant showed: at first a little less than now."""
    shown: dict[str, Shown] = {}
    for key, name in {**COUNTED, **COUNTED_TODAY}.items():
        now = getattr(life.house.truth, name) / 1000
        shown[key] = Shown(first=now - 0.02, now=now)
    return shown


@pytest.fixture(name="past")
def past_fixture(life: Life, shown: dict[str, Shown]) -> dict[str, Series]:
    """Return all series by key."""
    return {each.key: each for each in series(life.rows, life.house, shown)}


def _counts(series: Series) -> list[Count]:
    return [point for point in series.points if isinstance(point, Count)]


def test_hours_are_whole_and_follow_each_other(life: Life) -> None:
    """All but the first, which has no row before it, up to the one that is not over."""
    hours = hours_of(life.rows)
    assert hours[0].start == beginning(NOW, CITY.place.timezone) + HOUR
    assert hours[-1].start == NOW // HOUR * HOUR - HOUR
    assert all(after.start - before.start == HOUR for before, after in pairwise(hours))
    assert len(hours) > PAST_DAYS * 24


def test_the_cloud_remembers_the_same_life(life: Life) -> None:
    """From its first midnight on, in whole watt-hours, but nothing of before."""
    first, last = life.rows[0], life.rows[-1]
    assert life.archive.start == first.start == beginning(NOW, CITY.place.timezone)
    edge = NOW // 300 * 300
    row = next(row for row in reversed(life.rows) if row.end == edge)
    made = row.truth.solar - life.house.config.starting_totals.solar
    assert life.archive.energy("solar", first.start, last.end) == pytest.approx(made, abs=1)
    assert life.house.config.starting_totals.solar > made


@pytest.mark.parametrize("key", COUNTED)
def test_counters_meet_what_is_shown(key: str, past: dict[str, Series], shown: dict[str, Shown], life: Life) -> None:
    """The last hour is what is shown now less what came since, and never does a counter fall."""
    points = _counts(past[key])
    last_hour = next(row for row in life.rows if row.end == NOW // HOUR * HOUR)
    since = (getattr(life.house.truth, COUNTED[key]) - getattr(last_hour.truth, COUNTED[key])) / 1000
    assert points[-1].state == pytest.approx(shown[key].now - since)
    assert all(point.sum == pytest.approx(point.state - shown[key].first) for point in points)
    assert all(after.sum >= before.sum for before, after in pairwise(points))
    assert points[0].state > 0 or key == "generator_energy"


@pytest.mark.parametrize("key", COUNTED_TODAY)
def test_counters_of_a_day_begin_at_midnight(key: str, past: dict[str, Series]) -> None:
    """They add up to the same as the counter for ever, and fall only at the day's beginning."""
    zone = ZoneInfo(CITY.place.timezone)
    points = _counts(past[key])
    for before, after in pairwise(points):
        if after.state < before.state:
            assert datetime.fromtimestamp(after.start, UTC).astimezone(zone).hour == 0
    for_ever = _counts(past[key.removesuffix("_today")])
    assert [point.sum for point in points] == pytest.approx([point.sum for point in for_ever])


def test_powers_make_the_energy(past: dict[str, Series], life: Life) -> None:
    """An hour's mean power is what the counter gained in it, and the inverters make all of it."""
    means = {key: [point.mean for point in each.points if isinstance(point, Mean)] for key, each in past.items()}
    solar = _counts(past["solar_energy"])
    for index, (before, after) in enumerate(pairwise(solar), start=1):
        assert means["solar_power"][index] == pytest.approx((after.sum - before.sum) * 1000, abs=0.01)
        together = sum(means[f"{inverter.serial}_power"][index] for inverter in life.house.inverters)
        assert together == pytest.approx(means["solar_power"][index], abs=0.01)
    assert max(means["solar_power"]) > 3000


def test_extremes_enclose_the_mean(past: dict[str, Series]) -> None:
    """As in statistics that Home Assistant made itself."""
    for each in past.values():
        for point in each.points:
            if isinstance(point, Mean):
                assert point.low - 1e-6 <= point.mean <= point.high + 1e-6


def test_what_is_not_shown_has_no_past(life: Life) -> None:
    """A counter without an entity is left out."""
    assert not {each.key for each in series(life.rows, life.house, {})} & {*COUNTED, *COUNTED_TODAY}


def test_points_are_written_as_they_are_imported() -> None:
    """With the beginning of their hour as a moment with an offset."""
    assert as_imported(Count(start=0.0, state=2.0, sum=1.0)) == {
        "start": "1970-01-01T00:00:00+00:00",
        "state": 2.0,
        "sum": 1.0,
    }
    assert as_imported(Mean(start=HOUR, mean=2.0, low=1.0, high=3.0)) == {
        "start": "1970-01-01T01:00:00+00:00",
        "mean": 2.0,
        "min": 1.0,
        "max": 3.0,
    }


@pytest.mark.parametrize(("city", "south"), [("Valencia", False), ("Perth", True)])
def test_roofs_face_the_sun(city: str, *, south: bool) -> None:
    """A house of the south has its panels to the north."""
    arrays = furnish("home", find_city(city)).house.arrays
    assert all((array.azimuth < 90 or array.azimuth > 270) is south for array in arrays if array.inverters == 15)


def test_houses_are_built_as_there() -> None:
    """The voltage is the country's, and so is the money; the number of inverters can be chosen."""
    american, european = furnish("home", find_city("Austin")), furnish("home", CITY, 40)
    assert (american.house.grid_voltage, american.house.phases) == (120.0, 2)
    assert (european.house.grid_voltage, european.house.phases) == (230.0, 1)
    assert (american.gateway.currency, european.gateway.currency) == ("USD", "EUR")
    assert sum(array.inverters for array in european.house.arrays) == 40
    assert furnish("three_phase", CITY).house.phases == 3
