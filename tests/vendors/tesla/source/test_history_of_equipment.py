"""The history follows what the site says that it has, whenever it says so."""

from datetime import timedelta

import pytest

from custom_components.energy_site.site.history.report import Stop
from custom_components.energy_site.site.model import Battery, CounterKind, EnergyCounters, PowerFlow
from custom_components.energy_site.site.past_outages import PastOutages
from custom_components.energy_site.sources.history_turns import HistoryTurns
from custom_components.energy_site.vendors.tesla.source import feeds
from custom_components.energy_site.vendors.tesla.source.history import TeslaHistory
from simulator.house import GeneratorConfig, HouseConfig, Outage
from simulator.tesla_cloud import EnergySite, Refuse, WallConnector, powerwall

from ...source_home import NOON
from .conftest import MakeHome
from .home import HISTORY, INFO, TeslaHome
from .test_history import FLOWS, Past, a_past

# One that soon runs in June, too.
GENERATOR = GeneratorConfig(start_level=95.0, stop_level=100.0)
SOLAR_ONLY = (CounterKind.SOLAR, CounterKind.LOAD, CounterKind.GRID_IMPORT, CounterKind.GRID_EXPORT)


@pytest.fixture
async def silent(make_home: MakeHome) -> TeslaHome:
    """Return a home with solar only, whose `site_info` wasn't answered during setup."""
    home = await make_home(HouseConfig(), days=10)
    home.cloud.faults.add(Refuse(500), home.site.path(INFO))
    await home.ask()
    return home


async def test_a_site_that_did_not_say_what_it_has_shows_no_battery_and_asks_for_no_history(silent: TeslaHome) -> None:
    assert silent.source.part(Battery) is None
    assert silent.source.part(PowerFlow) is None
    assert silent.source.part(EnergyCounters) is None
    assert silent.sent(HISTORY) == 0


async def test_history_begins_once_the_site_says_what_it_has_and_where_it_is(silent: TeslaHome) -> None:
    past = Past(silent)
    assert (await past.run()).stopped is Stop.DONE
    assert past.table.kept == {}
    assert silent.sent(HISTORY) == 0
    silent.cloud.faults.clear()
    await silent.poll(feeds.INFO.key, after=60)
    await past.run()
    assert {*past.table.kept} == {*SOLAR_ONLY}
    for kind in SOLAR_ONLY:
        assert past.wrong_hours(kind) == [], kind
    assert len(past.table.energies(CounterKind.LOAD)) >= 9 * 24


async def test_energy_is_polled_as_soon_as_the_site_says_that_it_measures_some(silent: TeslaHome) -> None:
    silent.cloud.faults.clear()
    await silent.run(0.3)
    assert silent.source.part(Battery) is None
    assert silent.part(PowerFlow).solar is not None
    assert {*silent.part(EnergyCounters).counts} == {*SOLAR_ONLY}


async def test_what_was_imported_before_a_restart_is_kept_until_the_site_says_what_it_has(make_home: MakeHome) -> None:
    past = await a_past(make_home, days=10)
    await past.run()
    kept, asked, progress = past.fetcher.as_dict(), past.asked, past.fetcher.progress
    info = past.home.source._answers.pop(feeds.INFO.key)
    past.restart(kept)
    await past.run()
    past.restart(past.fetcher.as_dict())
    past.home.source._answers[feeds.INFO.key] = info
    await past.run()
    assert past.asked - asked <= 1
    assert past.fetcher.progress == progress > 50


def planned(home: TeslaHome) -> int:
    """Return how many requests are planned for each day's history."""
    close = home.source.schedule.history_close
    return close.cost if close is not None else 0


async def test_no_request_is_planned_for_a_history_that_is_not_known_yet(silent: TeslaHome) -> None:
    past = Past(silent)
    turns = HistoryTurns(silent.source, TeslaHistory(silent.source), lambda *_: past.fetcher, lambda: silent.now)
    await turns.async_run()
    assert (planned(silent), silent.source.history_progress) == (0, None)
    silent.cloud.faults.clear()
    await silent.poll(feeds.INFO.key, after=60)
    await turns.async_run()
    assert planned(silent) == 3
    assert past.table.energies(CounterKind.SOLAR)


async def test_a_wall_connector_that_is_added_later_gets_its_energy_without_a_reload(make_home: MakeHome) -> None:
    past = await a_past(make_home, days=10)
    await past.run()
    assert CounterKind.CHARGER not in past.table.kept
    wall = WallConnector()
    wall.install(past.home.site.house)
    start = (past.home.now + timedelta(hours=2)).replace(minute=0).timestamp()
    wall.charge(start, start + 3600)
    past.home.site.chargers.append(wall)
    await past.home.poll(after=6 * 3600)
    await past.run()
    assert sum(past.table.energies(CounterKind.CHARGER).values()) == pytest.approx(7.4, rel=0.01)
    assert past.wrong_hours(CounterKind.LOAD) == []


async def test_the_energy_of_a_generator_that_nobody_saw_running_is_imported(make_home: MakeHome) -> None:
    begun = NOON - timedelta(days=10)
    outage = Outage(start=begun.timestamp(), end=(begun + timedelta(days=2)).timestamp())
    house = HouseConfig(battery=powerwall(), generator=GENERATOR, outages=(outage,))
    past = await a_past(make_home, house=house, days=20)
    await past.run()
    assert CounterKind.GENERATOR not in past.home.part(EnergyCounters).counts
    assert past.truth(CounterKind.GENERATOR) > 1000
    for kind in (*FLOWS, CounterKind.GENERATOR):
        assert past.wrong_hours(kind) == [], kind


async def test_a_generator_that_runs_for_the_first_time_is_imported_from_then_on(make_home: MakeHome) -> None:
    house = HouseConfig(battery=powerwall(), generator=GENERATOR)
    past = await a_past(make_home, house=house, days=10)
    await past.run()
    past.home.site.start_outage()
    await past.live(2)
    past.home.site.end_outage()
    await past.live(4)
    assert past.total(CounterKind.GENERATOR) == pytest.approx(past.truth(CounterKind.GENERATOR), abs=5)
    assert past.truth(CounterKind.GENERATOR) > 1000
    assert past.wrong_hours(CounterKind.GENERATOR) == []


async def test_a_home_without_a_generator_gets_no_series_of_zeros(make_home: MakeHome) -> None:
    past = await a_past(make_home, days=10)
    await past.run()
    await past.live(1)
    assert {*past.table.kept} == {*FLOWS}


async def test_an_installation_to_come_hides_neither_history_nor_outages(make_home: MakeHome) -> None:
    wall = WallConnector()

    def charges(_: EnergySite) -> None:
        start = (NOON - timedelta(days=3)).timestamp()
        wall.charge(start, start + 3600)

    home = await make_home(days=10, chargers=[wall], plan=charges)
    home.answers(INFO, installation_date="2027-01-01T00:00:00+01:00")
    await home.start()
    past = Past(home)
    assert (await past.run()).stopped is Stop.DONE
    assert home.errors == []
    assert home.part(PastOutages).this_year == 0
    assert past.wrong_hours(CounterKind.LOAD) == []
    assert len(past.table.energies(CounterKind.LOAD)) >= 9 * 24
    assert sum(past.table.energies(CounterKind.CHARGER).values()) == pytest.approx(7.4, rel=0.01)
