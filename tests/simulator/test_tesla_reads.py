"""What Tesla's cloud tells of a site now: power, level, grid, chargers, hardware."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import aiohttp
import pytest

from simulator.clock import ManualClock
from simulator.house import GeneratorConfig, HouseConfig, Outage
from simulator.iq_gateway.faults import HtmlPage, Truncated
from simulator.tesla_cloud import (
    Account,
    Changed,
    EnergySite,
    LevelDropout,
    NullResponse,
    SiteDetails,
    Storm,
    WallConnector,
    lived,
)

from .conftest import NOON
from .fleet import DAY, HOME, Fleet, serving

HOUR = 3600


@pytest.fixture
async def fleet(session: aiohttp.ClientSession, clock: ManualClock) -> AsyncIterator[Fleet]:
    """Serve a home with two Powerwalls."""
    async with serving(session, clock) as fleet:
        yield fleet


def balance(live: dict[str, Any]) -> float:
    """Return what comes in less what the house takes, W."""
    sources = ("solar_power", "battery_power", "grid_power", "generator_power")
    return float(sum(live[name] for name in sources) - live["load_power"])


async def test_powers_balance_and_the_level_is_on_the_app_s_scale(fleet: Fleet) -> None:
    """The raw reading behind it is whole watt-hours, and 5 % of the pack are hidden."""
    live = await fleet.get("live_status")
    assert balance(live) == pytest.approx(0, abs=0.01)
    assert live["percentage_charged"] == pytest.approx(100 * live["energy_left"] / live["total_pack_energy"])
    raw = 0.95 * live["energy_left"] + 0.05 * live["total_pack_energy"]
    assert raw == pytest.approx(round(raw))
    assert fleet.site.house.battery is not None
    assert raw == pytest.approx(fleet.site.house.battery.available_wh, abs=0.5)
    assert (live["grid_status"], live["island_status"], live["wall_connectors"]) == ("Active", "on_grid", None)
    assert datetime.fromisoformat(live["timestamp"]).timestamp() == NOON


async def test_the_battery_keeps_its_reserve_by_the_app_s_scale(fleet: Fleet, clock: ManualClock) -> None:
    """On grid the reserve, in an outage all that the app shows."""
    site = fleet.site
    site.house.switches.production_allowed = False
    for fail, percent in ((False, 20), (True, 0)):
        assert site.house.battery is not None
        site.house.battery.level = 26
        if fail:
            site.start_outage()
        clock.advance(30 * HOUR)
        live = await fleet.get("live_status")
        assert live["percentage_charged"] == pytest.approx(percent, abs=0.1)


async def test_the_grid_s_state_says_why_the_house_is_dark(fleet: Fleet, clock: ManualClock) -> None:
    """An outage, its reason, the owner's wish, words of a newer app."""
    site = fleet.site
    site.start_outage()
    clock.advance(60)
    live = await fleet.get("live_status")
    assert (live["grid_status"], live["island_status"]) == ("Inactive", "off_grid_unintentional")
    assert live["grid_power"] == 0
    assert balance(live) == pytest.approx(0, abs=0.01)
    site.island_reason = "wait_for_solar"
    assert (await fleet.get("live_status"))["island_status"] == "off_grid_unintentional_wait_for_solar"
    site.end_outage()
    site.disconnect_grid()
    assert (await fleet.get("live_status"))["island_status"] == "off_grid_intentional"
    site.reconnect_grid()
    site.island_status = "transitioning_on_grid"
    assert (await fleet.get("live_status"))["island_status"] == "transitioning_on_grid"
    site.set_behaviour(island_status_sent=False)
    assert "island_status" not in await fleet.get("live_status")


