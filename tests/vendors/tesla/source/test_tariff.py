"""A tariff in Tesla's own structure: what is sent, and whatever comes back."""

from copy import deepcopy
from datetime import UTC, datetime
import json
import math
import random
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from bench.tariff_dice import read_back, valid
from custom_components.energy_site.site.tariff.differences import differences
from custom_components.energy_site.site.tariff.judge import Rule, judge
from custom_components.energy_site.site.tariff.model import ALL_DAYS, EnergyTariff, MonthDay, Period, Season
from custom_components.energy_site.site.tariff.prices import PriceTable
from custom_components.energy_site.site.tariff.words import from_words
from custom_components.energy_site.sources.tariff import TwoPricesError
from custom_components.energy_site.vendors.tesla.source.tariff import payload
from custom_components.energy_site.vendors.tesla.source.tariff_content import read, read_given
from tests.mangled import changed, places
from tests.site.tariff.examples import ALWAYS, DAY, NIGHT, Words, of_year, tariff, words

WORKDAYS = ["mon", "tue", "wed", "thu", "fri"]
ANYTHING = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.sampled_from(["", "nan", "ALL", "24", "OFF_PEAK"])
    | st.lists(st.none() | st.dictionaries(st.text(max_size=3), st.none(), max_size=2), max_size=2)
    | st.dictionaries(st.sampled_from(["ALL", "rates", "periods", "x"]), st.none() | st.floats(), max_size=2)
)


def content(written: Words) -> dict[str, Any]:
    """Return the structure that is sent for a tariff, as the site gets it."""
    sent = json.loads(json.dumps(payload(from_words(written))))
    structure: dict[str, Any] = sent["tou_settings"]["tariff_content_v2"]
    return structure


def rows(written: Words, label: str) -> list[tuple[int, int, str, str]]:
    """Return first and last weekday, start and end of each row of a label."""
    sent = content(written)["seasons"]["Year"]["tou_periods"][label]["periods"]
    return [
        (
            row["fromDayOfWeek"],
            row["toDayOfWeek"],
            f"{row['fromHour']:02}:{row['fromMinute']:02}",
            f"{row['toHour']:02}:{row['toMinute']:02}",
        )
        for row in sent
    ]


def same(written: Words, told: object) -> bool:
    """Tell whether a site that tells this has the tariff in force."""
    return differences(from_words(written), read(told)) == ()


def test_the_app_finds_24_hours_in_what_is_sent() -> None:
    sent = payload(tariff(of_year(NIGHT, DAY)), strategy="economics")
    assert json.dumps(sent, separators=(",", ":")) == (
        '{"tou_settings":{"tariff_content_v2":{"version":1,"code":"HOME-ASSISTANT","name":"Night saver",'
        '"utility":"Stadtwerke","currency":"EUR","monthly_minimum_bill":0,"min_applicable_demand":0,'
        '"max_applicable_demand":0,"monthly_charges":0,"daily_charges":[{"name":"Charge","amount":0.4}],'
        '"demand_charges":{"ALL":{"rates":{"ALL":0}},"Year":{"rates":{}}},'
        '"energy_charges":{"ALL":{"rates":{"ALL":0}},"Year":{"rates":{"OFF_PEAK":0.15,"ON_PEAK":0.32}}},'
        '"seasons":{"Year":{"fromMonth":1,"fromDay":1,"toMonth":12,"toDay":31,"tou_periods":{'
        '"OFF_PEAK":{"periods":[{"fromDayOfWeek":0,"toDayOfWeek":6,"fromHour":21,"fromMinute":0,"toHour":7,"toMinute":0}]},'
        '"ON_PEAK":{"periods":[{"fromDayOfWeek":0,"toDayOfWeek":6,"fromHour":7,"fromMinute":0,"toHour":21,"toMinute":0}]}}}},'
        '"sell_tariff":{"name":"Night saver","utility":"Stadtwerke","daily_charges":[{"name":"Charge","amount":0}],'
        '"demand_charges":{"ALL":{"rates":{"ALL":0}},"Year":{"rates":{}}},'
        '"energy_charges":{"ALL":{"rates":{"ALL":0}},"Year":{"rates":{"OFF_PEAK":0.05,"ON_PEAK":0.08}}},'
        '"seasons":{"Year":{"fromMonth":1,"fromDay":1,"toMonth":12,"toDay":31,"tou_periods":{'
        '"OFF_PEAK":{"periods":[{"fromDayOfWeek":0,"toDayOfWeek":6,"fromHour":21,"fromMinute":0,"toHour":7,"toMinute":0}]},'
        '"ON_PEAK":{"periods":[{"fromDayOfWeek":0,"toDayOfWeek":6,"fromHour":7,"fromMinute":0,"toHour":21,"toMinute":0}]}}}}}},'
        '"optimization_strategy":"economics"}}'
    )


