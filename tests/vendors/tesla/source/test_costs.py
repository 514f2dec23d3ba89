"""What the grid's energy costs and earns, in Home Assistant's own statistics: held to the tariffs minute by minute."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
import logging
from typing import Any, cast
from unittest.mock import AsyncMock, patch

import pytest
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done

from custom_components.energy_site.runtime.statistics import HistoryImporter
from custom_components.energy_site.site.history.intervals import DAY, HOUR, midnight
from custom_components.energy_site.site.history.report import Report
from custom_components.energy_site.site.history.rows import StatisticsRow
from custom_components.energy_site.site.history.series import CostSeries
from custom_components.energy_site.site.model import CounterKind
from custom_components.energy_site.sources.history_costs import HistoryCosts
from custom_components.energy_site.vendors.tesla.client.errors import SiteOfflineError
from custom_components.energy_site.vendors.tesla.source import feeds
from custom_components.energy_site.vendors.tesla.source.history import TeslaHistory
from custom_components.energy_site.vendors.tesla.source.tariff import payload
from homeassistant.components.recorder.statistics import get_metadata, statistics_during_period
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance
from simulator.house import HouseConfig
from simulator.tesla_cloud import Write, lived
from tests.site.tariff.examples import ALWAYS, Words, of_year, tariff

from ...source_home import NOON
from .conftest import MakeHome
from .home import TeslaHome

pytestmark = pytest.mark.usefixtures("recorder_mock", "socket_enabled")

IMPORT, EXPORT = CounterKind.GRID_IMPORT, CounterKind.GRID_EXPORT
NAMES = {IMPORT: "grid_import_cost", EXPORT: "grid_export_compensation"}
SIDES = {IMPORT: "buy", EXPORT: "sell"}
CHEAP = {"label": "OFF_PEAK", "start": "21:30", "end": "07:00", "buy": 0.15, "sell": 0.05}
DEAR = {"label": "ON_PEAK", "start": "07:00", "end": "21:30", "buy": 0.32, "sell": 0.08}
PEAKS = (CHEAP, DEAR)
OTHERS = (CHEAP | {"end": "12:15", "buy": 0.11}, DEAR | {"start": "12:15", "buy": 0.41, "sell": 0.12})


def minute_of_day(clock: str) -> int:
    """Return the minute of HH:MM."""
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)


@dataclass(slots=True)
class Owner:
    """A home, its importer, and the tariffs that its owner had, each seen from a moment on."""

    hass: HomeAssistant
    home: TeslaHome
    importer: HistoryImporter = field(init=False)
    tariffs: list[tuple[datetime, Sequence[Words]]] = field(default_factory=list)
    unknown: list[tuple[datetime, datetime]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.start()

    def start(self, kept: Mapping[str, Any] | None = None) -> None:
        """Start the importer with what was kept."""
        self.importer = HistoryImporter(
            self.hass,
            site="tesla_1",
            title="Sunny Home",
            provider=TeslaHistory(self.home.source),
            allowance=lambda: 100_000,
            clock=lambda: self.home.now,
        )
        self.importer.restore(kept or {})

    async def restart(self, *, after: float = 0) -> None:
        """Restart Home Assistant, which was off for some seconds."""
        kept = self.importer.as_dict()
        await async_wait_recording_done(self.hass)
        await self.home.restart(after=after)
        self.start(kept)

    def change(self, *periods: Words, currency: str = "EUR") -> None:
        """Change the tariff in the app."""
        sent: Any = payload(tariff(of_year(*periods, currency=currency)))
        self.home.site.settings.change_in_app(Write.TARIFF, sent["tou_settings"])

    async def has(self, *periods: Words, currency: str = "EUR") -> None:
        """Change the tariff, which is seen at once."""
        self.change(*periods, currency=currency)
        self.tariffs.append((self.home.now, periods))
        await self.home.poll(feeds.INFO.key)

    async def live(self, hours: int) -> None:
        """Let hours pass, with polls and a run each hour."""
        for _ in range(hours):
            with suppress(SiteOfflineError):
                await self.home.poll(feeds.INFO.key, feeds.LIVE.key, after=3600)
            await self.run()

    async def leap(self, days: int) -> None:
        """Let days pass, with polls and a run twice a day."""
        self.home.site.step = 300.0
        for _ in range(days * 2):
            await self.home.poll(feeds.INFO.key, feeds.LIVE.key, after=12 * 3600)
            await self.run()

    async def run(self) -> Report:
        """Run once."""
        return await self.importer.async_run()

    async def rows(self, name: str) -> dict[datetime, float]:
        """Return a statistic by the hour; its sums are held to it."""
        await async_wait_recording_done(self.hass)
        statistic_id = f"energy_site:tesla_1_{name}"
        begin = datetime(2000, 1, 1, tzinfo=UTC)
        found = await get_instance(self.hass).async_add_executor_job(
            statistics_during_period, self.hass, begin, None, {statistic_id}, "hour", None, {"state", "sum"}
        )
        rows: dict[datetime, float] = {}
        total = 0.0
        for row in found.get(statistic_id, []):
            state, amount = cast(float, row["state"]), cast(float, row["sum"])
            total += state
            assert amount == pytest.approx(total, abs=1e-9), datetime.fromtimestamp(row["start"], UTC)
            rows[datetime.fromtimestamp(row["start"], UTC)] = state
        return rows

    async def unit(self, name: str) -> str | None:
        """Return a statistic's unit."""
        await async_wait_recording_done(self.hass)
        found = await get_instance(self.hass).async_add_executor_job(lambda: get_metadata(self.hass))
        statistic_id = f"energy_site:tesla_1_{name}"
        return found[statistic_id][1]["unit_of_measurement"] if statistic_id in found else None

    def price(self, hour: datetime, side: str) -> float | None:
        """Return an hour's mean price, `None` if a minute of it isn't known."""
        found = [self._price_at(hour + timedelta(minutes=minute), side) for minute in range(60)]
        return None if None in found else sum(cast("list[float]", found)) / 60

    def _price_at(self, moment: datetime, side: str) -> float | None:
        if any(start <= moment < end for start, end in self.unknown):
            return None
        current = [periods for since, periods in self.tariffs if since <= moment]
        local = moment.astimezone(self.home.source.zone)
        at = local.hour * 60 + local.minute
        for period in current[-1] if current else ():
            start, end = minute_of_day(period["start"]), minute_of_day(period["end"])
            if start <= at < end or (end <= start and (at >= start or at < end)):
                return float(period[side])
        return None

    async def expect_costs(self, least: int) -> None:
        """Hold every hour to its energy and the tariffs, and no hour without a price to have a cost."""
        for kind, name in NAMES.items():
            energies, costs = await self.rows(f"{kind}_energy"), await self.rows(name)
            expected = {
                hour: kwh * price
                for hour, kwh in energies.items()
                if (price := self.price(hour, SIDES[kind])) is not None
            }
            assert len(expected) >= least
            begins = [hour for hour, cost in costs.items() if hour not in expected and not cost]
            assert begins in ([], [min(costs)]), "only the first row has no price"
            assert {hour: cost for hour, cost in costs.items() if hour not in begins} == pytest.approx(
                expected, abs=1e-9
            ), kind
            assert any(expected.values())


