"""The six writes of Tesla's cloud: what is asked for, what is answered, and what comes of it."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from simulator.clock import ManualClock
from simulator.house import StorageMode
from simulator.iq_gateway.faults import AnswerLost, Complaint, Reset
from simulator.tesla_cloud import Refusal, SiteDetails, Storm, Write

from .conftest import NOON
from .fleet import Fleet, serving

RESERVE = "backup_reserve_percent"
DISALLOW, RULE = "disallow_charge_from_grid_with_solar_installed", "customer_preferred_export_rule"


@pytest.fixture
async def fleet(session: aiohttp.ClientSession, clock: ManualClock) -> AsyncIterator[Fleet]:
    """Serve a home with all settings."""
    async with serving(session, clock, details=SiteDetails(vehicle_reserve_supported=True)) as fleet:
        yield fleet


async def write(fleet: Fleet, clock: ManualClock, kind: Write, **body: Any) -> dict[str, Any]:
    """Write, wait until it is in force, and return site_info."""
    assert await fleet.write(kind, **body) == {"code": 201, "message": "Updated"}
    clock.advance(10)
    info: dict[str, Any] = await fleet.get("site_info")
    return info


async def test_all_six_come_into_force_at_the_house(fleet: Fleet, clock: ManualClock) -> None:
    """After seconds; the answer says no more than that they were taken."""
    battery, switches = fleet.site.house.battery, fleet.site.house.switches
    assert battery is not None
    assert (await fleet.get("site_info"))[RESERVE] == 20
    info = await write(fleet, clock, Write.BACKUP, backup_reserve_percent=60)
    assert (info[RESERVE], battery.settings.reserve) == (60, 5 + 57)
    name = "off_grid_vehicle_charging_reserve_percent"
    assert (await write(fleet, clock, Write.VEHICLE_RESERVE, **{name: 40}))[name] == 40
    info = await write(fleet, clock, Write.OPERATION, default_real_mode="backup")
    assert (info["default_real_mode"], info[RESERVE], battery.settings.mode) == ("backup", 60, StorageMode.BACKUP)
    fleet.site.set_behaviour(storm_flag_null=True)
    info = await write(fleet, clock, Write.STORM_MODE, enabled=False)
    assert info["user_settings"]["storm_mode_enabled"] is False
    info = await write(fleet, clock, Write.GRID, **{DISALLOW: False})
    assert DISALLOW not in info["components"]
    assert battery.settings.charge_from_grid
    info = await write(fleet, clock, Write.GRID, **{RULE: "never"})
    assert (info["components"][RULE], info["components"]["non_export_configured"]) == ("never", True)
    assert switches.export_limit == 0
    info = await write(fleet, clock, Write.TARIFF, tou_settings={"optimization_strategy": "balanced"})
    assert info["tou_settings"]["optimization_strategy"] == "balanced"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (Write.BACKUP, {RESERVE: 101}),
        (Write.BACKUP, {RESERVE: 20.5}),
        (Write.BACKUP, {}),
        (Write.OPERATION, {"default_real_mode": "party"}),
        (Write.STORM_MODE, {"enabled": "yes"}),
        (Write.GRID, {RULE: "always"}),
        (Write.GRID, {DISALLOW: None}),
        (Write.TARIFF, {"tou_settings": {"tariff_content_v2": {"seasons": {}}}}),
        (Write.TARIFF, {"tou_settings": {"tariff_content_v2": {"seasons": {"A": 1}, "energy_charges": []}}}),
        (Write.TARIFF, {"tou_settings": {"optimization_strategy": "greed"}}),
    ],
)
async def test_nonsense_is_refused(fleet: Fleet, kind: Write, body: Any) -> None:
    """With 400; what is no JSON is as well, and without its content type 406."""
    path = fleet.site.path(kind)
    assert (await fleet.ask(path, body))[0] == 400
    headers = fleet.cloud.headers(fleet.application)
    for content, kind_of, status in (("{", "application/json", 400), ("{}", "text/plain", 406)):
        sent = headers | {"Content-Type": kind_of}
        async with fleet.session.post(f"{fleet.cloud.url}{path}", data=content, headers=sent) as response:
            assert response.status == status


async def test_firmware_makes_80_of_what_is_above(fleet: Fleet, clock: ManualClock) -> None:
    """Not of 100 by default. Older firmware doesn't, and it can be switched off."""
    assert (await write(fleet, clock, Write.BACKUP, backup_reserve_percent=85))[RESERVE] == 80
    assert (await write(fleet, clock, Write.BACKUP, backup_reserve_percent=100))[RESERVE] == 100
    fleet.site.set_behaviour(full_reserve_snaps=True)
    assert (await write(fleet, clock, Write.BACKUP, backup_reserve_percent=100))[RESERVE] == 80
    fleet.site.set_behaviour(reserve_snaps=False)
    assert (await write(fleet, clock, Write.BACKUP, backup_reserve_percent=85))[RESERVE] == 85
    fleet.site.set_behaviour(reserve_snaps=True)
    for firmware, percent in (("25.18.3 abc", 95), ("25.18.4 abc", 80)):
        fleet.site.details = SiteDetails(firmware=firmware)
        assert (await write(fleet, clock, Write.BACKUP, backup_reserve_percent=95))[RESERVE] == percent


