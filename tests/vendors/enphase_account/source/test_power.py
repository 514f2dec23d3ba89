"""Power of a system that only its cloud knows: means of intervals, and the latest power of the production."""

from datetime import timedelta

import pytest

from custom_components.energy_site.site.model import Battery, GridState, GridStatus, Health, PowerFlow
from simulator.enphase_account import paths
from simulator.house import HouseConfig

from .conftest import MakeHome
from .home import SourceHome


async def test_the_power_is_the_mean_of_the_last_interval_that_is_believed(home: SourceHome) -> None:
    power, archive = home.part(PowerFlow), home.home.archive
    assert power.load is not None
    end = power.load.observed_at.timestamp()
    wh = {name: archive.energy(name, end - 900, end) for name in ("load", "grid_import", "grid_export")}
    assert power.load.power == pytest.approx(4 * wh["load"])
    assert power.grid is not None
    assert power.grid.power == pytest.approx(4 * (wh["grid_import"] - wh["grid_export"]))
    assert power.generator is None


async def test_the_interval_that_has_just_ended_is_not_believed(home: SourceHome) -> None:
    home.home.set_behaviour(fill_seconds=900)
    await home.poll("today", after=16 * 60)
    load = home.part(PowerFlow).load
    assert load is not None
    assert home.now - load.observed_at >= timedelta(minutes=15)
    end = load.observed_at.timestamp()
    assert load.power == pytest.approx(4 * home.home.archive.energy("load", end - 900, end))


async def test_the_latest_power_is_that_of_the_production(home: SourceHome) -> None:
    solar = home.part(PowerFlow).solar
    assert solar is not None
    assert solar.observed_at == home.part(PowerFlow).observed_at
    assert solar.power > 0


async def test_a_time_in_milliseconds_is_one(home: SourceHome) -> None:
    await home.poll("latest_power")
    before = home.part(PowerFlow).solar
    home.home.set_behaviour(power_in_milliseconds=True)
    await home.poll("latest_power")
    assert home.part(PowerFlow).solar == before


async def test_a_power_that_is_missing_is_not_zero(home: SourceHome) -> None:
    home.home.set_behaviour(power_missing=True)
    await home.poll("latest_power")
    solar, load = home.part(PowerFlow).solar, home.part(PowerFlow).load
    assert solar is not None
    assert load is not None
    assert solar.observed_at == load.observed_at
    assert solar.power > 0


async def test_a_gateway_that_is_silent_has_no_current_values_and_says_so(home: SourceHome) -> None:
    home.home.go_silent()
    home.clock.advance(2 * 3600)
    await home.settle()
    power, battery = home.part(PowerFlow), home.part(Battery)
    assert (power.solar, power.grid, power.battery, power.load) == (None, None, None, None)
    assert battery.level is None
    assert battery.capacity is not None
    assert all(unit.level is None and unit.cycles is not None for unit in battery.units.values())
    assert home.part(GridStatus).state is None
    assert home.part(Health).in_trouble is True
    assert home.part(Health).cloud_connected is False
    home.home.speak_again()
    home.clock.advance(1800)
    await home.settle()
    assert home.part(PowerFlow).load is not None
    assert home.part(Battery).level is not None


async def test_power_that_is_not_polled_any_more_is_not_shown_as_current(home: SourceHome) -> None:
    home.clock.advance(3 * 3600)
    home.source.age(home.now)
    assert home.source.part(PowerFlow) is None


async def test_a_home_without_a_battery_has_none(make_home: MakeHome) -> None:
    home = await make_home(HouseConfig(battery=None))
    await home.settle()
    assert home.source.part(Battery) is None
    assert home.part(PowerFlow).battery is None
    assert home.part(PowerFlow).load is not None


async def test_an_outage_is_seen_in_the_grids_state_and_read_again_when_it_is_over(home: SourceHome) -> None:
    home.home.start_outage()
    await home.poll("off_grid", after=600)
    assert home.part(GridStatus).state is GridState.OFF_GRID
    assert home.part(GridStatus).enabled is True
    home.home.end_outage()
    await home.poll("off_grid", after=600)
    assert home.part(GridStatus).state is GridState.ON_GRID
    assert "outages" in home.source.take_refresh_requests()


async def test_without_readings_only_what_the_gateway_lacks_is_polled_and_shown(make_home: MakeHome) -> None:
    home = await make_home(readings=False)
    await home.settle()
    for template in (paths.TODAY, paths.LIFETIME, paths.LATEST_POWER, paths.OFF_GRID):
        assert home.sent(template) == 0, template
    assert home.source.part(PowerFlow) is None
    assert home.source.part(GridStatus) is None
    battery = home.part(Battery)
    # It is polled too rarely for levels, and what the gateway shows of the rest is left to that.
    assert (battery.level, battery.available_energy) == (None, None)
    assert battery.health is not None
    for unit in battery.units.values():
        assert (unit.level, unit.state) == (None, None)
        assert unit.cycles is not None
        assert unit.health is not None


@pytest.mark.parametrize(("readings", "most"), [(True, 100), (False, 40)])
async def test_a_day_takes_no_more_requests_an_hour_than_promised(
    make_home: MakeHome, *, readings: bool, most: int
) -> None:
    home = await make_home(readings=readings)
    await home.settle()
    since = home.clock.now() + 3600
    home.clock.advance(3600)
    await home.run(6)
    assert home.sent(since=since) / 6 <= most
    assert not home.errors