@pytest.fixture
async def owner(hass: HomeAssistant, make_home: MakeHome) -> Owner:
    """Return an owner whose tariff has just been seen, with some days of history."""
    return await an_owner(hass, make_home, NOON)


async def an_owner(hass: HomeAssistant, make_home: MakeHome, now: datetime, *periods: Words) -> Owner:
    """Return an owner at a moment."""
    home: TeslaHome = await make_home(site=lived(HouseConfig(), now=now.timestamp(), days=4), start=now)
    found = Owner(hass, home)
    await found.has(*(periods or PEAKS))
    await home.poll()
    return found


async def test_a_series_begins_with_the_first_run_and_costs_nothing_before_the_tariff(owner: Owner) -> None:
    await owner.run()
    for kind, name in NAMES.items():
        assert await owner.rows(name) == {NOON.astimezone(UTC): 0.0}
        assert await owner.unit(name) == "EUR"
        assert len(await owner.rows(f"{kind}_energy")) > 4 * 24 - 10


async def test_a_week_with_another_tariff_from_the_middle_on(owner: Owner) -> None:
    await owner.run()
    await owner.live(80)
    owner.home.clock.advance(25 * 60)
    await owner.has(*OTHERS)
    await owner.live(88)
    await owner.expect_costs(160)


@pytest.mark.parametrize("month", [3, 10], ids=["23 hours", "25 hours"])
async def test_a_day_on_which_clocks_change(hass: HomeAssistant, make_home: MakeHome, month: int) -> None:
    zone = NOON.tzinfo
    eve = datetime(2026, month, {3: 28, 10: 24}[month], 9, tzinfo=zone)
    night = (CHEAP | {"end": "02:30"}, DEAR | {"start": "02:30"})
    owner = await an_owner(hass, make_home, eve, *night)
    await owner.run()
    await owner.live(56)
    await owner.expect_costs(50)


async def test_hours_that_are_uploaded_days_later_have_the_price_that_was_in_force(owner: Owner) -> None:
    await owner.run()
    await owner.live(6)
    owner.home.site.disconnect_internet(owner.home.clock.now())
    for day in range(3):
        await owner.has(*(period | {"buy": 0.1 * (day + 1), "sell": 0.01 * (day + 1)} for period in PEAKS))
        await owner.live(24)
    owner.home.site.reconnect_internet(owner.home.clock.now(), upload_after=1800)
    await owner.has(*OTHERS)
    await owner.live(50)
    await owner.expect_costs(120)


