"""What energy cost in the last days, by the tariffs that were seen while time passed."""

from datetime import UTC, datetime, timedelta
import json
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.energy_site.site.tariff.identity import identify
from custom_components.energy_site.site.tariff.model import Side
from custom_components.energy_site.site.tariff.past_prices import PastPrices, SeenTariff
from custom_components.energy_site.site.tariff.prices import PriceTable

from .examples import ALWAYS, Words, of_year, tariff

ZONE = ZoneInfo("Europe/Amsterdam")
NOON = datetime(2026, 6, 17, 12, tzinfo=ZONE)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)

CHEAP = {"label": "OFF_PEAK", "start": "21:20", "end": "07:00", "buy": 0.15, "sell": 0.05}
DEAR = {"label": "ON_PEAK", "start": "07:00", "end": "21:20", "buy": 0.32, "sell": 0.08}


def seen(*periods: Words, currency: str | None = "EUR", zone: ZoneInfo = ZONE) -> SeenTariff:
    """Return a tariff as a site tells it."""
    made = tariff(of_year(*periods))
    return SeenTariff(name=identify(made), currency=currency, table=PriceTable(made, zone))


def flat(buy: float, **more: Any) -> SeenTariff:
    """Return a tariff with one price."""
    return seen(ALWAYS | {"buy": buy}, **more)


PEAKS = seen(CHEAP, DEAR)


def restarted(prices: PastPrices) -> PastPrices:
    """Return what is read from what was stored."""
    again = PastPrices()
    again.restore(json.loads(json.dumps(prices.as_dict(), allow_nan=False)))
    return again


def bought(prices: PastPrices, start: datetime, hours: float = 1) -> float | None:
    """Return the mean price of buying."""
    return prices.mean(Side.BUY, start, start + timedelta(hours=hours))


def test_nothing_is_known_before_the_first_tariff_was_seen() -> None:
    prices = PastPrices()
    assert prices.since(Side.BUY) is None
    prices.see(flat(0.3), NOON + 20 * MINUTE)
    prices.pass_time(NOON + 3 * HOUR)
    assert prices.since(Side.BUY) == NOON + 20 * MINUTE
    assert bought(prices, NOON) is None, "a part of the hour isn't known"
    assert bought(prices, NOON + HOUR) == 0.3
    assert bought(prices, NOON + 2 * HOUR) == 0.3
    assert bought(prices, NOON + 3 * HOUR) is None, "it has yet to pass"


def test_an_hour_in_which_the_price_changes_has_the_mean_of_its_minutes() -> None:
    prices = PastPrices()
    prices.see(PEAKS, NOON)
    prices.pass_time(NOON + 24 * HOUR)
    evening = NOON.replace(hour=21)
    assert bought(prices, evening) == pytest.approx(0.32 / 3 + 0.15 * 2 / 3)
    assert prices.flat(Side.BUY, evening, evening + HOUR) is None
    assert prices.flat(Side.BUY, evening + HOUR, evening + 9 * HOUR) == 0.15
    assert prices.mean(Side.SELL, evening, evening + HOUR) == pytest.approx(0.08 / 3 + 0.05 * 2 / 3)


def test_the_former_tariff_counts_until_another_one_is_seen() -> None:
    prices = PastPrices()
    prices.see(flat(0.3), NOON)
    prices.see(flat(0.1), NOON + 2.75 * HOUR)
    prices.pass_time(NOON + 5 * HOUR)
    found = [bought(prices, NOON + number * HOUR) for number in range(5)]
    assert found == [0.3, 0.3, pytest.approx(0.25), 0.1, 0.1]


def test_what_was_in_force_is_kept_though_the_tariff_changes_daily() -> None:
    prices = PastPrices()
    midnight = NOON.replace(hour=0)
    for day in range(9):
        prices.see(flat(0.1 * (day + 1)), midnight + timedelta(days=day))
    prices.pass_time(midnight + timedelta(days=9))
    for day in range(9):
        assert bought(prices, midnight + timedelta(days=day), 24) == pytest.approx(0.1 * (day + 1))


def test_a_price_may_be_negative_or_nothing() -> None:
    prices = PastPrices()
    prices.see(seen(CHEAP | {"buy": -0.05}, DEAR | {"buy": 0.0}), NOON)
    prices.pass_time(NOON + 24 * HOUR)
    assert bought(prices, NOON) == 0.0
    assert bought(prices, NOON.replace(hour=23)) == -0.05
    assert bought(prices, NOON.replace(hour=21)) == pytest.approx(-0.05 * 2 / 3)


