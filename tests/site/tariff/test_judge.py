"""What is found in a tariff before it is sent anywhere."""

import math
from typing import Any

import pytest

from custom_components.energy_site.site.tariff.judge import MOST_FINDINGS, Finding, Rule, judge
from custom_components.energy_site.site.tariff.model import EnergyTariff, MonthDay, Period, Season, Side

from .examples import ALWAYS, DAY, NIGHT, Words, of_year, tariff, words


def found(written: Words) -> list[tuple[Any, ...]]:
    """Return the rule of each finding and the place it names."""
    return [
        tuple(str(value) for value in (each.rule, each.season, each.period, each.day, each.time, each.date) if value)
        for each in judge(tariff(written))
    ]


def season(start: str, end: str, name: str = "Year") -> Words:
    return {"name": name, "start": start, "end": end, "periods": [ALWAYS]}


def test_a_tariff_that_keeps_the_rules_has_no_findings() -> None:
    assert judge(tariff()) == ()


@pytest.mark.parametrize(
    "periods",
    [
        [ALWAYS],
        [ALWAYS | {"end": "24:00"}],
        [ALWAYS | {"start": "07:00", "end": "07:00"}],
        [NIGHT, DAY],
        # Sunday's night goes on on Monday.
        [NIGHT | {"days": ["sun"]}, NIGHT | {"days": ["mon", "tue", "wed", "thu", "fri", "sat"]}, DAY],
        [ALWAYS | {"buy": 0, "sell": 0}],
        [{key: value for key, value in ALWAYS.items() if key != "sell"}],
    ],
)
def test_the_whole_day_can_be_written_in_several_ways(periods: list[Words]) -> None:
    assert found(of_year(*periods)) == []


def test_two_periods_at_once_are_found_where_they_meet() -> None:
    assert found(of_year(NIGHT | {"end": "08:30", "days": ["tue"]}, NIGHT, DAY)) == [
        ("overlap", "Year", "OFF_PEAK", "tue", "21:00"),
        ("overlap", "Year", "OFF_PEAK", "wed", "07:00"),
    ]


def test_an_overlap_names_both_labels_and_where_it_ends() -> None:
    (finding,) = judge(tariff(of_year(NIGHT, DAY, {**DAY, "label": "PARTIAL_PEAK", "start": "20:00", "days": ["fri"]})))
    assert (finding.period, finding.other) == ("ON_PEAK", "PARTIAL_PEAK")
    assert (finding.until_day, finding.until_time) == ("fri", "21:00")


def test_minutes_without_a_period_are_found_on_each_weekday() -> None:
    days = ["mon", "tue", "wed", "thu", "fri"]
    assert found(of_year(NIGHT, DAY | {"days": days}, DAY | {"start": "07:01", "days": ["sat", "sun"]})) == [
        ("gap", "Year", "sat", "07:00"),
        ("gap", "Year", "sun", "07:00"),
    ]


def test_a_season_without_periods_is_one_gap() -> None:
    assert found(of_year()) == [("gap", "Year", "mon", "00:00")]


@pytest.mark.parametrize(
    ("seasons", "dates"),
    [
        ([season("01-01", "12-31")], []),
        ([season("03-01", "02-29")], []),
        ([season("07-01", "06-30")], []),
        # A leap year has a day more.
        ([season("03-01", "02-28")], [("season_cover", "02-29")]),
        ([season("01-02", "12-30")], [("season_cover", "01-01"), ("season_cover", "12-31")]),
        ([season("01-01", "06-30", "One"), season("06-30", "12-31", "Two")], [("season_cover", "One", "06-30")]),
        ([season("01-01", "06-31", "One"), season("07-01", "12-31", "Two")], [("season_cover", "One", "06-31")]),
    ],
)
def test_seasons_cover_the_year_once(seasons: list[Words], dates: list[tuple[str, ...]]) -> None:
    assert found(words(seasons=seasons)) == dates


def test_seasons_that_overlap_are_both_named_with_the_last_day_of_it() -> None:
    (finding,) = judge(tariff(words(seasons=[season("01-01", "07-15", "One"), season("06-30", "12-31", "Two")])))
    assert (finding.season, finding.other, finding.date, finding.until_date) == ("One", "Two", "06-30", "07-15")


def test_three_seasons_at_once_are_told_as_the_first_two() -> None:
    seasons = [season("01-01", "12-31", "One"), season("06-01", "06-30", "Two"), season("06-10", "07-05", "Three")]
    assert found(words(seasons=seasons)) == [("season_cover", "One", "06-01"), ("season_cover", "One", "07-01")]


def test_a_season_without_dates_is_found() -> None:
    written = season("01-01", "12-31")
    del written["end"]
    assert ("season_cover", "Year") in found(words(seasons=[written]))


def test_a_month_that_does_not_exist_is_found() -> None:
    assert ("season_cover", "Year", "13-01") in found(words(seasons=[season("01-01", "13-01")]))
    assert ("season_cover", "Year", "00-00") in found(words(seasons=[season("00-00", "12-31")]))


def test_a_price_for_no_time_is_found() -> None:
    assert found(of_year(ALWAYS, {"label": "ON_PEAK", "buy": 0.4, "sell": 0.1})) == [
        ("price_without_time", "Year", "ON_PEAK")
    ]
    assert found(of_year(ALWAYS, DAY | {"days": []})) == [("price_without_time", "Year", "ON_PEAK")]


