"""What energy costs by the tariff that the owner entered in the app, in a shape that only one client reports."""

from collections.abc import Callable
from copy import deepcopy
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from custom_components.energy_site.site.model import Settings
from custom_components.energy_site.site.prices import PricePeriod, Prices
from custom_components.energy_site.sources.feed import Presence
from simulator.enphase_account import FORBIDDEN, GONE, NOT_ENROLLED, UNAVAILABLE, Misbehaviour, paths, tariffs
from simulator.enphase_account.tariffs import entered, group, season, side

from .conftest import MakeHome
from .home import SourceHome

UTRECHT = ZoneInfo("Europe/Amsterdam")
THURSDAY, SATURDAY = "2026-06-18", "2026-06-20"


class Book:
    """A tariff by the clock of Utrecht, where the simulated home is."""

    def __init__(self, home: SourceHome) -> None:
        self._home = home

    def at(self, day: str, time: str) -> Prices:
        """Return the prices that a build at a local time shows."""
        moment = datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=UTRECHT)
        self._home.source.states["tariff"].valid_until = moment
        self._home.source.rebuild(Prices, moment)
        return self._home.part(Prices)

    def buy(self, day: str, *times: str) -> list[float | None]:
        """Return what a kWh costs at some times of a day."""
        return [self.at(day, time).buy for time in times]


async def read(home: SourceHome, tariff: Any) -> Book:
    """Let the owner enter a tariff, and the service be asked for it."""
    home.home.tariff = tariff
    await home.ask("tariff", after=60)
    return Book(home)


async def test_one_price_at_all_hours(home: SourceHome) -> None:
    prices = (await read(home, tariffs.FLAT)).at(THURSDAY, "12:00")
    assert (prices.buy, prices.sell, prices.currency) == (0.28, 0.07, "EUR")
    assert (prices.period, prices.changes_at) == (None, None)


async def test_without_a_tariff_there_are_no_prices(home: SourceHome) -> None:
    assert home.source.part(Prices) is None
    assert home.source.states["tariff"].presence is Presence.PRESENT


async def test_what_no_period_names_is_the_rest_of_the_day(home: SourceHome) -> None:
    book = await read(home, tariffs.TIME_OF_USE)
    assert book.buy(THURSDAY, "00:00", "15:59", "16:00", "20:59", "21:00") == [0.24, 0.24, 0.36, 0.36, 0.24]
    assert [book.at(THURSDAY, time).period for time in ("12:00", "18:00")] == [
        PricePeriod.OFF_PEAK,
        PricePeriod.ON_PEAK,
    ]
    change = book.at(THURSDAY, "12:00").changes_at
    assert change is not None
    assert change.astimezone(UTRECHT).isoformat() == "2026-06-18T16:00:00+02:00"


@pytest.mark.parametrize(("start", "end"), [("960", "1260"), ("960", "1259"), ("16:00", "21:00"), ("16:00", "20:59")])
async def test_times_are_minutes_or_clocks_and_may_include_their_last_minute(
    home: SourceHome, start: str, end: str
) -> None:
    book = await read(home, entered(side(season(group(("off-peak", "", "", "0.2"), ("peak", start, end, "0.4"))))))
    assert book.buy(THURSDAY, "15:59", "16:00", "20:59", "21:00") == [0.2, 0.4, 0.4, 0.2]


async def test_seasons_are_months_and_days_are_workdays_or_weekends(home: SourceHome) -> None:
    peak = ("mid-peak", "960", "1259", "0.4")
    workdays, weekend = (("off-peak", "", "", "0.2"), peak), (("off-peak", "", "", "0.1"),)
    summer = season(group(*workdays, days="weekdays"), group(*weekend, days="weekend"), months=(6, 9))
    winter = season(group(("off-peak", "", "", "0.3")), months=(10, 5))
    book = await read(home, entered(side(summer, winter)))
    assert book.buy(THURSDAY, "12:00", "18:00") == [0.2, 0.4]
    assert book.buy(SATURDAY, "12:00", "18:00") == [0.1, 0.1]
    assert book.at(THURSDAY, "18:00").period is PricePeriod.PARTIAL_PEAK
    assert book.at(SATURDAY, "18:00").period is PricePeriod.OFF_PEAK
    for day in ("2026-10-01", "2026-12-31", "2027-01-01", "2027-05-31"):
        assert book.buy(day, "12:00") == [0.3], day
    assert book.buy("2026-09-30", "12:00") == [0.2]


async def test_a_period_over_midnight_is_both_ends_of_each_of_its_days(home: SourceHome) -> None:
    night, rest = ("peak", "1320", "119", "0.4"), ("off-peak", "", "", "0.2")
    weekend = group(("off-peak", "", "", "0.1"), days="weekend")
    book = await read(home, entered(side(season(group(night, rest, days="weekdays"), weekend))))
    assert book.buy(THURSDAY, "00:00", "01:59", "02:00", "21:59", "22:00", "23:59") == [0.4, 0.4, 0.2, 0.2, 0.4, 0.4]
    assert book.buy(SATURDAY, "01:00") == [0.1]


async def test_where_only_the_price_for_selling_changes_its_period_is_the_period(home: SourceHome) -> None:
    peak, rest = ("peak", "960", "1259", "0.4"), ("off-peak", "", "", "0.2")
    bought, sold = side(season(group(("off-peak", "", "", "0.3")))), side(season(group(peak, rest)), export_plan="nem")
    book = await read(home, entered(bought, sold))
    for time, sell, period in (("12:00", 0.2, PricePeriod.OFF_PEAK), ("18:00", 0.4, PricePeriod.ON_PEAK)):
        prices = book.at(THURSDAY, time)
        assert (prices.buy, prices.sell, prices.period) == (0.3, sell, period)


