"""Whatever the hour and the season, the house stands in daylight."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from demo.cities import CITIES, choose_city, find_city

_HIGH_ENOUGH = 30.0
_HOUR = 3600


@pytest.mark.parametrize("month", range(1, 13))
@pytest.mark.parametrize("day", [1, 21])
def test_the_sun_is_well_up(month: int, day: int) -> None:
    """At every quarter of an hour it is between 10 and 15 h there, and stays light for two hours."""
    midnight = datetime(2026, month, day, tzinfo=UTC).timestamp()
    for quarter in range(96):
        epoch = midnight + quarter * _HOUR / 4
        city = choose_city(epoch)
        assert 10 <= city.local_hour(epoch) < 15
        assert city.sun(epoch) > _HIGH_ENOUGH, (city.name, month, quarter)
        assert city.sun(epoch + 2 * _HOUR) > _HIGH_ENOUGH / 2, (city.name, month, quarter)


def test_days_begin_on_the_hour() -> None:
    """Statistics are by the hour of UTC, so a day must begin on one."""
    for city in CITIES:
        for month in (1, 7):
            offset = datetime(2026, month, 1, tzinfo=ZoneInfo(city.place.timezone)).utcoffset()
            assert offset is not None
            assert offset.total_seconds() % _HOUR == 0, city.name


def test_cities_are_found_by_name() -> None:
    """However they are capitalised."""
    assert find_city("cape TOWN").name == "Cape Town"
    assert len({city.name for city in CITIES}) == len(CITIES)