async def test_writes_have_manners(fleet: Fleet, clock: ManualClock) -> None:
    """Late, ignored, hidden after; changed in the app meanwhile."""
    site = fleet.site
    site.set_write_behaviours(delay=480)
    assert (await write(fleet, clock, Write.BACKUP, backup_reserve_percent=50))[RESERVE] == 20
    site.settings.change_in_app(Write.BACKUP, {RESERVE: 33}, at=NOON + 100)
    clock.advance(100)
    assert (await fleet.get("site_info"))[RESERVE] == 33
    clock.advance(400)
    assert (await fleet.get("site_info"))[RESERVE] == 50
    site.settings.change_in_app(Write.OPERATION, {"default_real_mode": "autonomous"})
    assert (await fleet.get("site_info"))["default_real_mode"] == "autonomous"
    site.set_write_behaviour(Write.BACKUP, ignored=True)
    assert (await write(fleet, clock, Write.BACKUP, backup_reserve_percent=70))[RESERVE] == 50
    bodies: dict[Write, dict[str, Any]] = {
        Write.BACKUP: {RESERVE: 70},
        Write.VEHICLE_RESERVE: {"off_grid_vehicle_charging_reserve_percent": 70},
        Write.OPERATION: {"default_real_mode": "backup"},
        Write.STORM_MODE: {"enabled": True},
        Write.GRID: {RULE: "never"},
        Write.TARIFF: {"tou_settings": {"optimization_strategy": "balanced"}},
    }
    before = await fleet.get("site_info")
    site.set_write_behaviours(hidden=True)
    for kind, body in bodies.items():
        info = await write(fleet, clock, kind, **body)
    assert before.keys() - info.keys() == {
        RESERVE,
        "off_grid_vehicle_charging_reserve_percent",
        "default_real_mode",
        "tou_settings",
    }
    assert "storm_mode_enabled" not in info["user_settings"]
    assert RULE not in info["components"]


@pytest.mark.parametrize(
    ("refusal", "answer"),
    [
        (Refusal.RESULT_FALSE, {"result": False, "reason": "no"}),
        (Refusal.NULL, None),
        (Refusal.CODE, {"code": 400, "message": "no"}),
    ],
)
async def test_a_success_may_say_no(fleet: Fleet, clock: ManualClock, refusal: Refusal, answer: Any) -> None:
    """In three forms, and nothing comes of it."""
    fleet.site.set_write_behaviour(Write.BACKUP, refused=refusal, reason="no")
    assert await fleet.write(Write.BACKUP, backup_reserve_percent=70) == answer
    clock.advance(600)
    assert (await fleet.get("site_info"))[RESERVE] == 20


