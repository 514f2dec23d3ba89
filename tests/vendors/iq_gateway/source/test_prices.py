"""What energy costs by the tariff that the owner entered in the Enphase app."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from custom_components.energy_site.site.model import OperatingMode, Settings
from custom_components.energy_site.site.prices import PricePeriod, Prices
from custom_components.energy_site.vendors.iq_gateway.client.models.settings import parse_tariff
from custom_components.energy_site.vendors.iq_gateway.source.prices import GatewayPrices
from simulator.iq_gateway import HttpStatus, Mutate, rates
from simulator.iq_gateway.rates import Rates, group, season

from .driver import Site, replayed, simulated

TARIFF = "/admin/lib/tariff"
AUSTIN = ZoneInfo("America/Chicago")
# Thursday, Saturday and Monday of summer, and a Wednesday of winter.
THURSDAY, SATURDAY, MONDAY, WINTER = "2026-06-18", "2026-06-20", "2026-06-22", "2026-12-02"


class Book:
    """A tariff by the clock of Austin, where the simulated home is."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def at(self, day: str, time: str) -> Prices:
        """Return the prices that a build at a local time shows."""
        moment = datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=AUSTIN).astimezone(UTC)
        prices = GatewayPrices().build(self._fresh(moment), moment, AUSTIN)
        assert prices is not None
        return prices

    def buy(self, day: str, *times: str) -> list[float | None]:
        """Return what a kWh costs at some times of a day."""
        return [self.at(day, time).buy for time in times]

    def sell(self, day: str, *times: str) -> list[float | None]:
        """Return what a kWh earns at some times of a day."""
        return [self.at(day, time).sell for time in times]

    def changes(self, day: str, time: str) -> str | None:
        """Return when a price changes next, by the local clock."""
        change = self.at(day, time).changes_at
        return None if change is None else change.astimezone(AUSTIN).isoformat(timespec="minutes")

    def _fresh(self, moment: datetime) -> Any:
        self._site.source.states["tariff"].valid_until = moment
        return self._site.source.answers


async def read(site: Site, entered: Rates) -> Book:
    """Let the owner enter a tariff, and the gateway be asked for it."""
    site.gateway.state.tariff.rates = entered
    await site.ask("tariff")
    return Book(site)


async def book_of(entered: Rates) -> Book:
    """Return what is known of a tariff that a home has."""
    async with simulated("home") as site:
        await site.start()
        return await read(site, entered)


async def test_one_price_at_all_hours_has_no_period_and_never_changes() -> None:
    prices = (await book_of(rates.FLAT)).at(THURSDAY, "12:00")
    assert (prices.buy, prices.sell, prices.currency) == (0.28, 0.07, "USD")
    assert (prices.period, prices.changes_at) == (None, None)


async def test_without_a_tariff_there_are_no_prices() -> None:
    async with simulated("home") as site:
        site.gateway.state.tariff.rates = rates.NOT_ENTERED
        await site.start()
        assert site.source.part(Prices) is None
        assert site.part(Settings).operating_mode is OperatingMode.SELF_CONSUMPTION


async def test_a_price_lasts_until_the_next_period_of_the_day() -> None:
    book = await book_of(rates.TIME_OF_USE)
    assert book.buy(THURSDAY, "00:00", "15:59", "16:00", "20:59", "21:00", "23:59") == [
        *(0.24, 0.24),
        *(0.36, 0.36),
        *(0.24, 0.24),
    ]
    assert book.changes(THURSDAY, "12:00") == "2026-06-18T16:00-05:00"
    assert book.changes(THURSDAY, "22:00") == "2026-06-19T16:00-05:00"
    assert [book.at(THURSDAY, time).period for time in ("12:00", "18:00")] == [
        PricePeriod.OFF_PEAK,
        PricePeriod.ON_PEAK,
    ]


