"""What a kWh costs at a moment, and when that changes, by the clocks of the site."""

from datetime import UTC, datetime, timedelta
import math
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.energy_site.site.tariff.model import EnergyTariff, MonthDay, Period, Season
from custom_components.energy_site.site.tariff.prices import CurrentPrice, PriceTable

from .examples import ALWAYS, DAY, NIGHT, Words, of_year, tariff, words

BERLIN = ZoneInfo("Europe/Berlin")


def at(moment: str, written: Words | None = None, zone: str = "Europe/Berlin") -> CurrentPrice:
    """Return the price at a moment, which is UTC or has its offset."""
    return PriceTable(tariff(written or of_year(NIGHT, DAY)), ZoneInfo(zone)).at(datetime.fromisoformat(moment))


def changes(moment: str, written: Words | None = None, zone: str = "Europe/Berlin") -> str | None:
    """Return when the price changes next, with the offset of the site then."""
    told = at(moment, written, zone).changes_at
    return None if told is None else told.isoformat(timespec="minutes")


def test_a_price_has_its_label_and_its_end() -> None:
    assert at("2027-06-01T12:00+02:00") == CurrentPrice(
        buy=0.32, sell=0.08, label="ON_PEAK", changes_at=datetime(2027, 6, 1, 21, tzinfo=BERLIN)
    )


def test_a_period_begins_with_its_minute_and_ends_before_its_last() -> None:
    assert [at(f"2027-06-01T{time}+02:00").buy for time in ("06:59:59", "07:00", "20:59:59", "21:00")] == [
        0.15,
        0.32,
        0.32,
        0.15,
    ]


def test_the_clocks_of_the_site_count_and_not_those_of_the_moment() -> None:
    assert at("2027-06-01T12:00+00:00", zone="America/Los_Angeles").buy == 0.15
    assert changes("2027-06-01T12:00+00:00", zone="America/Los_Angeles") == "2027-06-01T07:00-07:00"


def test_what_goes_on_over_midnight_does_not_change_there() -> None:
    assert changes("2027-06-01T22:00+02:00") == "2027-06-02T07:00+02:00"


def test_a_change_days_ahead_is_found() -> None:
    weekend = ALWAYS | {"days": ["sat", "sun"], "buy": 0.1}
    week = ALWAYS | {"days": ["mon", "tue", "wed", "thu", "fri"]}
    assert changes("2027-06-01T22:00+02:00", of_year(week, weekend)) == "2027-06-05T00:00+02:00"
    assert changes("2027-06-05T22:00+02:00", of_year(week, weekend)) == "2027-06-07T00:00+02:00"


def test_a_change_of_the_label_or_of_the_other_side_alone_is_a_change() -> None:
    assert changes("2027-06-01T12:00+02:00", of_year(NIGHT, NIGHT | DAY | {"buy": 0.15, "sell": 0.05})) is not None
    same = NIGHT | {"start": "07:00", "end": "21:00"}
    assert changes("2027-06-01T12:00+02:00", of_year(NIGHT, same)) is None
    assert changes("2027-06-01T12:00+02:00", of_year(NIGHT, same | {"sell": 0.04})) is not None


def test_one_price_for_ever_never_changes() -> None:
    assert at("2027-06-01T12:00+02:00", of_year(ALWAYS)) == CurrentPrice(buy=0.2, sell=0.05, label="OFF_PEAK")


def test_a_season_ends_with_its_last_day() -> None:
    assert at("2027-10-31T23:59+01:00", words()).buy == 0.2
    assert at("2027-11-01T00:00+01:00", words()).buy == 0.15
    assert changes("2027-06-01T12:00+02:00", words()) == "2027-11-01T00:00+01:00"


def test_a_season_goes_on_over_new_year() -> None:
    assert at("2027-12-31T23:59+01:00", words()).buy == 0.15
    assert changes("2027-12-31T21:30+01:00", words()) == "2028-01-01T07:00+01:00"


def test_a_leap_day_belongs_to_the_season_around_it_and_may_be_one() -> None:
    def year(end: str, *more: Words) -> Words:
        return words(seasons=[{"name": "Year", "start": "03-01", "end": end, "periods": [ALWAYS]}, *more])

    assert at("2028-02-29T12:00+01:00", year("02-29")).buy == 0.2
    assert at("2028-02-29T12:00+01:00", year("02-28")).buy is None
    leap = {"name": "Leap", "start": "02-29", "end": "02-29", "periods": [ALWAYS | {"buy": 0.5}]}
    assert at("2028-02-29T12:00+01:00", year("02-28", leap)).buy == 0.5
    # 2100 is none.
    assert changes("2096-03-01T12:00+01:00", year("02-28", leap)) == "2104-02-29T00:00+01:00"
    assert changes("2027-02-28T12:00+01:00", year("02-28", leap)) == "2028-02-29T00:00+01:00"


def test_a_change_that_is_more_than_nine_years_away_is_none() -> None:
    # 29 February is no Monday before 2044.
    monday = ALWAYS | {"days": ["mon"], "buy": 0.5}
    others = ALWAYS | {"days": ["tue", "wed", "thu", "fri", "sat", "sun"]}
    year = {"name": "Year", "start": "03-01", "end": "02-28", "periods": [ALWAYS]}
    leap = {"name": "Leap", "start": "02-29", "end": "02-29", "periods": [monday, others]}
    assert changes("2027-06-01T12:00+02:00", words(seasons=[year, leap])) is None
    assert changes("2040-06-01T12:00+02:00", words(seasons=[year, leap])) == "2044-02-29T00:00+01:00"