async def test_home_assistant_was_off_and_the_tariff_is_the_same(owner: Owner) -> None:
    await owner.run()
    await owner.live(5)
    await owner.restart(after=60 * 3600)
    await owner.run()
    assert len(await owner.rows("grid_import_cost")) < 8, "the tariff is yet to be seen again"
    await owner.live(30)
    await owner.expect_costs(85)


async def test_home_assistant_was_off_while_the_tariff_changed(owner: Owner) -> None:
    await owner.run()
    await owner.live(5)
    off = owner.home.now
    owner.change(*OTHERS)
    await owner.restart(after=20 * 3600)
    await owner.live(1)
    owner.unknown.append((off, owner.home.now))
    owner.tariffs.append((owner.home.now, OTHERS))
    await owner.live(30)
    await owner.expect_costs(30)
    assert len(await owner.rows("grid_import_cost")) < len(await owner.rows("grid_import_energy")) - 20


async def test_a_restart_after_which_nothing_is_polled_for_a_while_loses_no_price(owner: Owner) -> None:
    await owner.run()
    await owner.live(5)
    await owner.restart(after=600)
    for _ in range(8):
        await owner.home.poll(feeds.LIVE.key, after=3600)
        await owner.run()
    await owner.expect_costs(7)


async def test_a_power_cut_between_the_energy_and_its_cost_is_mended_at_the_next_start(owner: Owner) -> None:
    await owner.run()
    await owner.live(30)
    with patch.object(HistoryCosts, "price", AsyncMock()), patch.object(HistoryCosts, "follow", AsyncMock()):
        await owner.live(15)
    behind = len(await owner.rows("grid_import_cost"))
    await owner.restart()
    before = owner.home.sent()
    await owner.run()
    assert owner.home.sent() == before
    assert len(await owner.rows("grid_import_cost")) > behind + 10
    await owner.expect_costs(40)


async def test_sums_that_a_power_cut_left_broken_before_all_known_prices_are_mended(owner: Owner) -> None:
    await owner.run()
    await owner.leap(36)
    before = await owner.rows("grid_import_cost")
    owner.importer.store.shift(CostSeries(kind=IMPORT, currency="EUR"), NOON + 5 * HOUR, 5.0)
    await owner.restart()
    await owner.run()
    assert await owner.rows("grid_import_cost") == pytest.approx(before, abs=1e-9)


async def test_costs_that_were_removed_are_made_anew_of_what_is_known(owner: Owner) -> None:
    await owner.run()
    await owner.live(60)
    energies = await owner.rows("grid_import_energy")
    names = [f"energy_site:tesla_1_{name}" for name in NAMES.values()]
    get_instance(owner.hass).async_clear_statistics(names)
    assert await owner.rows("grid_import_cost") == {}
    sent = owner.home.sent("calendar_history")
    await owner.run()
    assert owner.home.sent("calendar_history") == sent, "the energy begins anew"
    assert await owner.rows("grid_import_energy") == energies
    await owner.expect_costs(50)
    await owner.live(6)
    await owner.expect_costs(56)


async def test_energy_that_was_removed_changes_no_cost(owner: Owner) -> None:
    await owner.run()
    await owner.leap(36)
    before = {name: await owner.rows(name) for name in NAMES.values()}
    get_instance(owner.hass).async_clear_statistics([f"energy_site:tesla_1_{kind}_energy" for kind in CounterKind])
    await async_wait_recording_done(owner.hass)
    await owner.run()
    for name, costs in before.items():
        found = await owner.rows(name)
        assert {hour: found[hour] for hour in costs} == pytest.approx(costs, abs=1e-9)
    await owner.live(3)
    await owner.expect_costs(300)


async def test_what_was_known_of_the_progress_is_lost_and_no_cost_changes(owner: Owner) -> None:
    await owner.run()
    await owner.live(60)
    before = await owner.rows("grid_import_cost")
    owner.start()
    await owner.run()
    found = await owner.rows("grid_import_cost")
    assert {hour: found[hour] for hour in before} == pytest.approx(before, abs=1e-9)
    await owner.live(80)
    await owner.expect_costs(130)