async def test_until_the_first_period_begins_the_last_one_of_the_day_applies() -> None:
    book = await book_of(rates.OVERNIGHT)
    assert book.buy(THURSDAY, "00:00", "10:59", "11:00", "21:59", "22:00") == [0.08, 0.08, 0.3, 0.3, 0.08]


async def test_the_early_hours_are_those_of_their_own_day() -> None:
    workdays = group(("peak", 420, 0.4), ("filler", 1320, 0.1), days="Mon,Tue,Wed,Thu,Fri")
    weekend = group(("peak", 420, 0.3), ("filler", 1320, 0.2), days="Sat,Sun")
    book = await book_of(Rates(single=0.1, seasons=[season(workdays, weekend)]))
    assert book.buy("2026-06-19", "23:00") == [0.1]
    assert book.buy(SATURDAY, "01:00") == [0.2]
    assert book.buy(MONDAY, "01:00") == [0.1]


async def test_rates_of_single_precision_are_shown_as_they_were_entered() -> None:
    book = await book_of(rates.OVERNIGHT)
    assert repr(book.at(THURSDAY, "12:00").buy) == "0.3"


async def test_seasons_last_until_the_next_one_and_over_new_year() -> None:
    book = await book_of(rates.SEASONAL)
    assert book.buy("2026-05-31", "12:00") == [0.31]
    assert book.buy("2026-06-01", "12:00") == [0.32]
    assert book.buy("2026-09-30", "23:59") == [0.62]
    assert book.buy("2026-10-01", "00:00") == [0.31]
    for winter in ("2026-10-01", "2026-12-31", "2027-01-01", "2028-02-29"):
        assert book.buy(winter, "12:00") == [0.31], winter


async def test_each_weekday_has_its_own_periods_in_whatever_order_they_are_listed() -> None:
    book = await book_of(rates.SEASONAL)
    for day, peak in ((THURSDAY, 0.62), (SATURDAY, 0.42), ("2026-06-21", 0.42), (MONDAY, 0.62), (WINTER, 0.61)):
        assert book.buy(day, "18:00") == [peak], day
    assert book.at(THURSDAY, "15:30").period is PricePeriod.PARTIAL_PEAK


@pytest.mark.parametrize(
    ("word", "period"),
    [
        ("peak", PricePeriod.ON_PEAK),
        ("peak-1_", PricePeriod.ON_PEAK),
        ("Peak", PricePeriod.ON_PEAK),
        ("mid-pe_k-2", PricePeriod.PARTIAL_PEAK),
        ("mid-peak", PricePeriod.PARTIAL_PEAK),
        ("filler", PricePeriod.OFF_PEAK),
        ("off-peak", PricePeriod.OFF_PEAK),
        ("off_peak_1", PricePeriod.OFF_PEAK),
        ("period_1", PricePeriod.OTHER),
        ("happy hour", PricePeriod.OTHER),
        ("", PricePeriod.OTHER),
    ],
)
async def test_every_word_for_a_period_is_understood(word: str, period: PricePeriod) -> None:
    evening = "peak" if period is not PricePeriod.ON_PEAK else "filler"
    book = await book_of(Rates(seasons=[season(group((word, 0, 0.2), (evening, 1200, 0.3)))]))
    assert book.at(THURSDAY, "12:00").period is period


async def test_a_word_that_all_periods_share_is_none() -> None:
    seasons = [season(group(("period_1", 0, 0.2))), season(group(("period_1", 0, 0.1)), start="6/1")]
    book = await book_of(Rates(seasons=seasons))
    assert book.at(THURSDAY, "12:00").period is None
    assert book.buy(THURSDAY, "12:00") == [0.1]


async def test_a_season_without_days_costs_the_single_rate() -> None:
    book = await book_of(Rates(single=0.2, seasons=[season(), season(group(("peak", 0, 0.4)), start="6/1")]))
    assert book.buy("2026-03-01", "12:00") == [0.2]
    assert book.buy(THURSDAY, "12:00") == [0.4]