def test_the_strategy_stays_what_it_is_where_none_is_wished() -> None:
    assert payload(tariff())["tou_settings"].keys() == {"tariff_content_v2"}


def test_equal_days_are_one_row() -> None:
    assert rows(of_year(ALWAYS), "OFF_PEAK") == [(0, 6, "00:00", "00:00")]
    single = [DAY | {"days": [day]} for day in ["sun", *WORKDAYS, "sat"]]
    assert rows(of_year(NIGHT, *single), "ON_PEAK") == [(0, 6, "07:00", "21:00")]
    assert rows(of_year(NIGHT, DAY | {"days": ["mon", "tue", "fri", "sun"]}), "ON_PEAK") == [
        (0, 1, "07:00", "21:00"),
        (4, 4, "07:00", "21:00"),
        (6, 6, "07:00", "21:00"),
    ]


def test_periods_that_meet_are_one_row() -> None:
    assert rows(of_year(NIGHT, DAY | {"end": "12:00"}, DAY | {"start": "12:00"}), "ON_PEAK") == [
        (0, 6, "07:00", "21:00")
    ]


def test_a_night_of_some_days_is_cut_at_midnight() -> None:
    assert rows(of_year(NIGHT | {"days": ["fri", "sun"]}), "OFF_PEAK") == [
        (0, 0, "00:00", "07:00"),
        (5, 5, "00:00", "07:00"),
        (4, 4, "21:00", "00:00"),
        (6, 6, "21:00", "00:00"),
    ]


def test_an_evening_of_all_days_is_not_joined_with_a_morning_of_some() -> None:
    late, early = NIGHT | {"end": "24:00"}, NIGHT | {"start": "00:00", "days": WORKDAYS}
    assert rows(of_year(late, early), "OFF_PEAK") == [(0, 4, "00:00", "07:00"), (0, 6, "21:00", "00:00")]
    late, early = NIGHT | {"end": "24:00", "days": WORKDAYS}, NIGHT | {"start": "00:00"}
    assert rows(of_year(late, early), "OFF_PEAK") == [(0, 6, "00:00", "07:00"), (0, 4, "21:00", "00:00")]


def test_nothing_is_said_of_selling_where_nothing_is_sold() -> None:
    assert "sell_tariff" not in content(of_year({key: value for key, value in ALWAYS.items() if key != "sell"}))


def test_seasons_of_one_name_and_of_a_reserved_one_are_kept_apart() -> None:
    named = words()
    for season in named["seasons"]:
        season["name"] = "ALL"
    assert list(content(named)["seasons"]) == ["ALL 2", "ALL 3"]
    assert same(named, content(named))


def test_two_prices_of_a_label_in_a_season_are_refused_and_in_two_seasons_not() -> None:
    with pytest.raises(TwoPricesError) as error:
        payload(tariff(of_year(NIGHT, DAY | {"label": "OFF_PEAK", "buy": 0.15})))
    assert (error.value.season, error.value.label) == ("Year", "OFF_PEAK")
    assert error.value.prices == (0.05, 0.08)
    payload(tariff())


def test_a_tariff_that_was_not_judged_is_still_json() -> None:
    season = Season(name="", first=MonthDay(6, 31), last=MonthDay(13, 1), periods=(Period(label="A", price=math.nan),))
    sent = payload(EnergyTariff(daily_charge=math.inf, buy=(season, Season(name="x"))))
    json.dumps(sent, allow_nan=False)