async def test_what_is_paid_for_all_production_is_no_price_of_exported_energy(home: SourceHome) -> None:
    flat = season(group(("off-peak", "", "", "0.3")))
    book = await read(home, entered(side(flat), side(flat, export_plan="grossFit")))
    assert (book.at(THURSDAY, "12:00").buy, book.at(THURSDAY, "12:00").sell) == (0.3, None)


async def test_a_price_that_depends_on_consumption_is_not_known(home: SourceHome) -> None:
    tiers = [
        {"startValue": "0", "endValue": "300", "rate": "0.2"},
        {"startValue": "300", "endValue": -1, "rate": "0.3"},
    ]
    seasons = [{**season(group(("off-peak", "", "", "0.2"))), "tiers": tiers, "offPeak": "0.2"}]
    await read(home, entered({"typeKind": "single", "typeId": "tiered", "seasons": seasons}))
    assert home.source.part(Prices) is None


async def test_prices_for_selling_that_are_kept_elsewhere_are_none(home: SourceHome) -> None:
    known = entered(side(season(group(("off-peak", "", "", "0.3")))), side(export_plan="nem"))
    assert (await read(home, known)).at(THURSDAY, "12:00").sell is None


def _first_period(tariff: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = tariff["purchase"]["seasons"][0]["days"][0]["periods"][0]
    return found


BROKEN: dict[str, Callable[[dict[str, Any]], object]] = {
    "nothing is bought": lambda tariff: tariff.pop("purchase"),
    "what is bought is a list": lambda tariff: tariff.update(purchase=[]),
    "seasons are a word": lambda tariff: tariff["purchase"].update(seasons="summer"),
    "thousands of seasons": lambda tariff: tariff["purchase"].update(seasons=tariff["purchase"]["seasons"] * 1000),
    "a season has no month": lambda tariff: tariff["purchase"]["seasons"][0].update(startMonth=None),
    "a season begins in month 13": lambda tariff: tariff["purchase"]["seasons"][0].update(startMonth="13"),
    "one of two seasons ends in no month": lambda tariff: tariff["purchase"]["seasons"].append(
        {**tariff["purchase"]["seasons"][0], "endMonth": 0}
    ),
    "days have another name": lambda tariff: tariff["purchase"]["seasons"][0]["days"][0].update(id="holidays"),
    "a period is a word": lambda tariff: tariff["purchase"]["seasons"][0]["days"][0]["periods"].append("peak"),
    "a period has only a start": lambda tariff: _first_period(tariff).update(endTime=""),
    "a period ends tomorrow": lambda tariff: _first_period(tariff).update(endTime="1500"),
    "a period begins at noon": lambda tariff: _first_period(tariff).update(startTime="noon"),
    "a rate is a word": lambda tariff: _first_period(tariff).update(rate="cheap"),
    "a rate is empty": lambda tariff: _first_period(tariff).update(rate=""),
    "a rate is nothing": lambda tariff: _first_period(tariff).update(rate=None),
    "a rate is huge": lambda tariff: _first_period(tariff).update(rate="9" * 5000),
}


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN)
async def test_what_is_wrong_about_a_side_costs_its_prices_only(
    home: SourceHome, change: Callable[[dict[str, Any]], object]
) -> None:
    peak, rest = ("peak", "960", "1259", "0.36"), ("off-peak", "", "", "0.24")
    broken: Any = deepcopy({**tariffs.FLAT, "purchase": side(season(group(peak, rest)))})
    change(broken)
    prices = (await read(home, broken)).at(THURSDAY, "12:00")
    assert (prices.buy, prices.sell) == (None, 0.07)
    assert home.errors == []


@pytest.mark.parametrize("other", [{}, {"data": {"purchase": {}}}, {"message": "maintenance"}])
async def test_another_shape_is_no_tariff_and_is_not_asked_for_again_that_day(home: SourceHome, other: Any) -> None:
    home.home.tariff = other
    asked = home.clock.now() + 1
    await home.run(47)
    assert home.source.part(Prices) is None
    assert home.source.part(Settings) is not None
    assert home.sent(paths.TARIFF, since=asked) == 1


@pytest.mark.parametrize("answer", [FORBIDDEN, NOT_ENROLLED, GONE], ids=["403", "401", "404"])
async def test_a_service_that_is_not_for_the_owner_costs_the_prices_and_a_request_a_day(
    make_home: MakeHome, answer: Misbehaviour
) -> None:
    home = await make_home()
    home.server.faults.add(answer, home.home.path(paths.TARIFF))
    await home.settle()
    sign_ins, asked = home.account.sign_ins, home.clock.now()
    await home.run(24)
    assert home.source.part(Prices) is None
    assert home.source.part(Settings) is not None
    assert home.source.outage is None
    assert home.sent(paths.TARIFF, since=asked) <= 2
    assert home.account.sign_ins == sign_ins


async def test_a_service_that_is_down_costs_nothing_else(home: SourceHome) -> None:
    await read(home, tariffs.FLAT)
    home.server.faults.add(UNAVAILABLE, home.home.path(paths.TARIFF))
    await home.run(48)
    assert home.part(Prices).buy == 0.28, "a tariff is a tariff for days"
    assert home.source.outage is None
    assert home.source.part(Settings) is not None


async def test_the_tariff_is_read_once_a_day(home: SourceHome) -> None:
    asked = home.clock.now()
    await home.run(72)
    assert home.sent(paths.TARIFF, since=asked) in (2, 3)


async def test_it_is_not_read_where_another_entry_shows_the_prices(make_home: MakeHome) -> None:
    home = await make_home(readings=False)
    home.home.tariff = tariffs.FLAT
    await home.settle()
    assert home.sent(paths.TARIFF) == 0
    assert home.source.part(Prices) is None