async def test_a_price_that_depends_on_consumption_is_not_known() -> None:
    async with simulated("home") as site:
        await site.start()
        await read(site, rates.TIERED)
        assert site.source.part(Prices) is None
        book = await read(site, Rates(single=0.15, sell=0.05, seasons=rates.TIERED.seasons))
        assert (book.buy(THURSDAY, "12:00"), book.sell(THURSDAY, "12:00")) == ([None], [0.05])


async def test_one_tier_is_no_tier() -> None:
    book = await book_of(Rates(single=0.15, seasons=[season(tiers=(0.15,))]))
    assert book.buy(THURSDAY, "12:00") == [0.15]


@pytest.mark.parametrize("sell", [0.0, 9.899999713525176e-05])
async def test_a_stand_in_for_a_sell_price_is_none(sell: float) -> None:
    book = await book_of(Rates(single=0.3, sell=sell))
    assert book.sell(THURSDAY, "12:00") == [None]


async def test_what_is_sold_has_hours_of_its_own_some_of_which_earn_nothing() -> None:
    evening = season(group(("filler", 0, 0.0), ("peak", 1020, 0.3), ("filler", 1200, 0.0)))
    book = await book_of(Rates(single=0.3, sell=0.1, seasons_sell=[evening]))
    assert book.sell(THURSDAY, "12:00", "17:00", "20:00") == [0.0, 0.3, 0.0]
    assert book.buy(THURSDAY, "12:00", "17:00") == [0.3, 0.3]
    assert book.changes(THURSDAY, "12:00") == "2026-06-18T17:00-05:00"


async def test_exporting_may_cost_something() -> None:
    noon = season(group(("filler", 0, 0.05), ("period_1", 600, -0.02), ("filler", 840, 0.05)))
    book = await book_of(Rates(single=0.3, seasons_sell=[noon]))
    assert book.sell(THURSDAY, "12:00", "15:00") == [-0.02, 0.05]


async def test_a_weekday_that_is_left_out_has_no_price() -> None:
    book = await book_of(Rates(single=0.3, seasons=[season(group(("peak", 0, 0.4), days="Mon,Tue,Wed,Thu,Fri"))]))
    assert book.buy(THURSDAY, "12:00") == [0.4]
    assert book.buy(SATURDAY, "12:00") == [None]
    assert book.changes(SATURDAY, "12:00") == "2026-06-22T00:00-05:00"


async def test_the_first_of_several_that_contradict_each_other_counts() -> None:
    twice = [
        season(group(("peak", 0, 0.4), ("filler", 0, 0.1)), group(("peak", 0, 0.5))),
        season(group(("peak", 0, 0.6))),
    ]
    assert (await book_of(Rates(seasons=twice))).buy(THURSDAY, "00:00", "12:00") == [0.4, 0.4]


async def test_the_clocks_of_the_site_count() -> None:
    book = await book_of(rates.TIME_OF_USE)
    # 16:00 is an hour later by UTC once the clocks are set back, on 1 November.
    assert book.changes("2026-10-31", "12:00") == "2026-10-31T16:00-05:00"
    assert book.changes("2026-11-01", "12:00") == "2026-11-01T16:00-06:00"


def _rates(change: Callable[[dict[str, Any]], object]) -> Callable[[dict[str, Any]], None]:
    """Return what breaks the rates of a payload."""

    def apply(payload: dict[str, Any]) -> None:
        change(payload["tariff"])

    return apply