def test_what_an_owner_wrote_beside_the_prices_is_sent_again() -> None:
    given = content(of_year(NIGHT, DAY))
    given |= {"code": "EV2-A", "monthly_charges": 12.5, "max_applicable_demand": math.nan}
    given["demand_charges"]["Year"]["rates"] = {"ON_PEAK": 3.5, "OFF_PEAK": "none"}
    given["sell_tariff"]["name"] = "Export"
    wrapped = {"tou_settings": {"tariff_content_v2": given}}
    owned = read_given(wrapped)
    assert owned is not None
    sent = payload(owned, given=wrapped)["tou_settings"]["tariff_content_v2"]
    assert (sent["code"], sent["monthly_charges"], sent["max_applicable_demand"]) == ("EV2-A", 12.5, 0)
    assert sent["demand_charges"]["Year"] == {"rates": {"ON_PEAK": 3.5}}
    assert sent["sell_tariff"]["name"] == "Export"
    assert same(of_year(NIGHT, DAY), sent)


def test_what_is_told_as_it_was_sent_is_the_same() -> None:
    assert same(words(), content(words()))
    told = read(content(words()))
    assert told is not None
    assert (told.name, told.utility, told.currency, told.daily_charge) == ("Night saver", "Stadtwerke", "EUR", 0.4)


FREE = of_year(NIGHT | {"buy": 0, "sell": 0}, DAY)


def edited(written: Words, edit: Any) -> dict[str, Any]:
    """Return what is sent with an edit on both sides."""
    told = content(written)
    for side in (told, told["sell_tariff"]):
        edit(side)
    return told


def test_a_price_of_0_that_is_left_out_is_0() -> None:
    told = edited(FREE, lambda side: side["energy_charges"]["Year"]["rates"].pop("OFF_PEAK"))
    assert same(FREE, told)
    tariff_told = read(told)
    assert tariff_told is not None
    assert PriceTable(tariff_told, UTC).at(datetime(2027, 6, 1, 1, tzinfo=UTC)).buy == 0


def test_charges_for_all_seasons_may_be_dropped() -> None:
    assert same(FREE, edited(FREE, lambda side: side["energy_charges"].pop("ALL")))


def test_a_season_without_any_price_is_free() -> None:
    free = of_year(ALWAYS | {"buy": 0, "sell": 0})
    assert same(free, edited(free, lambda side: side["energy_charges"].update(Year={})))
    assert same(free, edited(free, lambda side: side["energy_charges"].clear()))


@pytest.mark.parametrize("end", [{"toHour": 24}, {"toHour": 23, "toMinute": 60}, {}, {"toHour": 0, "toMinute": 0}])
def test_a_day_ends_in_several_ways(end: dict[str, int]) -> None:
    written = of_year(NIGHT | {"end": "24:00"}, DAY | {"start": "00:00"})
    row = {"toDayOfWeek": 6, "fromHour": 21} | end
    told = edited(written, lambda side: side["seasons"]["Year"]["tou_periods"].update(OFF_PEAK={"periods": [row]}))
    assert same(written, told)


def test_from_0_to_0_is_the_whole_day_and_days_run_over_the_week() -> None:
    written = of_year(ALWAYS | {"days": ["fri", "sat", "sun", "mon"]}, ALWAYS | {"days": ["tue", "wed", "thu"]})
    told = edited(
        written,
        lambda side: side["seasons"]["Year"].update(
            tou_periods={"OFF_PEAK": {"periods": [{"fromDayOfWeek": 4}, {"fromDayOfWeek": 1, "toDayOfWeek": 3}]}}
        ),
    )
    assert same(written, told)
    read_back = read(told)
    assert read_back is not None
    assert read_back.buy[0].periods[0].days == {4, 5, 6, 0}


