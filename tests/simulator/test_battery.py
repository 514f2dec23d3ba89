"""The battery does what its owner set, within what it can."""

from dataclasses import replace
from typing import Any

import pytest

from simulator.house import BatteryConfig, GeneratorConfig, House, StorageMode

from .conftest import HOME, HOUR, MIDNIGHT, NOON

NIGHT = MIDNIGHT + 22 * HOUR
DAY = 24 * HOUR


def with_battery(start: float = NIGHT, **battery: Any) -> House:
    """Return the home with another battery."""
    assert HOME.battery
    return House(replace(HOME, battery=replace(HOME.battery, **battery)), start=start)


def test_it_carries_the_house_at_night_down_to_the_reserve_and_no_further() -> None:
    """Self-consumption empty_answers it to what is kept for an outage."""
    house = with_battery(level=30.0, reserve=25.0)
    house.advance(NIGHT + 60)
    assert house.flow.battery == pytest.approx(house.flow.load)
    house.advance(NIGHT + 6 * HOUR)
    assert house.battery_level == pytest.approx(25.0, abs=0.01)
    assert house.flow.battery == pytest.approx(0, abs=1)


def test_full_backup_fills_it_also_from_the_grid() -> None:
    """Everything is kept for an outage."""
    house = with_battery(mode=StorageMode.BACKUP)
    house.advance(NIGHT + 60)
    assert house.flow.battery < 0 < house.flow.grid
    house.advance(NIGHT + 8 * HOUR)
    assert house.battery_level == pytest.approx(100)


def test_savings_keeps_it_for_the_dear_hours() -> None:
    """It rests at night and gives in the evening."""
    house = with_battery(start=MIDNIGHT + HOUR, mode=StorageMode.SAVINGS, level=60.0)
    house.advance(MIDNIGHT + 3 * HOUR)
    assert house.battery_level == pytest.approx(60)
    dark = with_battery(start=MIDNIGHT - 180 * DAY + 17 * HOUR, mode=StorageMode.SAVINGS, level=60.0)
    dark.advance(MIDNIGHT - 180 * DAY + 18 * HOUR)
    assert dark.flow.battery > 0


def test_savings_may_fill_it_from_the_grid_when_that_is_cheap() -> None:
    """Charging from the grid is allowed in the small hours."""
    house = with_battery(start=MIDNIGHT + HOUR, mode=StorageMode.SAVINGS, charge_from_grid=True)
    house.advance(MIDNIGHT + HOUR + 60)
    assert house.flow.battery < -1000
    assert house.flow.grid > 1000


def test_a_round_trip_loses_what_was_configured() -> None:
    """What comes out is less than what went in."""
    house = with_battery(start=NOON, level=0.0, reserve=0.0, round_trip_efficiency=0.8)
    house.advance(NOON + 36 * HOUR, step=60)
    assert house.battery
    truth, stored = house.truth, house.battery.available_wh
    assert truth.battery_discharge + stored * 0.8**0.5 == pytest.approx(truth.battery_charge * 0.8, rel=0.001)


def test_an_outage_is_carried_by_the_battery_below_the_reserve() -> None:
    """The reserve is there to be used; the shutdown level is not."""
    house = with_battery(level=25.0, reserve=25.0, shutdown_level=10.0)
    house.switches.grid_available = False
    house.advance(NIGHT + 60)
    assert house.flow.grid == 0
    assert house.flow.battery == pytest.approx(house.flow.load)
    house.advance(NIGHT + 8 * HOUR)
    assert house.battery_level == pytest.approx(10.0, abs=0.1)
    assert house.truth.grid_import == pytest.approx(0, abs=1e-3)


def test_off_the_grid_a_full_battery_curtails_the_sun() -> None:
    """There is nowhere for it to go."""
    house = with_battery(start=NOON, level=100.0)
    house.switches.relay_closed = False
    house.advance(NOON + 60)
    assert house.flow.solar == pytest.approx(house.flow.load)
    assert house.flow.solar < house.available_solar()


def test_without_backup_power_an_outage_is_dark() -> None:
    """Inverters need a grid."""
    house = with_battery(start=NOON, backup_power=False)
    house.switches.grid_available = False
    house.advance(NOON + 60)
    assert house.flow.solar == house.flow.load == house.flow.battery == 0


def test_a_generator_starts_when_the_battery_is_low_and_stops_when_it_is_not() -> None:
    """It serves the house and charges the battery meanwhile."""
    config = replace(HOME, battery=BatteryConfig(level=35), generator=GeneratorConfig(watts=5000))
    house = House(config, start=NIGHT)
    house.switches.grid_available = False
    house.advance(NIGHT + 60)
    assert not house.generator_runs
    house.advance(NIGHT + 3 * HOUR)
    assert house.truth.generator > 1000
    assert house.battery_level
    assert 29 < house.battery_level <= 71
    house.switches.grid_available = True
    house.advance(house.time + 60)
    assert house.flow.generator == 0