async def test_values_age_in_caches_and_offline(fleet: Fleet, clock: ManualClock) -> None:
    """The same for minutes, standing still as a whole, the stamp alone; an offline gateway is 408 or 540."""
    site = fleet.site

    async def seen() -> tuple[str, float]:
        live = await fleet.get("live_status")
        return live["timestamp"], live["load_power"]

    site.set_behaviour(live_cache=240)
    first = await seen()
    clock.advance(239)
    assert await seen() == first
    clock.advance(1)
    second = await seen()
    assert second[0] > first[0]
    site.set_behaviour(live_cache=0, live_stuck=True)
    clock.advance(HOUR)
    assert await seen() == second
    site.set_behaviour(live_stuck=False, stamp_stuck=True)
    third = await seen()
    assert third[0] == second[0]
    assert third[1] != second[1]
    site.set_behaviour(stamp_stuck=False)
    site.disconnect_internet(clock.now())
    assert (await fleet.ask(site.path("live_status")))[0] == 408
    assert (await fleet.ask(site.path("site_info")))[0] == 200
    site.set_behaviour(offline_status=540)
    assert (await fleet.ask(site.path("live_status")))[0] == 540
    site.set_behaviour(offline_status=None)
    assert await seen() == third
    site.reconnect_internet(clock.now())
    assert (await seen())[0] > third[0]


async def test_answers_lack_fields_and_levels_drop_to_nothing(fleet: Fleet) -> None:
    """Beside unchanged energy, with its companions gone, or with all else zero."""
    site = fleet.site
    whole = await fleet.get("live_status")
    site.set_behaviour(level_dropout=LevelDropout.BESIDE_ENERGY)
    live = await fleet.get("live_status")
    assert (live["percentage_charged"], live["energy_left"]) == (0, whole["energy_left"])
    site.set_behaviour(level_dropout=LevelDropout.ALONE)
    live = await fleet.get("live_status")
    assert live["percentage_charged"] == 0
    assert "energy_left" not in live
    site.set_behaviour(level_dropout=None, energy_sent=False, live_omits=frozenset({"grid_power"}))
    gone = {"energy_left", "total_pack_energy", "backup_capable", "grid_services_active", "grid_services_power"}
    assert whole.keys() - (await fleet.get("live_status")).keys() == gone | {"grid_power"}
    site.set_behaviour(all_zeros=True)
    live = await fleet.get("live_status")
    assert (live["solar_power"], live["load_power"], live["percentage_charged"]) == (0, 0, 0)


async def test_single_answers_are_broken(fleet: Fleet) -> None:
    """Null, other fields, a page, half of it; on a region's address as well."""
    faults, path = fleet.cloud.faults, fleet.site.path("live_status")
    faults.add(NullResponse(), path, count=1)
    assert (await fleet.ask(f"/na{path}")) == (200, {"response": None})
    faults.add(Changed({"wall_connectors": None}, gone=frozenset({"load_power"})), path, count=1)
    live = await fleet.get("live_status")
    assert live["wall_connectors"] is None
    assert "load_power" not in live
    faults.add(HtmlPage(), path, count=1)
    assert "<html>" in (await fleet.ask(path))[1]
    faults.add(Truncated(), path, count=1)
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        await fleet.ask(path)


async def test_storms_and_grid_services_are_reported(fleet: Fleet, clock: ManualClock) -> None:
    """The battery charges from the grid for a storm, and no setting shows it."""
    site = fleet.site
    site.storms.append(Storm(start=NOON + HOUR, end=NOON + 3 * HOUR))
    live = await fleet.get("live_status")
    assert live["storm_mode_active"] is False
    assert live["storm_mode_states"][0]["start_time"] == "2026-06-20T13:00:00+00:00"
    assert site.house.battery is not None
    site.house.battery.level = 30
    clock.advance(1.5 * HOUR)
    live = await fleet.get("live_status")
    assert live["storm_mode_active"] is True
    assert live["grid_power"] > 0 > live["battery_power"]
    assert (await fleet.get("site_info"))["backup_reserve_percent"] == 20
    site.storms[-1] = replace(site.storms[-1], opted_out=True)
    clock.advance(60)
    assert (await fleet.get("live_status"))["storm_mode_active"] is False
    site.grid_services_power = -3_000
    site.breaker_open = True
    live = await fleet.get("live_status")
    values = (live["grid_services_active"], live["grid_services_power"], live["battery_breaker_open"])
    assert values == (True, -3_000, True)


