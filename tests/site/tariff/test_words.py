"""A tariff as a person writes it for an action."""

from contextlib import suppress
from datetime import UTC, datetime, time
import math
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.energy_site.site.tariff.differences import differences
from custom_components.energy_site.site.tariff.judge import Rule, judge
from custom_components.energy_site.site.tariff.model import ALL_DAYS, MonthDay, Period, Side
from custom_components.energy_site.site.tariff.prices import PriceTable
from custom_components.energy_site.site.tariff.words import TariffWordsError, from_words
from tests.mangled import changed, places

from .examples import ALWAYS, DAY, NIGHT, of_year, words

ANYTHING = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.sampled_from(["", "nan", "24:00", "25:00", "99:99", "06-31", "13-45", "ON_PEAK", "mon"])
    | st.lists(st.none() | st.text(max_size=3), max_size=2)
    | st.dictionaries(st.text(max_size=3), st.none(), max_size=2)
)


def test_every_word_is_taken_over() -> None:
    read = from_words(words())
    assert (read.name, read.utility, read.currency, read.daily_charge) == ("Night saver", "Stadtwerke", "EUR", 0.4)
    summer, winter = read.buy
    assert (winter.name, winter.first, winter.last) == ("Winter", MonthDay(11, 1), MonthDay(3, 31))
    assert summer.periods == (Period(label="OFF_PEAK", price=0.2, days=ALL_DAYS, start=0, end=0),)
    assert winter.periods[1] == Period(label="ON_PEAK", price=0.32, days=ALL_DAYS, start=420, end=1260)
    assert read.sell is not None
    assert [period.price for season in read.sell for period in season.periods] == [0.05, 0.05, 0.08]


def test_weekdays_and_the_end_of_the_day_are_understood() -> None:
    read = from_words(of_year(DAY | {"days": ["mon", "Sun"], "end": "24:00"}, NIGHT | {"days": "tue"}))
    assert [period.days for period in read.buy[0].periods] == [{0, 6}, {1}]
    assert read.buy[0].periods[0].end == 1440


@pytest.mark.parametrize("start", ["22:00", "22:00:00", 1320, time(22)])
def test_a_time_may_be_what_yaml_makes_of_one_without_quotes(start: Any) -> None:
    assert from_words(of_year(NIGHT | {"start": start})).buy[0].periods[0].start == 1320


def test_where_nothing_is_said_of_selling_nothing_is_sold() -> None:
    assert from_words(of_year({key: value for key, value in ALWAYS.items() if key != "sell"})).sell is None


def test_a_season_that_sells_nothing_beside_one_that_does_lacks_a_price() -> None:
    written = words()
    for period in written["seasons"][1]["periods"]:
        del period["sell"]
    assert {(each.rule, each.side, each.season) for each in judge(from_words(written))} == {
        (Rule.TIME_WITHOUT_PRICE, Side.SELL, "Winter")
    }


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("label", "PEAK"),
        ("label", None),
        ("days", ["mon", "monday"]),
        ("days", 3),
        ("start", "24:00"),
        ("start", "7 am"),
        ("start", -1),
        ("end", "25:00"),
        ("end", "07:60"),
        ("end", 1441),
        ("end", True),
    ],
)
def test_what_means_nothing_is_named_with_its_place(key: str, value: Any) -> None:
    with pytest.raises(TariffWordsError) as error:
        from_words(of_year(NIGHT, DAY | {key: value}))
    (problem,) = error.value.problems
    assert problem.place == f"seasons[0].periods[1].{key}"
    assert str(error.value).startswith(problem.place)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"seasons": "Summer"}, "seasons"),
        ({"seasons": [3]}, "seasons[0]"),
        ({"seasons": [{"name": 5}]}, "seasons[0].name"),
        ({"seasons": [{"start": "June"}]}, "seasons[0].start"),
        ({"seasons": [{"end": 1231}]}, "seasons[0].end"),
        ({"seasons": [{"periods": {}}]}, "seasons[0].periods"),
        ({"daily_charge": math.nan}, "daily_charge"),
        ({"daily_charge": 10**400}, "daily_charge"),
        ({"name": ["Night"]}, "name"),
    ],
)
def test_what_is_of_another_kind_is_named_with_its_place(changes: dict[str, Any], place: str) -> None:
    with pytest.raises(TariffWordsError) as error:
        from_words(words(**changes))
    assert [problem.place for problem in error.value.problems] == [place]


def test_all_places_are_named_at_once_but_no_more_than_a_hundred() -> None:
    with pytest.raises(TariffWordsError) as error:
        from_words(of_year(NIGHT | {"label": "x"}, DAY | {"end": "25:00"}))
    assert len(error.value.problems) == 2
    with pytest.raises(TariffWordsError) as error:
        from_words(of_year(*[NIGHT | {"label": "x" * 1000}] * 10_000))
    assert len(error.value.problems) == 100
    assert len(str(error.value)) < 10_000


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_words_with_anything_in_any_place_are_read_judged_and_priced_or_refused(data: st.DataObject) -> None:
    written = words()
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(list(places(written))[1:]))
        written = changed(written, place, data.draw(ANYTHING))
    with suppress(TariffWordsError):
        read = from_words(written)
        judge(read)
        differences(read, from_words(words()))
        PriceTable(read, UTC).at(datetime(2028, 2, 29, tzinfo=UTC))
