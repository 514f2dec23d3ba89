"""Setting the tariff of a Tesla site: what is stored decides, by the price of each minute."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
import json
from typing import Any

import pytest

from custom_components.energy_site.api.errors import ApiError
from custom_components.energy_site.runtime.tariff import JudgedTariff, async_set_tariff
from custom_components.energy_site.site.control import Change, ChangeKind, ControlError, Failure
from custom_components.energy_site.site.prices import Prices
from custom_components.energy_site.site.tariff.words import from_words
from custom_components.energy_site.sources.control_queue import ControlQueue
from custom_components.energy_site.sources.tariff import TARIFF, TariffSetting
from custom_components.energy_site.vendors.tesla.source import feeds
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from simulator.iq_gateway.faults import AnswerLost, Reset
from simulator.tesla_cloud import COMMANDS, SIGN_IN_SCOPES, Refusal, Write

from .conftest import MakeHome
from .home import TeslaHome

PERIODS = [
    {"label": "ON_PEAK", "start": "16:00", "end": "21:00", "buy": 0.42, "sell": 0.08},
    {"label": "OFF_PEAK", "start": "21:00", "end": "16:00", "buy": 0.21, "sell": 0.08},
]
FLAT = [{"label": "OFF_PEAK", "start": "00:00", "end": "24:00", "buy": 0.3}]
WORDS: dict[str, Any] = {
    "name": "Time of use",
    "utility": "Stadtwerke",
    "currency": "EUR",
    "seasons": [{"name": "Year", "start": "01-01", "end": "12-31", "periods": PERIODS}],
}


@dataclass(slots=True)
class Steering:
    """A home, and the queue of its settings' commands."""

    home: TeslaHome
    changes: list[Change] = field(default_factory=list)
    queue: ControlQueue = field(init=False)

    def __post_init__(self) -> None:
        self.queue = ControlQueue(
            self.home.source,
            clock=lambda: self.home.now,
            poll=self._poll,
            save=self._save,
            changed=self.changes.append,
            sleep=self._sleep,
        )
        self.queue.observe()

    @property
    def setting(self) -> TariffSetting:
        """What sets the tariff."""
        assert self.home.source.tariff is not None
        return self.home.source.tariff

    async def set(self, words: Mapping[str, Any] = WORDS, strategy: str | None = None) -> bool:
        """Set a tariff; return whether it is active once the call returns."""
        tariff = from_words(words)
        judged = JudgedTariff(
            setting=self.setting, tariff=tariff, findings=(), payload=self.setting.payload(tariff, strategy, None)
        )
        return await async_set_tariff(judged, self.queue)

    async def settle(self) -> list[ChangeKind]:
        """Wait for what comes late, and return what was told of the tariff."""
        for _ in range(2000):
            await asyncio.sleep(0)
            if self.queue.pending(TARIFF) is None:
                break
        return [change.kind for change in self.changes if change.name == TARIFF]

    @property
    def writes(self) -> int:
        """How often a tariff was sent."""
        return self.home.cloud.stats.requests[self.home.site.path("time_of_use_settings")]

    async def _poll(self, key: str) -> None:
        with suppress(ApiError):
            await self.home.source.poll(key, self.home.now)

    async def _sleep(self, seconds: float) -> None:
        self.home.clock.advance(seconds)
        await asyncio.sleep(0)

    async def _save(self) -> None:
        pass


@pytest.fixture
def steering(home: TeslaHome) -> Steering:
    """Return the queue of a home's commands."""
    return Steering(home)


async def test_a_tariff_is_confirmed_once_the_site_has_its_prices(steering: Steering) -> None:
    assert await steering.set()
    assert steering.writes == 1
    prices = steering.home.part(Prices)
    assert (prices.buy, prices.sell, prices.currency) == (0.21, 0.08, "EUR")
    assert await steering.settle() == [ChangeKind.CHANGED]


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
async def test_a_tariff_that_is_stored_in_other_words_is_confirmed(
    steering: Steering, behaviour: dict[str, Any]
) -> None:
    steering.home.site.set_behaviour(**behaviour)
    assert await steering.set()


async def test_a_tariff_that_is_stored_late_is_confirmed_within_the_call(steering: Steering) -> None:
    steering.home.site.set_write_behaviour(Write.TARIFF, delay=30)
    assert await steering.set()


async def test_a_tariff_that_is_stored_minutes_later_is_reported_then(steering: Steering) -> None:
    steering.home.site.set_write_behaviour(Write.TARIFF, delay=400)
    assert not await steering.set()
    assert await steering.settle() == [ChangeKind.PENDING, ChangeKind.CHANGED]