async def test_a_car_charges_as_a_part_of_the_house_or_beside_it(
    session: aiohttp.ClientSession, clock: ManualClock
) -> None:
    """Without a grid it does not; its charger drops out of answers."""
    charger = WallConnector()
    charger.charge(NOON, NOON + HOUR, watts=7_000)
    with pytest.raises(ValueError, match="one car"):
        charger.charge(NOON + HOUR / 2, NOON + 2 * HOUR)
    with pytest.raises(ValueError, match="quarter"):
        charger.charge(NOON + 1, NOON + 2 * HOUR)
    async with serving(session, clock, chargers=[charger]) as fleet:

        async def connector() -> dict[str, Any]:
            live = await fleet.get("live_status")
            connectors = live["wall_connectors"]
            return connectors[0] if connectors else {}

        assert (await connector())["wall_connector_state"] == 4
        clock.advance(60)
        live = await fleet.get("live_status")
        assert live["wall_connectors"][0]["wall_connector_power"] == 7_000
        assert live["wall_connectors"][0]["wall_connector_state"] == 1
        assert live["load_power"] > 7_000
        assert balance(live) == pytest.approx(0, abs=0.01)
        fleet.site.set_behaviour(load_without_chargers=True)
        live = await fleet.get("live_status")
        assert live["load_power"] < 7_000
        assert balance(live) == pytest.approx(7_000, abs=0.01)
        fleet.site.start_outage()
        clock.advance(60)
        assert ((await connector())["wall_connector_power"], (await connector())["wall_connector_state"]) == (0, 4)
        fleet.site.end_outage()
        clock.advance(HOUR)
        assert ((await connector())["wall_connector_state"], (await connector())["vin"]) == (4, charger.vin)
        clock.advance(8 * HOUR)
        assert (await connector())["wall_connector_state"] == 2
        assert "vin" not in await connector()
        assert charger.sessions[0].energy == pytest.approx(7_000 * 59 / 60)
        charger.state = 8
        assert (await connector())["wall_connector_state"] == 8
        charger.missing = True
        assert await connector() == {}
        fleet.site.set_behaviour(wall_connectors_sent=False)
        assert "wall_connectors" not in await fleet.get("live_status")


def site_of(number: int, config: HouseConfig, **more: Any) -> EnergySite:
    """Return a site that has lived a day."""
    details = replace(SiteDetails(), site_id=number, **more.pop("details", {}))
    return lived(config, now=NOON, days=1, details=details, **more)


async def test_products_mix_vehicles_and_sites_of_all_kinds(fleet: Fleet) -> None:
    """Without a name, without components, of Wall Connectors alone, and without those of other accounts."""
    bare = replace(HOME, battery=None)
    cloud = fleet.cloud
    cloud.add_site(site_of(1, bare, details={"name": None}))
    cloud.add_site(site_of(2, replace(bare, arrays=()), chargers=[WallConnector()], measured=False))
    cloud.add_site(site_of(3, replace(HOME, arrays=()), details={"components_sent": False}))
    cloud.add_site(site_of(4, HOME))
    vehicle = {"id": 1, "vin": "5YJ3E1EA7KF000001", "display_name": "Car"}
    account = Account(sites=frozenset({1, 2, 3}), vehicles=(vehicle,))
    fleet.tokens = cloud.grant(fleet.application, account)
    _, answer = await fleet.ask("/api/1/products")
    car, solar, charger, battery = answer["response"]
    assert (answer["count"], car["vin"]) == (4, vehicle["vin"])
    assert "site_name" not in solar
    assert (solar["components"]["solar"], solar["components"]["battery"]) == (True, False)
    assert len(charger["components"]["wall_connectors"]) == 1
    assert "components" not in battery
    for number, status in ((1, 200), (4, 404), (9, 404)):
        assert (await fleet.ask(f"/api/1/energy_sites/{number}/live_status"))[0] == status
    solar_live = (await fleet.ask("/api/1/energy_sites/1/live_status"))[1]["response"]
    assert (solar_live["grid_status"], solar_live["island_status"]) == ("Unknown", "island_status_unknown")
    assert [solar_live[name] for name in ("percentage_charged", "energy_left", "total_pack_energy")] == [0, 0, 1]
    assert solar_live["solar_power"] > 0
    _, lone = await fleet.ask("/api/1/energy_sites/2/live_status")
    assert (lone["response"]["load_power"], len(lone["response"]["wall_connectors"])) == (0, 1)
    _, info = await fleet.ask("/api/1/energy_sites/2/site_info")
    assert "version" not in info["response"]
    cloud.policy.vehicles_without_scope = False
    assert (await fleet.ask("/api/1/products"))[1]["count"] == 3


