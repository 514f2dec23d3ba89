"""The grid, why the house is dark, storms, and the utility's program."""

from datetime import UTC, datetime, timedelta

import pytest

from custom_components.energy_site.site.grid_services import GridServices
from custom_components.energy_site.site.model import GridState, GridStatus, Storm
from custom_components.energy_site.site.outage import OutageWatch
from simulator.house import GeneratorConfig, HouseConfig
from simulator.tesla_cloud import SiteDetails, Storm as Watch, powerwall

from .conftest import MakeHome
from .home import INFO, LIVE, TeslaHome


async def told(home: TeslaHome, watch: OutageWatch) -> list[bool]:
    """Return whether the grid was lost for each event of three polls."""
    events = []
    for _ in range(3):
        await home.poll("live_status", after=60)
        if (event := watch.observe(home.part(GridStatus))) is not None:
            events.append(event.lost)
    return events


async def seen(home: TeslaHome) -> OutageWatch:
    """Return what watches for outages, and has seen the grid as it is."""
    watch = OutageWatch()
    assert watch.observe(home.part(GridStatus)) is None
    return watch


async def test_a_house_on_the_grid_is_connected(home: TeslaHome) -> None:
    grid = home.part(GridStatus)
    assert (grid.state, grid.connected, grid.enabled, grid.reason) == (GridState.ON_GRID, True, True, None)


async def test_an_outage_is_one_and_its_end_is_told_with_how_long_it_took(home: TeslaHome) -> None:
    watch = await seen(home)
    home.site.start_outage()
    assert await told(home, watch) == [True]
    grid = home.part(GridStatus)
    assert (grid.state, grid.connected, grid.enabled) == (GridState.OFF_GRID, False, True)
    home.site.end_outage()
    await home.poll("live_status", after=60)
    event = watch.observe(home.part(GridStatus))
    assert event is not None
    assert (event.lost, event.lasted) == (False, timedelta(minutes=3))


@pytest.mark.parametrize("reason", ["wait_for_solar", "wait_for_user", "overload", "wait_for_jump_start", "new_word"])
async def test_the_reason_why_the_house_is_dark_is_told(home: TeslaHome, reason: str) -> None:
    home.site.start_outage()
    home.site.island_reason = reason
    await home.poll("live_status", after=60)
    assert home.part(GridStatus).reason == reason
    assert home.part(GridStatus).enabled is True


async def test_going_off_grid_by_the_owners_wish_is_no_outage(home: TeslaHome) -> None:
    watch = await seen(home)
    home.site.disconnect_grid()
    assert await told(home, watch) == []
    grid = home.part(GridStatus)
    assert (grid.connected, grid.enabled, grid.reason) == (False, False, None)
    home.site.reconnect_grid()
    assert await told(home, watch) == []
    assert home.part(GridStatus).connected is True


async def test_a_generator_that_runs_is_named_and_no_grid(make_home: MakeHome) -> None:
    home = await make_home(HouseConfig(battery=powerwall(), generator=GeneratorConfig()))
    await home.poll()
    home.answers(LIVE, island_status="off_grid_unintentional", generator_power=4_000)
    await home.poll("live_status", after=60)
    assert (home.part(GridStatus).state, home.part(GridStatus).connected) == (GridState.GENERATOR, False)


@pytest.mark.parametrize(
    ("island", "grid", "state"),
    [
        ("on_grid", "Inactive", GridState.ON_GRID),
        ("on_grid_something_new", "Inactive", GridState.ON_GRID),
        ("off_grid", "Active", GridState.OFF_GRID),
        ("off_grid_intentional", "Active", GridState.OFF_GRID),
        ("off_grid_unintentional_overload", "Active", GridState.OFF_GRID),
        ("transitioning_on_grid", "Inactive", GridState.SYNCHRONIZING),
        ("transitioning_off_grid", "Active", None),
        ("island_status_unknown", "Active", GridState.ON_GRID),
        ("island_status_unknown", "Inactive", GridState.OFF_GRID),
        ("island_status_unknown", "Unknown", None),
        (None, "Active", GridState.ON_GRID),
        (None, "Inactive", GridState.OFF_GRID),
        (None, "Unknown", None),
        (None, None, None),
        ("a_word_of_next_year", "Active", GridState.ON_GRID),
        (7, "Active", GridState.ON_GRID),
    ],
)
async def test_island_status_decides_and_grid_status_only_where_it_does_not(
    home: TeslaHome, island: str | None, grid: str | None, state: GridState | None
) -> None:
    home.answers(LIVE, island_status=island, grid_status=grid)
    await home.poll("live_status", after=60)
    assert home.part(GridStatus).state is state


async def test_without_island_status_an_outage_is_still_seen(home: TeslaHome) -> None:
    home.site.set_behaviour(island_status_sent=False)
    watch = await seen(home)
    home.site.start_outage()
    assert await told(home, watch) == [True]


async def test_solar_only_is_unknown_and_never_an_outage(make_home: MakeHome) -> None:
    home = await make_home(HouseConfig())
    await home.poll()
    watch = OutageWatch()
    assert await told(home, watch) == []
    assert home.part(GridStatus).connected is None


async def test_an_answer_without_any_word_of_the_grid_is_no_outage(home: TeslaHome) -> None:
    watch = await seen(home)
    home.answers(LIVE, gone=["island_status", "grid_status"])
    assert await told(home, watch) == []
    assert home.part(GridStatus).connected is None


