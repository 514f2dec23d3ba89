"""When it is day, from the tropics to the poles."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.energy_site.site.quota.daylight import Daylight

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def day(latitude: float, longitude: float, at: date) -> tuple[datetime, datetime]:
    """Return sunrise and sunset in UTC of the day around noon at the place."""
    noon = datetime(at.year, at.month, at.day, 12, tzinfo=UTC) - timedelta(hours=longitude / 15)
    daylight = Daylight(zone=UTC, latitude=latitude, longitude=longitude)
    return next(iter(daylight.days(noon - timedelta(hours=12), noon + timedelta(hours=12))))


@pytest.mark.parametrize(
    ("latitude", "longitude", "at", "rises", "sets"),
    [
        (52.37, 4.90, date(2026, 6, 21), "03:18", "20:06"),
        (52.37, 4.90, date(2026, 12, 21), "07:48", "15:29"),
        (0.0, 0.0, date(2026, 3, 20), "06:04", "18:11"),
        (-33.87, 151.21, date(2026, 12, 21), "18:41", "09:05"),
        (37.77, -122.42, date(2026, 6, 21), "12:48", "03:35"),
    ],
)
def test_sunrise_and_sunset_are_right_to_a_few_minutes(
    latitude: float, longitude: float, at: date, rises: str, sets: str
) -> None:
    begins, ends = day(latitude, longitude, at)
    for moment, expected in ((begins, rises), (ends, sets)):
        hours, minutes = map(int, expected.split(":"))
        difference = (moment.hour * 60 + moment.minute - hours * 60 - minutes + 720) % 1440 - 720
        assert abs(difference) <= 5, (moment, expected)


def test_the_poles_have_days_and_nights_of_months() -> None:
    north = Daylight(zone=UTC, latitude=78.2, longitude=15.6)
    month = timedelta(days=30)
    summer, winter = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
    assert month - timedelta(hours=1) < north.lit(summer, summer + month) <= month
    assert north.lit(winter, winter + month) == timedelta()
    assert north.is_day(summer)
    assert not north.is_day(winter)


@pytest.mark.parametrize("place", [(None, None), (None, 4.9), (float("nan"), 4.9), (91.0, 0.0), (52.0, 181.0)])
def test_without_a_place_the_clocks_decide(place: tuple[float | None, float | None]) -> None:
    daylight = Daylight(zone=AMSTERDAM, latitude=place[0], longitude=place[1])
    # The clocks go back on the 25th.
    begin = datetime(2026, 10, 24, tzinfo=AMSTERDAM)
    assert list(daylight.days(begin, begin + timedelta(days=2))) == [
        (datetime(2026, 10, 24, 4, tzinfo=UTC), datetime(2026, 10, 24, 20, tzinfo=UTC)),
        (datetime(2026, 10, 25, 5, tzinfo=UTC), datetime(2026, 10, 25, 21, tzinfo=UTC)),
    ]
    assert daylight.is_day(datetime(2026, 10, 24, 6, tzinfo=AMSTERDAM))
    assert not daylight.is_day(datetime(2026, 10, 24, 22, tzinfo=AMSTERDAM))


@given(
    st.floats(-90, 90),
    st.floats(-180, 180),
    st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis asks for naive bounds.
    st.floats(0, 40),
)
def test_days_are_in_order_and_within_bounds(latitude: float, longitude: float, begin: datetime, length: float) -> None:
    daylight = Daylight(zone=UTC, latitude=latitude, longitude=longitude)
    end = begin + timedelta(days=length)
    last = begin
    for begins, ends in daylight.days(begin, end):
        assert last <= begins < ends <= end
        last = ends
    half = begin + (end - begin) / 2
    parts = daylight.lit(begin, half) + daylight.lit(half, end)
    assert abs(parts - daylight.lit(begin, end)) <= timedelta(seconds=1)