def test_the_hour_that_is_left_out_in_spring_is_left_out() -> None:
    dear = {"label": "ON_PEAK", "start": "02:00", "end": "03:00", "buy": 0.9, "sell": 0.1}
    rest = {"label": "OFF_PEAK", "start": "03:00", "end": "02:00", "buy": 0.2, "sell": 0.1}
    assert changes("2027-03-28T01:30+01:00", of_year(dear, rest)) == "2027-03-29T02:00+02:00"
    early = of_year(dear | {"end": "04:00"}, rest | {"start": "04:00"})
    assert changes("2027-03-28T01:30+01:00", early) == "2027-03-28T03:00+02:00"


def test_the_hour_that_comes_twice_in_autumn_is_priced_twice() -> None:
    dear = {"label": "ON_PEAK", "start": "02:00", "end": "02:30", "buy": 0.9, "sell": 0.1}
    rest = {"label": "OFF_PEAK", "start": "02:30", "end": "02:00", "buy": 0.2, "sell": 0.1}
    written = of_year(dear, rest)
    moment, told = datetime(2027, 10, 30, 23, 30, tzinfo=UTC), []
    table = PriceTable(tariff(written), BERLIN)
    for _ in range(4):
        change = table.at(moment).changes_at
        assert change is not None
        moment = change.astimezone(UTC)
        told.append(change.isoformat(timespec="minutes"))
    assert told == [
        "2027-10-31T02:00+02:00",
        "2027-10-31T02:30+02:00",
        "2027-10-31T02:00+01:00",
        "2027-10-31T02:30+01:00",
    ]


def test_a_day_of_23_hours_may_begin_at_one() -> None:
    # In Cairo the clocks go from midnight to one o'clock.
    days = [ALWAYS | {"days": [day], "buy": 0.1 + place / 10} for place, day in enumerate(["thu", "fri"])]
    assert changes("2028-04-27T20:00+00:00", of_year(*days), "Africa/Cairo") == "2028-04-28T01:00+03:00"


def test_a_day_that_the_clocks_leave_out_has_no_prices() -> None:
    # Samoa went from Thursday 29 to Saturday 31 December 2011.
    days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    periods = [ALWAYS | {"days": [day], "buy": 0.1 + place / 10} for place, day in enumerate(days)]
    assert changes("2011-12-30T00:00+00:00", of_year(*periods), "Pacific/Apia") == "2011-12-31T00:00+14:00"


def test_the_times_of_a_day_that_the_clocks_leave_out_do_not_come() -> None:
    ends = {"fri": "10:00", "sat": "09:00"}
    days = ["mon", "tue", "wed", "thu", "sun"]
    periods = [
        period
        for day, end in ends.items()
        for period in (
            NIGHT | {"start": "00:00", "end": end, "days": [day]},
            DAY | {"start": end, "end": "24:00", "days": [day]},
        )
    ]
    written = of_year(*periods, NIGHT | {"start": "00:00", "end": "24:00", "days": days})
    assert changes("2011-12-30T09:00+00:00", written, "Pacific/Apia") == "2011-12-31T09:00+14:00"


def test_minutes_without_a_period_have_no_price() -> None:
    price = at("2027-06-01T22:00+02:00", of_year(DAY))
    assert (price.buy, price.sell, price.label) == (None, None, None)
    assert changes("2027-06-01T22:00+02:00", of_year(DAY)) == "2027-06-02T07:00+02:00"


def test_where_periods_or_seasons_overlap_the_first_counts() -> None:
    assert at("2027-06-01T12:00+02:00", of_year(DAY, ALWAYS)).buy == 0.32
    assert at("2027-06-01T12:00+02:00", of_year(ALWAYS, DAY)).buy == 0.2
    seasons = [
        {"name": name, "start": "01-01", "end": "12-31", "periods": [ALWAYS | {"buy": buy}]}
        for name, buy in (("One", 0.3), ("Two", 0.4))
    ]
    assert at("2027-06-01T12:00+02:00", words(seasons=seasons)).buy == 0.3


def test_negative_and_missing_prices_are_shown_as_they_are() -> None:
    assert at("2027-06-01T12:00+02:00", of_year(ALWAYS | {"buy": -0.1})).buy == -0.1
    assert at("2027-06-01T12:00+02:00", of_year(ALWAYS | {"buy": math.nan})).buy is None
    assert PriceTable(EnergyTariff(), BERLIN).at(datetime(2027, 6, 1, tzinfo=UTC)) == CurrentPrice()


def test_selling_alone_has_its_own_label() -> None:
    season = Season(
        name="Year",
        first=MonthDay(1, 1),
        last=MonthDay(12, 31),
        periods=(Period(label="EXPORT", price=0.1, start=0, end=0),),
    )
    price = PriceTable(EnergyTariff(sell=(season,)), BERLIN).at(datetime(2027, 6, 1, tzinfo=UTC))
    assert (price.buy, price.sell, price.label) == (None, 0.1, "EXPORT")


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe", "Africa/Cairo", "America/St_Johns"])
@settings(max_examples=30, deadline=None)
@given(minute=st.integers(0, 366 * 1440), cut=st.integers(1, 1438))
def test_nothing_changes_before_it_is_said_to(zone: str, minute: int, cut: int) -> None:
    time = f"{cut // 60:02}:{cut % 60:02}"
    written = of_year(DAY | {"start": "00:00", "end": time}, NIGHT | {"start": time, "end": "24:00"})
    table = PriceTable(tariff(written), ZoneInfo(zone))
    moment = datetime(2028, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    price = table.at(moment)
    assert price.changes_at is not None
    change = price.changes_at.astimezone(UTC)
    while moment < change:
        assert table.at(moment).label == price.label
        moment += timedelta(minutes=7)
    assert table.at(change - timedelta(seconds=1)).label == price.label
    assert table.at(change).label != price.label