def _first_period(tariff: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = tariff["seasons"][0]["days"][0]["periods"][0]
    return found


BROKEN: dict[str, Callable[[dict[str, Any]], object]] = {
    "seasons are a word": lambda tariff: tariff.update(seasons="summer"),
    "seasons are an object": lambda tariff: tariff.update(seasons={"id": "summer"}),
    "a season is a word": lambda tariff: tariff["seasons"].append("winter"),
    "a season is nothing": lambda tariff: tariff["seasons"].append(None),
    "a season has no start": lambda tariff: tariff["seasons"][0].pop("start"),
    "a season starts on a number": lambda tariff: tariff["seasons"][0].update(start=61),
    "a season starts in month 13": lambda tariff: tariff["seasons"][0].update(start="13/1"),
    "a season starts on day 0": lambda tariff: tariff["seasons"][0].update(start="6/0"),
    "a season starts with other digits": lambda tariff: tariff["seasons"][0].update(
        start="\N{ARABIC-INDIC DIGIT SIX}/1"
    ),
    "a season starts far away": lambda tariff: tariff["seasons"][0].update(start="6/" + "1" * 5000),
    "thousands of seasons": lambda tariff: tariff.update(seasons=tariff["seasons"] * 200),
    "days are a number": lambda tariff: tariff["seasons"][0].update(days=7),
    "weekdays are a list": lambda tariff: tariff["seasons"][0]["days"][0].update(days=["Mon"]),
    "a weekday is unknown": lambda tariff: tariff["seasons"][0]["days"][0].update(days="Mon,Foo"),
    "weekdays are huge": lambda tariff: tariff["seasons"][0]["days"][0].update(days="Mon," * 10_000),
    "eight groups of days": lambda tariff: tariff["seasons"][0].update(days=tariff["seasons"][0]["days"] * 8),
    "thousands of periods": lambda tariff: tariff["seasons"][0]["days"][0].update(
        periods=[_first_period(tariff)] * 1000
    ),
    "a period is a list": lambda tariff: tariff["seasons"][0]["days"][0]["periods"].append([0, 0.2]),
    "a period starts after the day": lambda tariff: _first_period(tariff).update(start=1440),
    "a period starts before the day": lambda tariff: _first_period(tariff).update(start=-1),
    "a period starts at no number": lambda tariff: _first_period(tariff).update(start="noon"),
    "a period starts at a flag": lambda tariff: _first_period(tariff).update(start=True),
    "a rate is a word": lambda tariff: _first_period(tariff).update(rate="cheap"),
    "a rate is nothing": lambda tariff: _first_period(tariff).update(rate=None),
    "a rate is a flag": lambda tariff: _first_period(tariff).update(rate=True),
    "a rate is beyond all numbers": lambda tariff: _first_period(tariff).update(rate=1e300),
    "a rate is no price": lambda tariff: _first_period(tariff).update(rate=1e6),
    "tiers are a word": lambda tariff: tariff["seasons"][0].update(tiers="many"),
}


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN)
async def test_what_is_wrong_about_prices_costs_the_prices_of_that_side_only(
    change: Callable[[dict[str, Any]], object],
) -> None:
    async with simulated("home") as site:
        site.gateway.faults.add(Mutate(_rates(change)), TARIFF)
        await site.start()
        assert site.errors == []
        prices = site.part(Prices)
        assert (prices.buy, prices.sell) == (None, 0.07)
        assert site.part(Settings).operating_mode is OperatingMode.SELF_CONSUMPTION
        assert site.part(Settings).charge_from_grid is False


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
async def test_a_rate_that_is_no_number_is_none(number: str) -> None:
    payload = json.loads(f'{{"tariff": {{"single_rate": {{"rate": {number}, "sell": {number}}}}}}}')
    assert parse_tariff("tariff", payload).rates.rate is None


@pytest.mark.parametrize(
    "single", [None, [], "0.28", {"rate": "0.28", "sell": None}, {"rate": True}, {"rate": 1e300, "sell": -1e300}]
)
async def test_a_single_rate_of_another_type_is_no_price(single: object) -> None:
    async with simulated("home") as site:
        site.gateway.faults.add(Mutate(_rates(lambda tariff: tariff.update(single_rate=single, seasons=[]))), TARIFF)
        await site.start()
        assert site.source.part(Prices) is None
        assert site.part(Settings).operating_mode is OperatingMode.SELF_CONSUMPTION