@pytest.mark.parametrize(
    "unused", [{}, {"fromDay": 0, "fromMonth": 0, "toDay": 0, "toMonth": 0}, {"fromMonth": 1, "tou_periods": {}}]
)
def test_a_season_that_is_not_used_is_none(unused: dict[str, Any]) -> None:
    def edit(side: dict[str, Any]) -> None:
        side["seasons"]["Winter"] = unused
        side["energy_charges"]["Winter"] = {}

    told = read(edited(of_year(NIGHT, DAY), edit))
    assert told is not None
    assert [season.name for season in told.buy] == ["Year"]


def test_the_older_content_has_neither_rates_nor_periods() -> None:
    def edit(side: dict[str, Any]) -> None:
        side["energy_charges"] = {name: season["rates"] for name, season in side["energy_charges"].items()}
        for season in side["seasons"].values():
            season["tou_periods"] = {label: each["periods"] for label, each in season["tou_periods"].items()}

    assert same(words(), edited(words(), edit))


def test_one_price_for_all_times_needs_no_periods() -> None:
    flat = {
        "currency": "USD",
        "energy_charges": {"ALL": {"rates": {"ALL": 0.2}}},
        "seasons": {"Year": {"fromMonth": 1, "fromDay": 1, "toMonth": 12, "toDay": 31}},
        "sell_tariff": {"energy_charges": {"ALL": {"rates": {"ALL": 0.05}}}},
    }
    assert same(of_year(ALWAYS), flat)
    given = read_given(flat | {"sell_tariff": {}})
    assert given is not None
    assert judge(given) == ()
    # The app shows no label for it, so it is sent with one that it shows.
    sent = payload(given)["tou_settings"]["tariff_content_v2"]
    assert sent["energy_charges"]["Year"] == {"rates": {"OFF_PEAK": 0.2}}
    assert differences(given, read(sent)) == ()


def test_a_label_of_the_app_s_own_is_shown() -> None:
    told = edited(of_year(ALWAYS), lambda side: side["seasons"]["Year"]["tou_periods"].update(EV={"periods": [{}]}))
    read_back = read(told)
    assert read_back is not None
    assert read_back.buy[0].periods[1] == Period(label="EV", price=0.0, days=frozenset({0}), start=0, end=0)


def test_a_price_of_another_kind_is_not_known_instead_of_0() -> None:
    for charges in ("free", {"rates": "free"}, {"rates": {"OFF_PEAK": "free"}}, {"rates": {"OFF_PEAK": math.nan}}):
        told = read(edited(of_year(ALWAYS), lambda side, told=charges: side["energy_charges"].update(Year=told)))
        assert told is not None
        assert PriceTable(told, UTC).at(datetime(2027, 6, 1, tzinfo=UTC)).buy is None
    common = edited(of_year(ALWAYS), lambda side: side.update(energy_charges={"ALL": "free"}))
    assert differences(tariff(of_year(ALWAYS)), read(common))[0].found is None
    none = edited(of_year(ALWAYS), lambda side: side.pop("energy_charges"))
    assert differences(tariff(of_year(ALWAYS)), read(none)) != ()


@pytest.mark.parametrize(
    "row",
    [
        None,
        "21-7",
        {"toDayOfWeek": 7},
        {"fromDayOfWeek": -1},
        {"fromHour": "21"},
        {"fromHour": 24},
        {"toHour": 24, "toMinute": 1},
        {"toHour": 25},
        {"toMinute": 61},
        {"toHour": True},
        {"toHour": 7.5},
    ],
)
def test_a_row_that_means_nothing_is_left_out(row: Any) -> None:
    periods = [row, {"toDayOfWeek": 6}]
    told = read(
        edited(
            of_year(ALWAYS), lambda side: side["seasons"]["Year"].update(tou_periods={"OFF_PEAK": {"periods": periods}})
        )
    )
    assert told is not None
    assert told.buy[0].periods == (Period(label="OFF_PEAK", price=0.2, days=ALL_DAYS, start=0, end=0),)


@pytest.mark.parametrize("raw", [None, {}, [], "", 5, {"seasons": {}}, {"seasons": {"Summer": {}}}, {"name": "none"}])
def test_a_site_without_a_tariff_has_none(raw: Any) -> None:
    assert read(raw) is None


