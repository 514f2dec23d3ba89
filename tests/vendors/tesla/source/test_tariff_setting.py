"""Setting the tariff of a Tesla site: what is stored decides, by the price of each minute."""

from typing import Any

import pytest

from custom_components.energy_site.api.errors import ApiError, ApiRefusedError
from custom_components.energy_site.site.prices import Prices
from custom_components.energy_site.site.tariff.words import from_words
from custom_components.energy_site.sources.tariff import TariffResult, TariffSetting, set_tariff
from custom_components.energy_site.vendors.tesla.source import feeds
from simulator.iq_gateway.faults import AnswerLost, Reset
from simulator.tesla_cloud import COMMANDS, SIGN_IN_SCOPES, Refusal, Write

from .conftest import MakeHome, TeslaHome

PERIODS = [
    {"label": "ON_PEAK", "start": "16:00", "end": "21:00", "buy": 0.42, "sell": 0.08},
    {"label": "OFF_PEAK", "start": "21:00", "end": "16:00", "buy": 0.21, "sell": 0.08},
]
WORDS = {
    "name": "Time of use",
    "utility": "Stadtwerke",
    "currency": "EUR",
    "seasons": [{"name": "Year", "start": "01-01", "end": "12-31", "periods": PERIODS}],
}


def setting_of(home: TeslaHome) -> TariffSetting:
    """Return what sets the tariff."""
    assert home.source.tariff is not None
    return home.source.tariff


async def set_words(home: TeslaHome, words: dict[str, Any] = WORDS) -> TariffResult:
    """Set a tariff; waiting lets the site's time pass."""
    setting, tariff = setting_of(home), from_words(words)

    async def poll(key: str) -> None:
        await home.source.poll(key, home.now)

    async def sleep(seconds: float) -> None:
        home.clock.advance(seconds)

    return await set_tariff(setting, tariff, setting.payload(tariff, None, None), poll=poll, sleep=sleep)


def writes(home: TeslaHome) -> int:
    """Return how often a tariff was sent."""
    return home.cloud.stats.requests[home.site.path("time_of_use_settings")]


async def test_a_tariff_is_confirmed_once_the_site_has_its_prices(home: TeslaHome) -> None:
    assert (await set_words(home)).confirmed
    assert writes(home) == 1
    prices = home.part(Prices)
    assert (prices.buy, prices.sell, prices.currency) == (0.21, 0.08, "EUR")


@pytest.mark.parametrize(
    "behaviour",
    [
        {"tariff_day_end": (0, 0)},
        {"tariff_day_end": (23, 60)},
        {"tariff_merged": True},
        {"tariff_unused_season": True},
        {"tariff_zeros_omitted": False, "tariff_all_dropped": False},
    ],
    ids=str,
)
async def test_a_tariff_that_is_stored_in_other_words_is_confirmed(home: TeslaHome, behaviour: dict[str, Any]) -> None:
    home.site.set_behaviour(**behaviour)
    assert (await set_words(home)).confirmed


async def test_a_tariff_that_is_stored_late_is_confirmed_within_the_call(home: TeslaHome) -> None:
    home.site.set_write_behaviour(Write.TARIFF, delay=30)
    assert (await set_words(home)).confirmed


async def test_a_tariff_that_is_not_stored_in_time_is_not_confirmed(home: TeslaHome) -> None:
    home.site.set_write_behaviour(Write.TARIFF, delay=400)
    result = await set_words(home)
    assert (result.confirmed, result.unchanged) == (False, True)


async def test_prices_that_the_site_changes_are_reported_by_their_place(home: TeslaHome) -> None:
    # Tesla raises what energy costs to what it sells for.
    sells = {**WORDS, "seasons": [{**WORDS["seasons"][0], "periods": [{**each, "sell": 0.5} for each in PERIODS]}]}  # type: ignore[dict-item] # words of an action are of any type.
    result = await set_words(home, sells)
    assert (result.confirmed, result.unchanged) == (False, False)
    first = result.differences[0]
    assert (first.season, first.day, first.time, first.found) == ("Year", "mon", "00:00", 0.5)


@pytest.mark.parametrize("refusal", Refusal)
async def test_a_tariff_that_is_refused_raises(home: TeslaHome, refusal: Refusal) -> None:
    home.site.set_write_behaviour(Write.TARIFF, refused=refusal)
    with pytest.raises(ApiRefusedError):
        await set_words(home)


async def test_a_tariff_whose_answer_got_lost_is_not_sent_twice(home: TeslaHome) -> None:
    home.site.set_write_behaviour(Write.TARIFF, delay=0)
    home.cloud.faults.add(AnswerLost(), home.site.path("time_of_use_settings"), methods=["POST"], count=1)
    assert (await set_words(home)).confirmed
    assert writes(home) == 1


async def test_a_tariff_whose_request_got_lost_is_sent_again(home: TeslaHome) -> None:
    home.cloud.faults.add(Reset(), home.site.path("time_of_use_settings"), methods=["POST"], count=1)
    assert (await set_words(home)).confirmed


async def test_a_tariff_that_gets_lost_twice_raises(home: TeslaHome) -> None:
    home.cloud.faults.add(Reset(), home.site.path("time_of_use_settings"), methods=["POST"], count=2)
    with pytest.raises(ApiError):
        await set_words(home)


async def test_without_the_owners_consent_a_tariff_cannot_be_set(make_home: MakeHome) -> None:
    home: TeslaHome = await make_home(scopes=SIGN_IN_SCOPES - {COMMANDS})
    await home.poll(feeds.INFO.key)
    assert not setting_of(home).may_write
