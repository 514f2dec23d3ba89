"""The power of a site: positive towards the house, and only what can be believed."""

from typing import Any

import pytest

from custom_components.energy_site.site.model import EnergyCounters, Flow, Health, PowerFlow, Quota
from simulator.house import HouseConfig
from simulator.tesla_cloud import WallConnector, powerwall

from .conftest import MakeHome
from .home import LIVE, TeslaHome

BALANCED: dict[str, Any] = {
    "solar_power": 3000,
    "battery_power": -1200,
    "grid_power": -800,
    "load_power": 1000,
    "generator_power": 0,
}


def watts(flow: Flow | None) -> float | None:
    """Return the power of a flow that may not be there."""
    return None if flow is None else flow.power


async def test_power_is_shown_with_the_signs_of_the_energy_dashboard(home: TeslaHome) -> None:
    flow = home.site.house.flow
    shown = home.part(PowerFlow)
    assert watts(shown.solar) == pytest.approx(flow.solar, abs=0.01)
    assert watts(shown.grid) == pytest.approx(flow.grid, abs=0.01)
    assert watts(shown.battery) == pytest.approx(flow.battery, abs=0.01)
    assert watts(shown.load) == pytest.approx(flow.load, abs=0.01)
    assert flow.load == pytest.approx(flow.solar + flow.grid + flow.battery, abs=0.01)


async def test_charging_and_exporting_are_negative(home: TeslaHome) -> None:
    home.answers(LIVE, **BALANCED)
    await home.poll("live_status", after=60)
    shown = home.part(PowerFlow)
    assert (watts(shown.solar), watts(shown.battery), watts(shown.grid), watts(shown.load)) == (3000, -1200, -800, 1000)


async def test_a_site_that_never_had_a_generator_shows_none(home: TeslaHome) -> None:
    assert home.part(PowerFlow).generator is None


async def test_a_generator_is_shown_from_the_first_time_it_runs_and_across_a_restart(home: TeslaHome) -> None:
    running: dict[str, Any] = {"solar_power": 0, "battery_power": -2_000, "grid_power": 0, "load_power": 1_000}
    home.answers(LIVE, count=1, island_status="off_grid_unintentional", generator_power=3_000, **running)
    await home.poll("live_status", after=60)
    assert watts(home.part(PowerFlow).generator) == 3_000
    await home.restart(after=600)
    await home.poll("live_status")
    assert watts(home.part(PowerFlow).generator) == 0


async def test_a_powerwall_without_solar_has_no_solar_power(make_home: MakeHome) -> None:
    home = await make_home(HouseConfig(arrays=(), battery=powerwall()))
    await home.poll()
    shown = home.part(PowerFlow)
    assert shown.solar is None
    assert None not in (shown.battery, shown.grid, shown.load)


async def test_a_site_with_solar_only_has_no_battery_power(make_home: MakeHome) -> None:
    home = await make_home(HouseConfig())
    await home.poll()
    shown = home.part(PowerFlow)
    assert shown.battery is None
    assert None not in (shown.solar, shown.grid, shown.load)


async def test_a_site_of_wall_connectors_only_shows_no_power_of_a_house_and_rejects_nothing(
    make_home: MakeHome,
) -> None:
    home = await make_home(HouseConfig(arrays=()), chargers=[WallConnector()], measured=False)
    await home.poll()
    for _ in range(3):
        await home.poll("live_status", after=60)
    assert home.source.part(PowerFlow) is None
    assert home.source.as_dict()["rejected"] == 0


async def test_a_solar_site_without_meters_shows_its_solar_power_at_night_as_zero(make_home: MakeHome) -> None:
    home = await make_home(HouseConfig())
    home.answers("site_info", components={"solar": True, "battery": False, "grid": False, "load_meter": False})
    await home.poll()
    zeros: dict[str, Any] = dict.fromkeys(BALANCED, 0)
    home.answers(LIVE, **zeros)
    for _ in range(20):
        await home.poll("live_status", after=60)
    shown = home.part(PowerFlow)
    assert (watts(shown.solar), shown.grid, shown.load) == (0, None, None)
    assert home.part(EnergyCounters).rejected == 0


# -- how old it is ------------------------------------------------------------------


async def test_power_is_as_old_as_tesla_says_it_is(home: TeslaHome) -> None:
    measured = home.now
    home.site.set_behaviour(live_cache=240)
    for _ in range(3):
        await home.poll("live_status", after=60)
    assert home.part(PowerFlow).observed_at == measured
    assert home.part(Health).last_cloud_report == measured
    assert home.part(Quota).reported_at == measured


async def test_the_same_answer_for_some_minutes_is_shown(home: TeslaHome) -> None:
    home.site.set_behaviour(live_stuck=True)
    for _ in range(9):
        await home.poll("live_status", after=60)
    assert home.source.part(PowerFlow) is not None
    assert home.part(Health).cloud_connected is True


