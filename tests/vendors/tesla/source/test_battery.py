"""The batteries of a site: their level and energy on the app's scale, what is left of them, and each of them."""

from typing import Any

import pytest

from custom_components.energy_site.site.model import Battery, EnergyCounters, PowerFlow, Settings
from simulator.house import HouseConfig
from simulator.tesla_cloud import LevelDropout, SiteDetails, powerwall

from .conftest import MakeHome
from .home import INFO, LIVE, TeslaHome

# Three published samples: level in %, energy_left and total_pack_energy in Wh.
SAMPLES = [(57.07, 23286.1, 40804), (95.505, 38459.5, 40270), (20.0, 5685.2, 28426)]


async def test_the_level_is_the_one_that_the_app_shows(home: TeslaHome) -> None:
    assert home.part(Battery).level == pytest.approx(home.site.level)


async def test_available_energy_and_capacity_are_what_can_be_used(home: TeslaHome) -> None:
    battery = home.part(Battery)
    assert battery.capacity == pytest.approx(13_500, abs=1)
    assert battery.available_energy == pytest.approx(13_500 * home.site.level / 100, abs=2)


@pytest.mark.parametrize(("level", "left", "total"), SAMPLES)
async def test_published_samples_give_the_raw_reading_less_what_tesla_keeps(
    make_home: MakeHome, level: float, left: float, total: float
) -> None:
    home = await make_home(HouseConfig(battery=powerwall(3)))
    home.answers(LIVE, percentage_charged=level, energy_left=left, total_pack_energy=total)
    await home.poll()
    battery = home.part(Battery)
    assert battery.level == level
    assert battery.available_energy == pytest.approx(0.95 * left)
    assert battery.capacity == pytest.approx(0.95 * total)
    assert battery.available_energy == pytest.approx(level / 100 * (battery.capacity or 0), rel=0.001)


async def test_health_is_what_can_be_used_of_what_could_be_when_new(make_home: MakeHome) -> None:
    home = await make_home(HouseConfig(battery=powerwall(2, health=0.87)))
    await home.poll()
    assert home.part(Battery).health == pytest.approx(87, abs=0.1)


async def test_without_energies_in_the_answer_they_follow_from_level_and_rating_and_health_is_unknown(
    make_home: MakeHome,
) -> None:
    home = await make_home(HouseConfig(battery=powerwall(2)))
    home.site.set_behaviour(energy_sent=False)
    await home.poll()
    battery = home.part(Battery)
    assert (battery.capacity, battery.health) == (27_000, None)
    assert battery.available_energy == pytest.approx(home.site.level / 100 * 27_000)


async def test_without_a_rating_of_the_site_those_of_its_batteries_count_but_not_of_replaced_ones(
    make_home: MakeHome,
) -> None:
    home = await make_home(HouseConfig(battery=powerwall(2)), details=SiteDetails(replaced_battery=True))
    home.site.set_behaviour(energy_sent=False)
    home.answers(INFO, gone=["nameplate_energy"])
    await home.poll()
    assert home.part(Battery).capacity == 27_000


async def test_backup_time_left_is_usable_energy_by_the_power_of_the_house_now(home: TeslaHome) -> None:
    home.answers(
        LIVE,
        percentage_charged=50,
        energy_left=7_105,
        total_pack_energy=14_210,
        load_power=1_500,
        solar_power=0,
        battery_power=1_500,
        grid_power=0,
    )
    await home.poll("live_status", after=60)
    assert home.part(Battery).backup_time_left == pytest.approx(0.95 * 7_105 / 1_500 * 60)


@pytest.mark.parametrize("load", [0, 10, None])
async def test_backup_time_left_is_unknown_while_the_house_draws_next_to_nothing(
    home: TeslaHome, load: float | None
) -> None:
    home.answers(LIVE, load_power=load)
    await home.poll("live_status", after=60)
    assert home.part(Battery).backup_time_left is None


async def test_each_battery_is_a_device_by_its_serial_number_and_a_replaced_one_is_none(make_home: MakeHome) -> None:
    home = await make_home(HouseConfig(battery=powerwall(2)), details=SiteDetails(replaced_battery=True))
    await home.poll()
    units = home.part(Battery).units
    assert set(units) == {home.site.details.battery_serial(0), home.site.details.battery_serial(1)}
    assert {unit.device.model for unit in units.values()} == {"Powerwall 2"}
    assert {unit.capacity for unit in units.values()} == {13_500}