async def test_answers_are_lost_before_or_after_acting(fleet: Fleet, clock: ManualClock) -> None:
    """As a broken connection, or as a status that says it failed."""
    faults, path = fleet.cloud.faults, fleet.site.path(Write.BACKUP)
    for fault, percent, after in ((Reset(), 30, 20), (AnswerLost(), 40, 40)):
        faults.add(fault, path, count=1)
        with pytest.raises(aiohttp.ClientError):
            await fleet.ask(path, {RESERVE: percent})
        clock.advance(10)
        assert (await fleet.get("site_info"))[RESERVE] == after
    faults.add(Complaint(504), path, count=1)
    assert (await fleet.ask(path, {RESERVE: 50}))[0] == 504
    clock.advance(10)
    assert (await fleet.get("site_info"))[RESERVE] == 50
    assert fleet.cloud.stats.count(path=path, status=504) == 1
    fleet.site.disconnect_internet(clock.now())
    assert (await fleet.ask(path, {RESERVE: 60}))[0] == 408


async def test_a_mode_moves_grid_charging_and_events_hold_settings(fleet: Fleet, clock: ManualClock) -> None:
    """Where the site does so."""
    site = fleet.site
    site.set_behaviour(mode_moves_grid_charging=True)
    info = await write(fleet, clock, Write.OPERATION, default_real_mode="autonomous")
    assert DISALLOW not in info["components"]
    info = await write(fleet, clock, Write.OPERATION, default_real_mode="self_consumption")
    assert info["components"][DISALLOW] is True
    site.set_behaviour(events_block_settings=True)
    site.grid_services_power = -2_000.0
    assert (await write(fleet, clock, Write.BACKUP, backup_reserve_percent=70))[RESERVE] == 20
    site.grid_services_power = None
    site.storms.append(Storm(start=NOON, end=NOON + 3_600))
    assert (await write(fleet, clock, Write.BACKUP, backup_reserve_percent=70))[RESERVE] == 20
    site.storms.clear()
    assert (await write(fleet, clock, Write.BACKUP, backup_reserve_percent=70))[RESERVE] == 70


async def test_export_rules_are_told_in_several_ways(fleet: Fleet, clock: ManualClock) -> None:
    """`battery_ok` as such or absent, `never` as such or as a flag alone."""
    fleet.site.set_behaviour(battery_ok_omitted=True, never_as_flag=True)
    components = (await write(fleet, clock, Write.GRID, **{RULE: "battery_ok"}))["components"]
    assert RULE not in components
    components = (await write(fleet, clock, Write.GRID, **{RULE: "never"}))["components"]
    assert RULE not in components
    assert components["non_export_configured"] is True


def tariff(**more: Any) -> dict[str, Any]:
    """Return a tariff of two seasons, with a period over midnight."""

    def period(start: int, end: int) -> dict[str, int]:
        names = ("fromDayOfWeek", "toDayOfWeek", "fromHour", "fromMinute", "toHour", "toMinute")
        return dict(zip(names, (0, 6, start, 0, end, 0), strict=True))

    periods = {
        "OFF_PEAK": {"periods": [period(21, 0), period(0, 16)]},
        "ON_PEAK": {"periods": [period(16, 21)]},
    }
    seasons = {
        "Summer": {"fromMonth": 4, "fromDay": 1, "toMonth": 9, "toDay": 30, "tou_periods": periods},
        "Winter": {
            "fromMonth": 10,
            "fromDay": 1,
            "toMonth": 3,
            "toDay": 31,
            "tou_periods": {"OFF_PEAK": {"periods": [period(0, 0)]}},
        },
    }

    def charges(off_peak: float, on_peak: float) -> dict[str, Any]:
        return {
            "ALL": {"rates": {"ALL": 0}},
            "Summer": {"rates": {"OFF_PEAK": off_peak, "ON_PEAK": on_peak}},
            "Winter": {"rates": {"OFF_PEAK": off_peak}},
        }

    demand = {"ALL": {"rates": {"ALL": 0}}, "Summer": {"rates": {}}, "Winter": {"rates": {}}}
    sold = {"name": "Export", "demand_charges": demand, "energy_charges": charges(0.05, 0.5), "seasons": seasons}
    whole = {"code": "HA", "currency": "EUR", "demand_charges": demand, "energy_charges": charges(-0.1, 0.3)}
    return whole | {"seasons": seasons, "sell_tariff": sold} | more