def test_a_season_that_has_prices_only_is_found() -> None:
    priced = Season(name="Winter", periods=(Period(label="ON_PEAK", price=0.3),))
    valid = tariff(of_year(ALWAYS))
    assert judge(EnergyTariff(currency="EUR", buy=(*valid.buy, priced), sell=valid.sell)) == (
        Finding(rule=Rule.PRICE_WITHOUT_TIME, side=Side.BUY, season="Winter", period="ON_PEAK"),
    )


@pytest.mark.parametrize("price", [None, math.nan, math.inf, -math.inf, "cheap", [], True, 10**400])
@pytest.mark.parametrize("side", ["buy", "sell"])
def test_a_time_without_a_price_that_can_be_paid_is_found(price: Any, side: str) -> None:
    (finding,) = judge(tariff(of_year(NIGHT, DAY | {side: price})))
    assert (finding.rule, finding.side) == (Rule.TIME_WITHOUT_PRICE, side)
    assert (finding.season, finding.period, finding.day, finding.time) == ("Year", "ON_PEAK", "mon", "07:00")


def test_a_negative_price_is_found_with_its_value() -> None:
    rest = DAY | {"days": ["mon", "tue", "wed", "thu", "fri", "sun"]}
    (finding,) = judge(tariff(of_year(NIGHT, rest, DAY | {"sell": -0.01, "days": ["sat"]})))
    assert (finding.rule, finding.side, finding.value) == (Rule.NEGATIVE_PRICE, Side.SELL, -0.01)
    assert (finding.period, finding.day, finding.time) == ("ON_PEAK", "sat", "07:00")


def test_selling_for_more_than_buying_is_found_when_it_happens() -> None:
    cheap = DAY | {"buy": 0.07, "days": ["wed"]}
    assert found(of_year(NIGHT, DAY | {"days": ["mon", "tue", "thu", "fri", "sat", "sun"]}, cheap)) == [
        ("buy_below_sell", "Year", "ON_PEAK", "wed", "07:00")
    ]


def test_two_seasons_of_one_name_are_two() -> None:
    dear = {"name": "Shoulder", "start": "01-01", "end": "06-30", "periods": [ALWAYS | {"buy": 0.5, "sell": 0.4}]}
    cheap = {"name": "Shoulder", "start": "07-01", "end": "12-31", "periods": [ALWAYS]}
    assert found(words(seasons=[dear, cheap])) == []
    assert found(words(seasons=[cheap, dear])) == []


def test_selling_for_more_is_found_in_a_season_without_dates_as_well() -> None:
    undated = {"name": "Year", "periods": [ALWAYS | {"sell": 0.3}]}
    assert ("buy_below_sell", "Year", "OFF_PEAK", "mon", "00:00") in found(words(seasons=[undated]))


def test_selling_has_seasons_and_periods_of_its_own() -> None:
    night = tariff(of_year(NIGHT, DAY))
    dear = Period(label="PARTIAL_PEAK", price=0.2, start=60, end=120)
    rest = Period(label="OFF_PEAK", price=0.0, start=120, end=60)
    june = Season(name="June", first=MonthDay(6, 1), last=MonthDay(6, 30), periods=(dear, rest))
    others = Season(name="Others", first=MonthDay(7, 1), last=MonthDay(5, 31), periods=night.buy[0].periods)
    findings = judge(EnergyTariff(currency="EUR", buy=night.buy, sell=(june, others)))
    assert {(each.rule, each.season, each.period, each.other) for each in findings} == {
        (Rule.BUY_BELOW_SELL, "Year", "OFF_PEAK", "PARTIAL_PEAK")
    }
    assert [(each.day, each.time) for each in findings][:2] == [("mon", "01:00"), ("tue", "01:00")]


@pytest.mark.parametrize(("currency", "warning"), [("AUD", True), ("EURO", False), ("", False), (None, False)])
def test_another_currency_is_a_warning_and_none_an_error(currency: str | None, warning: bool) -> None:
    (finding,) = judge(tariff(words(currency=currency)))
    assert (finding.rule, finding.warning) == (Rule.CURRENCY, warning)


def test_a_tariff_without_seasons_is_told_once() -> None:
    assert found(words(seasons=[])) == [("no_season",)]


def test_a_daily_charge_below_nothing_is_found() -> None:
    assert found(words(daily_charge=-1)) == [("negative_price",)]


def test_all_findings_come_at_once_and_the_same_of_both_sides_once() -> None:
    broken = of_year(NIGHT | {"days": ["mon"], "sell": -1}, DAY | {"buy": 0.01, "days": ["mon"]}, currency="EURO")
    broken["seasons"][0]["end"] = "12-30"
    rules = [rule for rule, *_ in found(broken)]
    assert rules == ["gap", "gap", "season_cover", "negative_price", "buy_below_sell", "currency"]
    assert all(each.side is None for each in judge(tariff(broken)) if each.rule is not Rule.NEGATIVE_PRICE)


def test_ten_thousand_broken_periods_are_told_by_the_first_hundred_of_each_rule() -> None:
    periods = [
        DAY | {"start": f"{minute % 24:02}:{minute % 60:02}", "end": "23:59", "buy": -minute, "sell": math.nan}
        for minute in range(10_000)
    ]
    findings = judge(tariff(of_year(*periods)))
    assert len(findings) <= MOST_FINDINGS * len(Rule)
    negative = [each for each in findings if each.rule is Rule.NEGATIVE_PRICE]
    assert len(negative) == MOST_FINDINGS
    assert [each.more for each in negative] == [0] * (MOST_FINDINGS - 1) + [9_999 - MOST_FINDINGS]