def test_hours_of_days_on_which_clocks_change_have_the_price_of_their_time() -> None:
    for day, length in ((datetime(2026, 3, 29, tzinfo=ZONE), 23), (datetime(2026, 10, 25, tzinfo=ZONE), 25)):
        start = day.astimezone(UTC)
        prices = PastPrices()
        prices.see(seen(CHEAP | {"start": "21:00", "end": "02:30"}, DEAR | {"start": "02:30", "end": "21:00"}), start)
        prices.pass_time(start + length * HOUR)
        for number in range(length):
            hour = start + number * HOUR
            minutes = [(hour + minute * MINUTE).astimezone(ZONE) for minute in range(60)]
            cheap = sum(at.hour * 60 + at.minute < 150 or at.hour >= 21 for at in minutes)
            assert bought(prices, hour) == pytest.approx((0.15 * cheap + 0.32 * (60 - cheap)) / 60), hour
        assert bought(prices, start, length) is not None
        assert bought(prices, start, length + 1) is None


def test_after_a_restart_the_time_in_between_has_the_price_of_the_same_tariff() -> None:
    prices = PastPrices()
    prices.see(PEAKS, NOON)
    prices.pass_time(NOON + HOUR)
    again = restarted(prices)
    again.pass_time(NOON + 30 * HOUR)
    assert bought(again, NOON) == 0.32
    assert bought(again, NOON + HOUR) is None, "the tariff may be another one"
    again.see(PEAKS, NOON + 30 * HOUR)
    assert bought(again, NOON.replace(hour=21)) == pytest.approx(0.32 / 3 + 0.15 * 2 / 3)
    assert bought(again, NOON, 30) is not None


def test_after_a_restart_with_another_tariff_nothing_is_known_of_the_time_in_between() -> None:
    prices = PastPrices()
    prices.see(flat(0.3), NOON)
    prices.pass_time(NOON + HOUR)
    again = restarted(prices)
    again.see(flat(0.1), NOON + 5.5 * HOUR)
    again.pass_time(NOON + 8 * HOUR)
    found = [bought(again, NOON + number * HOUR) for number in range(8)]
    assert found == [0.3, None, None, None, None, None, 0.1, 0.1]


def test_a_restart_that_takes_no_longer_than_usual_is_no_interruption() -> None:
    prices = PastPrices()
    prices.see(flat(0.3), NOON)
    for minutes, price in ((30, pytest.approx(0.2)), (150, None)):
        again = restarted(prices)
        again.resume(flat(0.3), NOON + minutes * MINUTE)
        again.see(flat(0.1), NOON + minutes * MINUTE)
        again.pass_time(NOON + 4 * HOUR)
        assert bought(again, NOON) == price
    again = restarted(prices)
    again.resume(flat(0.5), NOON + 30 * MINUTE)
    again.pass_time(NOON + HOUR)
    assert bought(again, NOON) is None, "it isn't the tariff of before"


def test_a_site_that_has_no_tariff_any_more_has_no_price() -> None:
    prices = PastPrices()
    prices.see(flat(0.3), NOON)
    prices.see(None, NOON + HOUR)
    prices.pass_time(NOON + 2 * HOUR)
    prices.see(flat(0.3), NOON + 3 * HOUR)
    prices.pass_time(NOON + 4 * HOUR)
    assert [bought(prices, NOON + number * HOUR) for number in range(4)] == [0.3, None, None, 0.3]
    assert prices.currency == "EUR"


def test_a_side_without_a_price_is_not_known() -> None:
    made = tariff(of_year({key: value for key, value in ALWAYS.items() if key != "sell"}))
    prices = PastPrices()
    prices.see(SeenTariff(name="x", currency="EUR", table=PriceTable(made, ZONE)), NOON)
    prices.pass_time(NOON + HOUR)
    assert bought(prices, NOON) == 0.2
    assert prices.since(Side.SELL) is None
    assert prices.mean(Side.SELL, NOON, NOON + HOUR) is None


def test_another_currency_begins_anew() -> None:
    prices = PastPrices()
    prices.see(flat(0.3), NOON)
    prices.see(flat(0.3, currency="GBP"), NOON + HOUR)
    prices.pass_time(NOON + 2 * HOUR)
    assert prices.currency == "GBP"
    assert bought(prices, NOON) is None
    assert bought(prices, NOON + HOUR) == 0.3
    assert restarted(prices).currency == "GBP"


def test_a_tariff_that_once_lacks_its_currency_loses_nothing_of_before() -> None:
    prices = PastPrices()
    prices.see(flat(0.3), NOON)
    prices.see(flat(0.3, currency=None), NOON + 5 * HOUR)
    prices.see(flat(0.3), NOON + 6 * HOUR)
    prices.pass_time(NOON + 8 * HOUR)
    assert [bought(prices, NOON + hour * HOUR) for hour in (0, 4, 5, 6)] == [0.3, 0.3, None, 0.3]