async def test_a_first_tariff_that_the_site_never_reports_is_accepted_but_not_confirmed(steering: Steering) -> None:
    steering.home.site.set_write_behaviour(Write.TARIFF, hidden=True)
    assert not await steering.set()
    assert await steering.settle() == [ChangeKind.PENDING, ChangeKind.ACCEPTED]


async def test_a_tariff_that_never_becomes_active_is_reported_as_failed(steering: Steering) -> None:
    await steering.set({**WORDS, "seasons": [{**WORDS["seasons"][0], "periods": FLAT}]})
    steering.changes.clear()
    steering.home.site.set_write_behaviour(Write.TARIFF, ignored=True)
    assert not await steering.set()
    assert await steering.settle() == [ChangeKind.PENDING, ChangeKind.FAILED]


async def test_prices_that_the_site_changes_are_reported_by_their_place(steering: Steering) -> None:
    # Tesla raises what energy costs to what it sells for.
    periods = [{**each, "sell": 0.5} for each in PERIODS]
    sells = {**WORDS, "seasons": [{"name": "Year", "start": "01-01", "end": "12-31", "periods": periods}]}
    with pytest.raises(HomeAssistantError) as error:
        await steering.set(sells)
    assert error.value.translation_key == "tariff_differs"
    assert "Year, buy, mon 00:00 to" in (error.value.translation_placeholders or {})["places"]


@pytest.mark.parametrize("refusal", Refusal)
async def test_a_tariff_that_is_refused_raises(steering: Steering, refusal: Refusal) -> None:
    steering.home.site.set_write_behaviour(Write.TARIFF, refused=refusal)
    with pytest.raises(ControlError) as error:
        await steering.set()
    assert error.value.failure is Failure.REFUSED


async def test_a_tariff_whose_answer_got_lost_is_not_sent_twice(steering: Steering) -> None:
    steering.home.site.set_write_behaviour(Write.TARIFF, delay=0)
    steering.home.cloud.faults.add(
        AnswerLost(), steering.home.site.path("time_of_use_settings"), methods=["POST"], count=1
    )
    assert await steering.set()
    assert steering.writes == 1


async def test_a_tariff_whose_request_got_lost_is_sent_again(steering: Steering) -> None:
    steering.home.cloud.faults.add(Reset(), steering.home.site.path("time_of_use_settings"), methods=["POST"], count=1)
    assert await steering.set()


async def test_a_tariff_that_is_set_in_the_app_is_reported(steering: Steering) -> None:
    assert await steering.set()
    other = from_words({**WORDS, "name": "Flat", "seasons": [{**WORDS["seasons"][0], "periods": FLAT}]})
    content = steering.setting.payload(other, None, None)["tou_settings"]
    steering.home.site.settings.change_in_app(Write.TARIFF, content)
    await steering.home.poll(feeds.INFO.key, after=3600)
    steering.queue.observe()
    assert (steering.changes[-1].name, steering.changes[-1].ours) == (TARIFF, False)
    assert str(steering.changes[-1].after).startswith("Flat (")


async def test_a_tariff_that_a_restart_interrupted_is_sent_afterwards(steering: Steering) -> None:
    tariff = from_words(WORDS)
    kept = steering.home.source
    value = kept.tariff.offer(tariff, kept.tariff.payload(tariff, None, None))
    stored = json.loads(json.dumps(kept.as_dict()))
    kept.tariff.offer(from_words({**WORDS, "name": "Another"}), {"tou_settings": {}})
    kept.restore(stored)
    await steering.queue.set(TARIFF, value)
    assert steering.queue.pending(TARIFF) is None
    assert steering.writes == 1


async def test_a_strategy_that_the_site_does_not_take_is_not_confirmed(steering: Steering) -> None:
    home = steering.home
    assert home.site.settings.now.strategy == "economics"
    assert await steering.set(strategy="balanced")
    assert home.site.settings.now.strategy == "balanced"
    kept = home.site.settings.take

    def take(write: Write, body: Any, now: float, *, blocked: bool) -> None:
        kept(write, {**body, "optimization_strategy": "balanced"}, now, blocked=blocked)

    home.site.settings.take = take  # type: ignore[method-assign] # The site keeps its own strategy.
    assert not await steering.set(strategy="economics")
    assert await steering.settle() == [ChangeKind.CHANGED, ChangeKind.PENDING, ChangeKind.FAILED]


async def test_without_the_owners_consent_a_tariff_cannot_be_set(make_home: MakeHome) -> None:
    home: TeslaHome = await make_home(scopes=SIGN_IN_SCOPES - {COMMANDS})
    await home.poll(feeds.INFO.key)
    with pytest.raises(ServiceValidationError) as error:
        await Steering(home).set()
    assert error.value.translation_key == "changes_not_allowed"