async def test_power_whose_time_stands_still_is_dropped_although_answers_arrive(home: TeslaHome) -> None:
    home.site.set_behaviour(live_stuck=True)
    for _ in range(15):
        await home.poll("live_status", after=60)
    assert home.source.part(PowerFlow) is None
    assert home.part(Health).cloud_connected is False
    home.site.set_behaviour(live_stuck=False)
    await home.poll("live_status", after=60)
    assert home.part(PowerFlow).observed_at == home.now
    assert home.part(Health).cloud_connected is True


async def test_a_time_in_the_future_makes_nothing_younger(home: TeslaHome) -> None:
    home.answers(LIVE, timestamp="2026-06-18T00:00:00Z", count=1)
    await home.poll("live_status", after=60)
    assert home.part(PowerFlow).observed_at == home.now


async def test_an_answer_without_a_time_is_as_old_as_its_arrival(home: TeslaHome) -> None:
    home.answers(LIVE, gone=["timestamp"])
    await home.poll("live_status", after=60)
    assert home.part(PowerFlow).observed_at == home.now


async def test_the_last_power_is_shown_right_after_a_restart(home: TeslaHome) -> None:
    before = home.part(PowerFlow)
    await home.restart(after=120)
    assert home.part(PowerFlow) == before
    home.source.age(home.now)
    assert home.part(PowerFlow) == before


async def test_a_power_from_before_a_long_stop_is_not_shown(home: TeslaHome) -> None:
    await home.restart(after=3 * 3600)
    home.source.age(home.now)
    assert home.source.part(PowerFlow) is None


# -- what cannot be -----------------------------------------------------------------


async def test_answers_of_nothing_but_zeros_are_rejected_and_the_last_power_stays_for_a_while(home: TeslaHome) -> None:
    before = home.part(PowerFlow)
    home.site.set_behaviour(all_zeros=True)
    await home.poll("live_status", after=60)
    assert home.part(PowerFlow) == before
    await home.poll("live_status", after=900)
    assert home.source.part(PowerFlow) is None
    assert home.part(EnergyCounters).rejected == 2


async def test_an_impossible_answer_that_tesla_repeats_is_counted_once(home: TeslaHome) -> None:
    home.site.set_behaviour(all_zeros=True)
    await home.poll("live_status", after=60)
    home.site.set_behaviour(live_stuck=True)
    for _ in range(5):
        await home.poll("live_status", after=60)
    assert home.part(EnergyCounters).rejected == 1


@pytest.mark.parametrize(
    "impossible",
    [
        {**BALANCED, "battery_power": 60_000, "load_power": 62_200},
        {**BALANCED, "load_power": -400},
        {**BALANCED, "solar_power": 9e8},
        {**BALANCED, "load_power": 30_000},
        {**BALANCED, "solar_power": 800, "battery_power": 0, "grid_power": -800, "load_power": 0},
    ],
    ids=["battery beyond its rating", "negative load", "solar of a power station", "out of balance", "night ghost"],
)
async def test_power_that_no_such_site_can_have_is_never_shown(home: TeslaHome, impossible: dict[str, Any]) -> None:
    before = home.part(PowerFlow)
    home.answers(LIVE, **impossible)
    await home.poll("live_status", after=60)
    assert home.part(PowerFlow) == before
    assert home.part(EnergyCounters).rejected == 1


async def test_a_house_that_draws_what_its_powerwalls_and_the_grid_give_is_believed(home: TeslaHome) -> None:
    home.answers(LIVE, solar_power=0, battery_power=7_000, grid_power=9_000, load_power=15_900, generator_power=0)
    await home.poll("live_status", after=60)
    assert watts(home.part(PowerFlow).load) == 15_900


@pytest.mark.parametrize("apart", [False, True])
async def test_a_charging_car_is_believed_whether_or_not_the_load_includes_it(make_home: MakeHome, apart: bool) -> None:
    charger = WallConnector()
    home = await make_home(chargers=[charger])
    home.site.set_behaviour(load_without_chargers=apart)
    now = home.clock.now()
    charger.charge(now - now % 900, now - now % 900 + 3600, watts=11_000)
    await home.poll(after=120)
    assert home.part(EnergyCounters).rejected == 0
    shown = watts(home.part(PowerFlow).load)
    assert shown == pytest.approx(home.site.house.flow.load - (11_000 if apart else 0), abs=0.01)


async def test_a_field_that_falls_out_costs_its_own_power_only(home: TeslaHome) -> None:
    home.answers(LIVE, gone=["grid_power"])
    await home.poll("live_status", after=60)
    shown = home.part(PowerFlow)
    assert shown.grid is None
    assert None not in (shown.solar, shown.battery, shown.load)


async def test_the_site_names_its_firmware_without_the_build(home: TeslaHome) -> None:
    assert home.source.device.firmware == "25.26.1"
    assert home.part(Health).firmware == "25.26.1"


async def test_an_open_breaker_of_the_battery_is_a_problem(home: TeslaHome) -> None:
    assert home.part(Health).in_trouble is False
    home.site.breaker_open = True
    await home.poll("live_status", after=60)
    assert home.part(Health).in_trouble is True