@pytest.mark.parametrize("currency", [None, "", "euro", "€", "EURO", "eur"])
def test_what_is_no_currency_is_none(currency: str | None) -> None:
    prices = PastPrices()
    prices.see(flat(0.3, currency=currency), NOON)
    assert prices.currency is None
    assert restarted(prices).currency is None


def test_prices_are_kept_for_a_month_however_often_they_change() -> None:
    prices = PastPrices()
    prices.see(flat(0.3), NOON)
    for hour in range(24 * 40):
        prices.pass_time(NOON + hour * HOUR)
    end = NOON + (24 * 40 - 1) * HOUR
    assert prices.since(Side.BUY) == end - timedelta(days=32)
    assert len(prices.as_dict()["spans"]) == 1
    for minute in range(5000):
        prices.see(flat(0.1 + minute % 2), end + minute * MINUTE)
    assert len(prices.as_dict()["spans"]) <= 2000
    assert bought(prices, end + 80 * HOUR) == pytest.approx(0.6, abs=0.01)


def test_a_clock_that_was_wrong_leaves_no_prices_of_the_future() -> None:
    prices = PastPrices()
    prices.see(flat(0.3), NOON)
    prices.pass_time(NOON + timedelta(days=500))
    prices.pass_time(NOON + HOUR)
    prices.see(flat(0.1), NOON + HOUR)
    prices.pass_time(NOON + 2 * HOUR)
    assert bought(prices, NOON + HOUR) == 0.1
    assert bought(prices, NOON + 2 * HOUR) is None


def test_a_clock_that_was_wrong_for_a_while_loses_no_prices_of_the_past() -> None:
    prices = PastPrices()
    prices.see(flat(0.3), NOON)
    prices.see(flat(0.2), NOON + 20 * HOUR)
    prices.pass_time(NOON + timedelta(days=400))
    prices.see(flat(0.2), NOON + 21 * HOUR)
    assert [bought(prices, NOON + hour * HOUR) for hour in (0, 19)] == [0.3, 0.3]


def test_a_price_that_nothing_costs_is_not_known() -> None:
    prices = PastPrices()
    prices.see(flat(1e9), NOON)
    prices.pass_time(NOON + HOUR)
    assert bought(prices, NOON) is None
    assert prices.since(Side.SELL) == NOON


@given(
    steps=st.lists(
        st.tuples(st.integers(1, 900), st.sampled_from([None, 0, 1, 2]), st.booleans()), min_size=1, max_size=12
    )
)
@settings(max_examples=60, deadline=None)
def test_no_hour_has_another_price_than_the_one_that_was_in_force(
    steps: list[tuple[int, int | None, bool]],
) -> None:
    """Hold the mean of each hour to what a list of all minutes says."""
    tariffs = (flat(0.3), flat(-0.1), PEAKS)
    prices = PastPrices()
    truth: dict[datetime, float] = {}
    now = NOON.astimezone(UTC)
    known: SeenTariff | None = None
    for minutes, number, restart in steps:
        until = now + minutes * MINUTE
        if restart:
            prices = restarted(prices)
        following = tariffs[number] if number is not None else None
        # After a restart, the minutes count if the tariff is the same.
        applies = known if not restart or following is known else None
        while now < until:
            if applies is not None and (price := applies.table.at(now).buy) is not None:
                truth[now] = price
            now += MINUTE
        prices.see(following, now)
        known = following
    hour = NOON.astimezone(UTC)
    while hour + HOUR <= now:
        found = [truth.get(hour + minute * MINUTE) for minute in range(60)]
        expected = None if None in found else sum(price for price in found if price is not None) / 60
        assert bought(prices, hour) == (None if expected is None else pytest.approx(expected)), hour
        hour += HOUR


def test_what_was_stored_otherwise_is_left_out() -> None:
    prices = PastPrices()
    prices.see(PEAKS, NOON)
    prices.pass_time(NOON + 20 * HOUR)
    kept = prices.as_dict()
    assert restarted(prices).as_dict() == kept
    naive = ["2026-06-17T12:00:00", "2026-06-17T13:00:00", 0.1, None]
    odd: list[dict[str, Any]] = [{"spans": each} for each in (1, [[1, 2, 3, 4]], [naive])]
    odd += [{"until": each} for each in ("12:00", "0001-01-01T00:00:00+00:00", "9999-12-31T23:00:00+00:00")]
    for changes in odd:
        assert stored({**kept, **changes}) == PastPrices().as_dict()
    assert stored(None) == stored([]) == stored({}) == PastPrices().as_dict()
    twice = {**kept, "spans": [*kept["spans"], *kept["spans"]]}
    assert stored(twice) == kept


def stored(kept: object) -> dict[str, Any]:
    """Return what is left of what was stored."""
    prices = PastPrices()
    prices.restore(kept)
    return prices.as_dict()