@pytest.mark.parametrize("code", [None, 978, "", "dollars", "usd", "$", "US$", "U" * 100_000, ["USD"]])
async def test_a_currency_that_is_no_code_is_not_named(code: object) -> None:
    async with simulated("home") as site:
        site.gateway.faults.add(Mutate(_rates(lambda tariff: tariff.update(currency={"code": code}))), TARIFF)
        await site.start()
        prices = site.part(Prices)
        assert (prices.currency, prices.sell) == (None, 0.07)


async def test_the_battery_follows_its_tariff_however_little_is_known_of_the_rest() -> None:
    def leave_out(payload: dict[str, Any]) -> None:
        for key in ("currency", "single_rate", "seasons", "seasons_sell"):
            del payload["tariff"][key]

    async with simulated("home") as site:
        site.gateway.faults.add(Mutate(leave_out), TARIFF)
        await site.start()
        assert site.source.part(Prices) is None
        assert site.part(Settings).operating_mode is OperatingMode.SELF_CONSUMPTION


async def test_a_tariff_that_the_owner_changes_in_the_app_is_shown_with_the_next_poll() -> None:
    async with simulated("home") as site:
        await site.start()
        assert site.part(Prices).buy == 0.24
        site.gateway.state.tariff.rates = rates.FLAT
        await site.run(16 * 60)
        assert site.part(Prices).buy == 0.28
        site.gateway.state.tariff.rates = rates.NOT_ENTERED
        await site.run(16 * 60)
        assert site.source.part(Prices) is None


async def test_a_tariff_that_is_no_longer_answered_has_no_price_in_the_end() -> None:
    async with simulated("home") as site:
        await site.start()
        site.gateway.faults.add(HttpStatus(500), TARIFF)
        await site.run(30 * 60)
        assert site.part(Prices).buy == 0.24
        await site.run(45 * 60)
        assert site.source.part(Prices) is None


@pytest.mark.parametrize(("home", "requests"), [("home", range(23, 27)), ("standard", range(1, 3))])
async def test_prices_cost_the_gateway_no_request(home: str, requests: range) -> None:
    async with simulated(home) as site:
        await site.start()
        await site.run(6 * 3600 - 60)
        site.source.rebuild(Prices, site.now)
        assert site.part(Prices).buy == 0.36, "it is evening"
        assert site.requests(TARIFF) in requests


# By name, what a kWh costs at noon of a Thursday in summer and earns, and in which currency, in the recording's zone.
RECORDED: dict[str, tuple[float | None, float | None, str | None, PricePeriod | None]] = {
    "7.6.175_with_cts_3phase": (0.14, None, "EUR", PricePeriod.OTHER),
    "8.2.127_with_3cts_and_battery_split": (0.32137, None, "USD", PricePeriod.OFF_PEAK),
    "8.2.4345_with_device_data": (0.25795, 0.07, "AUD", None),
    "8.3.1598_collar": (0.19, 0.19, "USD", PricePeriod.PARTIAL_PEAK),
    "8.3.5169_ACB_inventory": (0.3, None, "GBP", PricePeriod.OTHER),
    "8.3.5169_with_generator": (0.141542, 0.0202, "USD", None),
}


async def test_every_recorded_tariff_is_understood(recordings: dict[str, Path]) -> None:
    seen = {}
    noon = datetime(2026, 6, 18, 12, tzinfo=UTC)
    for name, folder in recordings.items():
        async with replayed(folder) as site:
            await site.source.prepare(site.now)
            await site.ask("tariff")
            site.source.states["tariff"].valid_until = noon + timedelta(hours=1)
            prices = GatewayPrices().build(site.source.answers, noon, UTC)
            if prices is not None:
                seen[name] = (prices.buy, prices.sell, prices.currency, prices.period)
    assert seen == RECORDED