# -- sites without one --------------------------------------------------------------


async def test_solar_only_has_no_battery_whatever_its_zeros_say(make_home: MakeHome) -> None:
    home = await make_home(HouseConfig())
    home.answers(LIVE, percentage_charged=0, energy_left=0, total_pack_energy=1, battery_power=0)
    await home.poll()
    assert home.source.part(Battery) is None
    assert home.source.part(Settings) is None


async def test_a_site_that_does_not_say_what_it_has_has_the_batteries_that_it_lists(make_home: MakeHome) -> None:
    home = await make_home()
    listed = {"batteries": [{"serial_number": "TG1", "nameplate_energy": 13_500}], "solar": True}
    home.answers(INFO, components=listed)
    await home.poll()
    assert set(home.part(Battery).units) == {"TG1"}


async def test_a_site_that_says_and_lists_nothing_has_no_battery_nor_its_power(make_home: MakeHome) -> None:
    home = await make_home()
    home.answers(INFO, components={"solar": True})
    await home.poll()
    assert home.source.part(Battery) is None
    assert home.part(PowerFlow).battery is None
    assert list(home.source.control_names())
    assert all(home.source.control(name, home.now) is None for name in home.source.control_names())


# -- dropouts -----------------------------------------------------------------------


@pytest.mark.parametrize("dropout", list(LevelDropout))
async def test_a_level_of_zero_that_was_lost_on_its_way_is_not_shown(home: TeslaHome, dropout: LevelDropout) -> None:
    before = home.part(Battery)
    home.site.set_behaviour(level_dropout=dropout)
    await home.poll("live_status", after=60)
    shown = home.part(Battery)
    assert (shown.level, shown.available_energy) == (before.level, before.available_energy)
    assert home.part(EnergyCounters).rejected == 1
    await home.poll("live_status", after=1200)
    assert (home.part(Battery).level, home.part(Battery).available_energy) == (None, None)


async def test_a_level_that_falls_to_zero_at_once_is_a_dropout_also_at_sites_that_send_no_energy(
    make_home: MakeHome,
) -> None:
    home = await make_home()
    home.site.set_behaviour(energy_sent=False)
    await home.poll()
    before = home.part(Battery).level
    home.answers(LIVE, count=1, percentage_charged=0)
    await home.poll("live_status", after=60)
    assert home.part(Battery).level == before


@pytest.mark.parametrize("sent", [True, False])
async def test_a_battery_that_was_discharged_is_shown_as_empty(make_home: MakeHome, sent: bool) -> None:
    home = await make_home()
    home.site.set_behaviour(energy_sent=sent)
    energy: dict[str, Any] = {"energy_left": 20, "total_pack_energy": 14_210} if sent else {}
    home.answers(LIVE, count=1, percentage_charged=0.14, **energy)
    await home.poll()
    home.answers(LIVE, percentage_charged=0, **(energy | {"energy_left": 0} if sent else {}))
    await home.poll("live_status", after=60)
    assert home.part(Battery).level == 0


async def test_an_answer_of_zeros_alone_empties_no_battery(home: TeslaHome) -> None:
    before = home.part(Battery).level
    home.site.set_behaviour(all_zeros=True)
    home.answers(LIVE, energy_left=0, total_pack_energy=0)
    await home.poll("live_status", after=60)
    assert home.part(Battery).level == before


async def test_a_pack_of_one_watt_hour_is_no_pack(home: TeslaHome) -> None:
    home.answers(LIVE, energy_left=0.5, total_pack_energy=1, percentage_charged=50)
    await home.poll("live_status", after=60)
    battery = home.part(Battery)
    assert (battery.level, battery.capacity, battery.health) == (50, 13_500, None)
    assert battery.available_energy == 6_750


@pytest.mark.parametrize("level", ["full", -3, 250, None, True])
async def test_a_level_that_is_none_is_unknown_and_nothing_else(home: TeslaHome, level: Any) -> None:
    home.answers(LIVE, percentage_charged=level)
    await home.poll("live_status", after=60)
    assert home.part(Battery).level is None
    assert home.source.part(PowerFlow) is not None


async def test_the_age_of_the_level_is_that_of_the_measurement(home: TeslaHome) -> None:
    measured = home.now
    home.site.set_behaviour(live_cache=240)
    await home.poll("live_status", after=120)
    assert home.part(Battery).observed_at == measured