async def test_a_gateway_that_is_offline_makes_the_grid_unknown_and_no_outage(home: TeslaHome) -> None:
    watch = await seen(home)
    home.site.set_behaviour(live_stuck=True)
    await home.poll("live_status", after=1800)
    assert home.part(GridStatus).connected is None
    assert watch.observe(home.part(GridStatus)) is None


async def test_gateways_are_devices_by_their_serial_numbers(home: TeslaHome) -> None:
    (gateway,) = home.part(GridStatus).controllers.values()
    assert gateway.device.serial == home.site.details.gateway_serial
    assert (gateway.device.model, gateway.device.firmware) == ("Tesla Backup Gateway 2", "25.26.1")


async def test_a_replaced_gateway_is_no_device(make_home: MakeHome) -> None:
    home = await make_home()
    gateways = [{"serial_number": "NEW1", "is_active": True}, {"serial_number": "OLD1", "is_active": False}]
    home.answers(INFO, components={"battery": True, "gateways": gateways})
    await home.poll()
    assert set(home.part(GridStatus).controllers) == {"NEW1"}


# -- storms -------------------------------------------------------------------------


def watch_in(home: TeslaHome, hours: float, *, opted_out: bool = False) -> Watch:
    """Return a watch window of six hours that begins in some hours."""
    start = home.clock.now() + hours * 3600
    return Watch(start=start, end=start + 6 * 3600, opted_out=opted_out)


def at(moment: float) -> datetime:
    """Return a time of the simulator."""
    return datetime.fromtimestamp(moment, UTC)


async def test_without_a_watch_there_is_no_alert(home: TeslaHome) -> None:
    storm = home.part(Storm)
    assert (storm.guarded, storm.alert, storm.charging, storm.starts_at) == (True, False, False, None)


async def test_a_watch_to_come_is_an_alert_with_its_start_and_end(home: TeslaHome) -> None:
    home.site.storms = [expected := watch_in(home, 8)]
    await home.poll("live_status", after=60)
    storm = home.part(Storm)
    assert (storm.alert, storm.charging) == (True, False)
    assert (storm.starts_at, storm.ends_at) == (at(expected.start), at(expected.end))


async def test_the_battery_charges_for_a_storm_and_no_setting_moves(home: TeslaHome) -> None:
    home.site.storms = [watch_in(home, 0.01)]
    await home.poll("live_status", "site_info", after=600)
    storm = home.part(Storm)
    assert (storm.alert, storm.charging, storm.guarded) == (True, True, True)


async def test_a_watch_that_the_owner_opted_out_of_is_no_alert(home: TeslaHome) -> None:
    home.site.storms = [watch_in(home, 8, opted_out=True)]
    await home.poll("live_status", after=60)
    assert (home.part(Storm).alert, home.part(Storm).starts_at) == (False, None)


async def test_a_watch_that_is_over_is_no_alert_and_the_next_one_is_shown(home: TeslaHome) -> None:
    home.site.storms = [watch_in(home, -12), later := watch_in(home, 30), sooner := watch_in(home, 20)]
    await home.poll("live_status", after=60)
    assert home.part(Storm).starts_at == at(sooner.start)
    home.site.storms = [watch_in(home, -12)]
    await home.poll("live_status", after=60)
    assert home.part(Storm).alert is False
    assert later.start > sooner.start


async def test_charging_for_a_storm_is_an_alert_also_without_a_window(home: TeslaHome) -> None:
    home.answers(LIVE, gone=["storm_mode_states"], storm_mode_active=True)
    await home.poll("live_status", after=60)
    assert (home.part(Storm).alert, home.part(Storm).charging, home.part(Storm).ends_at) == (True, True, None)


async def test_an_alert_is_unknown_while_the_gateway_is_offline(home: TeslaHome) -> None:
    home.site.set_behaviour(live_stuck=True)
    await home.poll("live_status", after=1800)
    assert (home.part(Storm).alert, home.part(Storm).guarded) == (None, True)


async def test_a_site_that_cannot_have_storm_watch_shows_none(make_home: MakeHome) -> None:
    home = await make_home(details=SiteDetails(storm_capable=False))
    await home.poll()
    assert home.source.part(Storm) is None


async def test_a_storm_watch_that_was_never_set_is_off(make_home: MakeHome) -> None:
    home = await make_home()
    home.site.set_behaviour(storm_flag_null=True)
    await home.poll()
    assert home.part(Storm).guarded is False


# -- the utility's program ----------------------------------------------------------


async def test_an_event_of_the_program_is_shown_with_its_power_and_reserve(make_home: MakeHome) -> None:
    home = await make_home(details=SiteDetails(vpp_reserve_percent=15, programme="Grid friends"))
    await home.poll()
    services = home.part(GridServices)
    assert (services.active, services.power, services.reserve) == (False, 0, 15)
    home.site.grid_services_power = -2_500.0
    await home.poll("live_status", after=60)
    services = home.part(GridServices)
    assert (services.active, services.power) == (True, -2_500)


async def test_sites_that_tell_nothing_of_a_program_have_none(home: TeslaHome) -> None:
    home.site.set_behaviour(energy_sent=False)
    await home.poll("live_status", after=60)
    assert home.source.part(GridServices) is None