async def write_tariff(fleet: Fleet, clock: ManualClock) -> dict[str, Any]:
    """Write the tariff and return what is read back."""
    content = {"tou_settings": {"tariff_content_v2": tariff(), "optimization_strategy": "economics"}}
    info = await write(fleet, clock, Write.TARIFF, **content)
    assert info["tou_settings"]["optimization_strategy"] == "economics"
    back: dict[str, Any] = info["tariff_content_v2"]
    return back


async def test_a_tariff_comes_back_oddly(fleet: Fleet, clock: ManualClock) -> None:
    """Zeros and ALL are gone, midnight is hour 24, prices are mended; the older form lacks a level."""
    fleet.site.set_write_behaviour(Write.TARIFF, delay=5)
    back = await write_tariff(fleet, clock)
    summer = back["seasons"]["Summer"]["tou_periods"]["OFF_PEAK"]["periods"]
    assert summer[0] == {"toDayOfWeek": 6, "fromHour": 21, "toHour": 24}
    assert summer[1] == {"toDayOfWeek": 6, "toHour": 16}
    assert back["seasons"]["Winter"]["tou_periods"]["OFF_PEAK"]["periods"] == [{"toDayOfWeek": 6}]
    assert "ALL" not in back["energy_charges"]
    assert back["energy_charges"]["Summer"]["rates"] == {"OFF_PEAK": 0.05, "ON_PEAK": 0.5}
    assert back["energy_charges"]["Winter"]["rates"] == {"OFF_PEAK": 0.05}
    old = (await fleet.get("site_info"))["tariff_content"]
    assert old["energy_charges"]["Summer"] == {"OFF_PEAK": 0.05, "ON_PEAK": 0.5}
    assert old["seasons"]["Winter"]["tou_periods"]["OFF_PEAK"] == [{"toDayOfWeek": 6}]


async def test_a_tariff_may_come_back_as_it_was(fleet: Fleet, clock: ManualClock) -> None:
    """Each oddity is a switch; minute 60 and unused seasons are two more."""
    fleet.site.set_behaviour(
        tariff_zeros_omitted=False,
        tariff_all_dropped=False,
        tariff_day_end=(0, 0),
        tariff_buy_raised=False,
        tariff_negative_zero=False,
    )
    assert await write_tariff(fleet, clock) == tariff()
    fleet.site.set_behaviour(tariff_day_end=(23, 60), tariff_unused_season=True, tariff_negative_zero=True)
    back = await write_tariff(fleet, clock)
    first = back["seasons"]["Summer"]["tou_periods"]["OFF_PEAK"]["periods"][0]
    assert (first["toHour"], first["toMinute"]) == (23, 60)
    assert back["seasons"]["Unused"] == {}
    assert back["seasons"]["Spare"]["fromMonth"] == 0
    assert back["energy_charges"]["Winter"]["rates"] == {"OFF_PEAK": 0}
    fleet.site.set_behaviour(tariff_merged=True)
    merged = (await write_tariff(fleet, clock))["seasons"]["Summer"]["tou_periods"]["OFF_PEAK"]["periods"]
    assert [(each["fromHour"], each["toHour"]) for each in merged] == [(21, 16)]
    fleet.site.set_write_behaviour(Write.TARIFF, hidden=True)
    content = {"tou_settings": {"tariff_content_v2": tariff(code="B")}}
    assert "tariff_content_v2" not in await write(fleet, clock, Write.TARIFF, **content)