async def test_stale_sites_answer_in_parts(fleet: Fleet) -> None:
    """site_info fails while live_status works; a sold one fails everywhere and is listed still."""
    fleet.site.set_behaviour(site_info_status=500)
    status, body = await fleet.ask(fleet.site.path("site_info"))
    assert (status, body["error"]) == (500, "upstream internal error")
    assert (await fleet.ask(fleet.site.path("live_status")))[0] == 200
    fleet.site.set_behaviour(status=404)
    assert (await fleet.ask(fleet.site.path("live_status")))[0] == 404
    assert (await fleet.ask("/api/1/products"))[1]["count"] == 1


async def test_site_info_tells_hardware_and_oddities(fleet: Fleet) -> None:
    """Health by the pack, an empty time zone, null flags, settings beside components."""
    info = await fleet.get("site_info")
    live = await fleet.get("live_status")
    assert 0.95 * live["total_pack_energy"] / info["nameplate_energy"] == pytest.approx(1, abs=0.001)
    assert (info["battery_count"], len(info["components"]["batteries"])) == (2, 2)
    assert (info["installation_time_zone"], info["time_zone_offset"]) == ("Europe/London", 60)
    assert info["components"]["customer_preferred_export_rule"] == "pv_only"
    assert info["components"]["disallow_charge_from_grid_with_solar_installed"] is True
    fleet.site.set_behaviour(time_zone="", storm_flag_null=True, settings_at_top=True)
    info = await fleet.get("site_info")
    assert info["installation_time_zone"] == ""
    assert info["user_settings"]["storm_mode_enabled"] is None
    assert info["customer_preferred_export_rule"] == "pv_only"
    assert "customer_preferred_export_rule" not in info["components"]
    fleet.site.details = SiteDetails(
        replaced_battery=True,
        may_edit_grid_charging=None,
        vpp_reserve_percent=30,
        programme="Grid",
        vehicle_reserve_supported=True,
    )
    info = await fleet.get("site_info")
    assert [each["is_active"] for each in info["components"]["batteries"]] == [True, True, False]
    assert "edit_setting_grid_charging" not in info["components"]
    values = (info["vpp_backup_reserve_percent"], info["off_grid_vehicle_charging_reserve_percent"])
    assert (values, info["aggregation_program"]) == ((30, 60), {"name": "Grid"})


async def test_a_generator_helps_in_an_outage(session: aiohttp.ClientSession, clock: ManualClock) -> None:
    """Where there is one."""
    config = replace(
        HOME,
        generator=GeneratorConfig(start_level=99, stop_level=100),
        outages=(Outage(start=NOON - HOUR, end=NOON + DAY),),
    )
    async with serving(session, clock, config) as fleet:
        live = await fleet.get("live_status")
        assert (live["grid_status"], live["generator_power"] > 0) == ("Inactive", True)