async def test_an_hour_whose_price_is_forgotten_keeps_the_one_it_had(owner: Owner) -> None:
    await owner.run()
    await owner.leap(36)
    before = await owner.rows("grid_import_cost")
    hour = (NOON + 14 * HOUR).astimezone(UTC)
    assert before[hour] > 0.01
    energies = await owner.rows("grid_import_energy")
    store = owner.importer.store
    for series, found in ((IMPORT, energies), (CostSeries(kind=IMPORT, currency="EUR"), before)):
        rows, sum_before = await store.rows(series, hour, hour + HOUR)
        store.write(series, [StatisticsRow(start=hour, energy=2 * found[hour], sum=sum_before + 2 * found[hour])])
        store.shift(series, hour + HOUR, rows[0].energy)
    assert (await owner.rows("grid_import_cost"))[hour] == 2 * before[hour]
    await owner.importer.async_import((NOON + DAY).date(), (NOON + DAY).date())
    assert await owner.rows("grid_import_energy") == pytest.approx(energies, abs=1e-9)
    assert await owner.rows("grid_import_cost") == pytest.approx(before, abs=1e-9)


async def test_a_negative_price_earns_what_is_imported(owner: Owner) -> None:
    await owner.has(CHEAP | {"buy": -0.25, "sell": -0.02}, DEAR)
    await owner.run()
    await owner.live(30)
    await owner.expect_costs(28)
    assert min((await owner.rows("grid_import_cost")).values()) < -0.01


async def test_another_currency_ends_the_costs_and_says_so_once(owner: Owner, caplog: pytest.LogCaptureFixture) -> None:
    await owner.run()
    await owner.live(10)
    before = await owner.rows("grid_import_cost")
    await owner.has(*PEAKS, currency="GBP")
    with caplog.at_level(logging.INFO, "custom_components.energy_site"):
        await owner.live(10)
        assert await owner.unit("grid_import_cost") == "EUR"
        assert await owner.rows("grid_import_cost") == before
        assert caplog.text.count("The prices of Sunny Home are in GBP now, and its costs in the statistics in EUR") == 1
        await owner.has(*PEAKS)
        await owner.live(10)
        assert caplog.text.count("are written again, in EUR") == 1
    after = await owner.rows("grid_import_cost")
    assert {hour: after[hour] for hour in before} == before
    assert len(after) >= len(before) + 8


async def test_costs_in_another_currency_begin_once_those_of_the_former_are_removed(owner: Owner) -> None:
    await owner.run()
    await owner.live(5)
    await owner.has(*PEAKS, currency="GBP")
    await owner.live(5)
    get_instance(owner.hass).async_clear_statistics([f"energy_site:tesla_1_{name}" for name in NAMES.values()])
    await async_wait_recording_done(owner.hass)
    owner.tariffs = owner.tariffs[-1:]
    await owner.live(8)
    assert await owner.unit("grid_import_cost") == "GBP"
    await owner.expect_costs(10)


@pytest.mark.parametrize("currency", ["", "euro"])
async def test_a_tariff_without_a_currency_has_no_costs(owner: Owner, currency: str) -> None:
    await owner.has(*PEAKS, currency=currency)
    await owner.run()
    await owner.live(3)
    assert await owner.unit("grid_import_cost") is None


async def test_a_tariff_that_pays_nothing_tells_no_compensation(owner: Owner) -> None:
    content: Any = payload(tariff(of_year(*PEAKS)))["tou_settings"]
    del content["tariff_content_v2"]["sell_tariff"]
    owner.home.site.settings.change_in_app(Write.TARIFF, content)
    await owner.restart()
    owner.home.source._past_prices.restore({"until": None, "spans": []})
    await owner.home.poll(feeds.INFO.key)
    await owner.run()
    assert await owner.unit("grid_import_cost") == "EUR"
    assert await owner.unit("grid_export_compensation") is None


async def test_a_day_of_which_only_the_total_is_known_costs_what_a_price_that_never_changes_makes_of_it(
    owner: Owner,
) -> None:
    owner.home.site.set_behaviour(day_in_one_row=True)
    zone = owner.home.source.zone
    await owner.run()
    await owner.live(12)
    await owner.has(ALWAYS)
    await owner.live(36)
    await owner.has(*PEAKS)
    await owner.live(8 * 24)
    for kind, name in NAMES.items():
        energies, costs = await owner.rows(f"{kind}_energy"), await owner.rows(name)
        start = midnight((NOON + DAY).date(), zone)
        assert costs[start] == pytest.approx(energies[start] * {IMPORT: 0.2, EXPORT: 0.05}[kind])
        assert sum(costs.values()) == pytest.approx(costs[start]), "the price changed on the other days"
        assert len([hour for hour in energies if hour > start]) >= 3


async def test_nothing_is_written_twice(owner: Owner) -> None:
    await owner.run()
    await owner.live(50)
    await owner.importer.async_import(NOON.date(), owner.home.now.date())
    store = type(owner.importer.store)
    with patch.object(store, "write", autospec=True, side_effect=store.write) as write:
        await owner.run()
        await owner.importer.async_import(NOON.date(), owner.home.now.date())
    found = [call.args[1:] for call in write.call_args_list if isinstance(call.args[1], CostSeries)]
    assert found
    assert not any(rows for _, rows in found)