def given_rules(written: Words, edit: Any) -> set[tuple[str, str | None, str | None]]:
    """Return what is found in an owner's own structure."""
    structure = content(written)
    edit(structure)
    owned = read_given(structure)
    assert owned is not None
    return {(each.rule, each.season, each.period) for each in judge(owned)}


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (dict.items, set()),
        (lambda own: own.pop("currency"), {(Rule.CURRENCY, None, None)}),
        (
            lambda own: own["energy_charges"]["Winter"]["rates"].pop("ON_PEAK"),
            {(Rule.TIME_WITHOUT_PRICE, "Winter", "ON_PEAK")},
        ),
        (lambda own: own["energy_charges"].pop("Summer"), {(Rule.TIME_WITHOUT_PRICE, "Summer", "OFF_PEAK")}),
        (
            lambda own: own["sell_tariff"]["energy_charges"]["Summer"]["rates"].update(OFF_PEAK=math.nan),
            {(Rule.TIME_WITHOUT_PRICE, "Summer", "OFF_PEAK")},
        ),
        (
            lambda own: own["energy_charges"]["Summer"]["rates"].update(ON_PEAK=0.5),
            {(Rule.PRICE_WITHOUT_TIME, "Summer", "ON_PEAK")},
        ),
        (
            lambda own: own["energy_charges"].update(Spring={"rates": {"ON_PEAK": 0}}),
            {(Rule.PRICE_WITHOUT_TIME, "Spring", "ON_PEAK")},
        ),
        (
            lambda own: own["sell_tariff"]["energy_charges"]["Summer"]["rates"].update(OFF_PEAK=-0.01),
            {(Rule.NEGATIVE_PRICE, "Summer", "OFF_PEAK")},
        ),
        (
            lambda own: own["sell_tariff"]["energy_charges"]["Summer"]["rates"].update(OFF_PEAK=0.21),
            {(Rule.BUY_BELOW_SELL, "Summer", "OFF_PEAK")},
        ),
        (
            lambda own: own["seasons"]["Winter"]["tou_periods"]["ON_PEAK"]["periods"][0].update(toHour=20),
            {(Rule.GAP, "Winter", None)},
        ),
        (
            lambda own: own["seasons"]["Winter"]["tou_periods"]["ON_PEAK"]["periods"][0].update(toHour=22),
            {(Rule.OVERLAP, "Winter", "OFF_PEAK")},
        ),
        (
            lambda own: own["seasons"]["Winter"].update(toMonth=6, toDay=31),
            {(Rule.SEASON_COVER, "Winter", None), (Rule.SEASON_COVER, "Summer", None)},
        ),
        (
            lambda own: own.update(seasons={}, energy_charges={"ALL": {"rates": {"ALL": 0.2}}}, sell_tariff={}),
            {(Rule.NO_SEASON, None, None)},
        ),
    ],
)
def test_an_owner_s_own_structure_is_judged_by_the_same_rules(
    edit: Any, expected: set[tuple[str, str | None, str | None]]
) -> None:
    assert given_rules(words(), edit) == expected


def test_what_is_no_structure_is_none() -> None:
    assert read_given("tariff") is None
    empty = read_given({})
    assert empty is not None
    assert {each.rule for each in judge(empty)} == {Rule.NO_SEASON, Rule.CURRENCY}


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_however_a_site_tells_a_tariff_it_is_the_same(seed: int) -> None:
    dice = random.Random(seed)
    written = valid(dice)
    assert same(written, json.loads(json.dumps(read_back(dice, content(written)))))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_whatever_a_site_tells_is_read(data: st.DataObject) -> None:
    told: Any = deepcopy(content(words()))
    for _ in range(data.draw(st.integers(1, 3))):
        told = changed(told, data.draw(st.sampled_from(list(places(told)))), data.draw(ANYTHING))
    for found in (read(told), read_given(told)):
        if found is not None:
            judge(found)
            PriceTable(found, UTC).at(datetime(2028, 2, 29, tzinfo=UTC))
            differences(tariff(), found)
