"""What two tariffs differ in by their meaning."""

from dataclasses import replace
import struct

from custom_components.energy_site.site.tariff.differences import Difference, differences
from custom_components.energy_site.site.tariff.model import EnergyTariff, Side

from .examples import ALWAYS, DAY, NIGHT, Words, of_year, tariff, words


def places(wanted: Words, found: Words) -> list[tuple[str, str | None, str, str, str, float | None, float | None]]:
    """Return side, season, weekday, time, end and the prices of each difference."""
    return [
        (each.side, each.season, each.day, each.time, each.until, each.wanted, each.found)
        for each in differences(tariff(wanted), tariff(found))
    ]


def test_the_same_tariff_has_none() -> None:
    assert differences(tariff(), tariff()) == ()


def test_names_labels_and_cuts_mean_nothing() -> None:
    other = of_year(
        {**DAY, "label": "PARTIAL_PEAK", "end": "12:00"},
        {**DAY, "start": "12:00"},
        {**NIGHT, "end": "24:00"},
        {**NIGHT, "start": "00:00", "days": ["mon"]},
        {**NIGHT, "start": "00:00", "days": ["tue", "wed", "thu", "fri", "sat", "sun"]},
        name="Other",
    )
    other["seasons"][0]["name"] = "All of it"
    assert places(of_year(NIGHT, DAY), other) == []


def test_seasons_may_be_cut_otherwise() -> None:
    halves = [
        {"name": name, "start": start, "end": end, "periods": [ALWAYS]}
        for name, start, end in (("One", "01-01", "06-30"), ("Two", "07-01", "12-31"))
    ]
    assert places(of_year(ALWAYS), words(seasons=halves)) == []
    assert places(words(seasons=halves), of_year(ALWAYS)) == []


def test_other_minutes_are_told_by_their_place() -> None:
    assert places(of_year(NIGHT, DAY), of_year(NIGHT | {"end": "08:00"}, DAY | {"start": "08:00"}))[:2] == [
        ("buy", "Year", "mon", "07:00", "08:00", 0.32, 0.15),
        ("buy", "Year", "tue", "07:00", "08:00", 0.32, 0.15),
    ]


def test_a_range_is_told_once_however_it_is_cut() -> None:
    cut = of_year(NIGHT, DAY | {"end": "12:00", "buy": 0.3}, DAY | {"start": "12:00", "buy": 0.3})
    assert places(of_year(NIGHT, DAY), cut)[0] == ("buy", "Year", "mon", "07:00", "21:00", 0.32, 0.3)
    assert len(places(of_year(NIGHT, DAY), cut)) == 7


def test_another_price_is_told_for_its_side_alone() -> None:
    saturday = DAY | {"days": ["sat"], "sell": 0.01}
    found = of_year(NIGHT, saturday, DAY | {"days": ["mon", "tue", "wed", "thu", "fri", "sun"]})
    assert places(of_year(NIGHT, DAY), found) == [("sell", "Year", "sat", "07:00", "21:00", 0.08, 0.01)]


def test_a_season_that_ends_earlier_is_told_with_its_day() -> None:
    early = words()
    early["seasons"][0]["end"] = "09-30"
    early["seasons"][1]["start"] = "10-01"
    found = differences(tariff(), tariff(early))
    assert {(each.season, each.date) for each in found} == {("Summer", "10-01")}
    assert found[0] == Difference(
        side=Side.BUY, season="Summer", date="10-01", start=0, end=420, wanted=0.2, found=0.15
    )


def test_an_end_at_midnight_is_the_end_of_its_day() -> None:
    late = of_year(NIGHT | {"end": "24:00"}, DAY | {"start": "00:00"})
    later = of_year(NIGHT | {"start": "22:00", "end": "24:00"}, DAY | {"start": "00:00", "end": "22:00"})
    assert {(time, until) for _, _, _, time, until, *_ in places(late, later)} == {("21:00", "22:00")}
    cheap = of_year(NIGHT | {"end": "24:00", "buy": 0.14}, DAY | {"start": "00:00"})
    assert {(time, until) for _, _, _, time, until, *_ in places(late, cheap)} == {("21:00", "24:00")}


def test_no_price_is_not_the_price_0() -> None:
    free = of_year(ALWAYS | {"buy": 0, "sell": 0})
    assert places(free, of_year(ALWAYS | {"buy": None, "sell": 0})) == [
        ("buy", "Year", "mon", "00:00", "24:00", 0.0, None)
    ]


def test_a_site_without_a_tariff_differs_everywhere() -> None:
    assert [(each.side, each.end - each.start) for each in differences(tariff(of_year(ALWAYS)), None)] == [
        (Side.BUY, 10080),
        (Side.SELL, 10080),
    ]
    assert differences(EnergyTariff(), None) == ()


def test_what_was_not_wanted_is_not_compared() -> None:
    assert differences(replace(tariff(), sell=None), tariff()) == ()


def test_a_price_that_went_through_fewer_binary_digits_is_the_same() -> None:
    (rounded,) = struct.unpack("f", struct.pack("f", 0.123456))
    assert places(of_year(ALWAYS | {"buy": 0.123456}), of_year(ALWAYS | {"buy": rounded})) == []
    assert places(of_year(ALWAYS | {"buy": 0.12345}), of_year(ALWAYS | {"buy": 0.12346})) != []
